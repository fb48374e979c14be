"""What followers may see of the referrals that their lines are about: loaded once for all who see the same."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from orm.gathering import Question
from resolvers.callers import Caller
from resolvers.desk import Reading
from resolvers.referral_shapes import ReferralView
from resolvers.referral_views import load_referrals
from resolvers.register import current_policy


@dataclass(frozen=True, slots=True, eq=False)
class Sought:
    """A referral that a follower's line is about, and what of it was asked for; equal for those who see the same."""

    caller: Caller
    referral_id: UUID
    inner: frozenset[str]

    @property
    def sight(self) -> Hashable:
        """Name what decides what is seen: providers' people see as their provider does, others as themselves."""
        actor = self.caller.actor
        alike = actor.is_provider_staff and not (actor.is_coordinator or actor.sees_all_referrals)
        who = actor.provider_id if alike else actor.id
        return self.referral_id, self.inner, who, actor.roles, actor.coordinator_counties

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sought) and self.sight == other.sight

    def __hash__(self) -> int:
        return hash(self.sight)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found of a referral, and what showing it has to be written down as."""

    views: Mapping[UUID, ReferralView]
    subjects: Mapping[str, set[str]]
    fields_shown: frozenset[str]


NOTHING: Final = Seen({}, {}, frozenset())


async def look(sought: Sought) -> Seen | None:
    """See a referral as a follower may at this moment, together with all who ask.

    Raises:
        Exception: whatever kept it from being seen.
    """
    seen = await _SEEN.ask(sought)
    if isinstance(seen, Exception):
        raise seen
    return seen


async def look_for_all(sought: Sequence[Sought]) -> dict[Sought, Seen | Exception]:
    """Load what followers may see of referrals: one of all who see the same is asked about."""
    now = sought[0].caller.desk.clock()
    policy = await current_policy(now)
    seen: dict[Sought, Seen | Exception] = {}
    for one in sought:
        reading = Reading(one.caller, "mailbox.deliver", now, policy)
        try:
            views = await load_for_lines(reading, [one.referral_id], one.inner)
        except Exception as fault:  # noqa: BLE001 - whoever sees the same raises it
            seen[one] = fault
        else:
            seen[one] = Seen(views, reading.subjects, reading.fields_shown)
    return seen


async def load_for_lines(reading: Reading, ids: Collection[UUID], inner: frozenset[str]) -> Mapping[UUID, ReferralView]:
    """Load the referrals of lines through the caller's scope."""
    views = await load_referrals(reading, "r.id IN (:ids)", {"ids": list(ids)}, inner)
    reading.shows("referral", (view.id for view in views), (f"referral.{path}" for path in inner))
    return {view.id: view for view in views}


_SEEN: Final = Question(look_for_all)
