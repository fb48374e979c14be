"""What system activity reviews have found, and what it tells of procedures (002:252-259)."""

from __future__ import annotations

from datetime import date, datetime

from rules.activity_reviews import FindingKind, Remedy, Severity
from schema.described import described_enum, described_type

described_enum(FindingKind, name="ReviewFindingKind")
described_enum(Severity, name="FindingSeverity")
described_enum(Remedy, name="FindingRemedy")


@described_type
class ReviewFinding:
    """A discrepancy that a review has found (002:252-254)."""

    number: int
    """The number that people say on the telephone."""

    review_number: int
    """The review."""

    user_id: str
    """The user ID that it is about."""

    kind: FindingKind
    """What kind of discrepancy it is."""

    severity: Severity
    """How much it weighs."""

    remedy: Remedy
    """What becomes of it."""

    role: str
    """The code of the role that it is about; empty if it is about none."""

    text: str
    """What was found."""

    form_number: int | None
    """The access form that carries it out."""

    due_on: date | None
    """By when it is to be carried out."""

    opened_at: datetime
    """When it was written down."""

    carried_out: bool
    """Whether it is carried out: its form is done, or somebody has said how."""

    closed_note: str
    """How it was carried out, where no form says so."""


@described_type
class FindingCount:
    """How many findings of all reviews have something in common."""

    value: str
    """What they have in common."""

    findings: int
    """How many findings."""

    people: int
    """About how many people."""

    reviews: int
    """In how many reviews."""


@described_type
class ProcedureNote:
    """What was noted about a procedure (002:257-259)."""

    text: str
    """The note."""

    at: datetime
    """When."""

    by: str
    """The user ID of who noted it."""

    review_number: int | None
    """The review, if it is about one."""


@described_type
class FindingPatterns:
    """The findings of all reviews, counted four ways, the most frequent first (002:257-259)."""

    by_kind: list[FindingCount]
    """By what kind of discrepancy it is."""

    by_role: list[FindingCount]
    """By the role that it is about."""

    by_organization: list[FindingCount]
    """By the organization."""

    by_quarter: list[FindingCount]
    """By the quarter of the review."""

    notes: list[ProcedureNote]
    """What was noted about procedures, the newest first."""
