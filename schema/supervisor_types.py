"""Whether a person's access is needed, asked of the supervisor (002:248-249)."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers.supervisor_questions import SupervisorQuestionView
from rules.activity_reviews import NeedAnswer
from schema.described import described_enum, described_type
from schema.ids import to_global

described_enum(NeedAnswer, name="AccessNeedAnswer")


@described_type
class AskedSupervisor:
    """Whom the reviewer has asked about a person's access (002:248-249)."""

    supervisor: str
    """The supervisor's name and user ID."""

    asked_at: datetime
    """When the question was sent."""

    answered_at: datetime | None
    """When it was answered, signed."""

    answer: NeedAnswer | None
    """The answer."""

    note: str
    """What the supervisor wrote."""


@described_type
class SupervisorQuestion:
    """What the caller is asked as supervisor: whether a person's access is needed (002:248-249)."""

    @strawberry.field
    def id(root: strawberry.Parent[SupervisorQuestionView]) -> strawberry.ID:
        """The global id, with which it is answered."""
        return to_global("SupervisorQuestion", root.id)

    review_number: int
    """The review."""

    user_id: str
    """The user ID of the person."""

    name: str
    """The person's name."""

    organization: str
    """The person's organization."""

    roles: list[str]
    """The roles of the person, by name."""

    asked_at: datetime
    """When it was asked."""

    answered_at: datetime | None
    """When it was answered."""

    answer: NeedAnswer | None
    """The answer."""

    note: str
    """What was written with the answer."""

    content_hash: str
    """SHA-256 over what is asked; the answer is signed over it."""
