"""How well each Local Security Officer can be reached: a stale address stops every request (000:26-29)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orm.models import Facility, LsoDesignation, Provider
from orm.sql import fetch
from resolvers.desk import Reading, access
from resolvers.paging import Page, from_cursor, key_from_cursor, page_size, to_cursor
from resolvers.referral_shapes import ProviderRef
from rules.accounts import AccountState
from rules.errors import Invalid
from rules.lso import LsoProblem, LsoReach, LsoScope, lso_problems
from rules.roles import Role

HEALTH_READERS = frozenset({Role.PROVIDER_RELATIONS, Role.CSO, Role.ADMINISTRATOR, Role.ITSD_ACCOUNT_MGMT})
"""Who looks after the officers."""

_PROVIDERS = """SELECT CAST(p.id AS TEXT) AS key, p.name AS name FROM provider p WHERE EXISTS (
SELECT 1 FROM contract c WHERE c.provider_id = p.id AND c.begins_on <= :today
AND (c.ends_on IS NULL OR c.ends_on >= :today))"""

_FACILITIES = "SELECT p.code AS key, p.name AS name FROM facility p WHERE p.active"

_OFFICER = {
    LsoScope.PROVIDER: "d.provider_id = p.id",
    LsoScope.FACILITY: "d.facility_id = p.code",
}


@dataclass(slots=True)
class LsoHealthView:
    """How well the officer of one organization can be reached."""

    scope: LsoScope
    provider: ProviderRef | None
    facility_code: str | None
    organization: str
    user_id: str | None
    name: str | None
    email: str | None
    email_confirmed_at: datetime | None
    email_bounced_at: datetime | None
    last_sign_in_at: datetime | None
    designated_at: datetime | None
    unreachable_at: datetime | None
    problems: list[LsoProblem]


@access("lso.health", by=HEALTH_READERS, cites="000:26-29; 000:105-106; 002:44-46")
async def list_lso_health(
    reading: Reading,
    scope: LsoScope = LsoScope.PROVIDER,
    *,
    vacant: bool | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[LsoHealthView]:
    """List the organizations that need an LSO, by name: providers under contract, or facilities; and what is wrong.

    ``vacant`` narrows to those without a designated officer who has a user ID, or to those with one.
    """
    size = page_size(first)
    sql, parameters = _organizations(scope, reading.today, vacant)
    total = (await fetch(f"SELECT COUNT(*) AS n FROM ({sql}) o", **parameters))[0]["n"] if count else None
    where = "1 = 1"
    if after is not None:
        where = "(o.name > :after_name OR (o.name = :after_name AND o.key > :after_key))"
        parameters |= await _place_of(scope, after)
    found = await fetch(
        f"SELECT o.key FROM ({sql}) o WHERE {where} ORDER BY o.name, o.key LIMIT :limit", **parameters, limit=size + 1
    )
    keys = [str(row["key"]) for row in found[:size]]
    reading.touches("provider" if scope is LsoScope.PROVIDER else "facility", keys)
    reading.note(scope=str(scope), organizations=len(keys))
    return Page(
        nodes=await (_of_providers(keys) if scope is LsoScope.PROVIDER else _of_facilities(keys)),
        cursors=[to_cursor(str(scope), key) for key in keys],
        has_next_page=len(found) > size,
        has_previous_page=after is not None,
        total_count=int(total) if total is not None else None,
    )


def _organizations(scope: LsoScope, today: date, vacant: bool | None) -> tuple[str, dict[str, Any]]:
    sql = _PROVIDERS if scope is LsoScope.PROVIDER else _FACILITIES
    parameters: dict[str, Any] = {"today": today} if scope is LsoScope.PROVIDER else {}
    if vacant is not None:
        officer = (
            "EXISTS (SELECT 1 FROM lso_designation d WHERE d.ended_at IS NULL AND d.user_id IS NOT NULL "
            f"AND {_OFFICER[scope]})"
        )
        sql = f"{sql} AND {'NOT ' if vacant else ''}{officer}"
    return sql, parameters


async def _place_of(scope: LsoScope, after: str) -> dict[str, Any]:
    """Find the row after which a page begins."""
    found: Provider | Facility | None
    if scope is LsoScope.PROVIDER:
        found = await Provider.filter(id=key_from_cursor(after, str(scope))).first()
    else:
        found = await Facility.filter(code=f"{from_cursor(after, str(scope), most=999):03d}").first()
    if found is None:
        raise Invalid("This cursor was not made for this list.", code="CURSOR_MALFORMED", field="after")
    return {"after_name": found.name, "after_key": str(found.id if isinstance(found, Provider) else found.code)}


async def _of_providers(keys: list[str]) -> list[LsoHealthView]:
    providers = {str(one.id): one for one in await Provider.filter(id__in=[UUID(key) for key in keys])}
    officers = {str(one.provider_id): one for one in await _designations(provider_id__in=list(providers))}
    return [
        _health(
            LsoScope.PROVIDER,
            ProviderRef(providers[key].id, providers[key].name),
            None,
            providers[key].name,
            officers.get(key),
        )
        for key in keys
    ]


async def _of_facilities(keys: list[str]) -> list[LsoHealthView]:
    facilities = {one.code: one for one in await Facility.filter(code__in=keys)}
    officers = {one.facility_id: one for one in await _designations(facility_id__in=keys)}
    return [_health(LsoScope.FACILITY, None, key, facilities[key].name, officers.get(key)) for key in keys]


async def _designations(**of: Any) -> Iterable[LsoDesignation]:  # noqa: ANN401 - a condition
    return await LsoDesignation.filter(ended_at=None, **of).select_related("user")


def _health(
    scope: LsoScope,
    provider: ProviderRef | None,
    facility_code: str | None,
    organization: str,
    designation: LsoDesignation | None,
) -> LsoHealthView:
    officer = designation.user if designation else None
    named = designation.letter if designation and officer is None else {}
    reach = None
    if designation is not None:
        reach = LsoReach(
            has_user=officer is not None,
            active=officer is not None and officer.state is AccountState.ACTIVE,
            email=officer is not None and bool(officer.email),
            bounced=officer is not None and officer.email_bounced_at is not None,
            confirmed=officer is not None and officer.email_confirmed_at is not None,
            has_signed_in=officer is not None and officer.last_sign_in_at is not None,
            unreachable=designation.unreachable_at is not None,
        )
    return LsoHealthView(
        scope=scope,
        provider=provider,
        facility_code=facility_code,
        organization=organization,
        user_id=officer.user_id if officer else None,
        name=officer.name if officer else named.get("lso_name"),
        email=officer.email if officer else named.get("lso_email"),
        email_confirmed_at=officer.email_confirmed_at if officer else None,
        email_bounced_at=officer.email_bounced_at if officer else None,
        last_sign_in_at=officer.last_sign_in_at if officer else None,
        designated_at=designation.begins_at if designation else None,
        unreachable_at=designation.unreachable_at if designation else None,
        problems=list(lso_problems(reach)),
    )
