"""The benchmarks end with one table that says of every goal what was wanted, what it came to, and whether it is met."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from types import ModuleType

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks._goals import Goal, all_of, at_least, at_most, kept, left_out, told, under


def table(goals: Sequence[Goal]) -> tuple[int, list[str]]:
    said: list[str] = []
    exit_code = told({"grid": goals}, said.append)
    return exit_code, [" ".join(line.split()) for line in said if line]


def test_every_goal_is_told_with_what_it_came_to_and_whether_it_is_met() -> None:
    goals = [
        at_least("of the floor", 1.884, 0.7),
        at_most("of the broadcast", 0.93, 1.5),
        under("ms", 48.6, 50),
        all_of("in the trail", 8_397, 8_397),
        kept("the same rows", []),
        left_out("times PostGraphile"),
    ]

    assert table(goals) == (
        0,
        [
            "goal measured wanted",
            "grid: of the floor 1.88 at least 0.7 met",
            "grid: of the broadcast 0.93 at most 1.5 met",
            "grid: ms 48.6 under 50 met",
            "grid: in the trail 8,397 8,397 met",
            "grid: the same rows yes yes met",
            "grid: times PostGraphile not measured",
        ],
    )


@pytest.mark.parametrize(
    ("goal", "line"),
    [
        (at_least("letters a second", 1_999, 2_000), "grid: letters a second 1,999 at least 2,000 MISSED"),
        (at_most("of the broadcast", 1.51, 1.5), "grid: of the broadcast 1.51 at most 1.5 MISSED"),
        (under("ms", 50.0, 50), "grid: ms 50 under 50 MISSED"),
        (all_of("in the trail", 9, 10), "grid: in the trail 9 10 MISSED"),
        (
            kept("letters", ["one is missing", "one came twice"]),
            "grid: letters one is missing; one came twice yes MISSED",
        ),
    ],
)
def test_a_single_missed_goal_is_told_and_ends_with_a_failure(goal: Goal, line: str) -> None:
    exit_code, lines = table([kept("the same rows", []), goal])

    assert exit_code == 1
    assert lines[-1] == line


def test_a_goal_missed_by_a_hair_does_not_look_as_if_it_were_met() -> None:
    near = [at_least("times", 1.996, 2.0), under("seconds", 2.004, 2.0), at_least("letters", 1_999.6, 2_000)]

    assert [it.measured for it in near] == ["1.996", "2.004", "1,999.6"]


def test_of_very_many_faults_the_first_are_told_and_how_many_there_are() -> None:
    fault = kept("letters", [f"letter {number}" for number in range(1_000)])

    assert fault.measured == "letter 0; letter 1; letter 2; letter 3; letter 4; 1000 in all"


def _breaks_down(_: list[str]) -> list[Goal]:
    raise RuntimeError("no room on the disk")


def _is_quick(_: list[str]) -> list[Goal]:
    return [at_least("letters a second", 2_266, 2_000), kept(f"process {os.getpid()}", [])]


def test_a_benchmark_that_breaks_down_does_not_lose_what_the_others_have_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmarks, "known", lambda: {"grid": module(_breaks_down), "letters": module(_is_quick)})

    assert benchmarks.run([]) == 1
    said = capsys.readouterr().out
    assert "no room on the disk" in said
    assert "letters a second" in said
    assert f"process {os.getpid()}" not in said, "each has a process of its own"


def test_one_benchmark_is_run_by_itself_and_options_are_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmarks, "known", lambda: {"letters": module(_is_quick)})

    assert benchmarks.run(["letters"]) == 0
    assert benchmarks.run(["all", "--rounds", "1"]) == 2


def module(main: Callable[[list[str]], list[Goal]]) -> ModuleType:
    made = ModuleType("benchmark")
    made.main = main  # type: ignore[attr-defined]
    return made
