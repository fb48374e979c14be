"""Work on SQLite connections, each of which has a thread of its own, and keep a pool of those that only read."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import aiosqlite
import tortoise.backends.sqlite.executor  # noqa: F401 (it registers the adapter for datetime that is replaced below)
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError

from orm.statements import Kind, statement_kind
from orm.unbroken import finish

__all__ = ["Pragmas", "Readers", "Rows", "Values", "connect", "each_in_turn", "insert", "many", "on_thread", "query"]

T = TypeVar("T")
INTERRUPT_AGAIN = 0.01  # seconds
Pragmas = Mapping[str, str | int]
Values = Sequence[Any]
Rows = list[Any]


def _store_instant(value: datetime) -> str:
    """Write an instant in UTC, so that the order of the texts is that of time. Raise ValueError without a time zone."""
    if value.tzinfo is None:
        raise ValueError("A datetime without a time zone cannot be stored")
    return value.astimezone(UTC).isoformat(" ")


# Tortoise's own adapter keeps whatever zone it is given, and takes datetimes without one.
sqlite3.register_adapter(datetime, _store_instant)


async def connect(filename: str, pragmas: Pragmas) -> aiosqlite.Connection:
    """Open a connection on which all of ``pragmas`` hold (``busy_timeout``, in milliseconds, among them)."""
    patience = int(pragmas["busy_timeout"]) / 1000  # counts from the first pragma on
    connection = aiosqlite.connect(filename, isolation_level=None, timeout=patience)
    try:
        await connection
    except sqlite3.OperationalError as error:
        await asyncio.to_thread(connection._thread.join)  # noqa: SLF001 (else it may outlive the loop and complain)
        raise DBConnectionError(error) from error
    try:
        connection.row_factory = sqlite3.Row
        for name, value in pragmas.items():
            await connection.execute_fetchall(f"PRAGMA {name}={value}")
    except BaseException:
        await connection.close()
        raise
    return connection


async def on_thread(
    connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T], *, may_interrupt: bool = False
) -> T:
    """Do ``work`` on the connection's thread. A cancellation is raised only when the thread is done with it."""
    inner = connection._conn  # noqa: SLF001 (the library has no public way to run a function on its thread)
    try:
        return cast("T", await connection._execute(work, inner))  # type: ignore[no-untyped-call]  # noqa: SLF001
    except asyncio.CancelledError:
        await finish(_until_done(connection, inner, may_interrupt))
        raise
    except sqlite3.IntegrityError as error:
        raise IntegrityError(error) from error
    except sqlite3.OperationalError as error:
        raise OperationalError(error) from error


async def _until_done(connection: aiosqlite.Connection, inner: sqlite3.Connection, may_interrupt: bool) -> None:
    # The thread works in the order of its queue, so when this empty job comes back the one before it has ended.
    end = asyncio.ensure_future(connection._execute(_nothing))  # type: ignore[no-untyped-call]  # noqa: SLF001
    while not end.done():
        if may_interrupt:
            inner.interrupt()
        # Once is not enough: an interrupt that comes just before the statement starts is lost.
        await asyncio.wait((end,), timeout=INTERRUPT_AGAIN if may_interrupt else None)


class Readers:
    """Lend connections that only read. Each is opened when it is first needed."""

    def __init__(self, limit: int, connect: Callable[[], Awaitable[aiosqlite.Connection]]) -> None:
        self._connect = connect
        self._free = asyncio.Semaphore(limit)
        self._idle: list[aiosqlite.Connection] = []
        self._all: list[aiosqlite.Connection] = []

    @property
    def opened(self) -> int:
        """The number of connections there are."""
        return len(self._all)

    @property
    def idle(self) -> int:
        """The number of connections that nobody uses."""
        return len(self._idle)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do ``work`` on a connection. A cancelled one is cut short; the connection comes back when it has ended."""
        await self._free.acquire()
        try:
            # Again and again: whoever comes in between may take the one that was opened here.
            while not self._idle:
                await finish(self._open())
            reader = self._idle.pop()
            try:
                return await on_thread(reader, work, may_interrupt=True)
            finally:
                self._idle.append(reader)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Close every connection, one that is in use as soon as its statement has ended."""
        for reader in self._all:
            await reader.close()

    async def _open(self) -> None:
        reader = await self._connect()
        self._all.append(reader)
        self._idle.append(reader)


# Each of these gives the work for one visit to the thread. ------------------------------------------------------------


def query(sql: str, values: Values | None) -> Callable[[sqlite3.Connection], tuple[int, Rows]]:
    """Run one statement; give the number of rows that it changed or returned, and those that it returned."""

    def work(inner: sqlite3.Connection) -> tuple[int, Rows]:
        cursor = inner.execute(sql.replace("\x00", "'||CHAR(0)||'"), values or ())
        rows = cursor.fetchall()
        if cursor.description is not None:
            # Tortoise's migrations call ``.get`` on the rows of a PRAGMA, which sqlite3.Row has not.
            return len(rows), [dict(row) for row in rows] if sql.lstrip()[:6].upper() == "PRAGMA" else rows
        if cursor.rowcount >= 0:
            return cursor.rowcount, rows
        if statement_kind(sql) is Kind.WRITE_IN_WITH:  # the driver counts only what starts with the verb
            return int(inner.execute("SELECT changes()").fetchone()[0]), rows
        return 0, rows

    return work


def insert(sql: str, values: Values) -> Callable[[sqlite3.Connection], int | None]:
    """Insert a row; give its rowid."""

    def work(inner: sqlite3.Connection) -> int | None:
        cursor = inner.execute(sql, values)
        cursor.fetchall()
        return cursor.lastrowid

    return work


def many(sql: str, rows: Sequence[Values], *, is_whole: bool) -> Callable[[sqlite3.Connection], None]:
    """Run one statement for many rows; in a transaction of its own if they are to be the whole of one."""

    def work(inner: sqlite3.Connection) -> None:
        if not is_whole:
            inner.executemany(sql, rows)
            return
        inner.execute("BEGIN IMMEDIATE")
        try:
            inner.executemany(sql, rows)
            inner.execute("COMMIT")
        except BaseException:
            if inner.in_transaction:
                inner.execute("ROLLBACK")
            raise

    return work


def each_in_turn(script: str, *, if_open: bool = False) -> Callable[[sqlite3.Connection], None]:
    """Run the statements of ``script``, unless they need an open transaction and there is none."""

    def work(inner: sqlite3.Connection) -> None:
        # Not executescript(): it would first commit whatever transaction is open.
        if inner.in_transaction or not if_open:
            for statement in _statements(script):
                inner.execute(statement).fetchall()

    return work


def _statements(script: str) -> Iterator[str]:
    gathered = ""
    for piece in re.split(r"(?<=;)", script):
        gathered += piece
        if sqlite3.complete_statement(gathered):  # knows strings, comments and the inside of a trigger
            yield gathered
            gathered = ""
    if gathered.strip():
        yield gathered


def _nothing() -> None:
    """Come back when the work before has ended."""
