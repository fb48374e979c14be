"""The grid of referrals (001:183-227): the list that everyone opens all day.

What the filters say of a person (names, DMH ID) never enters an address, where it would be kept by logs, histories and
bookmarks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from admin_ui.counties import county_choices
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.forms import Fields
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.paging import Page
from resolvers.referral_search import ReferralFilter, ReferralOrder, TextFilter
from resolvers.referral_shapes import ReferralView
from resolvers.referral_views import list_referrals
from rules.counting import counted
from rules.errors import Invalid
from rules.referrals import ReferralStatus

_SHOWN = frozenset(
    {
        "number",
        "status",
        "facility",
        "consumer.name",
        "consumer.dmhId",
        "consumer.birthDate",
        "consumer.gender",
        "pendingPlacement",
        "age",
        "ownResponse",
    }
)
_OF_PROVIDERS = frozenset({"unanswered"})
_OF_STAFF = frozenset({"accepted", "unaccepted", "pending", "unplaced"})


def _where(asked: Asked) -> ReferralFilter:
    fields = asked.fields
    number = fields.number("number", "A referral number")
    (status,) = (one for one in asked.filters if one.name == "status")
    county = fields.raw("county")
    if county and county not in dict(county_choices()):
        raise Invalid("This is not one of the counties.", code="CHOICE_UNKNOWN", field="county")
    return ReferralFilter(
        statuses=frozenset(ReferralStatus(one) for one in asked.chosen(status)),
        numbers=None if number is None else frozenset({number}),
        last_name=_starts_with(fields.text("lastName")),
        first_name=_starts_with(fields.text("firstName")),
        dmh_id=_starts_with(fields.text("dmhId")),
        facility_codes=frozenset({_facility(fields)}) if fields.raw("facility").strip() else None,
        counties=frozenset({county}) if county else None,
        overdue=True if asked.flag("overdue") else None,
        answered=False if asked.flag("unanswered") else None,
        accepted=_either(asked, "accepted", "unaccepted"),
        pending=_either(asked, "pending", "unplaced"),
    )


def _either(asked: Asked, yes: str, no: str) -> bool | None:
    """Read two boxes that say yes and no of the same; both or neither ask for nothing."""
    wanted = asked.flag(yes)
    return wanted if wanted != asked.flag(no) else None


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[ReferralView]:
    order = ReferralOrder(asked.order or ReferralOrder.AGE_DESC)
    return await list_referrals(
        caller, where=_where(asked), order=order, first=first, after=after, count=True, wanted=_SHOWN
    )


def _columns_for(caller: Caller, columns: Sequence[Column[ReferralView]]) -> list[Column[ReferralView]]:
    """Leave the own answer to those who answer (001:221-223)."""
    return [one for one in columns if one.sort != "RESPONSE" or caller.actor.is_provider_staff]


def _filters_for(caller: Caller, filters: Sequence[Filter]) -> list[Filter]:
    """Offer open and closed (001:187); drafts to those who write them, deleted ones to the central office."""
    statuses = [ReferralStatus.OPEN, ReferralStatus.CLOSED]
    if caller.actor.sees_all_referrals:
        statuses = list(ReferralStatus)
    elif caller.actor.is_coordinator:
        statuses = [ReferralStatus.DRAFT, *statuses]
    hidden = _OF_STAFF if caller.actor.is_provider_staff else _OF_PROVIDERS
    return [
        replace(one, choices=coded(statuses)) if one.name == "status" else one
        for one in filters
        if one.name not in hidden
    ]


def _starts_with(text: str) -> TextFilter | None:
    return TextFilter(starts_with=text) if text else None


def _facility(fields: Fields) -> str:
    code = fields.raw("facility").strip()
    if not (len(code) == 3 and code.isascii() and code.isdigit()):
        raise Invalid("A facility code has 3 digits.", code="FACILITY_CODE_MALFORMED", field="facility")
    return code


def _age(row: ReferralView) -> str | None:
    if row.age is None:
        return None
    return f"{counted(row.age, 'day')}{', overdue' if row.overdue else ''}"


REFERRALS = Register(
    path="/referrals",
    title="Referrals",
    about="People who look for a home, the oldest first.",
    one="referral",
    rows=_rows,
    read=_where,
    order=ReferralOrder.AGE_DESC,
    filters=(
        Filter("lastName", "Last name", personal=True),
        Filter("firstName", "First name", personal=True),
        Filter("dmhId", "DMH ID", personal=True),
        Filter("number", "Number", Kind.NUMBER),
        Filter("facility", "Facility", limit=3),
        Filter("county", "Preferred county", Kind.CHOICE, county_choices),
        Filter("status", "Status", Kind.CHOICES, usual=(ReferralStatus.OPEN.value,)),
        Filter("overdue", "Overdue", Kind.FLAG),
        Filter("unanswered", "Not answered yet", Kind.FLAG),
        Filter("accepted", "A provider accepts", Kind.FLAG),
        Filter("unaccepted", "No provider accepts", Kind.FLAG),
        Filter("pending", "Placement pending", Kind.FLAG),
        Filter("unplaced", "No placement pending", Kind.FLAG),
    ),
    columns=(
        Column("Number", lambda row: row.number, "referrals/cells.html:number", "NUMBER"),
        Column("Status", lambda row: row.status, "referrals/cells.html:status", "STATUS"),
        Column("Facility", lambda row: row.facility.code, "referrals/cells.html:facility", "FACILITY"),
        Column("Consumer", lambda row: f"{row.consumer.last_name}, {row.consumer.first_name}", sort="NAME"),
        Column("DMH ID", lambda row: row.consumer.dmh_id, sort="DMH_ID"),
        Column("Birth date", lambda row: row.consumer.birth_date, sort="BIRTH_DATE"),
        Column("Gender", lambda row: row.consumer.gender.label, sort="GENDER"),
        Column(
            "Pending placement",
            lambda row: row.pending_placement is not None,
            "referrals/cells.html:pending",
            "PENDING_PLACEMENT",
        ),
        Column("Age", _age, "referrals/cells.html:age", "AGE"),
        Column(
            "Response",
            lambda row: row.own_response.kind if row.own_response else None,
            "referrals/cells.html:response",
            "RESPONSE",
        ),
    ),
    columns_for=_columns_for,
    filters_for=_filters_for,
    link=lambda row: f"/referrals/{row.number}",
    late=lambda row: row.overdue,
    empty="No referral fits.",
    exports=True,
    saves=True,
    usual="All open",
    style="grid",
    template="referrals/list.html",
)
