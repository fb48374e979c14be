"""A system activity review, opened as the calendar does, and the ways of the people in it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

from orm.models import ActivityReview, ActivityReviewMember, AuditEntry, Outcome, User
from resolvers.activity_review_opening import OPEN_REVIEW
from resolvers.activity_review_rows import list_review_rows
from resolvers.callers import Caller
from resolvers.sweeps import run_now
from resolvers.trail import write_entry
from rules.calendar import local_date, local_instant
from tests.world.world import World


async def opened_review(world: World) -> ActivityReview:
    """Open the review of this quarter as the sweep does; every account is drawn where there are not more than asked."""
    result = await run_now(world.desk, OPEN_REVIEW)
    assert not result.failures
    newest = await ActivityReview.all().order_by("-number").first()
    assert newest is not None
    return newest


async def member_of(review: ActivityReview, person: Caller) -> ActivityReviewMember:
    """Give the drawn user ID of a person."""
    return await ActivityReviewMember.get(review_id=review.id, user_id=person.actor.person())


async def user_id_of(person: Caller) -> str:
    """Give a person's user ID."""
    return (await User.get(id=person.actor.person())).user_id


async def wrote(person: Caller, act: str, at: datetime, *, about: str = "user", subject: UUID | None = None) -> int:
    """Plant an entry of the trail: that a person did something to a record at a moment."""
    await write_entry(person, act, Outcome.DONE, at=at, subjects={about: {str(subject or uuid4())}})
    newest = await AuditEntry.all().order_by("-id").first()
    assert newest is not None
    return newest.id


def midnight(world: World, days_ago: int) -> datetime:
    """Give the midnight in Chicago with which a day began."""
    return local_instant(local_date(world.clock()) - timedelta(days=days_ago), time(0))


async def unexplained_rows(caller: Caller, review: ActivityReview, person: Caller) -> list[int]:
    """List the numbers of a person's unexplained rows, as a reviewer reads them."""
    page = await list_review_rows(caller, review.number, await user_id_of(person), explained=False)
    return [row.entry for row in page.nodes]
