"""The end of a provider's contract: the last day that is covered, and the day from which nobody signs on (002:355-357).

A contract that follows without a gap goes on with the cover. The last day counts; user IDs are disabled from the next.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from rules.audience import contract_in_force
from rules.countdown import must_warn
from rules.policy import Policy

Period = tuple[date, date | None]
"""First and last day of a contract; without a last day it is current (002:355)."""

_DAY = timedelta(days=1)
_SHOWN_AFTERWARDS = timedelta(days=90)


def covered_until(periods: Collection[Period], on: date) -> date | None:
    """Return the last day of the unbroken cover that holds on a day; None without cover, or without an end."""
    last: date | None = None
    day = on
    while (ends := _latest_end(periods, day)) is not None:
        last, day = ends, ends + _DAY
    return None if _is_covered(periods, day) else last


def ended_on(periods: Collection[Period], on: date) -> date | None:
    """Return the last day of the cover that has ended before a day; None while one holds, or if none ever ended.

    A contract that begins later does not count before its first day: meanwhile the provider is not under contract.
    """
    if _is_covered(periods, on):
        return None
    return max((ends for _, ends in periods if ends is not None and ends < on), default=None)


def must_disable_after(periods: Collection[Period], on: date, policy: Policy) -> date | None:
    """Return the last day of the contract for which the provider's user IDs are disabled on a day; None for none.

    By the literal procedure a noted end date is enough, even one that has not come (002:356-357, POL-27).
    """
    ended = ended_on(periods, on)
    return covered_until(periods, on) if ended is None and policy.contract_literal_end else ended


def disabled_from(last_day: date) -> date:
    """Return the first day on which the user IDs of the provider are disabled."""
    return last_day + _DAY


def must_warn_of_end(
    periods: Collection[Period], on: date, warned_on: date | None, policy: Policy
) -> tuple[date, timedelta] | None:
    """Return the last day of the cover, and how long before it a warning is due today; None if none is (POL-27)."""
    last_day = covered_until(periods, on)
    if last_day is None:
        return None
    ahead = must_warn(last_day, on, policy.contract_warnings, warned_on)
    return None if ahead is None else (last_day, ahead)


def end_in_sight(periods: Collection[Period], on: date, policy: Policy) -> date | None:
    """Return the last day of a cover that ends within the longest warning or has ended lately; None for neither."""
    last_day = ended_on(periods, on) or covered_until(periods, on)
    if last_day is None:
        return None
    return last_day if earliest_in_sight(on) <= last_day <= latest_in_sight(on, policy) else None


def earliest_in_sight(on: date) -> date:
    """Return the earliest last day that is still shown among the contracts that end."""
    return on - _SHOWN_AFTERWARDS


def latest_in_sight(on: date, policy: Policy) -> date:
    """Return the latest last day that is shown already: that of which is warned first (POL-27)."""
    return on + max(policy.contract_warnings, default=timedelta(0))


def _is_covered(periods: Collection[Period], on: date) -> bool:
    return any(contract_in_force(begins, ends, on) for begins, ends in periods)


def _latest_end(periods: Collection[Period], on: date) -> date | None:
    """Return the last day of the contract that covers a day; None without one, or without an end."""
    covering = [ends for begins, ends in periods if contract_in_force(begins, ends, on)]
    if not covering or None in covering:
        return None
    return max(ends for ends in covering if ends is not None)
