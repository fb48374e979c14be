"""Homeward's programs stay up, stop together, and leave nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest

from homeward.claim import AlreadyRunningError, claim
from homeward.leash import Leash
from homeward.supervisor import Patience, Program, prefixed, stop_on_signals, supervise

HASTE = Patience(first_wait=timedelta(milliseconds=1), longest_wait=timedelta(milliseconds=2), tries=3)
WAITS = "import os, signal; print('up', os.getpid(), flush=True); signal.pause()"
ROOT = Path(__file__).parents[2]


def python(name: str, code: str, **env: str) -> Program:
    return Program(name, (sys.executable, "-c", code), env)


class Heard:
    """Hears what the programs write, and waits for it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self._fresh: defaultdict[str, asyncio.Queue[str]] = defaultdict(asyncio.Queue)

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))
        self._fresh[name].put_nowait(line)

    async def next_from(self, wanted: str, beginning: str) -> str:
        async with asyncio.timeout(10):
            while True:
                line = await self._fresh[wanted].get()
                if line.startswith(beginning):
                    return line.removeprefix(beginning).strip()

    def said_by(self, name: str) -> list[str]:
        return [line for speaker, line in self.lines if speaker == name]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def stop() -> asyncio.Event:
    return asyncio.Event()


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended, also when nobody has collected it yet."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z"


async def until_gone(pid: int) -> None:
    """Wait for a process that was told to end; the kernel says in no other way that a stranger's child has."""
    async with asyncio.timeout(10):
        while not is_gone(pid):
            await asyncio.sleep(0.01)


async def test_a_program_that_is_killed_comes_back(heard: Heard, stop: asyncio.Event) -> None:
    running = asyncio.create_task(supervise([python("web", WAITS)], on_line=heard, stop=stop, patience=HASTE))
    first = int(await heard.next_from("web", "up"))
    os.kill(first, signal.SIGKILL)
    assert await heard.next_from("web", "was ended by") == "SIGKILL; starts again in 0.001 s"
    second = int(await heard.next_from("web", "up"))
    assert second != first
    stop.set()
    assert await running == 0
    assert is_gone(second)


async def test_one_program_that_dies_does_not_disturb_the_other(heard: Heard, stop: asyncio.Event) -> None:
    programs = [python("web", WAITS), python("worker", WAITS)]
    running = asyncio.create_task(supervise(programs, on_line=heard, stop=stop, patience=HASTE))
    web = int(await heard.next_from("web", "up"))
    await heard.next_from("worker", "up")
    os.kill(web, signal.SIGKILL)
    await heard.next_from("web", "up")
    stop.set()
    await running
    assert len(heard.said_by("worker")) == 1


async def test_a_program_that_was_up_long_enough_is_started_again_without_end(
    heard: Heard, stop: asyncio.Event
) -> None:
    patience = Patience(first_wait=timedelta(milliseconds=1), settled_after=timedelta(0), tries=2)
    running = asyncio.create_task(supervise([python("web", WAITS)], on_line=heard, stop=stop, patience=patience))
    for _ in range(3):
        os.kill(int(await heard.next_from("web", "up")), signal.SIGKILL)
    await heard.next_from("web", "up")
    stop.set()
    assert await running == 0


async def test_a_program_that_cannot_stay_up_is_given_up_and_all_end_with_its_exit_code(
    heard: Heard, stop: asyncio.Event
) -> None:
    # It starts to fail only once the other is up, so that the other is there to be ended.
    broken = python("worker", "import sys; print('tried', flush=True); sys.exit(3)")
    assert await supervise([python("web", WAITS), broken], on_line=heard, stop=stop, patience=HASTE) == 3
    assert heard.said_by("worker").count("tried") == HASTE.tries
    assert heard.said_by("worker")[-1] == "ended with exit code 3; given up after 3 tries"
    assert all(is_gone(int(line.removeprefix("up "))) for line in heard.said_by("web"))


async def test_a_program_that_ends_in_peace_but_at_once_is_given_up_as_a_failure(
    heard: Heard, stop: asyncio.Event
) -> None:
    assert await supervise([python("web", "")], on_line=heard, stop=stop, patience=HASTE) == 1


async def test_a_program_that_is_not_there_is_named(heard: Heard, stop: asyncio.Event) -> None:
    missing = Program("worker", ("/nowhere/homeward",))
    assert await supervise([missing], on_line=heard, stop=stop, patience=HASTE) == 127
    assert heard.said_by("worker")[0] == "cannot start /nowhere/homeward: No such file or directory"


async def test_a_program_is_asked_to_stop_and_its_last_words_are_heard(heard: Heard, stop: asyncio.Event) -> None:
    polite = """
import signal, sys
def leave(number, frame):
    sys.stdout.write("goodbye")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("up", flush=True)
signal.pause()
"""
    running = asyncio.create_task(supervise([python("web", polite)], on_line=heard, stop=stop))
    await heard.next_from("web", "up")
    stop.set()
    assert await running == 0
    assert heard.said_by("web") == ["up", "goodbye"]


async def test_a_program_that_will_not_stop_is_ended(heard: Heard, stop: asyncio.Event) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAITS.replace(
        "signal.pause()", "\nwhile True: signal.pause()"
    )
    patience = Patience(stop_within=timedelta(milliseconds=50))
    running = asyncio.create_task(supervise([python("web", stubborn)], on_line=heard, stop=stop, patience=patience))
    pid = int(await heard.next_from("web", "up"))
    stop.set()
    assert await running == 0
    assert is_gone(pid)


async def test_what_a_program_started_ends_with_it(heard: Heard, stop: asyncio.Event) -> None:
    parent = f"""
import signal, subprocess, sys
subprocess.Popen([sys.executable, "-c", {WAITS.replace("up", "grandchild")!r}])
signal.pause()
"""
    running = asyncio.create_task(supervise([python("web", parent)], on_line=heard, stop=stop))
    grandchild = int(await heard.next_from("web", "grandchild"))
    stop.set()
    assert await running == 0
    await until_gone(grandchild)
    assert is_gone(grandchild)


async def test_a_cancelled_supervisor_leaves_nothing_running(heard: Heard, stop: asyncio.Event) -> None:
    running = asyncio.create_task(supervise([python("web", WAITS)], on_line=heard, stop=stop))
    pid = int(await heard.next_from("web", "up"))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert is_gone(pid)


async def test_the_environment_is_handed_on_with_additions(
    heard: Heard, stop: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOMEWARD_OURS", "ours")
    code = "import os, signal; print('env', os.environ['HOMEWARD_OURS'], os.environ['PORT']); signal.pause()"
    running = asyncio.create_task(supervise([python("web", code, PORT="8123")], on_line=heard, stop=stop))
    assert await heard.next_from("web", "env") == "ours 8123"
    stop.set()
    await running


async def test_complaints_are_heard_too(heard: Heard, stop: asyncio.Event) -> None:
    code = "import signal, sys; print('no such table', file=sys.stderr); signal.pause()"
    running = asyncio.create_task(supervise([python("web", code)], on_line=heard, stop=stop))
    await heard.next_from("web", "no such table")
    stop.set()
    await running
    assert "no such table" in heard.said_by("web")


async def test_a_line_without_end_is_cut_and_the_next_ones_still_arrive(heard: Heard, stop: asyncio.Event) -> None:
    code = "import signal; print('x' * 300_000); print('after', flush=True); signal.pause()"
    running = asyncio.create_task(supervise([python("web", code)], on_line=heard, stop=stop))
    await heard.next_from("web", "after")
    stop.set()
    await running
    long_ones = heard.said_by("web")[:-1]
    assert len(long_ones) > 1
    assert "".join(long_ones) == "x" * 300_000


async def test_programs_end_when_their_supervisor_is_killed() -> None:
    """The child holds a connection to this test: its end is the child's end."""
    ended, connected = asyncio.Event(), asyncio.Event()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        ended.set()
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    child = f"import socket, signal; held = socket.create_connection(('127.0.0.1', {port})); signal.pause()"
    parent = f"""
import asyncio, sys
from homeward.supervisor import Program, supervise
program = Program("web", (sys.executable, "-c", {child!r}))
asyncio.run(supervise([program], on_line=print, stop=asyncio.Event()))
"""
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", parent, cwd=ROOT)
    async with server:
        async with asyncio.timeout(10):
            await connected.wait()
            supervisor.kill()
            assert await supervisor.wait() == -signal.SIGKILL
            await ended.wait()
    assert ended.is_set()


def test_the_leash_leaves_alone_what_was_released() -> None:
    waits = [sys.executable, "-c", "import signal; signal.pause()"]
    with subprocess.Popen(waits, start_new_session=True) as released:
        with Leash() as leash:
            leash.hold(released.pid)
            leash.release(released.pid)
        assert released.poll() is None
        released.kill()


def test_the_leash_holds_even_when_its_watcher_was_ended() -> None:
    waits = [sys.executable, "-c", "import signal; signal.pause()"]
    with (
        subprocess.Popen(waits, start_new_session=True) as first,
        subprocess.Popen(waits, start_new_session=True) as second,
        subprocess.Popen(waits, start_new_session=True) as released,
    ):
        with Leash() as leash:
            leash.hold(first.pid)
            leash.hold(released.pid)
            os.kill(leash.watcher_pid, signal.SIGKILL)
            os.waitid(os.P_PID, leash.watcher_pid, os.WEXITED | os.WNOWAIT)
            leash.release(released.pid)
            leash.hold(second.pid)
            closing = threading.Thread(target=leash.close)  # it returns when both have been collected
            closing.start()
            assert first.wait(10) == -signal.SIGTERM
            assert second.wait(10) == -signal.SIGTERM
            closing.join()
        assert released.poll() is None
        released.kill()


async def test_ctrl_c_and_term_ask_for_a_stop() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with stop_on_signals() as stop:
            os.kill(os.getpid(), number)
            async with asyncio.timeout(30):
                await stop.wait()
            assert stop.is_set()


def test_lines_stand_behind_the_name_of_their_program_in_a_column() -> None:
    written: list[str] = []
    on_line = prefixed(written.append, [Program("web", ()), Program("worker", ())])
    on_line("web", "listens")
    on_line("worker", "waits")
    assert written == ["web    | listens\n", "worker | waits\n"]


def test_a_second_homeward_in_the_same_directory_is_told_who_runs_already(tmp_path: Path) -> None:
    with claim(tmp_path), pytest.raises(AlreadyRunningError) as refusal, claim(tmp_path):
        pass
    assert f"Homeward runs already with {tmp_path} (process {os.getpid()})." in str(refusal.value)


def test_a_directory_is_free_again_when_its_homeward_was_killed(tmp_path: Path) -> None:
    holds = f"""
import signal
from pathlib import Path
from homeward.claim import claim
with claim(Path({str(tmp_path)!r})):
    print("held", flush=True)
    signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", holds], cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunningError, match=f"process {holder.pid}"), claim(tmp_path):
            pass
        holder.kill()
    with claim(tmp_path):
        pass
