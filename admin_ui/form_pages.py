"""Access forms: the queue of each office and person, one form with its way, and the copy to print (000:95-131)."""

from __future__ import annotations

import asyncio

from starlette.responses import HTMLResponse, Response

from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.registers import Register
from admin_ui.rendering import LETTER_POLICY, guarded
from admin_ui.tables import Column
from resolvers.access_form_queue import FormFilter, list_access_forms
from resolvers.access_form_views import AccessFormView, view_access_form
from resolvers.callers import Caller
from resolvers.form_steps import FormStepsView, view_form_steps
from resolvers.paging import Page
from rules.access_forms import FormKind, FormState
from rules.calendar import in_chicago
from rules.errors import Invalid

_PRINTED = frozenset({"printed"})
_AT: dict[FormState, int] = {
    FormState.AWAITING_LSO: 0,
    FormState.AWAITING_SIGNATURES: 0,
    FormState.WITH_REGIONAL_OFFICE: 1,
    FormState.WITH_OA: 2,
    FormState.ISSUED: 3,
}
_ENDED = {FormState.RETURNED: "Sent back", FormState.WITHDRAWN: "Taken back"}


def _where(asked: Asked) -> FormFilter:
    try:
        states = tuple(FormState(one) for one in asked.fields.all("state") if one)
    except ValueError as fault:
        raise Invalid("This is not one of the choices.", code="CHOICE_UNKNOWN", field="state") from fault
    return FormFilter(states=states, kind=asked.fields.choice("kind", FormKind), mine=asked.flag("mine"))


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[AccessFormView]:
    return await list_access_forms(caller, where=_where(asked), first=first, after=after, count=True)


FORMS = Register(
    path="/forms",
    title="Access forms",
    about="Forms for user IDs: signed by the organization, forwarded by the regional office, carried out by OA.",
    one="form",
    rows=_rows,
    read=_where,
    filters=(
        Filter("state", "State", Kind.CHOICES, choices=coded(FormState)),
        Filter("kind", "What it asks for", Kind.CHOICE, choices=coded(FormKind)),
        Filter("mine", "Submitted by me, or about me", Kind.FLAG),
    ),
    columns=(
        Column("Form", lambda form: form.number, tight=True),
        Column("State", lambda form: form.state, "access/cells.html:form_state", tight=True),
        Column("Asks for", lambda form: form.kind, tight=True),
        Column("Person", lambda form: f"{form.last_name}, {form.first_name}"),
        Column("User ID", lambda form: form.user_id, tight=True),
        Column("Organization", lambda form: form.organization),
        Column("Regional office", lambda form: form.regional_office),
        Column("Missing signatures", lambda form: form.missing),
        Column("Since", lambda form: form.state_since, tight=True),
    ),
    link=lambda form: f"/forms/{form.number}",
    empty="No form fits. A new person gets a user ID by a form that a colleague enters.",
    exports=True,
    template="access/forms.html",
)


async def form_page(visit: Visit) -> Response:
    """Show one form: what it says, who signed, where it is, and what the person can do with it now."""
    number = visit.request.path_params["number"]
    form, can = await asyncio.gather(view_access_form(visit.caller, number), view_form_steps(visit.caller, number))
    steps, at = way_of(form)
    return visit.show("access/form.html", form=form, can=can, doors=_doors(form, can), steps=steps, at=at)


async def printed_page(visit: Visit) -> Response:
    """Answer the copy to print, a document of its own that can do nothing (001:40)."""
    form = await view_access_form(visit.caller, visit.request.path_params["number"], wanted=_PRINTED)
    return guarded(HTMLResponse(form.printed.html if form.printed else ""), LETTER_POLICY)


def way_of(form: AccessFormView) -> tuple[list[tuple[str, str]], int]:
    """Give the way of a form as steps with a note, and the place of the present one."""
    signed = in_chicago(form.signatures[-1].at) if form.signatures and not form.missing else ""
    forwarded = in_chicago(form.forwarded_at) if form.forwarded_at else ""
    issued = in_chicago(form.issued_at) if form.issued_at else ""
    way = [("Signatures", signed), ("Regional office", forwarded), ("Office of Administration", issued)]
    if form.kind in (FormKind.NEW, FormKind.ENABLE):
        way.append(("Handed out", in_chicago(form.released_at) if form.released_at else ""))
    if form.state in _ENDED:
        reached = [step for step in way if step[1]]
        return [*reached, (_ENDED[form.state], in_chicago(form.state_since))], len(reached)
    if form.kind is FormKind.REVOKE:
        return [("Access was ended", in_chicago(form.submitted_at))], 1
    return way, _AT.get(form.state, len(way))


def _doors(form: AccessFormView, can: FormStepsView) -> list[tuple[str, str]]:
    at = f"/forms/{form.number}"
    signs = {"SUPERVISOR": "supervisor", "LSO": "Local Security Officer", "EXECUTIVE_DIRECTOR": "executive director"}
    offered = [
        *((f"{at}/sign/{one.value}", f"Sign as {signs[one]}", True) for one in can.sign),
        (f"{at}/paper", "Record a signature on paper", bool(can.on_paper)),
        (f"{at}/forward", "Forward to the Office of Administration", can.forward),
        (f"{at}/issue", "Carry it out", can.issue),
        (f"{at}/release", "Release the user ID" if form.released_at is None else "Release it anew", can.release),
        (f"{at}/return", "Send it back", can.send_back),
        (f"{at}/withdraw", "Take it back", can.withdraw),
    ]
    return [(href, label) for href, label, may in offered if may]
