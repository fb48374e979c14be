"""Which number answers now: both sides of each hour, clock changes, no hours at all (HLP-06, PWD-11, POL-29)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from rules.calendar import CHICAGO
from rules.errors import Invalid
from rules.support_hours import DAY_MINUTES, SupportWindow, call_now, check_window, next_opens, reset_due_at

SINCE = date(2020, 1, 1)
WEEKDAYS, WEEKEND = range(5), (5, 6)


def windows(label: str, days: object, opens: int, closes: int, *, on_call: bool = False) -> list[SupportWindow]:
    assert isinstance(days, range | tuple)
    return [SupportWindow(label, f"555-01{opens % 100:02}", on_call, day, opens, closes, SINCE) for day in days]


# The hours that the guide prints (000:15-20), with numbers that nobody has.
DESK = windows("Desk", WEEKDAYS, 7 * 60, 17 * 60 + 30)
EVENING = windows("Evening", WEEKDAYS, 17 * 60 + 30, 20 * 60, on_call=True)
DAYTIME = windows("Weekend", WEEKEND, 8 * 60, 17 * 60, on_call=True)
GUIDE = [*DAYTIME, *EVENING, *DESK]


def chicago(month: int, day: int, hour: int, minute: int = 0, second: int = 0, *, fold: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=CHICAGO, fold=fold).astimezone(UTC)


# 2 March 2026 is a Monday.
@pytest.mark.requirement("HLP-06")
@pytest.mark.requirement("PWD-11")
@pytest.mark.parametrize(
    ("at", "answers"),
    [
        pytest.param(chicago(3, 2, 6, 59, 59), None, id="Monday, a second too early"),
        pytest.param(chicago(3, 2, 7), "Desk", id="Monday, the desk opens"),
        pytest.param(chicago(3, 2, 17, 29, 59), "Desk", id="Monday, the desk's last second"),
        pytest.param(chicago(3, 2, 17, 30), "Evening", id="Monday, on call begins"),
        pytest.param(chicago(3, 2, 19, 59, 59), "Evening", id="Monday, the last second on call"),
        pytest.param(chicago(3, 2, 20), None, id="Monday, nobody any more"),
        pytest.param(chicago(3, 6, 19, 59), "Evening", id="Friday evening"),
        pytest.param(chicago(3, 7, 7, 59, 59), None, id="Saturday, a second too early"),
        pytest.param(chicago(3, 7, 8), "Weekend", id="Saturday, on call begins"),
        pytest.param(chicago(3, 8, 16, 59, 59), "Weekend", id="Sunday, the last second on call"),
        pytest.param(chicago(3, 8, 17), None, id="Sunday, nobody any more"),
    ],
)
def test_the_number_to_call_is_the_one_that_answers(at: datetime, answers: str | None) -> None:
    window = call_now(GUIDE, at)
    assert (window.label if window else None) == answers


def test_the_desk_is_called_before_the_technician_on_call_when_both_answer() -> None:
    both = [*windows("On call", WEEKDAYS, 0, DAY_MINUTES, on_call=True), *DESK]
    window = call_now(both, chicago(3, 2, 9))
    assert window is not None
    assert window.label == "Desk"


@pytest.mark.requirement("PWD-11")
@pytest.mark.parametrize(
    ("at", "opens"),
    [
        pytest.param(chicago(3, 2, 6, 59, 59), chicago(3, 2, 7), id="this morning"),
        pytest.param(chicago(3, 2, 7), None, id="somebody answers"),
        pytest.param(chicago(3, 2, 20), chicago(3, 3, 7), id="tomorrow"),
        pytest.param(chicago(3, 6, 20), chicago(3, 7, 8), id="Friday night: Saturday morning"),
        pytest.param(
            chicago(3, 7, 17), chicago(3, 8, 8), id="Saturday night: Sunday morning, after the clocks changed"
        ),
        pytest.param(chicago(3, 8, 17), chicago(3, 9, 7), id="Sunday night: Monday morning"),
    ],
)
def test_when_nobody_answers_the_next_opening_is_told(at: datetime, opens: datetime | None) -> None:
    assert next_opens(GUIDE, at) == opens


def test_the_weekend_of_a_clock_change_opens_by_the_clock_on_the_wall() -> None:
    assert chicago(3, 7, 8) == datetime(2026, 3, 7, 14, tzinfo=UTC)
    assert next_opens(GUIDE, chicago(3, 7, 20)) == datetime(2026, 3, 8, 13, tzinfo=UTC)
    assert next_opens(GUIDE, chicago(10, 31, 20)) == datetime(2026, 11, 1, 14, tzinfo=UTC)


def test_in_the_hour_that_autumn_repeats_a_number_answers_both_times() -> None:
    night = windows("Night", (6,), 60, 120)
    for fold in (0, 1):
        assert call_now(night, chicago(11, 1, 1, 30, fold=fold)) is not None
    assert call_now(night, chicago(11, 1, 2)) is None


def test_in_the_hour_that_spring_skips_nobody_answers_and_the_next_opening_is_another_day() -> None:
    night = windows("Night", (6,), 2 * 60, 2 * 60 + 30)
    assert call_now(night, chicago(3, 8, 3)) is None
    assert next_opens(night, chicago(3, 8, 0)) == chicago(3, 15, 2)


@pytest.mark.requirement("POL-29")
def test_hours_hold_from_their_first_to_their_last_day() -> None:
    old = [SupportWindow("Old", "555-0101", False, day, 420, 1050, SINCE, date(2026, 3, 3)) for day in range(7)]
    new = [SupportWindow("New", "555-0102", False, day, 0, DAY_MINUTES, date(2026, 3, 5)) for day in range(7)]
    answers = {day: call_now([*old, *new], chicago(3, day, 9)) for day in (3, 4, 5)}
    assert {day: window.label if window else None for day, window in answers.items()} == {3: "Old", 4: None, 5: "New"}
    assert next_opens([*old, *new], chicago(3, 4, 9)) == chicago(3, 5, 0)


@pytest.mark.requirement("POL-29")
def test_around_the_clock_is_seven_days_of_twenty_four_hours() -> None:
    always = windows("Always", range(7), 0, DAY_MINUTES)
    for at in (chicago(3, 2, 0), chicago(3, 2, 23, 59, 59), chicago(3, 8, 3), chicago(11, 1, 1, fold=1)):
        assert call_now(always, at) is not None
        assert next_opens(always, at) is None


@pytest.mark.parametrize("known", [[], [SupportWindow("Past", "555-0101", False, 0, 0, 60, SINCE, date(2026, 1, 1))]])
def test_without_hours_nobody_answers_and_nobody_will(known: list[SupportWindow]) -> None:
    assert call_now(known, chicago(3, 2, 9)) is None
    assert next_opens(known, chicago(3, 2, 9)) is None


def test_the_end_of_the_calendar_is_no_fault() -> None:
    assert next_opens(GUIDE, datetime(9999, 12, 31, 23, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("weekday", "opens", "closes", "code"),
    [
        (0, 0, DAY_MINUTES, None),
        (6, 419, 420, None),
        (7, 0, 60, "HOURS_IMPOSSIBLE"),
        (-1, 0, 60, "HOURS_IMPOSSIBLE"),
        (0, 60, 60, "HOURS_IMPOSSIBLE"),
        (0, -1, 60, "HOURS_IMPOSSIBLE"),
        (0, 0, DAY_MINUTES + 1, "HOURS_IMPOSSIBLE"),
    ],
)
def test_only_hours_within_one_day_are_taken(weekday: int, opens: int, closes: int, code: str | None) -> None:
    window = SupportWindow("Desk", "555-0101", False, weekday, opens, closes, SINCE)
    if code is None:
        check_window(window)
        return
    with pytest.raises(Invalid) as refused:
        check_window(window)
    assert refused.value.code == code


@pytest.mark.parametrize(("ends", "taken"), [(None, True), (SINCE, True), (date(2019, 12, 31), False)])
def test_the_last_day_is_not_before_the_first(ends: date | None, taken: bool) -> None:
    window = SupportWindow("Desk", "555-0101", False, 0, 0, 60, SINCE, ends)
    if taken:
        check_window(window)
        return
    with pytest.raises(Invalid) as refused:
        check_window(window)
    assert refused.value.code == "DATES_BACKWARDS"


TWO_HOURS = timedelta(hours=2)


@pytest.mark.requirement("PWD-12")
@pytest.mark.parametrize(
    ("asked", "due"),
    [
        pytest.param(chicago(3, 2, 7), chicago(3, 2, 9), id="as the desk opens"),
        pytest.param(chicago(3, 2, 6, 59, 59), chicago(3, 2, 9), id="a second before the desk opens"),
        pytest.param(chicago(3, 2, 9, 10, 11), chicago(3, 2, 11, 10, 11), id="within the desk's hours"),
        pytest.param(chicago(3, 2, 16, 45), chicago(3, 2, 18, 45), id="from the desk on to the technician on call"),
        pytest.param(chicago(3, 2, 18), chicago(3, 2, 20), id="the last that is answered on the same evening"),
        pytest.param(chicago(3, 2, 18, 0, 1), chicago(3, 3, 7, 0, 1), id="a second too late: the rest next morning"),
        pytest.param(chicago(3, 2, 19, 30), chicago(3, 3, 8, 30), id="half an hour on Monday, the rest on Tuesday"),
        pytest.param(chicago(3, 2, 20), chicago(3, 3, 9), id="nobody answers any more"),
        pytest.param(chicago(3, 6, 19, 59, 59), chicago(3, 7, 9, 59, 59), id="Friday night to Saturday"),
        pytest.param(chicago(3, 7, 16), chicago(3, 8, 9), id="over the night in which the clocks change in spring"),
        pytest.param(chicago(10, 31, 16), chicago(11, 1, 9), id="over the night in which they change in autumn"),
        pytest.param(chicago(3, 8, 17), chicago(3, 9, 9), id="Sunday night to Monday"),
    ],
)
def test_a_reset_is_due_two_hours_of_the_desks_time_after_it_was_asked_for(asked: datetime, due: datetime) -> None:
    assert reset_due_at(GUIDE, asked, TWO_HOURS) == due


@pytest.mark.requirement("PWD-12")
def test_the_hour_that_autumn_repeats_counts_twice_and_the_one_that_spring_skips_not_at_all() -> None:
    night = windows("Night", (6,), 60, 180)
    assert reset_due_at(night, chicago(11, 1, 1), TWO_HOURS) == chicago(11, 1, 2)
    assert reset_due_at(night, chicago(11, 1, 1, 30), TWO_HOURS) == chicago(11, 1, 2, 30)
    assert reset_due_at(night, chicago(3, 8, 1), timedelta(hours=1)) == chicago(3, 8, 3)
    assert reset_due_at(night, chicago(3, 8, 1, 30), TWO_HOURS) == chicago(3, 15, 2, 30)


def test_where_nobody_ever_answers_the_time_is_counted_by_the_clock() -> None:
    ended = [SupportWindow("Desk", "555-0101", False, 0, 420, 540, SINCE, date(2026, 3, 2))]
    assert reset_due_at([], chicago(3, 2, 9), TWO_HOURS) == chicago(3, 2, 11)
    assert reset_due_at(ended, chicago(3, 2, 8), TWO_HOURS) == chicago(3, 2, 10)


def test_two_numbers_that_answer_at_once_do_not_count_twice() -> None:
    both = [*windows("On call", WEEKDAYS, 8 * 60, 9 * 60, on_call=True), *DESK]
    assert reset_due_at(both, chicago(3, 2, 8), TWO_HOURS) == chicago(3, 2, 10)
