"""The pages of Insight: counties, reasons for declining, time to a home, who waits (001:265-271)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from admin_ui.charts import Drawing, Point, bars, columns, line
from admin_ui.county_map import bands_of
from admin_ui.doors import Visit
from admin_ui.filters import Asked
from admin_ui.forms import address
from admin_ui.insight_pages import Insight, dense
from admin_ui.registers import look_of
from admin_ui.tables import Column, table_of
from resolvers.insight_views import AgeBandView, DemandView, InsightsView, MonthOfPlacementsView
from resolvers.scope import READERS
from rules.insights import Count, added
from rules.referrals import DeclineReason

_KEPT_BACK = "kept back"
_YEAR = 12


def told(count: int | None, *, suppressed: bool) -> object:
    """Say a count, or that it is kept back."""
    return _KEPT_BACK if suppressed else count


def _of(count: Count) -> object:
    return told(count.count, suppressed=count.suppressed)


def month_name(first: date) -> str:
    """Say a month: ``Mar 2026``."""
    return f"{first:%b %Y}"


# Counties: demand against answers, on the map and in a table.


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that the map can show."""

    key: str
    label: str
    count: Callable[[DemandView], Count]
    nothing: str = "none"


MEASURES = (
    Measure("open", "Open now", lambda row: row.open_referrals),
    Measure("published", "Published", lambda row: row.published_in_period),
    Measure("accepts", "Acceptances", lambda row: row.accepts),
    Measure("tentative", "Tentative", lambda row: row.tentative),
    Measure("declines", "Declines", lambda row: row.declines),
    Measure("providers", "Providers in reach", lambda row: Count(row.providers_serving)),
    Measure("placements", "Homes found", lambda row: row.placements),
    Measure("days", "Days to a home", lambda row: Count(row.median_days), "no home found, or too few to tell"),
)


def _county(row: DemandView) -> str:
    return row.county.name if row.county else "Statewide"


def _map(_: Visit, asked: Asked, view: InsightsView) -> Mapping[str, Any]:
    chosen = next((one for one in MEASURES if one.key == asked.fields.raw("show")), MEASURES[0])
    counts = {row.county.fips: chosen.count(row) for row in view.demand_by_county if row.county}
    values = {fips: count.count for fips, count in counts.items()}
    others = [(name, value) for name, value in asked.kept() if name != "show"]
    return {
        "measure": chosen,
        "asked_show": "" if chosen is MEASURES[0] else chosen.key,
        "values": values,
        "legend": bands_of([value for value in values.values() if value is not None], zero=chosen.nothing),
        "said": {
            fips: f"{count.count:,}"
            if count.count is not None
            else chosen.nothing
            if chosen.key == "days"
            else _KEPT_BACK
            for fips, count in counts.items()
        },
        "measures": [
            (one, address("/insights/counties", [*others, ("show", "" if one is MEASURES[0] else one.key)]))
            for one in MEASURES
        ],
    }


COUNTIES = Insight(
    path="/insights/counties",
    title="Counties",
    about="Demand against answers: where homes are missing. A referral counts in each of its preferred counties.",
    template="insights/counties.html",
    wanted=frozenset({"demandByCounty"}),
    asks=("period", "office", "county", "show"),
    columns=(
        Column("County", _county),
        *(
            Column(one.label, lambda row, one=one: _of(one.count(row)), figure=True)  # type: ignore[misc]
            for one in MEASURES
            if one.key != "days"
        ),
        Column("Days to a home", lambda row: row.median_days, figure=True),
    ),
    rows=lambda view: view.demand_by_county,
    pictures=_map,
    link=lambda row: f"/insights/declines?county={row.county.fips}" if row.county else None,
)


# Why providers decline.


@dataclass(frozen=True, slots=True)
class _Line:
    """A reason, or a county, with its counts by month, or by reason."""

    name: str
    cells: Mapping[Any, Count]
    spark: Drawing | None = None

    @property
    def total(self) -> Count:
        return added(list(self.cells.values()))


def _by_reason(view: InsightsView) -> list[_Line]:
    months = _months(view)
    found: dict[str, dict[Any, Count]] = defaultdict(dict)
    for row in view.decline_totals:
        found[row.reason.label][row.month] = Count(None if row.suppressed else row.count)
    lines = [
        _Line(name, cells, columns([_point(month_name(month), cells.get(month)) for month in months]))
        for name, cells in found.items()
    ]
    return sorted(lines, key=lambda one: (-(one.total.count or 0), one.name))


def _months(view: InsightsView) -> list[date]:
    count = (view.ends.year - view.begins.year) * 12 + view.ends.month - view.begins.month + 1
    place = view.begins.year * 12 + view.begins.month - 1
    return [date((place + at) // 12, (place + at) % 12 + 1, 1) for at in range(count)]


def _point(label: str, count: Count | None, *, strong: bool = False) -> Point:
    return Point(label, count.count if count else 0, kept_back=bool(count and count.suppressed), strong=strong)


def _declines(visit: Visit, _: Asked, view: InsightsView) -> Mapping[str, Any]:
    months = _months(view)
    lines = _by_reason(view)
    by_month = {month: added([one.cells[month] for one in lines if month in one.cells]) for month in months}
    reasons = [reason for reason in DeclineReason if any(one.name == reason.label for one in lines)]
    by_county: dict[str, dict[Any, Count]] = defaultdict(dict)
    for row in view.declines_by_county:
        by_county[row.county.name if row.county else "Statewide"][row.reason] = row.count
    look = look_of(visit)
    return {
        "reasons": bars([_point(one.name, one.total) for one in lines]),
        "by_month": columns([_point(f"{month:%b}", by_month[month]) for month in months]),
        "month_table": dense(
            table_of(
                [
                    Column("Reason", lambda one: one.name),
                    Column("Trend", lambda one: one.spark, "insights/cells.html:trend"),
                    Column("In all", lambda one: _of(one.total), figure=True),
                    *(
                        _cell_column(month, f"{month:%b}" if len(months) <= _YEAR else month_name(month))
                        for month in months
                    ),
                ],
                lines,
                look,
                caption="Reasons for declining by month",
            )
        ),
        "county_table": dense(
            table_of(
                [
                    Column("County", lambda one: one.name),
                    Column("In all", lambda one: _of(one.total), figure=True),
                    *(_cell_column(reason, reason.label) for reason in reasons),
                ],
                [_Line(one, cells) for one, cells in by_county.items()],
                look,
                caption="Reasons for declining by county",
            )
        ),
    }


def _cell_column(key: Any, heading: str) -> Column[_Line]:  # noqa: ANN401 - a month or a reason
    return Column(heading, lambda one: _of(one.cells.get(key, Count(0))), figure=True)


DECLINES = Insight(
    path="/insights/declines",
    title="Reasons for declining",
    about="Why providers say no: by reason, by month and by county. Answers count as they stand now.",
    template="insights/declines.html",
    wanted=frozenset({"declinesByCounty", "declineTotals"}),
    exported=frozenset({"declineReasons"}),
    asks=("period", "office", "county"),
    columns=(),
    rows=lambda _: (),
    pictures=_declines,
    long=(
        (
            Column("County", lambda row: row.county.name if row.county else "Statewide"),
            Column("Month", lambda row: month_name(row.month)),
            Column("Reason", lambda row: row.reason.label),
            Column("Declines", lambda row: told(row.count, suppressed=row.suppressed)),
        ),
        lambda view: view.decline_reasons,
    ),
)


# How long it takes to find a home.


def _placed(view: InsightsView) -> Sequence[MonthOfPlacementsView]:
    return view.days_to_placement.by_month if view.days_to_placement else ()


def _time(_: Visit, __: Asked, view: InsightsView) -> Mapping[str, Any]:
    months = _placed(view)
    return {
        "found": columns(
            [Point(f"{one.month:%b}", one.count if not one.suppressed else None, one.suppressed) for one in months]
        ),
        "medians": line([Point(f"{one.month:%b}", one.median) for one in months]),
    }


TIME = Insight(
    path="/insights/time",
    title="Time to a home",
    about="Days from the first publishing to a home, here or elsewhere, by the month in which the referral was closed.",
    template="insights/time.html",
    wanted=frozenset({"daysToPlacement"}),
    asks=("period", "office", "county"),
    columns=(
        Column("Month", lambda row: month_name(row.month)),
        Column("Homes found", lambda row: told(row.count, suppressed=row.suppressed), figure=True),
        Column("Half of them within, days", lambda row: row.median, figure=True),
    ),
    rows=_placed,
    pictures=_time,
)


# Who waits.


def _band(row: AgeBandView) -> str:
    return f"over {row.least - 1}" if row.most is None else f"{row.least} to {row.most}"


def _waiting(visit: Visit, _: Asked, view: InsightsView) -> Mapping[str, Any]:
    counts = [Count(row.count) for row in view.ages_of_open]
    return {
        "ages": columns([_point(_band(row), Count(row.count), strong=row.overdue) for row in view.ages_of_open]),
        "open_now": added(counts),
        "links": visit.caller.actor.has_any(READERS),
    }


WAITING = Insight(
    path="/insights/waiting",
    title="Who waits",
    about="How long the open referrals have been open, and those that no provider has accepted yet.",
    template="insights/waiting.html",
    wanted=frozenset({"agesOfOpen", "withoutAcceptance"}),
    asks=("office", "county", "olderThan"),
    columns=(
        Column("Days open", _band),
        Column("Open referrals", lambda row: told(row.count, suppressed=row.suppressed), figure=True),
        Column("Overdue", lambda row: row.overdue, "insights/cells.html:overdue"),
    ),
    rows=lambda view: view.ages_of_open,
    late=lambda row: row.overdue,
    pictures=_waiting,
)

INSIGHTS = (COUNTIES, DECLINES, TIME, WAITING)
