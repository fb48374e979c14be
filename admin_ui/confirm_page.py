"""Confirm an e-mail address with the link from a letter, without signing in (001:70; 001:95; 000:302-310).

The letter itself proves who one is. Opening the link shows what it would confirm; only the button does it, so that a
mail program that opens links ahead confirms nothing. The form is bound to the browser that asked for the page.
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
from resolvers.callers import Caller, house
from resolvers.email_confirmations import confirm_contact_email, view_confirmation
from resolvers.profile import confirm_address, is_address_change, view_address_change


def confirm_door(office: AdminOffice) -> Endpoint:
    """Make the page of the link: GET shows, POST confirms."""

    async def enter(request: Request) -> Response:
        caller = Caller(office.desk, house(office.desk, "confirm-page").actor, None, request_id_of(request))
        token = request.path_params["token"]
        if request.method == "POST":
            check_same_origin(office, request)
            fields = await read_form(request)
            check_form(visitor_token(office, request), fields.raw(FORM_FIELD))
            of_user = await is_address_change(token)
            await (confirm_address(caller, token) if of_user else confirm_contact_email(caller, token))
            return render("sign_on/address_confirmed.html", frame(office, request) | {"of_user": of_user})
        of_user = await is_address_change(token)
        asked = await view_address_change(caller, token) if of_user else await view_confirmation(caller, token)
        visitor = visitor_token(office, request) or office.desk.secrets.token()
        context = frame(office, request, csrf=form_token(visitor)) | {
            "asked": asked,
            "token": token,
            "of_user": of_user,
        }
        response = render("sign_on/confirm_address.html", context)
        keep_cookie(office, response, visitor_cookie_name(secure=office.secure_cookies), visitor)
        return response

    return answered(office, enter)
