"""The queues of access forms: each office, organization and person has its own (000:95-96, 000:122)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from orm.models import AccessForm
from orm.sql import fetch
from resolvers.access_form_views import AccessFormView, views_of
from resolvers.callers import Actor
from resolvers.desk import EVERYONE, Reading, access
from resolvers.form_scope import FORM_READERS, organization_of_actor
from resolvers.numbers import LAST_NUMBER
from resolvers.officers import acts_as_lso, directors_of
from resolvers.paging import Page, from_cursor, page_size, to_cursor
from rules.access_forms import FormKind, FormState
from rules.roles import Role
from rules.text import clean_text

_FORMS = "FORMS"
_OFFICE_LIMIT = 8


@dataclass(frozen=True, slots=True)
class FormFilter:
    """Narrow the queue; all given conditions have to hold."""

    states: tuple[FormState, ...] = ()
    kind: FormKind | None = None
    provider_id: UUID | None = None
    regional_office: str | None = None
    mine: bool = False


@access("access_form.list", by=EVERYONE, cites="000:95-96; 000:122")
async def list_access_forms(
    reading: Reading,
    *,
    where: FormFilter | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
    wanted: frozenset[str] = frozenset(),
) -> Page[AccessFormView]:
    """List forms, the oldest first, a page at a time: those of the own office, organization, or hand.

    An office sees all; a liaison first of all those of the own regional office, which is the default. The LSO and the
    director see their organization's. Anybody else sees what they have submitted or signed, or what is about them.
    """
    size = page_size(first)
    conditions, parameters = await _conditions(reading, where or FormFilter())
    total = await _count(conditions, parameters) if count else None
    if after is not None:
        conditions.append("f.number > :after")
        parameters["after"] = from_cursor(after, _FORMS, most=LAST_NUMBER)
    found = await fetch(
        f"SELECT f.number FROM access_form f WHERE {' AND '.join(conditions)} ORDER BY f.number LIMIT :limit",
        **parameters,
        limit=size + 1,
    )
    numbers = [int(row["number"]) for row in found[:size]]
    forms = await AccessForm.filter(number__in=numbers).order_by("number") if numbers else []
    reading.shows("access_form", [form.id for form in forms], wanted)
    reading.note(forms=len(forms))
    return Page(
        nodes=await views_of(forms, printed="printed" in wanted),
        cursors=[to_cursor(_FORMS, number) for number in numbers],
        has_next_page=len(found) > size,
        has_previous_page=after is not None,
        total_count=total,
    )


async def _count(conditions: Sequence[str], parameters: Mapping[str, Any]) -> int:
    found = await fetch(f"SELECT COUNT(*) AS n FROM access_form f WHERE {' AND '.join(conditions)}", **parameters)
    return int(found[0]["n"])


async def _conditions(reading: Reading, where: FormFilter) -> tuple[list[str], dict[str, Any]]:
    scope, parameters = await _scope(reading.actor, reading.today)
    conditions = [scope]
    if where.mine:
        parameters["me"] = reading.actor.person()
        conditions.append("(f.submitted_by_id = :me OR f.user_id = :me)")
    if where.states:
        conditions.append("f.state IN (:states)")
        parameters["states"] = [str(state) for state in where.states]
    if where.kind is not None:
        conditions.append("f.kind = :kind")
        parameters["kind"] = str(where.kind)
    if where.provider_id is not None:
        conditions.append("f.provider_id = :provider")
        parameters["provider"] = where.provider_id
    named = clean_text(where.regional_office or "", field="regionalOffice", limit=_OFFICE_LIMIT)
    office = named or _default_office(reading.actor, where)
    if office is not None:
        conditions.append("f.regional_office_id = :office")
        parameters["office"] = office
    return conditions, parameters


def _default_office(actor: Actor, where: FormFilter) -> str | None:
    """Give the own office of a liaison who named neither a provider nor an office."""
    named = where.provider_id is not None or where.mine
    return None if named or Role.PROVIDER_RELATIONS not in actor.roles else actor.regional_office_id


async def _scope(actor: Actor, on: date) -> tuple[str, dict[str, Any]]:
    """Say in SQL which forms are listed for a person; :func:`resolvers.form_scope.sees_form` decides on each."""
    if actor.has_any(FORM_READERS):
        return "1 = 1", {}
    parts = [
        "f.submitted_by_id = :me",
        "f.user_id = :me",
        "EXISTS (SELECT 1 FROM form_signature s WHERE s.form_id = f.id AND s.signer_id = :me)",
    ]
    parameters: dict[str, Any] = {"me": actor.person()}
    if Role.OA in actor.roles:
        parts.append("f.forwarded_at IS NOT NULL")
    organization = organization_of_actor(actor)
    if not organization.is_office and await _is_officer(actor, on):
        column = "provider_id" if organization.provider_id else "facility_id"
        parts.append(f"f.{column} = :organization")
        parameters["organization"] = organization.provider_id or organization.facility_id
    return f"({' OR '.join(parts)})", parameters


async def _is_officer(actor: Actor, on: date) -> bool:
    organization = organization_of_actor(actor)
    if await acts_as_lso(actor.person(), organization, on):
        return True
    return any(director.id == actor.person() for director in await directors_of(organization))
