"""What the documents ask for, and both sides of every due date: quarters, odd months, rolling years, leap days."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.breach import QUESTIONS as BREACH_QUESTIONS
from rules.breach import BreachAnswers, BreachQuestion, check_finding
from rules.calendar import month_begins, month_end, months_after
from rules.errors import Conflict, Invalid
from rules.incidents import Finding, IncidentState
from rules.lso_collection import (
    QUESTIONS,
    CollectionAnswer,
    CollectionQuestion,
    check_answers,
    check_collecting,
    closes_on,
    must_ask,
    open_year,
)
from rules.obligation_steps import ObligationFacts, ObligationStep, judge_obligation
from rules.obligations import (
    OBLIGATIONS,
    EachYear,
    EveryMonths,
    Rolling,
    Window,
    due_after,
    first_window,
    windows_due,
)
from rules.policy import DEFAULTS
from rules.roles import Role
from rules.sanctions import check_sanctionable

CALENDAR = Path(__file__).parents[2] / "orm" / "reference" / "calendar.csv"
DUE = date(2026, 6, 30)
DAY = timedelta(days=1)


def windows(code: str, after: date, until: date) -> list[Window]:
    cadence = OBLIGATIONS[code].cadence
    assert isinstance(cadence, EachYear | EveryMonths)
    return list(windows_due(cadence, after, until, DEFAULTS))


def step(on: date, **facts: date | None) -> ObligationStep:
    return judge_obligation(ObligationFacts(DUE, **facts), on, DEFAULTS).step


@pytest.mark.requirement("DAT-05")
@pytest.mark.requirement("RSK-23")
def test_every_obligation_of_the_documents_is_in_the_calendar_with_its_owner_and_source() -> None:
    with CALENDAR.open(encoding="utf-8", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    assert rows.keys() == OBLIGATIONS.keys()
    for code, row in rows.items():
        obligation = OBLIGATIONS[code]
        assert (obligation.title, obligation.performed_by, obligation.output, obligation.cites) == (
            row["obligation"],
            row["owner"],
            row["output"],
            row["seed"],
        )
        named = {Role(word) for word in row["owner"].replace(" or ", " ").split() if word in set(Role)}
        assert named <= set(obligation.owners), code


@pytest.mark.requirement("RSK-03")
@pytest.mark.requirement("RSK-04")
@pytest.mark.requirement("RSK-07")
@pytest.mark.requirement("RSK-14")
@pytest.mark.requirement("RSK-15")
@pytest.mark.parametrize("code", ["RSK-SEC", "RSK-PRIV", "RSK-TRN", "RSK-PHYS", "RSK-INV", "EMP-Y"])
def test_a_yearly_duty_opens_with_the_year_and_is_due_at_its_end(code: str) -> None:
    assert windows(code, date(2025, 12, 31), date(2025, 12, 31)) == []
    assert windows(code, date(2025, 12, 31), date(2026, 1, 1)) == [Window(date(2026, 1, 1), date(2026, 12, 31))]
    assert windows(code, date(2026, 1, 1), date(2026, 12, 31)) == []


@pytest.mark.requirement("SWP-11")
@pytest.mark.requirement("POL-32")
@pytest.mark.parametrize(
    ("code", "year", "expected"),
    [
        ("EMP-Q", 2026, ["01-01/01-31", "04-01/04-30", "07-01/07-31", "10-01/10-31"]),
        ("MF-Q", 2026, ["01-01/01-31", "04-01/04-30", "07-01/07-31", "10-01/10-31"]),
        ("SAR-Q", 2026, ["01-01/03-31", "04-01/06-30", "07-01/09-30", "10-01/12-31"]),
        ("PAA-3", 2026, ["02-01/02-28", "06-01/06-30", "10-01/10-31"]),
        ("PAA-3", 2028, ["02-01/02-29", "06-01/06-30", "10-01/10-31"]),
        ("SSA-6", 2026, ["01-15/01-31", "03-15/03-31", "05-15/05-31", "07-15/07-31", "09-15/09-30", "11-15/11-30"]),
        ("CON-6", 2026, ["01-15/01-31", "03-15/03-31", "05-15/05-31", "07-15/07-31", "09-15/09-30", "11-15/11-30"]),
        ("LSO-APR", 2026, ["04-01/04-30"]),
        ("RSK-VULN", 2026, ["01-01/01-31", "07-01/07-31"]),
    ],
)
def test_a_duty_of_the_calendar_is_due_in_each_of_its_months(code: str, year: int, expected: list[str]) -> None:
    due = windows(code, date(year - 1, 12, 31), date(year, 12, 31))
    assert [f"{one.opens_on:%m-%d}/{one.due_on:%m-%d}" for one in due] == expected
    for one in due:
        assert windows(code, one.opens_on - DAY, one.opens_on - DAY) == []
        assert windows(code, one.opens_on - DAY, one.opens_on) == [one]


@pytest.mark.requirement("POL-12")
@pytest.mark.requirement("RSK-10")
def test_bi_annual_is_twice_a_year_unless_the_policy_says_every_two_years() -> None:
    every_two = replace(DEFAULTS, risk_vulnerability_months=24)
    cadence = OBLIGATIONS["RSK-VULN"].cadence
    assert isinstance(cadence, EveryMonths)
    ten_years = (date(2025, 12, 31), date(2035, 12, 31))
    assert len(list(windows_due(cadence, *ten_years, DEFAULTS))) == 20
    assert [one.opens_on.year for one in windows_due(cadence, *ten_years, every_two)] == [2026, 2028, 2030, 2032, 2034]


@given(st.dates(date(2020, 1, 1), date(2034, 1, 1)), st.integers(0, 800), st.integers(0, 800))
def test_windows_found_in_two_steps_are_those_found_in_one(after: date, first: int, second: int) -> None:
    middle = after + timedelta(days=first)
    until = middle + timedelta(days=second)
    for code in ("SAR-Q", "PAA-3", "RSK-VULN", "SSA-6"):
        assert windows(code, after, middle) + windows(code, middle, until) == windows(code, after, until)


def test_the_calendar_begins_with_the_window_that_is_open_and_makes_up_for_nothing() -> None:
    audit, year = OBLIGATIONS["PAA-3"].cadence, OBLIGATIONS["RSK-SEC"].cadence
    assert isinstance(audit, EachYear)
    assert isinstance(year, EachYear)
    assert first_window(audit, date(2026, 2, 28), DEFAULTS) == Window(date(2026, 2, 1), date(2026, 2, 28))
    assert first_window(audit, date(2026, 3, 1), DEFAULTS) is None
    assert first_window(year, date(2026, 12, 31), DEFAULTS) == Window(date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.requirement("RSK-05")
@pytest.mark.requirement("RSK-08")
@pytest.mark.requirement("RSK-09")
def test_a_rolling_duty_is_due_so_long_after_the_last_one_on_leap_days_too() -> None:
    def due(code: str, last: date) -> date:
        cadence = OBLIGATIONS[code].cadence
        assert isinstance(cadence, Rolling)
        return due_after(cadence, last, DEFAULTS)

    assert due("RSK-SYS", date(2024, 2, 29)) == date(2027, 2, 28)
    assert due("RSK-DOR", date(2025, 2, 28)) == date(2028, 2, 28)
    assert due("RSK-SITE", date(2027, 8, 31)) == date(2028, 8, 31)
    assert due("RSK-BCP", date(2026, 3, 2)) == date(2027, 3, 2)


@pytest.mark.parametrize(
    ("on", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 1, 1), -1, date(2025, 12, 1)),
        (date(2026, 11, 30), 24, date(2028, 11, 30)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(on: date, months: int, later: date) -> None:
    assert months_after(on, months) == later
    assert month_end(date(2028, 2, 1)) == date(2028, 2, 29)


def test_the_first_of_every_so_many_months_is_counted_from_january() -> None:
    assert list(month_begins(3, date(2026, 1, 1), date(2026, 7, 1))) == [date(2026, 4, 1), date(2026, 7, 1)]
    assert list(month_begins(3, date(2025, 12, 31), date(2026, 1, 1))) == [date(2026, 1, 1)]
    assert list(month_begins(3, date(2026, 1, 1), date(2026, 3, 31))) == []
    assert list(month_begins(1, date(2026, 12, 2), date(2027, 1, 1))) == [date(2027, 1, 1)]


@pytest.mark.requirement("RSK-01")
@pytest.mark.parametrize(
    ("on", "reminded_on", "expected"),
    [
        (DUE - 31 * DAY, None, ObligationStep.NOTHING),
        (DUE - 30 * DAY, None, ObligationStep.REMIND),
        (DUE - 29 * DAY, DUE - 30 * DAY, ObligationStep.NOTHING),
        (DUE - 8 * DAY, DUE - 30 * DAY, ObligationStep.NOTHING),
        (DUE - 7 * DAY, DUE - 30 * DAY, ObligationStep.REMIND),
        (DUE - 2 * DAY, DUE - 7 * DAY, ObligationStep.NOTHING),
        (DUE - DAY, DUE - 7 * DAY, ObligationStep.REMIND),
        (DUE, DUE - DAY, ObligationStep.NOTHING),
        (DUE, None, ObligationStep.REMIND),
    ],
)
def test_an_owner_is_reminded_30_7_and_1_days_before_each_once_and_late_ones_are_one(
    on: date, reminded_on: date | None, expected: ObligationStep
) -> None:
    assert step(on, reminded_on=reminded_on) is expected


@pytest.mark.requirement("RSK-01")
def test_what_is_overdue_is_told_the_day_after_and_then_each_week() -> None:
    assert step(DUE) is ObligationStep.REMIND
    assert step(DUE + DAY, reminded_on=DUE) is ObligationStep.ESCALATE
    told = DUE + DAY
    assert step(told, escalated_on=told) is ObligationStep.NOTHING
    assert step(told + 6 * DAY, escalated_on=told) is ObligationStep.NOTHING
    assert step(told + 7 * DAY, escalated_on=told) is ObligationStep.CHASE
    assert judge_obligation(ObligationFacts(DUE), DUE - DAY, DEFAULTS).why == "Due on 2026-06-30 (1 day or less ahead)."
    assert "7 days or less" in judge_obligation(ObligationFacts(DUE), DUE - 7 * DAY, DEFAULTS).why


@pytest.mark.requirement("RSK-20")
def test_a_breach_is_what_meets_every_part_of_the_definition_and_not_its_exception() -> None:
    assert set(BREACH_QUESTIONS) == set(BreachQuestion)
    breach = BreachAnswers(unauthorized=True, protected=True, compromised=True, retainable=True)
    assert breach.is_breach
    assert set(breach.facts()) == set(BreachQuestion)
    check_finding(Finding.BREACH, breach)
    check_finding(Finding.BREACH, None)
    for part in ("unauthorized", "protected", "compromised", "retainable"):
        other = replace(breach, **{part: False})
        assert not other.is_breach, part
        check_finding(Finding.VIOLATION, other)
        with pytest.raises(Conflict) as no:
            check_finding(Finding.BREACH, other)
        assert no.value.code == "NO_BREACH_BY_DEFINITION"
    with pytest.raises(Conflict) as no:
        check_finding(Finding.UNFOUNDED, breach)
    assert no.value.code == "BREACH_BY_DEFINITION"


@pytest.mark.requirement("RSK-18")
def test_a_sanction_follows_a_finding_and_never_an_unfounded_incident() -> None:
    check_sanctionable(IncidentState.CLOSED, Finding.VIOLATION)
    for state, finding in ((IncidentState.OPEN, None), (IncidentState.CLOSED, Finding.UNFOUNDED)):
        with pytest.raises(Conflict):
            check_sanctionable(state, finding)


@pytest.mark.requirement("RSK-17")
@pytest.mark.requirement("LSO-18")
def test_the_collection_is_open_in_april_and_asks_each_week() -> None:
    assert open_year(date(2026, 3, 31)) is None
    assert open_year(date(2026, 4, 1)) == open_year(date(2026, 4, 30)) == 2026
    assert open_year(date(2026, 5, 1)) is None
    assert closes_on(2026) == date(2026, 5, 1)
    first = date(2026, 4, 1)
    assert must_ask(None, first, DEFAULTS)
    assert not must_ask(first, first + 6 * DAY, DEFAULTS)
    assert must_ask(first, first + 7 * DAY, DEFAULTS)

    yes = dict.fromkeys(CollectionQuestion, CollectionAnswer.YES)
    assert set(QUESTIONS) == set(CollectionQuestion)
    check_answers(yes, "")
    no = yes | {CollectionQuestion.STAFF_TRAINED: CollectionAnswer.NO}
    check_answers(no, "Training is booked.")
    for answers, code in ((no, "NOTE_NEEDED"), ({}, "ANSWERS_MISSING")):
        with pytest.raises(Invalid) as refused:
            check_answers(answers, "")
        assert refused.value.code == code
    check_collecting(closed=False, answered=False)
    for closed, answered in ((True, False), (False, True)):
        with pytest.raises(Conflict):
            check_collecting(closed=closed, answered=answered)
