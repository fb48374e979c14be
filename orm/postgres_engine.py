"""Run Tortoise on PostgreSQL with transactions that survive a cancellation and a lost connection.

Differences from the stock backend. A cancelled task leaves no connection behind. A transaction of which a statement
failed cannot be committed by mistake: PostgreSQL answers that COMMIT with a quiet ROLLBACK, which is an error here.
``execute_query`` counts the rows of an INSERT and returns those of RETURNING.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any, TypeVar

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.exceptions import DBConnectionError, TransactionManagementError

from orm.postgres_driver import (
    Connection,
    Pool,
    Rows,
    Translated,
    Values,
    begin_session,
    drop,
    give_back,
    is_in_transaction,
    keep_session,
    query,
    run,
)
from orm.postgres_readers import KEEPS_PLANS, Readers
from orm.unbroken import Standing, UnbrokenTransaction, finish

T = TypeVar("T")
Work = Callable[[Connection], Awaitable[T]]
Record = Any  # asyncpg's row, which has no types
Setting = Any

COMMIT_WITHIN = 30.0  # seconds; then the outcome is unknown and the connection is dropped
ROLLBACK_WITHIN = 10.0  # seconds; then the connection is dropped, which rolls back too
_MOST_READERS = 6
_PLANS_OF_A_READER = 250  # asyncpg keeps 100, and pages ask that many different questions by now
_OF_THE_POOL = frozenset({"reset", "init"})
_NUMBERS = count()


class PostgresEngine(AsyncpgDBClient):
    """The connection outside a transaction: for each statement one from the pool."""

    def __init__(self, **settings: Setting) -> None:
        super().__init__(**{"reset": keep_session, "init": begin_session, **settings})
        self._readers = Readers(self._open_reader, min(_MOST_READERS, self.pool_maxsize))

    @property
    def pool(self) -> Pool:
        """asyncpg's pool. Raises DBConnectionError when it is not open."""
        if self._pool is None:
            raise DBConnectionError("The database is closed")
        return self._pool

    async def create_connection(self, with_db: bool) -> None:
        """Open the pool."""
        with Translated():
            await super().create_connection(with_db)
        self._readers.open()

    async def close(self) -> None:
        """Close the pool and the readers."""
        await self._readers.close()
        await super().close()

    async def fetch_often(self, query: str, values: Values) -> Rows:
        """Run one statement that only reads, by a plan that is made once for all values; give its rows."""
        return await self._readers.fetch(query, values)

    async def borrow(self) -> tuple[Pool, Connection]:
        """Take a connection; give it with its pool. A cancellation while waiting leaves nothing to undo."""
        if self._pool is None:
            async with self._pool_init_lock:
                if self._pool is None:
                    await self.create_connection(with_db=True)
        pool = self.pool
        with Translated():
            return pool, await pool.acquire()

    def _in_transaction(self) -> TransactionContext:
        client = PostgresTransaction(self)
        return UnbrokenTransaction(client, client)

    async def execute_insert(self, query: str, values: Values) -> Record:
        """Insert a row; give the row of its RETURNING."""
        return await self._run(lambda connection: connection.fetchrow(query, *values))

    async def execute_many(self, query: str, values: Sequence[Values]) -> None:
        """Run one statement for many rows: all of them or none, because the driver sends them as one."""
        await self._run(lambda connection: connection.executemany(query, values))

    async def execute_query(self, query: str, values: Values | None = None) -> tuple[int, Rows]:
        """Run one statement; give the number of rows that it changed or returned, and those that it returned."""
        return await self._run(lambda connection: _query(connection, query, values or ()))

    async def execute_query_dict(self, query: str, values: Values | None = None) -> list[dict[str, Any]]:
        """Run one statement; give the rows that it returned."""
        rows = await self._run(lambda connection: connection.fetch(query, *(values or ())))
        return [dict(row) for row in rows]

    async def execute_script(self, query: str) -> None:
        """Run several statements: all of them or none."""
        await self._run(lambda connection: connection.execute(query))

    async def _open_reader(self) -> Connection:
        options = {name: value for name, value in self.extra.items() if name not in _OF_THE_POOL}
        connection = await asyncpg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            database=self.database,
            server_settings={**self.server_settings, **KEEPS_PLANS},
            **{"statement_cache_size": _PLANS_OF_A_READER, **options},
        )
        try:
            await begin_session(connection)
        except BaseException:
            drop(connection)
            raise
        return connection

    async def _run(self, work: Work[T]) -> T:
        pool, connection = await self.borrow()
        try:
            return await run(connection, work)
        finally:
            await finish(give_back(pool, connection))


class PostgresTransaction(PostgresEngine, TransactionalDBClient):
    """The connection inside a transaction, or inside a savepoint of one."""

    def __init__(self, engine: PostgresEngine, outer: PostgresTransaction | None = None) -> None:
        # Without the engine's own __init__, which would set up a second pool.
        self.connection_name = engine.connection_name
        self.fetch_inserted = engine.fetch_inserted
        self.log = engine.log
        self._engine = engine
        self._outer = outer
        self._name = None if outer is None else f"homeward_{next(_NUMBERS)}"
        self._standing = Standing()
        self._lent_by: Pool = None
        self._connection: Connection = None
        # A savepoint shares its transaction's turn: the driver refuses two statements at once.
        self.turn: asyncio.Lock = asyncio.Lock() if outer is None else outer.turn

    @property
    def is_over(self) -> bool:
        """True after the commit or the rollback."""
        return self._standing.is_over

    @property
    def engine(self) -> PostgresEngine:
        """The open database that this is a transaction of."""
        return self._engine

    def _in_transaction(self) -> TransactionContext:
        client = PostgresTransaction(self._engine, outer=self)
        return UnbrokenTransaction(client, client)

    async def take(self) -> None:
        """Take a connection from the pool (a savepoint has it already)."""
        if self._outer is not None:
            self._connection = self._outer.lent_connection()
            return
        self._lent_by, self._connection = await self._engine.borrow()

    def lent_connection(self) -> Connection:
        """The connection. Raises TransactionManagementError when the transaction is over."""
        self._standing.require_open()
        return self._connection

    async def begin(self) -> None:
        """Open the transaction or the savepoint."""
        await self._step("BEGIN ISOLATION LEVEL READ COMMITTED" if self._name is None else f"SAVEPOINT {self._name}")
        self._standing.has_begun = True

    async def commit(self) -> None:
        """Keep what was written; undo it and raise when that fails or a statement failed or was cancelled."""
        self._standing.require_open()
        try:
            self._standing.require_whole()
            done = await self._step(
                "COMMIT" if self._name is None else f"RELEASE SAVEPOINT {self._name}", within=COMMIT_WITHIN
            )
            if done == "ROLLBACK":
                raise TransactionManagementError("A statement of this transaction failed, so it was rolled back")
        except BaseException:
            await self.rollback()
            raise
        self._standing.is_over = True

    async def rollback(self) -> None:
        """Undo what was written. A connection that is lost, or does not answer, undoes it by its end."""
        self._standing.require_open()
        name = self._name
        if self._standing.has_begun and is_in_transaction(self._connection):
            undo = "ROLLBACK" if name is None else f"ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}"
            try:
                await self._step(undo, within=ROLLBACK_WITHIN)
            except BaseException as error:
                drop(self._connection)
                if not isinstance(error, DBConnectionError):
                    raise
                self.log.warning("A rollback was not answered, so its connection was dropped")
        self._standing.is_over = True

    async def give_back(self) -> None:
        """Hand the connection back to the pool."""
        self._standing.is_over = True
        if self._outer is None:
            await give_back(self._lent_by, self._connection)

    savepoint, release_savepoint, savepoint_rollback = begin, commit, rollback

    async def create_connection(self, with_db: bool) -> None:
        """Do nothing: the connection was there when the transaction began."""

    async def close(self) -> None:
        """Do nothing: the connection belongs to the pool."""

    async def fetch_often(self, query: str, values: Values) -> Rows:
        """Run the statement in the transaction, where it sees what that has written."""
        return await self._run(lambda connection: connection.fetch(query, *values))

    async def _run(self, work: Work[T]) -> T:
        self._standing.require_open()
        async with self.turn:
            connection = self.lent_connection()  # asked again, because it may have ended while this task waited
            try:
                return await run(connection, work)
            except asyncio.CancelledError:
                self._standing.spoil()
                raise

    async def _step(self, statement: str, *, within: float | None = None) -> str:
        async with self.turn:
            return str(await run(self._connection, lambda connection: connection.execute(statement, timeout=within)))


_query = query  # the parameter of the same name is Tortoise's
client_class = PostgresEngine
