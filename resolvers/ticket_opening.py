"""Open a ticket in the transaction of what makes it necessary, and tell the office that answers it (002:299-305)."""

from __future__ import annotations

from uuid import uuid4

from orm.models import AccessForm, OutsideSystem, Ticket, User
from resolvers.desk import Work
from resolvers.numbers import next_number
from resolvers.officers import holders_of, readers
from resolvers.promises import about
from rules.notices import NotificationKind
from rules.roles import Role
from rules.tickets import TicketChannel, TicketKind, TicketState


async def open_ticket(
    work: Work,
    kind: TicketKind,
    user: User,
    *,
    form: AccessForm | None = None,
    system: OutsideSystem | None = None,
) -> int:
    """Open a ticket of ITSD account management for a person's account; give its number."""
    ticket = await Ticket.create(
        id=uuid4(),
        number=await next_number("ticket"),
        kind=kind,
        state=TicketState.OPEN,
        channel=TicketChannel.HOUSE,
        user_id=user.id,
        form_id=form.id if form else None,
        system_id=system.code if system else None,
        opened_at=work.now,
        opened_by_id=work.actor.id,
    )
    work.touches("ticket", [ticket.id])
    work.promise(
        about(readers(await holders_of(Role.ITSD_ACCOUNT_MGMT)), NotificationKind.TICKET_OPENED, ticket.number)
    )
    return ticket.number
