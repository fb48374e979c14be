"""What may be told as a number: small counts are kept back, and cannot be worked out again (RSP-06, RSP-07).

A count of 1 to 10 people could point at one of them, so it is not shown (the cell-size rule of the federal health
agencies); 0 points at nobody and is shown. Where the total of a line of counts is known, hiding one of them is not
enough: others are hidden with it until nothing follows from the total. And because two answers about overlapping
periods could be subtracted from each other, what leaves comes in whole quarters of the calendar that have ended.

Whoever may open every referral behind a count learns nobody from it, and is told it as it is (:func:`may_be_exact`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from math import ceil

from rules.calendar import local_instant
from rules.errors import Invalid

SMALLEST_SHOWN = 11
"""The smallest count of people that is shown, beside 0."""

LONGEST_MONTHS = 36
"""How many months one question may cover."""

USUAL_MONTHS = 12
"""How many months a question covers that does not say."""

_PER_QUARTER = 3


@dataclass(frozen=True, slots=True)
class Count:
    """How many, or that it is kept back: then ``count`` is None."""

    count: int | None

    @property
    def suppressed(self) -> bool:
        """Say whether the number is kept back."""
        return self.count is None


KEPT_BACK = Count(None)


@dataclass(frozen=True, slots=True)
class Line:
    """Counts and their total as they may be shown."""

    cells: tuple[Count, ...]
    total: Count


def is_small(count: int) -> bool:
    """Say whether a count is too small to be shown: 1 to 10, not 0."""
    return 0 < count < SMALLEST_SHOWN


def may_be_exact(told: Collection[str] | None, opened: Collection[str] | None) -> bool:
    """Say whether a count of referrals may be told as it is: to whom may open each one of them.

    ``told`` are the counties that are counted, ``opened`` those whose referrals the person may open (REF-20);
    None stands for all of them. Statewide referrals are opened by whoever opens those of any county.
    """
    return opened is None or (told is not None and set(told) <= set(opened))


def shown(count: int, *, exact: bool = False) -> Count:
    """Show a count that stands alone, or keep it back."""
    return KEPT_BACK if is_small(count) and not exact else Count(count)


def protected(counts: Sequence[int]) -> Line:
    """Show a line of counts whose total is shown too, so that no hidden one follows from the rest.

    With the small counts, the next larger ones are hidden until at least two are, and until their sum leaves room for
    each of them to be 11 or more while the others are at least 1. Zeros are shown: they hide nothing. When there is
    nothing left to hide, the total is kept back instead.
    """
    hidden = {place for place, count in enumerate(counts) if is_small(count)}
    if not hidden:
        return Line(tuple(map(Count, counts)), Count(sum(counts)))
    by_size = sorted(range(len(counts)), key=lambda place: (counts[place], place))
    further = [place for place in by_size if counts[place] >= SMALLEST_SHOWN]
    for more in range(len(further) + 1):
        kept_back = hidden.union(further[:more])
        if _is_safe([counts[place] for place in kept_back]):
            return Line(_without(counts, kept_back), Count(sum(counts)))
    return Line(_without(counts, hidden), KEPT_BACK)


def shown_within(part: int, whole: int) -> Count:
    """Show a part of a whole that may be known: kept back where the part is small, or what it leaves."""
    return KEPT_BACK if is_small(part) or is_small(whole - part) else Count(part)


def added(parts: Sequence[Count]) -> Count:
    """Add counts up; with one of them kept back the sum is, or that one would follow from it."""
    numbers = [part.count for part in parts if part.count is not None]
    return Count(sum(numbers)) if len(numbers) == len(parts) else KEPT_BACK


def _is_safe(hidden: Sequence[int]) -> bool:
    # A small count alone never is: its sum is small.
    return sum(hidden) - (len(hidden) - 1) >= SMALLEST_SHOWN


def _without(counts: Sequence[int], hidden: set[int]) -> tuple[Count, ...]:
    return tuple(KEPT_BACK if place in hidden else Count(count) for place, count in enumerate(counts))


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Ages from ``least`` to ``most`` days, both included; ``most`` is None for the last band."""

    least: int
    most: int | None
    overdue: bool


def age_bands(red_after: int) -> tuple[AgeBand, ...]:
    """Part the ages of open referrals, in days, so that one band ends where they turn red (001:225-227)."""
    ends = [red_after // 2, red_after, red_after * 3 // 2, red_after * 3, red_after * 6]
    begins = [0, *(end + 1 for end in ends)]
    return tuple(AgeBand(least, most, least > red_after) for least, most in zip(begins, [*ends, None], strict=True))


def percentile(sorted_values: Sequence[int], share: int) -> int | None:
    """Give the smallest value that is not less than ``share`` % of all; None of nothing (nearest rank)."""
    if not sorted_values:
        return None
    return sorted_values[max(ceil(share * len(sorted_values) / 100), 1) - 1]


@dataclass(frozen=True, slots=True)
class Months:
    """Whole months of the Chicago calendar, each by its first day, without a gap."""

    firsts: tuple[date, ...]

    @property
    def bounds(self) -> tuple[datetime, ...]:
        """Give the instants at which the months begin, and the one at which the last of them ends."""
        after = _first_after(self.firsts[-1])
        return tuple(local_instant(first, time(0)) for first in (*self.firsts, after))

    @property
    def quarters(self) -> tuple[range, ...]:
        """Give the places of the months, quarter by quarter; only whole quarters have an answer."""
        if len(self.firsts) % _PER_QUARTER or self.firsts[0].month % _PER_QUARTER != 1:
            raise ValueError("these months are not whole quarters")
        return tuple(range(at, at + _PER_QUARTER) for at in range(0, len(self.firsts), _PER_QUARTER))


def whole_months(begins: date | None, ends: date | None, today: date) -> Months:
    """Widen a period to whole months; without a begin the 12 months up to the end, without an end up to today.

    Raises:
        Invalid: ``PERIOD_BACKWARDS``, ``PERIOD_TOO_LONG``.
    """
    last = _first_of(ends or today)
    first = _first_of(begins) if begins else _earlier(last, USUAL_MONTHS - 1)
    return _between(first, last)


def whole_quarters(begins: date | None, ends: date | None, today: date) -> Months:
    """Widen a period to whole quarters, up to the last one that has ended; without a begin the last four of them.

    Raises:
        Invalid: ``PERIOD_NOT_ENDED``, ``PERIOD_BACKWARDS``, ``PERIOD_TOO_LONG``.
    """
    newest = _earlier(_quarter_of(today), 1)
    last = min(_earlier(_quarter_of(ends), 1 - _PER_QUARTER) if ends else newest, newest)
    first = _quarter_of(begins) if begins else _earlier(last, USUAL_MONTHS - 1)
    if first > newest:
        raise Invalid(
            "What leaves the house comes in whole quarters that have ended.", code="PERIOD_NOT_ENDED", field="from"
        )
    return _between(first, last)


def _between(first: date, last: date) -> Months:
    if first > last:
        raise Invalid("This period ends before it begins.", code="PERIOD_BACKWARDS", field="to")
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if count > LONGEST_MONTHS:
        raise Invalid(f"Ask for at most {LONGEST_MONTHS} months.", code="PERIOD_TOO_LONG", field="from")
    return Months(tuple(_earlier(first, -at) for at in range(count)))


def _first_of(day: date) -> date:
    return day.replace(day=1)


def _quarter_of(day: date) -> date:
    return date(day.year, (day.month - 1) // _PER_QUARTER * _PER_QUARTER + 1, 1)


def _first_after(first: date) -> date:
    return _earlier(first, -1)


def _earlier(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 - months
    if not date.min.year * 12 <= count < date.max.year * 12:
        raise Invalid("This date is out of the calendar.", code="PERIOD_OUT_OF_CALENDAR", field="from")
    return date(count // 12, count % 12 + 1, 1)
