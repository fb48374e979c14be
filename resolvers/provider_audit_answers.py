"""What is answered about accounts on the list of an audit, and which account management holds (002:147-149)."""

from __future__ import annotations

from datetime import date

from orm.models import ProviderAudit, ProviderAuditLine, User
from resolvers.account_reach import account_to_change, reach_of
from resolvers.desk import EVERYONE, Work, operation
from resolvers.numbers import LAST_NUMBER
from resolvers.revocation import Revocation, Revoked, end_access
from rules.errors import NotFound
from rules.leaving import RevocationReason
from rules.provider_audit import AuditAnswer, AuditOutcome, check_answerable, check_open_audit, check_waiting
from rules.roles import Role
from rules.text import clean_text

CARRIES_OUT = frozenset({Role.ITSD_ACCOUNT_MGMT})
"""Who carries out the audit (002:146-149)."""

_WHY_LIMIT = 300


@operation("provider_audit.answer", by=EVERYONE, cites="002:147-149; 002:173-187; REV-07")
async def answer_audit(
    work: Work, number: int, user_id: str, answer: AuditAnswer, terminated_on: date | None = None
) -> Revoked | None:
    """Say of the owner of a listed account whether they are still employed; who is not loses access at once.

    The Local Security Officer, deputy or director answers, or account management records the answer.

    Raises:
        NotFound: there is no such line for this person.
        Conflict: ``AUDIT_COMPLETED``, ``AUDIT_LINE_SETTLED``; what a revocation raises.
        Invalid: the last day cannot be.
    """
    user, line = await _line(work, number, user_id)
    check_answerable(line.outcome)
    line.answer, line.answered_at, line.answered_by_id = answer, work.now, work.actor.person()
    revoked = None
    if answer is AuditAnswer.TERMINATED:
        told = Revocation(user.user_id, RevocationReason.TERMINATED, terminated_on, note=f"Told in audit {number}.")
        revoked = await end_access(work, user, told)
        line.outcome, line.settled_at = AuditOutcome.REVOKED, work.now
    await line.save()
    work.note(audit=number, answer=str(answer))
    return revoked


@operation("provider_audit.hold", by=CARRIES_OUT, cites="002:147-149; POL-33")
async def hold_in_audit(work: Work, number: int, user_id: str, why: str) -> None:
    """Keep a listed account from being disabled by this audit, for a reason that its report tells.

    Raises:
        NotFound: there is no such line.
        Conflict: ``AUDIT_COMPLETED``, ``AUDIT_LINE_SETTLED``.
        Invalid: there is no reason, or it is too long.
    """
    words = clean_text(why, field="why", limit=_WHY_LIMIT, required=True)
    _, line = await _line(work, number, user_id)
    check_waiting(line.outcome)
    line.held_why, line.held_by_id = words, work.actor.person()
    await line.save(update_fields=["held_why", "held_by_id"])
    work.note(audit=number, held=True)


async def _line(work: Work, number: int, user_id: str) -> tuple[User, ProviderAuditLine]:
    """Hold the account, then its line in the audit, as the end of the audit does."""
    user = await account_to_change(work, await reach_of(work.actor, work.today, everywhere=CARRIES_OUT), user_id)
    audit = await ProviderAudit.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    line = None
    if audit is not None:
        found = ProviderAuditLine.filter(audit_id=audit.id, user_id=user.id)
        line = await found.select_for_update(no_key=True).first()
    if audit is None or line is None:
        raise NotFound("This account is not on the list of the audit.", code="AUDIT_LINE_NOT_FOUND", field="userId")
    check_open_audit(audit.state)
    return user, line
