"""Which number answers now: the desk's hours and the on-call hours, on the clocks of Chicago (000:15-20, POL-29).

Hours are settings with a first and a last day, so that another arrangement (around the clock, say) begins on its day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from rules.calendar import CHICAGO, aware, local_instant
from rules.errors import Invalid

DAY_MINUTES = 24 * 60
"""A window that closes at this minute closes at midnight."""

_LOOK_AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class SupportWindow:
    """A number that answers on one weekday (Monday is 0) from one minute of the day up to, not including, another."""

    label: str
    phone: str
    on_call: bool
    weekday: int
    opens_minute: int
    closes_minute: int
    begins_on: date
    ends_on: date | None = None

    def counts_on(self, day: date) -> bool:
        """Say whether the window is in force on a day, first and last day included."""
        return self.begins_on <= day and (self.ends_on is None or day <= self.ends_on)

    def is_open(self, at: datetime) -> bool:
        """Say whether the number answers at an instant."""
        local = aware(at).astimezone(CHICAGO)
        minute = local.hour * 60 + local.minute
        return (
            self.weekday == local.weekday()
            and self.counts_on(local.date())
            and self.opens_minute <= minute < self.closes_minute
        )


def check_window(window: SupportWindow) -> None:
    """Allow a window within one day; what goes past midnight is two windows.

    Raises:
        Invalid: ``HOURS_IMPOSSIBLE``, ``DATES_BACKWARDS``.
    """
    if not (0 <= window.weekday <= 6 and 0 <= window.opens_minute < window.closes_minute <= DAY_MINUTES):
        raise Invalid("These hours are not within one day.", code="HOURS_IMPOSSIBLE", field="hours")
    check_dates(window.begins_on, window.ends_on)


def check_dates(begins_on: date, ends_on: date | None) -> None:
    """Allow a last day that is not before the first. Raises Invalid DATES_BACKWARDS."""
    if ends_on is not None and ends_on < begins_on:
        raise Invalid("The last day is before the first.", code="DATES_BACKWARDS", field="endsOn")


def call_now(windows: Iterable[SupportWindow], at: datetime) -> SupportWindow | None:
    """Name the number to call at an instant: the desk before the technician on call; None when nobody answers."""
    answering = [window for window in windows if window.is_open(at)]
    return min(answering, key=lambda window: (window.on_call, window.opens_minute, window.label), default=None)


def next_opens(windows: Iterable[SupportWindow], at: datetime) -> datetime | None:
    """Tell when somebody answers again, when nobody does at the instant; None when somebody does, or nobody ever will.

    A window that lies in the hour which the spring change skips does not open on that day.
    """
    known = list(windows)
    if call_now(known, at) is not None:
        return None
    today = aware(at).astimezone(CHICAGO).date()
    last = min(today, date.max - _LOOK_AHEAD) + _LOOK_AHEAD
    day = today
    while day <= last:
        opening = sorted(
            local_instant(day, time(window.opens_minute // 60, window.opens_minute % 60))
            for window in known
            if window.weekday == day.weekday() and window.counts_on(day)
        )
        for instant in opening:
            if instant > at and call_now(known, instant) is not None:
                return instant
        day += timedelta(days=1)
    return None


def reset_due_at(windows: Iterable[SupportWindow], asked_at: datetime, response: timedelta) -> datetime:
    """Return when a reset has to be answered: so much time later, counted only while a number answers (000:15-20).

    What is asked for while nobody answers counts from the next opening. Where nobody ever answers again, the time is
    counted by the clock, so that it is not forgotten.
    """
    known = list(windows)
    at, left = aware(asked_at), response
    while True:
        if call_now(known, at) is None:
            opens = next_opens(known, at)
            if opens is None:
                return at + left
            at = opens
        until = _answers_until(known, at)
        if at + left <= until:
            return at + left
        at, left = until, left - (until - at)


def _answers_until(windows: Iterable[SupportWindow], at: datetime) -> datetime:
    """Return an instant up to which the same number answers without a pause.

    It looks no further than the next full hour: within an hour no clock is changed.
    """
    local = at.astimezone(CHICAGO)
    into_the_hour = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    midnight_to_now = timedelta(hours=local.hour) + into_the_hour
    closes = max(window.closes_minute for window in windows if window.is_open(at))
    return at + min(timedelta(hours=1) - into_the_hour, timedelta(minutes=closes) - midnight_to_now)
