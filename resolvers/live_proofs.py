"""Prove many who listen at once: one statement finds about whom anything has changed, and the rule is asked for those.

Facts are read anew of everybody about whom anything was committed since the last proof, and of everybody after some
minutes. Between, the time alone could change what the rule says; but each thing that time changes, it changes once (a
session or a password ends, a contract or a version of the statement begins or ends with a day), so what is the same now
and after some minutes is the same between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, TypeVar

from orm.people import Changes, Moment, changes_of_people
from orm.readings import Row
from resolvers.callers import Actor, Caller
from resolvers.session_facts import HouseFacts, LiveSession, house_facts, session_rows
from resolvers.sessions import caller_of
from rules.errors import Unauthenticated

_AHEAD: Final = timedelta(minutes=5)
_AT_A_STRETCH: Final = 50
"""The rule is asked for so many before others who wait for this process have a turn."""


class Proof:
    """From which facts somebody was found to be who they are, and for how long the same facts say the same."""

    __slots__ = ("_house", "_moment", "_since", "_until")

    def __init__(self) -> None:
        self._house: HouseFacts | None = None
        self._moment: Moment | None = None
        self._since = self._until = datetime.min.replace(tzinfo=UTC)

    def holds(self, one: Proven, changes: Changes, house: HouseFacts, now: datetime) -> bool:
        """Say whether the rule would find the same again; mostly nothing has changed, and nobody is looked at."""
        moment = self._moment
        return (
            moment is not None
            and house is self._house
            and self._since <= now < self._until
            and (moment >= changes.last or not _has_changed(one.caller.actor, changes, moment))
        )

    async def renew(self, caller: Caller, row: Row, house: HouseFacts, moment: Moment | None, now: datetime) -> Caller:
        """Ask the rule who calls, for now and for some minutes from now, by facts that were read after a moment.

        Raises:
            Unauthenticated: the session has ended.
        """
        self._moment = None
        session = LiveSession(row, house)
        found = await _found(caller, session, now)
        if not found.actor.is_ready:  # what has to be done at the door may be done in another session
            return found
        with suppress(Unauthenticated):
            if await _found(caller, session, now + _AHEAD) == found:
                self._house, self._moment, self._since, self._until = house, moment, now, now + _AHEAD
        return found


def _has_changed(actor: Actor, changes: Changes, moment: Moment) -> bool:
    return changes.since(moment, actor.id, actor.provider_id)


class Proven(Protocol):
    """Somebody who is proven again and again."""

    caller: Caller
    proof: Proof


P = TypeVar("P", bound=Proven)


async def prove(people: Sequence[P]) -> list[P]:
    """Prove everybody again, as of this moment, with the roles of this moment; give who is not there any more."""
    if not people:
        return []
    changes, house = await asyncio.gather(changes_of_people(), house_facts())
    house = _kept(house)
    now = people[0].caller.desk.clock()
    if changes is None:
        return await _gone_by_facts(people, house, None, now)
    doubtful = [one for one in people if not one.proof.holds(one, changes, house, now)]
    return await _gone_by_facts(doubtful, house, changes.moment, now) if doubtful else []


async def _gone_by_facts(people: Sequence[P], house: HouseFacts, moment: Moment | None, now: datetime) -> list[P]:
    keys = [one.caller.session_id for one in people]
    rows = await session_rows([*{key for key in keys if key is not None}])
    gone = []
    for number, (key, one) in enumerate(zip(keys, people, strict=True), 1):
        row = None if key is None else rows.get(key)
        if row is None or not await _is_there(one, row, house, moment, now):
            gone.append(one)
        if number % _AT_A_STRETCH == 0:
            await asyncio.sleep(0)
    return gone


async def _is_there(one: Proven, row: Row, house: HouseFacts, moment: Moment | None, now: datetime) -> bool:
    try:
        found = await one.proof.renew(one.caller, row, house, moment, now)
    except Unauthenticated:
        return False
    if found != one.caller:
        one.caller = found
    return True


async def _found(caller: Caller, session: LiveSession, at: datetime) -> Caller:
    return await caller_of(caller.desk, session, caller.request_id, at, listening=True)


def _kept(house: HouseFacts) -> HouseFacts:
    """Give one object for equal facts of the house, which are then soon found to be equal; what was read decides."""
    if _LAST and _LAST[0] == house:
        return _LAST[0]
    _LAST[:] = [house]
    return house


_LAST: Final[list[HouseFacts]] = []
