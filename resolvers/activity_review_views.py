"""Reviews as the security offices see them: the draw, the drawn user IDs, what is judged and found (002:214-265)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orm.models import ActivityReview, ActivityReviewMember, Evidence, ReviewFinding, SupervisorQuestion, User
from orm.sql import fetch, to_uuid
from resolvers.activity_review_scope import (
    READERS,
    findings_of,
    is_carried_out,
    questions_of,
    review_numbered,
    standings,
)
from resolvers.desk import Reading, access
from resolvers.numbers import LAST_NUMBER
from resolvers.paging import Page, from_cursor, page_of, page_size, to_cursor
from rules.activity_reviews import (
    REVIEWERS,
    FindingKind,
    MemberStanding,
    NeedAnswer,
    Remedy,
    ReviewState,
    Severity,
    check_reviewer,
    missing,
)
from rules.errors import Denied

_ORDER = "ACTIVITY_REVIEW"


@dataclass(frozen=True, slots=True)
class DrawnRole:
    """A role that a drawn person held, since when, and why."""

    code: str
    name: str
    granted_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class DrawnPair:
    """Two roles of a drawn person that do not go together, and the reason that was given (POL-20)."""

    first: str
    second: str
    verdict: str
    why: str
    reason: str


@dataclass(slots=True)
class FindingView:
    """A finding, the form that carries it out, and by when."""

    id: UUID
    number: int
    review_number: int
    user_id: str
    kind: FindingKind
    severity: Severity
    remedy: Remedy
    role: str
    text: str
    form_number: int | None
    due_on: date | None
    opened_at: datetime
    carried_out: bool
    closed_note: str


@dataclass(slots=True)
class AskedSupervisor:
    """Whom a reviewer has asked about a person's access, and the answer."""

    supervisor: str
    asked_at: datetime
    answered_at: datetime | None
    answer: NeedAnswer | None
    note: str


@dataclass(slots=True)
class ReviewMemberView:
    """A drawn user ID: the account as it was then, and how far its review has come."""

    id: UUID
    list_number: int
    user_id: str
    name: str
    organization: str
    account_state: str
    last_sign_in_at: datetime | None
    roles: list[DrawnRole]
    pairs: list[DrawnPair]
    problems: list[str]
    labelled: bool
    rows: int
    unexplained: int
    unjudged: int
    discrepancies: int
    supervisor: AskedSupervisor | None
    unheard_reason: str
    findings: list[FindingView]
    may_judge: bool


@dataclass(slots=True)
class ActivityReviewView:
    """The review of a quarter; ``missing`` says what it still lacks."""

    id: UUID
    number: int
    quarter: str
    state: ReviewState
    opened_at: datetime
    due_on: date
    overdue: bool
    window_from: date
    window_to: date
    policy_version: str
    sample_size: int
    list_size: int
    list_hash: str
    seed: str
    numbers: list[int]
    completed_at: datetime | None
    completed_by: str | None
    evidence_number: int | None
    missing: list[str]
    members: list[ReviewMemberView]


@access("activity_review.list", by=READERS, cites="002:117-119; 002:262")
async def list_activity_reviews(
    reading: Reading,
    *,
    state: ReviewState | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[ActivityReviewView]:
    """List the reviews, the newest first.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    found = ActivityReview.filter(state=state) if state is not None else ActivityReview.all()
    total = await found.count() if count else None
    if after is not None:
        found = found.filter(number__lt=from_cursor(after, _ORDER, most=LAST_NUMBER))
    rows = [] if total == 0 else await found.order_by("-number").limit(size + 1)
    views = await _views(reading, rows[:size])
    reading.shows("activity_review", [view.id for view in views], ["reviews"])
    return page_of(views, lambda view: to_cursor(_ORDER, view.number), more=len(rows) > size, after=after, total=total)


@access("activity_review.view", by=READERS, cites="002:228-262")
async def view_activity_review(reading: Reading, number: int) -> ActivityReviewView:
    """Show a review.

    Raises:
        NotFound: there is no such review.
    """
    review = await review_numbered(reading, number)
    [view] = await _views(reading, [review])
    reading.shows("activity_review", [review.id], ["review"])
    return view


async def _views(reading: Reading, reviews: Sequence[ActivityReview]) -> list[ActivityReviewView]:
    if not reviews:
        return []
    keys = [review.id for review in reviews]
    members = await ActivityReviewMember.filter(review_id__in=keys).order_by("place").select_related("user")
    reading.touches("user", [member.user_id for member in members])
    shown = await _members(reading, members, {review.id: review for review in reviews})
    reports = {one.id: one.number for one in await Evidence.filter(about_id__in=keys).only("id", "number")}
    people = await User.filter(id__in=[one.completed_by_id for one in reviews if one.completed_by_id])
    names = {one.id: one.user_id for one in people}
    return [
        ActivityReviewView(
            id=review.id,
            number=review.number,
            quarter=review.quarter,
            state=review.state,
            opened_at=review.opened_at,
            due_on=review.due_on,
            overdue=review.state is ReviewState.OPEN and review.due_on < reading.today,
            window_from=review.window_from,
            window_to=review.window_to,
            policy_version=review.policy_version,
            sample_size=review.sample_size,
            list_size=review.list_size,
            list_hash=review.list_hash,
            seed=review.seed,
            numbers=list(review.numbers),
            completed_at=review.completed_at,
            completed_by=names.get(review.completed_by_id) if review.completed_by_id else None,
            evidence_number=reports.get(review.evidence_id) if review.evidence_id else None,
            missing=_missing(review, [one for one in shown if one[0] == review.id]),
            members=[view for of, view, _ in shown if of == review.id],
        )
        for review in reviews
    ]


_Shown = tuple[UUID, ReviewMemberView, MemberStanding]


def _missing(review: ActivityReview, shown: list[_Shown]) -> list[str]:
    if review.state is not ReviewState.OPEN:
        return []
    findings = [finding for _, view, _ in shown for finding in view.findings]
    undated = [finding.number for finding in findings if not finding.carried_out and finding.due_on is None]
    return missing([standing for _, _, standing in shown], undated)


async def _members(
    reading: Reading, members: Sequence[ActivityReviewMember], reviews: dict[UUID, ActivityReview]
) -> list[_Shown]:
    keys = [member.id for member in members]
    questions = await questions_of(keys)
    supervisors = {
        one.id: f"{one.name} ({one.user_id})"
        for one in await User.filter(id__in=[question.supervisor_id for question in questions.values()])
    }
    findings: dict[UUID, list[ReviewFinding]] = defaultdict(list)
    for finding in await findings_of(keys):
        findings[finding.member_id].append(finding)
    unexplained = await _unexplained(keys)
    shown = []
    for member, standing in zip(members, await standings(members), strict=True):
        account: dict[str, Any] = member.account
        question = questions.get(member.id)
        view = ReviewMemberView(
            id=member.id,
            list_number=member.list_number,
            user_id=member.drawn_user_id,
            name=member.user.name,
            organization=member.organization,
            account_state=account["state"],
            last_sign_in_at=_instant(account["lastSignInAt"]),
            roles=[
                DrawnRole(role["code"], role["name"], datetime.fromisoformat(role["grantedAt"]), role["reason"])
                for role in account["roles"]
            ],
            pairs=[DrawnPair(**pair) for pair in account["pairs"]],
            problems=list(account["problems"]),
            labelled=standing.labelled,
            rows=member.log_rows,
            unexplained=unexplained.get(member.id, 0),
            unjudged=standing.unjudged,
            discrepancies=standing.discrepancies,
            supervisor=_asked(question, supervisors) if question else None,
            unheard_reason=member.unheard_reason,
            findings=[finding_view(one, member, reviews[member.review_id].number) for one in findings[member.id]],
            may_judge=_may_judge(reading, member, reviews[member.review_id]),
        )
        shown.append((member.review_id, view, standing))
    return shown


def finding_view(finding: ReviewFinding, member: ActivityReviewMember, review_number: int) -> FindingView:
    """Show a finding that was loaded with its form."""
    return FindingView(
        id=finding.id,
        number=finding.number,
        review_number=review_number,
        user_id=member.drawn_user_id,
        kind=finding.kind,
        severity=finding.severity,
        remedy=finding.remedy,
        role=finding.role,
        text=finding.text,
        form_number=finding.form.number if finding.form else None,
        due_on=finding.due_on,
        opened_at=finding.opened_at,
        carried_out=is_carried_out(finding),
        closed_note=finding.closed_note,
    )


def _asked(question: SupervisorQuestion, supervisors: dict[UUID, str]) -> AskedSupervisor:
    return AskedSupervisor(
        supervisor=supervisors[question.supervisor_id],
        asked_at=question.asked_at,
        answered_at=question.answered_at,
        answer=question.answer,
        note=question.note,
    )


async def _unexplained(members: Collection[UUID]) -> dict[UUID, int]:
    rows = await fetch(
        "SELECT member_id, COUNT(*) AS n FROM activity_review_row WHERE member_id IN (:members) AND explained = :no "
        "GROUP BY member_id",
        members=list(members),
        no=False,
    )
    return {to_uuid(row["member_id"]): int(row["n"]) for row in rows}


def _may_judge(reading: Reading, member: ActivityReviewMember, review: ActivityReview) -> bool:
    """Say whether the caller may judge this member now, so that a page offers nothing that is refused."""
    if review.state is not ReviewState.OPEN or not reading.actor.has_any(REVIEWERS):
        return False
    try:
        check_reviewer(reading.actor.person(), reading.actor.roles, member.user_id, drawn_was_cso=member.was_cso)
    except Denied:
        return False
    return True


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
