"""Which version of a text holds on a day (000:253, DAT-08)."""

from datetime import date

import pytest

from rules.statements import Statement, StatementKind, in_force

CONFIDENTIALITY, TERMS = StatementKind.CONFIDENTIALITY, StatementKind.TERMS
OLD = Statement(CONFIDENTIALITY, "2026-1", "Old.", date(2026, 1, 1))
NEW = Statement(CONFIDENTIALITY, "2026-2", "New.", date(2026, 7, 1))


@pytest.mark.requirement("ACC-14")
@pytest.mark.parametrize(
    ("on", "expected"),
    [(date(2025, 12, 31), None), (date(2026, 1, 1), OLD), (date(2026, 6, 30), OLD), (date(2026, 7, 1), NEW)],
)
def test_the_newest_text_that_is_valid_holds(on: date, expected: Statement | None) -> None:
    assert in_force([NEW, OLD], CONFIDENTIALITY, on) == expected


def test_each_kind_has_a_text_of_its_own() -> None:
    assert in_force([OLD, NEW], TERMS, date(2026, 7, 1)) is None


def test_of_two_texts_of_one_day_the_later_version_holds() -> None:
    second = Statement(CONFIDENTIALITY, "2026-3", "Newer.", NEW.effective_from)
    assert in_force([second, NEW], CONFIDENTIALITY, date(2026, 7, 1)) == second
