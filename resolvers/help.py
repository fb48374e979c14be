"""Whom to call and when (001:286-294, 000:15-20): settings of the installation, replaced as a whole from a file.

The hours and the numbers of the support desk are no secret, and who cannot sign in needs them most: they are told to
anybody (ACC-01). People at the regional offices are named to whoever is signed on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from orm.models import County, HelpContact, HelpKind, Provider, RegionalOffice, SupportHours
from resolvers.callers import Desk
from resolvers.desk import EVERYONE, THE_HOUSE, Reading, Work, access, operation
from rules.calendar import local_date
from rules.errors import Invalid, NotFound
from rules.support_hours import SupportWindow, call_now, check_dates, check_window, next_opens
from rules.text import NAME_LIMIT, clean_email, clean_text

__all__ = [
    "HelpKind",
    "HelpView",
    "HelperView",
    "HoursView",
    "ManualView",
    "NewHelper",
    "NumberView",
    "OfficeView",
    "SupportView",
    "assign_offices",
    "clean_helper",
    "clean_window",
    "public_support",
    "replace_help",
    "support_now",
    "support_windows",
    "view_help",
]

PHONE_LIMIT = 30
_FIPS_DIGITS = 5

MANUAL_URL = "/help"
"""Where the manual is, in the system itself (001:61-65)."""

TECHNICAL_REQUIREMENTS = (
    "Any current browser: the pages are standard HTML, and no page needs a script.",
    "Cookies of this address have to be allowed: one of them is the session.",
    "E-mail that shows plain text; nothing has to be opened or installed.",
    "A program needs HTTPS and JSON: GraphQL by POST, live events over graphql-transport-ws.",
)
"""What a provider's computer has to be able to do; no brand of browser is asked for (POL-23)."""


@dataclass(frozen=True, slots=True)
class NewHelper:
    """A helper as read from a file; without an office it helps the whole state."""

    kind: HelpKind
    office: str | None
    name: str
    phone: str
    email: str
    begins_on: date
    ends_on: date | None = None


@dataclass(slots=True)
class OfficeView:
    """A regional office."""

    code: str
    name: str
    city: str
    address: str
    phone: str


@dataclass(slots=True)
class HelperView:
    """Whom to ask; ``office`` is None for a helper of the whole state."""

    kind: HelpKind
    name: str
    phone: str
    email: str
    office: OfficeView | None


@dataclass(slots=True)
class NumberView:
    """A number that answers at this moment."""

    label: str
    phone: str
    on_call: bool


@dataclass(slots=True)
class HoursView:
    """When a number answers: minutes of a day in Chicago, on days of the week where Monday is 1."""

    label: str
    phone: str
    on_call: bool
    weekday: int
    opens: str
    closes: str


@dataclass(slots=True)
class SupportView:
    """The support desk at this moment."""

    now_open: bool
    call_now: NumberView | None
    next_opens: datetime | None
    hours: list[HoursView]


@dataclass(slots=True)
class ManualView:
    """Where the manual is."""

    url: str


@dataclass(slots=True)
class HelpView:
    """Everything that helps."""

    contacts: list[HelperView]
    manual: ManualView
    support: SupportView
    technical_requirements: list[str]


@access("help.view", by=EVERYONE, cites="001:286-294; 000:15-20", at_the_door=True)
async def view_help(reading: Reading, county: str | None = None) -> HelpView:
    """Show whom to ask at the nearest regional office, and which number answers now.

    The nearest office is the county's; without a county it is the one of the caller's own provider. Where an office
    has no helper of a kind, or is not known, those of the whole state are named.

    Raises:
        NotFound: there is no such county.
    """
    helpers = await _nearest(await _office_of(reading, county), reading.today)
    reading.note(county=county, helpers=len(helpers))
    return HelpView(
        contacts=helpers,
        manual=ManualView(MANUAL_URL),
        support=await support_now(reading.now),
        technical_requirements=list(TECHNICAL_REQUIREMENTS),
    )


async def public_support(desk: Desk) -> SupportView:
    """Tell anybody which number answers now: who is locked out has to know (000:9-11).

    It shows a setting and nothing of a person, so it leaves no entry in the trail.
    """
    return await support_now(desk.clock())


async def support_now(now: datetime) -> SupportView:
    """Tell which number answers at an instant, and the hours in force on its day."""
    rows = await SupportHours.all().order_by("weekday", "opens_minute", "on_call", "label")
    windows = support_windows(rows)
    answering = call_now(windows, now)
    return SupportView(
        now_open=answering is not None,
        call_now=NumberView(answering.label, answering.phone, answering.on_call) if answering else None,
        next_opens=next_opens(windows, now),
        hours=[_hours(window) for window in windows if window.counts_on(local_date(now))],
    )


@operation("help.replace", by=THE_HOUSE, cites="001:286-294; 000:15-20; POL-29")
async def replace_help(work: Work, helpers: Collection[NewHelper], windows: Collection[SupportWindow]) -> None:
    """Replace all helpers and support hours, with their first and last days; nothing is half replaced.

    Raises:
        Invalid: an unknown office, a text that is malformed or too long, hours that are not within a day.
    """
    offices = {office.code for office in await RegionalOffice.all()}
    new = [_helper_row(helper, offices) for helper in helpers]
    hours = [_hours_row(window) for window in windows]
    await HelpContact.all().delete()
    await SupportHours.all().delete()
    await HelpContact.bulk_create(new)
    await SupportHours.bulk_create(hours)
    work.note(helpers=len(new), hours=len(hours))


@operation("help.assign_offices", by=THE_HOUSE, cites="001:286-288")
async def assign_offices(work: Work, offices: Mapping[str, str | None]) -> int:
    """Say which regional office serves which county, by FIPS code; counties that are not named stay as they are.

    Raises:
        Invalid: ``UNKNOWN_COUNTY``, ``UNKNOWN_OFFICE``.
    """
    counties = {county.fips: county for county in await County.all()}
    known = {office.code for office in await RegionalOffice.all()}
    changed = 0
    for fips, code in offices.items():
        county = counties.get(fips)
        if county is None:
            raise Invalid(f"There is no county {fips!r}.", code="UNKNOWN_COUNTY", field="fips")
        if code is not None and code not in known:
            raise Invalid(f"There is no regional office {code!r}.", code="UNKNOWN_OFFICE", field="regional_office_code")
        if county.regional_office_id != code:
            changed += await County.filter(fips=fips).update(regional_office_id=code)
    work.note(counties=len(offices), changed=changed)
    return changed


async def _office_of(reading: Reading, county: str | None) -> RegionalOffice | None:
    if county is not None:
        if not (len(county) == _FIPS_DIGITS and county.isascii() and county.isdigit()):
            raise _no_county()
        found = await County.filter(fips=county).select_related("regional_office").first()
        if found is None:
            raise _no_county()
        return found.regional_office
    if reading.actor.provider_id is not None:
        provider = await Provider.get(id=reading.actor.provider_id).select_related("regional_office")
        return provider.regional_office
    return None


async def _nearest(office: RegionalOffice | None, today: date) -> list[HelperView]:
    """Name the helpers of the office; of each kind that it has none of, those of the whole state."""
    rows = await HelpContact.filter(begins_on__lte=today).order_by("kind", "name")
    serving = [row for row in rows if row.ends_on is None or today <= row.ends_on]
    views = []
    for kind in HelpKind:
        of_kind = [row for row in serving if row.kind is kind]
        here = [row for row in of_kind if office is not None and row.regional_office_id == office.code]
        chosen = here or [row for row in of_kind if row.regional_office_id is None]
        views += [
            HelperView(row.kind, row.name, row.phone, row.email, _office_view(office) if here and office else None)
            for row in chosen
        ]
    return views


def _office_view(office: RegionalOffice) -> OfficeView:
    return OfficeView(office.code, office.name, office.city, office.address, office.phone)


def clean_helper(new: NewHelper) -> NewHelper:
    """Return a helper as it is kept.

    Raises:
        Invalid: a text that is malformed or too long, neither number nor address, a last day before the first.
    """
    check_dates(new.begins_on, new.ends_on)
    phone = clean_text(new.phone, field="phone", limit=PHONE_LIMIT)
    email = clean_email(new.email, "email") if new.email else ""
    if not (phone or email):
        raise Invalid("A helper needs a phone number or an e-mail address.", code="TEXT_REQUIRED", field="phone")
    name = clean_text(new.name, field="name", limit=NAME_LIMIT, required=True)
    return replace(new, name=name, phone=phone, email=email)


def clean_window(window: SupportWindow) -> SupportWindow:
    """Return hours as they are kept.

    Raises:
        Invalid: a text that is malformed, missing or too long, hours that are not within one day.
    """
    check_window(window)
    return replace(
        window,
        label=clean_text(window.label, field="name", limit=NAME_LIMIT, required=True),
        phone=clean_text(window.phone, field="phone", limit=PHONE_LIMIT, required=True),
    )


def _helper_row(new: NewHelper, offices: Collection[str]) -> HelpContact:
    if new.office is not None and new.office not in offices:
        raise Invalid(f"There is no regional office {new.office!r}.", code="UNKNOWN_OFFICE", field="office")
    helper = clean_helper(new)
    return HelpContact(
        kind=helper.kind,
        regional_office_id=helper.office,
        name=helper.name,
        phone=helper.phone,
        email=helper.email,
        begins_on=helper.begins_on,
        ends_on=helper.ends_on,
    )


def _hours_row(new: SupportWindow) -> SupportHours:
    window = clean_window(new)
    return SupportHours(
        label=window.label,
        phone=window.phone,
        on_call=window.on_call,
        weekday=window.weekday,
        opens_minute=window.opens_minute,
        closes_minute=window.closes_minute,
        begins_on=window.begins_on,
        ends_on=window.ends_on,
    )


def support_windows(rows: Iterable[SupportHours]) -> list[SupportWindow]:
    """Read the hours as the rules take them."""
    return [_window(row) for row in rows]


def _window(row: SupportHours) -> SupportWindow:
    return SupportWindow(
        label=row.label,
        phone=row.phone,
        on_call=row.on_call,
        weekday=row.weekday,
        opens_minute=row.opens_minute,
        closes_minute=row.closes_minute,
        begins_on=row.begins_on,
        ends_on=row.ends_on,
    )


def _hours(window: SupportWindow) -> HoursView:
    return HoursView(
        label=window.label,
        phone=window.phone,
        on_call=window.on_call,
        weekday=window.weekday + 1,
        opens=_clock_time(window.opens_minute),
        closes=_clock_time(window.closes_minute),
    )


def _clock_time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _no_county() -> NotFound:
    return NotFound("There is no such county.", code="COUNTY_NOT_FOUND")
