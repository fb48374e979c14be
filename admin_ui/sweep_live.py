"""A run as it goes on: server-sent events that let its page look again; without a script the page is reloaded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from admin_ui.doors import Endpoint, request_id_of
from admin_ui.live import with_signs_of_life
from admin_ui.office import AdminOffice
from admin_ui.page_session import page_caller
from admin_ui.rendering import guarded
from resolvers.callers import Caller
from resolvers.office_reads import SweepState
from resolvers.sweep_views import follow_sweeps
from rules.errors import Refusal


def run_events_door(office: AdminOffice) -> Endpoint:
    """Make the stream of one run: it ends with the run, or with the session."""

    async def enter(request: Request) -> Response:
        caller = await page_caller(office, request, request_id_of(request))
        if caller is None or not caller.actor.is_ready:
            return guarded(Response(status_code=204))
        parts = request.path_params
        stream = StreamingResponse(_events(caller, parts["name"], parts["due_on"]), media_type="text/event-stream")
        stream.headers["x-accel-buffering"] = "no"
        return guarded(stream)

    return enter


async def _events(caller: Caller, name: str, due_on: str) -> AsyncIterator[str]:
    try:
        async with aclosing(follow_sweeps(caller, name)) as runs:
            async for run in with_signs_of_life(runs):
                if run is None:
                    yield ":\n\n"
                elif run.due_on.isoformat() == due_on:
                    yield f"event: moved\ndata: {run.state}\n\n"
                    if run.state in (SweepState.DONE, SweepState.PARKED):
                        break
    except Refusal:
        pass
    yield "event: ended\ndata: -\n\n"
