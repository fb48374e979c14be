"""The report of a review, from what the tables hold: the same review is always the same report (SAR-10; 002:262)."""

from __future__ import annotations

from orm.models import (
    AccessJudgement,
    ActivityReview,
    ActivityReviewMember,
    AuditEntry,
    ProcedureNote,
    ReviewFinding,
    User,
)
from orm.sql import fetch
from resolvers.activity_review_scope import findings_of, is_carried_out, members_of, newest_judgements, questions_of
from rules.calendar import CHICAGO
from rules.draw import ALGORITHM
from rules.judgement import Ground
from rules.reports import Paragraph, Procedure, Report, Source, Table

CITES = "002:214-265"


async def report_of_review(review: ActivityReview) -> Report:
    """Write the report: the draw; each drawn user ID, its rows that were judged, the answer; the findings."""
    members = await members_of(review)
    blocks: list[Paragraph | Table] = [*_draw(review, members)]
    for member in members:
        blocks += [*_account(member), await _labels(member), await _unexplained(member), await _supervisor(member)]
    blocks += [await _findings(members), await _notes(review)]
    return Report(
        procedure=Procedure.SYSTEM_ACTIVITY_REVIEW,
        title=f"System activity review {review.number}, {review.quarter}",
        period_from=review.window_from,
        period_to=review.window_to,
        cites=CITES,
        blocks=tuple(blocks),
        sources=(
            Source("Numbered list of user IDs", review.list_size, review.list_hash),
            *(Source(f"Log of {one.drawn_user_id}", one.log_rows, one.log_hash) for one in members),
        ),
    )


def _draw(review: ActivityReview, members: list[ActivityReviewMember]) -> list[Paragraph | Table]:
    return [
        Paragraph(
            f"{len(members)} of {review.list_size} user IDs were drawn on "
            f"{review.opened_at.astimezone(CHICAGO):%Y-%m-%d}, under policy version {review.policy_version}."
        ),
        Paragraph(f"Seed: {review.seed}"),
        Paragraph(f"How to draw again. {ALGORITHM}"),
        Paragraph(
            "The hash of the list is SHA-256 over its lines '<number> <user ID>' in UTF-8, with a line feed between "
            "them. The list is kept with the review."
        ),
        Table(
            "Drawn",
            ("Place", "List number", "User ID", "Organization"),
            tuple(
                (str(one.place), str(one.list_number), one.drawn_user_id, one.organization or "-") for one in members
            ),
        ),
    ]


def _account(member: ActivityReviewMember) -> list[Paragraph | Table]:
    account = member.account
    name = member.drawn_user_id
    state = f"{name}: the account was {account['state']}; last sign-on {account['lastSignInAt'] or 'never'}."
    return [
        Paragraph(" ".join([state, *account["problems"]])),
        Table(
            f"{name}: roles",
            ("Role", "Since", "Why"),
            tuple((role["name"], role["grantedAt"], role["reason"]) for role in account["roles"]),
        ),
        Table(
            f"{name}: roles that do not go together",
            ("First", "Second", "Verdict", "Rule", "Reason given"),
            tuple(
                (pair["first"], pair["second"], pair["verdict"], pair["why"], pair["reason"])
                for pair in account["pairs"]
            ),
        ),
    ]


async def _labels(member: ActivityReviewMember) -> Table:
    rows = await fetch(
        "SELECT ground, COUNT(*) AS n FROM activity_review_row WHERE member_id = :member "
        "GROUP BY ground ORDER BY ground",
        member=member.id,
    )
    grounds = [(Ground(row["ground"]), int(row["n"])) for row in rows]
    return Table(
        f"{member.drawn_user_id}: the log, {member.log_rows} rows",
        ("Rows", "Label", "Reason", "Rule"),
        tuple(
            (str(count), "explained" if ground.explains else "unexplained", ground.sentence, ground.cites)
            for ground, count in grounds
        ),
    )


async def _unexplained(member: ActivityReviewMember) -> Table:
    """List the unexplained rows, and the explained ones that somebody judged all the same."""
    judged = await newest_judgements([member.id])
    found = await fetch(
        "SELECT r.entry_id FROM activity_review_row r WHERE r.member_id = :member AND (r.explained = :no OR EXISTS ("
        "SELECT 1 FROM access_judgement j WHERE j.member_id = r.member_id AND j.entry_id = r.entry_id)) "
        "ORDER BY r.entry_id",
        member=member.id,
        no=False,
    )
    entries = await AuditEntry.filter(id__in=[int(row["entry_id"]) for row in found]).order_by("id")
    return Table(
        f"{member.drawn_user_id}: rows judged",
        ("Row", "When", "What", "Outcome", "Verdict", "Note", "By"),
        tuple(_row(entry, judged.get((member.id, entry.id))) for entry in entries),
    )


def _row(entry: AuditEntry, judgement: AccessJudgement | None) -> tuple[str, ...]:
    verdict = (str(judgement.verdict), judgement.note, judgement.by) if judgement else ("", "", "")
    when = f"{entry.at.astimezone(CHICAGO):%Y-%m-%d %H:%M:%S}"
    return str(entry.id), when, entry.act, f"{entry.outcome} {entry.code}".strip(), *verdict


async def _supervisor(member: ActivityReviewMember) -> Table:
    question = (await questions_of([member.id])).get(member.id)
    rows: list[tuple[str, ...]] = []
    if question is not None:
        supervisor = await User.get(id=question.supervisor_id)
        answered = f"{question.answered_at.astimezone(CHICAGO):%Y-%m-%d}" if question.answered_at else ""
        rows.append((supervisor.user_id, answered, str(question.answer or ""), question.note))
    if member.unheard_reason:
        rows.append(("", "", "no answer", member.unheard_reason))
    return Table(f"{member.drawn_user_id}: supervisor", ("Supervisor", "Answered", "Answer", "Note"), tuple(rows))


async def _findings(members: list[ActivityReviewMember]) -> Table:
    names = {member.id: member.drawn_user_id for member in members}
    return Table(
        "Findings",
        ("Number", "User ID", "Kind", "Severity", "Finding", "Form", "Carried out"),
        tuple(_finding(one, names[one.member_id]) for one in await findings_of(list(names))),
    )


def _finding(finding: ReviewFinding, user_id: str) -> tuple[str, ...]:
    form = f"{finding.remedy} {finding.form.number}" if finding.form else str(finding.remedy)
    done = "yes" if is_carried_out(finding) else f"due {finding.due_on.isoformat() if finding.due_on else ''}".strip()
    text = f"{finding.role}: {finding.text}" if finding.role else finding.text
    return str(finding.number), user_id, str(finding.kind), str(finding.severity), text, form, done


async def _notes(review: ActivityReview) -> Table:
    notes = await ProcedureNote.filter(review_id=review.id).order_by("at", "id")
    return Table("Notes on procedures", ("By", "Note"), tuple((one.by, one.text) for one in notes))
