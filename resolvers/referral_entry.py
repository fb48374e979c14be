"""A referral as it is entered and changed: who looks for a home, where, and who answers for it (001:101-107)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

from orm.models import Consumer, County, Facility, Guardian, Referral, ReferralCounty, RoleGrant, User
from resolvers.audience_facts import referral_facts
from resolvers.desk import Work, operation
from resolvers.numbers import next_number
from resolvers.referral_versions import save_version, write_version
from resolvers.scope import EDITORS, referral_to_change
from rules.accounts import AccountState
from rules.errors import Conflict, Invalid
from rules.referrals import (
    Gender,
    ReferralStatus,
    check_birth_date,
    check_counties,
    check_facility_code,
    check_publishable,
)
from rules.roles import COORDINATORS
from rules.text import NAME_LIMIT, clean_email, clean_text


@dataclass(frozen=True, slots=True)
class NewGuardian:
    """A guardian as entered."""

    name: str
    relationship: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class NewConsumer:
    """The person who looks for a home, as entered."""

    dmh_id: str
    first_name: str
    last_name: str
    birth_date: date
    gender: Gender
    address: str = ""
    city: str = ""
    zip_code: str = ""
    guardians: tuple[NewGuardian, ...] = ()


@dataclass(frozen=True, slots=True)
class NewReferral:
    """A referral as entered; without counties and not statewide it stays a draft that cannot be published yet."""

    facility_code: str
    statewide: bool
    consumer: NewConsumer
    preferred_counties: frozenset[str] = field(default_factory=frozenset)
    primary_coordinator_id: UUID | None = None


@operation("referral.create", by=EDITORS, cites="001:101-107; 001:197")
async def create_referral(work: Work, new: NewReferral) -> int:
    """Create a draft and give it its number.

    Raises:
        Invalid: an unknown county, facility or coordinator, an impossible birth date, a text too long.
        Conflict: the DMH ID belongs to somebody with another birth date.
    """
    counties = await _known_counties(new.statewide, new.preferred_counties)
    facility = await _facility(new.facility_code)
    primary = await _coordinator(new.primary_coordinator_id)
    consumer = await _consumer(work, new.consumer)
    referral = await Referral.create(
        id=uuid4(),
        number=await next_number("referral"),
        statewide=new.statewide,
        consumer_id=consumer.id,
        facility_id=facility.code,
        primary_coordinator_id=primary,
        created_at=work.now,
        created_by_id=work.actor.person(),
    )
    await _set_counties(referral, counties)
    work.about("referral", referral.id)
    work.touches("consumer", [consumer.id])
    work.note(number=referral.number)
    await write_version(work, referral, "created")
    return referral.number


@dataclass(frozen=True, slots=True)
class ReferralChange:
    """What may be changed after creation; ``None`` leaves it as it is."""

    statewide: bool | None = None
    preferred_counties: frozenset[str] | None = None
    facility_code: str | None = None
    primary_coordinator_id: UUID | None = None


@operation("referral.update", by=EDITORS, cites="001:139; 001:244")
async def update_referral(work: Work, number: int, change: ReferralChange) -> None:
    """Change where a person wants to live, the facility or the primary coordinator; people hear at the next publish."""
    referral = await referral_to_change(work, number)
    if referral.status not in {ReferralStatus.DRAFT, ReferralStatus.OPEN}:
        raise Conflict("This referral is not open.", code="REFERRAL_NOT_OPEN")
    if change.statewide is not None:
        referral.statewide = change.statewide
    if change.preferred_counties is not None:
        counties = await _known_counties(referral.statewide, change.preferred_counties)
        await _set_counties(referral, counties)
    elif referral.statewide:
        await _set_counties(referral, frozenset())
    if change.facility_code is not None:
        referral.facility_id = (await _facility(change.facility_code)).code
    if change.primary_coordinator_id is not None:
        referral.primary_coordinator_id = await _coordinator(change.primary_coordinator_id)
    if referral.status is ReferralStatus.OPEN:
        facts = await referral_facts(referral)
        check_publishable(referral.status, True, referral.statewide, facts.preferred_counties)
    await save_version(work, referral, "updated")


async def hand_over_referrals(work: Work, numbers: Collection[int], leaver: UUID, successor: UUID) -> None:
    """Make a successor the primary coordinator of what a leaving one still has, by number; each change is a version."""
    referrals = (
        await Referral.filter(
            number__in=list(numbers),
            primary_coordinator_id=leaver,
            status__in=[ReferralStatus.DRAFT, ReferralStatus.OPEN],
        )
        .order_by("number")
        .select_for_update(no_key=True)
    )
    for referral in referrals:
        referral.primary_coordinator_id = successor
        await save_version(work, referral, "updated")
    work.touches("referral", [referral.id for referral in referrals])


async def _known_counties(statewide: bool, fips: Collection[str]) -> frozenset[str]:
    # Only what can be a code is looked up: other texts can be a fault to the drivers, not an answer.
    codes = [code for code in fips if code.isascii() and code.isdigit()]
    known = await County.filter(fips__in=codes).values_list("fips", flat=True) if codes else []
    check_counties(statewide, fips, frozenset(str(county) for county in known))
    return frozenset(fips)


async def _set_counties(referral: Referral, counties: frozenset[str]) -> None:
    await ReferralCounty.filter(referral_id=referral.id).delete()
    await ReferralCounty.bulk_create(
        ReferralCounty(referral_id=referral.id, county_id=county) for county in sorted(counties)
    )


async def _facility(code: str) -> Facility:
    check_facility_code(code)
    facility = await Facility.filter(code=code, active=True).first()
    if facility is None:
        raise Invalid("There is no facility with this code.", code="UNKNOWN_FACILITY", field="facilityCode")
    return facility


async def _coordinator(user_pk: UUID | None) -> UUID | None:
    if user_pk is None:
        return None
    active = await User.exists(id=user_pk, state=AccountState.ACTIVE)
    if not active or not await RoleGrant.exists(user_id=user_pk, ended_at=None, role__in=list(COORDINATORS)):
        raise Invalid("This person is not a coordinator.", code="NOT_A_COORDINATOR", field="primaryCoordinatorId")
    return user_pk


async def _consumer(work: Work, new: NewConsumer) -> Consumer:
    check_birth_date(new.birth_date, work.today)
    dmh_id = clean_text(new.dmh_id, field="dmhId", limit=20, required=True)
    known = await Consumer.filter(dmh_id=dmh_id).first()
    if known is not None:
        work.touches("consumer", [known.id])
        await _check_same_person(known, new)
        return known
    consumer = await Consumer.create(
        id=uuid4(),
        dmh_id=dmh_id,
        first_name=clean_text(new.first_name, field="firstName", limit=NAME_LIMIT, required=True),
        last_name=clean_text(new.last_name, field="lastName", limit=NAME_LIMIT, required=True),
        birth_date=new.birth_date,
        gender=new.gender,
        address=clean_text(new.address, field="address", limit=120),
        city=clean_text(new.city, field="city", limit=60),
        zip_code=clean_text(new.zip_code, field="zipCode", limit=10),
        created_at=work.now,
    )
    await Guardian.bulk_create(
        Guardian(
            consumer_id=consumer.id,
            name=clean_text(guardian.name, field="guardians", limit=NAME_LIMIT, required=True),
            relationship=clean_text(guardian.relationship, field="guardians", limit=60),
            phone=clean_text(guardian.phone, field="guardians", limit=30),
            email=clean_email(guardian.email, "guardians") if guardian.email else "",
            position=position,
        )
        for position, guardian in enumerate(new.guardians)
    )
    return consumer


async def _check_same_person(known: Consumer, new: NewConsumer) -> None:
    """Take a known DMH ID only for the person it belongs to; which of the facts is different is not said.

    The record that is known stays as it is: a new referral is no way to rewrite a person.
    """
    same_name = known.last_name.casefold() == new.last_name.strip().casefold()
    if not same_name or known.birth_date != new.birth_date:
        raise Conflict(
            "This DMH ID belongs to somebody with another last name or birth date.", code="DMH_ID_TAKEN", field="dmhId"
        )
