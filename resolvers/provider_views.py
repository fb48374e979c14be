"""Provider profiles as people see them: contacts, homes, contracts, No Referral Status, and what is wrong (001:66-129).

What was not asked for is not read and not written down as shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orm.models import Contact, ContactCounty, Contract, County, NoReferralStatus, Provider, ProviderKind, Site
from orm.sql import fetch, to_uuid
from resolvers.desk import Reading, access
from resolvers.joining import no_such_provider
from resolvers.paging import Page, key_from_cursor, page_size, to_cursor
from resolvers.profile_scope import PROFILE_READERS, sees_only_own
from resolvers.referral_shapes import CountyView
from rules.audience import contract_in_force
from rules.errors import NotFound
from rules.profiles import ContactProfile, ProfileWarning, Warned, contact_warnings, is_reachable, profile_warnings
from rules.referrals import SiteKind

__all__ = [
    "EVERYTHING",
    "ContactView",
    "ContractView",
    "NoReferralPeriodView",
    "ProviderFilter",
    "ProviderKind",
    "ProviderProfileView",
    "RegionalOfficeView",
    "SiteView",
    "WarningView",
    "list_provider_profiles",
    "view_contact",
    "view_provider_profile",
]

_ORDER = "PROVIDER"
_PEOPLE_AND_HOMES = {"contacts", "sites", "warnings", "reachable"}

EVERYTHING = frozenset({*_PEOPLE_AND_HOMES, "contracts", "inNoReferralStatus", "noReferralPeriods"})
"""All that a profile can show beside the provider's own record."""


@dataclass(slots=True)
class WarningView:
    """Something that keeps a provider or a contact from getting its referrals."""

    code: ProfileWarning
    sentence: str
    cites: str
    contact_name: str | None
    counties: list[CountyView]


@dataclass(slots=True)
class ContactView:
    """A person of a provider who is told of referrals (001:74-99)."""

    id: UUID
    name: str
    first_name: str
    last_name: str
    title: str
    email: str | None
    email_confirmed_at: datetime | None
    email_bounced_at: datetime | None
    phone: str
    user_id: str | None
    active: bool
    verified_at: datetime | None
    counties: list[CountyView] = field(default_factory=list)
    warnings: list[WarningView] = field(default_factory=list)


@dataclass(slots=True)
class SiteView:
    """A home."""

    id: UUID
    kind: SiteKind
    county: CountyView
    city: str
    beds: int


@dataclass(slots=True)
class ContractView:
    """A contract period."""

    id: UUID
    number: str
    begins_on: date
    ends_on: date | None
    in_force: bool


@dataclass(slots=True)
class NoReferralPeriodView:
    """A period in No Referral Status."""

    reason: str
    begins_at: datetime
    lifted_at: datetime | None


@dataclass(slots=True)
class RegionalOfficeView:
    """The regional office that a provider belongs to."""

    code: str
    name: str
    city: str
    address: str
    phone: str


@dataclass(slots=True)
class ProviderProfileView:
    """A provider's record and profile."""

    id: UUID
    name: str
    kind: ProviderKind
    active: bool
    address: str
    city: str
    zip_code: str
    phone: str
    fax: str
    regional_office: RegionalOfficeView | None
    in_no_referral_status: bool = False
    no_referral_periods: list[NoReferralPeriodView] = field(default_factory=list)
    contacts: list[ContactView] = field(default_factory=list)
    sites: list[SiteView] = field(default_factory=list)
    contracts: list[ContractView] = field(default_factory=list)
    reachable: bool = False
    warnings: list[WarningView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ProviderFilter:
    """Any combination of filters; ``county`` is the FIPS code of one that an active contact covers.

    ``unreachable`` asks for those to whom no letter can go, ``without_county`` for those that cover none.
    """

    name: str | None = None
    kind: ProviderKind | None = None
    active: bool | None = None
    county: str | None = None
    no_referral_status: bool | None = None
    unreachable: bool | None = None
    without_county: bool | None = None


@access("provider.profile", by=PROFILE_READERS, cites="001:70-129; 000:66-72")
async def view_provider_profile(
    reading: Reading, key: UUID, *, wanted: Collection[str] = frozenset()
) -> ProviderProfileView:
    """Show one provider's profile; a provider's staff see their own only.

    Raises:
        NotFound: there is no such provider for this person.
    """
    provider = await Provider.filter(id=key).select_related("regional_office").first()
    if provider is None or (sees_only_own(reading.actor) and key != reading.actor.provider_id):
        raise no_such_provider()
    reading.about("provider", key)
    return (await _profiles(reading, [provider], wanted))[0]


@access("provider.profiles", by=PROFILE_READERS, cites="001:70-129; 001:137-154")
async def list_provider_profiles(
    reading: Reading,
    *,
    where: ProviderFilter | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
    wanted: Collection[str] = frozenset(),
) -> Page[ProviderProfileView]:
    """List providers by name, a page at a time; a provider's staff get their own only."""
    size = page_size(first)
    conditions, parameters = _conditions(where or ProviderFilter(), reading)
    total = None
    if count:
        counted = await fetch(f"SELECT COUNT(*) AS n FROM provider p WHERE {' AND '.join(conditions)}", **parameters)
        total = int(counted[0]["n"])
    if after is not None:
        conditions.append("p.name > (SELECT name FROM provider WHERE id = :after)")
        parameters["after"] = key_from_cursor(after, _ORDER)
    rows = await fetch(
        f"SELECT p.id FROM provider p WHERE {' AND '.join(conditions)} ORDER BY p.name LIMIT {size + 1}", **parameters
    )
    keys = [to_uuid(row["id"]) for row in rows[:size]]
    found = {one.id: one for one in await Provider.filter(id__in=keys).select_related("regional_office")}
    views = await _profiles(reading, [found[key] for key in keys], wanted)
    return Page(
        nodes=views,
        cursors=[to_cursor(_ORDER, str(view.id)) for view in views],
        has_next_page=len(rows) > size,
        has_previous_page=after is not None,
        total_count=total,
    )


@access("provider.contact", by=PROFILE_READERS, cites="001:74-99")
async def view_contact(reading: Reading, key: UUID) -> ContactView:
    """Show one contact with its counties and what is wrong with it.

    Raises:
        NotFound: there is no such contact for this person.
    """
    contact = await Contact.get_or_none(id=key)
    if contact is None or (sees_only_own(reading.actor) and contact.provider_id != reading.actor.provider_id):
        raise NotFound("There is no such contact.", code="CONTACT_NOT_FOUND")
    contacts = await _contacts([contact.provider_id])
    sites = await Site.filter(provider_id=contact.provider_id)
    names = await _county_names()
    view, profile = next(each for each in contacts[contact.provider_id] if each[0].id == key)
    warned = contact_warnings(profile, {site.county_id for site in sites})
    view.warnings = [_warning(each, names, {key: view.name}) for each in warned]
    reading.about("contact", key)
    reading.shows("contact", [key], ["contact"])
    return view


def _conditions(where: ProviderFilter, reading: Reading) -> tuple[list[str], dict[str, Any]]:
    conditions, parameters = ["1 = 1"], dict[str, Any]()
    if sees_only_own(reading.actor):
        conditions.append("p.id = :own")
        parameters["own"] = reading.actor.provider_id
    if not all(map(_storable, (where.name, where.county))):
        return ["1 = 0"], {}
    if where.name is not None:
        conditions.append("LOWER(p.name) LIKE LOWER(CAST(:name AS TEXT)) ESCAPE '!'")
        escaped = where.name.strip().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        parameters["name"] = f"%{escaped}%"
    if where.kind is not None:
        conditions.append("p.kind = :kind")
        parameters["kind"] = where.kind
    if where.active is not None:
        conditions.append("p.active" if where.active else "NOT p.active")
    if where.county is not None:
        conditions.append(
            "EXISTS (SELECT 1 FROM contact_county cc JOIN contact c ON c.id = cc.contact_id "
            "WHERE c.provider_id = p.id AND c.active AND cc.county_id = :county)"
        )
        parameters["county"] = where.county
    if where.no_referral_status is not None:
        conditions.append(
            f"{'' if where.no_referral_status else 'NOT '}EXISTS "
            "(SELECT 1 FROM no_referral_status s WHERE s.provider_id = p.id AND s.lifted_at IS NULL)"
        )
    if where.unreachable is not None:
        conditions.append(
            f"{'NOT ' if where.unreachable else ''}EXISTS (SELECT 1 FROM contact c WHERE c.provider_id = p.id "
            "AND c.active AND c.email IS NOT NULL AND c.email <> '' AND c.email_bounced_at IS NULL)"
        )
    if where.without_county is not None:
        conditions.append(
            f"{'NOT ' if where.without_county else ''}EXISTS (SELECT 1 FROM contact_county cc "
            "JOIN contact c ON c.id = cc.contact_id WHERE c.provider_id = p.id AND c.active)"
        )
    return conditions, parameters


def _storable(text: str | None) -> bool:
    """Say whether a column could hold the text; NUL and half a surrogate pair are faults to the drivers."""
    return text is None or not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


async def _profiles(reading: Reading, providers: list[Provider], wanted: Collection[str]) -> list[ProviderProfileView]:
    views = {provider.id: _profile(provider) for provider in providers}
    asked = {path.split(".")[0] for path in wanted}
    names = await _county_names() if asked & _PEOPLE_AND_HOMES else {}
    if asked & {"inNoReferralStatus", "noReferralPeriods"}:
        await _fill_no_referral_status(views)
    if "contracts" in asked:
        await _fill_contracts(views, reading.today)
    if asked & _PEOPLE_AND_HOMES:
        await _fill_people_and_homes(views, names)
    reading.shows("provider", views, wanted)
    if "contacts" in asked:
        reading.shows("contact", (contact.id for view in views.values() for contact in view.contacts))
    return list(views.values())


def _profile(provider: Provider) -> ProviderProfileView:
    office = provider.regional_office
    return ProviderProfileView(
        id=provider.id,
        name=provider.name,
        kind=provider.kind,
        active=provider.active,
        address=provider.address,
        city=provider.city,
        zip_code=provider.zip_code,
        phone=provider.phone,
        fax=provider.fax,
        regional_office=(
            RegionalOfficeView(office.code, office.name, office.city, office.address, office.phone) if office else None
        ),
    )


async def _fill_no_referral_status(views: dict[UUID, ProviderProfileView]) -> None:
    for period in await NoReferralStatus.filter(provider_id__in=list(views)).order_by("-begins_at"):
        view = views[period.provider_id]
        view.no_referral_periods.append(NoReferralPeriodView(period.reason, period.begins_at, period.lifted_at))
        view.in_no_referral_status |= period.lifted_at is None


async def _fill_contracts(views: dict[UUID, ProviderProfileView], today: date) -> None:
    for one in await Contract.filter(provider_id__in=list(views)).order_by("-begins_on"):
        in_force = contract_in_force(one.begins_on, one.ends_on, today)
        views[one.provider_id].contracts.append(ContractView(one.id, one.number, one.begins_on, one.ends_on, in_force))


async def _fill_people_and_homes(views: dict[UUID, ProviderProfileView], names: dict[str, str]) -> None:
    homes: dict[UUID, set[str]] = defaultdict(set)
    for site in await Site.filter(provider_id__in=list(views)).order_by("county_id", "city", "id"):
        county = CountyView(site.county_id, names[site.county_id])
        views[site.provider_id].sites.append(SiteView(site.id, site.kind, county, site.city, site.beds))
        homes[site.provider_id].add(site.county_id)
    contacts = await _contacts(list(views))
    for key, view in views.items():
        people = {contact.id: contact.name for contact, _ in contacts[key]}
        profiles = [profile for _, profile in contacts[key]]
        view.reachable = is_reachable(profiles)
        view.warnings = [_warning(one, names, people) for one in profile_warnings(profiles, homes[key])]
        for contact, profile in contacts[key]:
            contact.warnings = [_warning(one, names, people) for one in contact_warnings(profile, homes[key])]
            view.contacts.append(contact)


async def _contacts(providers: Collection[UUID]) -> dict[UUID, list[tuple[ContactView, ContactProfile]]]:
    """Load the contacts of these providers, the active ones first, then by name."""
    counties: dict[UUID, list[CountyView]] = defaultdict(list)
    rows = ContactCounty.filter(contact__provider_id__in=list(providers)).select_related("county")
    for row in await rows.order_by("county__name"):
        counties[row.contact_id].append(CountyView(row.county_id, row.county.name))
    found: dict[UUID, list[tuple[ContactView, ContactProfile]]] = defaultdict(list)
    contacts = Contact.filter(provider_id__in=list(providers)).select_related("user")
    for one in await contacts.order_by("-active", "last_name", "first_name", "id"):
        covered = counties[one.id]
        view = ContactView(
            id=one.id,
            name=one.name,
            first_name=one.first_name,
            last_name=one.last_name,
            title=one.title,
            email=one.email,
            email_confirmed_at=one.email_confirmed_at,
            email_bounced_at=one.email_bounced_at,
            phone=one.phone,
            user_id=one.user.user_id if one.user else None,
            active=one.active,
            verified_at=one.verified_at,
            counties=covered,
        )
        found[one.provider_id].append((view, _judged(one, covered)))
    return found


def _judged(contact: Contact, counties: Iterable[CountyView]) -> ContactProfile:
    return ContactProfile(
        contact_id=contact.id,
        active=contact.active,
        email=bool(contact.email),
        confirmed=contact.email_confirmed_at is not None,
        bounced=contact.email_bounced_at is not None,
        verified=contact.verified_at is not None,
        counties=frozenset(county.fips for county in counties),
    )


def _warning(warned: Warned, names: dict[str, str], people: dict[UUID, str]) -> WarningView:
    return WarningView(
        code=warned.warning,
        sentence=warned.warning.sentence,
        cites=warned.warning.cites,
        contact_name=people[warned.contact_id] if warned.contact_id else None,
        counties=sorted((CountyView(code, names[code]) for code in warned.counties), key=lambda one: one.name),
    )


async def _county_names() -> dict[str, str]:
    return {county.fips: county.name for county in await County.all()}
