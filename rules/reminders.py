"""The 30-day reminder: one letter with the list of open referrals, never one letter per referral (001:157-159)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from rules.policy import Policy
from rules.referrals import ResponseKind, is_overdue


@dataclass(frozen=True, slots=True)
class OpenForReminder:
    """An open referral that a contact is eligible for, when it first reached the contact, and its provider's answer."""

    number: int
    reached_on: date
    response: ResponseKind | None
    age_days: int


@dataclass(frozen=True, slots=True)
class ReminderFacts:
    """A contact with what it can be reminded of; days are America/Chicago dates."""

    contact_id: UUID
    last_reminded_on: date | None
    open_referrals: tuple[OpenForReminder, ...]


@dataclass(frozen=True, slots=True)
class ReminderVerdict:
    """Answer whether a reminder is due, and with which referral numbers, oldest first; ``overdue`` ones are red."""

    due: bool
    why: str
    numbers: tuple[int, ...] = ()
    overdue: frozenset[int] = frozenset()


def reminder_due(facts: ReminderFacts, on: date, policy: Policy) -> ReminderVerdict:
    """Tell whether a contact is reminded on a day (NOT-10, NOT-11, POL-25).

    Due when a listed referral reached the contact 30 or more days ago and so did the last reminder, if there was one.
    Then all its open referrals are listed, younger ones too. A provider that declined is not reminded of that referral
    unless the policy says so; one that accepted is. A tentative answer still waits for its provision, so it stays
    listed either way.
    """
    listed = [referral for referral in facts.open_referrals if _is_listed(referral.response, policy)]
    if not listed:
        return ReminderVerdict(due=False, why="There is no open referral to be reminded of.")
    patience = policy.referral_reminder
    if facts.last_reminded_on is not None and on - facts.last_reminded_on < patience:
        return ReminderVerdict(due=False, why=f"The last reminder is less than {patience.days} days old.")
    if all(on - referral.reached_on < patience for referral in listed):
        return ReminderVerdict(due=False, why=f"No open referral reached the contact {patience.days} days ago.")
    listed.sort(key=lambda referral: (-referral.age_days, referral.number))
    return ReminderVerdict(
        due=True,
        why=f"An open referral reached the contact {patience.days} or more days ago.",
        numbers=tuple(referral.number for referral in listed),
        overdue=frozenset(referral.number for referral in listed if is_overdue(referral.age_days, policy)),
    )


def _is_listed(response: ResponseKind | None, policy: Policy) -> bool:
    if response == ResponseKind.DECLINE:
        return policy.reminder_include_declined
    if response == ResponseKind.ACCEPT:
        return policy.reminder_include_accepted
    return True
