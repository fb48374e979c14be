"""A drawn user ID against the security database: account, roles, what does not go together (SAR-03, SAR-05)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from orm.models import AccessRequestRole, CatalogueRole, Facility, IncompatiblePair, Provider, RoleGrant, User
from resolvers.access_request_facts import incompatible_pairs
from rules.accounts import AccountState
from rules.segregation import pairs_met

DEPARTMENT = "The department"


async def organization_name(user: User) -> str:
    """Name the organization that a person works for."""
    if user.provider_id is not None:
        return (await Provider.get(id=user.provider_id)).name[:120]
    if user.facility_id is not None:
        return (await Facility.get(code=user.facility_id)).name[:120]
    return DEPARTMENT


async def account_as_drawn(user: User, on: date) -> dict[str, Any]:
    """Give the account as it is kept with the review: state, roles with their reasons, pairs, what is not in order."""
    grants = await RoleGrant.filter(user_id=user.id, ended_at=None).order_by("role")
    catalogue = {one.code: one for one in await CatalogueRole.filter(code__in=[grant.role for grant in grants])}
    reasons = await _reasons(grants)
    roles = [
        {
            "code": grant.role,
            "name": catalogue[grant.role].name if grant.role in catalogue else grant.role,
            "grantedAt": grant.granted_at.isoformat(timespec="seconds"),
            "reason": reasons.get(grant.role, ""),
        }
        for grant in grants
    ]
    return {
        "state": str(user.state),
        "domain": user.domain,
        "createdAt": user.created_at.isoformat(timespec="seconds"),
        "lastSignInAt": user.last_sign_in_at.isoformat(timespec="seconds") if user.last_sign_in_at else None,
        "roles": roles,
        "pairs": await _pairs(reasons, [grant.role for grant in grants]),
        "problems": _problems(user, grants, catalogue, on),
    }


async def _reasons(grants: list[RoleGrant]) -> dict[str, str]:
    """Say by role why it was asked for, where a request did; else what is kept with the grant."""
    requests = [grant.request_id for grant in grants if grant.request_id]
    lines = await AccessRequestRole.filter(request_id__in=requests) if requests else []
    asked: dict[tuple[UUID | None, str], str] = {(line.request_id, line.role_id): line.reason for line in lines}
    return {grant.role: asked.get((grant.request_id, grant.role)) or grant.why for grant in grants}


async def _pairs(reasons: dict[str, str], held: list[str]) -> list[dict[str, str]]:
    """Name the held roles that do not go together, each pair with the reason that was given (POL-20)."""
    met = pairs_met((), held, await incompatible_pairs())
    why = (
        {(row.one_role, row.other_role): row.why for row in await IncompatiblePair.filter(ended_at=None)} if met else {}
    )
    return [
        {
            "first": pair.first,
            "second": pair.second,
            "verdict": str(pair.verdict),
            "why": why.get((pair.first, pair.second), ""),
            "reason": "; ".join(dict.fromkeys(reasons[code] for code in (pair.first, pair.second) if reasons[code])),
        }
        for pair in met
    ]


def _problems(user: User, grants: list[RoleGrant], catalogue: dict[str, CatalogueRole], on: date) -> list[str]:
    """Say in sentences what the security database does not have as it should be."""
    problems = []
    if user.state in (AccountState.DISABLED, AccountState.DELETED) and grants:
        problems.append("The account is not in use, but holds roles.")
    for grant in grants:
        role = catalogue.get(grant.role)
        if role is None:
            problems.append(f"{grant.role} is not in the role catalogue.")
        elif role.withdrawn_on is not None and role.withdrawn_on <= on:
            problems.append(f"{grant.role} was withdrawn from the catalogue on {role.withdrawn_on.isoformat()}.")
    return problems
