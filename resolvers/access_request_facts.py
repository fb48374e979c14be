"""The facts of an access request: whose it is, what was asked for, what stands against it, what is signed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from orm.models import (
    AccessRequest,
    AccessRequestRole,
    CatalogueRole,
    Contract,
    IncompatiblePair,
    Provider,
    ProviderKind,
    RoleGrant,
    StatementText,
)
from rules.audience import contract_in_force
from rules.eligibility import Ineligibility, RoleFacts, ineligible
from rules.errors import Conflict, NotFound
from rules.organizations import Division, OrganizationKind, Under
from rules.segregation import Pair, codes_of, forbidden, pairs_met, unexplained
from rules.signatures import content_hash
from rules.statements import Statement, StatementKind, in_force

_KINDS: Mapping[ProviderKind, OrganizationKind] = {
    ProviderKind.TARGETED_CASE_MANAGEMENT: OrganizationKind.TCM,
    ProviderKind.RESIDENTIAL: OrganizationKind.RESIDENTIAL,
    ProviderKind.OTHER: OrganizationKind.OTHER_PROVIDER,
}


@dataclass(frozen=True, slots=True)
class Weighing:
    """What stands against a set of roles: by code why one cannot be granted, and the pairs that it would make."""

    asked: frozenset[str]
    problems: Mapping[str, Ineligibility]
    pairs: tuple[Pair, ...]
    reasons: Mapping[str, str]

    @property
    def unexplained(self) -> tuple[Pair, ...]:
        """Give the pairs that need a reason and have none."""
        return unexplained(self.pairs, self.reasons)

    @property
    def denied_because(self) -> dict[str, Ineligibility]:
        """Say of each asked role that cannot be granted why, forbidden pairs included (000:205, ARA-23)."""
        apart = codes_of(forbidden(self.pairs)) & self.asked
        return dict.fromkeys(sorted(apart), Ineligibility.INCOMPATIBLE_ROLES) | dict(self.problems)


async def organization_kind(provider_id: UUID | None, facility_id: str | None) -> OrganizationKind:
    """Say what kind of organization a person works for."""
    if provider_id is not None:
        return _KINDS[(await Provider.get(id=provider_id)).kind]
    return OrganizationKind.FACILITY if facility_id else OrganizationKind.OFFICE


async def check_contract(provider_id: UUID | None, on: date) -> None:
    """Let people of the department and of providers under contract go on.

    Raises:
        Conflict: ``NO_CONTRACT``; the provider's contract has ended, or has not begun.
    """
    if provider_id is None:
        return
    periods = await Contract.filter(provider_id=provider_id)
    if not any(contract_in_force(period.begins_on, period.ends_on, on) for period in periods):
        raise Conflict("Your organization has no contract in force.", code="NO_CONTRACT")


async def held_codes(user_id: UUID) -> frozenset[str]:
    """Give the codes of the roles that a person holds."""
    codes = await RoleGrant.filter(user_id=user_id, ended_at=None).values_list("role", flat=True)
    return frozenset(str(code) for code in codes)


async def incompatible_pairs() -> tuple[Pair, ...]:
    """Read the matrix of roles that do not go together, as it stands."""
    rows = await IncompatiblePair.filter(ended_at=None)
    return tuple(Pair(row.one_role, row.other_role, row.verdict) for row in rows)


def role_facts(role: CatalogueRole) -> RoleFacts:
    """Take from the catalogue what decides who may hold a role."""
    return RoleFacts(
        code=role.code,
        division=role.division,
        available_to=frozenset(OrganizationKind(kind) for kind in role.available_to),
        under=role.under,
        active_from=role.active_from,
        withdrawn_on=role.withdrawn_on,
    )


async def lines_of(request: AccessRequest) -> list[AccessRequestRole]:
    """Read the roles of a request, by code."""
    return await AccessRequestRole.filter(request_id=request.id).order_by("role_id")


async def weigh(request: AccessRequest, lines: Sequence[AccessRequestRole], on: date) -> Weighing:
    """Find what stands against the roles of a request on a day, from the catalogue and the roles held now."""
    held = await held_codes(request.requester_id)
    kind = await organization_kind(request.provider_id, request.facility_id)
    division, under = chosen(request)
    asked = frozenset(line.role_id for line in lines)
    problems: dict[str, Ineligibility] = {}
    for role in await CatalogueRole.filter(code__in=sorted(asked)).order_by("code"):
        problem = ineligible(role_facts(role), kind, division, under, on, held)
        if problem is not None:
            problems[role.code] = problem
    pairs = pairs_met(held, asked, await incompatible_pairs())
    return Weighing(asked, problems, pairs, {line.role_id: line.reason for line in lines})


def chosen(request: AccessRequest) -> tuple[Division, Under]:
    """Give the division and the organization under which roles are asked for; both are chosen when it is created."""
    if request.division is None or request.under is None:
        raise AssertionError("a request without a division or an organization")
    return request.division, request.under


def hash_of(request: AccessRequest, user_id: str, lines: Sequence[AccessRequestRole]) -> str:
    """Hash what a request says, as it is shown and signed: nothing in it changes once it is submitted (000:199-200)."""
    return content_hash(
        {
            "number": request.number,
            "requester": user_id,
            "email": request.email,
            "division": str(request.division),
            "under": str(request.under),
            "regionalOffice": request.regional_office_id or "",
            "provider": str(request.provider_id or ""),
            "facility": request.facility_id or "",
            "roles": [[line.role_id, line.reason] for line in sorted(lines, key=lambda line: line.role_id)],
        }
    )


async def terms_in_force(on: date) -> Statement:
    """Give the terms that a requester agrees to on a day (000:161-163).

    Raises:
        NotFound: no version is in force.
    """
    rows = await StatementText.filter(kind=StatementKind.TERMS)
    texts = [Statement(row.kind, row.version, row.text, row.effective_from) for row in rows]
    terms = in_force(texts, StatementKind.TERMS, on)
    if terms is None:
        raise NotFound("There are no terms in force.", code="NO_TERMS")
    return terms
