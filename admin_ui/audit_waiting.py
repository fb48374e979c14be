"""What waits in audits, reviews and reports: for officers, Human Resources, account management and the CSO."""

from __future__ import annotations

from datetime import date, time, timedelta

from admin_ui.waiting import Provider, Waiting, tone_of
from resolvers.callers import Caller
from resolvers.employee_answers import VERIFIES
from resolvers.employee_review_views import list_employee_reviews
from resolvers.provider_audit_answers import CARRIES_OUT
from resolvers.provider_audit_views import list_provider_audits
from resolvers.ssa_views import list_ssa_reports
from rules.calendar import local_instant
from rules.employee_review import ReviewState
from rules.provider_audit import AuditState
from rules.roles import Role
from rules.ssa import SsaState

_NEWEST = 4
_DAY = timedelta(days=1)


def _until(caller: Caller, labels: tuple[str, str], count: int, href: str, last_day: date | None = None) -> Waiting:
    """Say it of one, or of many, and until when."""
    due = local_instant(last_day + _DAY, time(0)) if last_day is not None else None
    return Waiting(labels[1], count, href, tone_of(due, caller.desk.clock()), due, one=labels[0])


async def audits_waiting(caller: Caller) -> list[Waiting]:
    """User IDs on the list of an open audit, for the officers of their organization and for account management."""
    if not caller.actor.has_any({Role.LSO, Role.EXECUTIVE_DIRECTOR} | CARRIES_OUT):
        return []
    found = await list_provider_audits(caller, first=_NEWEST)
    return [
        _until(
            caller,
            ("unused user ID in an audit", "unused user IDs in an audit"),
            one.waiting,
            f"/audits/{one.number}",
            one.window_ends_on,
        )
        for one in found.nodes
        if one.state is AuditState.OPEN
    ]


async def employee_reviews_waiting(caller: Caller) -> list[Waiting]:
    """Employees of whom nobody has said whether they are still there."""
    if not caller.actor.has_any(VERIFIES):
        return []
    found = await list_employee_reviews(caller, first=_NEWEST)
    return [
        _until(
            caller,
            ("employee to be verified", "employees to be verified"),
            one.unanswered,
            f"/reviews/employees/{one.number}?unanswered=yes",
            one.quarter_to,
        )
        for one in found.nodes
        if one.state is ReviewState.OPEN
    ]


async def ssa_waiting(caller: Caller) -> list[Waiting]:
    """Lines of a report to check off, and reports to approve or to deliver."""
    checks, decides = caller.actor.has_any({Role.ITSD_ACCOUNT_MGMT}), caller.actor.has_any({Role.CSO})
    if not checks and not decides:
        return []
    waiting = []
    for one in (await list_ssa_reports(caller, first=_NEWEST)).nodes:
        href, unchecked = f"/ssa/{one.number}", one.providers - one.checked
        if checks and one.state is SsaState.OPEN:
            waiting.append(
                _until(
                    caller,
                    ("provider to check off for SSA", "providers to check off for SSA"),
                    unchecked,
                    f"{href}?unchecked=yes",
                )
            )
        if decides and one.state is SsaState.OPEN and not unchecked:
            waiting.append(_until(caller, ("report to SSA to approve", "report to SSA to approve"), 1, href))
        if decides and one.state is SsaState.APPROVED:
            waiting.append(_until(caller, ("report to SSA to deliver", "report to SSA to deliver"), 1, href))
    return waiting


AUDIT_WAITING: tuple[Provider, ...] = (audits_waiting, employee_reviews_waiting, ssa_waiting)
