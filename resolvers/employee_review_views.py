"""Reviews of employee user IDs and their lists, as the offices and the contact of each facility see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orm.models import EmployeeReview, EmployeeReviewLine
from orm.sql import fetch, to_date, to_instant, to_json, to_uuid
from resolvers.account_reach import Reach
from resolvers.desk import Reading, access
from resolvers.employee_answers import verifier_reach
from resolvers.numbers import LAST_NUMBER
from resolvers.paging import Page, from_cursor, key_from_cursor, page_of, page_size, stale_cursor, to_cursor
from rules.employee_review import Employment, ReviewState
from rules.errors import NotFound
from rules.roles import Role
from rules.text import full_name

READS_ALL = frozenset({Role.CSO, Role.ITSD_ACCOUNT_MGMT, Role.PRIVACY_OFFICER, Role.AUDITOR})
"""Who sees whole reviews (002:277, 002:299-300)."""

REVIEW_READERS = READS_ALL | {Role.HR_CONTACT}

_REVIEWS = "EMPLOYEE_REVIEW"
_LINES = "REVIEW_LINE"


@dataclass(slots=True)
class ReviewView:
    """A review of employee user IDs; ``listed`` and ``unanswered`` count the lines that the caller sees."""

    id: UUID
    number: int
    quarter_from: date
    quarter_to: date
    state: ReviewState
    sent: bool
    opened_at: datetime
    accounts: int
    listed: int
    unanswered: int
    completed_at: datetime | None
    evidence_number: int | None


@dataclass(slots=True)
class ReviewLineView:
    """One employee ID that was not used, and the answer about its owner."""

    id: UUID
    user_id: str
    name: str
    facility: str | None
    last_used_on: date
    ever_used: bool
    days_unused: int
    answer: Employment | None
    answered_at: datetime | None
    ticket_numbers: list[int]


@access("employee_review.reviews", by=REVIEW_READERS, cites="002:277; 002:294-296; 002:314")
async def list_employee_reviews(
    reading: Reading, *, first: int = 50, after: str | None = None, count: bool = False
) -> Page[ReviewView]:
    """List the reviews, the newest first; the contact of a facility gets those that were sent.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    reach = await _reach(reading)
    reviews = EmployeeReview.all() if reach.everyone else EmployeeReview.filter(sent=True)
    total = await reviews.count() if count else None
    if after is not None:
        reviews = reviews.filter(number__lt=from_cursor(after, _REVIEWS, most=LAST_NUMBER))
    rows = await reviews.order_by("-number").limit(size + 1)
    views = [await _review(row, reach) for row in rows[:size]]
    reading.shows("employee_review", (view.id for view in views), ["employeeReviews"])
    return page_of(
        views, lambda view: to_cursor(_REVIEWS, view.number), more=len(rows) > size, after=after, total=total
    )


@access("employee_review.view", by=REVIEW_READERS, cites="002:277; 002:294-296")
async def view_employee_review(reading: Reading, number: int) -> ReviewView:
    """Show a review by its number.

    Raises:
        NotFound: there is no such review for this person.
    """
    review, reach = await _in_sight(reading, number)
    return await _review(review, reach)


@access("employee_review.lines", by=REVIEW_READERS, cites="002:290-296")
async def list_review_lines(
    reading: Reading,
    number: int,
    *,
    unanswered: bool = False,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[ReviewLineView]:
    """List the employee IDs of a review that the caller sees, by facility and user ID.

    Raises:
        NotFound: there is no such review for this person.
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    review, reach = await _in_sight(reading, number)
    condition, parameters = reach.condition("u")
    where = ["l.review_id = :review", condition, *(["l.answer IS NULL"] if unanswered else [])]
    parameters["review"] = review.id
    tables = "employee_review_line l JOIN user_account u ON u.id = l.user_id"
    total: int | None = None
    if count:
        counted = await fetch(f"SELECT COUNT(*) AS n FROM {tables} WHERE {' AND '.join(where)}", **parameters)
        total = int(counted[0]["n"])
    if after is not None:
        where.append("(COALESCE(l.facility_id, '~') > :place OR (COALESCE(l.facility_id, '~') = :place "
                     "AND u.user_id > :login))")  # fmt: skip
        parameters["place"], parameters["login"] = await _place(review.id, reach, key_from_cursor(after, _LINES))
    rows = await fetch(
        "SELECT l.id, u.id AS account, u.user_id, u.first_name, u.last_name, l.facility_id, l.last_used_on, "
        f"l.ever_used, l.days_unused, l.answer, l.answered_at, l.ticket_numbers FROM {tables} "
        f"WHERE {' AND '.join(where)} ORDER BY COALESCE(l.facility_id, '~'), u.user_id LIMIT :limit",
        **parameters,
        limit=size + 1,
    )
    views = [_line(row) for row in rows[:size]]
    reading.shows("user", (to_uuid(row["account"]) for row in rows[:size]), ["reviewLines"])
    return page_of(views, lambda view: to_cursor(_LINES, str(view.id)), more=len(rows) > size, after=after, total=total)


async def _reach(reading: Reading) -> Reach:
    return await verifier_reach(reading.actor, reading.today, READS_ALL)


async def _in_sight(reading: Reading, number: int) -> tuple[EmployeeReview, Reach]:
    reach = await _reach(reading)
    review = await EmployeeReview.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if review is None or not (reach.everyone or review.sent):
        raise NotFound("There is no such review.", code="REVIEW_NOT_FOUND", field="number")
    reading.about("employee_review", review.id)
    return review, reach


async def _place(review_id: UUID, reach: Reach, line_id: UUID) -> tuple[str, str]:
    """Find the place of a cursor's line; it has to exist for the caller, or the place would tell something.

    Raises:
        Invalid: ``CURSOR_STALE``.
    """
    line = await EmployeeReviewLine.filter(id=line_id, review_id=review_id).select_related("user").first()
    if line is None or not reach.covers(line.user):
        raise stale_cursor()
    return line.facility_id or "~", line.user.user_id


async def _review(review: EmployeeReview, reach: Reach) -> ReviewView:
    condition, parameters = reach.condition("u")
    rows = await fetch(
        "SELECT COUNT(*) AS listed, COUNT(l.answer) AS answered FROM employee_review_line l "
        f"JOIN user_account u ON u.id = l.user_id WHERE l.review_id = :review AND {condition}",
        **parameters,
        review=review.id,
    )
    listed, answered = int(rows[0]["listed"]), int(rows[0]["answered"])
    return ReviewView(
        id=review.id,
        number=review.number,
        quarter_from=review.quarter_from,
        quarter_to=review.quarter_to,
        state=review.state,
        sent=review.sent,
        opened_at=review.opened_at,
        accounts=review.accounts,
        listed=listed,
        unanswered=listed - answered,
        completed_at=review.completed_at,
        evidence_number=review.evidence_number,
    )


def _line(row: dict[str, Any]) -> ReviewLineView:
    tickets = row["ticket_numbers"]
    return ReviewLineView(
        id=to_uuid(row["id"]),
        user_id=row["user_id"],
        name=full_name(row["first_name"], row["last_name"]),
        facility=row["facility_id"],
        last_used_on=to_date(row["last_used_on"]),
        ever_used=bool(row["ever_used"]),
        days_unused=int(row["days_unused"]),
        answer=Employment(row["answer"]) if row["answer"] else None,
        answered_at=to_instant(row["answered_at"]) if row["answered_at"] else None,
        ticket_numbers=to_json(tickets) if isinstance(tickets, str | bytes) else list(tickets),
    )
