"""Tell of a review that its quarter has left behind, and of a finding whose date has passed (002:117-119, 002:252)."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from orm.models import ActivityReview, ReviewFinding, User
from resolvers.activity_review_scope import is_carried_out
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.officers import holders_of, readers
from resolvers.promises import about
from resolvers.sweeps import Subject, Sweep
from rules.activity_reviews import ReviewState
from rules.calendar import Daily, in_words, local_date
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.roles import Role


async def plan_overdue(now: datetime, policy: Policy) -> list[Subject]:  # noqa: ARG001 - the form of a plan
    """List the reviews and the findings that are overdue and not told yet."""
    on = local_date(now)
    reviews = await ActivityReview.filter(state=ReviewState.OPEN, due_on__lt=on, overdue_told_at=None).order_by(
        "number"
    )
    findings = await ReviewFinding.filter(closed_at=None, due_on__lt=on, overdue_told_at=None).select_related("form")
    return [
        *(
            Subject(one.id, f"Review {one.number}", hit=True, why=f"It was due on {in_words(one.due_on)}.", facts={})
            for one in reviews
        ),
        *(
            Subject(one.id, f"Finding {one.number}", hit=True, why=f"It was due on {in_words(one.due_on)}.", facts={})
            for one in sorted(findings, key=lambda one: one.number)
            if one.due_on is not None and not is_carried_out(one)
        ),
    ]


async def treat_overdue(caller: Caller, subject: UUID) -> bool:
    """Tell of a review or of a finding, whichever it is."""
    if await ActivityReview.exists(id=subject):
        return await tell_overdue_review(caller, subject)
    return await tell_overdue_finding(caller, subject)


@operation("activity_review.tell_overdue", by=THE_HOUSE, cites="002:117-119")
async def tell_overdue_review(work: Work, review_id: UUID) -> bool:
    """Tell CSO and Privacy Officer of a review that was not completed in its quarter; answer whether it was so."""
    work.about("activity_review", review_id)
    review = await ActivityReview.filter(id=review_id).select_for_update(no_key=True).first()
    is_due = review is not None and review.state is ReviewState.OPEN and review.due_on < work.today
    if review is None or not is_due or review.overdue_told_at is not None:
        work.note(due=False)
        return False
    review.overdue_told_at = work.now
    await review.save(update_fields=["overdue_told_at"])
    work.promise(about(readers(await _offices()), NotificationKind.REVIEW_OVERDUE, review.number))
    work.note(due=True, number=review.number)
    return True


@operation("review_finding.tell_overdue", by=THE_HOUSE, cites="002:252-253")
async def tell_overdue_finding(work: Work, finding_id: UUID) -> bool:
    """Tell the CSO and the Privacy Officer of a finding whose date has passed; answer whether it was so."""
    work.touches("review_finding", [finding_id])
    finding = await ReviewFinding.filter(id=finding_id).select_for_update(no_key=True).first()
    if finding is None or finding.due_on is None or finding.due_on >= work.today or finding.overdue_told_at is not None:
        work.note(due=False)
        return False
    if is_carried_out(await ReviewFinding.get(id=finding_id).select_related("form")):
        work.note(due=False)
        return False
    finding.overdue_told_at = work.now
    await finding.save(update_fields=["overdue_told_at"])
    work.promise(about(readers(await _offices()), NotificationKind.FINDING_OVERDUE, finding.number))
    work.note(due=True, finding=finding.number)
    return True


async def _offices() -> list[User]:
    people = {one.id: one for one in [*await holders_of(Role.CSO), *await holders_of(Role.PRIVACY_OFFICER)]}
    return list(people.values())


REVIEW_OVERDUE = Sweep(
    name="activity_review_overdue",
    title="System activity reviews and findings that are overdue",
    cites="002:117-119; 002:252-253",
    cadence=Daily(time(6, 0)),
    plan=plan_overdue,
    treat=treat_overdue,
)
