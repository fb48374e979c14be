"""No number that leaves the house points at a person, whatever it is compared with (RSP-06, RSP-07)."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Invalid
from rules.insights import (
    KEPT_BACK,
    LONGEST_MONTHS,
    SMALLEST_SHOWN,
    Count,
    Months,
    added,
    age_bands,
    is_small,
    may_be_exact,
    percentile,
    protected,
    shown,
    shown_within,
    whole_months,
    whole_quarters,
)

TODAY = date(2026, 3, 2)


@pytest.mark.requirement("RSP-06")
def test_ten_people_are_kept_back_eleven_are_shown_and_nobody_is_shown_as_none() -> None:
    assert [shown(count) for count in (0, 1, 10, 11)] == [Count(0), KEPT_BACK, KEPT_BACK, Count(11)]
    assert [is_small(count) for count in (0, 1, 10, 11)] == [False, True, True, False]
    assert (KEPT_BACK.suppressed, Count(0).suppressed, Count(11).suppressed) == (True, False, False)


@pytest.mark.requirement("RSP-06")
@pytest.mark.parametrize(
    ("counts", "cells", "total"),
    [
        pytest.param([], [], 0, id="nothing"),
        pytest.param([0, 0], [0, 0], 0, id="zeros are shown"),
        pytest.param([11, 40], [11, 40], 51, id="nothing is small"),
        pytest.param([3, 20, 40], [None, None, 40], 63, id="the next larger one is hidden with it"),
        pytest.param([3, 20, 0], [None, None, 0], 23, id="a zero hides nothing"),
        pytest.param([5, 7, 40], [None, None, 40], 52, id="two small ones whose sum leaves room"),
        pytest.param([5, 6, 40], [None, None, None], 51, id="two small ones whose sum leaves none"),
        pytest.param([1, 1], [None, None], None, id="two of one each: the total would tell"),
        pytest.param([6, 6], [None, None], 12, id="two small ones, either may be eleven"),
        pytest.param([6, 5], [None, None], None, id="two small ones, neither may be eleven"),
        pytest.param([3], [None], None, id="alone in the line"),
        pytest.param([3, 0, 0], [None, 0, 0], None, id="alone among zeros"),
        pytest.param([10, 11], [None, None], 21, id="both sides of the smallest shown"),
        pytest.param([1] * 11, [None] * 11, None, id="eleven of one each"),
        pytest.param([1] * 21, [None] * 21, None, id="twenty-one of one each"),
    ],
)
def test_a_hidden_count_takes_others_with_it_until_the_total_does_not_tell_it(
    counts: list[int], cells: list[int | None], total: int | None
) -> None:
    line = protected(counts)
    assert ([cell.count for cell in line.cells], line.total.count) == (cells, total)


@pytest.mark.requirement("RSP-06")
@pytest.mark.parametrize(("places", "beyond"), [(1, 40), (2, 40), (3, 24)])
def test_not_even_who_knows_this_rule_can_work_a_hidden_count_out(places: int, beyond: int) -> None:
    """Try every line there is: those that are shown alike differ in each count that is hidden."""
    alike: dict[object, list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(beyond), repeat=places):
        line = protected(counts)
        alike[(line.cells, line.total)].append(counts)
    for (cells, total), lines in alike.items():
        if total.count is not None and total.count >= beyond:
            continue  # lines with larger counts would be shown alike too; they are not tried
        for place, cell in enumerate(cells):
            if cell.suppressed:
                assert len({counts[place] for counts in lines}) > 1, (cells, total)


@given(st.lists(st.integers(0, 40), max_size=12))
def test_what_is_shown_is_true_and_what_is_hidden_could_be_a_number_that_is_shown(counts: list[int]) -> None:
    line = protected(counts)
    hidden = [count for count, cell in zip(counts, line.cells, strict=True) if cell.suppressed]
    for count, cell in zip(counts, line.cells, strict=True):
        assert cell.count in {None, count}
        assert cell.suppressed or not is_small(count)
        assert count or not cell.suppressed
    if line.total.count is None:
        assert hidden
    else:
        assert line.total.count == sum(counts)
        if hidden:
            assert len(hidden) > 1
            assert sum(hidden) - (len(hidden) - 1) >= SMALLEST_SHOWN


def test_a_sum_with_a_part_kept_back_is_kept_back() -> None:
    assert added([Count(11), Count(0)]) == Count(11)
    assert added([]) == Count(0)
    assert added([Count(11), KEPT_BACK]) == KEPT_BACK


@pytest.mark.parametrize(
    ("values", "share", "answer"),
    [
        ([], 50, None),
        ([7], 50, 7),
        ([7], 90, 7),
        ([1, 2], 50, 1),
        ([1, 2, 3], 50, 2),
        (list(range(1, 11)), 90, 9),
        (list(range(1, 12)), 90, 10),
        ([1, 2], 0, 1),
        ([1, 2], 100, 2),
    ],
)
def test_a_percentile_is_a_value_that_occurred(values: list[int], share: int, answer: int | None) -> None:
    assert percentile(values, share) == answer


@pytest.mark.parametrize(
    ("begins", "ends", "first", "last"),
    [
        (None, None, date(2025, 4, 1), date(2026, 3, 1)),
        (date(2026, 3, 31), date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 1)),
        (date(2025, 12, 31), date(2026, 1, 1), date(2025, 12, 1), date(2026, 1, 1)),
        (None, date(2024, 2, 29), date(2023, 3, 1), date(2024, 2, 1)),
        (date(2026, 2, 1), None, date(2026, 2, 1), date(2026, 3, 1)),
        (date(2026, 1, 1), date(2027, 12, 31), date(2026, 1, 1), date(2027, 12, 1)),
    ],
)
def test_a_period_is_widened_to_whole_months(begins: date | None, ends: date | None, first: date, last: date) -> None:
    months = whole_months(begins, ends, TODAY)
    assert (months.firsts[0], months.firsts[-1]) == (first, last)


@pytest.mark.requirement("RSP-06")
@pytest.mark.parametrize(
    ("begins", "ends", "today", "first", "last"),
    [
        (None, None, TODAY, date(2025, 1, 1), date(2025, 12, 1)),
        (None, None, date(2026, 3, 31), date(2025, 1, 1), date(2025, 12, 1)),
        (None, None, date(2026, 4, 1), date(2025, 4, 1), date(2026, 3, 1)),
        (date(2025, 11, 30), date(2025, 11, 30), TODAY, date(2025, 10, 1), date(2025, 12, 1)),
        (date(2025, 9, 30), date(2025, 10, 1), TODAY, date(2025, 7, 1), date(2025, 12, 1)),
        (date(2025, 12, 1), date(2026, 3, 2), TODAY, date(2025, 10, 1), date(2025, 12, 1)),
        (None, date(2025, 8, 15), TODAY, date(2024, 10, 1), date(2025, 9, 1)),
    ],
)
def test_what_leaves_the_house_comes_in_whole_quarters_that_have_ended(
    begins: date | None, ends: date | None, today: date, first: date, last: date
) -> None:
    months = whole_quarters(begins, ends, today)
    assert (months.firsts[0], months.firsts[-1]) == (first, last)
    assert len(months.quarters) * 3 == len(months.firsts)


@pytest.mark.parametrize(
    ("period", "begins", "ends", "code"),
    [
        (whole_months, date(2026, 4, 1), date(2026, 3, 31), "PERIOD_BACKWARDS"),
        (whole_months, date(2026, 4, 1), None, "PERIOD_BACKWARDS"),
        (whole_months, date(2023, 3, 31), None, "PERIOD_TOO_LONG"),
        (whole_months, date(1, 1, 1), None, "PERIOD_TOO_LONG"),
        (whole_months, None, date(1, 1, 1), "PERIOD_OUT_OF_CALENDAR"),
        (whole_quarters, date(2026, 1, 1), None, "PERIOD_NOT_ENDED"),
        (whole_quarters, date(2025, 10, 1), date(2025, 9, 30), "PERIOD_BACKWARDS"),
        (whole_quarters, date(2022, 12, 31), None, "PERIOD_TOO_LONG"),
        (whole_quarters, None, date(1, 1, 1), "PERIOD_OUT_OF_CALENDAR"),
    ],
)
def test_a_period_that_cannot_be_answered_is_refused(
    period: object, begins: date | None, ends: date | None, code: str
) -> None:
    assert callable(period)
    with pytest.raises(Invalid) as refused:
        period(begins, ends, TODAY)
    assert refused.value.code == code


def test_the_longest_period_is_answered() -> None:
    assert len(whole_months(date(2023, 4, 1), None, TODAY).firsts) == LONGEST_MONTHS
    assert len(whole_quarters(date(2023, 1, 1), None, TODAY).firsts) == LONGEST_MONTHS


def test_the_last_months_of_the_calendar_are_refused_not_a_fault() -> None:
    with pytest.raises(Invalid) as refused:
        _ = whole_months(None, date(9999, 12, 31), TODAY).bounds
    assert refused.value.code == "PERIOD_OUT_OF_CALENDAR"


def test_months_begin_at_midnight_in_chicago_on_both_sides_of_the_clock_changes() -> None:
    assert whole_months(date(2026, 3, 1), date(2026, 3, 31), TODAY).bounds == (
        datetime(2026, 3, 1, 6, tzinfo=UTC),
        datetime(2026, 4, 1, 5, tzinfo=UTC),
    )
    assert whole_months(date(2026, 11, 1), date(2026, 11, 1), TODAY).bounds == (
        datetime(2026, 11, 1, 5, tzinfo=UTC),
        datetime(2026, 12, 1, 6, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "firsts",
    [
        (date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)),
        (date(2026, 1, 1), date(2026, 2, 1)),
    ],
)
def test_months_that_are_not_whole_quarters_have_none(firsts: tuple[date, ...]) -> None:
    with pytest.raises(ValueError, match="quarters"):
        _ = Months(firsts).quarters


@pytest.mark.requirement("RSP-07")
def test_a_part_is_kept_back_where_it_or_what_it_leaves_is_small() -> None:
    parts = [(0, 0), (0, 10), (0, 11), (10, 40), (11, 21), (11, 22), (11, 11), (40, 40)]
    assert [shown_within(part, whole) for part, whole in parts] == [
        Count(0),
        KEPT_BACK,
        Count(0),
        KEPT_BACK,
        KEPT_BACK,
        Count(11),
        Count(11),
        Count(40),
    ]


def test_the_bands_of_age_have_no_gap_and_part_at_the_day_on_which_a_referral_turns_red() -> None:
    bands = age_bands(60)
    assert [(band.least, band.most) for band in bands] == [
        (0, 30),
        (31, 60),
        (61, 90),
        (91, 180),
        (181, 360),
        (361, None),
    ]
    assert [band.overdue for band in bands] == [False, False, True, True, True, True]


@pytest.mark.requirement("RSP-07")
def test_a_count_is_exact_for_whom_may_open_each_referral_that_is_counted() -> None:
    assert may_be_exact(["29019"], None)
    assert may_be_exact(None, None)
    assert may_be_exact(["29019"], ["29019", "29001"])
    assert may_be_exact([], []), "statewide referrals are opened by every coordinator"
    assert not may_be_exact(["29019", "29001"], ["29019"])
    assert not may_be_exact(["29019"], [])
    assert not may_be_exact(None, ["29019"])


@pytest.mark.requirement("RSP-06")
def test_a_count_that_may_be_exact_is_shown_however_small() -> None:
    assert [shown(10), shown(10, exact=True), shown(0), shown(11)] == [KEPT_BACK, Count(10), Count(0), Count(11)]
