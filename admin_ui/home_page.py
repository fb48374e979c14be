"""The home page: what waits for this person, what is due, what is overdue."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from admin_ui.doors import Visit
from admin_ui.leads import WANTED
from admin_ui.trail_waiting import TRAIL_PROVIDERS
from admin_ui.waiting import Tone, all_waiting, in_order
from admin_ui.waiting_rooms import PROVIDERS, deadlines_waiting
from resolvers.line_views import line_cursor
from resolvers.mailboxes import read_mailbox
from resolvers.people import view_viewer

_NEWS = 6


async def home_page(visit: Visit) -> Response:
    """Show what waits in each room, the newest lines of the mailbox, and where to go."""
    # The mailbox first: what comes while the rest is counted is newer than the page, and the stream tells it at once.
    news = await read_mailbox(visit.caller, first=_NEWS, wanted=WANTED)
    waiting, viewer = await asyncio.gather(
        all_waiting(visit.caller, (*PROVIDERS, *TRAIL_PROVIDERS)),
        view_viewer(visit.caller, wanted={"deadlines"}),
    )
    now = visit.caller.desk.clock()
    waiting = in_order([*waiting, *deadlines_waiting(viewer, now)])
    return visit.show(
        "home.html",
        viewer=viewer,
        pressing=[one for one in waiting if one.tone is not Tone.CALM],
        calm=[one for one in waiting if one.tone is Tone.CALM],
        now=now,
        news=news.nodes,
        shown_until=news.cursors[0] if news.cursors else line_cursor(0),
    )
