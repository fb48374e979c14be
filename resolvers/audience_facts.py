"""Load the facts that the audience rule asks for, in as many statements as there are tables, never one per row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from orm.models import (
    CoordinatorCounty,
    NoReferralStatus,
    ProviderKind,
    Referral,
    ReferralCounty,
    ReferralExclusion,
    RoleGrant,
    User,
)
from orm.sql import fetch, to_date, to_uuid
from resolvers.promises import Reader
from rules.accounts import AccountState
from rules.audience import (
    ContactFacts,
    CoordinatorFacts,
    CoordinatorKind,
    ProviderFacts,
    ReferralFacts,
    contract_in_force,
)
from rules.roles import Role


@dataclass(frozen=True, slots=True)
class Providers:
    """Providers as the rule sees them, with their names and how their contacts are told."""

    facts: tuple[ProviderFacts, ...]
    names: Mapping[UUID, str]
    readers: Mapping[UUID, Reader]


async def load_providers(
    on: date, only: Collection[UUID] | None = None, *, counties: Collection[str] | None = None
) -> Providers:
    """Load all providers, or only these, as they stand on a day.

    The counties of their contacts are the most of it. A question about one referral needs only those that it prefers,
    one about statewide referrals none: with ``counties`` no others are loaded.
    """
    among = {} if only is None else {"only": list(only)}
    providers = await fetch(f"SELECT id, name, kind, active FROM provider{_of('id', only)} ORDER BY name", **among)
    periods: dict[UUID, list[tuple[date, date | None]]] = defaultdict(list)
    for row in await fetch(f"SELECT provider_id, begins_on, ends_on FROM contract{_of('provider_id', only)}", **among):
        ends = None if row["ends_on"] is None else to_date(row["ends_on"])
        periods[to_uuid(row["provider_id"])].append((to_date(row["begins_on"]), ends))
    owned = {} if only is None else {"provider_id__in": list(only)}
    suspended = set(await NoReferralStatus.filter(lifted_at=None, **owned).values_list("provider_id", flat=True))
    contacts = await fetch(
        "SELECT id, provider_id, mailbox_id, active, email, email_bounced_at FROM contact"
        f"{_of('provider_id', only)} ORDER BY created_at, id",
        **among,
    )
    served = await _counties_of_contacts(only, counties)
    of_provider: dict[UUID, list[ContactFacts]] = defaultdict(list)
    readers: dict[UUID, Reader] = {}
    for row in contacts:
        key, has_address = to_uuid(row["id"]), bool(row["email"])
        works = has_address and row["email_bounced_at"] is None
        facts = ContactFacts(key, bool(row["active"]), works, frozenset(served.get(key, ())))
        of_provider[to_uuid(row["provider_id"])].append(facts)
        readers[key] = Reader(to_uuid(row["mailbox_id"]), key, None, has_address)
    names = {to_uuid(row["id"]): row["name"] for row in providers}
    return Providers(
        facts=tuple(
            _provider_facts(row, key, periods[key], key in suspended, of_provider[key], on)
            for key, row in zip(names, providers, strict=True)
        ),
        names=names,
        readers=readers,
    )


def _of(column: str, only: Collection[UUID] | None) -> str:
    return "" if only is None else f" WHERE {column} IN (:only)"


async def _counties_of_contacts(
    only: Collection[UUID] | None, counties: Collection[str] | None
) -> Mapping[UUID, Collection[str]]:
    if counties is not None and not counties:
        return {}
    chosen: dict[str, list[Any]] = {}
    conditions = []
    if only is not None:
        chosen["only"] = list(only)
        conditions.append("contact_id IN (SELECT id FROM contact WHERE provider_id IN (:only))")
    if counties is not None:
        chosen["counties"] = sorted(counties)
        conditions.append("county_id IN (:counties)")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    served: dict[UUID, set[str]] = defaultdict(set)
    for row in await fetch(f"SELECT contact_id, county_id FROM contact_county{where}", **chosen):
        served[to_uuid(row["contact_id"])].add(row["county_id"])
    return served


def _provider_facts(
    provider: Mapping[str, Any],
    key: UUID,
    periods: list[tuple[date, date | None]],
    suspended: bool,
    contacts: list[ContactFacts],
    on: date,
) -> ProviderFacts:
    begins, ends = next(
        ((begins, ends) for begins, ends in periods if contract_in_force(begins, ends, on)),
        periods[-1] if periods else (None, None),
    )
    return ProviderFacts(
        provider_id=key,
        residential=provider["kind"] == ProviderKind.RESIDENTIAL,
        active=bool(provider["active"]),
        contract_begins=begins,
        contract_ends=ends,
        no_referral_status=suspended,
        contacts=tuple(contacts),
    )


async def referral_facts(referral: Referral) -> ReferralFacts:
    """Load what decides whom a referral reaches."""
    counties = await ReferralCounty.filter(referral_id=referral.id).values_list("county_id", flat=True)
    excluded = await ReferralExclusion.filter(referral_id=referral.id, included_at=None).values_list(
        "provider_id", flat=True
    )
    return ReferralFacts(
        referral_id=referral.id,
        status=referral.status,
        statewide=referral.statewide,
        preferred_counties=frozenset(str(county) for county in counties),
        excluded_providers=frozenset(UUID(str(provider)) for provider in excluded),
    )


@dataclass(frozen=True, slots=True)
class Coordinators:
    """Active coordinators as the rule sees them, and how they are told."""

    facts: tuple[CoordinatorFacts, ...]
    names: Mapping[UUID, str]
    readers: Mapping[UUID, Reader]


COORDINATOR_KINDS = {
    Role.PLACEMENT_COORDINATOR: CoordinatorKind.PLACEMENT,
    Role.TRANSITION_COORDINATOR: CoordinatorKind.TRANSITION,
}
"""The office that each of the two roles works in."""


async def load_coordinators() -> Coordinators:
    """Load everyone who holds a coordinator's role now, with the counties of that same role."""
    kinds: dict[UUID, set[CoordinatorKind]] = defaultdict(set)
    for user_id, role in await RoleGrant.filter(ended_at=None, role__in=list(COORDINATOR_KINDS)).values_list(
        "user_id", "role"
    ):
        kinds[user_id].add(COORDINATOR_KINDS[Role(role)])
    counties: dict[UUID, set[str]] = defaultdict(set)
    for user_id, county_id, kind in await CoordinatorCounty.all().values_list("user_id", "county_id", "kind"):
        if CoordinatorKind(kind) in kinds.get(user_id, ()):
            counties[user_id].add(county_id)
    users = await User.filter(id__in=list(kinds), state=AccountState.ACTIVE).order_by("user_id")
    return Coordinators(
        facts=tuple(
            CoordinatorFacts(user.id, frozenset(kinds[user.id]), frozenset(counties[user.id])) for user in users
        ),
        names={user.id: user.name for user in users},
        readers={user.id: Reader.user(user) for user in users},
    )
