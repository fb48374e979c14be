"""What followers may see of the referrals that their lines are about: loaded once for all who see the same.

The staff of one provider sees the same; and what does not depend on the provider looks the same to the staff of all
whom the referral reaches. So of hundreds of providers the rule is asked who they are, and one of each kind looks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Protocol, TypeVar
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


class Looking(Protocol):
    """Somebody who looks."""

    @property
    def caller(self) -> Caller:
        """Say who that is."""

    @property
    def onlooker(self) -> Onlooker | None:
        """Say as whom; none may look at no referral."""


L = TypeVar("L", bound=Looking)


@dataclass(frozen=True, slots=True)
class Sought:
    """A referral that a line is about, and what of it one who hears alone asked for; equal for those who see alike."""

    caller: Caller = field(compare=False)
    onlooker: Onlooker
    referral_id: UUID
    inner: frozenset[str]


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


Looks = dict[tuple[UUID, frozenset[str], Onlooker | bool | None], Seen]
"""What was seen at one moment: of which referral, of which of its fields, and as whom, or by all who see it or not."""


async def look_together(
    those: Sequence[L], referral_id: UUID, inner: frozenset[str], policy: Policy, looks: Looks
) -> list[tuple[list[L], Seen | Exception]]:
    """Look at a referral, or at what was asked for of it, for many; give who sees what: one looks for all who see it.

    Whoever may look at no referral is not to be among them. The policy is that of the moment; what others of the same
    moment have seen is not looked for again.
    """
    now = those[0].caller.desk.clock()
    seen: list[tuple[list[L], Seen | Exception]] = []
    today = Reading(those[0].caller, _ACT, now, policy).today
    for group, see in await _who_see_the_same(those, referral_id, inner, today):
        like = (referral_id, inner, group[0].onlooker if see is None else see)
        found = looks.get(like) or await _look_alone(group[0].caller, referral_id, inner, now, policy)
        if isinstance(found, Exception):
            seen.append((group, found))
        elif see is None or bool(found.views) is see:
            looks[like] = found
            seen.append((group, found))
        else:  # the answer has changed about this one, and has not about the others
            first, *others = _by_onlooker(group).values()
            seen.append((first, found))
            seen += [(its, await _look_alone(its[0].caller, referral_id, inner, now, policy)) for its in others]
    return seen


async def look_for_all(sought: Sequence[Sought]) -> dict[Sought, Seen | Exception]:
    """See referrals as those who hear alone may at this moment."""
    alike: defaultdict[tuple[UUID, frozenset[str]], list[Sought]] = defaultdict(list)
    for one in sought:
        alike[one.referral_id, one.inner].append(one)
    policy = await current_policy(sought[0].caller.desk.clock())
    looks: Looks = {}
    seen = [
        part for (key, inner), those in alike.items() for part in await look_together(those, key, inner, policy, looks)
    ]
    return {one: found for those, found in seen for one in those}


async def _look_alone(
    caller: Caller, referral_id: UUID, inner: frozenset[str], now: datetime, policy: Policy
) -> Seen | Exception:
    reading = Reading(caller, _ACT, now, policy)
    try:
        views = await load_for_lines(reading, [referral_id], inner)
    except Exception as fault:  # noqa: BLE001 - whoever sees the same raises it
        return fault
    return Seen(views, reading.subjects, reading.fields_shown)


async def _who_see_the_same(
    those: Sequence[L], referral_id: UUID, inner: frozenset[str], on: date
) -> list[tuple[list[L], bool | None]]:
    """Put those together who see the same; of providers' people it is known whether that is the referral or nothing."""
    is_alike = all(path.partition(".")[0] in ALIKE for path in inner)
    providers = [it for it in those if is_alike and it.onlooker is not None and it.onlooker.is_provider]
    if len(providers) < 2:  # who looks alone need not be asked about first
        providers = []
    others = those if not providers else [it for it in those if it.onlooker is None or not it.onlooker.is_provider]
    groups: list[tuple[list[L], bool | None]] = [(group, None) for group in _by_onlooker(others).values()]
    if providers:
        may = await providers_who_see(referral_id, on)
        sees = [one.onlooker is not None and one.onlooker.who in may for one in providers]
        parts = [([one for one, it in zip(providers, sees, strict=True) if it is see], see) for see in (True, False)]
        groups += [(group, see) for group, see in parts if group]
    return groups


def _by_onlooker(those: Iterable[L]) -> dict[Onlooker | None, list[L]]:
    by_onlooker: defaultdict[Onlooker | None, list[L]] = defaultdict(list)
    for one in those:
        by_onlooker[one.onlooker].append(one)
    return by_onlooker


async def load_for_lines(reading: Reading, ids: Collection[UUID], inner: frozenset[str]) -> Mapping[UUID, ReferralView]:
    """Load the referrals of lines through the caller's scope."""
    views = await load_referrals(reading, "r.id IN (:ids)", {"ids": list(ids)}, inner)
    reading.shows("referral", (view.id for view in views), (f"referral.{path}" for path in inner))
    return {view.id: view for view in views}


_ACT: Final = "mailbox.deliver"
_SEEN: Final = Question(look_for_all)
