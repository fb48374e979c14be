"""The quarter of a review, the days that it looks at, and who may carry it out (SAR; 002:214-265)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rules.activity_reviews import (
    MemberStanding,
    NeedAnswer,
    Quarter,
    ReviewState,
    Window,
    check_answer,
    check_complete,
    check_completer,
    check_due,
    check_newer,
    check_open,
    check_reviewer,
    missing,
    quarters_due,
)
from rules.errors import Conflict, Denied, Invalid
from rules.roles import Role

ONE, OTHER = UUID(int=1), UUID(int=2)
CSO, PRIVACY = frozenset({Role.CSO}), frozenset({Role.PRIVACY_OFFICER})
DONE = MemberStanding("ANNA", labelled=True, unjudged=0, discrepancies=0, findings=0, supervisor_heard=True)


@pytest.mark.requirement("SAR-01")
@examples(max_examples=50)
@given(on=st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_has_one_quarter_that_follows_another(on: date) -> None:
    quarter = Quarter.of(on)
    assert quarter.first_day <= on <= quarter.last_day
    assert quarter.following.first_day == quarter.last_day + timedelta(days=1)
    assert Quarter.read(quarter.name) == quarter
    assert quarter < quarter.following


@pytest.mark.requirement("SAR-01")
def test_a_quarter_without_a_review_gets_one_late_rather_than_never() -> None:
    on = date(2026, 7, 1)
    assert [one.name for one in quarters_due(None, on)] == ["2026-Q3"]
    assert [one.name for one in quarters_due(Quarter(2025, 4), on)] == ["2026-Q1", "2026-Q2", "2026-Q3"]
    assert [one.name for one in quarters_due(Quarter(2026, 2), date(2026, 6, 30))] == []
    assert [one.name for one in quarters_due(Quarter(2026, 2), on)] == ["2026-Q3"]
    assert list(quarters_due(Quarter(2026, 3), on)) == []


@pytest.mark.requirement("SAR-04", "AUD-04")
def test_the_window_is_thirty_whole_days_of_chicago_also_when_the_clock_is_changed() -> None:
    window = Window.before(date(2026, 4, 1), timedelta(days=30))
    assert (window.first, window.last) == (date(2026, 3, 2), date(2026, 3, 31))
    assert window.begins == datetime(2026, 3, 2, 6, tzinfo=UTC)
    assert window.ends == datetime(2026, 4, 1, 5, tzinfo=UTC)


@pytest.mark.requirement("SAR-03")
def test_nobody_reviews_themselves_and_the_privacy_officer_reviews_officers_only() -> None:
    check_reviewer(ONE, CSO, OTHER, drawn_was_cso=False)
    check_reviewer(ONE, PRIVACY, OTHER, drawn_was_cso=True)
    check_completer(ONE, CSO, [(OTHER, False)])
    check_completer(ONE, PRIVACY, [(OTHER, True)])
    for person, roles, code in ((OTHER, CSO, "OWN_ACCESS"), (ONE, PRIVACY, "CSO_REVIEWS")):
        with pytest.raises(Denied) as denied:
            check_reviewer(person, roles, OTHER, drawn_was_cso=False)
        assert denied.value.code == code
        with pytest.raises(Denied) as denied:
            check_completer(person, roles, [(OTHER, False)])
        assert denied.value.code == code


@pytest.mark.requirement("SAR-10")
def test_a_review_says_everything_that_it_lacks() -> None:
    assert missing([DONE], []) == []
    check_complete([])
    lacking = MemberStanding("BERT", labelled=False, unjudged=2, discrepancies=1, findings=0, supervisor_heard=False)
    points = missing([DONE, lacking], [1001])
    assert points == [
        "BERT: the log is still being labelled.",
        "BERT: 2 unexplained rows have no verdict.",
        "BERT: the supervisor has not answered, and no reason is given.",
        "BERT: a discrepancy has no finding.",
        "Finding 1001 is neither carried out nor dated.",
    ]
    with pytest.raises(Conflict, match="Finding 1001"):
        check_complete(points)


def test_what_is_closed_changed_past_or_silent_is_refused() -> None:
    check_open(ReviewState.OPEN)
    with pytest.raises(Conflict, match="completed"):
        check_open(ReviewState.COMPLETED)
    check_newer(1, 1)
    with pytest.raises(Conflict, match="meanwhile"):
        check_newer(0, 1)
    today = date(2026, 3, 2)
    check_due(None, today)
    check_due(today, today)
    with pytest.raises(Invalid, match="later day"):
        check_due(today - timedelta(days=1), today)
    check_answer(NeedAnswer.NEEDED, "")
    check_answer(NeedAnswer.NOT_NEEDED, "All of it.")
    with pytest.raises(Invalid, match="not needed"):
        check_answer(NeedAnswer.PARTLY_NEEDED, "")
