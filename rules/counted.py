"""What is counted for the insights: of a referral and its answers, what it is, of which month, where (001:265-271).

The tables keep these numbers by triggers, whose SQL (migration ``insight_numbers``) has to say the same: tests hold it
to this rule, and so does ``homeward insights check`` over the rows of an installation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from rules.calendar import local_date
from rules.referrals import CloseOutcome, DeclineReason, ReferralStatus, ResponseKind

EVERY: Final = "*"
"""The place at which every referral is counted once, whatever it prefers."""
STATEWIDE: Final = ""
"""The place of statewide referrals; all others are counties, by FIPS code."""

HOMES: Final = frozenset({CloseOutcome.PLACED, CloseOutcome.PLACED_ELSEWHERE})
"""The ends of a search at which a home was found."""


class Counted(StrEnum):
    """Name what is counted of a referral; of an answer it is the kind (:class:`rules.referrals.ResponseKind`)."""

    OPEN = "OPEN"
    """It is open now; of the month in which it was published first."""
    PUBLISHED = "PUBLISHED"
    """It was published and not deleted since; of the month of the first time."""
    HOME = "HOME"
    """It was closed because a home was found; of the month of the closing, with the days that it took."""


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """A provider's answer as it stands."""

    kind: ResponseKind
    decline_reason: DeclineReason | None
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class CountedFacts:
    """All of a referral that a number can depend on."""

    status: ReferralStatus
    statewide: bool
    counties: frozenset[str]
    first_published_at: datetime | None
    closed_at: datetime | None
    close_outcome: CloseOutcome | None
    answers: tuple[AnswerFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of its own: what is counted where; ``reason`` is that of a decline, ``days`` those of a home."""

    place: str
    what: str
    reason: str
    month: date
    days: int | None = None


def cells_of(facts: CountedFacts) -> Iterator[Cell]:
    """Give each cell in which a referral or one of its answers counts as one more; nothing counts of a deleted one."""
    if facts.status is ReferralStatus.DELETED:
        return
    places = [EVERY, *([STATEWIDE] if facts.statewide else []), *sorted(facts.counties)]
    for what, reason, month, days in _things(facts):
        for place in places:
            yield Cell(place, what, reason, month, days)


def days_to_home(facts: CountedFacts) -> int | None:
    """Count the Chicago days from the first publishing to the closing with a home; None where none was found."""
    if facts.status is not ReferralStatus.CLOSED or facts.close_outcome not in HOMES:
        return None
    if facts.closed_at is None or facts.first_published_at is None:
        return None
    return (local_date(facts.closed_at) - local_date(facts.first_published_at)).days


def _things(facts: CountedFacts) -> Iterator[tuple[str, str, date, int | None]]:
    if facts.first_published_at is not None:
        month = _month_of(facts.first_published_at)
        yield Counted.PUBLISHED, "", month, None
        if facts.status is ReferralStatus.OPEN:
            yield Counted.OPEN, "", month, None
    days = days_to_home(facts)
    if days is not None and facts.closed_at is not None:
        yield Counted.HOME, "", _month_of(facts.closed_at), days
    for answer in facts.answers:
        yield answer.kind, answer.decline_reason or "", _month_of(answer.answered_at), None


def _month_of(instant: datetime) -> date:
    return local_date(instant).replace(day=1)
