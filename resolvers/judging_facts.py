"""What tied people to records when entries were written: loaded for a page of entries, one statement a kind."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from orm.models import AuditEntry, BreakGlass, Outcome
from orm.sql import fetch, to_instant, to_json, to_uuid
from resolvers.audience_facts import load_providers
from resolvers.judging_people import PersonalTies, keys_named, load_personal_ties
from rules.audience import ProviderFacts, ReferralFacts, audience
from rules.break_glass import PURPOSE, was_open
from rules.calendar import local_date, local_instant
from rules.judgement import PersonalRecord, ReferralSight, is_refused_access
from rules.referrals import ReferralStatus
from rules.roles import Role, house_roles

_DAY = timedelta(days=1)
_MOST_VALUES = 20_000
"""Values of one list in a statement; SQLite takes no more than 32,766."""


@dataclass(slots=True)
class _State:
    """What a referral was from one moment on."""

    at: datetime
    statewide: bool
    counties: frozenset[str]
    primary: UUID | None


@dataclass(slots=True)
class _Referral:
    now: ReferralFacts
    created_by: UUID
    states: list[_State]
    """The oldest first; the last one is what it is now."""
    reached: dict[UUID, datetime] = field(default_factory=dict)
    excluded: list[tuple[UUID, datetime, datetime | None]] = field(default_factory=list)

    def states_at(self, at: datetime) -> list[_State]:
        """Give what it was just before a moment and at it: a change is judged by both."""
        before = [state for state in self.states if state.at < at]
        return before[-1:] + [state for state in self.states if state.at == at] or self.states[:1]

    def is_excluded(self, provider: UUID, at: datetime) -> bool:
        return any(
            one == provider and since < at and (until is None or at < until) for one, since, until in self.excluded
        )


@dataclass(slots=True)
class Ties:
    """What is known of the people and the records of some entries."""

    on: date
    grants: Mapping[UUID, Sequence[tuple[Role, datetime, datetime | None]]]
    counties: Mapping[UUID, frozenset[str]]
    providers: Mapping[UUID, ProviderFacts]
    referrals: Mapping[UUID, _Referral]
    personal: PersonalTies
    refused: Mapping[tuple[UUID, date], Sequence[int]]
    opened: Mapping[Any, BreakGlass]

    def roles_at(self, person: UUID, at: datetime) -> frozenset[Role]:
        """Give the roles that a person held at a moment; one that ended in that same moment counts."""
        held = self.grants.get(person, ())
        return frozenset(role for role, since, until in held if since <= at and (until is None or at <= until))

    def sights(self, entry: AuditEntry) -> tuple[ReferralSight, ...]:
        """Say what tied the person to each referral of an entry."""
        keys = keys_named(entry, "referral")
        known = [self.referrals[key] for key in keys if key in self.referrals]
        return tuple(self._sight(entry, referral) for referral in known)

    def people(self, entry: AuditEntry) -> tuple[PersonalRecord, ...]:
        """Say what tied the person to each record about a person of an entry."""
        return self.personal.records(entry)

    def break_glass(self, entry: AuditEntry) -> bool | None:
        """Say whether the break-glass that an entry names was open to its person for its referral; None without one."""
        if entry.facts.get("purpose") != PURPOSE:
            return None
        opened = self.opened.get(entry.facts.get("break_glass"))
        return (
            opened is not None
            and opened.opened_by_id == entry.actor_id
            and keys_named(entry, "referral") == [opened.referral_id]
            and was_open(opened.opened_at, opened.expires_at, opened.ended_at, entry.at)
        )

    def refusals(self, entry: AuditEntry) -> int:
        """Count the accesses that were refused to the person on the day of an entry, up to and with it."""
        if entry.actor_id is None:
            return 0
        return bisect_right(self.refused.get((entry.actor_id, local_date(entry.at)), ()), entry.id)

    def _sight(self, entry: AuditEntry, referral: _Referral) -> ReferralSight:
        person = entry.actor_id
        states = referral.states_at(entry.at)
        sight = ReferralSight(
            own=person == referral.created_by or any(state.primary == person for state in states),
            statewide=any(state.statewide for state in states),
            county=any(state.counties & self.counties.get(person, frozenset()) for state in states)
            if person
            else False,
        )
        provider = self.personal.provider_of(person)
        if provider is None:
            return sight
        reached = referral.reached.get(provider)
        facts = self.providers.get(provider)
        received = (reached is not None and reached <= entry.at) or (
            facts is not None and audience(referral.now, facts, self.on).eligible
        )
        return replace(sight, received=received, excluded=referral.is_excluded(provider, entry.at))


async def load_ties(entries: Sequence[AuditEntry], on: date) -> Ties:
    """Load what is known of the people and the records of some entries, as one looks at them on a day."""
    done = [entry for entry in entries if entry.actor_id is not None and entry.outcome is Outcome.DONE]
    people = sorted({entry.actor_id for entry in entries if entry.actor_id is not None}, key=str)
    personal = await load_personal_ties(people, done, on)
    keys = {key for entry in done for key in keys_named(entry, "referral")}
    referrals = await _referrals(sorted(keys, key=str))
    providers = personal.providers if referrals else frozenset[UUID]()
    if providers:
        await _add_reach(referrals, providers)
    return Ties(
        on=on,
        grants=await _grants(people),
        counties=await _counties(people) if referrals else {},
        providers={one.provider_id: one for one in (await load_providers(on, providers)).facts} if providers else {},
        referrals=referrals,
        personal=personal,
        refused=await _refused(entries),
        opened=await _opened(done),
    )


def in_lists(keys: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    """Cut many keys into lists that a statement takes."""
    return (keys[start : start + _MOST_VALUES] for start in range(0, len(keys), _MOST_VALUES))


def _optional(value: Any) -> datetime | None:  # noqa: ANN401 - a column of either driver
    return None if value is None else to_instant(value)


async def _grants(people: Sequence[UUID]) -> dict[UUID, list[tuple[Role, datetime, datetime | None]]]:
    grants: dict[UUID, list[tuple[Role, datetime, datetime | None]]] = defaultdict(list)
    rows = await fetch(
        "SELECT user_id, role, granted_at, ended_at FROM role_grant WHERE user_id IN (:people)", people=people
    )
    for row in rows:
        for role in house_roles([row["role"]]):
            since, until = to_instant(row["granted_at"]), _optional(row["ended_at"])
            grants[to_uuid(row["user_id"])].append((role, since, until))
    return grants


async def _counties(people: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    counties: dict[UUID, set[str]] = defaultdict(set)
    rows = await fetch("SELECT user_id, county_id FROM coordinator_county WHERE user_id IN (:people)", people=people)
    for row in rows:
        counties[to_uuid(row["user_id"])].add(row["county_id"])
    return {person: frozenset(found) for person, found in counties.items()}


async def _referrals(keys: Sequence[UUID]) -> dict[UUID, _Referral]:
    found: dict[UUID, _Referral] = {}
    for some in in_lists(keys):
        counties: dict[UUID, set[str]] = defaultdict(set)
        for row in await fetch(
            "SELECT referral_id, county_id FROM referral_county WHERE referral_id IN (:some)", some=some
        ):
            counties[to_uuid(row["referral_id"])].add(row["county_id"])
        for row in await fetch(
            "SELECT id, status, statewide, primary_coordinator_id, created_by_id, created_at FROM referral "
            "WHERE id IN (:some)",
            some=some,
        ):
            key, primary = to_uuid(row["id"]), row["primary_coordinator_id"]
            status, statewide = ReferralStatus(row["status"]), bool(row["statewide"])
            now = ReferralFacts(key, status, statewide, frozenset(counties[key]), frozenset())
            state = _State(
                to_instant(row["created_at"]), statewide, now.preferred_counties, to_uuid(primary) if primary else None
            )
            found[key] = _Referral(now, to_uuid(row["created_by_id"]), [state])
        versions: dict[UUID, list[_State]] = defaultdict(list)
        for row in await fetch(
            "SELECT referral_id, at, facts FROM referral_version WHERE referral_id IN (:some) ORDER BY version",
            some=some,
        ):
            versions[to_uuid(row["referral_id"])].append(_state(to_instant(row["at"]), to_json(row["facts"])))
        for key, states in versions.items():
            found[key].states = states
    return found


def _state(at: datetime, facts: Mapping[str, Any]) -> _State:
    primary = facts.get("primary_coordinator")
    return _State(
        at, bool(facts.get("statewide")), frozenset(facts.get("counties", ())), UUID(primary) if primary else None
    )


async def _add_reach(referrals: Mapping[UUID, _Referral], providers: frozenset[UUID]) -> None:
    """Add since when the providers have had the referrals, and when they were left out."""
    for some in in_lists(sorted(referrals, key=str)):
        asked = {"some": some, "providers": sorted(providers, key=str)}
        for row in await fetch(
            "SELECT referral_id, provider_id, at FROM referral_reach "
            "WHERE referral_id IN (:some) AND provider_id IN (:providers)",
            **asked,
        ):
            referrals[to_uuid(row["referral_id"])].reached[to_uuid(row["provider_id"])] = to_instant(row["at"])
        for row in await fetch(
            "SELECT referral_id, provider_id, excluded_at, included_at FROM referral_exclusion "
            "WHERE referral_id IN (:some) AND provider_id IN (:providers)",
            **asked,
        ):
            period = to_uuid(row["provider_id"]), to_instant(row["excluded_at"]), _optional(row["included_at"])
            referrals[to_uuid(row["referral_id"])].excluded.append(period)


async def _opened(entries: Sequence[AuditEntry]) -> dict[Any, BreakGlass]:
    named = {entry.facts.get("break_glass") for entry in entries if entry.facts.get("purpose") == PURPOSE}
    numbers = [number for number in named if isinstance(number, int)]
    return {one.number: one for one in await BreakGlass.filter(number__in=numbers)} if numbers else {}


async def _refused(entries: Sequence[AuditEntry]) -> dict[tuple[UUID, date], list[int]]:
    """Number the accesses that were refused on the days on which one of these entries is a refused access."""
    asked = [
        entry
        for entry in entries
        if entry.actor_id is not None and entry.outcome is Outcome.REFUSED and is_refused_access(entry.code)
    ]
    if not asked:
        return {}
    days = [local_date(entry.at) for entry in asked]
    numbers: dict[tuple[UUID, date], list[int]] = defaultdict(list)
    for row in await fetch(
        "SELECT id, actor_id, at, code FROM audit_entry WHERE actor_id IN (:people) AND at >= :since AND at < :until "
        "AND outcome = 'REFUSED' ORDER BY id",
        people=sorted({entry.actor_id for entry in asked if entry.actor_id is not None}, key=str),
        since=local_instant(min(days), time(0)),
        until=local_instant(max(days) + _DAY, time(0)),
    ):
        if is_refused_access(row["code"]):
            numbers[to_uuid(row["actor_id"]), local_date(to_instant(row["at"]))].append(int(row["id"]))
    return numbers
