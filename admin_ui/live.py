"""News as they come: server-sent events that move the badge of the notifications without a reload."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from admin_ui.doors import Endpoint, Visit, request_id_of
from admin_ui.office import AdminOffice
from admin_ui.page_session import cookie_name, keep_longer, page_caller, read_cookie
from admin_ui.rendering import guarded
from resolvers.callers import Caller
from resolvers.mailboxes import count_unseen, follow_mailbox
from rules.errors import Refusal

T = TypeVar("T")

_STILL_HERE = 20.0  # seconds between two signs of life, so that no proxy takes the silence for an end
_MOST = 99
_NO_NEWS = "<span hidden></span>"
"""Stands in the badge when there is nothing new: the page follows the news all the same."""


def events_door(office: AdminOffice) -> Endpoint:
    """Make the stream: it ends with the session, and each event proves its right again."""

    async def enter(request: Request) -> Response:
        caller = await page_caller(office, request, request_id_of(request))
        if caller is None or not caller.actor.is_ready:
            return guarded(Response(status_code=204))
        seen = _seen(office, request, caller)
        try:
            count, last = await count_unseen(caller, seen)
        except Refusal:
            count, last = await count_unseen(caller, None)
        shown_until = request.query_params.get("after", last)  # what came since is not on the page
        events = _events(caller, count, last, missed=shown_until != last)
        stream = StreamingResponse(events, media_type="text/event-stream")
        stream.headers["x-accel-buffering"] = "no"
        return guarded(stream)

    return enter


def note_seen(visit: Visit, response: Response, cursor: str) -> None:
    """Let the browser keep how far the person has read, so that the badge counts from there."""
    keep_longer(visit.office, response, _cookie(visit.office), f"{_mark(visit.caller)}.{cursor}")


async def _events(caller: Caller, count: int, last: str, *, missed: bool) -> AsyncIterator[str]:
    yield _badge(count)
    if missed:
        yield _news(last)
    try:
        async with aclosing(follow_mailbox(caller, last)) as lines:
            async for line in with_signs_of_life(lines):
                if line is None:
                    yield ":\n\n"
                    continue
                count += 1
                yield f"{_badge(count)}{_news(line.cursor)}"
    except Refusal:
        yield "event: ended\ndata: -\n\n"


async def with_signs_of_life(lines: AsyncIterator[T]) -> AsyncIterator[T | None]:
    """Give what comes until it ends, and None whenever nothing has come for a while."""
    coming = asyncio.ensure_future(anext(lines))
    try:
        while True:
            done, _ = await asyncio.wait({coming}, timeout=_STILL_HERE)
            if not done:
                yield None
                continue
            try:
                yield coming.result()
            except StopAsyncIteration:
                return
            coming = asyncio.ensure_future(anext(lines))
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


def _badge(count: int) -> str:
    text = f'<b class="count">{min(count, _MOST)}{"+" if count > _MOST else ""} new</b>' if count else _NO_NEWS
    return f"data: {text}\n\n"


def _news(cursor: str) -> str:
    return f"event: news\ndata: {cursor}\n\n"


def _seen(office: AdminOffice, request: Request, caller: Caller) -> str | None:
    mark, _, cursor = (read_cookie(request, _cookie(office)) or "").partition(".")
    return cursor if cursor and mark == _mark(caller) else None


def _cookie(office: AdminOffice) -> str:
    return f"{cookie_name(secure=office.secure_cookies)}-seen"


def _mark(caller: Caller) -> str:
    return caller.actor.person().hex[:12]
