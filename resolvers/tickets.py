"""Tickets: the queue of an office, and closing what was done (002:299-305)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orm.models import AccessForm, Ticket, User
from resolvers.desk import Reading, Work, access, operation
from resolvers.numbers import LAST_NUMBER
from resolvers.outside_systems import OutsideSystemView, systems_by_code
from resolvers.paging import Page, from_cursor, page_of, page_size, to_cursor
from rules.errors import NotFound
from rules.text import clean_text
from rules.tickets import (
    CLOSED_BY,
    QUEUES,
    TicketChannel,
    TicketKind,
    TicketOutcome,
    TicketState,
    check_open,
    kinds_of,
)

NOTE_LIMIT = 300

_ORDER = "TICKET"


@dataclass(slots=True)
class TicketView:
    """What somebody has to do for an account, and by when."""

    id: UUID
    number: int
    kind: TicketKind
    state: TicketState
    channel: TicketChannel
    user_id: str
    name: str
    form_number: int | None
    system: OutsideSystemView | None
    on_call: bool
    opened_at: datetime
    due_at: datetime | None
    answered_at: datetime | None
    answered_by: str | None
    note: str


@access("ticket.list", by=QUEUES.keys(), cites="000:15-20; 002:299-305")
async def list_tickets(
    reading: Reading,
    *,
    kind: TicketKind | None = None,
    state: TicketState | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[TicketView]:
    """List the tickets of the caller's office, the oldest first.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    kinds = kinds_of(reading.actor.roles)
    asked = kinds & {kind} if kind is not None else kinds
    tickets = Ticket.filter(kind__in=sorted(asked))
    if state is not None:
        tickets = tickets.filter(state=state)
    total = await tickets.count() if count else None
    if after is not None:
        tickets = tickets.filter(number__gt=from_cursor(after, _ORDER, most=LAST_NUMBER))
    rows = await tickets.order_by("number").limit(size + 1)
    views = await _views(rows[:size])
    reading.shows("ticket", (view.id for view in views), ["tickets"])
    return page_of(views, lambda view: to_cursor(_ORDER, view.number), more=len(rows) > size, after=after, total=total)


@access("ticket.view", by=QUEUES.keys(), cites="000:15-20; 002:299-305")
async def view_ticket(reading: Reading, number: int) -> TicketView:
    """Show a ticket of the caller's office.

    Raises:
        NotFound: there is no such ticket for this person.
    """
    kinds = kinds_of(reading.actor.roles)
    ticket = await Ticket.filter(number=number, kind__in=sorted(kinds)).first() if 0 < number <= LAST_NUMBER else None
    if ticket is None:
        raise _no_such_ticket()
    reading.about("ticket", ticket.id)
    reading.shows("ticket", [ticket.id], ["ticket"])
    return (await _views([ticket]))[0]


@operation("ticket.close", by=CLOSED_BY.keys(), cites="002:299-305")
async def close_ticket(work: Work, number: int, outcome: TicketOutcome, note: str = "") -> int:
    """Close a ticket of account management or to an agency; password resets are answered elsewhere.

    Raises:
        NotFound: there is no such ticket for this person.
        Conflict: ``TICKET_CLOSED``.
        Invalid: the note is too long, or missing where nothing was done.
    """
    words = clean_text(note, field="note", limit=NOTE_LIMIT, multiline=True, required=outcome is TicketOutcome.REFUSED)
    ticket = (
        await Ticket.filter(number=number).select_for_update(no_key=True).first() if 0 < number <= LAST_NUMBER else None
    )
    if ticket is None or ticket.kind not in kinds_of(work.actor.roles, CLOSED_BY):
        raise _no_such_ticket()
    work.about("ticket", ticket.id)
    check_open(ticket.state)
    ticket.state = outcome.as_state
    ticket.note = words
    ticket.answered_at = work.now
    ticket.answered_by_id = work.actor.person()
    await ticket.save(update_fields=["state", "note", "answered_at", "answered_by_id"])
    work.note(number=number, outcome=str(outcome))
    work.ring(ticket.id)
    return number


async def _views(tickets: list[Ticket]) -> list[TicketView]:
    people = {one.user_id for one in tickets} | {one.answered_by_id for one in tickets if one.answered_by_id}
    users = {one.id: one for one in await User.filter(id__in=list(people))}
    forms = {one.id: one.number for one in await AccessForm.filter(id__in=[x.form_id for x in tickets if x.form_id])}
    codes = {one.system_id for one in tickets if one.system_id}
    systems = await systems_by_code(codes)
    return [
        TicketView(
            id=one.id,
            number=one.number,
            kind=one.kind,
            state=one.state,
            channel=one.channel,
            user_id=users[one.user_id].user_id,
            name=users[one.user_id].name,
            form_number=forms.get(one.form_id) if one.form_id else None,
            system=systems.get(one.system_id) if one.system_id else None,
            on_call=one.on_call,
            opened_at=one.opened_at,
            due_at=one.due_at,
            answered_at=one.answered_at,
            answered_by=users[one.answered_by_id].name if one.answered_by_id else None,
            note=one.note,
        )
        for one in tickets
    ]


def _no_such_ticket() -> NotFound:
    return NotFound("There is no such ticket.", code="TICKET_NOT_FOUND", field="number")
