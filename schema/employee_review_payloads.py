"""What the mutations of reviews answer: the object, or why it was refused."""

from __future__ import annotations

from schema.described import described_type
from schema.employee_review_types import EmployeeReview, MainframeDeletion, UserList
from schema.errors import UserError


@described_type
class VerifyEmploymentPayload:
    """The review with the answer, or why it was not taken."""

    employee_review: EmployeeReview | None
    """The review."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ImportUserListPayload:
    """The imported list, or why nothing of it was imported."""

    user_list: UserList | None
    """The list."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RecordMainframeDeletionPayload:
    """The deleted ID, or why nothing was recorded."""

    mainframe_deletion: MainframeDeletion | None
    """The ID."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
