"""The calendar of obligations: a year at one sight, the list, one obligation with its history, and its completion."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind
from admin_ui.forms import Fields
from admin_ui.registers import Register
from admin_ui.rendering import role_name
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.obligation_views import (
    ObligationView,
    list_obligation_rules,
    list_obligations,
    view_obligation,
)
from resolvers.obligation_year import FIRST_YEAR, LAST_YEAR, view_obligation_year
from resolvers.obligations import NOTE_LIMIT, Completion, complete_obligation, keep_completion
from resolvers.paging import Page
from rules.obligations import OBLIGATIONS, ObligationState, SubjectKind
from rules.reports import Procedure

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_ROOM_OF_PROCEDURE: Mapping[Procedure, tuple[str, str]] = {
    Procedure.LSO_COLLECTION: ("/lso-collection", "The collection of April"),
    Procedure.PROVIDER_ACCOUNT_AUDIT: ("/audits", "The audits of provider accounts"),
    Procedure.EMPLOYEE_REVIEW: ("/reviews/employees", "The reviews of employee user IDs"),
    Procedure.MAINFRAME_REVIEW: ("/user-lists", "The user lists of other systems"),
    Procedure.SSA_REPORT: ("/ssa", "The reports to SSA"),
    Procedure.CONTRACT_AUDIT: ("/ssa", "The contracts, with the reports to SSA"),
    Procedure.SYSTEM_ACTIVITY_REVIEW: ("/reviews/activity", "The system activity reviews"),
}
"""Where an obligation is worked at that another procedure of the house fulfils."""

_ROOM_OF_SUBJECT: Mapping[SubjectKind, tuple[str, str]] = {
    SubjectKind.SYSTEM: ("/risk", "The register of systems"),
    SubjectKind.REGULATION: ("/risk", "The register of regulations"),
    SubjectKind.PLAN: ("/risk", "The register of plans"),
}


def _where(asked: Asked) -> tuple[ObligationState | None, str | None, bool | None]:
    late = asked.flag("overdue") or None
    state = None if asked.flag("done") and not late else ObligationState.OPEN
    return state, asked.text("code"), late


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[ObligationView]:
    state, code, overdue = _where(asked)
    return await list_obligations(
        caller, state=state, code=code, overdue=overdue, first=first, after=after, count=after is None
    )


OBLIGATIONS_LIST = Register(
    path="/obligations",
    title="Obligations",
    about="What the risk-management programme asks for, the earliest due first.",
    one="obligation",
    rows=_rows,
    read=_where,
    filters=(
        Filter(
            "code",
            "Obligation",
            Kind.CHOICE,
            choices=lambda: sorted(((one.code, one.title) for one in OBLIGATIONS.values()), key=lambda pair: pair[1]),
        ),
        Filter("overdue", "Overdue ones", Kind.FLAG),
        Filter("done", "Done ones, too", Kind.FLAG),
    ),
    columns=(
        Column("Obligation", lambda one: one.title, wraps=True),
        Column("Number", lambda one: one.number, figure=True),
        Column("State", lambda one: "Overdue" if one.overdue else one.state, "calendar/cells.html:state", tight=True),
        Column("Due", lambda one: one.due_on, tight=True),
        Column("Answers for it", lambda one: [role_name(role) for role in one.owners]),
        Column("Done by", lambda one: one.done_by),
        Column("Evidence", lambda one: one.evidence_number, "calendar/cells.html:evidence", tight=True),
        Column("Source", lambda one: one.cites, "calendar/cells.html:cites", tight=True),
    ),
    link=lambda one: f"/obligations/{one.number}",
    late=lambda one: one.overdue,
    empty="No obligation is open here. The calendar opens the next by itself.",
    exports=True,
    template="calendar/obligations.html",
)


async def year_page(visit: Visit) -> Response:
    """Show a year: twelve months beside every obligation of the documents."""
    year = await view_obligation_year(visit.caller, visit.fields.number("year", "A year"))
    rules = {rule.code: rule for rule in await list_obligation_rules(visit.caller)}
    return visit.show(
        "calendar/year.html",
        year=year,
        months=_MONTHS,
        rules=rules,
        before=year.year - 1 if year.year > FIRST_YEAR else None,
        after=year.year + 1 if year.year < LAST_YEAR else None,
    )


async def obligation_page(visit: Visit) -> Response:
    """Show one obligation: what it is, who answers for it, what has happened, what it left behind."""
    one = await view_obligation(visit.caller, visit.request.path_params["number"])
    return visit.show("calendar/obligation.html", one=one, room=_room(one))


async def _begin(visit: Visit) -> Loaded:
    one = await view_obligation(visit.caller, visit.request.path_params["number"])
    return Loaded(
        back=f"/obligations/{one.number}", title=f"Complete: {one.title}", more={"one": one, "room": _room(one)}
    )


async def _complete(visit: Visit, given: Fields) -> str:
    number = visit.request.path_params["number"]
    evidence = given.number("evidenceNumber", "The number of a report")
    await complete_obligation(visit.caller, Completion(number, given.raw("note"), evidence))
    return f"/obligations/{number}"


COMPLETE = Action(
    path="/obligations/{number:int}/complete",
    title="Complete the obligation",
    button="Complete it",
    load=_begin,
    do=_complete,
    of=keep_completion,
    done="The obligation is done; its report is kept as evidence.",
    template="calendar/complete.html",
    fields=(
        Field(
            "note",
            "What was done",
            Ask.AREA,
            limit=NOTE_LIMIT,
            hint="Becomes the report that is kept. Name what was looked at, what was found, and what follows.",
        ),
        Field(
            "evidenceNumber",
            "Number of a kept report",
            Ask.NUMBER,
            hint="If a report of this house is the evidence.",
        ),
    ),
)


def _room(one: ObligationView) -> tuple[str, str] | None:
    obligation = OBLIGATIONS[one.code]
    if one.subject_kind is SubjectKind.INCIDENT:
        return f"/incidents/{one.subject}", f"Incident {one.subject}"
    if obligation.kept_elsewhere:
        return _ROOM_OF_PROCEDURE.get(obligation.procedure)
    return _ROOM_OF_SUBJECT.get(one.subject_kind)
