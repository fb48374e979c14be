"""What was promised within hours and has not come: told once, a minute after (000:18-19, 000:203).

Not a duty of the calendar: each tick looks. The mark is set in the transaction that tells, so nothing is told twice and
a worker that is killed between loses nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import structlog

from orm.models import AccessRequest, Ticket
from resolvers.callers import Caller, Desk, house
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.officers import holders_of, readers
from resolvers.promises import about
from resolvers.waiting import tell_waiting_form, tell_waiting_request, waiting_forms, waiting_requests
from rules.approvals import RequestState
from rules.deadlines import is_overdue
from rules.notices import NotificationKind
from rules.roles import Role
from rules.tickets import TicketKind, TicketState

NAME = "overdue"
TITLE = "Approved requests and password resets that are overdue, requests and forms that wait for days"
CITES = "000:18-19; 000:203; 000:229-232"

_log = structlog.get_logger("homeward.overdue")


async def tell_overdue(desk: Desk) -> int:
    """Tell of everything that is overdue and not told yet, each in a transaction of its own; answer how many."""
    now = desk.clock()
    requests = AccessRequest.filter(
        state=RequestState.AWAITING_PROVISIONING, due_at__lt=now, overdue_told_at=None
    ).order_by("due_at")
    tickets = Ticket.filter(
        kind=TicketKind.PASSWORD_RESET, state=TicketState.OPEN, due_at__lt=now, overdue_told_at=None
    ).order_by("due_at")
    told = await _tell_each(desk, tell_overdue_request, await requests.values_list("id", flat=True))
    told += await _tell_each(desk, tell_overdue_reset, await tickets.values_list("id", flat=True))
    told += await _tell_each(desk, tell_waiting_request, await waiting_requests(now))
    return told + await _tell_each(desk, tell_waiting_form, await waiting_forms(now))


@operation("access_request.tell_overdue", by=THE_HOUSE, cites="000:203")
async def tell_overdue_request(work: Work, request_id: UUID) -> bool:
    """Tell ITSD Provisioning and the CSO of an approved request whose 48 hours have passed; answer whether it was."""
    work.about("access_request", request_id)
    request = await AccessRequest.filter(id=request_id).select_for_update(no_key=True).first()
    if (
        request is None
        or request.state is not RequestState.AWAITING_PROVISIONING
        or request.overdue_told_at is not None
        or request.due_at is None
        or not is_overdue(request.due_at, work.now)
    ):
        work.note(due=False)
        return False
    request.overdue_told_at = work.now
    await request.save(update_fields=["overdue_told_at"])
    people = [*await holders_of(Role.ITSD_PROVISIONING), *await holders_of(Role.CSO)]
    work.promise(about(readers(people), NotificationKind.PROVISIONING_OVERDUE, request.number))
    work.ring(request.id)
    work.note(due=True, number=request.number)
    return True


@operation("ticket.tell_overdue", by=THE_HOUSE, cites="000:18-19")
async def tell_overdue_reset(work: Work, ticket_id: UUID) -> bool:
    """Tell support desk and administrators of a reset that was not answered in time; answer whether it was so."""
    work.about("ticket", ticket_id)
    ticket = await Ticket.filter(id=ticket_id).select_for_update(no_key=True).first()
    if (
        ticket is None
        or ticket.kind is not TicketKind.PASSWORD_RESET
        or ticket.state is not TicketState.OPEN
        or ticket.overdue_told_at is not None
        or ticket.due_at is None
        or not is_overdue(ticket.due_at, work.now)
    ):
        work.note(due=False)
        return False
    ticket.overdue_told_at = work.now
    await ticket.save(update_fields=["overdue_told_at"])
    people = [*await holders_of(Role.SUPPORT_DESK), *await holders_of(Role.ADMINISTRATOR)]
    work.promise(about(readers(people), NotificationKind.RESET_OVERDUE, ticket.number))
    work.note(due=True, number=ticket.number)
    return True


async def _tell_each(desk: Desk, tell: Callable[[Caller, UUID], Awaitable[bool]], keys: list[Any]) -> int:
    caller = house(desk, NAME)
    told = 0
    for key in keys:
        try:
            told += await tell(caller, UUID(str(key)))
        except Exception as fault:  # noqa: BLE001 - one that fails must not silence the others; the next tick tries again
            _log.error("overdue.failed", subject=str(key), error=type(fault).__name__)
    return told
