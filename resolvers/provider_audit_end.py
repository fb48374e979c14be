"""How an audit of provider accounts ends: line by line, the officers are told, and its report is kept (002:181-203)."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from orm.models import AuditedProvider, Provider, ProviderAudit, ProviderAuditLine, User
from resolvers.account_duties import hold_account, use_of, uses_of
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.endings import disable
from resolvers.evidence import keep_report
from resolvers.officers import Organization, holders_of, readers
from resolvers.promises import about
from resolvers.provider_audit import officers_who_hear
from resolvers.provider_audit_report import report_of_audit
from resolvers.report_prints import PrintedReport, print_report
from resolvers.sweeps import Subject, Sweep
from rules.accounts import AccountState
from rules.calendar import Daily, local_date
from rules.inactivity import InactivityFacts
from rules.leaving import DisabledReason
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.provider_audit import AuditOutcome, AuditState, LineFacts, settle
from rules.roles import Role

_BATCH = 500


async def plan_audit_end(now: datetime, policy: Policy) -> list[Subject]:
    """List the waiting lines that end today, the providers of whose disabled accounts is told, and audits that end."""
    del policy  # the window was fixed when the audit was opened
    on = local_date(now)
    subjects: list[Subject] = []
    for audit in await ProviderAudit.filter(state=AuditState.OPEN).order_by("number"):
        waiting = await ProviderAuditLine.filter(audit_id=audit.id, outcome=AuditOutcome.WAITING).order_by("id")
        ending = [
            one
            for start in range(0, len(waiting), _BATCH)
            for one in await _ending(audit, waiting[start : start + _BATCH], on)
        ]
        subjects += ending
        subjects += await _to_tell(audit, {one.id for one in ending if one.facts["outcome"] == AuditOutcome.DISABLED})
        if len(ending) == len(waiting):
            label, why = f"Audit {audit.number}", "Each line has an end; the report is kept."
            subjects.append(Subject(audit.id, label, hit=True, why=why, facts={"outcome": str(AuditState.COMPLETED)}))
    return subjects


async def treat_audit_end(caller: Caller, subject: UUID) -> bool:
    """End a line, tell of a provider's disabled accounts, or complete an audit; answer whether that was due."""
    if await ProviderAudit.exists(id=subject):
        return await _complete(caller, subject)
    if await ProviderAuditLine.exists(id=subject):
        return await settle_audit_line(caller, subject)
    return await tell_of_disabled(caller, subject)


@operation("provider_audit.settle", by=THE_HOUSE, cites="002:181-197; POL-33")
async def settle_audit_line(work: Work, line_id: UUID) -> bool:
    """End a line: found revoked or used, or disabled now with its roles; answer whether it ended."""
    found = await ProviderAuditLine.get(id=line_id).select_related("audit")
    user = await hold_account(found.user_id)  # the account before the line, as wherever both are held
    line = await ProviderAuditLine.filter(id=line_id).select_for_update(no_key=True).get()
    work.about("user", line.user_id)
    if user is None or line.outcome is not AuditOutcome.WAITING:
        work.note(settled=False)
        return False
    facts = _facts(line, user, await use_of(user.id))
    outcome = settle(facts, work.today, found.audit.window_ends_on)
    if outcome is None:
        work.note(settled=False)
        return False
    if outcome is AuditOutcome.DISABLED and user.state is AccountState.ACTIVE:
        note = f"Disabled due to inactivity by audit {found.audit.number}. {line.why}"
        await disable(work, user, DisabledReason.INACTIVITY, note)
    line.outcome, line.settled_at = outcome, work.now
    await line.save(update_fields=["outcome", "settled_at"])
    work.note(settled=True, outcome=str(outcome), audit=found.audit.number)
    return True


@operation("provider_audit.tell_disabled", by=THE_HOUSE, cites="002:187-189")
async def tell_of_disabled(work: Work, told_id: UUID) -> bool:
    """Tell a provider's officers once which of its accounts the audit has disabled; the letter names none."""
    told = await AuditedProvider.filter(id=told_id).select_for_update(no_key=True).first()
    disabled = 0
    if told is not None:
        work.about("provider", told.provider_id)
        disabled = await ProviderAuditLine.filter(
            audit_id=told.audit_id, provider_id=told.provider_id, outcome=AuditOutcome.DISABLED
        ).count()
    if told is None or told.disabled_told_at is not None or not disabled:
        work.note(told=False)
        return False
    told.disabled_told_at = work.now
    await told.save(update_fields=["disabled_told_at"])
    hearing = await officers_who_hear(Organization(provider_id=told.provider_id), work.today)
    work.promise(about(readers(hearing), NotificationKind.ACCOUNTS_DISABLED, None))
    work.note(told=len(hearing), disabled=disabled)
    return True


@operation("provider_audit.complete", by=THE_HOUSE, cites="002:141-203; 002:114-116")
async def complete_audit(work: Work, audit_id: UUID, printed: PrintedReport) -> bool:
    """Keep the report of an audit in which no line waits, and tell account management and the CSO."""
    audit = await ProviderAudit.filter(id=audit_id).select_for_update(no_key=True).get()
    work.about("provider_audit", audit.id)
    waiting = await ProviderAuditLine.filter(audit_id=audit_id, outcome=AuditOutcome.WAITING).exists()
    if audit.state is AuditState.COMPLETED or waiting:
        work.note(completed=False)
        return False
    kept = await keep_report(work, printed, about_kind="provider_audit", about_id=audit.id)
    audit.state, audit.completed_at, audit.evidence_number = AuditState.COMPLETED, work.now, kept.number
    await audit.save(update_fields=["state", "completed_at", "evidence_number"])
    offices = [*await holders_of(Role.CSO), *await holders_of(Role.ITSD_ACCOUNT_MGMT)]
    work.promise(about(readers(offices), NotificationKind.REPORT_KEPT, kept.number))
    work.note(completed=True, number=audit.number)
    return True


PROVIDER_AUDIT_END = Sweep(
    name="provider_audit_end",
    title="End of the audit of provider accounts",
    cites="002:181-203",
    cadence=Daily(time(7, 0)),
    plan=plan_audit_end,
    treat=treat_audit_end,
)


async def _complete(caller: Caller, audit_id: UUID) -> bool:
    """Print before the transaction: a long report takes seconds, and nothing waits for it meanwhile."""
    if await ProviderAuditLine.filter(audit_id=audit_id, outcome=AuditOutcome.WAITING).exists():
        return False
    report = await report_of_audit(await ProviderAudit.get(id=audit_id), local_date(caller.desk.clock()))
    return await complete_audit(caller, audit_id, await print_report(report, caller.desk.clock(), caller.actor.label))


async def _ending(audit: ProviderAudit, lines: list[ProviderAuditLine], on: date) -> list[Subject]:
    users = {one.id: one for one in await User.filter(id__in=[line.user_id for line in lines])}
    uses = {one.id: one for one in await uses_of(list(users))}
    subjects = []
    for line in lines:
        facts = _facts(line, users[line.user_id], uses[line.user_id].facts)
        outcome = settle(facts, on, audit.window_ends_on)
        if outcome is not None:
            why = f"{line.why} The window ended on {audit.window_ends_on}." if on > audit.window_ends_on else line.why
            shown = {"outcome": str(outcome), "provider": str(line.provider_id)}
            subjects.append(Subject(line.id, uses[line.user_id].label, hit=True, why=why, facts=shown))
    return subjects


async def _to_tell(audit: ProviderAudit, disabling: set[UUID]) -> list[Subject]:
    """List the providers that lose accounts to an audit and were not told of it."""
    disabled = ProviderAuditLine.filter(audit_id=audit.id, outcome=AuditOutcome.DISABLED)
    affected = {one.provider_id for one in await disabled.only("id", "provider_id")}
    affected |= {
        one.provider_id for one in await ProviderAuditLine.filter(id__in=list(disabling)).only("id", "provider_id")
    }
    told = await AuditedProvider.filter(
        audit_id=audit.id, disabled_told_at=None, provider_id__in=[one for one in affected if one]
    )
    names = {one.id: one.name for one in await Provider.filter(id__in=[one.provider_id for one in told])}
    why = "Its officers are told which accounts were disabled."
    return [Subject(one.id, names[one.provider_id], hit=True, why=why, facts={"outcome": "TELL"}) for one in told]


def _facts(line: ProviderAuditLine, user: User, use: InactivityFacts) -> LineFacts:
    return LineFacts(use, user.disabled_reason, line.listed_at, held=bool(line.held_why))
