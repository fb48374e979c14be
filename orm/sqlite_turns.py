"""The queue of those who want to write to one SQLite file, over all processes.

SQLite has no queue for its write lock. Who waits looks again after naps that grow to 100 ms, and who lets go of the
lock and takes it again at once, as a sweep does for each of its subjects, is mostly met holding it: a sign-on beside
it could wait for seconds. Here whoever wants the lock first takes a turn, an advisory lock on a file beside the
database, and keeps it until the write lock is taken. So who has just let go of it cannot pass one who waits, and since
the one whose turn it is looks every millisecond, it waits for hardly longer than one transaction.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Final, TypeVar

T = TypeVar("T")

NAP: Final = 0.001
"""Seconds between two looks at a lock."""


class Turns:
    """The turns of one writer; each of its methods is called on the writer's thread.

    ``patience`` is for how many milliseconds a turn or the write lock is waited for.
    """

    def __init__(self, filename: str, patience: int) -> None:
        self._patience = patience
        # Not the database itself: closing any handle of it would drop the locks that SQLite holds on it.
        self._file: int | None = os.open(Path(f"{filename}.turn"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def in_turn(self, inner: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do ``work``, which begins by taking the write lock and does nothing when it cannot have it.

        Raises:
            sqlite3.OperationalError: the lock was not to be had in time, or whatever ``work`` raises.
        """
        naps = iter(range(int(self._patience / 1000 / NAP)))
        inner.execute("PRAGMA busy_timeout=0")
        try:
            with self._turn(naps):
                while True:
                    try:
                        return work(inner)
                    except sqlite3.OperationalError as error:
                        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or next(naps, None) is None:
                            raise
                    sleep(NAP)
        finally:
            inner.execute(f"PRAGMA busy_timeout={self._patience}")

    def close(self) -> None:
        """Give the file back. The file itself stays: others may have it open."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @contextmanager
    def _turn(self, naps: Iterator[int]) -> Iterator[None]:
        if self._file is None:
            raise sqlite3.ProgrammingError("The database is closed")
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a killed process gives it back
                break
            except BlockingIOError:
                if next(naps, None) is None:
                    raise sqlite3.OperationalError("database is locked") from None
            sleep(NAP)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
