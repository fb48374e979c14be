"""The table of requirements says the truth."""

from __future__ import annotations

from tests.coverage_table import ROOT, TABLE, holders, homes, render


def test_the_committed_table_is_what_the_markers_say() -> None:
    assert render() == TABLE.read_text(encoding="utf-8"), "write it anew: python -m tests.coverage_table"


def test_every_requirement_in_the_table_is_held_by_a_test_or_has_its_reason() -> None:
    held = holders()
    assert [requirement for requirement, (_, reason) in homes().items() if requirement not in held and not reason] == []


def test_every_requirement_that_a_test_claims_to_hold_is_in_the_table() -> None:
    assert sorted(set(holders()) - set(homes())) == []


def test_every_place_in_the_table_exists() -> None:
    for requirement, (place, _) in homes().items():
        for one in place.split(" "):
            assert (ROOT / one).exists(), f"{requirement}: {one}"
