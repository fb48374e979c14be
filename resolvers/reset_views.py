"""The support desk's queue of password resets (000:15-20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orm.models import Credential, Ticket
from resolvers.desk import Reading, access
from resolvers.numbers import LAST_NUMBER
from resolvers.paging import Page, from_cursor, page_of, page_size, to_cursor
from resolvers.phone_changes import phones_changed_at
from resolvers.resets import KIND
from rules.errors import NotFound
from rules.resets import Proof
from rules.roles import Role
from rules.tickets import TicketChannel, TicketState

_ORDER = "RESETS"


@dataclass(slots=True)
class ResetView:
    """A password reset, with what the desk needs to call back."""

    number: int
    state: TicketState
    channel: TicketChannel
    person_id: UUID
    user_id: str
    name: str
    phone: str
    phone_changed_at: datetime | None
    organization: str
    locked: bool
    on_call: bool
    opened_at: datetime
    due_at: datetime | None
    overdue: bool
    answered_at: datetime | None
    proof: Proof | None
    note: str


@access("reset.list", by={Role.SUPPORT_DESK}, cites="000:15-20")
async def list_resets(
    reading: Reading,
    state: TicketState = TicketState.OPEN,
    *,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[ResetView]:
    """List password resets in the order in which they were asked for.

    Raises:
        Invalid: a page size or a cursor that cannot be.
    """
    first = page_size(first)
    found = Ticket.filter(kind=KIND, state=state)
    total = await found.count() if count else None
    if after is not None:
        found = found.filter(number__gt=from_cursor(after, _ORDER, most=LAST_NUMBER))
    rows = await found.order_by("number").limit(first + 1).select_related("user__provider")
    views = await _views(reading, rows[:first])
    return page_of(views, lambda view: to_cursor(_ORDER, view.number), more=len(rows) > first, after=after, total=total)


@access("reset.view", by={Role.SUPPORT_DESK}, cites="000:15-20")
async def view_reset(reading: Reading, number: int) -> ResetView:
    """Show one password reset.

    Raises:
        NotFound: ``TICKET_NOT_FOUND``.
    """
    rows = []
    if 0 < number <= LAST_NUMBER:
        rows = await Ticket.filter(number=number, kind=KIND).select_related("user__provider")
    if not rows:
        raise NotFound("There is no such password reset.", code="TICKET_NOT_FOUND")
    return (await _views(reading, rows))[0]


async def _views(reading: Reading, tickets: list[Ticket]) -> list[ResetView]:
    reading.shows("ticket", [ticket.id for ticket in tickets])
    reading.shows("user", [ticket.user_id for ticket in tickets], ["user_id", "name", "phone"])
    credentials = await Credential.filter(user_id__in=[ticket.user_id for ticket in tickets])
    phones = await phones_changed_at({ticket.user_id for ticket in tickets})
    locked = {one.user_id for one in credentials if one.locked_at is not None}
    return [
        ResetView(
            number=ticket.number,
            state=ticket.state,
            channel=ticket.channel,
            person_id=ticket.user_id,
            user_id=ticket.user.user_id,
            name=ticket.user.name,
            phone=ticket.user.phone,
            phone_changed_at=phones.get(ticket.user_id),
            organization=ticket.user.provider.name if ticket.user.provider else "",
            locked=ticket.user_id in locked,
            on_call=ticket.on_call,
            opened_at=ticket.opened_at,
            due_at=ticket.due_at,
            overdue=ticket.state is TicketState.OPEN and ticket.due_at is not None and reading.now > ticket.due_at,
            answered_at=ticket.answered_at,
            proof=Proof(ticket.proof) if ticket.proof else None,
            note=ticket.note,
        )
        for ticket in tickets
    ]
