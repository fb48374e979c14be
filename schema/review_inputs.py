"""What the mutations of system activity reviews take. Only what may be set is listed."""

from __future__ import annotations

from datetime import date

import strawberry

import schema.finding_types
import schema.review_row_types
import schema.supervisor_types  # noqa: F401 - the enums are described before they are used
from resolvers.review_findings import FindingEntry
from rules.activity_reviews import AccessVerdict, FindingKind, NeedAnswer, Remedy, Severity
from schema.described import described_input


@described_input
class JudgeAccessInput:
    """A verdict on one row of a drawn person's log (002:239-241)."""

    number: int
    """The number of the review."""

    user_id: str
    """The drawn user ID."""

    entry: int
    """The number of the row."""

    verdict: AccessVerdict
    """The verdict."""

    note: str
    """Why, up to 500 characters."""

    seen_revision: int = 0
    """The revision of the verdict that one has read; 0 if there was none."""


@described_input
class AskSupervisorInput:
    """A question to a drawn person's supervisor (002:248-249)."""

    number: int
    """The number of the review."""

    user_id: str
    """The drawn user ID."""

    supervisor_user_id: str | None = None
    """The supervisor's user ID; without it, whoever signed the person's form as such, or the organization's officer."""


@described_input
class GoOnWithoutSupervisorInput:
    """A reason why a supervisor cannot answer."""

    number: int
    """The number of the review."""

    user_id: str
    """The drawn user ID."""

    reason: str
    """The reason, up to 500 characters."""


@described_input
class AnswerSupervisorQuestionInput:
    """A supervisor's signed answer (002:248-249)."""

    question_id: strawberry.ID
    """The question."""

    answer: NeedAnswer
    """Whether the access is needed."""

    note: str = ""
    """What is not needed, up to 500 characters."""

    user_id: str
    """The signer's own user ID."""

    password: str
    """The signer's password, entered again."""

    content_hash: str
    """The hash of the question as it was shown."""


@described_input
class OpenFindingInput:
    """A discrepancy (002:252-254)."""

    number: int
    """The number of the review."""

    user_id: str
    """The drawn user ID."""

    kind: FindingKind
    """What kind of discrepancy it is."""

    severity: Severity
    """How much it weighs."""

    remedy: Remedy
    """The access form that follows at once, or none."""

    text: str
    """What was found, up to 500 characters; for the security offices only."""

    change: str = ""
    """What the form asks for, up to 500 characters, read by the organization; needed for a change."""

    role: str = ""
    """The code of the role that it is about, if it is about one."""

    due_on: date | None = None
    """By when it is to be carried out."""

    def as_entry(self) -> FindingEntry:
        """Say it to the use case."""
        return FindingEntry(self.kind, self.severity, self.remedy, self.text, self.change, self.role, self.due_on)


@described_input
class DateFindingInput:
    """A new date of a finding."""

    number: int
    """The number of the finding."""

    review_number: int
    """The review, which is shown afterwards."""

    due_on: date
    """By when it is to be carried out."""


@described_input
class CloseFindingInput:
    """How a finding was carried out that has no form on its way."""

    number: int
    """The number of the finding."""

    review_number: int
    """The review, which is shown afterwards."""

    note: str
    """How, up to 500 characters."""


@described_input
class NoteProcedureInput:
    """What the findings say about a procedure (002:257-259)."""

    text: str
    """What is to change, or why nothing is, up to 1,000 characters."""

    review_number: int | None = None
    """The review, if it is about one."""


@described_input
class CompleteActivityReviewInput:
    """A review that lacks nothing any more."""

    number: int
    """The number of the review."""
