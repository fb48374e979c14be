"""Complete a review: everything judged, heard and carried out or dated, then its report is kept (SAR-10; 002:262)."""

from __future__ import annotations

from orm.models import ActivityReview
from resolvers.activity_review_report import report_of_review
from resolvers.activity_review_scope import (
    findings_of,
    is_carried_out,
    members_of,
    review_numbered,
    review_to_change,
    standings,
)
from resolvers.callers import Caller
from resolvers.desk import Reading, Work, access, operation
from resolvers.evidence import keep_report
from resolvers.report_prints import PrintedReport, print_report
from rules.activity_reviews import REVIEWERS, ReviewState, check_complete, check_completer, check_open, missing
from rules.errors import Conflict
from rules.reports import Report


async def complete_activity_review(caller: Caller, number: int) -> int:
    """Complete a review and keep its report; answer the number of the report.

    The report is printed before the transaction that keeps it, and kept only if it still says what the tables say.

    Raises: as :func:`draft_review_report` and :func:`keep_review_report` do.
    """
    report = await draft_review_report(caller, number)
    printed = await print_report(report, caller.desk.clock(), caller.actor.label)
    return await keep_review_report(caller, number, printed)


@access("activity_review.draft_report", by=REVIEWERS, cites="002:262")
async def draft_review_report(reading: Reading, number: int) -> Report:
    """Write the report of a review that lacks nothing.

    Raises:
        NotFound: there is no such review.
        Denied: ``OWN_ACCESS``, ``CSO_REVIEWS``.
        Conflict: ``REVIEW_COMPLETED``; ``REVIEW_INCOMPLETE``, saying what it lacks.
    """
    review = await review_numbered(reading, number)
    check_open(review.state)
    await _check(reading, review)
    return await report_of_review(review)


@operation("activity_review.complete", by=REVIEWERS, cites="002:228-262")
async def keep_review_report(work: Work, number: int, printed: PrintedReport) -> int:
    """Complete a review with its printed report; from then on neither changes.

    Raises:
        NotFound: there is no such review.
        Denied: ``OWN_ACCESS``, ``CSO_REVIEWS``.
        Conflict: ``REVIEW_COMPLETED``, ``REVIEW_INCOMPLETE``; ``REVIEW_CHANGED`` while the report was printed.
    """
    review = await review_to_change(work, number)
    await _check(work, review)
    if (await report_of_review(review)).content() != printed.report.content():
        raise Conflict("The review has changed at the same moment. Complete it again.", code="REVIEW_CHANGED")
    evidence = await keep_report(work, printed, about_kind="activity_review", about_id=review.id)
    review.state, review.evidence_id = ReviewState.COMPLETED, evidence.id
    review.completed_at, review.completed_by_id = work.now, work.actor.person()
    await review.save(update_fields=["state", "evidence_id", "completed_at", "completed_by_id"])
    return evidence.number


async def _check(record: Reading | Work, review: ActivityReview) -> None:
    members = await members_of(review)
    drawn = [(member.user_id, member.was_cso) for member in members]
    check_completer(record.actor.person(), record.actor.roles, drawn)
    findings = await findings_of([member.id for member in members])
    undated = [one.number for one in findings if not is_carried_out(one) and one.due_on is None]
    check_complete(missing(await standings(members), undated))
