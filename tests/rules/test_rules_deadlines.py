"""What is due for a person: both sides of each date, and the same days as the sweeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.accounts import AccountState
from rules.deadlines import (
    AccountDates,
    Deadline,
    DeadlineKind,
    deadlines,
    is_overdue,
    reminder_of_password,
    waits_too_long,
)
from rules.inactivity import InactivityFacts, InactivityStep, LsoFacts, LsoStep, judge_inactivity, judge_lso
from rules.passwords import is_expired
from rules.policy import DEFAULTS, PolicyChange, policy_in_force

NOON = datetime(2026, 3, 2, 18, tzinfo=UTC)
DAY = NOON.date()
SECOND = timedelta(seconds=1)
USE = InactivityFacts("EXTLCL", AccountState.ACTIVE, usable_since=NOON, last_sign_in_at=NOON)
DATES = AccountDates(USE, password_changed_at=NOON)


def days(dates: AccountDates) -> dict[DeadlineKind, int]:
    return {one.kind: (one.due_on - DAY).days for one in deadlines(dates, DEFAULTS)}


@pytest.mark.requirement("POL-34")
def test_password_and_inactivity_stand_beside_each_other_the_nearest_first() -> None:
    password, use = deadlines(DATES, DEFAULTS)
    assert (password.kind, password.due_on, password.due_at) == (
        DeadlineKind.PASSWORD_EXPIRES,
        date(2026, 5, 1),
        NOON + timedelta(days=60),
    )
    assert (use.kind, use.due_on, use.due_at) == (DeadlineKind.ACCOUNT_DISABLED, DAY + timedelta(days=90), None)
    assert "60 days" in password.sentence
    assert "90 days" in use.sentence
    assert all(one.cites for one in (password, use))


def test_every_deadline_of_a_person_is_listed_in_the_order_of_the_days() -> None:
    everything = replace(
        DATES,
        lso=LsoFacts(NOON, NOON),
        contract_ends_on=DAY + timedelta(days=20),
        session_created_at=NOON,
    )
    assert days(everything) == {
        DeadlineKind.SESSION_ENDS: 1,  # twelve hours from noon
        DeadlineKind.CONTRACT_ENDED: 21,
        DeadlineKind.LSO_UNREACHABLE: 60,
        DeadlineKind.PASSWORD_EXPIRES: 60,
        DeadlineKind.ACCOUNT_DISABLED: 90,
    }
    found = deadlines(everything, DEFAULTS)
    assert [one.due_on for one in found] == sorted(one.due_on for one in found)
    assert found[0].due_at == NOON + timedelta(hours=12)
    assert "12 hours" in found[0].sentence


@pytest.mark.requirement("ACC-10")
def test_a_disabled_id_has_one_deadline_its_deletion_and_a_deleted_one_has_none() -> None:
    disabled = replace(DATES, inactivity=replace(USE, state=AccountState.DISABLED), disabled_at=NOON)
    assert days(disabled) == {DeadlineKind.ACCOUNT_DELETED: 60}
    assert days(replace(disabled, disabled_at=None)) == {}
    assert days(replace(DATES, inactivity=replace(USE, state=AccountState.DELETED))) == {}


def test_what_is_not_known_or_does_not_hold_is_no_deadline() -> None:
    employee = AccountDates(replace(USE, domain="DMH"))
    assert days(employee) == {}
    suspended = AccountDates(replace(USE, state=AccountState.SUSPENDED), password_changed_at=NOON)
    assert days(suspended) == {DeadlineKind.PASSWORD_EXPIRES: 60}


@pytest.mark.requirement("ARA-15")
@pytest.mark.requirement("PWD-12")
def test_a_promise_is_kept_to_the_second_and_overdue_one_second_later() -> None:
    assert not is_overdue(NOON, NOON)
    assert is_overdue(NOON, NOON + SECOND)


EXPIRES = NOON + timedelta(days=60)


def reminder(before: timedelta, told: int | None = None) -> int | None:
    return reminder_of_password(NOON, told, EXPIRES - before, DEFAULTS)


@pytest.mark.requirement("PWD-06")
@pytest.mark.requirement("POL-06")
def test_a_password_is_reminded_of_fourteen_seven_and_one_day_before_once_each() -> None:
    day = timedelta(days=1)
    assert (reminder(15 * day), reminder(14 * day)) == (None, 14)
    assert (reminder(13 * day, told=14), reminder(8 * day, told=14), reminder(7 * day, told=14)) == (None, None, 7)
    assert (reminder(2 * day, told=7), reminder(1 * day, told=7)) == (None, 1)
    assert (reminder(SECOND, told=1), reminder(SECOND)) == (None, 1)
    assert reminder(timedelta()) is None, "it has expired"
    assert reminder(2 * day) == 7, "after an outage only the nearest"


@pytest.mark.requirement("POL-06")
def test_without_reminder_days_nobody_is_reminded() -> None:
    literal = policy_in_force([PolicyChange("password.reminder_days", "", date.min, 1)], DAY)
    assert reminder_of_password(NOON, None, EXPIRES - SECOND, literal) is None


INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is drawn


@pytest.mark.requirement("POL-34")
@given(changed=INSTANTS, used=INSTANTS, state=st.sampled_from(AccountState), exempt=st.booleans())
def test_the_days_that_are_shown_are_the_days_on_which_the_rules_act(
    changed: datetime, used: datetime, state: AccountState, exempt: bool
) -> None:
    facts = InactivityFacts("EXTLCL", state, used, used, exempt)
    officer = LsoFacts(used, used)
    shown = {one.kind: one for one in deadlines(AccountDates(facts, changed, lso=officer), DEFAULTS)}
    use: Deadline | None = shown.get(DeadlineKind.ACCOUNT_DISABLED)
    for on in (_last_day(used, 89), _last_day(used, 90), _last_day(used, 91)):
        hit = judge_inactivity(facts, on, DEFAULTS).step is InactivityStep.DISABLE
        assert hit is (use is not None and on >= use.due_on)
    if state in (AccountState.ACTIVE, AccountState.SUSPENDED):
        expires = shown[DeadlineKind.PASSWORD_EXPIRES].due_at
        assert expires is not None
        assert (is_expired(changed, expires - SECOND, DEFAULTS), is_expired(changed, expires, DEFAULTS)) == (
            False,
            True,
        )
        reach = shown[DeadlineKind.LSO_UNREACHABLE].due_on
        assert judge_lso(officer, reach, DEFAULTS).step is LsoStep.UNREACHABLE
        assert judge_lso(officer, reach - timedelta(days=1), DEFAULTS).step is not LsoStep.UNREACHABLE


def _last_day(used: datetime, days: int) -> date:
    return InactivityFacts("EXTLCL", AccountState.ACTIVE, used, used).usable_since.date() + timedelta(days=days)


@pytest.mark.requirement("SWP-05")
def test_a_request_waits_too_long_from_the_end_of_its_fifth_day_on() -> None:
    assert not waits_too_long(NOON, NOON + timedelta(days=5) - SECOND, DEFAULTS)
    assert waits_too_long(NOON, NOON + timedelta(days=5), DEFAULTS)
