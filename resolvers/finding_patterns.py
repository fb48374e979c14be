"""Read the findings of all reviews for patterns, and note what is to change in a procedure (SAR-09; 002:257-259)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from orm.models import ActivityReview, ProcedureNote
from orm.sql import fetch
from resolvers.activity_review_scope import READERS
from resolvers.desk import Reading, Work, access, operation
from resolvers.numbers import LAST_NUMBER
from rules.errors import NotFound
from rules.roles import Role
from rules.text import clean_text

NOTE_LIMIT = 1000

_BY = {
    "kind": "f.kind",
    "role": "f.role",
    "organization": "m.organization",
    "quarter": "r.quarter",
}


@dataclass(slots=True)
class FindingCount:
    """How many findings have something in common, about how many people, in how many reviews."""

    value: str
    findings: int
    people: int
    reviews: int


@dataclass(slots=True)
class ProcedureNoteView:
    """What was noted about a procedure, by whom and when."""

    id: UUID
    text: str
    at: datetime
    by: str
    review_number: int | None


@dataclass(slots=True)
class FindingPatternsView:
    """The findings of all reviews, counted four ways, the most frequent first; and the notes, the newest first."""

    by_kind: list[FindingCount]
    by_role: list[FindingCount]
    by_organization: list[FindingCount]
    by_quarter: list[FindingCount]
    notes: list[ProcedureNoteView]


@access("review_finding.patterns", by=READERS, cites="002:257-259")
async def view_finding_patterns(reading: Reading) -> FindingPatternsView:
    """Count the findings of all reviews by kind, role, organization and quarter."""
    counts = {name: await _count(column) for name, column in _BY.items()}
    notes = await ProcedureNote.all().order_by("-at").limit(100).select_related("review")
    reading.note(findings=sum(one.findings for one in counts["kind"]), notes=len(notes))
    return FindingPatternsView(
        by_kind=counts["kind"],
        by_role=counts["role"],
        by_organization=counts["organization"],
        by_quarter=counts["quarter"],
        notes=[
            ProcedureNoteView(one.id, one.text, one.at, one.by, one.review.number if one.review else None)
            for one in notes
        ],
    )


async def _count(column: str) -> list[FindingCount]:
    rows = await fetch(
        f"SELECT {column} AS value, COUNT(*) AS findings, COUNT(DISTINCT m.user_id) AS people, "
        "COUNT(DISTINCT m.review_id) AS reviews FROM review_finding f "
        "JOIN activity_review_member m ON m.id = f.member_id JOIN activity_review r ON r.id = m.review_id "
        f"WHERE {column} <> '' GROUP BY {column} ORDER BY COUNT(*) DESC, {column}"
    )
    return [
        FindingCount(str(row["value"]), int(row["findings"]), int(row["people"]), int(row["reviews"])) for row in rows
    ]


@operation("review_finding.note_procedure", by={Role.CSO}, cites="002:257-259")
async def note_procedure(work: Work, text: str, review_number: int | None = None) -> None:
    """Note what the findings say about a procedure: what is to change, or that nothing is; for one review or for all.

    Raises:
        NotFound: there is no such review.
        Invalid: the text is missing or too long.
    """
    words = clean_text(text, field="text", limit=NOTE_LIMIT, multiline=True, required=True)
    review = None
    if review_number is not None:
        found = ActivityReview.filter(number=review_number).select_for_update(no_key=True)
        review = await found.first() if 0 < review_number <= LAST_NUMBER else None
        if review is None:
            raise NotFound("There is no such review.", code="REVIEW_NOT_FOUND", field="reviewNumber")
        work.about("activity_review", review.id)
    note = await ProcedureNote.create(
        id=uuid4(),
        review_id=review.id if review else None,
        text=words,
        at=work.now,
        by_id=work.actor.person(),
        by=work.actor.label,
    )
    work.touches("procedure_note", [note.id])
