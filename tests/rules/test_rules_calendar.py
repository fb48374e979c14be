"""The calendar: days are decided in Chicago, instants are kept in UTC, and the clock change loses nothing."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import CHICAGO, Daily, OnDates, aware, due_by, local_date, local_instant

SPRING = date(2026, 3, 8)
AUTUMN = date(2026, 11, 1)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
TIMES = st.times().map(lambda at: at.replace(microsecond=0))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_the_day_changes_at_midnight_in_chicago_winter_and_summer() -> None:
    assert local_date(utc(2026, 1, 15, 5, 59, 59)) == date(2026, 1, 14)
    assert local_date(utc(2026, 1, 15, 6, 0)) == date(2026, 1, 15)
    assert local_date(utc(2026, 7, 15, 4, 59, 59)) == date(2026, 7, 14)
    assert local_date(utc(2026, 7, 15, 5, 0)) == date(2026, 7, 15)


def test_the_offset_in_which_an_instant_is_told_does_not_matter() -> None:
    told_in_tokyo = datetime(2026, 7, 15, 13, 59, 59, tzinfo=timezone(timedelta(hours=9)))
    assert local_date(told_in_tokyo) == date(2026, 7, 14)


def test_an_instant_without_an_offset_is_a_bug() -> None:
    naive = datetime(2026, 7, 15, 12, 0)  # noqa: DTZ001 - that is the bug
    with pytest.raises(ValueError, match="offset"):
        local_date(naive)
    with pytest.raises(ValueError, match="offset"):
        aware(naive)
    with pytest.raises(ValueError, match="offset"):
        list(due_by(Daily(time(6)), date(2026, 7, 14), naive))
    with pytest.raises(ValueError, match="zone"):
        local_instant(date(2026, 7, 15), time(6, tzinfo=UTC))


def test_a_wall_clock_time_is_an_hour_earlier_in_utc_in_summer() -> None:
    assert local_instant(date(2026, 1, 15), time(6, 30)) == utc(2026, 1, 15, 12, 30)
    assert local_instant(date(2026, 7, 15), time(6, 30)) == utc(2026, 7, 15, 11, 30)
    assert local_instant(date(2026, 7, 15), time(6, 30)).tzinfo is UTC


def test_a_time_that_spring_skips_happens_an_hour_later() -> None:
    assert local_instant(SPRING, time(1, 59)) == utc(2026, 3, 8, 7, 59)
    assert local_instant(SPRING, time(2, 30)) == utc(2026, 3, 8, 8, 30)
    assert local_instant(SPRING, time(2, 30)).astimezone(CHICAGO).time() == time(3, 30)
    assert local_instant(SPRING, time(3, 0)) == utc(2026, 3, 8, 8, 0)


def test_a_time_that_autumn_repeats_is_the_first_of_the_two() -> None:
    assert local_instant(AUTUMN, time(1, 30)) == utc(2026, 11, 1, 6, 30)
    assert local_instant(AUTUMN, time(1, 30, fold=1)) == utc(2026, 11, 1, 6, 30)
    assert local_instant(AUTUMN, time(2, 0)) == utc(2026, 11, 1, 8, 0)


def test_the_clock_change_makes_a_day_of_23_and_one_of_25_hours() -> None:
    midnight = Daily(time(0))
    assert midnight.instant(SPRING + timedelta(days=1)) - midnight.instant(SPRING) == timedelta(hours=23)
    assert midnight.instant(AUTUMN + timedelta(days=1)) - midnight.instant(AUTUMN) == timedelta(hours=25)


@given(DAYS, TIMES)
def test_work_always_happens_on_the_day_it_is_due(on: date, at: time) -> None:
    assert local_date(local_instant(on, at)) == on


@given(DAYS, TIMES)
def test_a_wall_clock_time_comes_back_unless_spring_skips_it(on: date, at: time) -> None:
    back = local_instant(on, at).astimezone(CHICAGO)
    skipped = at.hour == 2 and on.month == 3
    assert back.time() == at or (skipped and back.hour == 3)


@given(DAYS, st.integers(-5, 800), TIMES)
def test_daily_work_is_due_once_on_each_day_of_a_gap(after: date, gap: int, at: time) -> None:
    until = after + timedelta(days=gap)
    due = list(Daily(at).due_dates(after, until))
    assert due == [after + timedelta(days=days) for days in range(1, gap + 1)]


@given(DAYS, st.integers(0, 800), st.integers(0, 800))
def test_catching_up_in_two_steps_makes_the_same_dates_due_as_in_one(after: date, first: int, second: int) -> None:
    cadence = OnDates(((1, 15), (2, 29), (6, 1), (12, 31)), time(6))
    middle = after + timedelta(days=first)
    until = middle + timedelta(days=second)
    in_two = [*cadence.due_dates(after, middle), *cadence.due_dates(middle, until)]
    assert in_two == list(cadence.due_dates(after, until))
    assert in_two == sorted(set(in_two))
    assert all(after < on <= until for on in in_two)


@given(st.integers(2020, 2060))
def test_every_year_has_each_of_its_dates_exactly_once(year: int) -> None:
    cadence = OnDates(((10, 1), (2, 29), (2, 1), (6, 1)), time(6))
    due = list(cadence.due_dates(date(year - 1, 12, 31), date(year, 12, 31)))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    assert due == [date(year, 2, 1), date(year, 2, 29 if leap else 28), date(year, 6, 1), date(year, 10, 1)]


@pytest.mark.requirement("PAA-01")
def test_the_provider_audit_is_due_in_february_june_and_october() -> None:
    audit = OnDates(((2, 1), (6, 1), (10, 1)), time(6))
    assert list(audit.due_dates(date(2026, 2, 1), date(2027, 2, 1))) == [
        date(2026, 6, 1),
        date(2026, 10, 1),
        date(2027, 2, 1),
    ]
    assert list(audit.due_dates(date(2026, 2, 1), date(2026, 5, 31))) == []


@pytest.mark.requirement("SSA-02")
def test_the_report_of_the_15th_is_due_at_its_instant_in_chicago() -> None:
    report = OnDates(((1, 15), (3, 15)), time(6))
    assert report.instant(date(2026, 1, 15)) == utc(2026, 1, 15, 12, 0)
    assert report.instant(date(2026, 3, 15)) == utc(2026, 3, 15, 11, 0)


def test_two_dates_that_fall_together_are_due_once() -> None:
    cadence = OnDates(((2, 28), (2, 29)), time(6))
    assert list(cadence.due_dates(date(2026, 1, 1), date(2026, 12, 31))) == [date(2026, 2, 28)]
    assert len(list(cadence.due_dates(date(2028, 1, 1), date(2028, 12, 31)))) == 2


@pytest.mark.parametrize("month_day", [(2, 30), (4, 31), (13, 1), (0, 1), (1, 0)])
def test_a_date_that_no_year_has_is_a_bug(month_day: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"must be in|out of range"):
        OnDates((month_day,), time(6))


@pytest.mark.requirement("SWP-06")
def test_missed_days_are_due_late_and_today_only_once_its_hour_has_come() -> None:
    daily = Daily(time(6))
    last_done = date(2026, 7, 1)
    assert list(due_by(daily, last_done, utc(2026, 7, 3, 10, 59, 59))) == [date(2026, 7, 2)]
    assert list(due_by(daily, last_done, utc(2026, 7, 3, 11, 0))) == [date(2026, 7, 2), date(2026, 7, 3)]
    assert list(due_by(daily, date(2026, 7, 3), utc(2026, 7, 3, 11, 0))) == []


@pytest.mark.requirement("SWP-01")
def test_in_ten_years_of_days_each_due_date_comes_once_however_long_nobody_looked() -> None:
    looks = Random(11)
    cadences = (Daily(time(6)), Daily(time(2, 30)), OnDates(((2, 29), (4, 1), (12, 31)), time(23, 59)))
    begin, end = date(2026, 3, 1), date(2036, 3, 2)
    for cadence in cadences:
        found: list[date] = []
        now = utc(2026, 3, 2, 3, 0)
        while now < utc(2036, 3, 3, 6, 0):
            found += due_by(cadence, found[-1] if found else begin, now)
            now += timedelta(hours=looks.choice((1, 5, 24, 24, 24, 24 * 40)))
        found += due_by(cadence, found[-1], utc(2036, 3, 3, 6, 0))
        assert found == list(cadence.due_dates(begin, end))
