"""Audits of provider accounts: the list, one with its lines, what an officer answers, what account management holds."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Asked, coded
from admin_ui.forms import Fields
from admin_ui.lines import Lines, show_lines
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.paging import Page
from resolvers.provider_audit_answers import CARRIES_OUT, answer_audit, hold_in_audit
from resolvers.provider_audit_views import (
    READS_ALL,
    AuditLineView,
    AuditView,
    list_audit_lines,
    list_provider_audits,
    view_provider_audit,
)
from rules.errors import Invalid
from rules.provider_audit import AuditAnswer, AuditOutcome, AuditState


async def _audits(caller: Caller, _: Asked, first: int, after: str | None) -> Page[AuditView]:
    return await list_provider_audits(caller, first=first, after=after, count=after is None)


AUDITS = Register(
    path="/audits",
    title="Audits of provider accounts",
    about="Three times a year: who has not used a user ID for half a year.",
    one="audit",
    rows=_audits,
    columns=(
        Column("Audit", lambda one: one.number),
        Column("Of", lambda one: one.period_from, tight=True),
        Column("State", lambda one: one.state, "audits/cells.html:audit_state", tight=True),
        Column("Answers until", lambda one: one.window_ends_on, tight=True),
        Column("Accounts looked at", lambda one: one.accounts, figure=True),
        Column("Listed", lambda one: one.listed, figure=True),
        Column("Waiting", lambda one: one.waiting, figure=True),
        Column("Evidence", lambda one: one.evidence_number, "calendar/cells.html:evidence", tight=True),
    ),
    link=lambda one: f"/audits/{one.number}",
    empty="No audit lists anybody you look after. The next opens in February, June or October.",
    exports=True,
)


async def _lines(visit: Visit, first: int, after: str | None) -> Page[AuditLineView]:
    number, outcome = visit.request.path_params["number"], visit.fields.choice("outcome", AuditOutcome)
    return await list_audit_lines(visit.caller, number, outcome=outcome, first=first, after=after)


AUDIT_LINES: Lines[AuditLineView] = Lines(
    path="/audits/{number:int}",
    name="audit-{number}",
    rows=_lines,
    keeps=("outcome",),
    columns=(
        Column("User ID", lambda one: one.user_id),
        Column("Name", lambda one: one.name),
        Column("Organization", lambda one: one.provider.name if one.provider else None),
        Column("Last used", lambda one: one.last_used_on if one.ever_used else "Never", tight=True),
        Column("Why", lambda one: one.why),
        Column("Answer", lambda one: one.answer, "audits/cells.html:answer"),
        Column("State", lambda one: one.outcome, "audits/cells.html:outcome"),
    ),
    more=(
        Column("Answered", lambda one: one.answered_at),
        Column("Held because", lambda one: one.held_why),
        Column("Settled", lambda one: one.settled_at),
    ),
)


async def audit_page(visit: Visit) -> Response:
    """Show an audit with the lines that this person sees."""
    number, outcome = visit.request.path_params["number"], visit.fields.choice("outcome", AuditOutcome)
    audit = await view_provider_audit(visit.caller, number)
    is_officer = not visit.caller.actor.has_any(READS_ALL)
    acts: list[Column[AuditLineView]] = []
    if audit.state is AuditState.OPEN and (is_officer or visit.caller.actor.has_any(CARRIES_OUT)):
        macro = "audits/cells.html:to_answer" if is_officer else "audits/cells.html:to_carry_out"
        acts = [Column("To do", lambda one: one.outcome, macro)]
    return visit.show(
        "audits/audit.html",
        audit=audit,
        outcome=outcome,
        outcomes=coded(AuditOutcome),
        is_officer=is_officer,
        lines=await show_lines(visit, AUDIT_LINES, acts=acts, caption=f"Lines of audit {number}"),
    )


async def _one_line(visit: Visit) -> Loaded:
    number, user_id = visit.request.path_params["number"], visit.request.path_params["user_id"]
    audit = await view_provider_audit(visit.caller, number)
    return Loaded(
        about=f"User ID {user_id} on the list of audit {number}, answered until {audit.window_ends_on:%m/%d/%Y}.",
        back=f"/audits/{number}",
    )


async def _answer(visit: Visit, given: Fields) -> str:
    number, answer = visit.request.path_params["number"], given.choice("answer", AuditAnswer)
    if answer is None:
        raise Invalid("Choose an answer.", code="FIELD_REQUIRED", field="answer")
    await answer_audit(visit.caller, number, visit.request.path_params["user_id"], answer, given.day("terminatedOn"))
    return f"/audits/{number}"


ANSWER_AUDIT = Action(
    path="/audits/{number:int}/{user_id}/answer",
    title="Is this person still there?",
    button="Give the answer",
    load=_one_line,
    do=_answer,
    of=answer_audit,
    confirm="Who is no longer there loses all access at once.",
    done="The answer was taken.",
    fields=(
        Field(
            "answer",
            "Is this person still employed?",
            Ask.RADIO,
            required=True,
            choices=(
                (AuditAnswer.EMPLOYED.value, "Yes; the person has to sign in within the time, or is disabled"),
                (AuditAnswer.TERMINATED.value, "No; access is revoked at once"),
            ),
        ),
        Field("terminatedOn", "Last day of employment", Ask.DAY, hint="If the person is no longer there."),
    ),
)


async def _hold(visit: Visit, given: Fields) -> str:
    number = visit.request.path_params["number"]
    await hold_in_audit(visit.caller, number, visit.request.path_params["user_id"], given.raw("why"))
    return f"/audits/{number}"


HOLD_IN_AUDIT = Action(
    path="/audits/{number:int}/{user_id}/hold",
    title="Hold an account",
    button="Hold it",
    load=_one_line,
    do=_hold,
    of=hold_in_audit,
    done="The account is held; the report of the audit tells why.",
    fields=(Field("why", "Why it is not disabled", required=True, limit=300),),
)
