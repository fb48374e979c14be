"""Load the facts that the audience rule asks for, in as many statements as there are tables, never one per row."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from orm.models import ProviderKind, Referral
from orm.readings import Row, fetch_often, parts
from orm.sql import to_date, to_uuid
from resolvers.promises import Reader
from resolvers.referral_shapes import PersonView, ReferralView
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
from rules.text import full_name


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
    providers, contracts, contacts = await asyncio.gather(
        fetch_often(f"{_PROVIDERS} {_of('p.id', only)} ORDER BY p.name", **among),
        fetch_often(f"{_CONTRACTS} {_of('provider_id', only)} ORDER BY begins_on", **among),
        _contacts(only, counties),
    )
    periods: dict[UUID, list[tuple[date, date | None]]] = defaultdict(list)
    for row in contracts:
        ends = None if row["ends_on"] is None else to_date(row["ends_on"])
        periods[to_uuid(row["provider_id"])].append((to_date(row["begins_on"]), ends))
    of_provider: dict[UUID, list[ContactFacts]] = defaultdict(list)
    readers: dict[UUID, Reader] = {}
    served: dict[str | None, frozenset[str]] = {}  # what contacts have in common is made once
    for key, provider, mailbox, active, email, bounced_at, joined in contacts:
        contact, has_address = to_uuid(key), bool(email)
        covers = served.get(joined)
        if covers is None:
            covers = served[joined] = frozenset(parts(joined))
        facts = ContactFacts(contact, bool(active), has_address and bounced_at is None, covers)
        of_provider[to_uuid(provider)].append(facts)
        readers[contact] = Reader(to_uuid(mailbox), contact, None, has_address)
    names = {to_uuid(row["id"]): row["name"] for row in providers}
    return Providers(
        facts=tuple(
            _provider_facts(row, key, periods[key], of_provider[key], on)
            for key, row in zip(names, providers, strict=True)
        ),
        names=names,
        readers=readers,
    )


_PROVIDERS = (
    "SELECT p.id, p.name, p.kind, p.active, EXISTS (SELECT 1 FROM no_referral_status s "
    "WHERE s.provider_id = p.id AND s.lifted_at IS NULL) AS suspended FROM provider p"
)


_CONTACTS = (
    "SELECT c.id, c.provider_id, c.mailbox_id, c.active, c.email, c.email_bounced_at, {covered} AS counties "
    "FROM contact c"
)
_CONTRACTS = "SELECT provider_id, begins_on, ends_on FROM contract"


def _of(column: str, only: Collection[UUID] | None) -> str:
    return "" if only is None else f"WHERE {column} IN (:only)"


async def _contacts(only: Collection[UUID] | None, counties: Collection[str] | None) -> Sequence[Row]:
    """Read contacts, and the counties that each of them covers as one text."""
    chosen: dict[str, list[Any]] = {} if only is None else {"only": list(only)}
    covered, join = "NULL", ""
    if counties is None or counties:
        conditions = []
        if only is not None:
            conditions.append("contact_id IN (SELECT id FROM contact WHERE provider_id IN (:only))")
        if counties is not None:
            chosen["counties"] = sorted(counties)
            conditions.append("county_id IN (:counties)")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        covered = "s.counties"
        join = (
            "LEFT JOIN (SELECT contact_id, STRING_AGG(county_id, ',') AS counties "
            f"FROM contact_county{where} GROUP BY contact_id) s ON s.contact_id = c.id"
        )
    return await fetch_often(
        f"{_CONTACTS.format(covered=covered)} {join} {_of('c.provider_id', only)} ORDER BY c.created_at, c.id",
        **chosen,
    )


def _provider_facts(
    provider: Row,
    key: UUID,
    periods: list[tuple[date, date | None]],
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
        no_referral_status=bool(provider["suspended"]),
        contacts=tuple(contacts),
    )


async def referral_facts(referral: Referral | ReferralView) -> ReferralFacts:
    """Load what decides whom a referral reaches."""
    [row] = await fetch_often(_OF_REFERRAL, id=referral.id)
    return ReferralFacts(
        referral_id=referral.id,
        status=referral.status,
        statewide=referral.statewide,
        preferred_counties=frozenset(parts(row["counties"])),
        excluded_providers=frozenset(map(to_uuid, parts(row["excluded"]))),
    )


_OF_REFERRAL = """
SELECT (SELECT STRING_AGG(county_id, ',') FROM referral_county WHERE referral_id = :id) AS counties,
  (SELECT STRING_AGG(CAST(provider_id AS TEXT), ',') FROM referral_exclusion
   WHERE referral_id = :id AND included_at IS NULL) AS excluded
"""


@dataclass(frozen=True, slots=True)
class Coordinators:
    """Active coordinators as the rule sees them, who they are, and how they are told."""

    facts: tuple[CoordinatorFacts, ...]
    people: Mapping[UUID, PersonView]
    readers: Mapping[UUID, Reader]


COORDINATOR_KINDS = {
    Role.PLACEMENT_COORDINATOR: CoordinatorKind.PLACEMENT,
    Role.TRANSITION_COORDINATOR: CoordinatorKind.TRANSITION,
}
"""The office that each of the two roles works in."""


async def load_coordinators(*, counties: Collection[str] | None = None) -> Coordinators:
    """Load everyone who holds a coordinator's role now, with the counties of that same role, by user ID.

    With ``counties`` only those who work for one of them are loaded, and no other county is.
    """
    chosen: dict[str, list[Any]] = {} if counties is None else {"counties": sorted(counties)}
    rows = await fetch_often(
        _COORDINATORS.format(join="LEFT JOIN", where="")
        if counties is None
        else _COORDINATORS.format(join="JOIN", where="WHERE k.county_id IN (:counties)"),
        roles=list(COORDINATOR_KINDS),
        active=AccountState.ACTIVE,
        **chosen,
    )
    facts, people, readers = [], {}, {}
    offices: dict[tuple[str, str | None], _Offices] = {}  # what many have in common is made once
    for id_, first_name, last_name, email, phone, mailbox, *held in rows:
        key, roles_and_counties = to_uuid(id_), (held[0], held[1])
        if roles_and_counties not in offices:
            offices[roles_and_counties] = _offices(*roles_and_counties)
        facts.append(CoordinatorFacts(key, *offices[roles_and_counties]))
        people[key] = PersonView(key, full_name(first_name, last_name), email, phone)
        readers[key] = Reader(to_uuid(mailbox), None, key, bool(email))
    return Coordinators(tuple(facts), people, readers)


_Offices = tuple[frozenset[CoordinatorKind], frozenset[str]]


def _offices(roles: str, counties: str | None) -> _Offices:
    """Read the offices that somebody works in, and their counties in these."""
    kinds = frozenset(_KINDS[role] for role in parts(roles))
    assigned = (one.split(":") for one in parts(counties))
    return kinds, frozenset(county for kind, county in assigned if kind in kinds)


_KINDS: Mapping[str, CoordinatorKind] = {role.value: kind for role, kind in COORDINATOR_KINDS.items()}
_COORDINATORS = """
SELECT u.id, u.first_name, u.last_name, u.email, u.phone, u.mailbox_id, g.roles, o.offices
FROM user_account u
JOIN (SELECT user_id, STRING_AGG(role, ',') AS roles FROM role_grant
      WHERE ended_at IS NULL AND role IN (:roles) GROUP BY user_id) g ON g.user_id = u.id
{join} (SELECT k.user_id, STRING_AGG(k.kind || ':' || k.county_id, ',') AS offices FROM coordinator_county k
      {where} GROUP BY k.user_id) o ON o.user_id = u.id
WHERE u.state = :active ORDER BY u.user_id
"""
