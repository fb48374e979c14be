"""Warnings before something ends: one for each of the policy's periods, and never a pile of them at once.

Days are America/Chicago dates. A duty is done once a day at the most; after days without a worker only the nearest
warning is due, because the earlier ones would say what is no longer so.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta


def nearest_warning(ends_on: date, on: date, before: Collection[timedelta]) -> timedelta | None:
    """Return the shortest of the periods before an end that has begun by a day; None while none has."""
    return min((ahead for ahead in before if ends_on - ahead <= on), default=None)


def must_warn(ends_on: date, on: date, before: Collection[timedelta], warned_on: date | None) -> timedelta | None:
    """Return how long before an end a warning is due on a day; None if none is.

    ``warned_on`` is the day of the last warning. One from before the nearest period began counts for an earlier period,
    or for an end that has moved since.
    """
    ahead = nearest_warning(ends_on, on, before)
    if ahead is None or (warned_on is not None and warned_on >= ends_on - ahead):
        return None
    return ahead
