"""What the house tells: one's own mailbox."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.doors import Visit
from admin_ui.filters import Asked
from admin_ui.leads import WANTED
from admin_ui.live import note_seen
from admin_ui.registers import Register, show_register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.line_views import NotificationView
from resolvers.mailboxes import count_unseen, read_mailbox
from resolvers.paging import Page


async def _lines(caller: Caller, _: Asked, first: int, after: str | None) -> Page[NotificationView]:
    return await read_mailbox(caller, first=first, after=after, wanted=WANTED)


NOTIFICATIONS = Register(
    path="/notifications",
    title="Notifications",
    about="Your own mailbox, the newest line first.",
    one="line",
    rows=_lines,
    columns=(
        Column("News", lambda line: line.title, "delivery/cells.html:news"),
        Column(
            "Referrals", lambda line: line.referral_number or line.referral_numbers, "delivery/cells.html:referrals"
        ),
        Column("When", lambda line: line.at, tight=True),
    ),
    empty="Nothing yet. News of referrals that concern you come here and by e-mail.",
    live=True,
)


async def notifications_page(visit: Visit) -> Response:
    """List the lines of the person's own mailbox; from here on the badge counts anew."""
    _, last = await count_unseen(visit.caller, None)
    response = await show_register(visit, NOTIFICATIONS, {"shown_until": last})
    note_seen(visit, response, last)
    return response
