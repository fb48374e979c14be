"""The house's calendar: instants are kept in UTC, days are decided in America/Chicago.

A naive ``datetime`` is a bug, not an answer to a user, so it raises ``ValueError`` and never a refusal.
"""

from __future__ import annotations

import calendar as _months
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

CHICAGO = ZoneInfo("America/Chicago")
FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(9000, 1, 1)
"""The days that the house reckons with; beyond them a period or an instant could leave Python's calendar."""
_DAY = timedelta(days=1)
_ANY_LEAP_YEAR = 2024
_BUSINESS_DAYS_A_WEEK = 5


def aware(instant: datetime) -> datetime:
    """Return the instant unchanged; raise ``ValueError`` when it does not say its offset."""
    if instant.utcoffset() is None:
        raise ValueError("an instant needs its offset; got a naive datetime")
    return instant


def local_date(instant: datetime) -> date:
    """Tell which day it is in America/Chicago at the instant."""
    return _day_in_chicago(instant if instant.tzinfo is UTC else aware(instant).astimezone(UTC))


@lru_cache(maxsize=4_096)
def _day_in_chicago(instant: datetime) -> date:
    # Kept, because a list asks for the same few days for each row; in UTC, where no two instants look alike.
    return instant.astimezone(CHICAGO).date()


def in_words(on: date) -> str:
    """Say a day the way the documents write it: ``05/17/1990``."""
    return f"{on:%m/%d/%Y}"


def in_chicago(instant: datetime) -> str:
    """Say an instant as people in Chicago do, with the zone: ``Mar 2, 2026, 9:05 AM CST``."""
    local = aware(instant).astimezone(CHICAGO)
    return f"{local:%b} {local.day}, {local.year}, {local.hour % 12 or 12}:{local:%M %p} {local.tzname()}"


def local_instant(on: date, at: time) -> datetime:
    """Return the UTC instant of a Chicago wall-clock time.

    A time that the spring change skips (02:30) happens as much later as the clock jumped (03:30 daylight time).
    A time that the autumn change repeats (01:30) is the first of the two. Raises ``ValueError`` if ``at`` has a zone.
    """
    if at.tzinfo is not None:
        raise ValueError("a wall-clock time has no zone of its own")
    return datetime.combine(on, at.replace(fold=0), tzinfo=CHICAGO).astimezone(UTC)


def business_day_after(on: date, count: int) -> date:
    """Return the day that is so many business days later; Saturdays and Sundays are none.

    State holidays count as business days: they are data that nobody gave, so a window may end a day too early.
    """
    later = on
    while count:
        later += _DAY
        count -= later.isoweekday() <= _BUSINESS_DAYS_A_WEEK
    return later


def quarter_of(on: date) -> tuple[date, date]:
    """Return the first and the last day of the quarter in which a day lies."""
    first_month = on.month - (on.month - 1) % 3
    last_month = first_month + 2
    return date(on.year, first_month, 1), date(on.year, last_month, _months.monthrange(on.year, last_month)[1])


@dataclass(frozen=True, slots=True)
class Daily:
    """Describe work that is due once each Chicago day, at a wall-clock time."""

    at: time

    def due_dates(self, after: date, until: date) -> Iterator[date]:
        """Yield each due date later than ``after``, up to and including ``until``."""
        on = after
        while on < until:
            on += _DAY
            yield on

    def instant(self, due_on: date) -> datetime:
        """Return the UTC instant at which the work of that date is due."""
        return local_instant(due_on, self.at)


@dataclass(frozen=True, slots=True)
class OnDates:
    """Describe work that is due on named (month, day) pairs of each year, at a Chicago wall-clock time.

    29 February is due on 28 February in other years: a yearly duty is never skipped. Other impossible dates raise
    ``ValueError`` at once.
    """

    month_days: tuple[tuple[int, int], ...]
    at: time

    def __post_init__(self) -> None:
        for month, day in self.month_days:
            date(_ANY_LEAP_YEAR, month, day)

    def due_dates(self, after: date, until: date) -> Iterator[date]:
        """Yield each due date later than ``after``, up to and including ``until``."""
        for year in range(after.year, until.year + 1):
            for on in sorted({_in_year(year, month, day) for month, day in self.month_days}):
                if after < on <= until:
                    yield on

    def instant(self, due_on: date) -> datetime:
        """Return the UTC instant at which the work of that date is due."""
        return local_instant(due_on, self.at)

    def latest(self, on: date) -> date:
        """Return the newest due date that is not after a day: the period in which the day lies."""
        return max(self.due_dates(date(on.year - 1, 1, 1) - _DAY, on))


Cadence = Daily | OnDates
"""How often a sweep is due."""


def due_by(cadence: Cadence, after: date, now: datetime) -> Iterator[date]:
    """Yield the due dates later than ``after`` whose instant has come by ``now``: what a sweep has to catch up with."""
    for on in cadence.due_dates(after, local_date(now)):
        if cadence.instant(on) <= now:
            yield on


def months_after(on: date, months: int) -> date:
    """Return the same day so many months later; a day that the month lacks becomes its last one."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return _in_year(year, month + 1, on.day)


def month_end(on: date) -> date:
    """Return the last day of the month of a day."""
    return _in_year(on.year, on.month, 31)


def month_begins(every: int, after: date, until: date) -> Iterator[date]:
    """Yield the first of every so-many-th month later than ``after``, up to ``until``, counted from January 2000.

    Every 3 are the quarters, every 6 January and July, every 24 each January of an even year.
    """
    month = after.year * 12 + after.month  # the month after that of ``after``, counted from 0
    while (first := date(month // 12, month % 12 + 1, 1)) <= until:
        if month % every == 0:
            yield first
        month += 1


def _in_year(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, _months.monthrange(year, month)[1]))
