"""Incidents: report one, follow them, answer for a person, close with a finding (000:31-39, POL-08)."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.forms import Fields
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.incident_views import IncidentView, list_incidents, view_incident
from resolvers.incidents import REPORT_LIMIT, answer_incident, close_incident, report_incident
from resolvers.paging import Page
from resolvers.sanctions import SANCTION_READERS
from rules.errors import Invalid
from rules.incidents import Finding, IncidentKind, IncidentState, LsoAnswer
from rules.roles import Role


def _where(asked: Asked) -> tuple[IncidentState | None, IncidentKind | None]:
    return asked.fields.choice("state", IncidentState), asked.fields.choice("kind", IncidentKind)


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[IncidentView]:
    state, kind = _where(asked)
    return await list_incidents(caller, state=state, kind=kind, first=first, after=after, count=True)


INCIDENTS = Register(
    path="/incidents",
    title="Incidents",
    about="What may have been a breach of security, the newest first.",
    one="incident",
    rows=_rows,
    read=_where,
    filters=(
        Filter("state", "State", Kind.CHOICE, choices=coded(IncidentState)),
        Filter("kind", "What happened", Kind.CHOICE, choices=coded(IncidentKind)),
    ),
    columns=(
        Column("Incident", lambda one: one.number, tight=True),
        Column("State", lambda one: one.state, "access/cells.html:incident_state", tight=True),
        Column("What happened", lambda one: one.kind),
        Column("Person", lambda one: [one.name, one.user_id], "access/cells.html:officer"),
        Column("Suspended", lambda one: one.suspended),
        Column("Answer of the officer", lambda one: one.lso_answer),
        Column("Finding", lambda one: one.finding),
        Column("Opened", lambda one: one.opened_at, tight=True),
    ),
    link=lambda one: f"/incidents/{one.number}",
    empty="No incident fits. That is good news, or a filter that is too narrow.",
    exports=True,
    template="access/incidents.html",
)


async def incident_page(visit: Visit) -> Response:
    """Show one incident: what happened, to whom, who has answered, and how it ended."""
    incident = await view_incident(visit.caller, visit.request.path_params["number"])
    at = f"/incidents/{incident.number}"
    offered = [
        (f"{at}/answer", "Answer for the person", incident.may_answer),
        (f"{at}/close", "Close with a finding", incident.may_close),
        (f"{at}/breach", "Was it a breach?", incident.may_close),
        (f"{at}/sanctions", "Sanctions", visit.caller.actor.has_any(SANCTION_READERS)),
    ]
    return visit.show(
        "access/incident.html",
        incident=incident,
        linked=_linked(visit),
        doors=[(href, label) for href, label, may in offered if may],
    )


def _linked(visit: Visit) -> bool:
    """Say whether the person of an incident is one whom the viewer looks after."""
    return visit.caller.actor.has_any({Role.CSO, Role.LSO})


async def _report(visit: Visit, given: Fields) -> str:
    await report_incident(visit.caller, given.raw("report"), given.raw("aboutUserId"))
    return "/incidents/report"


REPORT = Action(
    path="/incidents/report",
    title="Report an incident",
    about="Something that may be a breach of security: a shared password, an unknown sign-on, a page left open.",
    button="Report it",
    do=_report,
    of=report_incident,
    done="Your report was taken. The Chief Security Officer reads it.",
    fields=(
        Field(
            "report",
            "What you saw",
            Ask.AREA,
            required=True,
            limit=REPORT_LIMIT,
            hint="Read by the security offices only. No names or data of consumers, please.",
        ),
        Field("aboutUserId", "User ID it is about", limit=60, hint="If it is about one, and you know it."),
    ),
)


async def _the_incident(visit: Visit) -> Loaded:
    incident = await view_incident(visit.caller, visit.request.path_params["number"])
    return Loaded(back=f"/incidents/{incident.number}", more={"incident": incident, "linked": _linked(visit)})


async def _answer(visit: Visit, given: Fields) -> str:
    answer = given.choice("answer", LsoAnswer)
    if answer is None:
        raise Invalid("Choose an answer.", code="FIELD_REQUIRED", field="answer")
    return f"/incidents/{await answer_incident(visit.caller, visit.request.path_params['number'], answer)}"


ANSWER = Action(
    path="/incidents/{number:int}/answer",
    title="Answer for the person",
    button="Give the answer",
    confirm="The answer is given once, and is not changed.",
    load=_the_incident,
    do=_answer,
    of=answer_incident,
    done="Your answer was taken. The Chief Security Officer decides.",
    template="access/incident_step.html",
    fields=(
        Field(
            "answer",
            "Was the person allowed to do this?",
            Ask.RADIO,
            required=True,
            choices=(
                (LsoAnswer.EXPLAINED, "There is an explanation; the Chief Security Officer decides"),
                (LsoAnswer.CONFIRMED, "No: the person acted without being allowed to"),
            ),
        ),
    ),
)


async def _close(visit: Visit, given: Fields) -> str:
    finding = given.choice("finding", Finding)
    if finding is None:
        raise Invalid("Choose a finding.", code="FIELD_REQUIRED", field="finding")
    number = await close_incident(
        visit.caller,
        visit.request.path_params["number"],
        finding,
        reinstate=bool(given.raw("reinstate")),
        note=given.raw("note"),
    )
    return f"/incidents/{number}"


CLOSE = Action(
    path="/incidents/{number:int}/close",
    title="Close the incident",
    button="Close it",
    confirm="A closed incident is not opened again.",
    load=_the_incident,
    do=_close,
    of=close_incident,
    done="The incident was closed.",
    template="access/incident_step.html",
    fields=(
        Field(
            "finding",
            "Finding",
            Ask.RADIO,
            required=True,
            choices=(
                (Finding.UNFOUNDED, "Unfounded: nothing was wrong"),
                (Finding.VIOLATION, "Violation: a rule was broken, nothing was seen that should not have been"),
                (Finding.BREACH, "Breach: access was gained that was not allowed"),
            ),
        ),
        Field(
            "reinstate", "Let the suspended person back in", Ask.BOX, hint="After a breach only by a new access form."
        ),
        Field("note", "Note", Ask.AREA, limit=REPORT_LIMIT, hint="Read by the security offices."),
    ),
)
INCIDENT_ACTIONS = (REPORT, ANSWER, CLOSE)
