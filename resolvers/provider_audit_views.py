"""Audits of provider accounts and their lists, as offices and each provider's own officers see them (002:169-171)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orm.models import ProviderAudit, ProviderAuditLine
from orm.sql import fetch, to_date, to_instant, to_uuid
from resolvers.account_reach import Reach, reach_of
from resolvers.desk import EVERYONE, Reading, access
from resolvers.numbers import LAST_NUMBER
from resolvers.paging import Page, from_cursor, key_from_cursor, page_of, page_size, stale_cursor, to_cursor
from resolvers.referral_shapes import ProviderRef
from rules.errors import NotFound
from rules.provider_audit import AuditAnswer, AuditOutcome, AuditState, AuditVerdict
from rules.roles import Role
from rules.text import full_name

READS_ALL = frozenset({Role.ITSD_ACCOUNT_MGMT, Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR})
"""Who sees the whole of an audit; an organization's officers see the lines of their own people."""

_AUDITS = "PROVIDER_AUDIT"
_LINES = "AUDIT_LINE"


@dataclass(slots=True)
class AuditView:
    """An audit of provider accounts; ``listed`` and ``waiting`` count the lines that the caller sees."""

    id: UUID
    number: int
    period_from: date
    state: AuditState
    opened_at: datetime
    window_ends_on: date
    accounts: int
    listed: int
    waiting: int
    policy_version: str
    completed_at: datetime | None
    evidence_number: int | None


@dataclass(slots=True)
class AuditLineView:
    """One account on the list of an audit."""

    id: UUID
    user_id: str
    name: str
    provider: ProviderRef | None
    last_used_on: date
    ever_used: bool
    verdict: AuditVerdict
    why: str
    answer: AuditAnswer | None
    answered_at: datetime | None
    held_why: str
    outcome: AuditOutcome
    settled_at: datetime | None


@access("provider_audit.audits", by=EVERYONE, cites="002:145-149; 002:169-171")
async def list_provider_audits(
    reading: Reading, *, first: int = 50, after: str | None = None, count: bool = False
) -> Page[AuditView]:
    """List the audits, the newest first; an organization's officers get those that list people of their own.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    reach = await _reach(reading)
    audits = ProviderAudit.all()
    if not reach.everyone:
        audits = audits.filter(id__in=await _audits_of(reach))
    total = await audits.count() if count else None
    if after is not None:
        audits = audits.filter(number__lt=from_cursor(after, _AUDITS, most=LAST_NUMBER))
    rows = await audits.order_by("-number").limit(size + 1)
    views = [await _audit(row, reach) for row in rows[:size]]
    reading.shows("provider_audit", (view.id for view in views), ["providerAudits"])
    return page_of(views, lambda view: to_cursor(_AUDITS, view.number), more=len(rows) > size, after=after, total=total)


@access("provider_audit.view", by=EVERYONE, cites="002:145-149; 002:169-171")
async def view_provider_audit(reading: Reading, number: int) -> AuditView:
    """Show an audit by its number.

    Raises:
        NotFound: there is no such audit for this person.
    """
    audit, reach = await _in_sight(reading, number)
    return await _audit(audit, reach)


@access("provider_audit.lines", by=EVERYONE, cites="002:169-171; 002:187-189")
async def list_audit_lines(
    reading: Reading,
    number: int,
    *,
    outcome: AuditOutcome | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[AuditLineView]:
    """List the accounts of an audit that the caller sees, by user ID.

    Raises:
        NotFound: there is no such audit for this person.
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    audit, reach = await _in_sight(reading, number)
    condition, parameters = reach.condition("u")
    where = ["l.audit_id = :audit", condition]
    parameters["audit"] = audit.id
    if outcome is not None:
        where.append("l.outcome = :outcome")
        parameters["outcome"] = outcome
    tables = (
        "provider_audit_line l JOIN user_account u ON u.id = l.user_id LEFT JOIN provider p ON p.id = l.provider_id "
    )
    total: int | None = None
    if count:
        counted = await fetch(f"SELECT COUNT(*) AS n FROM {tables} WHERE {' AND '.join(where)}", **parameters)
        total = int(counted[0]["n"])
    if after is not None:
        where.append("u.user_id > :after")
        parameters["after"] = await _place(audit.id, reach, key_from_cursor(after, _LINES))
    rows = await fetch(
        "SELECT l.id, u.user_id, u.first_name, u.last_name, l.provider_id, p.name AS provider, l.last_used_on, "
        "l.ever_used, l.verdict, l.why, l.answer, l.answered_at, l.held_why, l.outcome, l.settled_at, u.id AS account "
        f"FROM {tables} WHERE {' AND '.join(where)} ORDER BY u.user_id LIMIT :limit",
        **parameters,
        limit=size + 1,
    )
    views = [_line(row) for row in rows[:size]]
    reading.shows("user", (to_uuid(row["account"]) for row in rows[:size]), ["auditLines"])
    return page_of(views, lambda view: to_cursor(_LINES, str(view.id)), more=len(rows) > size, after=after, total=total)


async def _place(audit_id: UUID, reach: Reach, line_id: UUID) -> str:
    """Find the user ID of a cursor's line; it has to exist for the caller, or the place would tell something.

    Raises:
        Invalid: ``CURSOR_STALE``.
    """
    line = await ProviderAuditLine.filter(id=line_id, audit_id=audit_id).select_related("user").first()
    if line is None or not reach.covers(line.user):
        raise stale_cursor()
    return str(line.user.user_id)


async def _reach(reading: Reading) -> Reach:
    return await reach_of(reading.actor, reading.today, everywhere=READS_ALL)


async def _in_sight(reading: Reading, number: int) -> tuple[ProviderAudit, Reach]:
    reach = await _reach(reading)
    audit = await ProviderAudit.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if audit is None or not (reach.everyone or audit.id in await _audits_of(reach)):
        raise NotFound("There is no such audit.", code="AUDIT_NOT_FOUND", field="number")
    reading.about("provider_audit", audit.id)
    return audit, reach


async def _audits_of(reach: Reach) -> list[UUID]:
    condition, parameters = reach.condition("u")
    rows = await fetch(
        "SELECT DISTINCT l.audit_id FROM provider_audit_line l JOIN user_account u ON u.id = l.user_id "
        f"WHERE {condition}",
        **parameters,
    )
    return [to_uuid(row["audit_id"]) for row in rows]


async def _audit(audit: ProviderAudit, reach: Reach) -> AuditView:
    condition, parameters = reach.condition("u")
    rows = await fetch(
        "SELECT l.outcome, COUNT(*) AS n FROM provider_audit_line l JOIN user_account u ON u.id = l.user_id "
        f"WHERE l.audit_id = :audit AND {condition} GROUP BY l.outcome",
        **parameters,
        audit=audit.id,
    )
    counts = {row["outcome"]: int(row["n"]) for row in rows}
    return AuditView(
        id=audit.id,
        number=audit.number,
        period_from=audit.period_from,
        state=audit.state,
        opened_at=audit.opened_at,
        window_ends_on=audit.window_ends_on,
        accounts=audit.accounts,
        listed=sum(counts.values()),
        waiting=counts.get(AuditOutcome.WAITING, 0),
        policy_version=audit.policy_version,
        completed_at=audit.completed_at,
        evidence_number=audit.evidence_number,
    )


def _line(row: dict[str, Any]) -> AuditLineView:
    return AuditLineView(
        id=to_uuid(row["id"]),
        user_id=row["user_id"],
        name=full_name(row["first_name"], row["last_name"]),
        provider=ProviderRef(to_uuid(row["provider_id"]), row["provider"]) if row["provider_id"] else None,
        last_used_on=to_date(row["last_used_on"]),
        ever_used=bool(row["ever_used"]),
        verdict=AuditVerdict(row["verdict"]),
        why=row["why"],
        answer=AuditAnswer(row["answer"]) if row["answer"] else None,
        answered_at=to_instant(row["answered_at"]) if row["answered_at"] else None,
        held_why=row["held_why"],
        outcome=AuditOutcome(row["outcome"]),
        settled_at=to_instant(row["settled_at"]) if row["settled_at"] else None,
    )
