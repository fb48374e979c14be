"""Connections of their own for the statements that are asked all day: each is planned once, and the plan is kept.

PostgreSQL plans a statement anew for its values as long as it expects a better plan of that. For the page of the grid
it takes 25 to 60 ms to plan what then runs in one. These connections keep the plan that fits all values, so a statement
belongs here only if that plan is good: a ``LIMIT`` stands in its text as a number, and no value changes the order of
things by much.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
from tortoise.exceptions import DBConnectionError

from orm.postgres_driver import Connection, Rows, Translated, Values, drop
from orm.unbroken import finish

KEEPS_PLANS = {"plan_cache_mode": "force_generic_plan"}
"""The setting of a session that never plans for one set of values."""

_CLOSE_WITHIN = 5.0  # seconds; then the connection is dropped


class Readers:
    """At most so many connections, opened when they are needed, each lent for one statement at a time.

    They belong to the engine that opens them, and are closed with its pool: none is lent any longer then.
    """

    def __init__(self, open_connection: Callable[[], Awaitable[Connection]], most: int) -> None:
        self._open = open_connection
        self._places = asyncio.Semaphore(most)
        self._idle: list[Connection] = []
        self._lent: set[Connection] = set()
        self._is_closed = False

    def open(self) -> None:
        """Let connections be opened, again if they were closed."""
        self._is_closed = False

    async def fetch(self, sql: str, values: Values) -> Rows:
        """Run one statement that only reads; give its rows.

        Raises:
            DBConnectionError: the server is not there, and the next statement opens a connection again; or all are
                closed.
        """
        with Translated():
            async with self._places:
                connection = await self._take()
                try:
                    rows: Rows = await connection.fetch(sql, *values)
                except asyncpg.PostgresError:  # the server's answer: the connection has read it to its end
                    self._put_back(connection)
                    raise
                except BaseException:  # cancelled or lost in the middle of a statement
                    self._lent.discard(connection)
                    drop(connection)
                    raise
                self._put_back(connection)
                return rows

    async def close(self) -> None:
        """Close what is idle, and drop what is lent: whoever waits for it hears that the database is closed."""
        self._is_closed = True
        idle, self._idle = self._idle, []
        for connection in list(self._lent):
            drop(connection)
        await asyncio.sleep(0)  # in which the loop lets go of what was dropped
        await asyncio.gather(*(finish(_close(connection)) for connection in idle))

    async def _take(self) -> Connection:
        self._require_open()
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                break
        else:
            connection = await self._open()
            if self._is_closed:  # meanwhile
                drop(connection)
                self._require_open()
        self._lent.add(connection)
        return connection

    def _require_open(self) -> None:
        if self._is_closed:
            raise DBConnectionError("The database is closed")

    def _put_back(self, connection: Connection) -> None:
        self._lent.discard(connection)
        if not connection.is_closed():
            self._idle.append(connection)


async def _close(connection: Connection) -> None:
    try:
        await connection.close(timeout=_CLOSE_WITHIN)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        drop(connection)
