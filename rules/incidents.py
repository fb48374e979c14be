"""Incidents: what may have been a breach, who answers for it, and how it ends (000:34-39, 002:15-19).

A suspended person is asked about, never the organization (POL-08). Only the Chief Security Officer closes an incident
and lets a suspended person back in; nobody decides about themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from rules.accounts import AccountState
from rules.errors import Conflict, Denied, TooMany
from rules.leaving import already_deleted, already_disabled


class IncidentKind(StrEnum):
    """Say what happened."""

    ANSWERED_FOR_LSO = "ANSWERED_FOR_LSO"
    """Somebody else answered what was addressed to the LSO (000:34-36)."""
    SHARED_ACCOUNT = "SHARED_ACCOUNT"
    """A user ID was in use in more places than one person is (000:38-39)."""
    USED_AFTER_LEAVING = "USED_AFTER_LEAVING"
    """An account was used after its owner had left (000:277-278)."""
    REPORTED = "REPORTED"
    """Reported by a person."""


class IncidentState(StrEnum):
    """Say where an incident stands."""

    OPEN = "OPEN"
    """The Chief Security Officer has not closed it."""
    CLOSED = "CLOSED"
    """Closed with a finding."""


class Finding(StrEnum):
    """Say what an incident turned out to be."""

    BREACH = "BREACH"
    """Access was gained that was not allowed."""
    VIOLATION = "VIOLATION"
    """A rule was broken, and nothing was seen that should not have been."""
    UNFOUNDED = "UNFOUNDED"
    """Nothing was wrong."""


class LsoAnswer(StrEnum):
    """Say what the LSO answered when asked about a suspended person (POL-08)."""

    CONFIRMED = "CONFIRMED"
    """The person acted without being allowed to."""
    EXPLAINED = "EXPLAINED"
    """There is an explanation; the Chief Security Officer decides."""


CLEARED: frozenset[Finding] = frozenset({Finding.VIOLATION, Finding.UNFOUNDED})
"""Findings after which a suspended person may be let back in; after a breach never, only by a new access form."""


MOST_OPEN_REPORTS = 10
"""Reports of one person that may wait at the same time: each one calls the Chief Security Officers."""


def check_may_report(waiting: int) -> None:
    """Take a report unless too many of the same person are open. Raises TooMany TOO_MANY_REPORTS."""
    if waiting >= MOST_OPEN_REPORTS:
        raise TooMany(
            f"{waiting} of your reports wait to be answered already. If it is urgent, call the Chief Security Officer.",
            code="TOO_MANY_REPORTS",
        )


def check_open(state: IncidentState) -> None:
    """Change only what is open. Raises Conflict INCIDENT_CLOSED."""
    if state is IncidentState.CLOSED:
        raise Conflict("This incident is closed.", code="INCIDENT_CLOSED")


def check_not_concerned(person: UUID, concerned: UUID | None) -> None:
    """Let nobody answer for or decide about themselves. Raises Denied OWN_INCIDENT."""
    if concerned is not None and person == concerned:
        raise Denied("Nobody decides about themselves.", code="OWN_INCIDENT")


def check_unanswered(answer: LsoAnswer | None) -> None:
    """Take one answer of the organization. Raises Conflict ALREADY_ANSWERED."""
    if answer is not None:
        raise Conflict("This incident was answered already.", code="ALREADY_ANSWERED")


def check_not_self(actor: UUID, person: UUID) -> None:
    """Let nobody suspend or reinstate themselves. Raises Denied SELF_SUSPENSION."""
    if actor == person:
        raise Denied("Nobody suspends or reinstates the own account.", code="SELF_SUSPENSION")


def check_suspendable(state: AccountState, *, others_left: bool) -> None:
    """Suspend only an account in use, and never the last Chief Security Officer: nobody could reinstate then.

    Raises:
        Conflict: ALREADY_SUSPENDED, ALREADY_DISABLED, ALREADY_DELETED, LAST_CSO.
    """
    if state is AccountState.SUSPENDED:
        raise Conflict("This account is suspended already.", code="ALREADY_SUSPENDED")
    _check_not_ended(state)
    check_not_last_cso(others_left=others_left)


def check_not_last_cso(*, others_left: bool) -> None:
    """Keep one Chief Security Officer: nobody else closes incidents and reinstates. Raises Conflict LAST_CSO."""
    if not others_left:
        raise Conflict("There would be no Chief Security Officer left to decide.", code="LAST_CSO")


def check_closing(finding: Finding, *, reinstate: bool) -> None:
    """Let a person back in only where no breach was found. Raises Conflict BREACH_FOUND."""
    if reinstate and finding not in CLEARED:
        raise _breach_found()


def check_reinstatable(state: AccountState, *, open_suspensions: bool, findings: Iterable[Finding | None]) -> None:
    """Reinstate only a suspended account, when no incident that suspended it is open or ended with a breach.

    ``findings`` are those of the closed incidents that suspended it this time.

    Raises:
        Conflict: NOT_SUSPENDED, FORM_NEEDED (a disabled account needs a new access form, 002:199-201), ALREADY_DELETED,
            INCIDENT_OPEN, BREACH_FOUND.
    """
    if state is AccountState.DISABLED:
        raise Conflict(
            "A disabled account is enabled only by a new access form from the Local Security Officer.",
            code="FORM_NEEDED",
        )
    if state is AccountState.DELETED:
        raise already_deleted()
    if state is AccountState.ACTIVE:
        raise Conflict("This account is not suspended.", code="NOT_SUSPENDED")
    if open_suspensions:
        raise Conflict("Close the incident with a finding first.", code="INCIDENT_OPEN")
    if any(finding not in CLEARED for finding in findings):
        raise _breach_found()


def _check_not_ended(state: AccountState) -> None:
    if state is AccountState.DISABLED:
        raise already_disabled()
    if state is AccountState.DELETED:
        raise already_deleted()


def _breach_found() -> Conflict:
    return Conflict(
        "After a breach the account is not reinstated. Revoke it; a new access form can enable it later.",
        code="BREACH_FOUND",
    )
