"""Find by one small statement which marks of change have come since one looked last.

Changes leave a mark in their own transaction (:class:`orm.guards.Marked`, :class:`orm.guards.MarksEach`): on PostgreSQL
with the number of the transaction, so that no writer waits for another; on SQLite, which lets in one at a time, with a
count. A mark is new if the transaction that left it was not over at the last look, whenever it began. So what was read
after a look holds until a mark is new that concerns it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from weakref import WeakKeyDictionary

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection

from orm.postgres_engine import PostgresTransaction
from orm.readings import Row, fetch_often
from orm.sql import dialect, execute
from orm.sqlite_engine import SqliteTransaction

T = TypeVar("T")

TRUSTED_FOR: Final = 600.0
"""Seconds after which a process that has not looked believes nothing, since marks are not kept for ever."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What had happened at a look: a snapshot, on SQLite a count. Whoever has never looked has seen nothing."""

    upto: str = "1:1:"
    server: str = ""
    trusted_until: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found; unless it ``knows``, anything may have changed since the look before."""

    seen: Seen
    knows: bool
    found: Row


@dataclass(frozen=True)
class Marks:
    """The marks of one table, and the statement for each engine by which new ones are found."""

    table: str
    statements: dict[str, str]

    async def look(self, since: Seen) -> Look:
        """Find what was committed since a look; inside a transaction on PostgreSQL also what that has written."""
        now = asyncio.get_running_loop().time()
        [row] = await fetch_often(self.statements[dialect()], seen=since.upto)
        knows = row["server"] == since.server and now <= since.trusted_until
        return Look(Seen(row["seen"], row["server"], now + TRUSTED_FOR), knows, row)

    async def forget(self) -> int:
        """Forget the marks of which every process has long taken note; give how many those were."""
        yesterday = {"postgres": "now() - interval '1 day'", "sqlite": "datetime('now', '-1 day')"}[dialect()]
        return await execute(f"DELETE FROM {self.table} WHERE at < {yesterday}")


# A transaction's own number is not among the open ones of its snapshots, so the marks that it leaves later would count
# as seen: inside one, nothing counts as seen but what was over before the oldest transaction of all that are open.
_SEEN = """CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN CAST(pg_current_snapshot() AS TEXT)
  ELSE CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) || ':' ||
    CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) || ':' END"""
_NEW = """m.xact >= pg_snapshot_xmin(CAST(CAST(:seen AS TEXT) AS pg_snapshot))
  AND NOT pg_visible_in_snapshot(m.xact, CAST(CAST(:seen AS TEXT) AS pg_snapshot))"""


def on_postgres(table: str, found: str) -> str:
    """Give the statement that looks at a table of marks ``m``, where ``{new}`` in ``found`` stands for which are new.

    Another server's transactions, such as those of a restored copy, count differently. So its start stands beside the
    snapshot, and the table's own number, which is another one where a copy was restored in its place.
    """
    server = f"CAST(pg_postmaster_start_time() AS TEXT) || ' ' || CAST(CAST(to_regclass('{table}') AS oid) AS TEXT)"
    return f"SELECT {_SEEN} AS seen, {server} AS server, {found.format(new=_NEW)}"


def each_of(table: str, key: str, found: str, *, beside: str = "") -> dict[str, str]:
    """Give the statements that find, as one text, the keys that have new marks (:class:`orm.guards.MarksEach`).

    What stands ``beside`` them is asked of PostgreSQL alone.
    """
    keys = f"(SELECT STRING_AGG(DISTINCT CAST(m.{key} AS TEXT), ',') FROM {table} m WHERE {{new}}) AS {found}"
    return {
        "postgres": on_postgres(table, f"{keys}, {beside}" if beside else keys),
        "sqlite": (
            "SELECT CAST(COALESCE(MAX(s.seq), 0) AS TEXT) AS seen, '' AS server, "
            f"(SELECT GROUP_CONCAT(DISTINCT m.{key}) FROM {table} m WHERE m.id > CAST(:seen AS INTEGER)) AS {found} "
            f"FROM sqlite_sequence s WHERE s.name = '{table}'"
        ),
    }


class OfDatabase(Generic[T]):
    """Something that each open database has one of, made when it is first asked for; its transactions share it."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[BaseDBAsyncClient, T] = WeakKeyDictionary()

    def here(self) -> T:
        """Give that of the database at hand."""
        connection = get_connection("default")
        database = connection.engine if isinstance(connection, PostgresTransaction | SqliteTransaction) else connection
        if database not in self._made:
            self._made[database] = self._make()
        return self._made[database]
