"""The rows of a drawn person's log in the window, each with its label and its verdict (SAR-04, AUD-02, AUD-04)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from orm.models import AuditEntry, Outcome
from orm.sql import fetch
from resolvers.activity_review_scope import READERS, member_named, newest_judgements, review_numbered
from resolvers.desk import Reading, access
from resolvers.paging import Page, from_cursor, page_of, page_size, to_cursor
from rules.activity_reviews import AccessVerdict
from rules.judgement import Ground

_ORDER = "REVIEW_ROW"
_ROWS = "activity_review_row r JOIN audit_entry e ON e.id = r.entry_id"
"""With what is still in the log: after six years its content is dropped, and what was judged stands in the report."""


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """The newest verdict on a row."""

    revision: int
    verdict: AccessVerdict
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReviewRowView:
    """A row of the log: what was done to which records, why it is explained or not, and what a reviewer found."""

    entry: int
    at: datetime
    act: str
    outcome: Outcome
    code: str
    subjects: Mapping[str, list[str]]
    shown: list[str]
    explained: bool
    ground: Ground
    why: str
    cites: str
    judgement: JudgedRow | None


@access("activity_review.rows", by=READERS, cites="002:221-223; 002:239-241")
async def list_review_rows(
    reading: Reading,
    number: int,
    user_id: str,
    *,
    explained: bool | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[ReviewRowView]:
    """List what a drawn person did in the window, the oldest first; only the explained or the unexplained, if asked.

    Raises:
        NotFound: there is no such review, or the user ID was not drawn.
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    member = await member_named(await review_numbered(reading, number), user_id)
    reading.touches("user", [member.user_id])
    where, parameters = ["r.member_id = :member"], {"member": member.id, "limit": size + 1, "after": 0}
    if explained is not None:
        where.append("r.explained = :explained")
        parameters["explained"] = explained
    total = None
    if count:
        asked = {name: value for name, value in parameters.items() if name not in ("limit", "after")}
        [counted] = await fetch(f"SELECT COUNT(*) AS n FROM {_ROWS} WHERE {' AND '.join(where)}", **asked)
        total = int(counted["n"])
    if after is not None:
        parameters["after"] = from_cursor(after, _ORDER)
    found = await fetch(
        f"SELECT r.entry_id, r.ground FROM {_ROWS} WHERE {' AND '.join(where)} "
        "AND r.entry_id > :after ORDER BY r.entry_id LIMIT :limit",
        **parameters,
    )
    labels = {int(row["entry_id"]): Ground(row["ground"]) for row in found[:size]}
    entries = await AuditEntry.filter(id__in=list(labels)).order_by("id")
    judged = await newest_judgements([member.id])
    views = []
    for entry in entries:
        ground, verdict = labels[entry.id], judged.get((member.id, entry.id))
        views.append(
            ReviewRowView(
                entry=entry.id,
                at=entry.at,
                act=entry.act,
                outcome=entry.outcome,
                code=entry.code,
                subjects=entry.subjects,
                shown=entry.shown,
                explained=ground.explains,
                ground=ground,
                why=ground.sentence,
                cites=ground.cites,
                judgement=JudgedRow(verdict.revision, verdict.verdict, verdict.note, verdict.by, verdict.at)
                if verdict
                else None,
            )
        )
    reading.note(rows=len(views))
    return page_of(views, lambda view: to_cursor(_ORDER, view.entry), more=len(found) > size, after=after, total=total)
