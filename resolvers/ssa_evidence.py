"""What is kept of a report to SSA: all changes that the audit of contracts made, and what is sent (002:353-362)."""

from __future__ import annotations

from datetime import datetime

from orm.models import SsaCheck, SsaReport, User
from resolvers.ssa_rows import PROVIDER_HEADINGS, provider_rows
from rules.calendar import local_date
from rules.reports import Paragraph, Procedure, Report, Source, Table, source


async def changes_report(report: SsaReport, at: datetime) -> Report:
    """Make the report of all changes for the CSO: whose accounts were disabled, and what was noted (CON-04)."""
    checks = await SsaCheck.filter(report_id=report.id).select_related("provider")
    people = {one.id: one.user_id for one in await User.filter(id__in=list({one.checked_by_id for one in checks}))}
    rows = sorted(
        (
            one.provider.name,
            str(one.disabled),
            one.note,
            people[one.checked_by_id],
            str(local_date(one.checked_at)),
        )
        for one in checks
    )
    changed = tuple(row for row in rows if row[1] != "0" or row[2])
    said = (
        f"{len(rows)} providers were checked. Accounts were disabled at {sum(row[1] != '0' for row in rows)} of them, "
        f"{sum(one.disabled for one in checks)} in all."
    )
    headings = ("Provider", "Accounts disabled", "Note", "Checked by", "On")
    return Report(
        Procedure.CONTRACT_AUDIT,
        f"Audit of providers under contract, {report.period_from}",
        report.period_from,
        local_date(at),
        "002:111-113; 002:353-358",
        (Paragraph(said), Table("Changes", headings, changed), Table("All checks", headings, tuple(rows))),
        (source("checks", rows), _snapshot(report)),
    )


async def report_as_sent(report: SsaReport, at: datetime) -> Report:
    """Make the report as the CSO approves it: the provider sheet with checks and corrections; no person is named."""
    rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in await provider_rows(report))
    said = (
        f"{report.providers} providers and {report.persons} persons with access on {local_date(report.run_at)}. "
        "The sheet of the persons is kept in the house and does not leave by default (POL-28)."
    )
    return Report(
        Procedure.SSA_REPORT,
        f"Report of providers to SSA, {report.period_from}",
        report.period_from,
        local_date(at),
        "002:322-362",
        (Paragraph(said), Table("Providers", PROVIDER_HEADINGS, rows)),
        (source("providers with checks and corrections", rows), _snapshot(report)),
    )


def _snapshot(report: SsaReport) -> Source:
    return Source("the snapshot", report.providers + report.persons, report.snapshot_hash)
