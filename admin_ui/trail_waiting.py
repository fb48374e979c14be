"""What waits in the rooms of the trail and of the system activity reviews."""

from __future__ import annotations

import asyncio
from datetime import time, timedelta

from admin_ui.waiting import Provider, Tone, Waiting
from admin_ui.waiting_rooms import pressing
from resolvers.activity_review_views import list_activity_reviews
from resolvers.break_glass_views import list_break_glasses
from resolvers.callers import Caller
from resolvers.finding_views import list_findings
from resolvers.paging import PAGE_LIMIT
from resolvers.seal_views import view_seal_state
from resolvers.supervisor_questions import list_supervisor_questions
from resolvers.trail_reads import TRAIL_READERS
from rules.activity_reviews import REVIEWERS, ReviewState
from rules.break_glass import HOLDERS
from rules.calendar import local_date, local_instant

_DAY = timedelta(days=1)


async def break_glass_waiting(caller: Caller) -> list[Waiting]:
    """What somebody else has opened by break-glass, for those who review it; and the own one that is open."""
    if not caller.actor.has_any(HOLDERS):
        return []
    found = (await list_break_glasses(caller, reviewed=False, first=PAGE_LIMIT)).nodes
    own = [one for one in found if one.own and one.is_open]
    return [
        Waiting("break-glass to review", sum(not one.own for one in found), "/break-glass?review=waits", Tone.DUE),
        Waiting(
            "referrals open to you by break-glass",
            len(own),
            f"/break-glass/{own[0].number}" if len(own) == 1 else "/break-glass",
            Tone.DUE,
            one="referral open to you by break-glass",
        ),
    ]


async def reviews_waiting(caller: Caller) -> list[Waiting]:
    """Open system activity reviews with the end of their quarter, and findings that are not carried out."""
    if not caller.actor.has_any(REVIEWERS):
        return []
    reviews, findings = await asyncio.gather(
        list_activity_reviews(caller, state=ReviewState.OPEN, first=PAGE_LIMIT, count=True),
        list_findings(caller, carried_out=False, first=PAGE_LIMIT, count=True),
    )
    today = local_date(caller.desk.clock())
    late = any(one.due_on is not None and one.due_on < today for one in findings.nodes)
    return [
        pressing(
            reviews,
            "system activity reviews to complete",
            "/reviews/activity?state=OPEN",
            caller,
            due=lambda one: local_instant(one.due_on + _DAY, time(0)),
            one="system activity review to complete",
        ),
        Waiting(
            "findings to carry out",
            findings.total_count or 0,
            "/reviews/activity/findings?state=open",
            Tone.LATE if late else Tone.CALM,
            one="finding to carry out",
        ),
    ]


async def questions_waiting(caller: Caller) -> list[Waiting]:
    """What the person is asked as supervisor."""
    asked = [one for one in await list_supervisor_questions(caller) if one.answered_at is None]
    return [
        Waiting(
            "questions to you as supervisor",
            len(asked),
            "/supervisor-questions",
            Tone.DUE,
            one="question to you as supervisor",
        )
    ]


async def seals_waiting(caller: Caller) -> list[Waiting]:
    """A verification that found the trail not whole."""
    if not caller.actor.has_any(TRAIL_READERS):
        return []
    seen = (await view_seal_state(caller)).verified
    broken = seen is not None and not seen.is_whole
    return [Waiting("The last verification found the trail not whole", int(broken), "/seals", Tone.LATE, sentence=True)]


TRAIL_PROVIDERS: tuple[Provider, ...] = (break_glass_waiting, reviews_waiting, questions_waiting, seals_waiting)
