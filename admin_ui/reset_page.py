"""Cannot sign in? Whom to call now, and a form that asks the support desk for a reset (000:9-20).

Everybody hears the same, so that nobody can find out which user IDs exist. The form is bound to the browser.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from admin_ui.doors import Endpoint, answered, frame, request_id_of
from admin_ui.forms import read_form
from admin_ui.office import AdminOffice
from admin_ui.page_session import (
    FORM_FIELD,
    check_form,
    check_same_origin,
    form_token,
    keep_cookie,
    visitor_cookie_name,
    visitor_token,
)
from admin_ui.rendering import render
from resolvers.help import public_support
from resolvers.resets import RESET_ASKED, ask_for_reset


def reset_door(office: AdminOffice) -> Endpoint:
    """Make the page: GET shows the number to call and the form, POST takes the wish."""

    async def enter(request: Request) -> Response:
        asked = ""
        if request.method == "POST":
            check_same_origin(office, request)
            fields = await read_form(request)
            check_form(visitor_token(office, request), fields.raw(FORM_FIELD))
            await ask_for_reset(office.desk, fields.raw("userId"), request_id_of(request))
            asked = RESET_ASKED
        visitor = visitor_token(office, request) or office.desk.secrets.token()
        context = frame(office, request, csrf=form_token(visitor))
        context |= {"asked": asked, "support": await public_support(office.desk)}
        response = render("sign_on/cannot_sign_in.html", context, status=202 if asked else 200)
        keep_cookie(office, response, visitor_cookie_name(secure=office.secure_cookies), visitor)
        return response

    return answered(office, enter)
