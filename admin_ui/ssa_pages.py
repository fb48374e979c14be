"""Reports to SSA: the lines checked off, the approval, the delivery as a checklist, the files, the recipients."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Asked
from admin_ui.forms import Fields
from admin_ui.lines import Lines, show_lines
from admin_ui.registers import Register
from admin_ui.rendering import guarded, words
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.paging import Page
from resolvers.report_recipients import NewRecipient, RecipientView, list_report_recipients, set_report_recipients
from resolvers.spreadsheets import SpreadsheetForm
from resolvers.ssa_checks import NOTE_LIMIT, check_off_line, check_ssa_line
from resolvers.ssa_delivery import approve_ssa_report, correct_ssa_line, keep_approval, record_ssa_delivery
from resolvers.ssa_views import (
    SEES_PERSONS,
    SsaLineView,
    SsaPersonView,
    SsaReportView,
    export_ssa_report,
    list_ssa_lines,
    list_ssa_persons,
    list_ssa_reports,
    view_ssa_report,
)
from rules.errors import Invalid, NotFound
from rules.roles import Role
from rules.ssa import DeliveryStep, RecipientPurpose, SsaState

_CHECKED = 2
"""The place of a report of which every line is checked."""

PURPOSES: Mapping[RecipientPurpose, str] = {
    RecipientPurpose.PROGRAMMER: "Report programmers, told when a report is there",
    RecipientPurpose.SSA: "At the Social Security Administration",
    RecipientPurpose.DIRECTOR_OFFICE: "The director’s office, which sends the letter",
    RecipientPurpose.LETTER: "Who gets the letter",
    RecipientPurpose.LETTER_COPY: "Who gets a copy of the letter",
}
_STEPS: Mapping[DeliveryStep, str] = {
    DeliveryStep.SENT_TO_SSA: "Sent to SSA",
    DeliveryStep.FORWARDED: "Forwarded to the director’s office",
    DeliveryStep.LETTER_SENT: "Letter sent",
}


async def _reports(caller: Caller, _: Asked, first: int, after: str | None) -> Page[SsaReportView]:
    return await list_ssa_reports(caller, first=first, after=after, count=after is None)


SSA_REPORTS = Register(
    path="/ssa",
    title="Reports to SSA",
    about="Every second month: the providers and who has access, checked, approved and delivered.",
    one="report",
    rows=_reports,
    columns=(
        Column("Report", lambda one: one.number),
        Column("Of", lambda one: one.period_from, tight=True),
        Column("State", lambda one: one.state, "audits/cells.html:ssa_state", tight=True),
        Column("Taken", lambda one: one.run_at, tight=True),
        Column("Providers", lambda one: one.providers, figure=True),
        Column("Checked", lambda one: one.checked, figure=True),
        Column("Persons", lambda one: one.persons, figure=True),
        Column("Approved", lambda one: one.approved_at, tight=True),
        Column("Evidence", lambda one: one.evidence_number, "calendar/cells.html:evidence", tight=True),
    ),
    link=lambda one: f"/ssa/{one.number}",
    empty="No report yet. One is taken on the 15th of each odd month.",
    exports=True,
    template="audits/ssa_reports.html",
)


async def _lines(visit: Visit, first: int, after: str | None) -> Page[SsaLineView]:
    number, unchecked = visit.request.path_params["number"], bool(visit.fields.raw("unchecked"))
    return await list_ssa_lines(visit.caller, number, unchecked=unchecked, first=first, after=after)


SSA_LINES: Lines[SsaLineView] = Lines(
    path="/ssa/{number:int}",
    name="ssa-report-{number}-lines",
    rows=_lines,
    keeps=("unchecked",),
    columns=(
        Column("Provider", lambda one: one.name),
        Column("Contract", lambda one: one.contract_number, tight=True),
        Column("From", lambda one: one.begins_on, tight=True),
        Column("To", lambda one: one.ends_on, tight=True),
        Column("Standing", lambda one: one.standing, "audits/cells.html:standing", tight=True),
        Column("Accounts", lambda one: one.accounts, figure=True),
        Column("Checked", lambda one: one.checked_at, "audits/cells.html:checked"),
        Column("Correction", lambda one: one.correction),
    ),
    more=(
        Column("Checked by", lambda one: one.checked_by),
        Column("Accounts disabled", lambda one: one.disabled),
        Column("Note", lambda one: one.note),
    ),
)


async def ssa_page(visit: Visit) -> Response:
    """Show a report: how far it is, what is to be done next, its lines."""
    number = visit.request.path_params["number"]
    report = await view_ssa_report(visit.caller, number)
    acts: list[Column[SsaLineView]] = []
    if report.state is SsaState.OPEN and visit.caller.actor.has_any({Role.ITSD_ACCOUNT_MGMT, Role.CSO}):
        acts = [Column("To do", lambda one: one.checked_at, "audits/cells.html:line_acts")]
    recorded = {one.step: one for one in report.deliveries}
    return visit.show(
        "audits/ssa.html",
        report=report,
        steps=[
            ("Taken", report.run_at),
            ("Checked", f"{report.checked} of {report.providers}"),
            ("Approved", report.approved_at),
            *((name, recorded[step].done_on if step in recorded else None) for step, name in _STEPS.items()),
        ],
        at=_place(report),
        next_step=next((name for step, name in _STEPS.items() if step not in recorded), None),
        unchecked=bool(visit.fields.raw("unchecked")),
        may_approve=_place(report) == _CHECKED and visit.caller.actor.has_any({Role.CSO}),
        may_deliver=report.state is SsaState.APPROVED and visit.caller.actor.has_any({Role.CSO}),
        sees_persons=visit.caller.actor.has_any(SEES_PERSONS),
        step_names=_STEPS,
        lines=await show_lines(visit, SSA_LINES, acts=acts, caption=f"Providers of report {number}"),
    )


def _place(report: SsaReportView) -> int:
    if report.state is SsaState.BEING_TAKEN:
        return 0
    if report.state is SsaState.OPEN:
        return 1 if report.checked < report.providers else _CHECKED
    return _CHECKED + 1 + len(report.deliveries)


async def _persons(visit: Visit, first: int, after: str | None) -> Page[SsaPersonView]:
    return await list_ssa_persons(visit.caller, visit.request.path_params["number"], first=first, after=after)


SSA_PERSONS: Lines[SsaPersonView] = Lines(
    path="/ssa/{number:int}/persons",
    name="ssa-report-{number}-persons",
    rows=_persons,
    columns=(
        Column("User ID", lambda one: one.user_id),
        Column("Name", lambda one: one.name),
        Column("Provider", lambda one: one.provider),
        Column("Roles", lambda one: [words(role) for role in one.roles]),
    ),
)


async def ssa_persons_page(visit: Visit) -> Response:
    """Show the persons with access of a report."""
    number = visit.request.path_params["number"]
    lines = await show_lines(visit, SSA_PERSONS, caption=f"Persons of report {number}")
    return visit.show("audits/ssa_persons.html", number=number, lines=lines)


async def ssa_file(visit: Visit) -> Response:
    """Take a report out as a file; that it was taken out is written down."""
    form = visit.fields.choice("form", SpreadsheetForm) or SpreadsheetForm.XLSX
    number, persons = visit.request.path_params["number"], bool(visit.fields.raw("persons"))
    file = await export_ssa_report(visit.caller, number, form, persons=persons)
    response = Response(file.body, media_type=file.media_type)
    response.headers["content-disposition"] = f'attachment; filename="{quote(file.name)}"'
    response.headers["x-sha256"] = file.sha256
    return guarded(response)


async def _line(visit: Visit) -> Loaded:
    number = visit.request.path_params["number"]
    report = await view_ssa_report(visit.caller, number)
    return Loaded(about=f"A line of report {report.number}.", back=f"/ssa/{number}")


async def _check(visit: Visit, given: Fields) -> str:
    parts = visit.request.path_params
    await check_off_line(visit.caller, parts["number"], parts["provider"], given.raw("note"))
    return f"/ssa/{parts['number']}?unchecked=yes"


CHECK_LINE = Action(
    path="/ssa/{number:int}/{provider:uuid}/check",
    title="Check a provider off",
    button="Check it off",
    load=_line,
    do=_check,
    of=check_ssa_line,
    confirm="If its contract has ended by now, all its user accounts are disabled with this.",
    done="The line is checked off.",
    fields=(Field("note", "Note", limit=NOTE_LIMIT, hint="What was compared, if it matters."),),
)


async def _correct(visit: Visit, given: Fields) -> str:
    parts = visit.request.path_params
    await correct_ssa_line(visit.caller, parts["number"], parts["provider"], given.raw("text"))
    return f"/ssa/{parts['number']}"


CORRECT_LINE = Action(
    path="/ssa/{number:int}/{provider:uuid}/correct",
    title="Put a line right",
    button="Keep the correction",
    load=_line,
    do=_correct,
    of=correct_ssa_line,
    done="The correction stands beside the line.",
    fields=(Field("text", "What is right", limit=NOTE_LIMIT, required=True, hint="The snapshot stays as it was."),),
)


async def _report(visit: Visit) -> Loaded:
    number = visit.request.path_params["number"]
    report = await view_ssa_report(visit.caller, number)
    return Loaded(
        about=f"Report {number}: {report.checked} of {report.providers} providers checked, {report.persons} persons.",
        back=f"/ssa/{number}",
    )


async def _approve(visit: Visit, _: Fields) -> str:
    number = visit.request.path_params["number"]
    await approve_ssa_report(visit.caller, number)
    return f"/ssa/{number}"


APPROVE_REPORT = Action(
    path="/ssa/{number:int}/approve",
    title="Approve the report",
    button="Approve it",
    load=_report,
    do=_approve,
    of=keep_approval,
    confirm="An approved report is kept as it is, and is not corrected any more.",
    done="The report is approved and kept. Now it is delivered.",
)


async def _next_delivery(visit: Visit) -> Loaded:
    number = visit.request.path_params["number"]
    recorded = {one.step for one in (await view_ssa_report(visit.caller, number)).deliveries}
    following = next((step for step in DeliveryStep if step not in recorded), None)
    if following is None:
        raise NotFound("Every step of the delivery is recorded.", code="SSA_STEP_RECORDED")
    fields = tuple(one for one in DELIVER.fields if one.name != "document" or following is DeliveryStep.SENT_TO_SSA)
    return Loaded({"step": following.value}, fields, title=f"Record: {_STEPS[following]}", back=f"/ssa/{number}")


async def _deliver(visit: Visit, given: Fields) -> str:
    number, step, done_on = (
        visit.request.path_params["number"],
        given.choice("step", DeliveryStep),
        given.day("doneOn"),
    )
    if step is None or done_on is None:
        raise Invalid("When it was done: this is needed.", code="FIELD_REQUIRED", field="doneOn")
    await record_ssa_delivery(visit.caller, number, step, done_on, given.raw("document"), given.raw("note"))
    return f"/ssa/{number}"


DELIVER = Action(
    path="/ssa/{number:int}/deliver",
    title="Record a step of the delivery",
    button="Record it",
    about="The house sends nothing to the administration itself: you do, and say here that it was done.",
    load=_next_delivery,
    do=_deliver,
    of=record_ssa_delivery,
    done="The step was recorded, with its recipients of this moment.",
    fields=(
        Field("step", "Step", Ask.HIDDEN),
        Field("doneOn", "Done on", Ask.DAY, required=True),
        Field("document", "Definitions document", limit=120, hint="Which version of the definitions went along."),
        Field("note", "Note", limit=NOTE_LIMIT),
    ),
)


async def recipients_page(visit: Visit) -> Response:
    """Show who gets the report, by purpose."""
    found = await list_report_recipients(visit.caller)
    return visit.show(
        "audits/recipients.html",
        purposes=[
            (purpose, name, [one for one in found if one.purpose is purpose]) for purpose, name in PURPOSES.items()
        ],
        may_set=visit.caller.actor.has_any({Role.CSO}),
    )


def _written(one: RecipientView) -> str:
    return one.user_id or f"{one.name} <{one.email}>"


async def _set_ones(visit: Visit) -> Loaded:
    purpose = _purpose(visit)
    found = [one for one in await list_report_recipients(visit.caller) if one.purpose is purpose]
    return Loaded(
        {"recipients": "\n".join(_written(one) for one in found)}, title=PURPOSES[purpose], back="/ssa/recipients"
    )


def _purpose(visit: Visit) -> RecipientPurpose:
    named = visit.request.path_params["purpose"]
    if named not in RecipientPurpose.__members__:
        raise NotFound("There is no such purpose.", code="PURPOSE_NOT_FOUND")
    return RecipientPurpose(named)


def _entered(line: str) -> NewRecipient:
    name, found, email = line.partition("<")
    if not found:
        return NewRecipient(user_id=line.strip())
    return NewRecipient(name=name.strip(), email=email.strip().removesuffix(">").strip())


async def _set(visit: Visit, given: Fields) -> str:
    lines = [line for line in given.raw("recipients").splitlines() if line.strip()]
    await set_report_recipients(visit.caller, _purpose(visit), [_entered(line) for line in lines])
    return "/ssa/recipients"


SET_RECIPIENTS = Action(
    path="/ssa/recipients/{purpose}",
    title="Who gets it",
    button="Set these",
    load=_set_ones,
    do=_set,
    of=set_report_recipients,
    rewrites=True,
    done="The recipients were set.",
    fields=(
        Field(
            "recipients",
            "One on each line",
            Ask.AREA,
            limit=4000,
            hint="A user ID, or a name with its address: Pat Example <pat@example.org>. Those before end.",
        ),
    ),
)

SSA_ACTIONS = (CHECK_LINE, CORRECT_LINE, APPROVE_REPORT, DELIVER, SET_RECIPIENTS)
