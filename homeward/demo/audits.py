"""The audits of the story: a finished one of provider accounts, an open list of employees, a report to SSA in work.

Everything comes about through the sweeps and use cases, on its day. Only the age of a few accounts, and that the others
are in use, are put in as rows: the story is shorter than what the audits look back on.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from homeward.demo import cast
from homeward.demo.stage import Stage
from orm.models import EmployeeReview, PolicyVersion, ProviderAudit, RoleGrant, SsaProvider, SsaReport, User
from resolvers.employee_answers import verify_employment
from resolvers.employee_review import OPEN_EMPLOYEE_REVIEW
from resolvers.numbers import next_number
from resolvers.provider_audit import AUDIT_PROVIDER_ACCOUNTS
from resolvers.provider_audit_answers import answer_audit
from resolvers.provider_audit_end import PROVIDER_AUDIT_END
from resolvers.report_recipients import NewRecipient, set_report_recipients
from resolvers.ssa_checks import check_off_line
from resolvers.ssa_report import REPORT_SSA
from resolvers.sweeps import Sweep, run_now
from rules.employee_review import Employment
from rules.errors import Refusal
from rules.inactivity import PROVIDER_DOMAIN
from rules.provider_audit import AuditAnswer
from rules.ssa import ContractStanding, RecipientPurpose

AUDITED: Final = (cast.UNUSED, cast.RESIGNED, cast.REVIEWER)
"""Whom the audit of provider accounts finds."""

_UNUSED_EMPLOYEES: Final = (cast.EXPIRED, cast.TRANSITION_COORDINATOR, cast.FACILITY_LSO)
_UNUSED_DAYS: Final = timedelta(days=200)
_AUDIT_ENDED: Final = timedelta(days=21)
"""The audit was opened at least so long ago: its ten business days are over."""


async def plan_audits(stage: Stage) -> None:
    """Enter on the agenda what audits, reviews and reports do."""
    opened = AUDIT_PROVIDER_ACCOUNTS.cadence.instant(_latest(AUDIT_PROVIDER_ACCOUNTS, stage, _AUDIT_ENDED))
    await User.filter(user_id__in=AUDITED).update(created_at=opened - _UNUSED_DAYS)
    reviewer = stage.people[cast.REVIEWER].key
    await RoleGrant.create(
        id=UUID(int=reviewer.int ^ 1),
        user_id=reviewer,
        role="MORTALITY_REVIEW",
        granted_at=stage.clock.now,
        why="Part of the work.",
    )
    at = stage.agenda.at
    at(opened, _sweep, stage, AUDIT_PROVIDER_ACCOUNTS)
    at(opened + timedelta(days=2, hours=3), _answer_audit, stage)
    at(opened + timedelta(days=16), _sweep, stage, PROVIDER_AUDIT_END)

    reviewed = OPEN_EMPLOYEE_REVIEW.cadence.instant(_latest(OPEN_EMPLOYEE_REVIEW, stage))
    await _send_each_list(stage)
    at(reviewed - timedelta(minutes=5), _others_are_in_use, stage)
    at(reviewed, _sweep, stage, OPEN_EMPLOYEE_REVIEW)
    at(reviewed + timedelta(hours=4), _verify, stage)

    reported = REPORT_SSA.cadence.instant(_latest(REPORT_SSA, stage))
    at(reported - timedelta(hours=1), _set_recipients, stage)
    at(reported, _sweep, stage, REPORT_SSA)
    at(reported + timedelta(hours=5), _check_off, stage)


def _latest(sweep: Sweep, stage: Stage, before: timedelta = timedelta()) -> date:
    """Find the newest due date of a sweep that lies so long before the end of the story."""
    last = stage.today - before
    return max(sweep.cadence.due_dates(last - timedelta(days=366), last))


async def _sweep(stage: Stage, sweep: Sweep) -> None:
    await run_now(stage.desk, sweep)


async def _answer_audit(stage: Stage) -> None:
    audit = await ProviderAudit.all().order_by("-number").first()
    if audit is not None:
        by = stage.call(cast.MARIGOLD_LSO)
        last_day = stage.story_day - timedelta(days=30)
        await answer_audit(by, audit.number, cast.RESIGNED, AuditAnswer.TERMINATED, last_day)
        await answer_audit(by, audit.number, cast.UNUSED, AuditAnswer.EMPLOYED)


async def _send_each_list(stage: Stage) -> None:
    """Let the CSO have decided that each quarter's list is sent: so one is open on whatever day the story ends."""
    await PolicyVersion.create(
        number=await next_number("policy"),
        key="employee_list.each_quarter",
        value=True,
        effective_from=stage.story_day,
        decided_at=stage.clock.now,
        decided_by_id=stage.people[cast.CHIEF_SECURITY_OFFICER].key,
        reason="Human Resources answer each quarter.",
    )


async def _others_are_in_use(stage: Stage) -> None:
    """Let the people of the department have signed on lately, but for a few: the story tells the last sign-on alone."""
    lately = stage.clock.now - timedelta(days=3)
    in_use = User.exclude(domain=PROVIDER_DOMAIN).exclude(user_id__in=_UNUSED_EMPLOYEES)
    await in_use.filter(last_sign_in_at=None).update(last_sign_in_at=lately)


async def _verify(stage: Stage) -> None:
    review = await EmployeeReview.all().order_by("-number").first()
    if review is not None:
        with suppress(Refusal):  # on the first day of a quarter nobody was unused for long enough
            answer = Employment.EMPLOYED
            await verify_employment(stage.call(cast.HR_CONTACT), review.number, cast.TRANSITION_COORDINATOR, answer)


async def _set_recipients(stage: Stage) -> None:
    by = stage.call(cast.CHIEF_SECURITY_OFFICER)
    for purpose in RecipientPurpose:
        if purpose is not RecipientPurpose.PROGRAMMER:
            name = purpose.replace("_", " ").capitalize()
            address = f"{purpose.lower().replace('_', '.')}@reports.example.net"
            await set_report_recipients(by, purpose, [NewRecipient(name, address)])


async def _check_off(stage: Stage) -> None:
    """Check the first two lines of providers that go on: what has ended still waits."""
    report = await SsaReport.all().order_by("-number").first()
    if report is None:
        return
    current = SsaProvider.filter(report_id=report.id, standing=ContractStanding.CURRENT).order_by("name").limit(2)
    for line in await current:
        await check_off_line(stage.call(cast.ITSD_ACCOUNTS), report.number, line.provider_id, "No end date.")
