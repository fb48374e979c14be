"""How a review of employee user IDs ends: all is answered or the quarter is over, and its report is kept (002:314)."""

from __future__ import annotations

from collections import Counter as Tally
from datetime import date, datetime, time
from uuid import UUID

from orm.models import EmployeeReview, EmployeeReviewLine, ReviewedFacility, User
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.employee_review import OFFICES
from resolvers.evidence import keep_report
from resolvers.officers import holders_of, readers
from resolvers.promises import about
from resolvers.report_prints import PrintedReport, print_report
from resolvers.sweeps import Subject, Sweep
from rules.calendar import Daily, local_date
from rules.employee_review import ReviewState, is_over
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.reports import Paragraph, Procedure, Report, Table, source
from rules.roles import Role

_BATCH = 500


async def plan_review_end(now: datetime, policy: Policy) -> list[Subject]:
    """List the open reviews that end today."""
    del policy  # whether a list is sent was fixed when the review was opened
    subjects = []
    for review in await EmployeeReview.filter(state=ReviewState.OPEN).order_by("number"):
        unanswered = await _unanswered(review)
        if is_over(review.quarter_to, local_date(now), unanswered):
            why = f"{unanswered} lines without an answer; the report is kept."
            subjects.append(Subject(review.id, f"Review {review.number}", hit=True, why=why, facts={}))
    return subjects


async def treat_review_end(caller: Caller, review_id: UUID) -> bool:
    """Print the report of a review that ends, and keep it; answer whether it ended."""
    review = await EmployeeReview.get(id=review_id)
    if not is_over(review.quarter_to, local_date(caller.desk.clock()), await _unanswered(review)):
        return False
    answered = await _answered(review_id)
    printed = await print_report(await _report(review), caller.desk.clock(), caller.actor.label)
    return await complete_review(caller, review_id, printed, answered)


@operation("employee_review.complete", by=THE_HOUSE, cites="002:314")
async def complete_review(work: Work, review_id: UUID, printed: PrintedReport, answered: int) -> bool:
    """Keep the report of a review with so many answers, and tell the Chief Security Officer.

    An answer that came while it was printed would be missing in it: then it is printed again with the next run.
    """
    review = await EmployeeReview.filter(id=review_id).select_for_update(no_key=True).get()
    work.about("employee_review", review.id)
    if review.state is ReviewState.COMPLETED or await _answered(review_id) != answered:
        work.note(completed=False)
        return False
    kept = await keep_report(work, printed, about_kind="employee_review", about_id=review.id)
    review.state, review.completed_at, review.evidence_number = ReviewState.COMPLETED, work.now, kept.number
    await review.save(update_fields=["state", "completed_at", "evidence_number"])
    work.promise(about(readers(await holders_of(Role.CSO)), NotificationKind.REPORT_KEPT, kept.number))
    work.note(completed=True, number=review.number)
    return True


EMPLOYEE_REVIEW_END = Sweep(
    name="employee_review_end",
    title="End of the review of employee user IDs",
    cites="002:314",
    cadence=Daily(time(7, 15)),
    plan=plan_review_end,
    treat=treat_review_end,
)


async def _unanswered(review: EmployeeReview) -> int:
    """Count what is waited for: nothing, where the list was made and not sent."""
    return await EmployeeReviewLine.filter(review_id=review.id, answer=None).count() if review.sent else 0


async def _answered(review_id: UUID) -> int:
    return await EmployeeReviewLine.filter(review_id=review_id, answer__isnull=False).count()


async def _report(review: EmployeeReview) -> Report:
    rows = await _rows(review)
    answers: Tally[str] = Tally(row[4] for row in rows)
    told = {one.place: one.readers for one in await ReviewedFacility.filter(review_id=review.id)}
    answered = ", ".join(f"{times} {name}" for name, times in sorted(answers.items())) or "none"
    found = (
        f"Review {review.number} found {len(rows)} of {review.accounts} employee user IDs not used and still enabled, "
        f"on {local_date(review.opened_at)}."
    )
    sent = (
        f"The list was sent to Human Resources of {len(told)} places."
        if review.sent
        else "The list was made and not sent: only the yearly one is (POL-05)."
    )
    sentences = (found, sent, f"Answers: {answered}.")
    headings = ("Facility", "User ID", "Last used", "Days", "Answer", "Tickets")
    return Report(
        Procedure.EMPLOYEE_REVIEW,
        f"Review of employee user IDs, quarter from {review.quarter_from}",
        review.quarter_from,
        review.quarter_to,
        "002:271-314",
        (*(Paragraph(one) for one in sentences), Table("User IDs by facility", headings, tuple(rows))),
        (source("lines of the review", rows),),
    )


async def _rows(review: EmployeeReview) -> list[tuple[str, ...]]:
    lines = await EmployeeReviewLine.filter(review_id=review.id)
    logins: dict[UUID, str] = {}
    for start in range(0, len(lines), _BATCH):
        keys = [one.user_id for one in lines[start : start + _BATCH]]
        logins |= {one.id: one.user_id for one in await User.filter(id__in=keys).only("id", "user_id")}
    return sorted(
        (
            one.facility_id or OFFICES,
            logins[one.user_id],
            _used(one.last_used_on, ever=one.ever_used),
            str(one.days_unused),
            str(one.answer or ("NOT ANSWERED" if review.sent else "NOT ASKED")),
            ", ".join(map(str, one.ticket_numbers)),
        )
        for one in lines
    )


def _used(on: date, *, ever: bool) -> str:
    return str(on) if ever else f"never; counted from {on}"
