"""Connections to PostgreSQL that one test leaves to the next.

A new connection knows nothing of the hundred tables: its first statement on each costs the server ten times what the
second does, and most of a test's statements are first ones. So the connections to a test's database are not closed but
set aside, as good as new, and the next test on the same database goes on with them. Those that anything is odd about
are closed like any other. All tests of a process share one event loop, because a connection lives in one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import asyncpg

from orm import postgres_readers
from orm.postgres_driver import Connection, Pool, begin_session
from orm.postgres_engine import PostgresEngine

_AS_NEW = "SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL; DISCARD TEMP;"
_STATEMENTS = 1_000  # that a connection keeps: it meets those of all tests, not only of one server's work
_create_pool = PostgresEngine.create_pool
_open_reader = PostgresEngine._open_reader
_close_reader = postgres_readers._close


class Warm:
    """The connections that were set aside, by database. They are lent in the loop of the tests only."""

    def __init__(self) -> None:
        self._home = asyncio.get_running_loop()
        self._pools: dict[str, Pool] = {}
        self._readers: dict[str, list[Connection]] = defaultdict(list)

    @contextmanager
    def lending(self) -> Iterator[None]:
        """Let the engine of this test go on with what was set aside, and leave its own."""
        warm = self

        async def create_pool(engine: PostgresEngine, **settings: Any) -> Pool:
            if not warm._is_at_home():
                return await _create_pool(engine, **settings)
            database = settings["database"]
            pool = warm._pools.pop(database, None)
            pool = pool or await _create_pool(engine, **{**settings, "statement_cache_size": _STATEMENTS})
            return _Lent(warm, database, pool)

        async def open_reader(engine: PostgresEngine) -> Connection:
            aside = warm._readers[str(engine.database)] if warm._is_at_home() else []
            while aside:
                connection = aside.pop()
                if not connection.is_closed():
                    return connection
            return await _open_reader(engine)

        async def close_reader(connection: Connection) -> None:
            if warm._is_at_home() and not connection.is_closed():
                warm._readers[connection._params.database].append(connection)
            else:
                await _close_reader(connection)

        with (
            patch.object(PostgresEngine, "create_pool", create_pool),
            patch.object(PostgresEngine, "_open_reader", open_reader),
            patch.object(postgres_readers, "_close", close_reader),
        ):
            yield

    def processes(self, database: str) -> list[int]:
        """Name the server's processes that wait for the next test on a database."""
        pools = [self._pools[database]] if database in self._pools else []
        waiting = [*self._readers[database], *(one for pool in pools for one in _connections(pool))]
        return [one.get_server_pid() for one in waiting if not one.is_closed()]

    def forget(self, database: str) -> None:
        """End what was set aside for a database."""
        if database in self._pools:
            self._pools.pop(database).terminate()
        for reader in self._readers.pop(database, []):
            reader.terminate()

    async def set_aside(self, database: str, pool: Pool) -> None:
        """Keep a pool for the next test, or close it."""
        if database in self._pools or not await _is_as_new(pool):
            await pool.close()
        else:
            self._pools[database] = pool

    async def close(self) -> None:
        """Close what was set aside."""
        for pool in self._pools.values():
            await pool.close()
        for readers in self._readers.values():
            for reader in readers:
                await reader.close()

    def _is_at_home(self) -> bool:
        return asyncio.get_running_loop() is self._home


class _Lent:
    """A pool whose end is not its end."""

    def __init__(self, warm: Warm, database: str, pool: Pool) -> None:
        self._warm, self._database, self._pool = warm, database, pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    async def close(self) -> None:
        """Set the pool aside."""
        await self._warm.set_aside(self._database, self._pool)


def _connections(pool: Pool) -> list[Connection]:
    """The open connections of a pool, which asyncpg has no public way to name."""
    return [one._con for one in pool._holders if one._con is not None and not one._con.is_closed()]


async def _is_as_new(pool: Pool) -> bool:
    """Bring every connection of a pool back to what it was; say no if one is in use or cannot be."""
    if pool.is_closing() or any(one._in_use for one in pool._holders):
        return False
    try:
        for connection in _connections(pool):
            if connection.is_in_transaction():
                return False
            await connection.execute(_AS_NEW)
            await begin_session(connection)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return False
    return True
