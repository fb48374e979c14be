"""What waits in the access office: requests, forms, incidents, tickets, resets, duties; each with its page."""

from __future__ import annotations

from admin_ui.waiting import Provider, Tone, Waiting, pressing
from resolvers.access_form_queue import FormFilter, list_access_forms
from resolvers.access_request_views import Inbox, list_access_requests
from resolvers.account_reach import LOCAL_OFFICERS
from resolvers.callers import Caller
from resolvers.incident_views import list_incidents
from resolvers.issuing import LIAISONS, OA
from resolvers.open_duties import DUTY_READERS, list_open_duties
from resolvers.reset_views import list_resets
from resolvers.tickets import list_tickets
from rules.access_forms import FormState
from rules.incidents import IncidentState
from rules.roles import Role
from rules.tickets import CLOSED_BY, TicketState, kinds_of

_FIRST = 20


async def decisions_waiting(caller: Caller) -> list[Waiting]:
    """Access requests for one's own decision, and for provisioning its queue with the 48-hour clock."""
    inboxes = [(Inbox.TO_DECIDE, "for your decision", "/access-requests")]
    if caller.actor.has_any({Role.ITSD_PROVISIONING}):
        inboxes.append((Inbox.PROVISIONING, "for the final approval", "/provisioning"))
    return [
        pressing(
            await list_access_requests(caller, inbox, first=_FIRST, count=True),
            f"access requests {what}",
            href,
            caller,
            one=f"access request {what}",
        )
        for inbox, what, href in inboxes
    ]


async def tickets_waiting(caller: Caller) -> list[Waiting]:
    """Tickets that one's office closes, and for the support desk password resets with the two-hour clock."""
    waiting = []
    if kinds_of(caller.actor.roles, CLOSED_BY):
        tickets = await list_tickets(caller, state=TicketState.OPEN, first=_FIRST, count=True)
        waiting.append(pressing(tickets, "open tickets", "/tickets?state=OPEN", caller, one="open ticket"))
    if caller.actor.has_any({Role.SUPPORT_DESK}):
        resets = await list_resets(caller, first=_FIRST, count=True)
        waiting.append(pressing(resets, "password resets", "/resets", caller, one="password reset"))
    return waiting


async def incidents_waiting(caller: Caller) -> list[Waiting]:
    """Open incidents: for the officer those to answer, for the Chief Security Officer those to close."""
    if not caller.actor.has_any({Role.CSO, Role.LSO}):
        return []
    found = await list_incidents(caller, state=IncidentState.OPEN, first=_FIRST, count=True)
    if caller.actor.has_any({Role.CSO}):
        return [
            Waiting("open incidents", found.total_count or 0, "/incidents?state=OPEN", Tone.DUE, one="open incident")
        ]
    unanswered = [one for one in found.nodes if one.lso_answer is None]
    return [
        Waiting("incidents to answer", len(unanswered), "/incidents?state=OPEN", Tone.DUE, one="incident to answer")
    ]


async def forms_waiting(caller: Caller) -> list[Waiting]:
    """Access forms at one's desk: to sign, to forward, to carry out, to release."""
    desks = []
    if caller.actor.has_any(LOCAL_OFFICERS):
        desks.append(
            (
                FormState.AWAITING_SIGNATURES,
                "access forms that wait for signatures",
                "access form that waits for signatures",
            )
        )
    if caller.actor.has_any(LIAISONS):
        desks.append((FormState.WITH_REGIONAL_OFFICE, "access forms to forward", "access form to forward"))
        desks.append((FormState.ISSUED, "user IDs to release", "user ID to release"))
    if caller.actor.has_any(OA):
        desks.append((FormState.WITH_OA, "access forms to carry out", "access form to carry out"))
    waiting = []
    for state, label, one in desks:
        found = await list_access_forms(caller, where=FormFilter(states=(state,)), first=1, count=True)
        waiting.append(Waiting(label, found.total_count or 0, f"/forms?state={state}", Tone.DUE, one=one))
    return waiting


async def duties_waiting(caller: Caller) -> list[Waiting]:
    """Duties without a holder."""
    if not caller.actor.has_any(DUTY_READERS):
        return []
    found = await list_open_duties(caller, first=1, count=True)
    return [
        Waiting(
            "duties without a holder", found.total_count or 0, "/open-duties", Tone.DUE, one="duty without a holder"
        )
    ]


ACCESS_WAITING: tuple[Provider, ...] = (
    decisions_waiting,
    tickets_waiting,
    incidents_waiting,
    forms_waiting,
    duties_waiting,
)
