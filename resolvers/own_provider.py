"""The facts of the caller's own provider, from two flat statements: asked for each time its staff opens a list."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any
from uuid import UUID

from orm.models import ProviderKind
from orm.sql import fetch, to_date, to_uuid
from resolvers.callers import Actor
from rules.audience import ContactFacts, ProviderFacts, contract_in_force
from rules.errors import NotFound

_PROVIDER = (
    "SELECT p.kind, p.active, k.begins_on, k.ends_on, EXISTS (SELECT 1 FROM no_referral_status n "
    "WHERE n.provider_id = p.id AND n.lifted_at IS NULL) AS suspended "
    "FROM provider p LEFT JOIN contract k ON k.provider_id = p.id WHERE p.id = :id ORDER BY k.begins_on, k.id"
)
_CONTACTS = (
    "SELECT c.id, c.active, c.email IS NOT NULL AND c.email <> '' AND c.email_bounced_at IS NULL AS reachable, "
    "cc.county_id FROM contact c LEFT JOIN contact_county cc ON cc.contact_id = c.id "
    "WHERE c.provider_id = :id ORDER BY c.created_at, c.id"
)


async def own_provider(actor: Actor, on: date) -> ProviderFacts:
    """Load the facts of the actor's own provider as they stand on a day.

    Raises:
        NotFound: the actor works for no provider.
    """
    rows = await fetch(_PROVIDER, id=actor.provider_id) if actor.provider_id is not None else []
    if actor.provider_id is None or not rows:
        raise NotFound("There is no provider for this user ID.")
    begins, ends = _contract(rows, on)
    return ProviderFacts(
        provider_id=actor.provider_id,
        residential=rows[0]["kind"] == ProviderKind.RESIDENTIAL,
        active=bool(rows[0]["active"]),
        contract_begins=begins,
        contract_ends=ends,
        no_referral_status=bool(rows[0]["suspended"]),
        contacts=await _contacts(actor.provider_id),
    )


def _contract(rows: list[dict[str, Any]], on: date) -> tuple[date | None, date | None]:
    """Give the contract period in force on a day, else the newest one."""
    periods = [
        (to_date(row["begins_on"]), None if row["ends_on"] is None else to_date(row["ends_on"]))
        for row in rows
        if row["begins_on"] is not None
    ]
    in_force = (period for period in periods if contract_in_force(*period, on))
    return next(in_force, periods[-1] if periods else (None, None))


async def _contacts(provider_id: UUID) -> tuple[ContactFacts, ...]:
    contacts: dict[UUID, dict[str, Any]] = {}
    counties: dict[UUID, set[str]] = defaultdict(set)
    for row in await fetch(_CONTACTS, id=provider_id):
        contact_id = to_uuid(row["id"])
        contacts[contact_id] = row
        if row["county_id"] is not None:
            counties[contact_id].add(row["county_id"])
    return tuple(
        ContactFacts(contact_id, bool(row["active"]), bool(row["reachable"]), frozenset(counties[contact_id]))
        for contact_id, row in contacts.items()
    )
