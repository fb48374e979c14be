"""Unused accounts: warned, disabled, deleted or exempt; on which day, and not a day earlier."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.accounts import AccountState
from rules.calendar import local_date, local_instant
from rules.countdown import must_warn, nearest_warning
from rules.inactivity import (
    InactivityFacts,
    InactivityStep,
    LsoFacts,
    LsoStep,
    delete_on,
    disable_on,
    judge_inactivity,
    judge_lso,
    last_used_on,
    lso_seen_on,
    unreachable_on,
)
from rules.policy import DEFAULTS, Policy, PolicyChange, policy_in_force

NOON = datetime(2026, 3, 2, 18, tzinfo=UTC)
DAY = NOON.date()
ACCOUNT = InactivityFacts("EXTLCL", AccountState.ACTIVE, usable_since=NOON, last_sign_in_at=None)
EMPLOYEE = replace(ACCOUNT, domain="DMH")
MORTALITY_REVIEW = replace(ACCOUNT, exempt_role=True)
OFF = policy_in_force([PolicyChange("inactivity.provider_90", False, date.min, 1)], DAY)


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def step(facts: InactivityFacts, days: int, policy: Policy = DEFAULTS) -> InactivityStep:
    return judge_inactivity(facts, after(days), policy).step


@pytest.mark.requirement("ACC-07")
@pytest.mark.requirement("POL-01")
def test_a_provider_account_is_disabled_on_the_ninetieth_day_without_use_and_not_on_the_day_before() -> None:
    assert step(ACCOUNT, 89) is InactivityStep.WARN
    assert step(ACCOUNT, 90) is InactivityStep.DISABLE
    assert step(ACCOUNT, 400) is InactivityStep.DISABLE
    assert disable_on(ACCOUNT, DEFAULTS) == after(90)
    assert "90 or more days ago" in judge_inactivity(ACCOUNT, after(90), DEFAULTS).why


@pytest.mark.requirement("ACC-08")
def test_signing_on_keeps_the_account_for_ninety_more_days() -> None:
    used = replace(ACCOUNT, last_sign_in_at=NOON + timedelta(days=89))
    assert step(used, 90) is InactivityStep.NOTHING
    assert (step(used, 178), step(used, 179)) == (InactivityStep.WARN, InactivityStep.DISABLE)
    assert last_used_on(used) == after(89)


@pytest.mark.requirement("SWP-02")
def test_who_never_signed_on_counts_from_the_day_the_account_could_first_be_used() -> None:
    assert last_used_on(ACCOUNT) == DAY
    enabled_again = replace(ACCOUNT, usable_since=NOON, last_sign_in_at=NOON - timedelta(days=300))
    assert disable_on(enabled_again, DEFAULTS) == after(90), "or the next run would disable it again at once"


def test_days_begin_at_midnight_in_chicago() -> None:
    late = replace(ACCOUNT, last_sign_in_at=datetime(2026, 6, 1, 4, 59, tzinfo=UTC), usable_since=NOON)
    early = replace(ACCOUNT, last_sign_in_at=datetime(2026, 6, 1, 5, 0, tzinfo=UTC), usable_since=NOON)
    assert (last_used_on(late), last_used_on(early)) == (date(2026, 5, 31), date(2026, 6, 1))


def test_warnings_come_fourteen_and_three_days_before_each_once_and_after_an_outage_only_the_nearest() -> None:
    assert step(ACCOUNT, 75) is InactivityStep.NOTHING
    assert step(ACCOUNT, 76) is InactivityStep.WARN
    warned = replace(ACCOUNT, warned_on=after(76))
    assert [step(warned, days) for days in (76, 77, 86)] == [InactivityStep.NOTHING] * 3
    assert step(warned, 87) is InactivityStep.WARN
    twice = replace(ACCOUNT, warned_on=after(87))
    assert [step(twice, days) for days in (87, 89)] == [InactivityStep.NOTHING] * 2
    assert step(replace(ACCOUNT, warned_on=after(88)), 89) is InactivityStep.NOTHING, "the nearest was told late"
    assert "(3 days before)" in judge_inactivity(ACCOUNT, after(88), DEFAULTS).why


def test_a_warning_of_an_earlier_time_does_not_count_for_this_one() -> None:
    used_since = replace(ACCOUNT, warned_on=after(80), last_sign_in_at=NOON + timedelta(days=85))
    assert step(used_since, 160) is InactivityStep.NOTHING
    assert step(used_since, 161) is InactivityStep.WARN


def test_without_warning_days_nobody_is_warned_and_accounts_are_disabled_all_the_same() -> None:
    silent = policy_in_force([PolicyChange("inactivity.warn_days", "", date.min, 1)], DAY)
    assert [step(ACCOUNT, days, silent) for days in (89, 90)] == [InactivityStep.NOTHING, InactivityStep.DISABLE]


@pytest.mark.requirement("POL-01")
def test_the_rule_can_be_switched_off_and_the_audit_of_180_days_stays() -> None:
    assert disable_on(ACCOUNT, OFF) is None
    assert [step(ACCOUNT, days, OFF) for days in (89, 90)] == [InactivityStep.NOTHING, InactivityStep.EXEMPT]
    assert "switched off" in judge_inactivity(ACCOUNT, after(90), OFF).why
    assert OFF.inactivity_audit == timedelta(days=180)


@pytest.mark.requirement("POL-03")
def test_an_employee_is_listed_from_the_sixtieth_day_and_never_disabled_by_the_rule() -> None:
    assert [step(EMPLOYEE, days) for days in (59, 60, 1000)] == [
        InactivityStep.NOTHING,
        InactivityStep.EXEMPT,
        InactivityStep.EXEMPT,
    ]
    assert disable_on(EMPLOYEE, DEFAULTS) is None
    assert "POL-03" in judge_inactivity(EMPLOYEE, after(60), DEFAULTS).why
    assert step(replace(EMPLOYEE, state=AccountState.DISABLED), 60) is InactivityStep.NOTHING


@pytest.mark.requirement("POL-04")
def test_a_mortality_reviewer_keeps_the_account_until_a_termination_is_recorded() -> None:
    assert [step(MORTALITY_REVIEW, days) for days in (89, 90, 1000)] == [
        InactivityStep.NOTHING,
        InactivityStep.EXEMPT,
        InactivityStep.EXEMPT,
    ]
    assert disable_on(MORTALITY_REVIEW, DEFAULTS) is None
    assert "POL-04" in judge_inactivity(MORTALITY_REVIEW, after(90), DEFAULTS).why
    left = replace(MORTALITY_REVIEW, terminated_on=after(120))
    assert disable_on(left, DEFAULTS) == after(120)
    assert step(left, 119) is InactivityStep.WARN
    assert step(left, 120) is InactivityStep.DISABLE
    long_ago = replace(MORTALITY_REVIEW, terminated_on=after(5))
    assert disable_on(long_ago, DEFAULTS) == after(90)


def test_a_suspended_account_is_held_and_an_ended_one_is_no_concern() -> None:
    suspended = replace(ACCOUNT, state=AccountState.SUSPENDED)
    assert (step(suspended, 89), step(suspended, 90)) == (InactivityStep.NOTHING, InactivityStep.EXEMPT)
    assert "suspended" in judge_inactivity(suspended, after(90), DEFAULTS).why
    for state in (AccountState.DISABLED, AccountState.DELETED):
        assert step(replace(ACCOUNT, state=state), 400) is InactivityStep.NOTHING


@pytest.mark.requirement("ACC-10")
@pytest.mark.parametrize(("days", "due"), [(60, 60), (0, 0), (7, 7)])
def test_a_disabled_id_is_deleted_so_many_days_after(days: int, due: int) -> None:
    policy = policy_in_force([PolicyChange("disabled.delete_days", days, date.min, 1)], DAY)
    assert delete_on(NOON, policy) == after(due)


OFFICER = LsoFacts(designated_at=NOON, last_sign_in_at=None)


def lso_step(facts: LsoFacts, days: int) -> tuple[LsoStep, int]:
    verdict = judge_lso(facts, after(days), DEFAULTS)
    return verdict.step, verdict.days


@pytest.mark.requirement("LSO-06")
@pytest.mark.requirement("POL-02")
def test_an_lso_is_warned_after_45_and_55_days_and_out_of_reach_after_60() -> None:
    assert lso_step(OFFICER, 44) == (LsoStep.NOTHING, 44)
    assert lso_step(OFFICER, 45) == (LsoStep.WARN, 45)
    once = replace(OFFICER, warned_for_days=45)
    assert (lso_step(once, 46), lso_step(once, 54)) == ((LsoStep.NOTHING, 46), (LsoStep.NOTHING, 54))
    assert lso_step(once, 55) == (LsoStep.WARN, 55)
    twice = replace(OFFICER, warned_for_days=55)
    assert lso_step(twice, 59) == (LsoStep.NOTHING, 59)
    assert lso_step(twice, 60) == (LsoStep.UNREACHABLE, 60)
    assert lso_step(OFFICER, 57) == (LsoStep.WARN, 55), "after an outage only the nearest"
    assert lso_step(replace(OFFICER, unreachable=True), 70) == (LsoStep.NOTHING, 70)


def test_an_lso_counts_from_the_last_sign_on_or_from_a_later_designation() -> None:
    long_away = replace(OFFICER, last_sign_in_at=NOON - timedelta(days=59))
    assert lso_seen_on(long_away) == DAY
    seen = replace(OFFICER, last_sign_in_at=NOON + timedelta(days=10))
    assert (lso_seen_on(seen), unreachable_on(seen, DEFAULTS)) == (after(10), after(70))


def test_the_nearest_of_the_periods_that_have_begun_is_the_one_that_counts() -> None:
    before = (timedelta(days=14), timedelta(days=3))
    assert nearest_warning(after(20), DAY, before) is None
    assert nearest_warning(after(14), DAY, before) == timedelta(days=14)
    assert nearest_warning(after(3), DAY, before) == timedelta(days=3)
    assert must_warn(after(3), DAY, before, DAY) is None
    assert must_warn(after(3), DAY, before, after(-1)) == timedelta(days=3)
    assert must_warn(after(3), DAY, (), None) is None


INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is drawn
ACCOUNTS = st.builds(
    InactivityFacts,
    domain=st.sampled_from(["EXTLCL", "DMH"]),
    state=st.sampled_from(AccountState),
    usable_since=INSTANTS,
    last_sign_in_at=st.none() | INSTANTS,
    exempt_role=st.booleans(),
    terminated_on=st.none() | st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    warned_on=st.none() | st.dates(date(2024, 1, 1), date(2028, 12, 31)),
)


@pytest.mark.requirement("POL-34")
@given(facts=ACCOUNTS, policy=st.sampled_from([DEFAULTS, OFF]), around=st.integers(-5, 5))
def test_the_day_that_is_told_is_the_first_day_on_which_the_sweep_hits(
    facts: InactivityFacts, policy: Policy, around: int
) -> None:
    told = disable_on(facts, policy)
    if told is None:
        for day in range(0, 1500, 50):
            on = last_used_on(facts) + timedelta(days=day)
            assert judge_inactivity(facts, on, policy).step is not InactivityStep.DISABLE
        return
    on = told + timedelta(days=around)
    assert (judge_inactivity(facts, on, policy).step is InactivityStep.DISABLE) is (on >= told)
    assert local_date(local_instant(on, time(6))) == on, "the hour of the sweep lies on the day itself"
