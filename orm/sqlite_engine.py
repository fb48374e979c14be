"""Run Tortoise on SQLite with one writer, a pool of readers, and transactions that survive a cancellation.

Three differences from the stock backend. A transaction opens with ``BEGIN IMMEDIATE``, so that two processes queue for
the write lock instead of failing with "database is locked". A cancelled task leaves no lock and no open transaction.
And plain reads outside a transaction go to connections of their own, so that they never wait for one.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import count
from typing import Any, TypeVar

import aiosqlite
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient
from tortoise.exceptions import DBConnectionError

from orm.sqlite_threads import Readers, Rows, Values, connect, each_in_turn, insert, many, on_thread, query
from orm.sqlite_turns import Turns
from orm.statements import Kind, statement_kind
from orm.unbroken import Standing, UnbrokenTransaction, finish

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

BUSY_TIMEOUT = 10_000  # milliseconds that a statement waits for another process's write lock
_NUMBERS = count()


class SqliteEngine(SqliteClient):
    """The connection outside a transaction: one writer behind a lock, and readers beside it."""

    def __init__(self, file_path: str, *, readers: int = 4, connection_name: str, **pragmas: str | int) -> None:
        pragmas.setdefault("busy_timeout", BUSY_TIMEOUT)
        # WAL with NORMAL may lose the last commits when the power fails, and what was committed was promised.
        pragmas.setdefault("synchronous", "FULL")
        # Without it REPLACE deletes rows behind the back of the triggers that forbid deleting.
        pragmas.setdefault("recursive_triggers", "ON")
        super().__init__(file_path, connection_name=connection_name, **pragmas)
        self._reader_limit = readers
        self.readers = self._new_readers()
        self._turns: Turns | None = None

    async def create_connection(self, with_db: bool) -> None:  # noqa: ARG002 (a file is always its own database)
        """Open the writer if it is not open."""
        if self._connection is None:
            await finish(self._open_writer())

    async def close(self) -> None:
        """Close the writer and the readers."""
        await finish(self._close_all())

    async def lend_writer(self) -> aiosqlite.Connection:
        """Wait for the writer and take it. A cancellation while waiting leaves nothing to undo."""
        await self._lock.acquire()
        try:
            await self.create_connection(with_db=True)
            return self._writer()
        except BaseException:
            self._lock.release()
            raise

    def take_writer_back(self) -> None:
        """Let the next one have the writer."""
        self._lock.release()

    def _in_transaction(self) -> TransactionContext:
        client = SqliteTransaction(self)
        return UnbrokenTransaction(client, client)

    async def execute_insert(self, query: str, values: Values) -> int | None:
        """Insert a row; give its rowid."""
        return await self._write(self.in_turn(insert(query, values)))

    async def execute_many(self, query: str, values: Sequence[Values]) -> None:
        """Run one statement for many rows: all of them or none."""
        await self._write(self.in_turn(many(query, values, is_whole=True)))

    async def execute_query(self, query: str, values: Values | None = None) -> tuple[int, Rows]:
        """Run one statement; give the number of rows that it changed or returned, and those that it returned."""
        work = _query(query, values)
        kind = statement_kind(query)
        if self._reader_limit and kind is Kind.READ:
            return await self._read(work)
        return await self._write(work if kind in {Kind.READ, Kind.OTHER} else self.in_turn(work))

    async def look_through(self, look: Callable[[Iterator[Any]], T], query: str, values: Values) -> T:
        """Run one reading statement; give what ``look`` makes, on the connection's thread, of rows still being read."""

        def work(inner: sqlite3.Connection) -> T:
            with closing(inner.cursor()) as cursor:  # one that was not read to its end would keep the log from ending
                cursor.row_factory = None  # a plain tuple is soonest made and taken apart
                return look(cursor.execute(query, values))

        return await (self._read(work) if self._reader_limit else self._write(work))

    async def execute_query_dict(self, query: str, values: Values | None = None) -> list[dict[str, Any]]:
        """Run one statement; give the rows that it returned."""
        return [dict(row) for row in (await self.execute_query(query, values))[1]]

    async def execute_script(self, query: str) -> None:
        """Run several statements. Outside a transaction each is kept as it ends."""
        await self._write(each_in_turn(query))

    def in_turn(self, work: Work[T]) -> Work[T]:
        """Make ``work``, which takes the write lock of the file, queue with the writers of other processes."""

        def queued(inner: sqlite3.Connection) -> T:
            if self._turns is None:
                raise DBConnectionError("The database is closed")
            return self._turns.in_turn(inner, work)

        return queued

    async def _write(self, work: Work[T]) -> T:
        writer = await self.lend_writer()
        try:
            return await on_thread(writer, work)
        finally:
            self.take_writer_back()

    async def _read(self, work: Work[T]) -> T:
        if self._connection is None:  # it is the writer who makes the file and sets its journal mode
            await self.lend_writer()
            self.take_writer_back()
        return await self.readers.read(work)

    def _writer(self) -> aiosqlite.Connection:
        if self._connection is None:
            raise DBConnectionError("The database is closed")
        return self._connection

    async def _open_writer(self) -> None:
        # Kept only when complete: half a set of pragmas would mean foreign keys that nobody checks.
        self._connection = await connect(self.filename, self.pragmas)
        self._turns = Turns(self.filename, int(self.pragmas["busy_timeout"]))
        await self._post_connect()

    async def _open_reader(self) -> aiosqlite.Connection:
        return await connect(self.filename, {"busy_timeout": self.pragmas["busy_timeout"], "query_only": "ON"})

    def _new_readers(self) -> Readers:
        return Readers(self._reader_limit, self._open_reader)

    async def _close_all(self) -> None:
        readers, self.readers = self.readers, self._new_readers()
        writer, self._connection = self._connection, None
        await readers.close()
        if writer is not None:
            await writer.close()
        turns, self._turns = self._turns, None
        if turns is not None:
            turns.close()


class SqliteTransaction(SqliteEngine, TransactionalDBClient):
    """The connection inside a transaction, or inside a savepoint of one: the writer, lent to one task."""

    def __init__(self, engine: SqliteEngine, outer: SqliteTransaction | None = None) -> None:
        # Without the engine's own __init__, which would make a second set of connections.
        self.capabilities = engine.capabilities
        self.connection_name = engine.connection_name
        self.fetch_inserted = engine.fetch_inserted
        self.filename = engine.filename
        self.log = engine.log
        self._engine = engine
        self._outer = outer
        self._reader_limit = 0  # a read inside a transaction sees what it has written
        self._name = None if outer is None else f"homeward_{next(_NUMBERS)}"
        self._standing = Standing()
        self._connection = None
        # A savepoint shares its transaction's turn, which keeps gathered statements apart.
        self.turn: asyncio.Lock = asyncio.Lock() if outer is None else outer.turn
        self._lock = self.turn

    @property
    def is_over(self) -> bool:
        """True after the commit or the rollback."""
        return self._standing.is_over

    @property
    def engine(self) -> SqliteEngine:
        """The open database that this is a transaction of."""
        return self._engine

    def _in_transaction(self) -> TransactionContext:
        client = SqliteTransaction(self._engine, outer=self)
        return UnbrokenTransaction(client, client)

    async def take(self) -> None:
        """Wait for the writer (a savepoint has it already)."""
        if self._outer is None:
            self._connection = await self._engine.lend_writer()
        else:
            self._connection = self._outer.lent_writer()

    def lent_writer(self) -> aiosqlite.Connection:
        """The writer. Raises TransactionManagementError when the transaction is over."""
        self._standing.require_open()
        return self._writer()

    async def begin(self) -> None:
        """Take the write lock of the file at once (or open the savepoint)."""
        if self._name is None:
            await self._visit(self._engine.in_turn(each_in_turn("BEGIN IMMEDIATE")))
        else:
            await self._step(f"SAVEPOINT {self._name}")
        self._standing.has_begun = True

    async def commit(self) -> None:
        """Keep what was written; undo it and raise when that fails or a statement was cancelled."""
        self._standing.require_open()
        try:
            self._standing.require_whole()
            await self._step("COMMIT" if self._name is None else f"RELEASE {self._name}")
        except BaseException:
            await self.rollback()
            raise
        self._standing.is_over = True

    async def rollback(self) -> None:
        """Undo what was written. SQLite may have done so by itself, on a full disk for one."""
        self._standing.require_open()
        if self._standing.has_begun:
            name = self._name
            await self._step("ROLLBACK" if name is None else f"ROLLBACK TO {name}; RELEASE {name}", if_open=True)
        self._standing.is_over = True

    async def give_back(self) -> None:
        """Let the next one have the writer."""
        self._standing.is_over = True
        if self._outer is None:
            self._engine.take_writer_back()

    savepoint, release_savepoint, savepoint_rollback = begin, commit, rollback

    def in_turn(self, work: Work[T]) -> Work[T]:
        """Leave ``work`` as it is: a transaction has the write lock, and whoever's turn it is waits for it."""
        return work

    async def execute_many(self, query: str, values: Sequence[Values]) -> None:
        """Run one statement for many rows."""
        await self._write(many(query, values, is_whole=False))

    async def execute_query(self, query: str, values: Values | None = None) -> tuple[int, Rows]:
        """Run one statement here, a read too: it sees what the transaction has written."""
        return await self._write(_query(query, values))

    async def create_connection(self, with_db: bool) -> None:
        """Do nothing: the connection was there when the transaction began."""

    async def close(self) -> None:
        """Do nothing: the connection belongs to the engine."""

    async def _write(self, work: Work[T]) -> T:
        self._standing.require_open()
        async with self.turn:
            writer = self.lent_writer()  # asked again, because it may have ended while this task waited
            try:
                return await on_thread(writer, work)
            except asyncio.CancelledError:
                self._standing.spoil()
                raise

    async def _step(self, statements: str, *, if_open: bool = False) -> None:
        await self._visit(each_in_turn(statements, if_open=if_open))

    async def _visit(self, work: Work[None]) -> None:
        async with self.turn:
            await on_thread(self._writer(), work)


_query = query  # the parameter of the same name is Tortoise's
client_class = SqliteEngine
