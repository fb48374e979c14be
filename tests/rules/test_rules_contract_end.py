"""The end of a contract: the last day that counts, and the first day on which nobody signs on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.audience import contract_in_force
from rules.contract_end import Period, covered_until, disabled_from, ended_on, must_warn_of_end
from rules.policy import DEFAULTS

TODAY = date(2026, 3, 2)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def ends(offset: int) -> list[Period]:
    return [(day(-1000), day(offset))]


@pytest.mark.requirement("POL-27")
@pytest.mark.requirement("ACC-21")
def test_the_last_day_counts_and_the_next_one_does_not() -> None:
    assert (covered_until(ends(0), TODAY), ended_on(ends(0), TODAY)) == (TODAY, None)
    assert (covered_until(ends(-1), TODAY), ended_on(ends(-1), TODAY)) == (None, day(-1))
    assert disabled_from(TODAY) == day(1)


def test_a_contract_without_an_end_is_current_and_ends_never() -> None:
    assert covered_until([(day(-10), None)], TODAY) is None
    assert ended_on([(day(-10), None)], TODAY) is None
    assert ended_on([], TODAY) is None, "a provider without any contract has none that ended"


def test_a_contract_that_follows_goes_on_and_a_gap_does_not() -> None:
    renewed = [*ends(5), (day(6), day(90))]
    assert covered_until(renewed, TODAY) == day(90)
    assert covered_until([*ends(5), (day(6), None)], TODAY) is None
    late = [*ends(5), (day(8), None)]
    assert covered_until(late, TODAY) == day(5)
    assert (ended_on(late, day(5)), ended_on(late, day(6)), ended_on(late, day(8))) == (None, day(5), None)


def test_a_contract_of_the_future_is_none_that_ended() -> None:
    assert (covered_until([(day(1), None)], TODAY), ended_on([(day(1), None)], TODAY)) == (None, None)


@pytest.mark.requirement("SWP-15")
@pytest.mark.requirement("POL-27")
def test_it_is_warned_of_sixty_thirty_and_seven_days_before_once_each() -> None:
    def due(offset: int, warned: int | None = None) -> int | None:
        warning = must_warn_of_end(ends(offset), TODAY, None if warned is None else day(warned), DEFAULTS)
        return None if warning is None else warning[1].days

    assert (due(61), due(60), due(59, warned=-1), due(59)) == (None, 60, None, 60)
    assert (due(31, warned=-29), due(30, warned=-30)) == (None, 30)
    assert (due(8, warned=-22), due(7, warned=-23), due(0, warned=-7)) == (None, 7, None)
    assert due(2) == 7, "after an outage only the nearest"
    assert due(-1) is None
    assert must_warn_of_end([(day(-10), None)], TODAY, None, DEFAULTS) is None


PERIODS = st.lists(
    st.tuples(st.integers(-40, 40), st.none() | st.integers(0, 30)).map(
        lambda drawn: (day(drawn[0]), None if drawn[1] is None else day(drawn[0] + drawn[1]))
    ),
    max_size=4,
)


@given(periods=PERIODS)
def test_the_day_that_is_told_is_the_first_day_on_which_the_sweep_hits(periods: list[Period]) -> None:
    last = covered_until(periods, TODAY)
    if last is None:
        covered = any(contract_in_force(*period, TODAY) for period in periods)
        assert not covered or all(ended_on(periods, day(ahead)) is None for ahead in range(120))
        return
    for ahead in range((last - TODAY).days + 1):
        assert ended_on(periods, day(ahead)) is None
    assert ended_on(periods, disabled_from(last)) == last
