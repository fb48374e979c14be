"""The own account: what to do next, what ends when and by which rule (000:229-240, POL-34)."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.account_pages import DEADLINE_COLUMNS
from admin_ui.doors import Visit
from admin_ui.registers import look_of
from admin_ui.tables import table_of
from resolvers.people import view_viewer
from rules.next_step import NextStep

_WHERE = {
    NextStep.CHANGE_PASSWORD: "/password",
    NextStep.ACCEPT_STATEMENT: "/statement",
    NextStep.CONFIRM_EMAIL: "/profile",
    NextStep.DECIDE_REQUESTS: "/access-requests",
    NextStep.REQUEST_ROLES: "/access-requests/new",
    NextStep.AWAIT_LSO: "/access-requests",
    NextStep.AWAIT_PROVISIONING: "/access-requests",
}


async def own_account_page(visit: Visit) -> Response:
    """Show the next step and every deadline of the own account, with the rule and its lines."""
    viewer = await view_viewer(visit.caller)
    step = viewer.next_step or NextStep.NOTHING
    return visit.show(
        "access/own_account.html",
        viewer=viewer,
        step=step,
        where=_WHERE.get(step, ""),
        deadlines=table_of(
            DEADLINE_COLUMNS, viewer.deadlines, look_of(visit), caption="What ends for your account, the nearest first"
        ),
    )
