"""The obligations of a year at one sight: what was done, what is open or late, and what the calendar will bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from orm.models import DatedObligation
from resolvers.desk import Reading, access
from resolvers.obligation_views import OBLIGATION_READERS, visible_codes
from rules.calendar import month_end
from rules.errors import Invalid
from rules.obligations import OBLIGATIONS, EachYear, EveryMonths, Obligation, ObligationState, windows_due
from rules.policy import Policy
from rules.roles import Role

FIRST_YEAR, LAST_YEAR = 2000, 2100
_MONTHS = range(1, 13)


class MarkState(StrEnum):
    """Say how an obligation stands, the most pressing first."""

    OVERDUE = "OVERDUE"
    """Open, and its due date has passed."""
    OPEN = "OPEN"
    """To be done."""
    EXPECTED = "EXPECTED"
    """The calendar opens it later."""
    DONE = "DONE"
    """Done, and its evidence is kept."""


@dataclass(frozen=True, slots=True)
class YearMark:
    """So many obligations of one kind that are due in a month and stand alike; ``number`` is there for a single one."""

    state: MarkState
    due_on: date
    count: int
    number: int | None


@dataclass(frozen=True, slots=True)
class YearRow:
    """An obligation of the documents, and what is due of it in each of the twelve months."""

    code: str
    title: str
    owners: list[Role]
    months: list[list[YearMark]]


@dataclass(frozen=True, slots=True)
class ObligationYear:
    """A year of the calendar, as far as the caller sees it; ``month`` is the present one, 0 in other years."""

    year: int
    month: int
    rows: list[YearRow]


@access("obligation.year", by=OBLIGATION_READERS, cites="002:54-133")
async def view_obligation_year(reading: Reading, year: int | None = None) -> ObligationYear:
    """Show the obligations that are due in a year, this one unless said otherwise.

    Raises:
        Invalid: ``YEAR_UNKNOWN``.
    """
    wanted = reading.today.year if year is None else year
    if not FIRST_YEAR <= wanted <= LAST_YEAR:
        raise Invalid(f"Choose a year from {FIRST_YEAR} to {LAST_YEAR}.", code="YEAR_UNKNOWN", field="year")
    visible = visible_codes(reading.actor.roles)
    rows = await DatedObligation.filter(
        code__in=sorted(visible), due_on__gte=date(wanted, 1, 1), due_on__lte=date(wanted, 12, 31)
    ).order_by("due_on", "number")
    reading.shows("obligation", [row.id for row in rows], ["obligationYear"])
    found: dict[tuple[str, int], list[DatedObligation]] = {}
    for row in rows:
        found.setdefault((row.code, row.due_on.month), []).append(row)
    return ObligationYear(
        wanted,
        reading.today.month if wanted == reading.today.year else 0,
        [
            _row(one, found, wanted, reading.today, reading.policy)
            for one in OBLIGATIONS.values()
            if one.code in visible
        ],
    )


def _marks(rows: list[DatedObligation], today: date) -> list[YearMark]:
    """Put together what stands alike in a month, the most pressing first."""
    alike: dict[MarkState, list[DatedObligation]] = {}
    for row in rows:
        alike.setdefault(_state(row, today), []).append(row)
    return [
        YearMark(state, alike[state][0].due_on, len(alike[state]), _single(alike[state]))
        for state in MarkState
        if state in alike
    ]


def _row(
    one: Obligation, found: dict[tuple[str, int], list[DatedObligation]], year: int, today: date, policy: Policy
) -> YearRow:
    """Set out the months, with what the calendar will open; what follows from a thing not done yet has no date."""
    months = [_marks(found.get((one.code, month), []), today) for month in _MONTHS]
    if year >= today.year and isinstance(one.cadence, EachYear | EveryMonths):
        for window in windows_due(one.cadence, today, month_end(date(year, 12, 1)), policy):
            if window.due_on.year == year:
                months[window.due_on.month - 1].append(YearMark(MarkState.EXPECTED, window.due_on, 1, None))
    return YearRow(one.code, one.title, list(one.owners), months)


def _state(row: DatedObligation, today: date) -> MarkState:
    if row.state is ObligationState.DONE:
        return MarkState.DONE
    return MarkState.OVERDUE if row.due_on < today else MarkState.OPEN


def _single(rows: list[DatedObligation]) -> int | None:
    return rows[0].number if len(rows) == 1 else None
