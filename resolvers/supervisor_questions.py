"""Ask the supervisor whether a drawn person's access is needed; the answer is signed (SAR-06; 002:248-249)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from orm.models import ActivityReview, ActivityReviewMember, SupervisorQuestion, User
from orm.readings import fetch_often
from orm.sql import to_instant, to_json, to_uuid
from resolvers.activity_review_scope import member_to_judge
from resolvers.desk import EVERYONE, Reading, Work, access, operation
from resolvers.officers import readers
from resolvers.promises import about
from resolvers.signing import Hand, sign
from resolvers.supervisors import supervisor_to_ask
from rules.accounts import AccountState
from rules.activity_reviews import REVIEWERS, NeedAnswer, check_answer, check_open
from rules.errors import Conflict, Denied, NotFound
from rules.notices import NotificationKind
from rules.signatures import Meaning, content_hash
from rules.text import REASON_LIMIT, clean_text, full_name


@dataclass(slots=True)
class SupervisorQuestionView:
    """What a supervisor is asked: about whom, which roles, and over which content the answer is signed."""

    id: UUID
    review_number: int
    user_id: str
    name: str
    organization: str
    roles: list[str]
    asked_at: datetime
    answered_at: datetime | None
    answer: NeedAnswer | None
    note: str
    content_hash: str


@operation("activity_review.ask_supervisor", by=REVIEWERS, cites="002:248-249")
async def ask_supervisor(work: Work, number: int, user_id: str, supervisor_user_id: str | None = None) -> UUID:
    """Ask a drawn person's supervisor by letter; a question that is still open goes to the new one instead.

    Raises:
        NotFound: there is no such review, or the user ID was not drawn.
        Denied: ``OWN_ACCESS``, ``CSO_REVIEWS``; ``SAME_PERSON``, who asks does not answer.
        Conflict: ``REVIEW_COMPLETED``; ``ALREADY_ANSWERED``.
        Invalid: ``SUPERVISOR_REQUIRED``, ``NOT_A_SUPERVISOR``.
    """
    review, member = await member_to_judge(work, number, user_id)
    if await SupervisorQuestion.exists(member_id=member.id, answered_at__not_isnull=True):
        raise Conflict("The supervisor has answered already.", code="ALREADY_ANSWERED")
    supervisor = await supervisor_to_ask(await User.get(id=member.user_id), supervisor_user_id)
    if supervisor.id == work.actor.person():
        raise Denied("Somebody else has to answer what you ask.", code="SAME_PERSON")
    await SupervisorQuestion.filter(member_id=member.id, withdrawn_at=None).update(withdrawn_at=work.now)
    question = await SupervisorQuestion.create(
        id=uuid4(),
        member_id=member.id,
        supervisor_id=supervisor.id,
        content_hash=_hash(review, member, supervisor),
        asked_at=work.now,
        asked_by_id=work.actor.person(),
    )
    work.touches("supervisor_question", [question.id])
    work.touches("user", [supervisor.id])
    work.promise(about(readers([supervisor]), NotificationKind.SUPERVISOR_ASKED, review.number))
    return question.id


@operation("supervisor_question.answer", by=EVERYONE, cites="002:248-249; 000:199-200")
async def answer_supervisor_question(
    work: Work, question_id: UUID, answer: NeedAnswer, note: str, hand: Hand, shown: str
) -> None:
    """Answer, as the supervisor who is asked, whether a person's access is needed; signed over what was shown.

    Raises:
        NotFound: there is no such question for this person.
        Conflict: ``ALREADY_ANSWERED``, ``REVIEW_COMPLETED``, ``QUESTION_CHANGED``, ``SIGNATURE_VOID``.
        Invalid: ``NOTE_REQUIRED``, or the note is too long.
    """
    words = clean_text(note, field="note", limit=REASON_LIMIT, multiline=True)
    mine = SupervisorQuestion.filter(id=question_id, supervisor_id=work.actor.person(), withdrawn_at=None)
    found = await mine.first()
    if found is None:
        raise _no_such_question()
    member = await ActivityReviewMember.get(id=found.member_id)
    review = await ActivityReview.filter(id=member.review_id).select_for_update(no_key=True).get()
    question = await mine.select_for_update(no_key=True).first()
    if question is None:
        raise _no_such_question()
    work.about("activity_review", review.id)
    work.touches("supervisor_question", [question.id])
    check_open(review.state)
    if question.answered_at is not None:
        raise Conflict("This question was answered already.", code="ALREADY_ANSWERED")
    check_answer(answer, words)
    if shown != question.content_hash:
        raise Conflict("The question is not the one that was shown. Read it again.", code="QUESTION_CHANGED")
    signature = await sign(
        work, hand, Meaning.ANSWER_NEED, "supervisor_question", question.id, _answer_hash(question, answer, words)
    )
    question.answered_at, question.answer, question.note = work.now, answer, words
    question.signature_id = signature.id
    await question.save()
    work.note(number=review.number, answer=str(answer))
    asked_by = await User.filter(id=question.asked_by_id, state=AccountState.ACTIVE)
    work.promise(about(readers(asked_by), NotificationKind.SUPERVISOR_ANSWERED, review.number))


@access("supervisor_question.list", by=EVERYONE, cites="002:248-249")
async def list_supervisor_questions(reading: Reading) -> list[SupervisorQuestionView]:
    """List what the caller is asked as supervisor, the open questions first."""
    rows = await fetch_often(_ASKED, person=reading.actor.person())
    # The question says about whom it is; named as the person's record it would look like a colleague's curiosity.
    reading.shows("supervisor_question", [to_uuid(row["id"]) for row in rows], ["questions"])
    views = [
        SupervisorQuestionView(
            id=to_uuid(row["id"]),
            review_number=row["number"],
            user_id=row["drawn_user_id"],
            name=full_name(row["first_name"], row["last_name"]),
            organization=row["organization"],
            roles=[role["name"] for role in to_json(row["account"])["roles"]],
            asked_at=to_instant(row["asked_at"]),
            answered_at=to_instant(row["answered_at"]) if row["answered_at"] else None,
            answer=NeedAnswer(row["answer"]) if row["answer"] else None,
            note=row["note"],
            content_hash=row["content_hash"],
        )
        for row in rows
    ]
    return sorted(views, key=lambda view: view.answered_at is not None)


_ASKED = """
SELECT q.id, q.asked_at, q.answered_at, q.answer, q.note, q.content_hash, m.drawn_user_id, m.organization, m.account,
  v.number, u.first_name, u.last_name
FROM supervisor_question q JOIN activity_review_member m ON m.id = q.member_id
JOIN activity_review v ON v.id = m.review_id JOIN user_account u ON u.id = m.user_id
WHERE q.supervisor_id = :person AND q.withdrawn_at IS NULL ORDER BY q.asked_at DESC LIMIT 100
"""


def _hash(review: ActivityReview, member: ActivityReviewMember, supervisor: User) -> str:
    """Hash what the supervisor is shown."""
    return content_hash(
        {
            "review": review.number,
            "user": member.drawn_user_id,
            "roles": [role["code"] for role in member.account["roles"]],
            "supervisor": supervisor.user_id,
        }
    )


def _answer_hash(question: SupervisorQuestion, answer: NeedAnswer, note: str) -> str:
    """Hash what is signed: the question as it was shown, and the answer."""
    return content_hash({"question": question.content_hash, "answer": str(answer), "note": note})


def _no_such_question() -> NotFound:
    return NotFound("There is no such question for you.", code="QUESTION_NOT_FOUND", field="questionId")
