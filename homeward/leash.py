"""The leash: child processes end even when the process that started them is killed without warning.

Nothing runs in a process that got kill -9, so a second, tiny process watches: it reads a pipe whose other end only the
starter holds. The kernel closes that end however the starter dies; the watcher then ends what it was told to hold.
A pipe works alike on Linux and macOS, and the children stay direct children, so their exit codes come back unchanged.
"""

import os
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import Self

GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.02
_ARE_YOU_THERE = 0  # the signal that is only checked for, never delivered


class Leash:
    """Hold child processes, each the leader of its own session, until they are released or this process is gone.

    Closing the leash ends what it still holds.
    """

    def __init__(self) -> None:
        self._held: dict[int, signal.Signals] = {}
        self._watcher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._watcher = self._watch()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def watcher_pid(self) -> int:
        """Tell which process watches."""
        assert self._watcher is not None, "the leash was not opened"  # noqa: S101 - a mistake in our own code
        return self._watcher.pid

    def hold(self, pid: int, ending: signal.Signals = signal.SIGTERM) -> None:
        """End the session of `pid` when this process goes: first with `ending`, after a grace of 5 s with KILL."""
        self._held[pid] = ending
        self._tell(f"+{pid} {int(ending)}\n")

    def release(self, pid: int) -> None:
        """Forget `pid`: it has ended and its number may soon belong to a stranger."""
        if self._held.pop(pid, None) is not None:
            self._tell(f"-{pid} 0\n")

    def close(self) -> None:
        """End what is still held and stop watching."""
        watcher, self._watcher = self._watcher, None
        self._held.clear()
        if watcher is not None:
            assert watcher.stdin is not None  # noqa: S101 - Popen was given a pipe
            watcher.stdin.close()
            watcher.wait()

    def _watch(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and our own file
            [sys.executable, "-I", "-S", __file__],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C at the terminal is for the starter alone
        )

    def _tell(self, message: str) -> None:
        if self._watcher is None:
            return
        assert self._watcher.stdin is not None  # noqa: S101 - Popen was given a pipe
        try:
            self._watcher.stdin.write(message.encode())
        except BrokenPipeError:  # somebody ended the watcher: put another in its place
            self._watcher.stdin.close()
            self._watcher.wait()
            self._watcher = self._watch()
            assert self._watcher.stdin is not None  # noqa: S101 - Popen was given a pipe
            for pid, ending in self._held.items():
                self._watcher.stdin.write(f"+{pid} {int(ending)}\n".encode())


def send_to_session(pid: int, number: int) -> bool:
    """Send a signal to every process of the session led by `pid`; answer False when there is none left."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a leader that is dead but not yet reaped
        return False
    return True


def _end_all(held: dict[int, signal.Signals]) -> None:
    alive = {pid for pid, ending in held.items() if send_to_session(pid, ending)}
    deadline = time.monotonic() + GRACE_SECONDS
    while alive and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        alive = {pid for pid in alive if send_to_session(pid, _ARE_YOU_THERE)}
    for pid in alive:
        send_to_session(pid, signal.SIGKILL)


def _main() -> None:
    held: dict[int, signal.Signals] = {}
    for line in sys.stdin:
        pid, number = int(line[1:].split()[0]), int(line.split()[1])
        if line[0] == "+":
            held[pid] = signal.Signals(number)
        else:
            held.pop(pid, None)
    _end_all(held)


if __name__ == "__main__":
    _main()
