"""Which roles do not go together in one hand (002:244-245, POL-20)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Invalid
from rules.segregation import (
    Pair,
    PairVerdict,
    check_pair,
    check_pairs,
    codes_of,
    forbidden,
    has_reason,
    ordered,
    pairs_met,
    unexplained,
)

TOGETHER = Pair("DATA_ENTRY", "REVIEWER", PairVerdict.ALLOWED_WITH_REASON)
NEVER = Pair("BILLING", "PROVISIONING", PairVerdict.FORBIDDEN)
MATRIX = (TOGETHER, NEVER)

codes = st.frozensets(st.sampled_from(["BILLING", "DATA_ENTRY", "OTHER", "PROVISIONING", "REVIEWER"]))


@pytest.mark.requirement("ARA-23")
@given(held=codes, asked=codes)
def test_a_pair_is_met_when_both_are_in_one_hand_and_one_of_them_is_new(
    held: frozenset[str], asked: frozenset[str]
) -> None:
    met = pairs_met(held, asked, MATRIX)
    assert set(met) == {pair for pair in MATRIX if pair.codes <= held | asked and pair.codes & asked}
    assert codes_of(met) <= held | asked


@pytest.mark.requirement("POL-20")
def test_data_entry_and_reviewer_go_together_with_a_reason_on_either() -> None:
    for reasons in ({"DATA_ENTRY": "Supervisor."}, {"DATA_ENTRY": "", "REVIEWER": "Supervisor."}):
        assert has_reason(TOGETHER, reasons)
        check_pairs([TOGETHER], reasons)
        assert unexplained([TOGETHER], reasons) == ()
    for reasons in ({}, {"DATA_ENTRY": "", "REVIEWER": ""}, {"OTHER": "Supervisor."}):
        assert unexplained([TOGETHER, NEVER], reasons) == (TOGETHER,)
        with pytest.raises(Invalid) as refused:
            check_pairs([TOGETHER], reasons)
        assert refused.value.code == "REASON_REQUIRED"


def test_what_never_goes_together_does_not_for_any_reason() -> None:
    assert forbidden(MATRIX) == (NEVER,)
    with pytest.raises(Invalid) as refused:
        check_pairs([NEVER], {"BILLING": "Please."})
    assert refused.value.code == "INCOMPATIBLE_ROLES"
    check_pairs([], {})


def test_a_pair_has_one_order_and_two_roles() -> None:
    assert ordered("B", "A") == ordered("A", "B") == check_pair("B", "A") == ("A", "B")
    with pytest.raises(Invalid) as refused:
        check_pair("A", "A")
    assert refused.value.code == "SAME_ROLE"
