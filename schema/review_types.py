"""System activity reviews (002:214-265)."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from resolvers.activity_review_rows import ReviewRowView
from resolvers.supervisor_questions import SupervisorQuestionView
from rules.activity_reviews import AccessVerdict, FindingKind, NeedAnswer, Remedy, ReviewState, Severity
from schema.described import described_enum, described_type
from schema.ids import to_global

described_enum(ReviewState, name="ActivityReviewState")
described_enum(AccessVerdict)
described_enum(NeedAnswer, name="AccessNeedAnswer")
described_enum(FindingKind, name="ReviewFindingKind")
described_enum(Severity, name="FindingSeverity")
described_enum(Remedy, name="FindingRemedy")


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


@described_type
class RowJudgement:
    """What a reviewer found of a row."""

    revision: int
    """Counts the verdicts on the row; a new one names the one that was read."""

    verdict: AccessVerdict
    """The verdict."""

    note: str
    """Why."""

    by: str
    """The user ID of the reviewer."""

    at: datetime
    """When."""


@described_type
class RowSubjects:
    """The records of one kind that a row names."""

    kind: str
    """The kind of record."""

    keys: list[str]
    """Their keys."""


@described_type
class ReviewRow:
    """A row of the log of a drawn person, with its label and its verdict (002:239-241)."""

    entry: int
    """The number of the entry in the log."""

    at: datetime
    """When it happened."""

    act: str
    """What was done."""

    outcome: str
    """How it ended: DONE, REFUSED or FAILED."""

    code: str
    """Why it was refused."""

    shown: list[str]
    """Which fields were shown."""

    explained: bool
    """Whether a rule explains it."""

    ground: str
    """The code of the rule, or of what is missing."""

    why: str
    """The rule, or what is missing, in a sentence."""

    cites: str
    """The lines of the rule."""

    judgement: RowJudgement | None
    """The newest verdict."""

    @strawberry.field
    def subjects(root: strawberry.Parent[ReviewRowView]) -> list[RowSubjects]:
        """The records that it names."""
        return [RowSubjects(kind=kind, keys=list(keys)) for kind, keys in sorted(root.subjects.items())]


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
