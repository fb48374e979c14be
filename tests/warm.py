"""Connections to PostgreSQL that one test leaves to the next.

A new connection knows nothing of the hundred tables: its first statement on each costs the server ten times what the
second does, and most of a test's statements are first ones. So the pool of a test's database is not closed but set
aside, as good as new, and the next test on the same database goes on with it. A pool that anything is odd about is
closed like any other. All tests of a process share one event loop, because a connection lives in one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

from orm.postgres_driver import begin_session
from orm.postgres_engine import PostgresEngine

Key = tuple[Any, ...]

_AS_NEW = "SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL; DISCARD TEMP;"
_SIZES = ("database", "port", "min_size", "max_size")
_create_pool = PostgresEngine.create_pool


class WarmPools:
    """The pools that were set aside. :meth:`installed` lets the engine ask here before it opens a new one."""

    def __init__(self) -> None:
        self._aside: dict[Key, Any] = {}

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let every engine of this process take its pool from here."""
        warm = self

        async def create_pool(engine: PostgresEngine, **settings: Any) -> Any:
            key = (asyncio.get_running_loop(), *(settings[name] for name in _SIZES))
            pool = warm._aside.pop(key, None)
            if pool is None:
                pool = await _create_pool(engine, **settings)
            return _Lent(warm, key, pool)

        PostgresEngine.create_pool = create_pool  # type: ignore[method-assign]
        yield
        PostgresEngine.create_pool = _create_pool  # type: ignore[method-assign]

    async def close(self) -> None:
        """Close what was set aside."""
        while self._aside:
            await self._aside.popitem()[1].close()

    def processes(self, database: str) -> list[int]:
        """Name the server's processes that wait for the next test on a database."""
        pools = [pool for key, pool in self._aside.items() if key[1] == database]
        return [one.get_server_pid() for pool in pools for one in _connections(pool)]

    def forget(self, database: str) -> None:
        """Close what was set aside for a database."""
        for key in [key for key in self._aside if key[1] == database]:
            self._aside.pop(key).terminate()

    async def set_aside(self, key: Key, pool: Any) -> None:
        """Keep a pool for the next test, or close it."""
        if key in self._aside or not await _is_as_new(pool):
            await pool.close()
        else:
            self._aside[key] = pool


class _Lent:
    """A pool whose end is not its end."""

    def __init__(self, warm: WarmPools, key: Key, pool: Any) -> None:
        self._warm, self._key, self._pool = warm, key, pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    async def close(self) -> None:
        """Set the pool aside."""
        await self._warm.set_aside(self._key, self._pool)


def _connections(pool: Any) -> list[Any]:
    """The open connections of a pool, which asyncpg has no public way to name."""
    return [one._con for one in pool._holders if one._con is not None and not one._con.is_closed()]


async def _is_as_new(pool: Any) -> bool:
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
