"""The collection of April: the facility's answer as a form, and the Chief Security Officer's sight of all."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.forms import Fields
from admin_ui.lines import Lines, show_lines, whole
from admin_ui.tables import Column
from resolvers.lso_collection import (
    COLLECTION_READERS,
    NOTE_LIMIT,
    CollectionView,
    FacilityAnswerView,
    answer_collection,
    view_collection,
)
from resolvers.paging import Page
from rules.calendar import local_date
from rules.errors import Invalid, NotFound
from rules.lso_collection import QUESTIONS, CollectionAnswer, CollectionQuestion, open_year

_ANSWERS = (
    (CollectionAnswer.YES.value, "Yes"),
    (CollectionAnswer.NO.value, "No; the note says what is done about it"),
    (CollectionAnswer.NOT_APPLICABLE.value, "Not applicable here"),
)


def _answered(question: CollectionQuestion) -> Column[FacilityAnswerView]:
    place = list(QUESTIONS).index(question) + 1
    return Column(f"Question {place}", lambda one: CollectionAnswer(one.answers[question]) if one.answers else None)


def _year(visit: Visit) -> int:
    """Give the year that the address names, else this one."""
    return visit.fields.number("year", "A year") or local_date(visit.caller.desk.clock()).year


async def _facilities(visit: Visit, _: int, __: str | None) -> Page[FacilityAnswerView]:
    return whole((await view_collection(visit.caller, _year(visit))).facilities)


FACILITY_ANSWERS: Lines[FacilityAnswerView] = Lines(
    path="/lso-collection",
    name="collection-of-april",
    rows=_facilities,
    keeps=("year",),
    columns=(
        Column("Facility", lambda one: f"{one.facility_name} ({one.facility})"),
        Column("State", lambda one: one.answered_at, "calendar/collection_cells.html:state"),
        *(_answered(question) for question in QUESTIONS),
        Column("Note", lambda one: one.note),
    ),
)


async def collection_page(visit: Visit) -> Response:
    """Show the collection of a year, this one unless the address says another."""
    today, year = local_date(visit.caller.desk.clock()), _year(visit)
    collection: CollectionView | None = None
    try:
        collection = await view_collection(visit.caller, year)
    except NotFound:
        collection = None
    facilities = collection.facilities if collection else []
    return visit.show(
        "calendar/collection.html",
        year=year,
        this_year=today.year,
        collection=collection,
        everywhere=visit.caller.actor.has_any(COLLECTION_READERS),
        answered=sum(one.answered_at is not None for one in facilities),
        to_answer=bool(
            facilities
            and not visit.caller.actor.has_any(COLLECTION_READERS)
            and facilities[0].answered_at is None
            and open_year(today) == year
        ),
        questions=list(QUESTIONS.values()),
        lines=await show_lines(visit, FACILITY_ANSWERS, page=whole(facilities), caption=f"Answers of {year}"),
    )


async def _begin(visit: Visit) -> Loaded:
    year = visit.request.path_params["year"]
    found = (await view_collection(visit.caller, year)).facilities
    return Loaded(
        title=f"Answer for your facility, April {year}",
        about=f"{found[0].facility_name}: answer once, before the end of April." if found else "",
        back="/lso-collection",
    )


async def _answer(visit: Visit, given: Fields) -> str:
    answers: dict[CollectionQuestion, CollectionAnswer] = {}
    for question in QUESTIONS:
        answer = given.choice(question.value, CollectionAnswer)
        if answer is None:
            raise Invalid("Answer this question, too.", code="ANSWERS_MISSING", field=question.value)
        answers[question] = answer
    await answer_collection(visit.caller, visit.request.path_params["year"], answers, given.raw("note"))
    return "/lso-collection"


ANSWER = Action(
    path="/lso-collection/{year:int}/answer",
    title="Answer for your facility",
    button="Send the answers",
    load=_begin,
    do=_answer,
    of=answer_collection,
    done="Your answers were taken. Thank you.",
    confirm="A facility answers once; what you send is kept as it is.",
    fields=(
        *(
            Field(question.value, sentence, Ask.RADIO, choices=_ANSWERS, required=True)
            for question, sentence in QUESTIONS.items()
        ),
        Field("note", "Note", Ask.AREA, limit=NOTE_LIMIT, hint="What is done about each no."),
    ),
)
