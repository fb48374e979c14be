"""What is kept of an audit of provider accounts: the rule, the list, and what became of each account (002:141-203)."""

from __future__ import annotations

from collections import Counter as Tally
from datetime import date
from uuid import UUID

from orm.models import Provider, ProviderAudit, ProviderAuditLine, User
from rules.calendar import local_date
from rules.provider_audit import AuditOutcome, AuditVerdict
from rules.reports import Paragraph, Procedure, Report, Table, source

_BATCH = 500


async def report_of_audit(audit: ProviderAudit, on: date) -> Report:
    """Make the report of an audit in which no line waits."""
    rows = await _rows(audit)
    outcomes = Tally(row[-1] for row in rows)
    exempt = sum(row[3] == AuditVerdict.EXEMPT for row in rows)
    held = sum(row[3] == AuditVerdict.HELD for row in rows)
    found = len(rows) - exempt - held
    scope = (
        f"Audit {audit.number} looked at {audit.accounts} active accounts of the provider domain on "
        f"{local_date(audit.opened_at)}. The officers could answer until {audit.window_ends_on}."
    )
    count = f"Not used: {found}. Exempt (Mortality Review): {exempt}. Suspended: {held}."
    ends = ", ".join(f"{times} {name}" for name, times in sorted(outcomes.items()))
    result = (
        f"What became of the accounts on the list: {ends}."
        if found
        else "The audit found nobody but who is exempt or held: unused accounts had been disabled before."
    )
    sentences = (scope, count, result)
    headings = ("User ID", "Provider", "Last used", "Verdict", "Answer", "Held because", "Outcome")
    return Report(
        Procedure.PROVIDER_ACCOUNT_AUDIT,
        f"Audit of provider accounts, {audit.period_from:%B %Y}",
        audit.period_from,
        on,
        "002:141-203",
        (*(Paragraph(sentence) for sentence in sentences), Table("Accounts on the list", headings, tuple(rows))),
        (source("lines of the audit", rows),),
    )


async def _rows(audit: ProviderAudit) -> list[tuple[str, ...]]:
    lines = await ProviderAuditLine.filter(audit_id=audit.id)
    names: dict[UUID | None, str] = {
        one.id: one.name for one in await Provider.filter(id__in=list({one.provider_id for one in lines}))
    }
    logins: dict[object, str] = {}
    for start in range(0, len(lines), _BATCH):
        keys = [one.user_id for one in lines[start : start + _BATCH]]
        logins |= {one.id: one.user_id for one in await User.filter(id__in=keys).only("id", "user_id")}
    return sorted(
        (
            logins[one.user_id],
            names.get(one.provider_id, ""),
            str(one.last_used_on) if one.ever_used else f"never; counted from {one.last_used_on}",
            str(one.verdict),
            str(one.answer or ""),
            one.held_why,
            str(AuditOutcome(one.outcome)),
        )
        for one in lines
    )
