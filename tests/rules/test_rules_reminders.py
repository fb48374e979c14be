"""The reminder: one letter a month with everything open, and none to who has nothing to answer."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.policy import DEFAULTS, Policy, PolicyChange, policy_in_force
from rules.referrals import ResponseKind
from rules.reminders import OpenForReminder, ReminderFacts, reminder_due

TODAY = date(2026, 12, 24)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def policy(**changes: object) -> Policy:
    named = {"declined": "reminder.include_declined", "accepted": "reminder.include_accepted"}
    named["days"] = "referral.reminder_days"
    recorded = [
        PolicyChange(named[key], value, date.min, number) for number, (key, value) in enumerate(changes.items())
    ]
    return policy_in_force(recorded, TODAY)


def opened(number: int, reached: int, response: ResponseKind | None = None, age: int | None = None) -> OpenForReminder:
    return OpenForReminder(number, days_ago(reached), response, reached if age is None else age)


def contact(*referrals: OpenForReminder, last_reminded: int | None = None) -> ReminderFacts:
    last = None if last_reminded is None else days_ago(last_reminded)
    return ReminderFacts(UUID(int=1), last, referrals)


@pytest.mark.requirement("NOT-10")
def test_the_first_reminder_comes_30_days_after_the_notice_and_not_after_29() -> None:
    assert not reminder_due(contact(opened(1, 29)), TODAY, DEFAULTS).due
    assert reminder_due(contact(opened(1, 30)), TODAY, DEFAULTS).due


@pytest.mark.requirement("NOT-10")
def test_the_next_reminder_comes_30_days_after_the_last_and_not_after_29() -> None:
    assert not reminder_due(contact(opened(1, 90), last_reminded=29), TODAY, DEFAULTS).due
    assert reminder_due(contact(opened(1, 90), last_reminded=30), TODAY, DEFAULTS).due


def test_a_contact_reminded_long_ago_of_another_referral_still_waits_30_days_for_a_new_one() -> None:
    assert not reminder_due(contact(opened(2, 29), last_reminded=200), TODAY, DEFAULTS).due


@pytest.mark.requirement("NOT-11")
def test_one_letter_lists_all_open_referrals_oldest_first() -> None:
    verdict = reminder_due(contact(opened(9, 3), opened(4, 45), opened(2, 30, age=70), opened(3, 45)), TODAY, DEFAULTS)
    assert verdict.due
    assert verdict.numbers == (2, 3, 4, 9)


@pytest.mark.requirement("SRC-05")
def test_the_letter_marks_what_is_older_than_60_days() -> None:
    verdict = reminder_due(contact(opened(1, 60), opened(2, 61)), TODAY, DEFAULTS)
    assert verdict.overdue == {2}


@pytest.mark.requirement("NOT-10")
def test_a_contact_without_open_referrals_gets_no_letter() -> None:
    assert not reminder_due(contact(), TODAY, DEFAULTS).due


def test_who_declined_is_not_reminded_unless_the_policy_says_so() -> None:
    declined = contact(opened(1, 40, ResponseKind.DECLINE))
    assert not reminder_due(declined, TODAY, DEFAULTS).due
    assert reminder_due(declined, TODAY, policy(declined=True)).numbers == (1,)


def test_who_accepted_is_reminded_unless_the_policy_says_otherwise() -> None:
    accepted = contact(opened(1, 40, ResponseKind.ACCEPT))
    assert reminder_due(accepted, TODAY, DEFAULTS).numbers == (1,)
    assert not reminder_due(accepted, TODAY, policy(accepted=False)).due


def test_who_accepted_tentatively_or_is_silent_is_always_reminded() -> None:
    waiting = contact(opened(1, 40, ResponseKind.TENTATIVE), opened(2, 40))
    assert reminder_due(waiting, TODAY, policy(accepted=False, declined=False)).numbers == (1, 2)


def test_an_old_declined_referral_does_not_bring_a_young_one_forward() -> None:
    assert not reminder_due(contact(opened(1, 90, ResponseKind.DECLINE), opened(2, 5)), TODAY, DEFAULTS).due


def test_the_policy_sets_the_days() -> None:
    weekly = policy(days=7)
    assert not reminder_due(contact(opened(1, 6)), TODAY, weekly).due
    assert reminder_due(contact(opened(1, 7), last_reminded=7), TODAY, weekly).due
    assert "7 days" in reminder_due(contact(opened(1, 6)), TODAY, weekly).why


def test_the_verdict_says_why() -> None:
    whys = {
        reminder_due(facts, TODAY, DEFAULTS).why
        for facts in (contact(), contact(opened(1, 5)), contact(opened(1, 50), last_reminded=5), contact(opened(1, 50)))
    }
    assert len(whys) == 4


facts_of_any_contact = st.builds(
    ReminderFacts,
    contact_id=st.just(UUID(int=1)),
    last_reminded_on=st.none() | st.integers(0, 70).map(days_ago),
    open_referrals=st.lists(
        st.builds(opened, st.integers(1, 99), st.integers(0, 80), st.none() | st.sampled_from(ResponseKind)),
        max_size=5,
        unique_by=lambda referral: referral.number,
    ).map(tuple),
)


@given(facts_of_any_contact)
def test_a_contact_just_reminded_is_never_due_again_the_same_month(facts: ReminderFacts) -> None:
    if not reminder_due(facts, TODAY, DEFAULTS).due:
        return
    reminded = replace(facts, last_reminded_on=TODAY)
    assert not any(reminder_due(reminded, TODAY + timedelta(days=days), DEFAULTS).due for days in range(30))
    assert reminder_due(reminded, TODAY + timedelta(days=30), DEFAULTS).due


@given(facts_of_any_contact)
def test_a_letter_lists_every_unanswered_open_referral(facts: ReminderFacts) -> None:
    verdict = reminder_due(facts, TODAY, DEFAULTS)
    unanswered = {referral.number for referral in facts.open_referrals if referral.response is None}
    declined = {referral.number for referral in facts.open_referrals if referral.response == ResponseKind.DECLINE}
    assert len(set(verdict.numbers)) == len(verdict.numbers)
    assert declined.isdisjoint(verdict.numbers)
    assert verdict.overdue <= set(verdict.numbers)
    assert unanswered <= set(verdict.numbers) if verdict.due else verdict.numbers == ()
