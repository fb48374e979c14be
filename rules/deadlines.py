"""What ends, or is due, for a person and when: the same days on which the sweeps act (PWD-04, ACC-08, POL-34)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rules.accounts import AccountState
from rules.calendar import aware, local_date
from rules.contract_end import disabled_from
from rules.countdown import nearest_warning
from rules.inactivity import InactivityFacts, LsoFacts, delete_on, disable_on, unreachable_on
from rules.passwords import expires_at
from rules.policy import Policy

_DAY = timedelta(days=1)


class DeadlineKind(StrEnum):
    """Say what ends, or happens, at a deadline."""

    SESSION_ENDS = "SESSION_ENDS"
    """The session ends at the latest, and the person signs in again."""
    PASSWORD_EXPIRES = "PASSWORD_EXPIRES"  # noqa: S105 - the name of a deadline
    """The password expires and locks its owner out (000:6; 000:9-11)."""
    ACCOUNT_DISABLED = "ACCOUNT_DISABLED"
    """The user ID is disabled and its roles end, unless it is used before (000:22-24)."""
    LSO_UNREACHABLE = "LSO_UNREACHABLE"
    """The Local Security Officer counts as out of reach unless there is a sign-on before (000:26)."""
    CONTRACT_ENDED = "CONTRACT_ENDED"
    """The provider is no longer under contract, and its user IDs are disabled (002:356-357)."""
    AUDIT_ANSWER = "AUDIT_ANSWER"
    """The time to answer an audit of the organization's accounts ends; who is still unused is disabled (POL-33)."""
    ACCOUNT_DELETED = "ACCOUNT_DELETED"
    """The disabled user ID is deleted, and never comes back (002:120)."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that ends: ``due_on`` is the first day on which it has, ``due_at`` the instant where there is one."""

    kind: DeadlineKind
    due_on: date
    due_at: datetime | None
    sentence: str
    cites: str


@dataclass(frozen=True, slots=True)
class AccountDates:
    """The dates of an account on which its deadlines stand.

    ``lso`` is None for who is no Local Security Officer, ``contract_ends_on`` where nothing is known to end.
    """

    inactivity: InactivityFacts
    password_changed_at: datetime | None = None
    disabled_at: datetime | None = None
    lso: LsoFacts | None = None
    contract_ends_on: date | None = None
    session_created_at: datetime | None = None
    audit_window_ends_on: date | None = None
    """The last day to answer an audit in which accounts of the organization wait for this person's answer."""


def deadlines(dates: AccountDates, policy: Policy) -> list[Deadline]:
    """List what is due for an account, the nearest first; password and inactivity stand beside each other (POL-34)."""
    found = [*_of_the_session(dates, policy)]
    if dates.inactivity.state is AccountState.DISABLED:
        found += _of_a_disabled(dates, policy)
    elif dates.inactivity.state is not AccountState.DELETED:
        found += [*_of_the_password(dates, policy), *_of_the_use(dates, policy), *_of_the_contract(dates)]
        found += _of_the_audit(dates)
    return sorted(found, key=lambda one: (one.due_on, one.kind))


def is_overdue(due_at: datetime, now: datetime) -> bool:
    """Say whether the time that was promised has passed: to the second it is still kept (000:18-19, 000:203)."""
    return aware(now) > aware(due_at)


def waits_too_long(since: datetime, now: datetime, policy: Policy) -> bool:
    """Say whether a request or form has been at one stage for as many days as the policy lets it."""
    return now >= since + policy.request_waiting


def reminder_of_password(
    changed_at: datetime, reminded_for_days: int | None, now: datetime, policy: Policy
) -> int | None:
    """Return for how many days before the expiry a reminder is due now; None if none is (PWD-06, POL-06).

    Each period is told once for a password, the nearest only; an expired password is not reminded of any more.
    """
    expires = expires_at(changed_at, policy)
    if now >= expires:
        return None
    ahead = nearest_warning(local_date(expires), local_date(now), policy.password_reminders)
    if ahead is None or (reminded_for_days is not None and reminded_for_days <= ahead.days):
        return None
    return ahead.days


def _of_the_session(dates: AccountDates, policy: Policy) -> list[Deadline]:
    if dates.session_created_at is None:
        return []
    ends = dates.session_created_at + policy.session_absolute
    sentence = f"This session ends {_hours(policy.session_absolute)} after it began; then sign in again."
    return [_at(DeadlineKind.SESSION_ENDS, ends, sentence, "45 CFR 164.312(a)(2)(iii)")]


def _of_the_password(dates: AccountDates, policy: Policy) -> list[Deadline]:
    if dates.password_changed_at is None:
        return []
    sentence = (
        f"A password is good for {policy.password_max_age.days} days. Change it before then; afterwards only the "
        "Customer Support Center can help."
    )
    expires = expires_at(dates.password_changed_at, policy)
    return [_at(DeadlineKind.PASSWORD_EXPIRES, expires, sentence, "000:6; 000:9-15")]


def _of_the_use(dates: AccountDates, policy: Policy) -> list[Deadline]:
    found = []
    on = disable_on(dates.inactivity, policy)
    if on is not None:
        sentence = (
            f"A user ID that is not used for {policy.inactivity_delete.days} days is disabled and loses its roles. "
            "Signing in keeps it; an expired password does not."
        )
        found.append(Deadline(DeadlineKind.ACCOUNT_DISABLED, on, None, sentence, "000:22-24"))
    if dates.lso is not None:
        sentence = (
            f"A Local Security Officer signs in at least once in {policy.lso_sign_in.days} days; afterwards new "
            "requests of the organization are held."
        )
        on = unreachable_on(dates.lso, policy)
        found.append(Deadline(DeadlineKind.LSO_UNREACHABLE, on, None, sentence, "000:26-27"))
    return found


def _of_the_contract(dates: AccountDates) -> list[Deadline]:
    if dates.contract_ends_on is None:
        return []
    sentence = (
        f"The contract of the provider ends; its last day is {dates.contract_ends_on}. "
        "From the next day on all user IDs of the provider are disabled."
    )
    on = disabled_from(dates.contract_ends_on)
    return [Deadline(DeadlineKind.CONTRACT_ENDED, on, None, sentence, "002:111-113; 002:355-357")]


def _of_the_audit(dates: AccountDates) -> list[Deadline]:
    if dates.audit_window_ends_on is None:
        return []
    sentence = (
        f"An audit lists unused user IDs of your organization. Until {dates.audit_window_ends_on} revoke who "
        "has left; afterwards whoever has not signed in is disabled."
    )
    on = dates.audit_window_ends_on + _DAY
    return [Deadline(DeadlineKind.AUDIT_ANSWER, on, None, sentence, "002:147-149; 002:173-187")]


def _of_a_disabled(dates: AccountDates, policy: Policy) -> list[Deadline]:
    if dates.disabled_at is None:
        return []
    sentence = (
        f"A user ID is deleted {policy.disabled_delete.days} days after it was disabled. A new access form before then "
        "can enable it again."
    )
    on = delete_on(dates.disabled_at, policy)
    return [Deadline(DeadlineKind.ACCOUNT_DELETED, on, None, sentence, "002:120; 002:199-201")]


def _at(kind: DeadlineKind, instant: datetime, sentence: str, cites: str) -> Deadline:
    return Deadline(kind, local_date(instant), instant, sentence, cites)


def _hours(length: timedelta) -> str:
    return f"{length // timedelta(hours=1)} hours"
