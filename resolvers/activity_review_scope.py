"""Which reviews and members there are, loaded to be read, or under lock to be changed (002:214-265)."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Collection
from uuid import UUID

from orm.models import (
    AccessJudgement,
    ActivityReview,
    ActivityReviewMember,
    ReviewFinding,
    SupervisorQuestion,
)
from orm.sql import fetch, to_uuid
from resolvers.desk import Reading, Work
from resolvers.numbers import LAST_NUMBER
from rules.access_forms import FormState
from rules.accounts import normalize_user_id
from rules.activity_reviews import AccessVerdict, MemberStanding, check_open, check_reviewer
from rules.errors import NotFound
from rules.roles import Role

READERS: frozenset[Role] = frozenset({Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR})
"""Who reads the reviews."""


async def review_numbered(reading: Reading, number: int) -> ActivityReview:
    """Find a review to be read.

    Raises:
        NotFound: there is no such review.
    """
    review = await ActivityReview.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if review is None:
        raise _no_such_review()
    reading.about("activity_review", review.id)
    reading.note(number=number)
    return review


async def review_to_change(work: Work, number: int) -> ActivityReview:
    """Hold an open review under its lock: one reviewer at a time changes it.

    Raises:
        NotFound: there is no such review.
        Conflict: ``REVIEW_COMPLETED``.
    """
    found = ActivityReview.filter(number=number).select_for_update(no_key=True)
    review = await found.first() if 0 < number <= LAST_NUMBER else None
    if review is None:
        raise _no_such_review()
    work.about("activity_review", review.id)
    work.note(number=number)
    check_open(review.state)
    return review


async def member_named(review: ActivityReview, user_id: str) -> ActivityReviewMember:
    """Find a drawn user ID, with or without its domain.

    Raises:
        NotFound: ``NOT_DRAWN``.
        Invalid: ``USER_ID_MALFORMED``.
    """
    _, canonical = normalize_user_id(user_id)
    member = await ActivityReviewMember.filter(review_id=review.id, drawn_user_id=canonical).first()
    if member is None:
        raise NotFound("This user ID was not drawn for this review.", code="NOT_DRAWN", field="userId")
    return member


async def member_to_judge(work: Work, number: int, user_id: str) -> tuple[ActivityReview, ActivityReviewMember]:
    """Find a drawn user ID of an open review, which is held, to be judged by the caller.

    Raises:
        NotFound: there is no such review, or the user ID was not drawn.
        Denied: ``OWN_ACCESS``, ``CSO_REVIEWS``.
        Conflict: ``REVIEW_COMPLETED``.
    """
    review = await review_to_change(work, number)
    member = await member_named(review, user_id)
    work.touches("user", [member.user_id])
    check_reviewer(work.actor.person(), work.actor.roles, member.user_id, drawn_was_cso=member.was_cso)
    return review, member


async def members_of(review: ActivityReview) -> list[ActivityReviewMember]:
    """List the drawn user IDs in the order of the draw."""
    return await ActivityReviewMember.filter(review_id=review.id).order_by("place")


async def newest_judgements(members: Collection[UUID]) -> dict[tuple[UUID, int], AccessJudgement]:
    """Give the newest verdict on each row of these members."""
    rows = await AccessJudgement.filter(member_id__in=list(members)).order_by("revision")
    return {(row.member_id, row.entry_id): row for row in rows}


async def questions_of(members: Collection[UUID]) -> dict[UUID, SupervisorQuestion]:
    """Give the newest question about each of these members that was not withdrawn."""
    rows = await SupervisorQuestion.filter(member_id__in=list(members), withdrawn_at=None).order_by("asked_at")
    return {row.member_id: row for row in rows}


async def findings_of(members: Collection[UUID]) -> list[ReviewFinding]:
    """List the findings about these members, with their forms."""
    return await ReviewFinding.filter(member_id__in=list(members)).order_by("number").select_related("form")


def is_carried_out(finding: ReviewFinding) -> bool:
    """Say whether a finding, loaded with its form, is carried out: its form is done, or somebody has said so."""
    return finding.closed_at is not None or (finding.form is not None and finding.form.state is FormState.DONE)


async def standings(members: Collection[ActivityReviewMember]) -> list[MemberStanding]:
    """Say how far the review of each of these members has come."""
    keys = [member.id for member in members]
    unexplained = await fetch(
        "SELECT r.member_id, COUNT(*) AS n FROM activity_review_row r WHERE r.member_id IN (:keys) "
        "AND r.explained = :no AND NOT EXISTS (SELECT 1 FROM access_judgement j WHERE j.member_id = r.member_id "
        "AND j.entry_id = r.entry_id) GROUP BY r.member_id",
        keys=keys,
        no=False,
    )
    unjudged = {to_uuid(row["member_id"]): int(row["n"]) for row in unexplained}
    verdicts = (await newest_judgements(keys)).values()
    discrepancies = Tally(one.member_id for one in verdicts if one.verdict is AccessVerdict.DISCREPANCY)
    findings = Tally(one.member_id for one in await findings_of(keys))
    questions = await questions_of(keys)
    return [
        MemberStanding(
            user_id=member.drawn_user_id,
            labelled=member.labelled_at is not None,
            unjudged=unjudged.get(member.id, 0),
            discrepancies=discrepancies[member.id],
            findings=findings[member.id],
            supervisor_heard=bool(member.unheard_reason) or _is_answered(questions.get(member.id)),
        )
        for member in members
    ]


def _is_answered(question: SupervisorQuestion | None) -> bool:
    return question is not None and question.answered_at is not None


def _no_such_review() -> NotFound:
    return NotFound("There is no such review.", code="REVIEW_NOT_FOUND", field="number")
