"""A Local Security Officer who has not signed in for long, and who is back (000:26-27, POL-02)."""

from __future__ import annotations

from orm.models import LsoDesignation, User
from resolvers.desk import Work
from resolvers.officers import Organization, holders_of, liaisons_for, lock_organization, readers
from resolvers.promises import about
from resolvers.vacancies import hold, release
from rules.inactivity import LsoFacts
from rules.notices import NotificationKind
from rules.roles import Role


def facts_of(designation: LsoDesignation, officer: User) -> LsoFacts:
    """Give what the rule must know of a designated officer."""
    return LsoFacts(
        designated_at=designation.begins_at,
        last_sign_in_at=officer.last_sign_in_at,
        warned_for_days=designation.warned_for_days,
        unreachable=designation.unreachable_at is not None,
    )


async def lso_is_out_of_reach(work: Work, designation: LsoDesignation) -> None:
    """Mark a designation that is held under its lock: what waits there is held, CSO and regional office are told."""
    designation.unreachable_at = work.now
    await designation.save(update_fields=["unreachable_at"])
    organization = Organization(designation.provider_id, designation.facility_id)
    await hold(work, organization)
    offices = [*await holders_of(Role.CSO), *await liaisons_for(organization)]
    work.promise(about(readers(offices), NotificationKind.LSO_UNREACHABLE, None))


async def lso_is_back(work: Work, user: User) -> None:
    """Count an officer's days anew after a sign-on, and let go on what was held; nobody is told of that itself.

    Call it in the transaction of the sign-on, after it was kept with the account.
    """
    designations = LsoDesignation.filter(user_id=user.id, ended_at=None).order_by("id")
    for designation in await designations:
        # Also where nothing is marked: it may be about to be, over the sign-on before this one.
        await lock_organization(Organization(designation.provider_id, designation.facility_id))
    for designation in await designations.select_for_update(no_key=True):
        was_out_of_reach = designation.unreachable_at is not None
        if not was_out_of_reach and designation.warned_for_days is None:
            continue
        designation.warned_for_days = None
        designation.unreachable_at = None
        await designation.save(update_fields=["warned_for_days", "unreachable_at"])
        work.touches("lso_designation", [designation.id])
        if was_out_of_reach:
            await release(work, Organization(designation.provider_id, designation.facility_id))
