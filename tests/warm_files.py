"""Empty migrated databases on SQLite: a file that one test leaves to the next, with the connections to it.

A new connection has read none of the hundred tables and two hundred triggers, and has prepared no statement: that
costs more than most tests do. So connections are not closed but set aside, and the file becomes what it was: nothing
that a test wrote has reached it, because the log beside it is never carried over. The log is cut off, and its index
made unreadable, as after a crash; whoever reads next finds an empty log, and the file as it was migrated.

Where anything is odd (a change of the schema, an open transaction, a connection that was not given back, somebody in
another process, a file that was written after all), the file is thrown away.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiosqlite

from orm import sqlite_engine
from orm.sqlite_threads import Pragmas, connect, on_thread

Kind = tuple[tuple[str, str | int], ...]

_INDEX_HEADER = 96  # bytes: what each reader compares with what it knows, twice
_PRESENT = 128  # the byte of the index that every process with a connection has a lock on


@dataclass
class File:
    """A database, and the connections to it that wait for the next test, by their pragmas."""

    path: Path
    as_copied: os.stat_result
    idle: dict[Kind, list[aiosqlite.Connection]] = field(default_factory=lambda: defaultdict(list))
    lent: dict[aiosqlite.Connection, None] = field(default_factory=dict)
    is_odd: bool = False
    schema: int = 0
    """The version of the schema, as SQLite counts it."""
    index: int | None = None
    """The index of the log, open: to close any handle of it would drop the locks that SQLite has on it."""

    @property
    def url(self) -> str:
        """What the application calls it."""
        return f"sqlite:///{self.path}"

    @contextmanager
    def lending(self) -> Iterator[None]:
        """Let the engine of this test go on with what was set aside, and leave its own."""

        async def lent(filename: str, pragmas: Pragmas) -> Any:
            if filename != str(self.path):
                return await connect(filename, pragmas)
            kind = tuple(pragmas.items())
            waiting = self.idle[kind]
            connection = waiting.pop() if waiting else await self._connected(pragmas)
            self.lent[connection] = None
            return _Lent(self, kind, connection)

        with patch.object(sqlite_engine, "connect", lent):
            yield

    async def set_aside(self, kind: Kind, connection: aiosqlite.Connection) -> None:
        """Keep a connection for the next test if there is nothing odd about it."""
        self.lent.pop(connection, None)
        if not self.is_odd and await on_thread(connection, lambda inner: _is_as_new(inner, kind, self.schema)):
            self.idle[kind].append(connection)
        else:
            self.is_odd = True
            await connection.close()

    def restore(self) -> bool:
        """Make the file what it was; say False where that cannot be proven."""
        if self.is_odd or self.lent or not any(self.idle.values()) or not self._is_as_copied():
            return False
        if self.index is None:
            self.index = os.open(f"{self.path}-shm", os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.lockf(self.index, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _PRESENT)
        except (BlockingIOError, PermissionError):
            return False
        fcntl.lockf(self.index, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, _PRESENT)
        os.truncate(f"{self.path}-wal", 0)
        os.pwrite(self.index, bytes(_INDEX_HEADER), 0)
        return True

    async def close(self) -> None:
        """Close the connections that wait, and those that nobody gave back."""
        for connection in [*chain.from_iterable(self.idle.values()), *self.lent]:
            await connection.close()
        self.idle.clear()
        self.lent.clear()
        if self.index is not None:
            os.close(self.index)
            self.index = None

    async def _connected(self, pragmas: Pragmas) -> aiosqlite.Connection:
        connection = await connect(str(self.path), pragmas)
        # What is not carried over leaves the file as it is.
        await on_thread(connection, lambda inner: inner.execute("PRAGMA wal_autocheckpoint=0").close())
        self.schema = self.schema or await on_thread(connection, _schema)
        return connection

    def _is_as_copied(self) -> bool:
        now = self.path.stat()
        return (now.st_mtime_ns, now.st_size) == (self.as_copied.st_mtime_ns, self.as_copied.st_size)


class Files:
    """Lend copies of a migrated database that nobody is connected to."""

    def __init__(self, template: Path, directory: Path) -> None:
        self._template = template
        self._directory = directory
        self._numbers = count()
        self._idle: list[File] = []

    def lend(self) -> File:
        """Give an empty migrated database."""
        if self._idle:
            return self._idle.pop()
        path = self._directory / f"homeward{next(self._numbers)}.db"
        shutil.copy(self._template, path)
        return File(path, path.stat())

    async def take_back(self, file: File) -> None:
        """Make a database what it was, or throw it away."""
        if file.restore():
            self._idle.append(file)
        else:
            file.is_odd = True
            await file.close()
            for one in self._directory.glob(f"{file.path.name}*"):
                one.unlink()

    async def close(self) -> None:
        """Close whatever waits."""
        for file in self._idle:
            await file.close()


class _Lent:
    """A connection whose end is not its end."""

    def __init__(self, file: File, kind: Kind, connection: aiosqlite.Connection) -> None:
        self._file, self._kind, self._open = file, kind, connection
        self._is_closed = False

    def __getattr__(self, name: str) -> Any:
        if self._is_closed:
            raise ValueError("Connection closed")
        return getattr(self._open, name)

    async def close(self) -> None:
        """Set the connection aside."""
        if not self._is_closed:
            self._is_closed = True
            await self._file.set_aside(self._kind, self._open)


def _schema(inner: sqlite3.Connection) -> int:
    (version,) = inner.execute("PRAGMA schema_version").fetchone()
    return int(version)


def _is_as_new(inner: sqlite3.Connection, kind: Kind, schema: int) -> bool:
    """Bring a connection back to what it was; say no if that cannot be."""
    if inner.in_transaction:
        return False
    try:
        inner.row_factory = sqlite3.Row
        for name, value in kind:
            inner.execute(f"PRAGMA {name}={value}").close()
        (others,) = inner.execute("SELECT count(*) FROM pragma_database_list WHERE name <> 'main'").fetchone()
        return not others and _schema(inner) == schema
    except sqlite3.Error:
        return False
