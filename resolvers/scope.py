"""Which referrals exist for whom. Out of scope and not there are the same answer.

The SQL narrows for lists and counts; a write loads its referral under lock and lets the rule decide. A property test
holds the two equal on random worlds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any, Final, cast
from uuid import UUID, uuid4

from orm.eras import Era, Kept, current_era
from orm.models import Referral, ReferralReach
from resolvers.audience_facts import COORDINATOR_KINDS, referral_facts
from resolvers.callers import Actor
from resolvers.desk import Work
from resolvers.kept_providers import all_providers
from resolvers.numbers import LAST_NUMBER
from resolvers.own_provider import own_provider
from rules.audience import (
    CoordinatorFacts,
    ProviderFacts,
    ReferralFacts,
    Verdict,
    audience,
    coordinator_sees,
    would_be_audience,
)
from rules.errors import NotFound
from rules.referrals import ReferralStatus
from rules.roles import COORDINATORS, Role

EDITORS = COORDINATORS | {Role.CENTRAL_STAFF}
"""Who creates, publishes, closes and deletes referrals."""

READERS = EDITORS | {Role.ADMINISTRATOR, Role.CONSUMER_REFERRAL_DB}
"""Who sees referrals at all; which ones is scope."""


_IN_COUNTIES = "SELECT 1 FROM referral_county rc WHERE rc.referral_id = r.id AND rc.county_id IN (:{}) LIMIT 1 OFFSET 0"
"""The OFFSET changes nothing but the plan: PostgreSQL looks up the counties of each row that it comes to, instead of
first collecting every referral of all these counties, which takes the longer the more referrals there are."""

_HAS_RECEIVED = (
    "SELECT 1 FROM referral_reach rr WHERE rr.referral_id = r.id AND rr.provider_id = :own_provider LIMIT 1 OFFSET 0"
)


_OF_COUNTIES = "SELECT rc.referral_id FROM referral_county rc WHERE rc.county_id IN (:{})"
"""The same for whoever needs all of them: to count, all referrals of the counties are collected at once."""

_FEW = 40


@dataclass(frozen=True, slots=True)
class Sight:
    """The SQL condition on ``referral r`` under which a row exists for a person.

    ``to_count`` says the same, for a statement that goes through all rows and not only up to the end of a page.
    """

    where: str
    parameters: dict[str, Any]
    to_count: str = ""

    def __post_init__(self) -> None:
        if not self.to_count:
            object.__setattr__(self, "to_count", self.where)

    @property
    def key(self) -> Hashable:
        """Name what is seen: the same for everybody who sees the same."""
        return self.where, hashable(self.parameters)


def hashable(parameters: Mapping[str, Any]) -> Hashable:
    """Give the parameters of a statement as part of a key; a long list as its hash, for many keys are kept."""
    return tuple((name, _brief(value) if isinstance(value, list) else value) for name, value in parameters.items())


def _brief(values: list[Any]) -> Hashable:
    return tuple(values) if len(values) <= _LONG else sha256(repr(values).encode()).digest()


_LONG = 200
"""More values than there are counties are numbers that somebody has written into a filter."""


async def sight_of(actor: Actor, on: date, era: Era | None = None) -> Sight:
    """Say which referrals a person sees on a day (REF-17, REF-20, SRC-01), as of an era that was asked for, or now."""
    views = [view async for view in _views(actor, on, era)]
    if not views:
        return Sight("1 = 0", {})
    parameters: dict[str, Any] = {}
    for view in views:
        parameters |= view.parameters
    return Sight(
        " OR ".join(f"({view.where})" for view in views),
        parameters,
        " OR ".join(f"({view.to_count})" for view in views),
    )


async def _views(actor: Actor, on: date, era: Era | None) -> AsyncIterator[Sight]:
    if actor.sees_all_referrals:
        yield Sight("1 = 1", {})
        return
    if actor.is_coordinator:
        where = (
            "r.status <> 'DELETED' AND (r.statewide OR r.primary_coordinator_id = :me OR r.created_by_id = :me OR {})"
        )
        yield _in_counties(where, "my_counties", {"me": actor.id, "my_counties": sorted(actor.coordinator_counties)})
    if actor.is_provider_staff:
        yield await _PROVIDER_SIGHTS.get(era, (actor.provider_id, on), lambda: _provider_sight(actor, on))


_PROVIDER_SIGHTS: Final[Kept[tuple[UUID | None, date], Sight]] = Kept(2_000)
"""A provider's people all see the same."""


async def _provider_sight(actor: Actor, on: date) -> Sight:
    facts = await own_provider(actor, on)
    counties: frozenset[str] = frozenset().union(*(contact.counties for contact in facts.contacts if contact.active))
    return _in_counties(
        "(r.status = 'OPEN' AND :door_open AND (r.statewide OR {}) "
        f"OR r.status = 'CLOSED' AND EXISTS ({_HAS_RECEIVED})) "
        "AND NOT EXISTS (SELECT 1 FROM referral_exclusion x WHERE x.referral_id = r.id "
        "AND x.provider_id = :own_provider AND x.included_at IS NULL)",
        "served",
        {"door_open": _gets_statewide(facts, on), "served": sorted(counties), "own_provider": actor.provider_id},
    )


def _in_counties(where: str, counties: str, parameters: dict[str, Any]) -> Sight:
    """Say where a referral prefers one of some counties; of few of them, all referrals are soon collected."""
    each = where.format(f"EXISTS ({_IN_COUNTIES.format(counties)})")
    if len(parameters[counties]) > _FEW:
        return Sight(each, parameters)
    return Sight(each, parameters, where.format(f"r.id IN ({_OF_COUNTIES.format(counties)})"))


def _gets_statewide(provider: ProviderFacts, on: date) -> bool:
    """Say whether the provider gets referrals at all: what a statewide referral asks for."""
    any_statewide = ReferralFacts(uuid4(), ReferralStatus.OPEN, True, frozenset(), frozenset())
    return audience(any_statewide, provider, on).eligible


async def referral_to_change(work: Work, number: int) -> Referral:
    """Load a referral under lock for someone who may change it.

    Raises:
        NotFound: there is no such referral for this person.
    """
    referral = await _locked(number)
    facts = None if referral is None or work.actor.sees_all_referrals else await referral_facts(referral)
    return _changeable(work, referral, facts)


async def referral_to_publish(work: Work, number: int) -> tuple[Referral, ReferralFacts]:
    """Load a referral under lock for someone who may change it, with what decides whom it reaches.

    Raises:
        NotFound: there is no such referral for this person.
    """
    referral = await _locked(number)
    if referral is None:
        raise _not_found()
    facts = await referral_facts(referral)
    return _changeable(work, referral, facts), facts


def _changeable(work: Work, referral: Referral | None, facts: ReferralFacts | None) -> Referral:
    """Give a referral that was found to whoever may change it; whoever sees all needs no facts for that."""
    if referral is None or (facts is not None and not _may_change(work.actor, referral, facts)):
        raise _not_found()
    work.about("referral", referral.id)
    work.note(number=referral.number)
    return referral


async def _locked(number: int) -> Referral | None:
    if not 0 < number <= LAST_NUMBER:
        return None
    return await Referral.filter(number=number).select_for_update(no_key=True).first()


def _may_change(actor: Actor, referral: Referral, facts: ReferralFacts) -> bool:
    if actor.sees_all_referrals:
        return True
    if referral.status is ReferralStatus.DELETED:
        return False
    person = actor.person()
    kinds = frozenset(kind for role, kind in COORDINATOR_KINDS.items() if role in actor.roles)
    coordinator = CoordinatorFacts(person, kinds, actor.coordinator_counties)
    own = person in {referral.primary_coordinator_id, referral.created_by_id}
    return actor.is_coordinator and coordinator_sees(facts, coordinator, primary=own)


async def referral_to_answer(work: Work, number: int) -> Referral:
    """Load a referral under lock for the staff of a provider that it reaches.

    A closed one that the provider had received is loaded too: the rule on responses says why it is too late.

    Raises:
        NotFound: there is no such referral for this provider.
    """
    referral = await _locked(number)
    if referral is None or not await _provider_sees(work, referral):
        raise _not_found()
    work.about("referral", referral.id)
    work.note(number=number)
    return referral


async def _provider_sees(work: Work, referral: Referral) -> bool:
    own = await own_provider(work.actor, work.today)
    return bool(await _who_see(referral, await referral_facts(referral), [own], work.today))


async def providers_who_see(referral_id: UUID, on: date) -> frozenset[UUID]:
    """Give all providers whose staff sees a referral on a day: the same as :func:`sight_of` says of each."""
    return await _WHO_SEE.get(await current_era(), (referral_id, on), lambda: _all_who_see(referral_id, on))


_WHO_SEE: Final[Kept[tuple[UUID, date], frozenset[UUID]]] = Kept(50)
"""What a referral says to thousands is asked batch by batch; 600 providers are 40 KB."""


async def _all_who_see(referral_id: UUID, on: date) -> frozenset[UUID]:
    referral = await Referral.get_or_none(id=referral_id)
    if referral is None:
        return frozenset()
    facts = await referral_facts(referral)
    providers = await all_providers(on, facts.preferred_counties)
    return await _who_see(referral, facts, providers.facts, on)


async def _who_see(
    referral: Referral, facts: ReferralFacts, providers: Sequence[ProviderFacts], on: date
) -> frozenset[UUID]:
    """Say who of some providers sees a referral: an open one by the rule, a closed one whoever had received it."""
    if referral.status is ReferralStatus.CLOSED:
        received = ReferralReach.filter(referral_id=referral.id, provider_id__in=[it.provider_id for it in providers])
        keys = cast("list[UUID]", await received.values_list("provider_id", flat=True))
        return frozenset(keys) - facts.excluded_providers
    return frozenset(it.provider_id for it in providers if audience(facts, it, on).eligible)


def verdict_as_if_open(facts: ReferralFacts, provider: ProviderFacts, on: date) -> Verdict:
    """Judge a referral that is about to be published, or was just ended, as if it were open."""
    return would_be_audience(replace(facts, status=ReferralStatus.OPEN), provider, on)


def _not_found() -> NotFound:
    return NotFound("There is no such referral.", code="REFERRAL_NOT_FOUND")
