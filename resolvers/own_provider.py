"""The facts of the caller's own provider: asked for each time its staff opens a list, for all who do it together."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from orm.gathering import Question
from orm.models import ProviderKind
from orm.readings import fetch_often, parts
from orm.sql import to_date, to_uuid
from resolvers.callers import Actor
from rules.audience import ContactFacts, ProviderFacts, contract_in_force
from rules.errors import NotFound

_PROVIDERS: Final = (
    "SELECT p.id, p.kind, p.active, k.begins_on, k.ends_on, EXISTS (SELECT 1 FROM no_referral_status n "
    "WHERE n.provider_id = p.id AND n.lifted_at IS NULL) AS suspended "
    "FROM provider p LEFT JOIN contract k ON k.provider_id = p.id WHERE p.id IN (:ids) ORDER BY k.begins_on, k.id"
)
_CONTACTS: Final = (
    "SELECT c.provider_id, c.id, c.active, "
    "c.email IS NOT NULL AND c.email <> '' AND c.email_bounced_at IS NULL AS reachable, "
    "(SELECT STRING_AGG(cc.county_id, ',') FROM contact_county cc WHERE cc.contact_id = c.id) AS counties "
    "FROM contact c WHERE c.provider_id IN (:ids) ORDER BY c.created_at, c.id"
)


async def own_provider(actor: Actor, on: date) -> ProviderFacts:
    """Load the facts of the actor's own provider as they stand on a day.

    Raises:
        NotFound: the actor works for no provider.
    """
    found = None if actor.provider_id is None else await _STANDING.ask(actor.provider_id)
    if actor.provider_id is None or found is None:
        raise NotFound("There is no provider for this user ID.")
    rows, contacts = found
    begins, ends = _contract(rows, on)
    return ProviderFacts(
        provider_id=actor.provider_id,
        residential=rows[0]["kind"] == ProviderKind.RESIDENTIAL,
        active=bool(rows[0]["active"]),
        contract_begins=begins,
        contract_ends=ends,
        no_referral_status=bool(rows[0]["suspended"]),
        contacts=tuple(contacts),
    )


async def _standing(ids: Sequence[UUID]) -> dict[UUID, tuple[list[Any], list[ContactFacts]]]:
    """Read providers: a row for each of their contracts, and their contacts in order."""
    found: dict[UUID, tuple[list[Any], list[ContactFacts]]] = {}
    providers, people = await asyncio.gather(fetch_often(_PROVIDERS, ids=ids), fetch_often(_CONTACTS, ids=ids))
    for row in providers:
        found.setdefault(to_uuid(row["id"]), ([], []))[0].append(row)
    contacts: dict[UUID, list[ContactFacts]] = defaultdict(list)
    for row in people:
        contacts[to_uuid(row["provider_id"])].append(
            ContactFacts(
                to_uuid(row["id"]), bool(row["active"]), bool(row["reachable"]), frozenset(parts(row["counties"]))
            )
        )
    for provider_id, (_, theirs) in found.items():
        theirs.extend(contacts[provider_id])
    return found


_STANDING: Final = Question(_standing)


def _contract(rows: list[Any], on: date) -> tuple[date | None, date | None]:
    """Give the contract period in force on a day, else the newest one."""
    periods = [
        (to_date(row["begins_on"]), None if row["ends_on"] is None else to_date(row["ends_on"]))
        for row in rows
        if row["begins_on"] is not None
    ]
    in_force = (period for period in periods if contract_in_force(*period, on))
    return next(in_force, periods[-1] if periods else (None, None))
