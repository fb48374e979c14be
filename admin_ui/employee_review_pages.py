"""Reviews of employee user IDs: the lists, and what Human Resources answer about each person."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Asked
from admin_ui.forms import Fields
from admin_ui.lines import Lines, show_lines
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.employee_answers import VERIFIES, verify_employment
from resolvers.employee_review_views import (
    ReviewLineView,
    ReviewView,
    list_employee_reviews,
    list_review_lines,
    view_employee_review,
)
from resolvers.paging import Page
from rules.employee_review import Employment, ReviewState
from rules.errors import Invalid


async def _reviews(caller: Caller, _: Asked, first: int, after: str | None) -> Page[ReviewView]:
    return await list_employee_reviews(caller, first=first, after=after, count=after is None)


EMPLOYEE_REVIEWS = Register(
    path="/reviews/employees",
    title="Reviews of employee user IDs",
    about="Each quarter: which employees have not used their user ID for so long that somebody asks.",
    one="review",
    rows=_reviews,
    columns=(
        Column("Review", lambda one: one.number),
        Column("Quarter from", lambda one: one.quarter_from, tight=True),
        Column("To", lambda one: one.quarter_to, tight=True),
        Column("State", lambda one: one.state, "audits/cells.html:review_state", tight=True),
        Column("Sent to Human Resources", lambda one: one.sent),
        Column("Accounts", lambda one: one.accounts, figure=True),
        Column("Listed", lambda one: one.listed, figure=True),
        Column("Not answered", lambda one: one.unanswered, figure=True),
        Column("Evidence", lambda one: one.evidence_number, "calendar/cells.html:evidence", tight=True),
    ),
    link=lambda one: f"/reviews/employees/{one.number}",
    empty="No review yet. One opens with the first month of each quarter.",
    exports=True,
)


async def _lines(visit: Visit, first: int, after: str | None) -> Page[ReviewLineView]:
    unanswered = bool(visit.fields.raw("unanswered"))
    number = visit.request.path_params["number"]
    return await list_review_lines(visit.caller, number, unanswered=unanswered, first=first, after=after)


EMPLOYEE_LINES: Lines[ReviewLineView] = Lines(
    path="/reviews/employees/{number:int}",
    name="employee-review-{number}",
    rows=_lines,
    keeps=("unanswered",),
    columns=(
        Column("User ID", lambda one: one.user_id),
        Column("Name", lambda one: one.name),
        Column("Facility", lambda one: one.facility),
        Column("Last used", lambda one: one.last_used_on if one.ever_used else "Never", tight=True),
        Column("Days unused", lambda one: one.days_unused, figure=True),
        Column("Answer", lambda one: one.answer, "audits/cells.html:employment"),
    ),
    more=(
        Column("Answered", lambda one: one.answered_at),
        Column("Tickets", lambda one: one.ticket_numbers),
    ),
)
_TO_ANSWER: Column[ReviewLineView] = Column("To do", lambda one: one.answer, "audits/cells.html:to_verify")


async def employee_review_page(visit: Visit) -> Response:
    """Show a review with the lines that this person sees; those that wait for an answer alone, if that is asked."""
    number = visit.request.path_params["number"]
    review = await view_employee_review(visit.caller, number)
    verifies = review.state is ReviewState.OPEN and visit.caller.actor.has_any(VERIFIES)
    acts = [_TO_ANSWER] if verifies else []
    return visit.show(
        "audits/employee_review.html",
        review=review,
        unanswered=bool(visit.fields.raw("unanswered")),
        lines=await show_lines(visit, EMPLOYEE_LINES, acts=acts, caption=f"Lines of review {number}"),
    )


async def _one_line(visit: Visit) -> Loaded:
    number, user_id = visit.request.path_params["number"], visit.request.path_params["user_id"]
    review = await view_employee_review(visit.caller, number)
    return Loaded(
        about=f"User ID {user_id} on the list of review {review.number}. Looking at the personnel file comes first.",
        back=f"/reviews/employees/{number}?unanswered=yes",
    )


async def _answer(visit: Visit, given: Fields) -> str:
    number, answer = visit.request.path_params["number"], given.choice("answer", Employment)
    if answer is None:
        raise Invalid("Choose an answer.", code="FIELD_REQUIRED", field="answer")
    await verify_employment(
        visit.caller, number, visit.request.path_params["user_id"], answer, given.day("terminatedOn")
    )
    return f"/reviews/employees/{number}?unanswered=yes"


VERIFY_EMPLOYMENT = Action(
    path="/reviews/employees/{number:int}/{user_id}/answer",
    title="Is this person still employed?",
    button="Give the answer",
    load=_one_line,
    do=_answer,
    of=verify_employment,
    confirm="The answer is given once. Who is no longer employed loses all access at once.",
    done="The answer was taken.",
    fields=(
        Field(
            "answer",
            "Is this person still employed?",
            Ask.RADIO,
            required=True,
            choices=(
                (Employment.EMPLOYED.value, "Yes; the user ID stays as it is"),
                (Employment.TERMINATED.value, "No; the user ID is disabled at once"),
            ),
        ),
        Field("terminatedOn", "Last day of employment", Ask.DAY, hint="If the person is no longer employed."),
    ),
)
