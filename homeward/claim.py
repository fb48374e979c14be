"""The claim: a directory belongs to one running Homeward at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunningError(RuntimeError):
    """Say that another Homeward runs with the same directory."""


@contextmanager
def claim(directory: Path) -> Iterator[None]:
    """Hold `directory` for this process alone; the kernel lets go of it however the process ends.

    Raises AlreadyRunningError when another process holds it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory / "in-use", os.O_RDWR | os.O_CREAT, 0o600)  # not inherited by child processes
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode().strip()
            raise AlreadyRunningError(
                f"Homeward runs already with {directory}{f' (process {holder})' if holder else ''}. "
                "Stop it with Ctrl-C in its terminal first, or give this one another directory and port."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
