"""The support desk: password resets with the two-hour clock, answered on proof (000:5, 000:15-20, 000:313-317)."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded, Shown
from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.forms import Fields
from admin_ui.registers import Register, show_register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.help import public_support
from resolvers.paging import Page
from resolvers.reset_views import ResetView, list_resets, view_reset
from resolvers.resets import carry_out_reset, open_reset, refuse_reset, resolve_reset, take_reset_call
from rules.errors import Invalid
from rules.resets import Proof
from rules.tickets import TicketState

_WHY_LIMIT = 300


def _state(asked: Asked) -> TicketState:
    return asked.fields.choice("state", TicketState) or TicketState.OPEN


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[ResetView]:
    return await list_resets(caller, _state(asked), first=first, after=after, count=True)


RESETS = Register(
    path="/resets",
    title="Password resets",
    about="Asked for at the door or on the telephone, the oldest first. Each is due within two hours.",
    one="reset",
    rows=_rows,
    read=_state,
    filters=(Filter("state", "State; open ones, unless chosen", Kind.CHOICE, choices=coded(TicketState)),),
    columns=(
        Column("Ticket", lambda one: one.number, tight=True),
        Column("State", lambda one: one.state, "access/cells.html:ticket_state", tight=True),
        Column("Due", lambda one: one.due_at, "access/cells.html:ticket_due", tight=True),
        Column("User ID", lambda one: one.user_id, tight=True),
        Column("Person", lambda one: one.name),
        Column("Organization", lambda one: one.organization),
        Column("Call back", lambda one: one.phone, tight=True),
        Column("Locked", lambda one: one.locked),
        Column("Opened", lambda one: one.opened_at),
    ),
    link=lambda one: f"/resets/{one.number}",
    late=lambda one: one.overdue,
    empty="Nobody waits for a password.",
    template="access/resets.html",
)


async def resets_page(visit: Visit) -> Response:
    """List the resets, with who answers the telephone at this moment."""
    return await show_register(visit, RESETS, {"support": await public_support(visit.office.desk)})


async def reset_page(visit: Visit) -> Response:
    """Show one reset: whom to call back, on which number, until when."""
    reset = await view_reset(visit.caller, visit.request.path_params["number"])
    return visit.show("access/reset.html", reset=reset, now=visit.caller.desk.clock())


async def _open(visit: Visit, given: Fields) -> str:
    return f"/resets/{await open_reset(visit.caller, given.raw('userId'))}"


OPEN_RESET = Action(
    path="/resets/new",
    title="Somebody calls because of a password",
    about="Write the call down first; then prove who it is, and reset the password.",
    button="Open a ticket",
    back="/resets",
    do=_open,
    of=take_reset_call,
    fields=(Field("userId", "User ID", required=True, limit=60),),
)


async def _the_reset(visit: Visit) -> Loaded:
    reset = await view_reset(visit.caller, visit.request.path_params["number"])
    return Loaded(back=f"/resets/{reset.number}", more={"reset": reset, "now": visit.caller.desk.clock()})


async def _resolve(visit: Visit, given: Fields) -> Shown:
    proof, number = given.choice("proof", Proof), int(visit.request.path_params["number"])
    if proof is None:
        raise Invalid("Say how the person proved who they are.", code="FIELD_REQUIRED", field="proof")
    secret = await resolve_reset(visit.caller, number, proof)
    back = f"/resets/{number}"
    return Shown(
        visit.show("access/secret.html", given=secret, back=back, whose="the person you have identified"), back
    )


RESOLVE_RESET = Action(
    path="/resets/{number:int}/resolve",
    title="Reset the password",
    about="The account is unlocked, its sessions end, and a password is made that works once. It is shown once.",
    button="Reset and show the password",
    load=_the_reset,
    do=_resolve,
    of=carry_out_reset,
    template="access/reset_step.html",
    fields=(
        Field(
            "proof",
            "How the person proved who they are",
            Ask.RADIO,
            required=True,
            choices=(
                (Proof.CALL_BACK, "Called back on the number that was on file before"),
                (Proof.IN_PERSON, "Came to the desk with a photo identification"),
                (Proof.LSO_VOUCHED, "The Local Security Officer vouched for the person"),
                (Proof.SUPERVISOR_VOUCHED, "The supervisor of an employee of the department vouched"),
            ),
        ),
    ),
)


async def _refuse(visit: Visit, given: Fields) -> str:
    number = visit.request.path_params["number"]
    await refuse_reset(visit.caller, number, given.raw("why"))
    return f"/resets/{number}"


REFUSE_RESET = Action(
    path="/resets/{number:int}/refuse",
    title="Close without a reset",
    button="Close it",
    load=_the_reset,
    do=_refuse,
    of=refuse_reset,
    done="The ticket was closed without a reset.",
    template="access/reset_step.html",
    fields=(Field("why", "Why", required=True, limit=_WHY_LIMIT),),
)
SUPPORT_ACTIONS = (OPEN_RESET, RESOLVE_RESET, REFUSE_RESET)
