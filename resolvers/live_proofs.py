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
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from orm.people import Changes, Moment, changes_of_people
from resolvers.callers import Caller
from resolvers.ports import Clock
from resolvers.session_facts import HouseFacts, LiveSession, house_facts, session_rows
from resolvers.sessions import caller_of
from rules.errors import Unauthenticated

_AHEAD: Final = timedelta(minutes=5)
_AT_A_STRETCH: Final = 50
"""The rule is asked for so many before others who wait for this process have a turn."""


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """From which facts people were found to be who they are, and for how long the same facts say the same.

    One for all who were proven at the same moment, so that it is asked once for all of them whether it still holds.
    """

    house: HouseFacts
    moment: Moment
    since: datetime
    until: datetime

    def holds(self, house: HouseFacts, now: datetime) -> bool:
        """Say whether the rule would find the same again of all of whom nothing has changed since."""
        return house is self.house and self.since <= now < self.until


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a look found of the facts that proofs stand on: about whom anything has changed, and at which instant."""

    changes: Changes | None
    """None inside a transaction, which sees what nobody else does."""
    house: HouseFacts
    now: datetime

    def confirms(self, proof: Proof | None) -> bool:
        """Say whether all who were proven by this are still who they were."""
        return (
            self.changes is not None
            and proof is not None
            and proof.moment >= self.changes.last
            and proof.holds(self.house, self.now)
        )


async def look_at_facts(clock: Clock) -> Look:
    """Look whether anything has changed, together with all who ask at this moment."""
    changes, house = await asyncio.gather(changes_of_people(), house_facts())
    return Look(changes, _kept(house), clock())


class Proven(Protocol):
    """Somebody who is proven again and again."""

    caller: Caller
    proof: Proof | None
    """By what, if it is known for how long that holds."""


P = TypeVar("P", bound=Proven)


async def prove(people: Sequence[P], look: Look | None = None) -> list[P]:
    """Prove everybody again, as of this moment, with the roles of this moment; give who is not there any more.

    Mostly nothing has changed, and nobody is looked at. Whoever has just looked may say what was found.
    """
    if not people:
        return []
    look = look or await look_at_facts(people[0].caller.desk.clock)
    changes, house, now = look.changes, look.house, look.now
    if changes is None:
        return await _gone_by_facts(people, house, None, now)
    proofs = {one.proof for one in people}
    sure = {it for it in proofs if look.confirms(it)}
    if proofs == sure:
        return []
    holding = {it for it in proofs if it and it.holds(house, now)}
    unsure = [one for one in people if one.proof not in sure]
    doubtful = [one for one in unsure if one.proof not in holding or _has_changed(one, changes)]
    return await _gone_by_facts(doubtful, house, changes.moment, now) if doubtful else []


def _has_changed(one: Proven, changes: Changes) -> bool:
    actor = one.caller.actor
    return one.proof is None or changes.since(one.proof.moment, actor.id, actor.provider_id)


async def _gone_by_facts(people: Sequence[P], house: HouseFacts, moment: Moment | None, now: datetime) -> list[P]:
    """Ask the rule about everybody, by facts that were read after a moment."""
    proof = None if moment is None else Proof(house, moment, now, now + _AHEAD)
    keys = [one.caller.session_id for one in people]
    rows = await session_rows([*{key for key in keys if key is not None}])
    gone = []
    for number, (key, one) in enumerate(zip(keys, people, strict=True), 1):
        one.proof = None
        row = None if key is None else rows.get(key)
        if row is None or not await _is_there(one, LiveSession(row, house), proof, now):
            gone.append(one)
        if number % _AT_A_STRETCH == 0:
            await asyncio.sleep(0)
    return gone


async def _is_there(one: Proven, session: LiveSession, proof: Proof | None, now: datetime) -> bool:
    try:
        found = await _found(one.caller, session, now)
    except Unauthenticated:
        return False
    if found.actor.is_ready:  # what has to be done at the door may be done in another session
        with suppress(Unauthenticated):
            if await _found(one.caller, session, now + _AHEAD) == found:
                one.proof = proof
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
