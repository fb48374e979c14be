"""The supervisor: keeps the server, the worker and the broker of one machine running, and stops them together.

Each program runs in a session of its own, so that a Ctrl-C reaches the supervisor alone and it decides the order.
A program that dies is started again after a short wait; one that cannot stay up is given up, and all end with it.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from homeward.leash import Leash, send_to_session

OnLine = Callable[[str, str], None]
"""Take the name of a program and a line that it wrote, or that the supervisor says about it."""

LONGEST_LINE = 65_536
COULD_NOT_START = 127


@dataclass(frozen=True)
class Program:
    """A program to keep running; `env` is laid over the environment of the supervisor."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Patience:
    """How long to wait for what. A program that dies `tries` times in a row before it `settled_after` is given up."""

    first_wait: timedelta = timedelta(milliseconds=250)
    longest_wait: timedelta = timedelta(seconds=5)
    settled_after: timedelta = timedelta(seconds=5)
    tries: int = 6
    stop_within: timedelta = timedelta(seconds=4.5)


PATIENCE = Patience()


async def supervise(
    programs: Sequence[Program], *, on_line: OnLine, stop: asyncio.Event, patience: Patience = PATIENCE
) -> int:
    """Keep `programs` running until `stop` is set or one of them has to be given up.

    Answers 0 after a stop, else the exit code of the program that was given up. When it returns, all have ended:
    first by TERM, then by KILL. If this process is killed itself, the leash ends them.
    """
    ending = asyncio.Event()
    with Leash() as leash:
        kept = [asyncio.create_task(_keep_up(one, leash, on_line, ending, patience), name=one.name) for one in programs]
        asked = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({asked, *kept}, return_when=asyncio.FIRST_COMPLETED)
            ending.set()
            codes = await asyncio.gather(*kept)
        finally:
            for task in (asked, *kept):
                task.cancel()
            await asyncio.gather(asked, *kept, return_exceptions=True)
    return next((code for code in codes if code != 0), 0)


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """Lend an event that Ctrl-C, TERM and a closed terminal set. Use it inside a running loop of the main thread."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def prefixed(write: Callable[[str], object], programs: Sequence[Program]) -> OnLine:
    """Make a listener that writes each line behind the name of its program, in a column."""
    width = max((len(program.name) for program in programs), default=0)

    def on_line(name: str, line: str) -> None:
        write(f"{name:<{width}} | {line}\n")

    return on_line


async def _keep_up(program: Program, leash: Leash, on_line: OnLine, ending: asyncio.Event, patience: Patience) -> int:
    loop = asyncio.get_running_loop()
    early_deaths = 0
    while True:
        began = loop.time()
        code = await _run_once(program, leash, on_line, ending, patience)
        if ending.is_set():
            return 0
        early_deaths = early_deaths + 1 if loop.time() - began < patience.settled_after.total_seconds() else 1
        if early_deaths >= patience.tries:
            on_line(program.name, f"{_end_in_words(code)}; given up after {early_deaths} tries")
            return code if code > 0 else 1
        wait = min(patience.first_wait * 2 ** (early_deaths - 1), patience.longest_wait)
        on_line(program.name, f"{_end_in_words(code)}; starts again in {wait.total_seconds():g} s")
        if await _is_set_within(ending, wait):
            return 0


async def _run_once(program: Program, leash: Leash, on_line: OnLine, ending: asyncio.Event, patience: Patience) -> int:
    """Run the program to its end, or end it when asked to; answer its exit code (negative: the signal)."""
    # A pipe of our own, because asyncio's would keep wait() waiting for grandchildren that hold the output open.
    read_end, write_end = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *program.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=write_end,
            stderr=write_end,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **program.env},
            start_new_session=True,
        )
    except OSError as reason:
        os.close(read_end)
        on_line(program.name, f"cannot start {program.argv[0]}: {reason.strerror}")
        return COULD_NOT_START
    finally:
        os.close(write_end)
    leash.hold(process.pid)
    lines = asyncio.create_task(_pass_on(read_end, program.name, on_line))
    try:
        died, asked = asyncio.create_task(process.wait()), asyncio.create_task(ending.wait())
        await asyncio.wait({died, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not died.done():
            send_to_session(process.pid, signal.SIGTERM)
            await asyncio.wait({died}, timeout=patience.stop_within.total_seconds())
    finally:
        send_to_session(process.pid, signal.SIGKILL)  # it, if it would not end, and what it left behind
        code = await asyncio.shield(process.wait())
        leash.release(process.pid)
        await asyncio.shield(lines)
    return code


async def _pass_on(read_end: int, name: str, on_line: OnLine) -> None:
    """Hand on each line until every holder of the pipe is gone; cut lines that are too long to be lines."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", buffering=0)
    )
    try:
        pending = b""
        while chunk := await reader.read(LONGEST_LINE):
            *complete, pending = (pending + chunk).split(b"\n")
            if len(pending) > LONGEST_LINE:
                complete, pending = [*complete, pending], b""
            for line in complete:
                on_line(name, line.decode(errors="replace").rstrip())
        if pending:
            on_line(name, pending.decode(errors="replace").rstrip())
    finally:
        transport.close()


async def _is_set_within(event: asyncio.Event, wait: timedelta) -> bool:
    try:
        async with asyncio.timeout(wait.total_seconds()):
            return await event.wait()
    except TimeoutError:
        return False


def _end_in_words(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by {signal.Signals(-code).name if -code in set(signal.Signals) else f'signal {-code}'}"
