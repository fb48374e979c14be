"""Accounts that are not used: when one is warned, disabled and deleted, and who is exempt (000:22-27, 002:108-197).

A use is a sign-on and nothing else. Days are America/Chicago dates: an account last used on a day is unused for so many
days on the date that many days later. Who has never signed on counts from the day the account could first be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rules.accounts import AccountState
from rules.calendar import in_words, local_date
from rules.countdown import must_warn
from rules.policy import Policy

PROVIDER_DOMAIN = "EXTLCL"
"""The domain of provider accounts, for which alone 000:22 speaks (POL-01, POL-03)."""


@dataclass(frozen=True, slots=True)
class InactivityFacts:
    """What must be known of an account.

    ``usable_since`` is when it could first be used: created, enabled again, or let in again after a suspension.
    ``exempt_role`` says whether a role is held whose holders are exempt; ``warned_on`` is the day of the last warning.
    """

    domain: str
    state: AccountState
    usable_since: datetime
    last_sign_in_at: datetime | None
    exempt_role: bool = False
    terminated_on: date | None = None
    warned_on: date | None = None


class InactivityStep(StrEnum):
    """What is due for an account on a day."""

    NOTHING = "NOTHING"
    """It is in use, or will be warned later."""
    WARN = "WARN"
    """Its owner is warned."""
    DISABLE = "DISABLE"
    """It is disabled, and its roles end."""
    EXEMPT = "EXEMPT"
    """It is unused for long enough, and left alone for a reason that is told."""


@dataclass(frozen=True, slots=True)
class InactivityVerdict:
    """What is due for an account on a day, and why."""

    step: InactivityStep
    why: str


def last_used_on(facts: InactivityFacts) -> date:
    """Return the day from which the days without use count."""
    return local_date(max(facts.usable_since, facts.last_sign_in_at or facts.usable_since))


def said_of_use(facts: InactivityFacts) -> str:
    """Say from which day the days without use count, and of an account that nobody has used yet, that it is so."""
    never = facts.last_sign_in_at is None
    return f"{'Never used; counted from' if never else 'Last used on'} {in_words(last_used_on(facts))}"


def disable_on(facts: InactivityFacts, policy: Policy) -> date | None:
    """Return the first day on which the account is disabled if it is not used; None if it is not by this rule.

    A holder of an exempt role keeps account and roles until a termination is recorded (002:189-193, POL-04).
    """
    if facts.domain != PROVIDER_DOMAIN or not policy.inactivity_provider_90 or facts.state is not AccountState.ACTIVE:
        return None
    unused = last_used_on(facts) + policy.inactivity_delete
    if not facts.exempt_role:
        return unused
    return None if facts.terminated_on is None else max(unused, facts.terminated_on)


def judge_inactivity(facts: InactivityFacts, on: date, policy: Policy) -> InactivityVerdict:
    """Tell what is due for an account on a day (POL-01, POL-03, POL-04)."""
    used = said_of_use(facts)
    ends_on = disable_on(facts, policy)
    if ends_on is None:
        reason = _exempt_because(facts, on, policy)
        if reason is None:
            return InactivityVerdict(InactivityStep.NOTHING, f"{used}.")
        return InactivityVerdict(InactivityStep.EXEMPT, f"{used}. {reason}")
    if on >= ends_on:
        return InactivityVerdict(InactivityStep.DISABLE, f"{used}: {policy.inactivity_delete.days} or more days ago.")
    ahead = must_warn(ends_on, on, policy.inactivity_warnings, facts.warned_on)
    if ahead is None:
        return InactivityVerdict(InactivityStep.NOTHING, f"{used}; disabled on {in_words(ends_on)} unless used.")
    return InactivityVerdict(
        InactivityStep.WARN, f"{used}: disabled on {in_words(ends_on)} unless used ({ahead.days} days before)."
    )


def _exempt_because(facts: InactivityFacts, on: date, policy: Policy) -> str | None:
    """Say why an account that is unused for long is left alone; None if it is not unused for long, or not in use."""
    unused = on - last_used_on(facts)
    if facts.domain != PROVIDER_DOMAIN:
        if facts.state is not AccountState.ACTIVE or unused < policy.inactivity_employee:
            return None
        return "An employee's account is listed, and never disabled by itself (POL-03)."
    if unused < policy.inactivity_delete or facts.state in (AccountState.DISABLED, AccountState.DELETED):
        return None
    if facts.state is AccountState.SUSPENDED:
        return "It is suspended, and held until that is decided."
    if not policy.inactivity_provider_90:
        return f"The rule of {policy.inactivity_delete.days} days is switched off (POL-01)."
    return "Holds a role that is exempt, and no termination is recorded (POL-04)."


def delete_on(disabled_at: datetime, policy: Policy) -> date:
    """Return the first day on which a disabled ID is deleted: 60 days after, or with the next run for 0 (002:120)."""
    return local_date(disabled_at) + policy.disabled_delete


@dataclass(frozen=True, slots=True)
class LsoFacts:
    """What must be known of a designated LSO; ``warned_for_days`` is the last warning since the last sign-on."""

    designated_at: datetime
    last_sign_in_at: datetime | None
    warned_for_days: int | None = None
    unreachable: bool = False


class LsoStep(StrEnum):
    """What is due for an LSO on a day."""

    NOTHING = "NOTHING"
    """The LSO has signed on, or was told already."""
    WARN = "WARN"
    """The LSO is asked to sign on."""
    UNREACHABLE = "UNREACHABLE"
    """The LSO counts as out of reach, and new requests are held (POL-02)."""


@dataclass(frozen=True, slots=True)
class LsoVerdict:
    """What is due for an LSO on a day, and after how many days without a sign-on."""

    step: LsoStep
    days: int


def lso_seen_on(facts: LsoFacts) -> date:
    """Return the day from which an LSO's days count: the last sign-on, or the designation if it was later."""
    return local_date(max(facts.designated_at, facts.last_sign_in_at or facts.designated_at))


def unreachable_on(facts: LsoFacts, policy: Policy) -> date:
    """Return the first day on which the LSO counts as out of reach without a sign-on (000:26-27)."""
    return lso_seen_on(facts) + policy.lso_sign_in


def judge_lso(facts: LsoFacts, on: date, policy: Policy) -> LsoVerdict:
    """Tell what is due for an LSO on a day: a warning at each of the policy's days, then out of reach (POL-02)."""
    days = (on - lso_seen_on(facts)).days
    if facts.unreachable:
        return LsoVerdict(LsoStep.NOTHING, days)
    if on >= unreachable_on(facts, policy):
        return LsoVerdict(LsoStep.UNREACHABLE, days)
    reached = max((warning.days for warning in policy.lso_warnings if warning.days <= days), default=None)
    if reached is None or (facts.warned_for_days is not None and facts.warned_for_days >= reached):
        return LsoVerdict(LsoStep.NOTHING, days)
    return LsoVerdict(LsoStep.WARN, reached)
