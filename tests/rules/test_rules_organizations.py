"""The code of a facility: three digits, or it names no organization (001:203)."""

from __future__ import annotations

import pytest

from rules.errors import NotFound
from rules.organizations import check_facility_named
from tests.rules.verdicts import TAKEN, verdict


@pytest.mark.parametrize("code", [None, "000", "101", "999"])
def test_three_digits_may_name_a_facility_and_nothing_names_none(code: str | None) -> None:
    assert verdict(check_facility_named, code) == TAKEN


@pytest.mark.parametrize(
    "code", ["", "12", "1234", "12a", "12\n", "1\x002", "\ud80012", "\u0661\u0662\u0663"], ids=ascii
)
def test_what_is_not_three_digits_names_no_organization(code: str) -> None:
    with pytest.raises(NotFound) as refused:
        check_facility_named(code)
    assert (refused.value.code, refused.value.field) == ("ORGANIZATION_NOT_FOUND", "facilityCode")
