"""What an incident comes to: the questions that define a breach, and the sanctions (002:15-19, 002:130-131)."""

from __future__ import annotations

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import coded
from admin_ui.forms import Fields
from resolvers.incident_views import view_incident
from resolvers.incidents import REPORT_LIMIT, close_incident
from resolvers.sanctions import NOTE_LIMIT, list_sanctions, record_sanction
from rules.breach import QUESTIONS, BreachAnswers, BreachQuestion
from rules.errors import Invalid
from rules.incidents import Finding
from rules.roles import Role
from rules.sanctions import SanctionKind

_YES, _NO = "yes", "no"


async def _the_incident(visit: Visit) -> Loaded:
    incident = await view_incident(visit.caller, visit.request.path_params["number"])
    return Loaded(
        title=f"Was incident {incident.number} a breach?",
        back=f"/incidents/{incident.number}",
        more={"incident": incident, "questions": QUESTIONS},
    )


def _answered(given: Fields, question: BreachQuestion) -> bool:
    answer = given.raw(question.value)
    if answer not in (_YES, _NO):
        raise Invalid("Answer this question, too.", code="FIELD_REQUIRED", field=question.value)
    return answer == _YES


def _found(given: Fields) -> tuple[BreachAnswers, Finding]:
    answers = BreachAnswers(
        unauthorized=_answered(given, BreachQuestion.UNAUTHORIZED),
        protected=_answered(given, BreachQuestion.PROTECTED),
        compromised=_answered(given, BreachQuestion.COMPROMISED),
        retainable=_answered(given, BreachQuestion.RETAINABLE),
    )
    finding = Finding.BREACH if answers.is_breach else given.choice("finding", Finding)
    if finding is None:
        raise Invalid("By these answers it was no breach. Say what it was.", code="FIELD_REQUIRED", field="finding")
    return answers, finding


async def _check(_: Visit, given: Fields) -> None:
    _found(given)


async def _close(visit: Visit, given: Fields) -> str:
    answers, finding = _found(given)
    number = visit.request.path_params["number"]
    await close_incident(
        visit.caller,
        number,
        finding,
        reinstate=bool(given.raw("reinstate")),
        note=given.raw("note"),
        answers=answers,
    )
    return f"/incidents/{number}/breach"


BREACH = Action(
    path="/incidents/{number:int}/breach",
    title="Was it a breach?",
    button="Close the incident",
    load=_the_incident,
    check=_check,
    do=_close,
    of=close_incident,
    confirm="A closed incident is not opened again. A breach opens a review of policies and procedures.",
    done="The incident was closed.",
    template="calendar/breach.html",
    fields=(
        *(
            Field(question.value, sentence, Ask.RADIO, choices=((_YES, "Yes"), (_NO, "No")), required=True)
            for question, sentence in QUESTIONS.items()
        ),
        Field(
            "finding",
            "If it was no breach",
            Ask.RADIO,
            choices=(
                (Finding.VIOLATION.value, "Violation: a rule was broken"),
                (Finding.UNFOUNDED.value, "Unfounded: nothing was wrong"),
            ),
            hint="With four times yes it was a breach; then this is not needed.",
        ),
        Field(
            "reinstate", "Let the suspended person back in", Ask.BOX, hint="After a breach only by a new access form."
        ),
        Field("note", "Note", Ask.AREA, limit=REPORT_LIMIT, hint="Read by the security offices."),
    ),
)


async def _the_sanctions(visit: Visit) -> Loaded:
    number = visit.request.path_params["number"]
    return Loaded(
        title=f"Sanctions after incident {number}",
        back=f"/incidents/{number}",
        fields=None if visit.caller.actor.has_any({Role.CSO}) else (),
        more={"sanctions": await list_sanctions(visit.caller, number)},
    )


async def _record(visit: Visit, given: Fields) -> str:
    number, kind, decided = (
        visit.request.path_params["number"],
        given.choice("kind", SanctionKind),
        given.day("decidedOn"),
    )
    if kind is None or decided is None:
        raise Invalid("This is needed.", code="FIELD_REQUIRED", field="kind" if kind is None else "decidedOn")
    await record_sanction(visit.caller, number, kind, decided, given.raw("note"))
    return f"/incidents/{number}/sanctions"


SANCTIONS = Action(
    path="/incidents/{number:int}/sanctions",
    title="Sanctions",
    button="Record it",
    load=_the_sanctions,
    do=_record,
    of=record_sanction,
    is_read=True,
    confirm="What is recorded stays as it is.",
    done="The sanction was recorded.",
    template="calendar/sanctions.html",
    fields=(
        Field("kind", "Disciplinary action", Ask.RADIO, choices=coded(SanctionKind), required=True),
        Field("decidedOn", "Decided on", Ask.DAY, required=True),
        Field("note", "Note", Ask.AREA, limit=NOTE_LIMIT),
    ),
)
