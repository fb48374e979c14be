"""How pages say things: a deadline at midnight as its last day, a long address so that it breaks at its at sign."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from admin_ui.rendering import NONE, breakable, record_kind, shown, since, until, words
from rules.calendar import in_chicago, in_words, local_instant

MIDNIGHT = local_instant(date(2026, 12, 1), time(0))
NOON = local_instant(date(2026, 12, 1), time(12))


def test_what_ends_at_midnight_is_due_by_the_end_of_its_last_day_and_late_from_the_next() -> None:
    assert until(MIDNIGHT) == 'by the end of <time datetime="2026-11-30">11/30/2026</time>'
    assert since(MIDNIGHT) == '<time datetime="2026-12-01">12/01/2026</time>'


def test_what_ends_at_an_hour_says_the_hour_with_its_zone() -> None:
    assert "Dec 1, 2026, 12:00 PM CST" in until(NOON)
    assert "Dec 1, 2026, 12:00 PM CST" in since(NOON)


def test_midnight_is_that_of_chicago_in_summer_and_in_winter() -> None:
    assert "by the end of" in until(datetime(2026, 7, 1, 5, tzinfo=UTC))
    assert "by the end of" not in until(datetime(2026, 12, 1, 5, tzinfo=UTC))


def test_an_address_breaks_before_its_at_sign_and_stays_text() -> None:
    assert breakable("ann@example.org") == "ann<wbr>@example.org"
    assert breakable("PROVIDER_PROFILE") == "PROVIDER_<wbr>PROFILE"
    assert breakable("<b>@x") == "&lt;b&gt;<wbr>@x"


@pytest.mark.parametrize(
    ("code", "said"),
    [("MRDD", "MRDD"), ("TCM", "TCM"), ("WITH_LSO", "With LSO"), ("ADA", "ADA"), ("HR_CONTACT", "HR contact")],
)
def test_an_abbreviation_stays_one(code: str, said: str) -> None:
    assert words(code) == said


@pytest.mark.parametrize(
    ("kind", "said"),
    [("access_form", "access form"), ("lso_designation", "LSO designation"), ("ssa_report", "SSA report")],
)
def test_a_kind_of_record_is_said_as_within_a_sentence(kind: str, said: str) -> None:
    assert record_kind(kind) == said


@pytest.mark.parametrize("nothing", [None, "", [], ()])
def test_nothing_is_a_dash_in_a_table(nothing: object) -> None:
    assert shown(nothing) == NONE


def test_days_and_instants_are_written_as_the_documents_and_people_in_chicago_do() -> None:
    assert in_words(date(1990, 5, 17)) == "05/17/1990"
    assert in_chicago(NOON) == "Dec 1, 2026, 12:00 PM CST"
