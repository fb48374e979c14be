"""A row in each table of audits, reviews and reports: whatever bears a number has the number 1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from orm.models import (
    EmployeeReview,
    EmployeeReviewLine,
    MainframeDeletion,
    MainframeReview,
    OutsideSystem,
    ProviderAudit,
    ProviderAuditLine,
    SsaCheck,
    SsaCorrection,
    SsaDelivery,
    SsaPerson,
    SsaProvider,
    SsaReport,
    UserList,
    UserListRow,
)
from rules.provider_audit import AuditOutcome, AuditVerdict
from rules.ssa import ContractStanding, DeliveryStep, SsaState
from rules.user_lists import ListFinding
from tests.world.world import ProviderHome, World

DAY = date(2026, 3, 2)


@dataclass(frozen=True)
class AuditRows:
    """The keys of what was planted."""

    audit: UUID
    line: UUID
    review: UUID
    report: UUID
    listed: int


async def plant_audit_rows(world: World, home: ProviderHome, employee: UUID | None = None) -> AuditRows:
    """Plant an audit with a line, a review, an imported list with its review, and a report with all that is its own."""
    person, now = home.staff.actor.person(), world.clock()
    audit = await ProviderAudit.create(number=1, period_from=DAY, opened_at=now, window_ends_on=DAY, accounts=1)
    line = await ProviderAuditLine.create(
        audit_id=audit.id,
        user_id=person,
        provider_id=home.id,
        last_used_on=DAY,
        ever_used=False,
        verdict=AuditVerdict.UNUSED,
        why="Not used.",
        listed_at=now,
        outcome=AuditOutcome.WAITING,
    )
    review = await EmployeeReview.create(
        number=1, quarter_from=DAY, quarter_to=DAY, sent=True, opened_at=now, accounts=1
    )
    await EmployeeReviewLine.create(
        review_id=review.id, user_id=employee or person, last_used_on=DAY, ever_used=False, days_unused=60
    )
    system = await OutsideSystem.create(code="MF", name="A mainframe", agency="An agency", mainframe=True)
    users = await UserList.create(
        number=1, system_id=system.code, imported_at=now, imported_by_id=person, rows=1, sha256="0" * 64
    )
    row = await UserListRow.create(list_id=users.id, line=2, user_id="A1", name="A B", finding=ListFinding.UNKNOWN)
    await MainframeReview.create(
        system_id=system.code, quarter_from=DAY, lists=1, listed=1, done_at=now, evidence_number=1001
    )
    await MainframeDeletion.create(
        system_id=system.code, quarter_from=DAY, user_id="NOBODY1", last_used_on=DAY, asked_at=now
    )
    return AuditRows(audit.id, line.id, review.id, await _plant_report(world, home), row.id)


async def _plant_report(world: World, home: ProviderHome) -> UUID:
    person, now = home.staff.actor.person(), world.clock()
    report = await SsaReport.create(number=1, period_from=DAY, run_at=now, whole_at=now, state=SsaState.OPEN)
    of_provider = {"report_id": report.id, "provider_id": home.id}
    await SsaProvider.create(**of_provider, name=home.name, standing=ContractStanding.CURRENT, accounts=1)
    await SsaPerson.create(**of_provider, user_id=person, login="A1", name="A B", roles=["BILLING"])
    await SsaCheck.create(**of_provider, checked_at=now, checked_by_id=person)
    await SsaCorrection.create(**of_provider, text="Put right.", at=now, by_id=uuid4())
    await SsaDelivery.create(
        report_id=report.id, step=DeliveryStep.SENT_TO_SSA, done_on=DAY, recorded_at=now, recorded_by_id=person
    )
    return report.id
