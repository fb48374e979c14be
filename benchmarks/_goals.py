"""What a benchmark was to reach and what it came to: told in one table at the end, and judged nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Say = Callable[[str], object]
_MOST_FAULTS = 5
"""So many faults are told in full; of more, how many there are."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing to reach."""

    what: str
    measured: str
    wanted: str
    holds: bool | None
    """Whether it was reached; none, if it could not be measured here."""

    @property
    def verdict(self) -> str:
        """Say it in a word."""
        return {True: "met", False: "MISSED", None: "not measured"}[self.holds]


def at_least(what: str, measured: float, least: float) -> Goal:
    """Want so much or more."""
    return Goal(what, _beside(measured, least), f"at least {_number(least)}", measured >= least)


def at_most(what: str, measured: float, most: float) -> Goal:
    """Want so much or less."""
    return Goal(what, _beside(measured, most), f"at most {_number(most)}", measured <= most)


def under(what: str, measured: float, limit: float) -> Goal:
    """Want less than that."""
    return Goal(what, _beside(measured, limit), f"under {_number(limit)}", measured < limit)


def kept(what: str, faults: Sequence[str]) -> Goal:
    """Want a promise kept, with no fault."""
    told = "; ".join(faults[:_MOST_FAULTS]) + (f"; {len(faults)} in all" if len(faults) > _MOST_FAULTS else "")
    return Goal(what, told or "yes", "yes", not faults)


def all_of(what: str, found: int, due: int) -> Goal:
    """Want just so many, no fewer and no more."""
    return Goal(what, f"{found:,}", f"{due:,}", found == due)


def left_out(what: str) -> Goal:
    """Say what could not be measured here."""
    return Goal(what, "", "", None)


def told(found: Mapping[str, Sequence[Goal]], say: Say) -> int:
    """Say which goals of which benchmarks were reached, and answer the exit code: 1, if one was missed."""
    rows = [("goal", "measured", "wanted", "")]
    rows += [
        (f"{name}: {it.what}", it.measured, it.wanted, it.verdict) for name, goals in found.items() for it in goals
    ]
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    say("")
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, [*wide, 0], strict=True)).rstrip())
    return int(any(it.holds is False for goals in found.values() for it in goals))


def _beside(value: float, goal: float) -> str:
    """Write a number so exactly that it cannot be taken for the goal that it is not."""
    digits = next((some for some in (2, 3, 4) if _number(value, some) != _number(goal, some)), 2)
    return _number(value, digits)


def _number(value: float, digits: int = 2) -> str:
    """Write a number as exactly as it is read."""
    if value >= 100 and digits == 2:
        return f"{value:,.0f}"
    return f"{value:,.{digits}f}".rstrip("0").rstrip(".")
