"""Which duties a person holds that must not stay without a holder, and who is told when they do (000:265-270)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from orm.models import Contact, LsoDesignation, Provider, ProviderKind, Referral, RoleGrant, User
from resolvers.desk import Work
from resolvers.officers import Organization, holders_of, liaisons_for, lso_and_deputies, readers
from resolvers.promises import about
from rules.accounts import AccountState
from rules.leaving import Duty, DutyFacts
from rules.notices import NotificationKind
from rules.referrals import ReferralStatus
from rules.roles import Role

HEALTH_INVENTORIES = "HEALTH_INVENTORIES"
"""The catalogue's code of the role that residential providers must have (000:136-137)."""

HI_REPRESENTATIVE = "HI_REPRESENTATIVE"
"""The catalogue's code of the duty of the DD Provider Representative (000:265-267)."""


async def duty_facts(user: User) -> DutyFacts:
    """Say what a person holds at this moment that somebody else may have to take over."""
    held = await RoleGrant.filter(user_id=user.id, ended_at=None).values_list("role", flat=True)
    roles = {str(code) for code in held}
    return DutyFacts(
        designated_lso=await LsoDesignation.exists(user_id=user.id, ended_at=None),
        hi_representative=HI_REPRESENTATIVE in roles,
        last_with_health_inventories=HEALTH_INVENTORIES in roles and await _is_last_holder(user),
        only_contact=await _is_only_contact(user.id),
        primary_of=tuple(await primary_of(user.id)),
    )


async def primary_of(user_pk: UUID) -> list[int]:
    """List the drafts and open referrals whose primary coordinator a person is, by number."""
    numbers = (
        await Referral.filter(primary_coordinator_id=user_pk, status__in=[ReferralStatus.DRAFT, ReferralStatus.OPEN])
        .order_by("number")
        .values_list("number", flat=True)
    )
    return [int(str(number)) for number in numbers]


async def _is_last_holder(user: User) -> bool:
    """Say whether nobody else of a residential provider has access to Health Inventories."""
    if not await Provider.exists(id=user.provider_id, kind=ProviderKind.RESIDENTIAL):
        return False
    others = RoleGrant.filter(
        role=HEALTH_INVENTORIES,
        ended_at=None,
        user__provider_id=user.provider_id,
        user__state=AccountState.ACTIVE,
    )
    return not await others.exclude(user_id=user.id).exists()


async def _is_only_contact(user_pk: UUID) -> bool:
    """Say whether a provider has no other active contact than this person."""
    for contact in await Contact.filter(user_id=user_pk, active=True):
        listed = await Contact.filter(provider_id=contact.provider_id, active=True)
        if all(one.user_id == user_pk for one in listed):
            return True
    return False


async def tell_open_duties(work: Work, organization: Organization, duties: Iterable[Duty], named: set[UUID]) -> None:
    """Tell each reader, in one notice, which duties have no holder any more, and whoever was named for one.

    The organization's officers hear of its own duties; that there is no LSO its directors hear; referrals without a
    primary coordinator the central office hears of.
    """
    told: dict[UUID, tuple[User, list[str]]] = {}
    for duty in duties:
        for person in await _who_cares(work, organization, duty):
            told.setdefault(person.id, (person, []))[1].append(str(duty))
    for person in await User.filter(id__in=list(named - told.keys()), state=AccountState.ACTIVE):
        told[person.id] = (person, [])
    for person, theirs in told.values():
        work.promise(about(readers([person]), NotificationKind.SUCCESSOR_NEEDED, None, duties=theirs))


async def _who_cares(work: Work, organization: Organization, duty: Duty) -> list[User]:
    if duty is Duty.PRIMARY_COORDINATOR:
        return await holders_of(Role.CENTRAL_STAFF)
    directors: list[User] = []
    if organization.provider_id is not None:
        directors = await holders_of(Role.EXECUTIVE_DIRECTOR, provider_id=organization.provider_id)
    if duty is Duty.LSO:
        return directors
    officers = await lso_and_deputies(organization, work.today)
    return officers or [*directors, *await liaisons_for(organization)]
