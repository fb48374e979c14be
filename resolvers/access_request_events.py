"""Follow an access request live: each step as it is taken, none missed and none twice (TRK-04, SUB-03, SUB-04)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass
from uuid import UUID

from orm.models import AccessRequestStep
from resolvers.access_request_sight import request_in_sight
from resolvers.access_request_views import AccessRequestView, StepView, show_requests
from resolvers.callers import Caller
from resolvers.desk import EVERYONE, Reading, access
from resolvers.sessions import still_there
from rules.errors import Invalid

_POLL_SECONDS = 8.0
_BATCH = 50


@dataclass(frozen=True, slots=True)
class AccessRequestEventView:
    """A step that a request has taken, and the request as it may be seen at this moment."""

    number: int
    line: int
    step: StepView
    request: AccessRequestView


@access("access_request.follow", by=EVERYONE, cites="000:229-232")
async def begin_to_follow(reading: Reading, number: int) -> UUID:
    """Find a request that exists for the caller, to be followed.

    Raises:
        NotFound: there is no such request for this person.
    """
    request = await request_in_sight(reading.actor, number, reading.today)
    reading.about("access_request", request.id)
    reading.note(number=number)
    return request.id


@access("access_request.deliver", by=EVERYONE, cites="000:229-232")
async def deliver_step(
    reading: Reading, number: int, line: int, *, wanted: Collection[str] = frozenset()
) -> AccessRequestEventView:
    """Show one step as it is delivered live.

    Raises:
        NotFound: the request exists for this person no more.
    """
    request = await request_in_sight(reading.actor, number, reading.today)
    reading.about("access_request", request.id)
    inner = frozenset(path.removeprefix("request.") for path in wanted if path.startswith("request."))
    view = (await show_requests(reading, [request], inner))[0]
    step = next(step for step in view.timeline if step.line == line)
    return AccessRequestEventView(number, line, step, view)


async def follow_access_request(
    caller: Caller, number: int, after: int | None, *, wanted: Collection[str] = frozenset()
) -> AsyncGenerator[AccessRequestEventView, None]:
    """Follow a request: every step after a line, then whatever comes; without a line only the new ones.

    The caller is proven again, and the request looked for again in the caller's sight, before each step.

    Raises:
        Unauthenticated: the session has ended.
        NotFound: there is no such request for this person, or not any more.
        Invalid: the line is negative.
    """
    if after is not None and not 0 <= after < 2**31:
        raise Invalid("A line is a number from 0 on.", code="LINE_MALFORMED", field="after")
    key = await begin_to_follow(caller, number)
    with caller.desk.doorbell.listen(key) as waiter:
        line = after if after is not None else await AccessRequestStep.filter(request_id=key).count()
        while True:
            await still_there(caller)
            beyond = await AccessRequestStep.filter(request_id=key, line__gt=line).order_by("line").limit(_BATCH)
            for step in beyond:
                caller = await still_there(caller)
                yield await deliver_step(caller, number, step.line, wanted=wanted)
                line = step.line
            if not beyond:
                await waiter.wait(_POLL_SECONDS)
