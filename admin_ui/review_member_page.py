"""One drawn user ID worked through row by row: what is unexplained first, one verdict for one row or for several."""

from __future__ import annotations

from collections.abc import Iterator

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import coded
from admin_ui.forms import Fields, address
from admin_ui.lines import Lines
from admin_ui.rendering import said
from admin_ui.tables import Column
from resolvers.activity_review_judging import go_on_without_supervisor, judge_access
from resolvers.activity_review_rows import ReviewRowView, list_review_rows
from resolvers.activity_review_views import ActivityReviewView, ReviewMemberView, view_activity_review
from resolvers.paging import Page
from resolvers.supervisor_questions import ask_supervisor
from rules.activity_reviews import AccessVerdict
from rules.errors import Conflict, Invalid, NotFound
from rules.text import REASON_LIMIT

_PAGE = 40
"""Few enough that a form that ticks all of them is taken."""


async def member_named(visit: Visit) -> tuple[ActivityReviewView, ReviewMemberView]:
    """Load the review and the drawn user ID that the address names.

    Raises:
        NotFound: there is no such review, or the user ID was not drawn.
    """
    review = await view_activity_review(visit.caller, visit.request.path_params["number"])
    wanted = visit.request.path_params["user_id"].upper()
    member = next((one for one in review.members if one.user_id == wanted), None)
    if member is None:
        raise NotFound("This user ID was not drawn for this review.", code="NOT_DRAWN")
    return review, member


def path_of(visit: Visit) -> str:
    """Give the address of the drawn user ID that the address names."""
    named = visit.request.path_params
    return f"/reviews/activity/{named['number']}/members/{named['user_id']}"


async def _begin(visit: Visit) -> Loaded:
    review, member = await member_named(visit)
    explained, after = visit.fields.raw("rows") == "explained", visit.fields.raw("after") or None
    page = await list_review_rows(
        visit.caller, review.number, member.user_id, explained=explained, first=_PAGE, after=after, count=True
    )
    rows = sorted(page.nodes, key=lambda row: row.judgement is not None)
    kept = {"rows": "explained" if explained else None}
    onward = address(path_of(visit), {**kept, "after": page.cursors[-1]}) if page.has_next_page else ""
    return Loaded(
        title=f"{member.name} ({member.user_id})",
        back=f"/reviews/activity/{review.number}",
        more={
            "review": review,
            "member": member,
            "rows": rows,
            "page": page,
            "explained": explained,
            "onward": onward,
            "first": address(path_of(visit), kept) if page.has_previous_page else "",
            "ticked": visit.fields.all("row"),
            "unjudged": [marked(row) for row in rows if row.judgement is None and not row.explained],
            "here": path_of(visit),
            "out": f"{path_of(visit)}/export",
        },
    )


async def _every_row(visit: Visit, first: int, after: str | None) -> Page[ReviewRowView]:
    named = visit.request.path_params
    return await list_review_rows(visit.caller, named["number"], named["user_id"], first=first, after=after)


REVIEW_ROWS: Lines[ReviewRowView] = Lines(
    path="/reviews/activity/{number:int}/members/{user_id}",
    name="activity-review-{number}-rows",
    rows=_every_row,
    columns=(
        Column("Entry", lambda row: row.entry),
        Column("When", lambda row: row.at),
        Column("Act", lambda row: row.act),
        Column("Outcome", lambda row: row.outcome),
        Column("Code", lambda row: row.code),
        Column("Records", lambda row: [f"{kind}: {said(keys)}" for kind, keys in row.subjects.items()]),
        Column("Explained", lambda row: row.explained),
        Column("Why", lambda row: row.why),
        Column("Source", lambda row: row.cites),
        Column("Verdict", lambda row: row.judgement and row.judgement.verdict),
        Column("Note", lambda row: row.judgement and row.judgement.note),
        Column("Judged by", lambda row: row.judgement and row.judgement.by),
        Column("Judged", lambda row: row.judgement and row.judgement.at),
    ),
)
"""Every row of the person, explained or not, as a file; the page itself shows them as a form."""


def marked(row: ReviewRowView) -> str:
    """Name a row and the verdict on it that was read."""
    return f"{row.entry}:{row.judgement.revision if row.judgement else 0}"


def _chosen(given: Fields) -> Iterator[tuple[int, int]]:
    """Give the rows that are to be judged, each with the verdict that was read.

    Raises:
        Invalid: ``ROWS_REQUIRED``; no row was ticked.
    """
    marks = given.raw("every").split(",") if given.raw("every") else given.all("row")
    if not marks:
        raise Invalid("Tick at least one row.", code="ROWS_REQUIRED", field="rows")
    for mark in marks:
        entry, _, seen = mark.partition(":")
        if not (entry.isdecimal() and seen.isdecimal() and len(mark) < 40):
            raise Invalid("This row cannot be read. Open the page again.", code="ROW_MALFORMED", field="rows")
        yield int(entry), int(seen)


async def _judge(visit: Visit, given: Fields) -> str:
    number, user_id = visit.request.path_params["number"], visit.request.path_params["user_id"]
    verdict = given.choice("verdict", AccessVerdict)
    if verdict is None:
        raise Invalid("Choose a verdict.", code="FIELD_REQUIRED", field="verdict")
    for judged, (entry, seen) in enumerate(list(_chosen(given))):
        try:
            await judge_access(visit.caller, number, user_id, entry, verdict, given.raw("note"), seen=seen)
        except Conflict as no:
            if not judged:
                raise
            told = f"Entry {entry}: {no.message} The {judged} before it were judged."
            raise Conflict(told, code=no.code) from no
    return address(path_of(visit), {"rows": "explained" if given.raw("rows") == "explained" else None})


REVIEW_MEMBER = Action(
    path="/reviews/activity/{number:int}/members/{user_id}",
    title="A drawn user ID",
    button="Judge the ticked rows",
    load=_begin,
    do=_judge,
    of=judge_access,
    is_read=True,
    done="Your verdict was written down.",
    template="reviews/member.html",
    fields=(
        Field("verdict", "Verdict", Ask.RADIO, choices=coded(AccessVerdict), required=True),
        Field(
            "note",
            "Note",
            Ask.AREA,
            required=True,
            limit=REASON_LIMIT,
            hint="Why it is consistent with the person's security level and duties, or why it is not.",
        ),
    ),
)


async def _to_ask(visit: Visit) -> Loaded:
    review, member = await member_named(visit)
    asked = member.supervisor
    about = f"Is the access of {member.name} ({member.user_id}) needed? The supervisor answers signed, in Homeward."
    if asked is not None and asked.answered_at is None:
        about += f" {asked.supervisor} was asked already; the question goes to the new one instead."
    return Loaded(title=f"Ask the supervisor, review {review.number}", about=about, back=path_of(visit))


async def _ask(visit: Visit, given: Fields) -> str:
    named = visit.request.path_params
    await ask_supervisor(visit.caller, named["number"], named["user_id"], given.raw("supervisorUserId").strip() or None)
    return path_of(visit)


ASK_SUPERVISOR = Action(
    path="/reviews/activity/{number:int}/members/{user_id}/ask",
    title="Ask the supervisor",
    button="Ask",
    load=_to_ask,
    do=_ask,
    of=ask_supervisor,
    done="The supervisor was asked by letter.",
    fields=(
        Field(
            "supervisorUserId",
            "User ID of the supervisor",
            hint="Leave it empty to ask whoever is on file: who signed as supervisor, else the officers.",
        ),
    ),
)


async def _to_go_on(visit: Visit) -> Loaded:
    _, member = await member_named(visit)
    return Loaded({"reason": member.unheard_reason}, back=path_of(visit))


async def _go_on(visit: Visit, given: Fields) -> str:
    named = visit.request.path_params
    await go_on_without_supervisor(visit.caller, named["number"], named["user_id"], given.raw("reason"))
    return path_of(visit)


GO_ON = Action(
    path="/reviews/activity/{number:int}/members/{user_id}/go-on",
    title="Go on without the supervisor",
    button="Go on",
    load=_to_go_on,
    do=_go_on,
    of=go_on_without_supervisor,
    done="The reason was written down; an answer that comes all the same is still taken.",
    fields=(Field("reason", "Why the supervisor cannot answer", Ask.AREA, required=True, limit=REASON_LIMIT),),
)
