"""The check-off of a report's lines by account management, and what was changed by it (002:353-358)."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID, uuid4

from orm.models import SsaCheck, SsaProvider, SsaReport
from resolvers.callers import Caller
from resolvers.contract_end_sweep import end_accounts_of
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.evidence import keep_report
from resolvers.numbers import LAST_NUMBER
from resolvers.officers import holders_of, readers
from resolvers.promises import about
from resolvers.report_prints import PrintedReport, print_report
from resolvers.ssa_evidence import changes_report
from resolvers.sweeps import Subject, Sweep
from rules.calendar import Daily
from rules.errors import Conflict, NotFound
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.roles import Role
from rules.ssa import SsaState, check_checkable
from rules.text import clean_text

NOTE_LIMIT = 300


async def check_off_line(caller: Caller, number: int, provider_id: UUID, note: str = "") -> int:
    """Check a line, and with the last one send the report of all changes; answer how many accounts were disabled."""
    disabled = await check_ssa_line(caller, number, provider_id, note)
    report = await SsaReport.get(number=number)
    if await unchecked_of(report.id) == 0:
        await _report_changes(caller, report)
    return disabled


@operation("ssa.check_line", by={Role.ITSD_ACCOUNT_MGMT}, cites="002:353-357; 002:111-113; POL-27")
async def check_ssa_line(work: Work, number: int, provider_id: UUID, note: str = "") -> int:
    """Check a line off; a provider whose contract has ended by now loses all its accounts in this transaction.

    Raises:
        NotFound: there is no such report, or no such line in it.
        Conflict: ``SSA_REPORT_NOT_OPEN``, ``SSA_LINE_CHECKED``.
        Invalid: the note is too long.
    """
    words = clean_text(note, field="note", limit=NOTE_LIMIT)
    report = await report_to_change(work, number)
    check_checkable(report.state)
    await line_of(report, provider_id)
    if await SsaCheck.exists(report_id=report.id, provider_id=provider_id):
        raise Conflict("This line is checked already.", code="SSA_LINE_CHECKED")
    # What the contract says today counts, not what it said when the snapshot was taken.
    disabled = await end_accounts_of(work, provider_id)
    await SsaCheck.create(
        id=uuid4(),
        report_id=report.id,
        provider_id=provider_id,
        note=words,
        disabled=disabled,
        checked_at=work.now,
        checked_by_id=work.actor.person(),
    )
    work.about("ssa_report", report.id)
    work.note(number=number, provider=str(provider_id), disabled=disabled)
    return disabled


@operation("ssa.report_changes", by={Role.ITSD_ACCOUNT_MGMT} | THE_HOUSE, cites="002:358; 002:111-113")
async def keep_changes(work: Work, report_id: UUID, printed: PrintedReport) -> bool:
    """Keep the report of all changes once every line is checked, and send the CSO to it (CON-04)."""
    report = await SsaReport.filter(id=report_id).select_for_update(no_key=True).get()
    work.about("ssa_report", report.id)
    if report.changes_evidence is not None or report.state is not SsaState.OPEN or await unchecked_of(report_id):
        work.note(kept=False)
        return False
    kept = await keep_report(work, printed, about_kind="ssa_report", about_id=report.id)
    report.changes_evidence = kept.number
    await report.save(update_fields=["changes_evidence"])
    work.promise(about(readers(await holders_of(Role.CSO)), NotificationKind.REPORT_KEPT, kept.number))
    work.note(kept=True, number=report.number)
    return True


async def plan_contract_audit_end(now: datetime, policy: Policy) -> list[Subject]:
    """List the reports whose last line was checked, and of whose changes nobody was told because of a fault."""
    del now, policy
    waiting = await SsaReport.filter(state=SsaState.OPEN, changes_evidence=None).order_by("number")
    why = "Every line is checked; the report of all changes goes to the CSO."
    return [
        Subject(one.id, f"Report {one.number}", hit=True, why=why, facts={})
        for one in waiting
        if await unchecked_of(one.id) == 0
    ]


async def treat_contract_audit_end(caller: Caller, report_id: UUID) -> bool:
    """Send the report of all changes, where it was not sent with the last check."""
    report = await SsaReport.get(id=report_id)
    return await unchecked_of(report_id) == 0 and await _report_changes(caller, report)


AUDIT_CONTRACTS = Sweep(
    name="audit_contracts",
    title="Changes that the audit of contracts has made",
    cites="002:111-113; 002:358",
    cadence=Daily(time(7, 45)),
    plan=plan_contract_audit_end,
    treat=treat_contract_audit_end,
)


async def _report_changes(caller: Caller, report: SsaReport) -> bool:
    made_at = caller.desk.clock()
    printed = await print_report(await changes_report(report, made_at), made_at, caller.actor.label)
    return await keep_changes(caller, report.id, printed)


async def report_to_change(work: Work, number: int) -> SsaReport:
    """Find a report by its number, and hold it. Raises NotFound SSA_REPORT_NOT_FOUND."""
    found = SsaReport.filter(number=number).select_for_update(no_key=True)
    report = await found.first() if 0 < number <= LAST_NUMBER else None
    if report is None:
        raise NotFound("There is no such report.", code="SSA_REPORT_NOT_FOUND", field="number")
    work.about("ssa_report", report.id)
    return report


async def line_of(report: SsaReport, provider_id: UUID) -> SsaProvider:
    """Find a provider's line in a report. Raises NotFound SSA_LINE_NOT_FOUND."""
    line = await SsaProvider.filter(report_id=report.id, provider_id=provider_id).first()
    if line is None:
        raise NotFound("This provider is not in the report.", code="SSA_LINE_NOT_FOUND", field="providerId")
    return line


async def unchecked_of(report_id: UUID) -> int:
    """Count the lines of a report that nobody has checked."""
    lines = await SsaProvider.filter(report_id=report_id).count()
    return lines - await SsaCheck.filter(report_id=report_id).count()
