"""Judge the rows of a review: consistent with the person's security level and duties, or not (SAR-04; 002:239-241)."""

from __future__ import annotations

from uuid import uuid4

from orm.models import AccessJudgement, ActivityReviewRow
from resolvers.activity_review_scope import member_to_judge
from resolvers.desk import Work, operation
from rules.activity_reviews import REVIEWERS, AccessVerdict, check_newer
from rules.errors import NotFound
from rules.text import REASON_LIMIT, clean_text

_LAST_ENTRY = 2**63 - 1


@operation("activity_review.judge", by=REVIEWERS, cites="002:234-241")
async def judge_access(
    work: Work, number: int, user_id: str, entry: int, verdict: AccessVerdict, note: str, *, seen: int = 0
) -> None:
    """Judge a row of a drawn person's log; ``seen`` is the revision of the verdict that one has read, 0 for none.

    Raises:
        NotFound: there is no such review, the user ID was not drawn, or the row is not in the window.
        Denied: ``OWN_ACCESS``, ``CSO_REVIEWS``.
        Conflict: ``REVIEW_COMPLETED``; ``JUDGED_MEANWHILE``.
        Invalid: the note is missing or too long.
    """
    words = clean_text(note, field="note", limit=REASON_LIMIT, multiline=True, required=True)
    _, member = await member_to_judge(work, number, user_id)
    known = 0 < entry <= _LAST_ENTRY and await ActivityReviewRow.exists(member_id=member.id, entry_id=entry)
    if not known:
        raise NotFound("This review has no such row.", code="ROW_NOT_FOUND", field="entry")
    newest = await AccessJudgement.filter(member_id=member.id, entry_id=entry).order_by("-revision").first()
    revision = newest.revision if newest else 0
    check_newer(seen, revision)
    await AccessJudgement.create(
        id=uuid4(),
        member_id=member.id,
        entry_id=entry,
        revision=revision + 1,
        verdict=verdict,
        note=words,
        by_id=work.actor.person(),
        by=work.actor.label,
        at=work.now,
    )
    work.touches("audit_entry", [str(entry)])
    work.note(verdict=str(verdict), revision=revision + 1)


@operation("activity_review.go_on_without_supervisor", by=REVIEWERS, cites="002:248-249")
async def go_on_without_supervisor(work: Work, number: int, user_id: str, reason: str) -> None:
    """Say why the supervisor of a drawn person cannot answer; an answer that comes all the same is still taken.

    Raises:
        NotFound: there is no such review, or the user ID was not drawn.
        Denied: ``OWN_ACCESS``, ``CSO_REVIEWS``.
        Conflict: ``REVIEW_COMPLETED``.
        Invalid: the reason is missing or too long.
    """
    words = clean_text(reason, field="reason", limit=REASON_LIMIT, multiline=True, required=True)
    _, member = await member_to_judge(work, number, user_id)
    member.unheard_reason, member.unheard_by_id, member.unheard_at = words, work.actor.person(), work.now
    await member.save(update_fields=["unheard_reason", "unheard_by_id", "unheard_at"])
