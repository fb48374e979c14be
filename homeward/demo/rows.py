"""Rows that are written by hand, because no use case writes them yet.

Offices, facilities, providers with contracts, sites and contacts, No Referral Status, and a disabled account: as each
of them gets its use case, its function here becomes a call of it. Whatever happens to a provider in the story is
written into the trail all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from homeward.demo.people import PeopleMaker, domain_of
from homeward.demo.places import AREAS, FACILITIES
from homeward.demo.providers import ContactPlan, ProviderPlan
from homeward.demo.stage import Home, Person, Stage
from orm.models import (
    Contact,
    ContactCounty,
    Contract,
    County,
    Facility,
    Mailbox,
    NoReferralStatus,
    Outcome,
    Provider,
    RegionalOffice,
    Site,
    User,
)
from resolvers.trail import write_entry
from rules.accounts import AccountState
from rules.leaving import DisabledReason


async def insert_places() -> None:
    """Insert the sample of regional offices, which counties they serve, and the facilities."""
    await RegionalOffice.bulk_create(
        RegionalOffice(code=area.code, name=area.name, kind=area.kind, city=area.city) for area in AREAS
    )
    for area in AREAS:
        await County.filter(name__in=list(area.counties)).update(regional_office_id=area.code)
    await Facility.bulk_create(
        Facility(code=place.code, name=place.name, regional_office_id=place.office, active=place.active)
        for place in FACILITIES
    )


async def insert_providers(stage: Stage, people: PeopleMaker, plans: Mapping[UUID, ProviderPlan]) -> dict[UUID, Home]:
    """Insert providers with their contracts and sites, as they were before the story begins."""
    homes = {}
    for place, (key, plan) in enumerate(plans.items()):
        homes[key] = Home(plan, key, _periods(plan, stage.today))
        await Provider.create(
            id=key,
            name=plan.name,
            kind=plan.kind,
            address=people.address(),
            city=plan.sites[0].town if plan.sites else "Millpond Crossing",
            zip_code=people.zip_code(),
            phone=people.phone(),
            fax=people.phone(),
            regional_office_id=plan.area,
            created_at=stage.clock.now - timedelta(days=stage.rng.randint(200, 2000)),
        )
        await Contract.bulk_create(
            Contract(provider_id=key, number=f"DD-{place + 1:03}-{period + 1}", begins_on=begins, ends_on=ends)
            for period, (begins, ends) in enumerate(homes[key].contracts)
        )
        await Site.bulk_create(
            Site(provider_id=key, kind=site.kind, county_id=stage.fips[site.county], city=site.town, beds=site.beds)
            for site in plan.sites
        )
        await _note(stage, "demo.provider_inserted", key)
    return homes


async def insert_contacts(stage: Stage, people: PeopleMaker) -> None:
    """Insert the contacts of every provider; one with a user ID shares its owner's mailbox."""
    contacts: list[Contact] = []
    counties: list[ContactCounty] = []
    for home in stage.homes.values():
        for place, plan in enumerate(home.plan.contacts):
            contact = await _contact(stage, people, home, plan)
            contact.created_at += timedelta(minutes=place)  # their order is the order in which they were entered
            contacts.append(contact)
            counties += (
                ContactCounty(contact_id=contact.id, county_id=stage.fips[county], since=contact.created_at)
                for county in plan.counties
            )
    await Contact.bulk_create(contacts, batch_size=500)
    await ContactCounty.bulk_create(counties, batch_size=500)


async def _contact(stage: Stage, people: PeopleMaker, home: Home, plan: ContactPlan) -> Contact:
    owner = _owner(stage, home, plan)
    if owner is None or owner.actor.mailbox_id is None:
        first, last = people.staff_name()
        email, phone = people.email(first, last, domain_of(home.plan.name)), people.phone()
        mailbox_id = (await Mailbox.create()).id
    else:
        first, last, email = owner.plan.first_name, owner.plan.last_name, owner.plan.email
        phone, mailbox_id = owner.plan.phone, owner.actor.mailbox_id
    return Contact(
        provider_id=home.key,
        user_id=owner.key if owner else None,
        mailbox_id=mailbox_id,
        first_name=first,
        last_name=last,
        title="Referral contact",
        email=email if plan.has_address else None,
        phone=phone,
        verified_at=stage.clock.now,
        created_at=stage.clock.now,
    )


def _owner(stage: Stage, home: Home, plan: ContactPlan) -> Person | None:
    if plan.staff is None or plan.staff >= len(home.staff):
        return None
    return stage.people[home.staff[plan.staff]]


async def begin_no_referral_status(stage: Stage, home: Home, reason: str, set_by: UUID) -> None:
    """Suspend referrals to a provider (001:152)."""
    await NoReferralStatus.create(provider_id=home.key, reason=reason, begins_at=stage.clock.now, set_by_id=set_by)
    home.suspended = True
    await _note(stage, "demo.no_referral_status_begun", home.key)


async def lift_no_referral_status(stage: Stage, home: Home, lifted_by: UUID) -> None:
    """Lift the suspension (001:161-162)."""
    await NoReferralStatus.filter(provider_id=home.key, lifted_at=None).update(
        lifted_at=stage.clock.now, lifted_by_id=lifted_by
    )
    home.suspended = False
    await _note(stage, "demo.no_referral_status_lifted", home.key)


async def let_provider_go(stage: Stage, home: Home) -> None:
    """Take a provider out of the exchange."""
    await Provider.filter(id=home.key).update(active=False)
    home.active = False
    await _note(stage, "demo.provider_left", home.key)


async def let_contact_go(stage: Stage, home: Home, place: int) -> None:
    """End the service of one of the provider's contacts, by its place in their order."""
    contacts = await Contact.filter(provider_id=home.key).order_by("created_at")
    await Contact.filter(id=contacts[place].id).update(active=False)
    home.has_contact = any(contact.active for contact in contacts if contact.id != contacts[place].id)
    await _note(stage, "demo.contact_left", home.key)


async def disable_account(stage: Stage, person: Person) -> None:
    """Disable an account."""
    await User.filter(id=person.key).update(
        state=AccountState.DISABLED, disabled_at=stage.clock.now, disabled_reason=DisabledReason.LEFT, disabled_note=""
    )
    await _note(stage, "demo.account_disabled", person.key)


def _periods(plan: ProviderPlan, today: date) -> tuple[tuple[date, date | None], ...]:
    return tuple(
        (today - timedelta(days=period.begins), None if period.ends is None else today - timedelta(days=period.ends))
        for period in plan.contracts
    )


async def _note(stage: Stage, act: str, about: UUID) -> None:
    kind = "user" if act.startswith("demo.account") else "provider"
    caller, at = stage.house("demo"), stage.clock.now
    await write_entry(caller, act, Outcome.DONE, at=at, about_id=about, subjects={kind: {str(about)}})
