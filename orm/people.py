"""Know, by one small statement for all who ask at the same moment, about whom anything has changed.

Each change of what says who a person is and what they may (:class:`orm.guards.MarksPeople`) leaves a mark with the key
of the person, or of the provider whose staff they are, in its own transaction, as :mod:`orm.eras` has it. Whoever was
proven from what was read after a moment is still who they were, as long as no mark is seen that was not seen then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Final, NewType
from uuid import UUID
from weakref import WeakKeyDictionary

from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.connection import get_connection

from orm.eras import NEVER, TRUSTED_FOR
from orm.gathering import Question
from orm.readings import fetch_often
from orm.sql import dialect, execute, to_uuid

Moment = NewType("Moment", int)
"""A moment at which was asked about whom anything has changed; a later one has a higher number."""

MOST_PEOPLE: Final = 10_000
"""So many who have changed are remembered one by one; beyond, everybody counts as changed."""

_LOOK: Final = {
    "postgres": (
        "SELECT CAST(pg_current_snapshot() AS TEXT) AS seen, CAST(pg_postmaster_start_time() AS TEXT) AS server, "
        "(SELECT STRING_AGG(CAST(m.user_id AS TEXT), ',') FROM person_mark m "
        "WHERE m.xact >= pg_snapshot_xmin(CAST(CAST(:seen AS TEXT) AS pg_snapshot)) "
        "AND NOT pg_visible_in_snapshot(m.xact, CAST(CAST(:seen AS TEXT) AS pg_snapshot))) AS people"
    ),
    "sqlite": (
        "SELECT CAST(COALESCE(MAX(s.seq), 0) AS TEXT) AS seen, '' AS server, (SELECT STRING_AGG(m.user_id, ',') "
        "FROM person_mark m WHERE m.id > CAST(:seen AS INTEGER)) AS people FROM sqlite_sequence s "
        "WHERE s.name = 'person_mark'"
    ),
}
_FORGET: Final = {
    "postgres": "DELETE FROM person_mark WHERE at < now() - interval '1 day'",
    "sqlite": "DELETE FROM person_mark WHERE at < datetime('now', '-1 day')",
}
_numbers: Final = count(1)


class Changes:
    """About whom something was found changed, and when; of one open database."""

    def __init__(self) -> None:
        self.moment = Moment(0)
        self._seen = NEVER
        self._server = ""
        self._trusted_until = 0.0
        self.last = self.moment
        """The last moment at which anything was found changed of anybody."""
        self._everybody = self.moment
        self._people: dict[UUID, Moment] = {}

    def since(self, moment: Moment, person: UUID | None, provider: UUID | None) -> bool:
        """Say whether anything about a person, or the provider whose staff it is, was found changed after a moment."""
        return (
            moment < self._everybody
            or (person is not None and moment < self._people.get(person, 0))
            or (provider is not None and moment < self._people.get(provider, 0))
        )

    async def look(self) -> None:
        """Find what was committed since the last look."""
        now = asyncio.get_running_loop().time()
        [row] = await fetch_often(_LOOK[dialect()], seen=self._seen)
        self.moment = Moment(next(_numbers))
        if row["server"] != self._server or now > self._trusted_until:
            self._everybody = self.last = self.moment
            self._people.clear()
        elif row["people"]:
            self._note(map(to_uuid, row["people"].split(",")))
        self._seen, self._server, self._trusted_until = row["seen"], row["server"], now + TRUSTED_FOR

    def _note(self, people: Iterable[UUID]) -> None:
        self.last = self.moment
        self._people.update(dict.fromkeys(people, self.moment))
        if len(self._people) > MOST_PEOPLE:
            self._everybody = self.moment
            self._people.clear()


async def changes_of_people() -> Changes | None:
    """Look about whom anything has changed; None inside a transaction, which sees what nobody else does."""
    if isinstance(get_connection("default"), TransactionalDBClient):
        return None
    return await _CHANGES.ask(None)


async def forget_old_people() -> int:
    """Forget the marks of which every process has long taken note; give how many those were."""
    return await execute(_FORGET[dialect()])


_WATCHES: Final[WeakKeyDictionary[BaseDBAsyncClient, Changes]] = WeakKeyDictionary()


async def _look(_: Sequence[None]) -> dict[None, Changes]:
    connection = get_connection("default")
    changes = _WATCHES.get(connection)
    if changes is None:
        changes = _WATCHES[connection] = Changes()
    await changes.look()
    return {None: changes}


_CHANGES: Final = Question(_look)
