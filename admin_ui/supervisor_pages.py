"""What a supervisor is asked in a system activity review, and the signed answer (SAR-06; 002:248-249)."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.forms import Fields
from resolvers.signing import hand_of
from resolvers.supervisor_questions import (
    SupervisorQuestionView,
    answer_supervisor_question,
    list_supervisor_questions,
)
from rules.activity_reviews import NeedAnswer
from rules.errors import Invalid, NotFound
from rules.text import REASON_LIMIT


async def questions_page(visit: Visit) -> Response:
    """List what the person is asked, the open questions first."""
    return visit.show("reviews/questions.html", questions=await list_supervisor_questions(visit.caller))


async def _question(visit: Visit) -> SupervisorQuestionView:
    key = visit.request.path_params["question_id"]
    found = next((one for one in await list_supervisor_questions(visit.caller) if one.id == key), None)
    if found is None:
        raise NotFound("There is no such question for you.", code="QUESTION_NOT_FOUND")
    return found


async def _begin(visit: Visit) -> Loaded:
    question = await _question(visit)
    return Loaded(
        {"shown": question.content_hash},
        title=f"Is the access of {question.name} needed?",
        back="/supervisor-questions",
        more={"question": question},
    )


async def _answer(visit: Visit, given: Fields) -> str:
    answer = given.choice("answer", NeedAnswer)
    if answer is None:
        raise Invalid("Choose an answer.", code="FIELD_REQUIRED", field="answer")
    hand = await hand_of(visit.caller, given.raw("userId"), given.raw("password"))
    key = visit.request.path_params["question_id"]
    await answer_supervisor_question(visit.caller, key, answer, given.raw("note"), hand, given.raw("shown"))
    return "/supervisor-questions"


ANSWER = Action(
    path="/supervisor-questions/{question_id:uuid}",
    title="A question to you as supervisor",
    button="Answer and sign",
    load=_begin,
    do=_answer,
    of=answer_supervisor_question,
    done="Your answer was signed and kept. Thank you.",
    template="reviews/question.html",
    back="/supervisor-questions",
    fields=(
        Field("shown", "", Ask.HIDDEN),
        Field(
            "answer",
            "Is the access needed for the person's work?",
            Ask.RADIO,
            required=True,
            choices=(
                (NeedAnswer.NEEDED.value, "All of it is needed"),
                (NeedAnswer.PARTLY_NEEDED.value, "Some of it is not needed"),
                (NeedAnswer.NOT_NEEDED.value, "None of it is needed any more"),
            ),
        ),
        Field("note", "Note", Ask.AREA, limit=REASON_LIMIT, hint="Say what is not needed, if anything."),
        Field("userId", "Your user ID", required=True, autocomplete="username", group="Your signature"),
        Field("password", "Your password", Ask.PASSWORD, required=True, autocomplete="current-password"),
    ),
)
