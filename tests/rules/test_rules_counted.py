"""What counts in the insights, and in which month of Chicago: each kind on both sides of what makes it count."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from rules.calendar import CHICAGO
from rules.counted import AnswerFacts, Cell, Counted, CountedFacts, cells_of, days_to_home
from rules.referrals import CloseOutcome, DeclineReason, ReferralStatus, ResponseKind

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


def chicago(month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CHICAGO).astimezone(UTC)


OPEN = CountedFacts(ReferralStatus.OPEN, False, frozenset({"29019"}), chicago(1, 31, 23, 59), None, None)
PLACED = replace(OPEN, status=ReferralStatus.CLOSED, closed_at=chicago(2, 1, 0, 1), close_outcome=CloseOutcome.PLACED)
DECLINED = AnswerFacts(ResponseKind.DECLINE, DeclineReason.NO_VACANCY, chicago(2, 1, 0, 0))


def everywhere(facts: CountedFacts) -> list[Cell]:
    """Give what counts at the place where each referral counts once."""
    return [cell for cell in cells_of(facts) if cell.place == "*"]


@pytest.mark.requirement("RSP-07")
def test_an_open_referral_counts_as_open_and_as_published_in_the_month_of_the_first_publishing() -> None:
    assert everywhere(OPEN) == [Cell("*", Counted.PUBLISHED, "", JANUARY), Cell("*", Counted.OPEN, "", JANUARY)]


@pytest.mark.requirement("RSP-07")
def test_a_draft_and_a_deleted_referral_count_for_nothing_whatever_was_answered() -> None:
    assert not list(cells_of(replace(OPEN, status=ReferralStatus.DRAFT, first_published_at=None)))
    assert not list(cells_of(replace(OPEN, status=ReferralStatus.DELETED, answers=(DECLINED,))))


@pytest.mark.requirement("RSP-07")
@pytest.mark.parametrize("outcome", CloseOutcome)
def test_a_closed_referral_counts_as_a_home_where_one_was_found_with_the_days_in_chicago(outcome: CloseOutcome) -> None:
    facts = replace(PLACED, close_outcome=outcome)
    home = [Cell("*", Counted.HOME, "", FEBRUARY, 1)]
    found = outcome in {CloseOutcome.PLACED, CloseOutcome.PLACED_ELSEWHERE}
    assert everywhere(facts) == [Cell("*", Counted.PUBLISHED, "", JANUARY), *(home if found else [])]
    assert days_to_home(facts) == (1 if found else None)


def test_a_home_whose_beginning_or_end_is_not_known_took_no_days_that_could_be_told() -> None:
    assert days_to_home(replace(PLACED, closed_at=None)) is None
    assert days_to_home(replace(PLACED, first_published_at=None)) is None
    assert days_to_home(OPEN) is None


@pytest.mark.requirement("RSP-06")
def test_an_answer_counts_by_its_kind_and_reason_in_the_month_in_which_it_was_given_as_it_stands() -> None:
    accepted = AnswerFacts(ResponseKind.ACCEPT, None, chicago(1, 31, 23, 59))
    assert everywhere(replace(OPEN, answers=(DECLINED, accepted)))[2:] == [
        Cell("*", "DECLINE", "NO_VACANCY", FEBRUARY),
        Cell("*", "ACCEPT", "", JANUARY),
    ]


@pytest.mark.requirement("RSP-07")
def test_it_counts_once_for_all_and_at_each_county_or_as_statewide() -> None:
    two = replace(OPEN, counties=frozenset({"29019", "29001"}))
    assert [cell.place for cell in cells_of(two) if cell.what == Counted.OPEN] == ["*", "29001", "29019"]
    anywhere = replace(OPEN, statewide=True, counties=frozenset())
    assert [cell.place for cell in cells_of(anywhere) if cell.what == Counted.OPEN] == ["*", ""]
