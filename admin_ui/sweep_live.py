"""A run as it goes on: server-sent events that let its page look again; without a script the page is reloaded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from admin_ui.doors import Endpoint, request_id_of
from admin_ui.live import with_signs_of_life
from admin_ui.office import AdminOffice
from admin_ui.page_session import page_caller
from admin_ui.rendering import guarded
from admin_ui.sweep_pages import run_named
from resolvers.callers import Caller
from resolvers.sweep_views import follow_run
from rules.errors import Refusal


def run_events_door(office: AdminOffice) -> Endpoint:
    """Make the stream of one run: it ends with the run, or with the session."""

    async def enter(request: Request) -> Response:
        caller = await page_caller(office, request, request_id_of(request))
        if caller is None or not caller.actor.is_ready:
            return guarded(Response(status_code=204))
        events = _events(caller, request.path_params, request.query_params.get("seen", ""))
        stream = StreamingResponse(events, media_type="text/event-stream")
        stream.headers["x-accel-buffering"] = "no"
        return guarded(stream)

    return enter


async def _events(caller: Caller, parts: Mapping[str, str], seen: str) -> AsyncIterator[str]:
    try:
        async with aclosing(follow_run(caller, *run_named(parts), seen)) as looks:
            async for run in with_signs_of_life(looks):
                yield ":\n\n" if run is None else f"event: moved\ndata: {run.state}\n\n"
    except Refusal:
        pass
    yield "event: ended\ndata: -\n\n"
