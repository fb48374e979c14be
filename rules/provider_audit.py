"""The audit of provider accounts in February, June and October: who is on the list, and how a line ends (002:141-203).

Unused means for more than the audit's days: on the 180th day an account was used in the past 180 days, on the 181st it
was not. The audit is a control as well: where unused accounts are disabled at 90 days, it finds nobody but who is
exempt or held (POL-01).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

from rules.accounts import AccountState
from rules.calendar import OnDates, business_day_after
from rules.errors import Conflict
from rules.inactivity import PROVIDER_DOMAIN, InactivityFacts, last_used_on, said_of_use
from rules.leaving import DisabledReason
from rules.policy import Policy

AUDITED: Final = OnDates(((2, 1), (6, 1), (10, 1)), time(6, 30))
"""The documents name the months; the first day is chosen, after the daily sweep of unused accounts (002:163)."""


class AuditState(StrEnum):
    """Say where an audit of provider accounts stands."""

    OPEN = "OPEN"
    """The officers are asked, or accounts wait to be disabled."""
    COMPLETED = "COMPLETED"
    """Each line has an end, and the report is kept."""


class AuditVerdict(StrEnum):
    """Say why an account is on the list of an audit."""

    UNUSED = "UNUSED"
    """Not used for more than the audit's days (002:163-167)."""
    EXEMPT = "EXEMPT"
    """Not used, but its owner holds a role that is exempt, and no termination is recorded (002:189-193)."""
    HELD = "HELD"
    """Not used, but suspended and held until that is decided."""


class AuditAnswer(StrEnum):
    """Say what the Local Security Officer answered about the owner of an account (002:147-149)."""

    EMPLOYED = "EMPLOYED"
    """Still there: the account is disabled all the same unless it is used (002:181-187)."""
    TERMINATED = "TERMINATED"
    """No longer there: access is revoked at once (002:173-179)."""


class AuditOutcome(StrEnum):
    """Say what became of an account on the list of an audit."""

    WAITING = "WAITING"
    """The window for an answer is open."""
    SIGNED_IN = "SIGNED_IN"
    """Its owner has signed on since."""
    REVOKED = "REVOKED"
    """Access was revoked: its owner has left (002:173-179)."""
    DISABLED = "DISABLED"
    """Disabled because it was not used, and its roles ended (002:181-197)."""
    ENDED = "ENDED"
    """It ended for another reason, such as the end of a contract."""
    EXEMPT = "EXEMPT"
    """It keeps account and roles by the exception for Mortality Review (002:189-193)."""
    HELD = "HELD"
    """Account management or an incident holds it, for a reason that is told."""


@dataclass(frozen=True, slots=True)
class Listed:
    """That an account is on the list of an audit: why, and in a sentence."""

    verdict: AuditVerdict
    why: str

    @property
    def outcome(self) -> AuditOutcome:
        """Give how the line begins: who is exempt or suspended is not waited for."""
        return AuditOutcome.WAITING if self.verdict is AuditVerdict.UNUSED else AuditOutcome(self.verdict.value)


def judge_at_audit(facts: InactivityFacts, on: date, policy: Policy) -> Listed | None:
    """Tell whether an active account of a provider is on the list of an audit; None if it was used."""
    if facts.domain != PROVIDER_DOMAIN or facts.state not in (AccountState.ACTIVE, AccountState.SUSPENDED):
        return None
    last = last_used_on(facts)
    if on - last <= policy.inactivity_audit:
        return None
    used = f"{said_of_use(facts)}: more than {policy.inactivity_audit.days} days ago."
    if facts.state is AccountState.SUSPENDED:
        return Listed(AuditVerdict.HELD, f"{used} It is suspended, and held until that is decided.")
    if facts.exempt_role and facts.terminated_on is None:
        return Listed(AuditVerdict.EXEMPT, f"{used} Its owner holds a role that is exempt (POL-04).")
    return Listed(AuditVerdict.UNUSED, used)


def unused_before(on: date, policy: Policy) -> date:
    """Return the first day on which a use keeps an account off the list of an audit on a day."""
    return on - policy.inactivity_audit


def window_ends_on(opened_on: date, policy: Policy) -> date:
    """Return the last business day on which the officers may answer (POL-33)."""
    return business_day_after(opened_on, policy.audit_response)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What must be known of an account that is on the list; ``held`` says whether account management holds it."""

    use: InactivityFacts
    disabled_reason: DisabledReason | None
    listed_at: datetime
    held: bool


def settle(facts: LineFacts, on: date, window_ends: date) -> AuditOutcome | None:
    """Tell how a line that waits ends on a day; None while it goes on waiting.

    DISABLED of an account in use means that it is to be disabled now.
    """
    use = facts.use
    if use.state in (AccountState.DISABLED, AccountState.DELETED):
        return _ended_by(facts.disabled_reason)
    if use.last_sign_in_at is not None and use.last_sign_in_at > facts.listed_at:
        return AuditOutcome.SIGNED_IN
    if on <= window_ends:
        return None
    if facts.held or use.state is AccountState.SUSPENDED:
        return AuditOutcome.HELD
    if use.exempt_role and use.terminated_on is None:
        return AuditOutcome.EXEMPT
    return AuditOutcome.DISABLED


def check_open_audit(state: AuditState) -> None:
    """Answer only while the audit is open. Raises Conflict AUDIT_COMPLETED."""
    if state is not AuditState.OPEN:
        raise Conflict("This audit is completed.", code="AUDIT_COMPLETED")


def check_waiting(outcome: AuditOutcome) -> None:
    """Hold only what waits. Raises Conflict AUDIT_LINE_SETTLED."""
    if outcome is not AuditOutcome.WAITING:
        raise Conflict("What becomes of this account has been decided.", code="AUDIT_LINE_SETTLED")


def check_answerable(outcome: AuditOutcome) -> None:
    """Answer about an account that is in use. Raises Conflict AUDIT_LINE_SETTLED.

    A termination is told of an exempt account, too (002:189-193).
    """
    if outcome not in (AuditOutcome.WAITING, AuditOutcome.EXEMPT, AuditOutcome.HELD):
        raise Conflict("What becomes of this account has been decided.", code="AUDIT_LINE_SETTLED")


def _ended_by(reason: DisabledReason | None) -> AuditOutcome:
    if reason is DisabledReason.INACTIVITY:
        return AuditOutcome.DISABLED
    if reason in (DisabledReason.LEFT, DisabledReason.TERMINATED, DisabledReason.SECURITY):
        return AuditOutcome.REVOKED
    return AuditOutcome.ENDED
