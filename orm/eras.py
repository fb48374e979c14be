"""Know, by one small statement for all who ask at the same moment, whether anything has changed that answers stand on.

Each change of a watched table (:class:`orm.guards.Marked`) leaves a mark in its own transaction: on PostgreSQL the
number of the transaction, so that no writer waits for another; on SQLite, which lets in one at a time, a count. An era
lasts as long as no mark is seen that was not seen when it began. What was read of watched tables after an era was asked
for holds for whoever is told the same era later: between the two nothing has been committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from itertools import count
from typing import Final, Generic, NewType, TypeVar, cast
from weakref import WeakKeyDictionary

from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.connection import get_connection

from orm.gathering import Question
from orm.readings import fetch_often
from orm.sql import dialect, execute
from rules.bounded import Bounded

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Era = NewType("Era", int)
"""A time in which nothing that is watched has changed; a later one has a higher number."""

TRUSTED_FOR: Final = 600.0
"""Seconds after which a process that has not looked believes nothing, since marks are not kept for ever."""

NEVER: Final = "1:1:"
"""The snapshot in which nothing has happened yet."""

# A mark is new if the transaction that left it was not over when we looked last, whenever it began. The server's start
# stands beside the snapshot because another server's transactions, such as those of a restored copy, count differently.
_LOOK: Final = {
    "postgres": (
        "SELECT CAST(pg_current_snapshot() AS TEXT) AS seen, CAST(pg_postmaster_start_time() AS TEXT) AS server, "
        "EXISTS (SELECT 1 FROM change_mark m WHERE m.xact >= pg_snapshot_xmin(CAST(CAST(:seen AS TEXT) AS pg_snapshot))"
        " AND NOT pg_visible_in_snapshot(m.xact, CAST(CAST(:seen AS TEXT) AS pg_snapshot))) AS changed"
    ),
    "sqlite": (
        "SELECT CAST(changes AS TEXT) AS seen, '' AS server, CAST(changes AS TEXT) <> :seen AS changed FROM change_mark"
    ),
}
_numbers: Final = count(1)


async def current_era() -> Era | None:
    """Give the era of this moment; None inside a transaction, which sees what nobody else does."""
    if isinstance(get_connection("default"), TransactionalDBClient):
        return None
    return await _ERA.ask(None)


class Kept(Generic[K, V]):
    """Answers by key that are kept for their era; at most so many, and the one that was longest not asked for goes.

    Whoever gets one must not change it. ``None`` is not kept.
    """

    def __init__(self, most: int) -> None:
        self._era = Era(0)
        self._kept = Bounded[K, V](most)

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, era: Era | None, key: K, make: Callable[[], Awaitable[V]]) -> V:
        """Give what is kept under a key, or what is made; ``make`` reads nothing but watched tables."""
        if era is None or era < self._era:
            return await make()
        if era > self._era:
            self._era = era
            self._kept.clear()
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        made = await make()
        if era == self._era and made is not None:
            self._kept.keep(key, made)
        return made


async def forget_old_marks() -> int:
    """Forget the marks of which every process has long taken note; give how many those were."""
    if dialect() == "sqlite":
        return 0  # there is one, which counts
    return await execute("DELETE FROM change_mark WHERE at < now() - interval '1 day'")


class _Watch:
    """What was seen last of an open database."""

    def __init__(self) -> None:
        self.era = Era(0)
        self.seen = NEVER
        self.server = ""
        self.trusted_until = 0.0


_WATCHES: Final[WeakKeyDictionary[BaseDBAsyncClient, _Watch]] = WeakKeyDictionary()


async def _look(_: Sequence[None]) -> dict[None, Era]:
    watch = _WATCHES.setdefault(get_connection("default"), _Watch())
    now = asyncio.get_running_loop().time()
    [row] = await fetch_often(_LOOK[dialect()], seen=watch.seen)
    if row["changed"] or row["server"] != watch.server or now > watch.trusted_until or not watch.era:
        watch.era = Era(next(_numbers))
    watch.seen, watch.server = cast("str", row["seen"]), cast("str", row["server"])
    watch.trusted_until = now + TRUSTED_FOR
    return {None: watch.era}


_ERA: Final = Question(_look)
