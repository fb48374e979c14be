"""Know, by one small statement for all who ask at the same moment, whether anything has changed that answers stand on.

Each change of a watched table (:class:`orm.guards.Marked`) leaves a mark in its own transaction, and a look finds those
that are new (:mod:`orm.marks`). An era lasts as long as none is. What was read of watched tables after an era was asked
for holds for whoever is told the same era later: between the two nothing has been committed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from itertools import count
from typing import Final, Generic, NewType, TypeVar

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connection

from orm.gathering import Question
from orm.marks import Marks, OfDatabase, Seen, on_postgres
from orm.sql import dialect
from rules.bounded import Bounded

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Era = NewType("Era", int)
"""A time in which nothing that is watched has changed; a later one has a higher number."""

_MARKS: Final = Marks(
    "change_mark",
    {
        "postgres": on_postgres("change_mark", "EXISTS (SELECT 1 FROM change_mark m WHERE {new}) AS changed"),
        "sqlite": (
            "SELECT CAST(changes AS TEXT) AS seen, '' AS server, CAST(changes AS TEXT) <> :seen AS changed "
            "FROM change_mark"
        ),
    },
)
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
    return await _MARKS.forget()


class _Watch:
    """What was seen last of an open database."""

    def __init__(self) -> None:
        self.era = Era(0)
        self.seen = Seen()


_WATCHES: Final = OfDatabase(_Watch)


async def _look(_: Sequence[None]) -> dict[None, Era]:
    watch = _WATCHES.here()
    look = await _MARKS.look(watch.seen)
    if look.found["changed"] or not look.knows:
        watch.era = Era(next(_numbers))
    watch.seen = look.seen
    return {None: watch.era}


_ERA: Final = Question(_look)
