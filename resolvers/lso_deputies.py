"""Deputies: people who stand in for a Local Security Officer between two days (000:105-106)."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from orm.models import LsoDeputy, LsoDesignation, User
from resolvers.desk import Work, operation
from resolvers.form_scope import organization_of_actor
from resolvers.officers import Organization, designation_of, lock_organization
from rules.accounts import AccountState, normalize_user_id
from rules.errors import Conflict, Invalid, NotFound
from rules.lso import check_deputy_period
from rules.organizations import check_facility_named
from rules.roles import Role

APPOINT = frozenset({Role.LSO, Role.EXECUTIVE_DIRECTOR, Role.CSO})
"""Who names deputies: the LSO and the director of their own organization, the CSO of any facility."""


@operation("lso.appoint_deputy", by=APPOINT, cites="000:105-106; LSO-12")
async def appoint_deputy(work: Work, organization: Organization, user_id: str, begins_on: date, ends_on: date) -> None:
    """Let a person of the organization stand in for the LSO between two days, both included.

    Raises:
        NotFound: ``ORGANIZATION_NOT_FOUND``; it does not exist for the caller.
        Conflict: ``NO_LSO``, ``ALREADY_DEPUTY``, ``DEPUTY_IS_LSO``.
        Invalid: ``NOT_AT_THIS_ORGANIZATION``, ``DEPUTY_ENDS_BEFORE_IT_BEGINS``, ``DEPUTY_IN_PAST``,
            ``DEPUTY_TOO_LONG``.
    """
    designation = await _to_deputize(work, organization)
    _, name = normalize_user_id(user_id)
    person = await User.filter(user_id=name, state=AccountState.ACTIVE).select_for_update(no_key=True).first()
    if person is None or Organization.of(person) != organization:
        raise Invalid(
            "The organization has no person with this user ID in use.", code="NOT_AT_THIS_ORGANIZATION", field="userId"
        )
    if person.id == designation.user_id:
        raise Conflict("The LSO cannot stand in for themselves.", code="DEPUTY_IS_LSO")
    others = await LsoDeputy.filter(designation_id=designation.id, user_id=person.id, ended_at=None)
    check_deputy_period(begins_on, ends_on, work.today, [(other.begins_on, other.ends_on) for other in others])
    deputy = await LsoDeputy.create(
        id=uuid4(),
        designation_id=designation.id,
        user_id=person.id,
        begins_on=begins_on,
        ends_on=ends_on,
        appointed_by_id=work.actor.person(),
        appointed_at=work.now,
    )
    work.touches("lso_deputy", [deputy.id])
    work.touches("user", [person.id])
    work.note(begins_on=begins_on.isoformat(), ends_on=ends_on.isoformat())


@operation("lso.end_deputy", by=APPOINT, cites="000:105-106; LSO-12")
async def end_deputy(work: Work, deputy_id: UUID) -> Organization:
    """Let a deputy stand in no more, before the last day; answers whose deputy it was.

    Raises:
        NotFound: ``DEPUTY_NOT_FOUND``; there is no such deputy for the caller, or it has ended.
    """
    found = await LsoDeputy.filter(id=deputy_id, ended_at=None).select_related("designation").first()
    if found is None or not _may_deputize(work, _organization_of(found.designation)):
        raise NotFound("There is no such deputy.", code="DEPUTY_NOT_FOUND", field="deputyId")
    await lock_organization(_organization_of(found.designation))
    ended = await LsoDeputy.filter(id=deputy_id, ended_at=None).update(ended_at=work.now)
    if not ended:
        raise NotFound("There is no such deputy.", code="DEPUTY_NOT_FOUND", field="deputyId")
    work.about("lso_designation", found.designation_id)
    work.touches("lso_deputy", [deputy_id])
    return _organization_of(found.designation)


async def _to_deputize(work: Work, organization: Organization) -> LsoDesignation:
    check_facility_named(organization.facility_id)
    if not _may_deputize(work, organization):
        raise NotFound("There is no such organization.", code="ORGANIZATION_NOT_FOUND", field="providerId")
    await lock_organization(organization)
    designation = await designation_of(organization)
    if designation is None or designation.user_id is None:
        raise Conflict("Nobody is designated, so nobody can stand in.", code="NO_LSO")
    work.about("lso_designation", designation.id)
    return designation


def _may_deputize(work: Work, organization: Organization) -> bool:
    """Say whether the caller names deputies here: the LSO and the director of their own, the CSO of any facility."""
    if organization.facility_id is not None and Role.CSO in work.actor.roles:
        return True
    own = not organization.is_office and organization == organization_of_actor(work.actor)
    return own and work.actor.has_any({Role.LSO, Role.EXECUTIVE_DIRECTOR})


def _organization_of(designation: LsoDesignation) -> Organization:
    return Organization(designation.provider_id, designation.facility_id)
