"""Tickets of each office, and the systems of other agencies that leavers are told to (002:278-285, 002:299-305)."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit, go_to
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.forms import Fields
from admin_ui.registers import Register, show_register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.outside_systems import (
    OutsideSystemData,
    OutsideSystemView,
    list_outside_systems,
    upsert_outside_system,
    view_outside_system,
)
from resolvers.paging import Page
from resolvers.role_catalogue import list_roles
from resolvers.tickets import NOTE_LIMIT, TicketView, close_ticket, list_tickets, view_ticket
from rules.errors import Invalid
from rules.roles import Role
from rules.tickets import CLOSED_BY, TicketKind, TicketOutcome, TicketState, kinds_of

SYSTEM_KEEPERS = frozenset({Role.ITSD_ACCOUNT_MGMT})


def _where(asked: Asked) -> tuple[TicketKind | None, TicketState | None]:
    return asked.fields.choice("kind", TicketKind), asked.fields.choice("state", TicketState)


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[TicketView]:
    kind, state = _where(asked)
    return await list_tickets(caller, kind=kind, state=state, first=first, after=after, count=True)


TICKETS = Register(
    path="/tickets",
    title="Tickets",
    about="What your office has to do for an account, the oldest first.",
    one="ticket",
    rows=_rows,
    read=_where,
    filters=(
        Filter("state", "State", Kind.CHOICE, choices=coded(TicketState)),
        Filter("kind", "What", Kind.CHOICE, choices=coded(TicketKind)),
    ),
    columns=(
        Column("Ticket", lambda one: one.number, tight=True),
        Column("State", lambda one: one.state, "access/cells.html:ticket_state", tight=True),
        Column("Due", lambda one: one.due_at, "access/cells.html:ticket_due", tight=True),
        Column("What", lambda one: one.kind),
        Column("User ID", lambda one: one.user_id, tight=True),
        Column("Person", lambda one: one.name),
        Column("System", lambda one: one.system.name if one.system else None),
        Column("Opened", lambda one: one.opened_at, tight=True),
        Column("Answered by", lambda one: one.answered_by),
    ),
    link=lambda one: f"/tickets/{one.number}",
    empty="No ticket fits. They come by themselves, when somebody leaves or cannot sign in.",
    exports=True,
)


async def ticket_page(visit: Visit) -> Response:
    """Show one ticket; the support desk answers a password reset on a page of its own."""
    ticket = await view_ticket(visit.caller, visit.request.path_params["number"])
    if ticket.kind is TicketKind.PASSWORD_RESET and visit.caller.actor.has_any({Role.SUPPORT_DESK}):
        return go_to(f"/resets/{ticket.number}")
    closes = ticket.state is TicketState.OPEN and ticket.kind in kinds_of(visit.caller.actor.roles, CLOSED_BY)
    return visit.show("access/ticket.html", ticket=ticket, closes=closes, now=visit.caller.desk.clock())


async def _the_ticket(visit: Visit) -> Loaded:
    ticket = await view_ticket(visit.caller, visit.request.path_params["number"])
    about = f"{ticket.name}, user ID {ticket.user_id}{', ' + ticket.system.name if ticket.system else ''}."
    return Loaded(title=f"Close ticket {ticket.number}", about=about, back=f"/tickets/{ticket.number}")


async def _close(visit: Visit, given: Fields) -> str:
    outcome = given.choice("outcome", TicketOutcome)
    if outcome is None:
        raise Invalid("Say whether it was done.", code="FIELD_REQUIRED", field="outcome")
    number = await close_ticket(visit.caller, visit.request.path_params["number"], outcome, given.raw("note"))
    return f"/tickets/{number}"


CLOSE_TICKET = Action(
    path="/tickets/{number:int}/close",
    title="Close the ticket",
    button="Close it",
    load=_the_ticket,
    do=_close,
    of=close_ticket,
    done="The ticket was closed.",
    fields=(
        Field(
            "outcome",
            "Outcome",
            Ask.RADIO,
            required=True,
            choices=((TicketOutcome.DONE, "It was done"), (TicketOutcome.REFUSED, "It was not done, or not needed")),
        ),
        Field("note", "Note", Ask.AREA, limit=NOTE_LIMIT, hint="Needed when it was not done."),
    ),
)


async def _systems(caller: Caller, _: Asked, __: int, ___: str | None) -> Page[OutsideSystemView]:
    systems = await list_outside_systems(caller)
    return Page(systems, [one.code for one in systems], has_next_page=False, has_previous_page=False)


SYSTEMS = Register(
    path="/outside-systems",
    title="Outside systems",
    about="Systems of other agencies, and the roles that open them. When a holder leaves, the agency is told.",
    one="system",
    rows=_systems,
    columns=(
        Column("Code", lambda one: one.code, tight=True),
        Column("Name", lambda one: one.name),
        Column("Agency", lambda one: one.agency),
        Column("Mainframe", lambda one: one.mainframe),
        Column("In use", lambda one: one.active),
        Column("Roles that open it", lambda one: one.roles, "access/cells.html:role_names"),
    ),
    link=lambda one: f"/outside-systems/{one.code}",
    empty="No outside system is on file. Account management enters them.",
    template="access/outside_systems.html",
)


async def systems_page(visit: Visit) -> Response:
    """List the outside systems; account management enters them."""
    return await show_register(visit, SYSTEMS, {"keeps": visit.caller.actor.has_any(SYSTEM_KEEPERS)})


_CODE = Field("code", "Code", required=True, limit=20)
_SYSTEM = (
    Field("name", "Name", required=True),
    Field("agency", "Agency", required=True, hint="Whom to tell when somebody leaves."),
    Field("mainframe", "On the mainframe", Ask.BOX),
    Field("active", "In use", Ask.BOX),
    Field("roles", "Roles that open it", Ask.CHOICES),
)


async def _roles_field(visit: Visit) -> Field:
    roles = [(one.code, one.name) for one in await list_roles(visit.caller)]
    return Field("roles", "Roles that open it", Ask.CHOICES, choices=roles)


async def _to_enter(visit: Visit) -> Loaded:
    return Loaded({"active": "yes"}, fields=(_CODE, *_SYSTEM[:-1], await _roles_field(visit)), back="/outside-systems")


async def _to_change(visit: Visit) -> Loaded:
    system = await view_outside_system(visit.caller, visit.request.path_params["code"])
    return Loaded(
        {
            "name": system.name,
            "agency": system.agency,
            "mainframe": "yes" if system.mainframe else "",
            "active": "yes" if system.active else "",
            "roles": system.roles,
        },
        fields=(*_SYSTEM[:-1], await _roles_field(visit)),
        title=f"Outside system {system.code}",
        back="/outside-systems",
    )


async def _save(visit: Visit, given: Fields) -> str:
    known = visit.request.path_params.get("code")
    data = OutsideSystemData(
        code=known or given.raw("code"),
        name=given.raw("name"),
        agency=given.raw("agency"),
        mainframe=bool(given.raw("mainframe")),
        active=bool(given.raw("active")),
        roles=frozenset(given.all("roles")),
        is_new=known is None,
    )
    await upsert_outside_system(visit.caller, data)
    return "/outside-systems"


NEW_SYSTEM = Action(
    path="/outside-systems/new",
    title="Enter an outside system",
    button="Save",
    load=_to_enter,
    do=_save,
    of=upsert_outside_system,
    done="The system was saved.",
    fields=(_CODE, *_SYSTEM),
)
CHANGE_SYSTEM = Action(
    path="/outside-systems/{code}",
    title="Outside system",
    button="Save",
    load=_to_change,
    do=_save,
    of=upsert_outside_system,
    rewrites=True,
    done="The system was saved.",
    fields=_SYSTEM,
)
TICKET_ACTIONS = (CLOSE_TICKET, NEW_SYSTEM, CHANGE_SYSTEM)
