"""The quarterly review of employee user IDs: who is listed, and who answers (002:271-314, POL-03, POL-05)."""

from __future__ import annotations

from datetime import date, time, timedelta
from enum import StrEnum
from typing import Final

from rules.accounts import AccountState
from rules.calendar import OnDates
from rules.errors import Conflict
from rules.inactivity import PROVIDER_DOMAIN, InactivityFacts, last_used_on
from rules.policy import Policy

REVIEWED: Final = OnDates(((1, 1), (4, 1), (7, 1), (10, 1)), time(7, 0))
"""The first month of a quarter; its first day is chosen (002:105-107)."""

_DAY: Final = timedelta(days=1)
_YEARLY_MONTH: Final = 1


class ReviewState(StrEnum):
    """Say where a review stands."""

    OPEN = "OPEN"
    """Answers are awaited."""
    COMPLETED = "COMPLETED"
    """Its report is kept."""


class Employment(StrEnum):
    """Say what Human Resources answered about an employee."""

    EMPLOYED = "EMPLOYED"
    """Still employed: the user ID stays as it is (POL-03)."""
    TERMINATED = "TERMINATED"
    """No longer employed: the user ID is disabled immediately (002:299-300)."""


def is_sent(quarter_from: date, policy: Policy) -> bool:
    """Say whether the list of a quarter is sent to Human Resources: the one of January, or each one (POL-05)."""
    return policy.employee_list_each_quarter or quarter_from.month == _YEARLY_MONTH


def days_unused(facts: InactivityFacts, on: date, policy: Policy) -> int | None:
    """Return for how many days an enabled employee ID is unused if that is long enough to be listed; None if not."""
    if facts.domain == PROVIDER_DOMAIN or facts.state is not AccountState.ACTIVE:
        return None
    unused = on - last_used_on(facts)
    return unused.days if unused >= policy.inactivity_employee else None


def used_from(on: date, policy: Policy) -> date:
    """Return the first day on which a use keeps an ID off the list of a day."""
    return on - policy.inactivity_employee + _DAY


def is_over(quarter_to: date, on: date, unanswered: int) -> bool:
    """Say whether a review ends on a day: each line has its answer, or the quarter is over."""
    return not unanswered or on > quarter_to


def check_open_review(state: ReviewState) -> None:
    """Answer only while the review is open. Raises Conflict REVIEW_COMPLETED."""
    if state is not ReviewState.OPEN:
        raise Conflict("This review is completed.", code="REVIEW_COMPLETED")


def check_unanswered(answer: Employment | None) -> None:
    """Take one answer about each employee. Raises Conflict EMPLOYMENT_ANSWERED."""
    if answer is not None:
        raise Conflict("Somebody has answered about this employee already.", code="EMPLOYMENT_ANSWERED")
