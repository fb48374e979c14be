"""Provider profiles as people see them: contacts, homes, contracts, No Referral Status, and what is wrong (001:66-129).

What was not asked for is not read and not written down as shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from orm.models import Contact, Contract, NoReferralStatus, Provider, Site
from orm.readings import Row, fetch_often, parts
from orm.sql import fetch, to_uuid
from resolvers.desk import Reading, access
from resolvers.joining import no_such_provider
from resolvers.paging import Page, key_from_cursor, page_of, page_size, stale_cursor, to_cursor
from resolvers.profile_scope import PROFILE_READERS, sees_only_own
from resolvers.provider_search import ProviderFilter, provider_conditions
from resolvers.provider_shapes import (
    ContactView,
    ContractView,
    NoReferralPeriodView,
    ProviderKind,
    ProviderProfileView,
    RegionalOfficeView,
    SiteView,
    WarningView,
)
from resolvers.referral_rows import optional_instant
from resolvers.referral_shapes import CountyView
from rules.audience import contract_in_force
from rules.errors import NotFound
from rules.profiles import ContactProfile, Warned, contact_warnings, is_reachable, profile_warnings

_ORDER = "PROVIDER"
_PEOPLE_AND_HOMES = {"contacts", "sites", "warnings", "reachable"}

EVERYTHING = frozenset({*_PEOPLE_AND_HOMES, "contracts", "inNoReferralStatus", "noReferralPeriods"})
"""All that a profile can show beside the provider's own record."""


@access("provider.profile", by=PROFILE_READERS, cites="001:70-129; 000:66-72")
async def view_provider_profile(
    reading: Reading, key: UUID, *, wanted: Collection[str] = frozenset()
) -> ProviderProfileView:
    """Show one provider's profile; a provider's staff see their own only.

    Raises:
        NotFound: there is no such provider for this person.
    """
    found = await fetch_often(f"{_PROVIDERS} WHERE p.id = :key", key=key)
    if not found or (sees_only_own(reading.actor) and key != reading.actor.provider_id):
        raise no_such_provider()
    reading.about("provider", key)
    return (await _profiles(reading, found, wanted))[0]


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
    """List providers by name, a page at a time; a provider's staff get their own only.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    conditions, parameters = provider_conditions(where or ProviderFilter(), reading)
    total = None
    if count:
        counted = await fetch(f"SELECT COUNT(*) AS n FROM provider p WHERE {' AND '.join(conditions)}", **parameters)
        total = int(counted[0]["n"])
    if after is not None:
        conditions.append("p.name > :after")
        parameters["after"] = await _place(reading, key_from_cursor(after, _ORDER))
    rows: Sequence[Row] = []
    if total != 0:
        rows = await fetch(
            f"{_PROVIDERS} WHERE {' AND '.join(conditions)} ORDER BY p.name LIMIT {size + 1}", **parameters
        )
    views = await _profiles(reading, rows[:size], wanted)
    return page_of(views, lambda view: to_cursor(_ORDER, str(view.id)), more=len(rows) > size, after=after, total=total)


async def _place(reading: Reading, key: UUID) -> str:
    """Find the name of a cursor's provider; it has to exist for the caller, or the place would tell something.

    Raises:
        Invalid: ``CURSOR_STALE``.
    """
    provider = await Provider.filter(id=key).first()
    if provider is None or (sees_only_own(reading.actor) and key != reading.actor.provider_id):
        raise stale_cursor()
    return provider.name


@access("provider.contact", by=PROFILE_READERS, cites="001:74-99")
async def view_contact(reading: Reading, key: UUID) -> ContactView:
    """Show one contact with its counties and what is wrong with it.

    Raises:
        NotFound: there is no such contact for this person.
    """
    contact = await Contact.get_or_none(id=key)
    if contact is None or (sees_only_own(reading.actor) and contact.provider_id != reading.actor.provider_id):
        raise NotFound("There is no such contact.", code="CONTACT_NOT_FOUND")
    names = await _county_names()
    contacts = await _contacts([contact.provider_id], names)
    sites = await Site.filter(provider_id=contact.provider_id)
    view, profile = next(each for each in contacts[contact.provider_id] if each[0].id == key)
    warned = contact_warnings(profile, {site.county_id for site in sites})
    view.warnings = [_warning(each, names, {key: view.name}) for each in warned]
    reading.about("contact", key)
    reading.shows("contact", [key], ["contact"])
    return view


_PROVIDERS = (
    "SELECT p.id, p.name, p.kind, p.active, p.address, p.city, p.zip_code, p.phone, p.fax, o.code AS office, "
    "o.name AS office_name, o.city AS office_city, o.address AS office_address, o.phone AS office_phone "
    "FROM provider p LEFT JOIN regional_office o ON o.code = p.regional_office_id"
)


async def _profiles(reading: Reading, providers: Iterable[Row], wanted: Collection[str]) -> list[ProviderProfileView]:
    views = {view.id: view for view in map(_profile, providers)}
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


def _profile(row: Row) -> ProviderProfileView:
    office = [row[name] for name in ("office", "office_name", "office_city", "office_address", "office_phone")]
    return ProviderProfileView(
        id=to_uuid(row["id"]),
        name=row["name"],
        kind=ProviderKind(row["kind"]),
        active=bool(row["active"]),
        address=row["address"],
        city=row["city"],
        zip_code=row["zip_code"],
        phone=row["phone"],
        fax=row["fax"],
        regional_office=RegionalOfficeView(*office) if row["office"] else None,
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
    contacts = await _contacts(list(views), names)
    for key, view in views.items():
        people = {contact.id: contact.name for contact, _ in contacts[key]}
        profiles = [profile for _, profile in contacts[key]]
        view.reachable = is_reachable(profiles)
        view.warnings = [_warning(one, names, people) for one in profile_warnings(profiles, homes[key])]
        for contact, profile in contacts[key]:
            contact.warnings = [_warning(one, names, people) for one in contact_warnings(profile, homes[key])]
            view.contacts.append(contact)


async def _contacts(
    providers: Collection[UUID], names: Mapping[str, str]
) -> dict[UUID, list[tuple[ContactView, ContactProfile]]]:
    """Load the contacts of these providers, the active ones first; ``names`` are those of the counties, in order."""
    place = {fips: at for at, fips in enumerate(names)}
    found: dict[UUID, list[tuple[ContactView, ContactProfile]]] = defaultdict(list)
    for row in await fetch_often(_CONTACTS, providers=list(providers)):
        covered = sorted(parts(row["counties"]), key=place.__getitem__)
        view = ContactView(
            id=to_uuid(row["id"]),
            name=f"{row['first_name']} {row['last_name']}",
            first_name=row["first_name"],
            last_name=row["last_name"],
            title=row["title"],
            email=row["email"],
            email_confirmed_at=optional_instant(row["email_confirmed_at"]),
            email_bounced_at=optional_instant(row["email_bounced_at"]),
            phone=row["phone"],
            user_id=row["user_id"],
            active=bool(row["active"]),
            verified_at=optional_instant(row["verified_at"]),
            counties=[CountyView(fips, names[fips]) for fips in covered],
        )
        found[to_uuid(row["provider_id"])].append((view, _judged(view, covered)))
    return found


_CONTACTS = """
SELECT c.id, c.provider_id, c.first_name, c.last_name, c.title, c.email, c.email_confirmed_at, c.email_bounced_at,
  c.phone, c.active, c.verified_at, u.user_id,
  (SELECT STRING_AGG(k.county_id, ',') FROM contact_county k WHERE k.contact_id = c.id) AS counties
FROM contact c LEFT JOIN user_account u ON u.id = c.user_id
WHERE c.provider_id IN (:providers) ORDER BY c.active DESC, c.last_name, c.first_name, c.id
"""


def _judged(contact: ContactView, counties: Iterable[str]) -> ContactProfile:
    return ContactProfile(
        contact_id=contact.id,
        active=contact.active,
        email=bool(contact.email),
        confirmed=contact.email_confirmed_at is not None,
        bounced=contact.email_bounced_at is not None,
        verified=contact.verified_at is not None,
        counties=frozenset(counties),
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
    """Give the counties' names by FIPS code, in the order of the names."""
    return {row["fips"]: row["name"] for row in await fetch_often("SELECT fips, name FROM county ORDER BY name")}
