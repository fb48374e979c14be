"""Insight: what the answers tell, page by page; each a chart and the same numbers as a table, to be taken out too.

What an address asks is kept in the address. What is taken out keeps small counts back whoever takes it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from admin_ui.doors import Visit, go_to
from admin_ui.filters import Asked, Filter, Kind
from admin_ui.forms import address
from admin_ui.registers import look_of
from admin_ui.rendering import said
from admin_ui.spreadsheets import Sheet, spreadsheet
from admin_ui.tables import Column, Table, table_of
from resolvers.exports import begin_export
from resolvers.insight_views import InsightQuestion, InsightsView, PlacesView
from resolvers.insights import view_insights
from rules.errors import Invalid

Pictures = Callable[[Visit, Asked, InsightsView], Mapping[str, Any]]
"""Gives the template its charts and further tables."""

_FIELDS = {"from": "periodFrom", "to": "periodTo", "olderThanDays": "olderThan"}
"""What the use case calls the fields of the form."""


@dataclass(frozen=True, slots=True)
class Insight:
    """One page: what it asks for, and the rows and columns of its table; ``long`` are those of its file, if others."""

    path: str
    title: str
    about: str
    template: str
    wanted: frozenset[str]
    asks: tuple[str, ...]
    columns: Sequence[Column[Any]]
    rows: Callable[[InsightsView], Sequence[Any]]
    pictures: Pictures
    link: Callable[[Any], str | None] | None = None
    late: Callable[[Any], bool] | None = None
    exported: frozenset[str] = frozenset()
    """What its file asks for, if not the same as the page."""
    long: tuple[Sequence[Column[Any]], Callable[[InsightsView], Sequence[Any]]] | None = None

    @property
    def name(self) -> str:
        """Name its file."""
        return self.path.strip("/").replace("/", "-")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the form above is made of, the same one as above every list."""

    register: Insight
    filters: Sequence[Filter]
    asked: Asked


async def show_insight(visit: Visit, insight: Insight, refusal: Invalid | None = None) -> Response:
    """Answer the page; a question that cannot be answered is said at its field, and keeps what was typed."""
    asked = _asked(visit, insight)
    view: InsightsView | None = None
    if visit.request.method == "POST" and refusal is None:
        return go_to(address(insight.path, asked.kept()))
    if refusal is None:
        try:
            view = await _view(visit, insight, asked)
        except Invalid as invalid:
            refusal = _at_its_field(invalid)
    places = view.places if view else (await view_insights(visit.caller, InsightQuestion(), wanted={"places"})).places
    more: Mapping[str, Any] = {}
    if view is not None:
        table = table_of(
            insight.columns,
            insight.rows(view),
            look_of(visit),
            caption=insight.title,
            link=insight.link,
            late=insight.late,
        )
        more = {"table": dense(table), **insight.pictures(visit, asked, view)}
    return visit.show(
        insight.template,
        refusal=refusal,
        insight=insight,
        list=Narrowing(insight, [one for one in _filters(insight, places) if one.name != "show"], asked),
        view=view,
        **more,
    )


def dense(table: Table) -> Table:
    """Set a table of numbers narrowly."""
    return replace(table, style="dense")


async def export_insight(visit: Visit, insight: Insight) -> Response:
    """Take the numbers out as a spreadsheet; small counts are kept back, and that it was taken out is written down."""
    asked = _asked(visit, insight)
    sheet = visit.fields.choice("as", Sheet) or Sheet.CSV
    try:
        view = await _view(visit, insight, asked, exported=True)
    except Invalid as invalid:
        return await show_insight(visit, insight, _at_its_field(invalid))
    columns, rows = insight.long or (insight.columns, insight.rows)
    await begin_export(visit.caller, insight.name, sheet.value, narrowed=asked.narrowed)
    lines = [[said(column.value(row)) for column in columns] for row in rows(view)]

    async def one_by_one() -> Any:  # noqa: ANN401 - an iterator of lines
        for line in lines:
            yield line

    return await spreadsheet(sheet, insight.name, [column.heading for column in columns], one_by_one())


async def _view(visit: Visit, insight: Insight, asked: Asked, *, exported: bool = False) -> InsightsView:
    days = asked.fields.number("olderThan", "A number of days") if "olderThan" in insight.asks else None
    question = InsightQuestion(
        begins=asked.day("periodFrom"),
        ends=asked.day("periodTo"),
        county=asked.text("county"),
        office=asked.text("office"),
        older_than_days=None if exported else days,
        exported=exported,
    )
    wanted = (insight.exported or insight.wanted) if exported else insight.wanted | {"places"}
    return await view_insights(visit.caller, question, wanted=wanted)


def _asked(visit: Visit, insight: Insight) -> Asked:
    return Asked.of(visit.fields, _filters(insight, None), (), posted=visit.request.method == "POST")


def _filters(insight: Insight, places: PlacesView | None) -> list[Filter]:
    counties = [(one.fips, one.name) for one in places.counties] if places else []
    offices = [(one.code, one.name) for one in places.offices] if places else []
    known = {
        "period": Filter("period", "Period", Kind.DAYS),
        "county": Filter("county", "County", Kind.CHOICE, choices=counties),
        "office": Filter("office", "Regional office", Kind.CHOICE, choices=offices),
        "olderThan": Filter("olderThan", "Longer than, in days", Kind.NUMBER, hint="60, unless you say otherwise."),
        "show": Filter("show", "On the map"),
    }
    # A choice without choices is no question; without places nothing is shown yet, and every name is read.
    return [known[name] for name in insight.asks if places is None or name != "office" or offices]


def _at_its_field(refusal: Invalid) -> Invalid:
    return Invalid(refusal.message, code=refusal.code, field=_FIELDS.get(refusal.field or "", refusal.field))
