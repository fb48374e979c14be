"""What followers may see of the referrals that their lines are about: loaded once for all who see the same.

The staff of one provider sees the same; and what does not depend on the provider looks the same to the staff of all
whom the referral reaches. So of hundreds of providers the rule is asked who they are, and one of each kind looks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from orm.gathering import Question
from resolvers.callers import Actor, Caller
from resolvers.desk import Reading
from resolvers.referral_shapes import ReferralView
from resolvers.referral_views import load_referrals
from resolvers.register import current_policy
from resolvers.scope import providers_who_see
from rules.bounded import Bounded
from rules.policy import Policy
from rules.roles import Role

ALIKE: Final = frozenset(
    {
        "id", "number", "status", "statewide", "version", "age", "overdue", "createdAt", "publishedAt",
        "republishedAt", "closedAt", "closeOutcome", "facility", "consumer", "preferredCounties", "primaryCoordinator",
    }
)  # fmt: skip
"""The fields of a referral that look the same to the staff of each provider that sees it."""


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Who looks: providers' people see as their provider does, others as themselves."""

    who: UUID | None
    is_provider: bool
    roles: frozenset[Role]
    counties: frozenset[str]


def onlooker_of(actor: Actor) -> Onlooker:
    """Say as whom somebody looks; one object for all who look as the same, so that they are soon told apart."""
    is_provider = actor.is_provider_staff and not (actor.is_coordinator or actor.sees_all_referrals)
    who = actor.provider_id if is_provider else actor.id
    onlooker = Onlooker(who, is_provider, actor.roles, actor.coordinator_counties)
    known = _ONLOOKERS.get(onlooker)
    if known is None:
        _ONLOOKERS.keep(onlooker, onlooker)
    return known or onlooker


_ONLOOKERS: Final[Bounded[Onlooker, Onlooker]] = Bounded(10_000)


@dataclass(frozen=True, slots=True)
class Sought:
    """A referral that a follower's line is about, and what of it was asked for; equal for those who see the same."""

    caller: Caller = field(compare=False)
    onlooker: Onlooker
    referral_id: UUID
    inner: frozenset[str]

    @property
    def is_alike(self) -> bool:
        """Say whether all who look for a provider, if they see the referral, see the same."""
        return self.onlooker.is_provider and all(path.partition(".")[0] in ALIKE for path in self.inner)


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


async def look_for_all(sought: Iterable[Sought]) -> dict[Sought, Seen | Exception]:
    """Load what followers may see of referrals: one of all who see the same looks."""
    those = [*sought]
    now = those[0].caller.desk.clock()
    policy = await current_policy(now)
    seen: dict[Sought, Seen | Exception] = {}
    for group in await _who_see_the_same(those, Reading(those[0].caller, _ACT, now, policy).today):
        first, *others = group.those
        seen[first] = found = await _look_alone(first, now, policy)
        if isinstance(found, Exception) or bool(found.views) is group.see:
            seen.update(dict.fromkeys(others, found))
        else:  # the answer has changed about this one, and has not about the others
            for one in others:
                seen[one] = await _look_alone(one, now, policy)
    return seen


async def _look_alone(one: Sought, now: datetime, policy: Policy) -> Seen | Exception:
    reading = Reading(one.caller, _ACT, now, policy)
    try:
        views = await load_for_lines(reading, [one.referral_id], one.inner)
    except Exception as fault:  # noqa: BLE001 - whoever sees the same raises it
        return fault
    return Seen(views, reading.subjects, reading.fields_shown)


class _Group(NamedTuple):
    those: list[Sought]
    see: bool


async def _who_see_the_same(sought: Sequence[Sought], on: date) -> list[_Group]:
    groups: list[_Group] = []
    alike: defaultdict[tuple[UUID, frozenset[str]], list[Sought]] = defaultdict(list)
    for one in sought:
        if one.is_alike:
            alike[one.referral_id, one.inner].append(one)
        else:
            groups.append(_Group([one], see=True))
    for (referral_id, _), those in alike.items():
        may = await providers_who_see(referral_id, on) if len(those) > 1 else frozenset()
        by_answer = (_Group([it for it in those if (it.onlooker.who in may) is see], see) for see in (True, False))
        groups += [group for group in by_answer if group.those]
    return groups


async def load_for_lines(reading: Reading, ids: Collection[UUID], inner: frozenset[str]) -> Mapping[UUID, ReferralView]:
    """Load the referrals of lines through the caller's scope."""
    views = await load_referrals(reading, "r.id IN (:ids)", {"ids": list(ids)}, inner)
    reading.shows("referral", (view.id for view in views), (f"referral.{path}" for path in inner))
    return {view.id: view for view in views}


_ACT: Final = "mailbox.deliver"
_SEEN: Final = Question(look_for_all)
