"""Cannot sign in? Whom to call now, and a form that asks the support desk for a reset (000:9-20).

Everybody hears the same, so that nobody can find out which user IDs exist. The form is bound to the browser.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from admin_ui.doors import Endpoint, answered, request_id_of
from admin_ui.office import AdminOffice
from admin_ui.visitor_forms import show_to_visitor, visitor_fields
from resolvers.help import public_support
from resolvers.resets import RESET_ASKED, ask_for_reset


def reset_door(office: AdminOffice) -> Endpoint:
    """Make the page: GET shows the number to call and the form, POST takes the wish."""

    async def enter(request: Request) -> Response:
        asked = ""
        if request.method == "POST":
            fields = await visitor_fields(office, request)
            await ask_for_reset(office.desk, fields.raw("userId"), request_id_of(request))
            asked = RESET_ASKED
        shown = {"asked": asked, "support": await public_support(office.desk)}
        return show_to_visitor(office, request, "sign_on/cannot_sign_in.html", shown, status=202 if asked else 200)

    return answered(office, enter)
