"""A referral's life: created, published, changed, pending, closed or deleted (001:139, 001:197-217)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

from orm.models import (
    Consumer,
    County,
    Facility,
    Guardian,
    PendingPlacement,
    Provider,
    Publication,
    Referral,
    ReferralCounty,
    ReferralExclusion,
    ReferralVersion,
    Response,
    RoleGrant,
    User,
)
from orm.rows import insert_rows
from resolvers.audience_facts import load_providers, referral_facts
from resolvers.audience_lock import read_audience
from resolvers.desk import Work, operation
from resolvers.joining import insert_reach
from resolvers.news import suspended_from, tell_coordinators, tell_reached_providers, withhold
from resolvers.numbers import next_number
from resolvers.promises import about_referral
from resolvers.referral_shapes import CountyView
from resolvers.scope import EDITORS, referral_to_change
from rules.accounts import AccountState
from rules.audience import audience
from rules.errors import Conflict, Invalid, NotFound
from rules.notices import NotificationKind
from rules.receipts import unreachable_counties
from rules.referrals import (
    CloseOutcome,
    Gender,
    ReferralStatus,
    check_birth_date,
    check_closable,
    check_counties,
    check_deletable,
    check_facility_code,
    check_pending_placement,
    check_publishable,
)
from rules.roles import COORDINATORS
from rules.text import NAME_LIMIT, REASON_LIMIT, clean_email, clean_text


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
    await _write_version(work, referral, "created")
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
    await _save_version(work, referral, "updated")


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
        await _save_version(work, referral, "updated")
    work.touches("referral", [referral.id for referral in referrals])


@dataclass(frozen=True, slots=True)
class Published:
    """A publication, and the preferred counties, by name, in which no letter reaches a provider (001:70)."""

    publication_id: UUID
    unreachable_counties: list[CountyView]


@operation("referral.publish", by=EDITORS, cites="001:139; 001:141-172")
async def publish_referral(work: Work, number: int, *, version: int | None = None) -> Published:
    """Publish, or publish again: the audience is decided, frozen and told in this one transaction.

    With the ``version`` that the person saw, a second click or a colleague's change in between is refused.
    """
    referral = await referral_to_change(work, number)
    if version is not None and version != referral.version:
        raise Conflict("The referral has changed meanwhile. Look again, then publish.", code="REFERRAL_CHANGED")
    check_publishable(
        referral.status,
        referral.primary_coordinator_id is not None,
        referral.statewide,
        await _counties_of(referral),
    )
    again = referral.status is ReferralStatus.OPEN
    referral.status = ReferralStatus.OPEN
    referral.publications += 1
    referral.first_published_at = referral.first_published_at or work.now
    referral.last_published_at = work.now
    await _save_version(work, referral, "republished" if again else "published")
    kind = NotificationKind.REFERRAL_REPUBLISHED if again else NotificationKind.REFERRAL_PUBLISHED
    publication = await Publication.create(
        referral_id=referral.id, number=referral.publications, at=work.now, by_id=work.actor.person()
    )
    await read_audience()
    facts = await referral_facts(referral)
    today = work.today
    providers = await load_providers(today, counties=facts.preferred_counties)
    verdicts = {provider.provider_id: audience(facts, provider, today) for provider in providers.facts}
    await insert_rows(
        "publication_audience",
        [
            {
                "publication_id": publication.id,
                "provider_id": provider,
                "eligible": verdict.eligible,
                "reason": verdict.reason,
            }
            for provider, verdict in verdicts.items()
        ],
    )
    reached = [provider for provider, verdict in verdicts.items() if verdict.eligible]
    await insert_reach(((referral.id, provider) for provider in reached), work.now)
    contacts = [providers.readers[contact] for verdict in verdicts.values() for contact in verdict.contacts]
    work.promise(about_referral(contacts, kind, referral))
    await withhold(work, referral, kind, suspended_from(facts, providers.facts, today))
    await tell_coordinators(work, referral, facts, kind)
    work.touches("provider", reached)
    unreachable = unreachable_counties(facts, providers.facts, today)
    work.note(
        publication=referral.publications,
        providers=len(reached),
        contacts=len(contacts),
        unreachable_counties=sorted(unreachable),
    )
    counties = await County.filter(fips__in=list(unreachable)).order_by("name") if unreachable else []
    return Published(publication.id, [CountyView(county.fips, county.name) for county in counties])


@operation("referral.set_pending_placement", by=EDITORS, cites="001:213-217")
async def set_pending_placement(work: Work, number: int, provider_id: UUID) -> None:
    """Choose a provider that accepted; the referral stays open, the others are told that a placement is pending."""
    referral = await referral_to_change(work, number)
    answer = await Response.filter(referral_id=referral.id, provider_id=provider_id).first()
    check_pending_placement(referral.status, answer.kind if answer else None, referral.pending_provider_id)
    if await ReferralExclusion.exists(referral_id=referral.id, provider_id=provider_id, included_at=None):
        raise _excluded("providerId")
    await PendingPlacement.create(
        referral_id=referral.id, provider_id=provider_id, set_at=work.now, set_by_id=work.actor.person()
    )
    referral.pending_provider_id = provider_id
    await _save_version(work, referral, "pending placement set")
    await tell_reached_providers(work, referral, NotificationKind.PENDING_PLACEMENT_SET)
    work.touches("provider", [provider_id])


@operation("referral.clear_pending_placement", by=EDITORS, cites="001:213-217")
async def clear_pending_placement(work: Work, number: int) -> None:
    """Take the pending placement back: something did not work out; the others are told."""
    referral = await referral_to_change(work, number)
    if referral.status is not ReferralStatus.OPEN or referral.pending_provider_id is None:
        raise Conflict("There is no pending placement.", code="NO_PENDING_PLACEMENT")
    work.touches("provider", [referral.pending_provider_id])
    await _end_pending(work, referral, "cleared")
    await _save_version(work, referral, "pending placement cleared")
    await tell_reached_providers(work, referral, NotificationKind.PENDING_PLACEMENT_CLEARED)


@operation("referral.close", by=EDITORS, cites="001:139; 001:201")
async def close_referral(work: Work, number: int, outcome: CloseOutcome, placed_with: UUID | None) -> None:
    """Close a referral: placement is finished, whoever received it and the coordinators are told.

    Raises:
        Conflict: it is not open (somebody else may have closed it).
        Invalid: ``PLACED`` without the provider, or a provider with another outcome.
    """
    referral = await referral_to_change(work, number)
    check_closable(referral.status)
    await _check_placed_with(referral, outcome, placed_with)
    referral.status = ReferralStatus.CLOSED
    referral.closed_at = work.now
    referral.close_outcome = outcome
    referral.placed_with_id = placed_with
    await _end_pending(work, referral, "closed")
    await _save_version(work, referral, "closed")
    await tell_reached_providers(work, referral, NotificationKind.REFERRAL_CLOSED)
    await tell_coordinators(work, referral, await referral_facts(referral), NotificationKind.REFERRAL_CLOSED)
    work.note(outcome=str(outcome))


@operation("referral.delete", by=EDITORS, cites="001:139")
async def delete_referral(work: Work, number: int, reason: str) -> None:
    """Delete a referral for everyone but the record; whoever received it and the coordinators are told."""
    referral = await referral_to_change(work, number)
    check_deletable(referral.status)
    referral.delete_reason = clean_text(reason, field="reason", limit=REASON_LIMIT, required=True)
    was_published = referral.status is ReferralStatus.OPEN
    referral.status = ReferralStatus.DELETED
    referral.deleted_at = work.now
    await _end_pending(work, referral, "deleted")
    await _save_version(work, referral, "deleted")
    if was_published:
        await tell_reached_providers(work, referral, NotificationKind.REFERRAL_DELETED)
        await tell_coordinators(work, referral, await referral_facts(referral), NotificationKind.REFERRAL_DELETED)


@operation("referral.exclude_provider", by=EDITORS, cites="001:153")
async def exclude_provider(work: Work, number: int, provider_id: UUID, reason: str) -> None:
    """Leave a provider out because the family prefers so; from now on the referral does not exist for it."""
    referral = await referral_to_change(work, number)
    check_deletable(referral.status)
    if not await Provider.exists(id=provider_id):
        raise NotFound("There is no such provider.", code="PROVIDER_NOT_FOUND")
    if await ReferralExclusion.exists(referral_id=referral.id, provider_id=provider_id, included_at=None):
        raise Conflict("This provider is excluded already.", code="ALREADY_EXCLUDED")
    if referral.pending_provider_id == provider_id:
        raise Conflict("A placement with this provider is pending; clear it first.", code="PENDING_PLACEMENT_SET")
    await ReferralExclusion.create(
        referral_id=referral.id,
        provider_id=provider_id,
        reason=clean_text(reason, field="reason", limit=REASON_LIMIT, required=True),
        excluded_at=work.now,
        excluded_by_id=work.actor.person(),
    )
    await _save_version(work, referral, "provider excluded")
    work.touches("provider", [provider_id])


@operation("referral.include_provider", by=EDITORS, cites="001:164-165")
async def include_provider(work: Work, number: int, provider_id: UUID) -> None:
    """Include a provider again; it is told when the referral is published the next time, not before."""
    referral = await referral_to_change(work, number)
    check_deletable(referral.status)
    ended = await ReferralExclusion.filter(referral_id=referral.id, provider_id=provider_id, included_at=None).update(
        included_at=work.now, included_by_id=work.actor.person()
    )
    if not ended:
        raise Conflict("This provider is not excluded.", code="NOT_EXCLUDED")
    await _save_version(work, referral, "provider included")
    work.touches("provider", [provider_id])


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


async def _counties_of(referral: Referral) -> list[str]:
    rows = await ReferralCounty.filter(referral_id=referral.id).order_by("county_id")
    return [row.county_id for row in rows]


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


async def _check_placed_with(referral: Referral, outcome: CloseOutcome, placed_with: UUID | None) -> None:
    if outcome is CloseOutcome.PLACED and placed_with is None:
        raise Invalid("Name the provider of the placement.", code="PLACED_WITH_REQUIRED", field="placedWithId")
    if outcome is not CloseOutcome.PLACED and placed_with is not None:
        raise Invalid(
            "Only a placement within the exchange names a provider.",
            code="PLACED_WITH_NOT_ALLOWED",
            field="placedWithId",
        )
    if placed_with is not None and not await Provider.exists(id=placed_with):
        raise Invalid("There is no such provider.", code="PROVIDER_NOT_FOUND", field="placedWithId")
    if await ReferralExclusion.exists(referral_id=referral.id, provider_id=placed_with, included_at=None):
        raise _excluded("placedWithId")


def _excluded(field: str) -> Conflict:
    sentence = "The family asked to leave this provider out; include it first."
    return Conflict(sentence, code="PROVIDER_EXCLUDED", field=field)


async def _end_pending(work: Work, referral: Referral, why: str) -> None:
    await PendingPlacement.filter(referral_id=referral.id, ended_at=None).update(
        ended_at=work.now, ended_by_id=work.actor.person(), ended_why=why
    )
    referral.pending_provider_id = None


async def _save_version(work: Work, referral: Referral, act: str) -> None:
    referral.version += 1
    await referral.save()
    await _write_version(work, referral, act)


async def _write_version(work: Work, referral: Referral, act: str) -> None:
    await ReferralVersion.create(
        referral_id=referral.id,
        version=referral.version,
        act=act,
        at=work.now,
        by_id=work.actor.person(),
        facts={
            "status": str(referral.status),
            "statewide": referral.statewide,
            "counties": await _counties_of(referral),
            "facility": referral.facility_id,
            "primary_coordinator": str(referral.primary_coordinator_id) if referral.primary_coordinator_id else None,
            "pending_provider": str(referral.pending_provider_id) if referral.pending_provider_id else None,
        },
    )
