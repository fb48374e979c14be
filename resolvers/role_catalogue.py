"""The role catalogue: what can be asked for, what is held, what does not go together (000:174-189, 002:244-245)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from orm.models import AccessRequest, CatalogueRole, IncompatiblePair, RoleGrant, User
from resolvers.access_request_facts import held_codes, organization_kind, role_facts
from resolvers.desk import EVERYONE, Reading, Work, access, operation
from rules.eligibility import check_may_ask_under, ineligible
from rules.errors import Invalid, NotFound
from rules.organizations import Division, OrganizationKind, Under
from rules.roles import Role
from rules.segregation import PairVerdict, check_pair
from rules.text import clean_text

WHY_LIMIT = 300


@dataclass(frozen=True, slots=True)
class RoleView:
    """An entry of the catalogue."""

    code: str
    name: str
    description: str
    division: Division | None
    available_to: list[OrganizationKind]
    under: Under
    training: str
    limits: str
    includes: list[str]
    optional: bool
    administrative: bool
    is_duty: bool
    inactivity_exempt: bool
    active_from: date | None
    withdrawn_on: date | None
    source: str


@dataclass(frozen=True, slots=True)
class HeldRoleView:
    """A role that a person holds, since when, by whose decision, and by which request."""

    role: RoleView
    granted_at: datetime
    granted_by: str
    request_number: int | None


@dataclass(frozen=True, slots=True)
class PairView:
    """Two roles that do not go together, and why."""

    first: RoleView
    second: RoleView
    verdict: PairVerdict
    why: str
    set_at: datetime


@access("role.list", by=EVERYONE, cites="000:176-177")
async def list_roles(reading: Reading, *, withdrawn: bool = False) -> list[RoleView]:
    """List the catalogue by name; with what was withdrawn when that is asked for (ROL-01)."""
    roles = await CatalogueRole.all().order_by("name")
    today = reading.today
    shown = [one for one in roles if withdrawn or one.withdrawn_on is None or today < one.withdrawn_on]
    reading.note(roles=len(shown))
    return [show_role(one) for one in shown]


@access("role.available", by=EVERYONE, cites="000:167-178")
async def list_available_roles(
    reading: Reading, division: Division, under: Under, employer: UUID | None = None
) -> list[RoleView]:
    """List the roles that the caller can ask for: only those that would not deny the request (ARA-07, POL-09).

    Raises:
        Invalid: ``EMPLOYER_NOT_YOURS``, ``OWN_ORGANIZATION_NOT_POSSIBLE``.
    """
    user = await User.get(id=reading.actor.person())
    if employer is not None and employer != user.provider_id:
        raise Invalid("Choose the organization that you work for.", code="EMPLOYER_NOT_YOURS", field="employerId")
    kind = await organization_kind(user.provider_id, user.facility_id)
    check_may_ask_under(kind, under)
    held = await held_codes(user.id)
    roles = await CatalogueRole.all().order_by("name")
    offered = [
        role for role in roles if ineligible(role_facts(role), kind, division, under, reading.today, held) is None
    ]
    reading.note(division=str(division), under=str(under), roles=len(offered))
    return [show_role(role) for role in offered]


@access("role.current", by=EVERYONE, cites="000:235-240")
async def list_current_roles(reading: Reading) -> list[HeldRoleView]:
    """List the roles that the caller holds: since when, and by which request (TRK-03)."""
    person = reading.actor.person()
    grants = await RoleGrant.filter(user_id=person, ended_at=None).order_by("granted_at", "role")
    roles = await roles_by_code(grant.role for grant in grants)
    by_request = [one.request_id for one in grants if one.request_id]
    requests = {one.id: one.number for one in await AccessRequest.filter(id__in=by_request)}
    by_person = [one.granted_by_id for one in grants if one.granted_by_id]
    givers = {one.id: one.name for one in await User.filter(id__in=by_person)}
    reading.about("user", person)
    reading.note(roles=sorted(str(grant.role) for grant in grants))
    return [
        HeldRoleView(
            role=roles[grant.role],
            granted_at=grant.granted_at,
            granted_by=givers.get(grant.granted_by_id, "") if grant.granted_by_id else "",
            request_number=requests.get(grant.request_id) if grant.request_id else None,
        )
        for grant in grants
    ]


@access("role.incompatible", by=EVERYONE, cites="002:244-245")
async def list_incompatible_roles(reading: Reading) -> list[PairView]:
    """List the pairs of roles that do not go together, by their codes (ROL-07)."""
    rows = await IncompatiblePair.filter(ended_at=None).order_by("one_role", "other_role")
    roles = await roles_by_code(code for row in rows for code in (row.one_role, row.other_role))
    reading.note(pairs=len(rows))
    return [PairView(roles[row.one_role], roles[row.other_role], row.verdict, row.why, row.set_at) for row in rows]


@operation("role.set_incompatible", by={Role.CSO}, cites="002:244-245")
async def set_incompatible_roles(
    work: Work, first: str, second: str, verdict: PairVerdict | None, why: str
) -> PairView | None:
    """Say that two roles do not go together, or, without a verdict, that they do again; answer the pair in force.

    It is asked at the next submission and the next decision; whoever holds both keeps them until a review.

    Raises:
        Invalid: an unknown role, a role with itself, or no reason given.
    """
    codes = [clean_text(code, field=field, limit=40).upper() for code, field in ((first, "first"), (second, "second"))]
    one, other = check_pair(*codes)
    # Both roles are held, so that two changes of one pair come one after the other.
    roles = await CatalogueRole.filter(code__in=[one, other]).order_by("code").select_for_update(no_key=True)
    if len(roles) < len({one, other}):
        raise Invalid("The catalogue has no such role.", code="UNKNOWN_ROLE", field="first")
    why = clean_text(why, field="why", limit=WHY_LIMIT, required=True)
    former = await IncompatiblePair.filter(one_role=one, other_role=other, ended_at=None).first()
    if former is not None:
        former.ended_at, former.ended_by_id = work.now, work.actor.id
        await former.save(update_fields=["ended_at", "ended_by_id"])
        work.touches("incompatible_pair", [former.id])
    work.note(pair=[one, other], verdict=str(verdict) if verdict else None)
    if verdict is None:
        return None
    pair = await IncompatiblePair.create(
        id=uuid4(),
        one_role=one,
        other_role=other,
        verdict=verdict,
        why=why,
        set_at=work.now,
        set_by_id=work.actor.id,
    )
    work.touches("incompatible_pair", [pair.id])
    by_code = {role.code: show_role(role) for role in roles}
    return PairView(by_code[one], by_code[other], verdict, why, work.now)


@operation("role.withdraw", by={Role.CSO}, cites="000:177-179")
async def withdraw_role(work: Work, code: str, on: date | None) -> RoleView:
    """Withdraw a role from the catalogue from a day on, or, without a day, take it in again.

    Whoever holds it keeps it until a review; a request that asks for it is denied as a whole from that day on.

    Raises:
        NotFound: there is no such role.
        Invalid: ``DATE_PAST``; the day is before today.
    """
    code = clean_text(code, field="code", limit=40).upper()
    role = await CatalogueRole.filter(code=code).select_for_update(no_key=True).first()
    if role is None:
        raise NotFound("The catalogue has no such role.", code="UNKNOWN_ROLE", field="code")
    if on is not None and on < work.today:
        raise Invalid("Choose today or a later day.", code="DATE_PAST", field="on")
    role.withdrawn_on = on
    await role.save(update_fields=["withdrawn_on"])
    work.touches("catalogue_role", [code])
    work.note(role=code, withdrawn_on=str(on) if on else None)
    return show_role(role)


async def roles_by_code(codes: Iterable[str]) -> Mapping[str, RoleView]:
    """Read entries of the catalogue; a code that is not in it any more is shown by itself."""
    wanted: Collection[str] = set(map(str, codes))
    found = {role.code: show_role(role) for role in await CatalogueRole.filter(code__in=sorted(wanted))}
    return {code: found.get(code) or _unknown(code) for code in wanted}


def show_role(role: CatalogueRole) -> RoleView:
    """Show an entry of the catalogue."""
    return RoleView(
        code=role.code,
        name=role.name,
        description=role.description,
        division=role.division,
        available_to=[OrganizationKind(kind) for kind in role.available_to],
        under=role.under,
        training=role.training,
        limits=role.limits,
        includes=list(role.includes),
        optional=role.optional,
        administrative=role.administrative,
        is_duty=role.is_duty,
        inactivity_exempt=role.inactivity_exempt,
        active_from=role.active_from,
        withdrawn_on=role.withdrawn_on,
        source=role.source,
    )


def _unknown(code: str) -> RoleView:
    return RoleView(
        code=code,
        name=code,
        description="",
        division=None,
        available_to=[],
        under=Under.REGIONAL_OFFICE,
        training="",
        limits="",
        includes=[],
        optional=False,
        administrative=False,
        is_duty=False,
        inactivity_exempt=False,
        active_from=None,
        withdrawn_on=None,
        source="",
    )
