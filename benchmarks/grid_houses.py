"""The servers of the grid benchmark: one process each, started here and ended with this process however it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Self

from benchmarks.grid_callers import Slice
from homeward.leash import Leash

_START_SECONDS = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")
_ROOT = Path(__file__).resolve().parents[1]


class DidNotAnswerError(RuntimeError):
    """Say what a server wrote before it gave up."""


@dataclass
class Contestant:
    """A server that shows the grid, and what the same callers have seen of it."""

    name: str
    what: str
    port: int
    process: subprocess.Popen[bytes]
    requests: list[bytes]
    slices: list[Slice] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Processor seconds of the server process for each slice."""

    def cpu_seconds(self) -> float:
        """Give the processor time that the server process has used so far, in seconds."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / _TICKS


class Houses:
    """Start servers, and end them together."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._leash = Leash()
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._leash.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._leash.release(process.pid)
        self._leash.close()

    def start(
        self,
        name: str,
        what: str,
        command: Sequence[str],
        port: int,
        requests: list[bytes],
        environment: Mapping[str, str] | None = None,
    ) -> Contestant:
        """Start a server and wait until it takes connections.

        Raises:
            DidNotAnswerError: it does not; with the end of what it wrote.
        """
        log = self._scratch / f"{name}.log"
        with log.open("wb") as written:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                cwd=_ROOT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._leash.hold(process.pid, signal.SIGTERM)
        self._running.append(process)
        until = monotonic() + _START_SECONDS
        while not _is_open(port):
            if process.poll() is not None or monotonic() > until:
                raise DidNotAnswerError(f"{name} did not answer:\n{log.read_text(errors='replace')[-2_000:]}")
            sleep(0.1)
        return Contestant(name, what, port, process, requests)


def floor_command(url: str, port: int) -> list[str]:
    """Give the command that serves the floor."""
    return [sys.executable, "-m", "benchmarks.grid_floor", url, str(port)]


def strawberry_command(how: str, url: str, port: int) -> list[str]:
    """Give the command that serves the grid by Strawberry, ``usual`` or ``flat``."""
    return [sys.executable, "-m", "benchmarks._grid_strawberry", how, url, str(port)]


def homeward_command(port: int) -> list[str]:
    """Give the command that serves the house, as in production."""
    return [sys.executable, "-m", "homeward", "serve", "--port", str(port)]


def homeward_environment(url: str, var: Path) -> dict[str, str]:
    """Give the settings of a house with keys of its own."""
    environment = {"DATABASE_URL": url, "HOMEWARD_VAR": str(var), "REDIS_URL": "", "HOMEWARD_DEMO": "false"}
    if not (var / "keys.json").exists():
        var.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "homeward", "make-keys"],
            cwd=_ROOT,
            env={**os.environ, **environment},
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return environment


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
