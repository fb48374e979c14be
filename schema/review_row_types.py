"""The log of a drawn person, row by row, with what a reviewer found of it (002:239-241)."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers.activity_review_rows import ReviewRowView
from rules.activity_reviews import AccessVerdict
from schema.described import described_enum, described_type

described_enum(AccessVerdict)


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
