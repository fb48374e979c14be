"""What is kept for the next time never grows without end, and what is asked for often stays."""

from __future__ import annotations

from rules.bounded import Bounded


def test_the_one_that_was_longest_not_asked_for_goes() -> None:
    kept = Bounded[str, int](2)
    kept.keep("a", 1)
    kept.keep("b", 2)
    assert kept.get("a") == 1
    kept.keep("c", 3)
    assert list(kept) == ["a", "c"]
    assert kept.get("b") is None


def test_keeping_anew_what_is_kept_pushes_nothing_out() -> None:
    kept = Bounded[str, int](2)
    kept.keep("a", 1)
    kept.keep("b", 2)
    kept.keep("a", 3)
    assert len(kept) == 2
    assert kept.get("a") == 3


def test_to_see_whether_something_is_kept_does_not_make_it_stay() -> None:
    kept = Bounded[str, int | None](2)
    kept.keep("a", None)
    kept.keep("b", 2)
    assert "a" in kept
    assert kept.get("a") is None
    kept.keep("c", 3)
    assert "a" not in kept
    assert list(kept.values()) == [2, 3]


def test_what_is_cleared_is_gone_and_others_are_kept_as_before() -> None:
    kept = Bounded[str, int](1)
    kept.keep("a", 1)
    kept.clear()
    assert len(kept) == 0
    assert kept.get("a") is None
    kept.keep("b", 2)
    assert kept.get("b") == 2
    kept.keep("c", 3)
    assert list(kept) == ["c"]
