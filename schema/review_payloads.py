"""What the mutations of system activity reviews answer: the object, or why it was refused."""

from __future__ import annotations

from schema.described import described_type
from schema.errors import UserError
from schema.finding_types import FindingPatterns
from schema.review_types import ActivityReview
from schema.supervisor_types import SupervisorQuestion


@described_type
class JudgeAccessPayload:
    """The review with the new verdict, or why there is none."""

    review: ActivityReview | None
    """The review."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class AskSupervisorPayload:
    """The review with the question, or why nobody was asked."""

    review: ActivityReview | None
    """The review."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class GoOnWithoutSupervisorPayload:
    """The review with the reason, or why it was not taken."""

    review: ActivityReview | None
    """The review."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class OpenFindingPayload:
    """The review with the finding, or why there is none."""

    review: ActivityReview | None
    """The review."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class DateFindingPayload:
    """The review with the finding's new date, or why it stays."""

    review: ActivityReview | None
    """The review."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class CloseFindingPayload:
    """The review with the closed finding, or why it stays open."""

    review: ActivityReview | None
    """The review."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class CompleteActivityReviewPayload:
    """The completed review, or what it still lacks."""

    review: ActivityReview | None
    """The review."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class AnswerSupervisorQuestionPayload:
    """The answered question, or why the answer was not taken."""

    question: SupervisorQuestion | None
    """The question."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class NoteProcedurePayload:
    """The patterns with the new note, or why nothing was noted."""

    patterns: FindingPatterns | None
    """The findings of all reviews, and the notes."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
