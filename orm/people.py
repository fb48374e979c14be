"""Know, by one small statement for all who ask at the same moment, about whom anything has changed.

Each change of what says who a person is and what they may (:class:`orm.guards.MarksEach`) leaves a mark with the key of
the person, or of the provider whose staff they are, and a look finds those that are new (:mod:`orm.marks`). Whoever was
proven from what was read after a moment is still who they were, as long as no mark is seen that was not seen then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Final, NewType
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connection

from orm.gathering import Question
from orm.marks import Marks, OfDatabase, Seen, each_of
from orm.readings import parts
from orm.sql import to_uuid

Moment = NewType("Moment", int)
"""A moment at which was asked about whom anything has changed; a later one has a higher number."""

MOST_PEOPLE: Final = 10_000
"""So many who have changed are remembered one by one; beyond, everybody counts as changed."""

_MARKS: Final = Marks("person_mark", each_of("person_mark", "user_id", "people"))
_numbers: Final = count(1)


class Changes:
    """About whom something was found changed, and when; of one open database."""

    def __init__(self) -> None:
        self.moment = Moment(0)
        self._seen = Seen()
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
        look = await _MARKS.look(self._seen)
        self.moment = Moment(next(_numbers))
        if not look.knows:
            self._everybody = self.last = self.moment
            self._people.clear()
        elif look.found["people"]:
            self._note(map(to_uuid, parts(look.found["people"])))
        self._seen = look.seen

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
    return await _MARKS.forget()


_WATCHES: Final = OfDatabase(Changes)


async def _look(_: Sequence[None]) -> dict[None, Changes]:
    changes = _WATCHES.here()
    await changes.look()
    return {None: changes}


_CHANGES: Final = Question(_look)
