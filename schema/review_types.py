"""System activity reviews: the draw, and the drawn accounts (002:214-265)."""

from __future__ import annotations

from datetime import date, datetime

from rules.activity_reviews import ReviewState
from schema.described import described_enum, described_type
from schema.finding_types import ReviewFinding
from schema.supervisor_types import AskedSupervisor

described_enum(ReviewState, name="ActivityReviewState")


@described_type
class DrawnRole:
    """A role that a drawn person held when the review was opened."""

    code: str
    """Its code in the role catalogue."""

    name: str
    """Its name."""

    granted_at: datetime
    """Since when."""

    reason: str
    """Why it was asked for, or granted."""


@described_type
class DrawnPair:
    """Two roles of a drawn person that do not go together (002:244-245)."""

    first: str
    """The code of the one role."""

    second: str
    """The code of the other."""

    verdict: str
    """FORBIDDEN, or ALLOWED_WITH_REASON."""

    why: str
    """Why they do not go together."""

    reason: str
    """Why this person holds both, as far as a request or a grant says so."""


@described_type
class ReviewMember:
    """A drawn user ID: the account as it was when the review was opened, and how far its review has come."""

    list_number: int
    """Its number in the list."""

    user_id: str
    """The user ID."""

    name: str
    """The person's name."""

    organization: str
    """The organization."""

    account_state: str
    """The state of the account in the security database."""

    last_sign_in_at: datetime | None
    """The last sign-on."""

    roles: list[DrawnRole]
    """The roles."""

    pairs: list[DrawnPair]
    """Roles that do not go together."""

    problems: list[str]
    """What the security database does not have as it should be, in sentences."""

    labelled: bool
    """Whether every row of the log has its label."""

    rows: int
    """How many rows of the log are in the window."""

    unexplained: int
    """How many of them no rule explains."""

    unjudged: int
    """How many of those have no verdict yet."""

    discrepancies: int
    """How many rows were judged to be a discrepancy."""

    supervisor: AskedSupervisor | None
    """Whom the reviewer has asked."""

    unheard_reason: str
    """Why the supervisor cannot answer."""

    findings: list[ReviewFinding]
    """What was found."""

    may_judge: bool
    """Whether the caller may judge this person's rows: nobody judges themselves."""


@described_type
class ActivityReview:
    """The system activity review of a quarter (002:214-265)."""

    number: int
    """The number that people say on the telephone."""

    quarter: str
    """The quarter, such as 2026-Q2."""

    state: ReviewState
    """Where it stands."""

    opened_at: datetime
    """When the user IDs were drawn."""

    due_on: date
    """By when it is to be complete."""

    overdue: bool
    """Whether that day has passed."""

    window_from: date
    """The first day of the log that is looked at."""

    window_to: date
    """The last day of the log that is looked at."""

    policy_version: str
    """The version of the policy register under which it was opened."""

    sample_size: int
    """How many user IDs were to be drawn."""

    list_size: int
    """How many user IDs the numbered list had."""

    list_hash: str
    """SHA-256 over the numbered list."""

    seed: str
    """The seed of the draw."""

    numbers: list[int]
    """The list numbers that were drawn, in their order."""

    completed_at: datetime | None
    """When it was completed."""

    completed_by: str | None
    """The user ID of who completed it."""

    evidence_number: int | None
    """The number of its kept report."""

    missing: list[str]
    """What it still lacks, in sentences; empty when it can be completed, or is."""

    members: list[ReviewMember]
    """The drawn user IDs, in the order of the draw."""


@described_type
class DrawCheck:
    """What drawing again from the kept list and seed gives, beside what is kept of the draw (002:228-231)."""

    agrees: bool
    """Whether it is the same."""

    algorithm: str
    """How to draw again by hand."""

    seed: str
    """The seed."""

    list_size: int
    """How many user IDs the kept list has."""

    list_hash: str
    """The hash of the list, as kept."""

    list_hash_again: str
    """The hash of the list, made anew."""

    numbers: list[int]
    """The list numbers, as kept."""

    numbers_again: list[int]
    """The list numbers, drawn anew."""

    user_ids: list[str]
    """The user IDs, as kept."""

    user_ids_again: list[str]
    """The user IDs under the numbers drawn anew."""
