"""The calendar of obligations as people see it: what is open, late and done, and what is asked for (RSK-01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orm.models import DatedObligation, Evidence, User
from orm.sql import fetch, to_uuid
from resolvers.desk import Reading, access
from resolvers.numbers import LAST_NUMBER
from resolvers.obligations import OBLIGATION_OWNERS, may_complete, no_such_obligation
from resolvers.paging import Page, from_cursor, page_of, page_size, to_cursor
from rules.calendar import months_after
from rules.errors import Invalid
from rules.obligations import (
    OBLIGATIONS,
    EachYear,
    EveryMonths,
    ObligationState,
    Rolling,
    SubjectKind,
    windows_due,
)
from rules.policy import Policy
from rules.roles import Role

READS_ALL = frozenset({Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR})
"""Who sees every obligation; others see those that they answer for."""

OBLIGATION_READERS = READS_ALL | OBLIGATION_OWNERS

_ORDER = "OBLIGATION"
_PLACES = 10**10


@dataclass(frozen=True, slots=True)
class ObligationView:
    """A dated obligation: what it is, who answers for it, by when, and its evidence."""

    id: UUID
    number: int
    code: str
    title: str
    subject: str
    subject_kind: SubjectKind
    owners: list[Role]
    performed_by: str
    output: str
    cites: str
    opens_on: date
    due_on: date
    state: ObligationState
    overdue: bool
    moved_by: str
    opened_at: datetime
    reminded_on: date | None
    escalated_on: date | None
    done_at: datetime | None
    done_by: str
    evidence_number: int | None
    may_complete: bool


@dataclass(frozen=True, slots=True)
class ObligationRule:
    """What the documents ask for, how often in words, and the next due date that is known."""

    code: str
    title: str
    cadence: str
    owners: list[Role]
    performed_by: str
    output: str
    cites: str
    next_due_on: date | None


@access("obligation.list", by=OBLIGATION_READERS, cites="002:54-133")
async def list_obligations(
    reading: Reading,
    *,
    state: ObligationState | None = None,
    code: str | None = None,
    overdue: bool | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[ObligationView]:
    """List the obligations that the caller may see, the earliest due first.

    Raises:
        Invalid: a cursor or page size that cannot be, ``UNKNOWN_OBLIGATION``.
    """
    size = page_size(first)
    if code is not None and code not in OBLIGATIONS:
        raise Invalid("There is no obligation of this code.", code="UNKNOWN_OBLIGATION", field="code")
    visible = visible_codes(reading.actor.roles)
    where = ["o.code IN (:codes)"]
    values: dict[str, Any] = {"codes": sorted(visible if code is None else visible & {code})}
    if state is not None:
        where.append("o.state = :state")
        values["state"] = state
    if overdue is not None:
        late = "(o.state = 'OPEN' AND o.due_on < :today)"
        where.append(late if overdue else f"NOT {late}")
        values["today"] = reading.today
    total: int | None = None
    if count:
        counted = await fetch(f"SELECT COUNT(*) AS n FROM dated_obligation o WHERE {' AND '.join(where)}", **values)
        total = int(counted[0]["n"])
    if after is not None:
        place, number = divmod(from_cursor(after, _ORDER), _PLACES)
        if not date.min.toordinal() <= place <= date.max.toordinal():
            raise Invalid("This cursor was not made for this list.", code="CURSOR_MALFORMED", field="after")
        where.append("(o.due_on > :last_on OR (o.due_on = :last_on AND o.number > :last_number))")
        values |= {"last_on": date.fromordinal(place), "last_number": min(number, LAST_NUMBER)}
    rows: list[dict[str, Any]] = []
    if total != 0:
        rows = await fetch(
            f"SELECT o.id FROM dated_obligation o WHERE {' AND '.join(where)} ORDER BY o.due_on, o.number LIMIT :limit",
            **values,
            limit=size + 1,
        )
    views = await show_obligations(reading, [to_uuid(row["id"]) for row in rows[:size]])
    return page_of(
        views,
        lambda view: to_cursor(_ORDER, view.due_on.toordinal() * _PLACES + view.number),
        more=len(rows) > size,
        after=after,
        total=total,
    )


@access("obligation.view", by=OBLIGATION_READERS, cites="002:54-133")
async def view_obligation(reading: Reading, number: int) -> ObligationView:
    """Show one obligation.

    Raises:
        NotFound: there is no such obligation for this person.
    """
    row = await DatedObligation.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if row is None or row.code not in visible_codes(reading.actor.roles):
        raise no_such_obligation()
    reading.about("obligation", row.id)
    return (await show_obligations(reading, [row.id]))[0]


@access("obligation.rules", by=OBLIGATION_READERS, cites="002:54-133")
async def list_obligation_rules(reading: Reading) -> list[ObligationRule]:
    """List what the documents ask for, whether or not a date is open."""
    visible = visible_codes(reading.actor.roles)
    open_rows = await DatedObligation.filter(state=ObligationState.OPEN).order_by("-due_on")
    next_due = {row.code: row.due_on for row in open_rows}
    reading.note(rules=len(visible))
    return [
        ObligationRule(
            one.code,
            one.title,
            _in_words(one.cadence, reading.policy),
            list(one.owners),
            one.performed_by,
            one.output,
            one.cites,
            next_due.get(one.code) or _next_window(one.cadence, reading.today, reading.policy),
        )
        for one in OBLIGATIONS.values()
        if one.code in visible
    ]


def visible_codes(roles: frozenset[Role]) -> set[str]:
    """Say which obligations somebody with these roles sees."""
    if roles & READS_ALL:
        return set(OBLIGATIONS)
    return {one.code for one in OBLIGATIONS.values() if may_complete(roles, one)}


async def show_obligations(reading: Reading, keys: list[UUID]) -> list[ObligationView]:
    """Show these obligations in the order given."""
    reading.shows("obligation", keys, ["obligations"])
    if not keys:
        return []
    rows = {row.id: row for row in await DatedObligation.filter(id__in=keys)}
    reports = [row.evidence_id for row in rows.values() if row.evidence_id]
    kept = await Evidence.filter(id__in=reports).only("id", "number") if reports else []
    numbers = {one.id: one.number for one in kept}
    people = [row.done_by_id for row in rows.values() if row.done_by_id]
    names = {user.id: user.name for user in await User.filter(id__in=people)} if people else {}
    return [_view(reading, rows[key], numbers, names) for key in keys]


def _view(reading: Reading, row: DatedObligation, numbers: dict[UUID, int], names: dict[UUID, str]) -> ObligationView:
    obligation = OBLIGATIONS[row.code]
    is_open = row.state is ObligationState.OPEN
    return ObligationView(
        id=row.id,
        number=row.number,
        code=row.code,
        title=row.title,
        subject=row.subject,
        subject_kind=obligation.subject,
        owners=list(obligation.owners),
        performed_by=obligation.performed_by,
        output=obligation.output,
        cites=obligation.cites,
        opens_on=row.opens_on,
        due_on=row.due_on,
        state=row.state,
        overdue=is_open and row.due_on < reading.today,
        moved_by=row.moved_by,
        opened_at=row.opened_at,
        reminded_on=row.reminded_on,
        escalated_on=row.escalated_on,
        done_at=row.done_at,
        done_by=names.get(row.done_by_id, "") if row.done_by_id else "",
        evidence_number=numbers.get(row.evidence_id) if row.evidence_id else None,
        may_complete=is_open and may_complete(reading.actor.roles, obligation),
    )


def _in_words(cadence: object, policy: Policy) -> str:
    if isinstance(cadence, EachYear):
        times = len(cadence.windows)
        return "once a year" if times == 1 else f"{times} times a year"
    if isinstance(cadence, EveryMonths):
        return f"every {getattr(policy, cadence.months)} months"
    if isinstance(cadence, Rolling):
        return f"{cadence.months(policy)} months after the last one, for each"
    return "whenever it happens"


def _next_window(cadence: object, on: date, policy: Policy) -> date | None:
    if not isinstance(cadence, EachYear | EveryMonths):
        return None
    ahead = windows_due(cadence, on, months_after(on, 25), policy)
    return next((window.due_on for window in ahead), None)
