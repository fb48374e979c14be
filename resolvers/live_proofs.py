"""Prove many who listen at once: one statement for their sessions, and the rule only for those with whom it changed.

The facts of every session are read anew for each proof. The rule is asked again when any fact differs, and after some
minutes. Between, the time alone could change what it says; but each thing that time changes, it changes once (a session
or a password ends, a contract or a version of the statement begins or ends with a day), so what is the same now and
after some minutes is the same between.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Protocol

from orm.readings import Row
from resolvers.callers import Caller
from resolvers.session_facts import HouseFacts, LiveSession, session_rows
from resolvers.sessions import caller_of
from rules.errors import Unauthenticated

_AHEAD: Final = timedelta(minutes=5)


class Proof:
    """From which facts somebody was found to be who they are, and for how long the same facts say the same."""

    __slots__ = ("_house", "_row", "_since", "_until")

    def __init__(self) -> None:
        self._row: Row = None
        self._house: HouseFacts | None = None
        self._since: datetime | None = None
        self._until: datetime | None = None

    def holds(self, row: Row, house: HouseFacts, now: datetime) -> bool:
        """Say whether the rule would find the same again."""
        return (
            self._since is not None
            and self._until is not None
            and self._since <= now < self._until
            and bool(row == self._row)
            and (house is self._house or house == self._house)
        )

    async def renew(self, caller: Caller, row: Row, house: HouseFacts, now: datetime) -> Caller:
        """Ask the rule who calls, for now and for some minutes from now.

        Raises:
            Unauthenticated: the session has ended.
        """
        self._since = self._until = None
        session = LiveSession(row, house)
        found = await _found(caller, session, now)
        if not found.actor.is_ready:  # what has to be done at the door may be done in another session
            return found
        with suppress(Unauthenticated):
            if await _found(caller, session, now + _AHEAD) == found:
                self._row, self._house, self._since, self._until = row, house, now, now + _AHEAD
        return found


class Proven(Protocol):
    """Somebody who is proven again and again."""

    caller: Caller
    proof: Proof


async def prove(people: Sequence[Proven]) -> list[bool]:
    """Prove everybody again, as of this moment, with the roles of this moment; give who is still there."""
    if not people:
        return []
    keys = [one.caller.session_id for one in people]
    house, rows = await session_rows([*{key for key in keys if key is not None}])
    house = _kept(house)
    now = people[0].caller.desk.clock()
    there = []
    for key, one in zip(keys, people, strict=True):
        row = None if key is None else rows.get(key)
        there.append(row is not None and (one.proof.holds(row, house, now) or await _is_there(one, row, house, now)))
    return there


async def _is_there(one: Proven, row: Row, house: HouseFacts, now: datetime) -> bool:
    try:
        found = await one.proof.renew(one.caller, row, house, now)
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
