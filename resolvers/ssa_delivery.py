"""The review of a report by the Chief Security Officer, and its delivery as a checklist (002:360-367).

The house sends nothing to the administration itself: the CSO does, and records that it was done. Who gets what is data
of the installation.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from orm.models import SsaCorrection, SsaDelivery, SsaReport
from resolvers.callers import Caller
from resolvers.desk import Work, operation
from resolvers.evidence import keep_report
from resolvers.report_prints import PrintedReport, print_report
from resolvers.report_recipients import recipients_for
from resolvers.ssa_checks import NOTE_LIMIT, line_of, report_to_change, unchecked_of
from resolvers.ssa_evidence import report_as_sent
from rules.calendar import local_date
from rules.errors import Conflict, Invalid
from rules.roles import Role
from rules.ssa import DeliveryStep, SsaState, check_approvable, check_checkable, check_delivery
from rules.text import clean_text

_DOCUMENT_LIMIT = 120


@operation("ssa.correct_line", by={Role.CSO}, cites="002:360")
async def correct_ssa_line(work: Work, number: int, provider_id: UUID, text: str) -> None:
    """Put a line right before the report is approved; the snapshot stays as it was taken, beside it.

    Raises:
        NotFound: there is no such report, or no such line in it.
        Conflict: ``SSA_REPORT_NOT_OPEN``.
        Invalid: there is no text, or it is too long.
    """
    words = clean_text(text, field="text", limit=NOTE_LIMIT, required=True)
    report = await report_to_change(work, number)
    check_checkable(report.state)
    await line_of(report, provider_id)
    await SsaCorrection.create(
        report_id=report.id, provider_id=provider_id, text=words, at=work.now, by_id=work.actor.person()
    )
    work.touches("provider", [provider_id])
    work.note(number=number)


async def approve_ssa_report(caller: Caller, number: int) -> None:
    """Approve a report, printed before the transaction; only the Chief Security Officer does, and it is kept."""
    printed, corrections = None, 0
    report = await SsaReport.filter(number=number).first() if Role.CSO in caller.actor.roles else None
    if report is not None:
        made_at = caller.desk.clock()
        corrections = await SsaCorrection.filter(report_id=report.id).count()
        printed = await print_report(await report_as_sent(report, made_at), made_at, caller.actor.label)
    await keep_approval(caller, number, printed, corrections)


@operation("ssa.approve", by={Role.CSO}, cites="002:360-362")
async def keep_approval(work: Work, number: int, printed: PrintedReport | None, corrections: int) -> None:
    """Approve a report of which every line is checked, and keep it as it is sent.

    Raises:
        NotFound: there is no such report.
        Conflict: ``SSA_REPORT_NOT_OPEN``, ``SSA_LINES_UNCHECKED``, or somebody corrected it at this moment.
    """
    report = await report_to_change(work, number)
    check_approvable(report.state, await unchecked_of(report.id))
    if printed is None or await SsaCorrection.filter(report_id=report.id).count() != corrections:
        raise Conflict("Somebody corrected this report at this moment. Look again, then approve.")
    kept = await keep_report(work, printed, about_kind="ssa_report", about_id=report.id)
    report.state, report.approved_at, report.approved_by_id = SsaState.APPROVED, work.now, work.actor.person()
    report.evidence_number = kept.number
    await report.save()
    work.note(number=number)


@operation("ssa.record_delivery", by={Role.CSO}, cites="002:360-367")
async def record_ssa_delivery(
    work: Work, number: int, step: DeliveryStep, done_on: date, document: str = "", note: str = ""
) -> None:
    """Record a step of the delivery, with its recipients as they are set at this moment; the last one ends it.

    Raises:
        NotFound: there is no such report.
        Conflict: ``SSA_REPORT_NOT_APPROVED``, ``SSA_STEP_RECORDED``, ``SSA_STEP_OUT_OF_ORDER``, ``RECIPIENT_MISSING``.
        Invalid: ``DELIVERY_DATE``; the definitions document is not named where it goes along; a text is too long.
    """
    sends = step is DeliveryStep.SENT_TO_SSA
    named = clean_text(document, field="document", limit=_DOCUMENT_LIMIT, required=sends)
    words = clean_text(note, field="note", limit=NOTE_LIMIT)
    report = await report_to_change(work, number)
    done = await SsaDelivery.filter(report_id=report.id)
    check_delivery(report.state, [one.step for one in done], step)
    earliest = max([local_date(report.approved_at or work.now), *(one.done_on for one in done)])
    if not earliest <= done_on <= work.today:
        raise Invalid(f"Choose a day from {earliest} to today.", code="DELIVERY_DATE", field="doneOn")
    await SsaDelivery.create(
        id=uuid4(),
        report_id=report.id,
        step=step,
        done_on=done_on,
        document=named,
        note=words,
        recipients=await recipients_for(step),
        recorded_at=work.now,
        recorded_by_id=work.actor.person(),
    )
    if len(done) + 1 == len(DeliveryStep):
        report.state = SsaState.DELIVERED
        await report.save(update_fields=["state"])
    work.note(number=number, step=str(step), done_on=done_on.isoformat())
