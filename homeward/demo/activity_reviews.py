"""The system activity reviews of the story: last quarter's is finished and kept, this quarter's has rows to judge.

Chance would seldom draw somebody with a row to look at, so the seeds are chosen: the first ones of their kind that draw
the person who looked where she had no business, and not the officer who carries the review out.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

from homeward.demo import cast
from homeward.demo.access_office import hand_in_story
from homeward.demo.stage import QUIET, Stage
from orm.models import ActivityReview, ActivityReviewMember, ActivityReviewRow, SupervisorQuestion, User
from resolvers.activity_review_completion import complete_activity_review
from resolvers.activity_review_draws import draw
from resolvers.activity_review_judging import go_on_without_supervisor, judge_access
from resolvers.activity_review_opening import OPEN_REVIEW
from resolvers.finding_patterns import note_procedure
from resolvers.referral_views import view_referral
from resolvers.review_findings import FindingEntry, close_finding, open_finding
from resolvers.supervisor_questions import answer_supervisor_question, ask_supervisor
from resolvers.sweeps import run_now
from rules.activity_reviews import AccessVerdict, FindingKind, NeedAnswer, Quarter, Remedy, Severity
from rules.draw import drawn_numbers, picked
from rules.errors import Invalid, NotFound

CURIOUS = cast.MARIGOLD_SECOND
"""Who types in numbers of referrals that do not exist for her."""

_TRIES = 8
_NEVER_PUBLISHED = 9_000_000
_BUSY = frozenset({cast.CHIEF_SECURITY_OFFICER, cast.PRIVACY_OFFICER})


def plan_activity_reviews(stage: Stage) -> None:
    """Enter both reviews on the agenda: the former late in its quarter, the present one some days ago."""
    present = Quarter.of(stage.today)
    former = _before(present)
    days_ago = (stage.today - former.last_day).days + 20
    at = stage.agenda.at
    at(stage.moment(days_ago + 4, 9, 10), _try_numbers, stage)
    at(stage.moment(days_ago, 9, 10), _open, stage)
    at(stage.moment(days_ago - 5, 9, 10), _hear, stage)
    at(stage.moment(days_ago - 9, 9, 10), _judge, stage)
    at(stage.moment(days_ago - 14, 9, 10), _complete, stage)
    at(stage.moment(6, 9, 10), _try_numbers, stage)
    begins = max(OPEN_REVIEW.cadence.instant(present.first_day), stage.moment(2, 8, 8))
    at(min(begins, stage.now - QUIET - timedelta(minutes=15)), _open, stage)


def _before(quarter: Quarter) -> Quarter:
    return Quarter.of(quarter.first_day - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class _Told:
    """A source of the secret that it was told."""

    secret: str

    def token(self) -> str:
        """Give it."""
        return self.secret


async def _try_numbers(stage: Stage) -> None:
    for number in range(_TRIES):
        with suppress(NotFound):
            await view_referral(stage.call(CURIOUS), number=_NEVER_PUBLISHED + number)


async def _open(stage: Stage) -> None:
    """Draw as the calendar does, with a seed that makes a story."""
    sample = 5
    listed = await draw("", sample)
    for number in count():
        seed = f"demonstration-{stage.story_day.isoformat()}-{number}"
        user_ids = set(picked(listed.lines, drawn_numbers(seed, listed.size, sample)))
        if CURIOUS in user_ids and not user_ids & _BUSY:
            await run_now(replace(stage.desk, secrets=_Told(seed)), OPEN_REVIEW)
            break
    review = await _newest()
    if review.due_on >= stage.today:
        await ask_supervisor(stage.call(cast.CHIEF_SECURITY_OFFICER), review.number, CURIOUS)


async def _hear(stage: Stage) -> None:
    """Ask the supervisors that are on file, who answer at once; for the others a reason is given."""
    review, cso = await _newest(), stage.call(cast.CHIEF_SECURITY_OFFICER)
    for member in await ActivityReviewMember.filter(review_id=review.id).order_by("place"):
        try:
            key = await ask_supervisor(cso, review.number, member.drawn_user_id)
        except Invalid:
            reason = "The office has no supervisor on file; its head confirmed the need by telephone."
            await go_on_without_supervisor(cso, review.number, member.drawn_user_id, reason)
            continue
        question = await SupervisorQuestion.get(id=key)
        user_id = (await User.get(id=question.supervisor_id)).user_id
        hand = await hand_in_story(stage, user_id)
        await answer_supervisor_question(stage.call(user_id), key, NeedAnswer.NEEDED, "", hand, question.content_hash)


async def _judge(stage: Stage) -> None:
    """Judge each unexplained row; what was tried again and again is a discrepancy, and a finding follows."""
    review, cso = await _newest(), stage.call(cast.CHIEF_SECURITY_OFFICER)
    for member in await ActivityReviewMember.filter(review_id=review.id).order_by("place"):
        is_curious = member.drawn_user_id == CURIOUS
        verdict = AccessVerdict.DISCREPANCY if is_curious else AccessVerdict.JUSTIFIED
        note = "Numbers were typed in one after the other." if is_curious else "The supervisor knows the task."
        for row in await ActivityReviewRow.filter(member_id=member.id, explained=False).order_by("entry_id"):
            await judge_access(cso, review.number, member.drawn_user_id, row.entry_id, verdict, note)
    finding = FindingEntry(
        FindingKind.ACCESS_WITHOUT_REASON,
        Severity.LOW,
        Remedy.NO_FORM,
        "Tried the numbers of referrals that do not exist for her. Nothing was shown. To be spoken to.",
    )
    number = await open_finding(cso, review.number, CURIOUS, finding)
    await close_finding(cso, number, "Her supervisor has spoken with her.")


async def _complete(stage: Stage) -> None:
    review, cso = await _newest(), stage.call(cast.CHIEF_SECURITY_OFFICER)
    await note_procedure(cso, "The training says from now on that every attempt is written down.", review.number)
    await complete_activity_review(cso, review.number)


async def _newest() -> ActivityReview:
    newest = await ActivityReview.all().order_by("-number").first()
    if newest is None:
        raise AssertionError("the story has a review by now")
    return newest
