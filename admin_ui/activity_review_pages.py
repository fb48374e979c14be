"""The system activity review of a quarter: the list, one review with its steps and its draw, and its end (SAR)."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from starlette.responses import PlainTextResponse, Response

from admin_ui.actions import Action, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.forms import Fields
from admin_ui.lines import Lines, show_lines, whole
from admin_ui.registers import Register
from admin_ui.rendering import guarded
from admin_ui.tables import Column
from resolvers.activity_review_completion import complete_activity_review, keep_review_report
from resolvers.activity_review_draws import check_draw
from resolvers.activity_review_views import (
    ActivityReviewView,
    ReviewMemberView,
    list_activity_reviews,
    view_activity_review,
)
from resolvers.callers import Caller
from resolvers.paging import Page
from rules.activity_reviews import REVIEWERS, ReviewState
from rules.calendar import local_instant
from rules.counting import counted

Step = tuple[str, datetime | str]


def _state(asked: Asked) -> ReviewState | None:
    return asked.fields.choice("state", ReviewState)


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[ActivityReviewView]:
    return await list_activity_reviews(caller, state=_state(asked), first=first, after=after, count=True)


REVIEWS = Register(
    path="/reviews/activity",
    title="System activity reviews",
    about="Each quarter some user IDs are drawn, and somebody looks at what they did.",
    one="review",
    rows=_rows,
    read=_state,
    filters=(Filter("state", "State", Kind.CHOICE, choices=coded(ReviewState)),),
    columns=(
        Column("Review", lambda review: review.number, tight=True),
        Column("Quarter", lambda review: review.quarter, tight=True),
        Column("State", lambda review: review.state, "reviews/cells.html:state", tight=True),
        Column("Due", lambda review: review.due_on, tight=True),
        Column("User IDs", lambda review: [one.user_id for one in review.members]),
        Column("Still lacks", lambda review: counted(len(review.missing), "point") if review.missing else None),
        Column("Completed", lambda review: review.completed_at, tight=True),
        Column("Report", lambda review: review.evidence_number, "reviews/cells.html:report", tight=True),
    ),
    link=lambda review: f"/reviews/activity/{review.number}",
    late=lambda review: review.overdue,
    empty="No review yet. The first is drawn on the first day of the next quarter.",
    template="reviews/list.html",
    exports=True,
)


def heard(one: ReviewMemberView) -> str:
    """Say in words how far the supervisor was heard."""
    asked = one.supervisor
    if asked is not None and asked.answer is not None:
        return f"Answered: {asked.answer.replace('_', ' ').lower()}"
    if one.unheard_reason:
        return "Not heard, with a reason"
    return "Asked" if asked is not None else "Not asked yet"


async def _members(visit: Visit, _: int, __: str | None) -> Page[ReviewMemberView]:
    return whole((await view_activity_review(visit.caller, visit.request.path_params["number"])).members)


MEMBERS: Lines[ReviewMemberView] = Lines(
    path="/reviews/activity/{number:int}",
    name="activity-review-{number}",
    rows=_members,
    columns=(
        Column("User ID", lambda one: one.user_id, tight=True),
        Column("Name", lambda one: one.name),
        Column("Organization", lambda one: one.organization),
        Column("Account", lambda one: one.account_state, "reviews/cells.html:account"),
        Column("Entries", lambda one: one.rows, figure=True),
        Column("Unexplained", lambda one: one.unexplained, figure=True),
        Column("To judge", lambda one: one.unjudged, "reviews/cells.html:to_judge", figure=True),
        Column("Supervisor", heard),
        Column("Findings", lambda one: len(one.findings), figure=True),
    ),
)


def steps_of(review: ActivityReviewView) -> tuple[list[Step], int]:
    """Give the steps of a review with what is done of each, and the place of the first that is not done."""
    members = review.members
    labelled = sum(one.labelled for one in members)
    unjudged = sum(one.unjudged for one in members)
    asked = sum(bool(one.unheard_reason or (one.supervisor and one.supervisor.answered_at)) for one in members)
    findings = [finding for one in members for finding in one.findings]
    settled = sum(finding.carried_out or finding.due_on is not None for finding in findings)
    unwritten = sum(one.discrepancies > 0 and not one.findings for one in members)
    done = review.state is ReviewState.COMPLETED
    steps: list[tuple[str, datetime | str, bool]] = [
        ("Drawn", review.opened_at, True),
        ("Labelled", f"{labelled} of {len(members)}", labelled == len(members)),
        ("Judged", counted(unjudged, "row") + " left" if unjudged else "every row", not unjudged),
        ("Supervisors asked", f"{asked} of {len(members)} heard", asked == len(members)),
        ("Findings", f"{settled} of {len(findings)} settled", settled == len(findings) and not unwritten),
        ("Kept", review.completed_at or "", done),
    ]
    at = len(steps) if done else next((place for place, step in enumerate(steps) if not step[2]), len(steps))
    return [(name, note) for name, note, _ in steps], at


async def review_page(visit: Visit) -> Response:
    """Show one review: how far it is, who was drawn, what it still lacks."""
    review = await view_activity_review(visit.caller, visit.request.path_params["number"])
    steps, at = steps_of(review)
    return visit.show(
        "reviews/review.html",
        review=review,
        steps=steps,
        at=at,
        lines=await show_lines(
            visit,
            MEMBERS,
            caption="Drawn user IDs",
            link=lambda one: f"/reviews/activity/{review.number}/members/{one.user_id}",
            page=whole(review.members),
        ),
        due=local_instant(review.due_on, time(23, 59)),
        acts=visit.caller.actor.has_any(REVIEWERS),
    )


async def draw_page(visit: Visit) -> Response:
    """Draw again now from what is kept, and say how anybody draws again elsewhere."""
    number = visit.request.path_params["number"]
    return visit.show("reviews/draw.html", number=number, check=await check_draw(visit.caller, number))


async def drawn_list(visit: Visit) -> Response:
    """Give the numbered list, byte for byte what was hashed."""
    number = visit.request.path_params["number"]
    response = PlainTextResponse((await check_draw(visit.caller, number)).lines)
    response.headers["content-disposition"] = f'attachment; filename="review-{number}-list.txt"'
    return guarded(response)


async def _to_complete(visit: Visit) -> Loaded:
    review = await view_activity_review(visit.caller, visit.request.path_params["number"])
    more: dict[str, Any] = {"review": review}
    return Loaded(
        title=f"Complete review {review.number}",
        about=f"Quarter {review.quarter}. Its report is printed, hashed and kept among the evidence.",
        back=f"/reviews/activity/{review.number}",
        more=more,
    )


async def _complete(visit: Visit, _: Fields) -> str:
    return f"/evidence/{await complete_activity_review(visit.caller, visit.request.path_params['number'])}"


COMPLETE_REVIEW = Action(
    path="/reviews/activity/{number:int}/complete",
    title="Complete the review",
    button="Complete it",
    load=_to_complete,
    do=_complete,
    of=keep_review_report,
    done="The review is completed, and this is its report.",
    confirm="Nothing of a completed review changes any more; only its findings can still be dated and carried out.",
)
