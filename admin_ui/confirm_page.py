"""Confirm an e-mail address with the link from a letter, without signing in (001:70; 001:95; 000:302-310).

The letter itself proves who one is. Opening the link shows what it would confirm; only the button does it, so that a
mail program that opens links ahead confirms nothing. The form is bound to the browser that asked for the page.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from admin_ui.doors import Endpoint, answered, frame, request_id_of
from admin_ui.office import AdminOffice
from admin_ui.rendering import render
from admin_ui.visitor_forms import show_to_visitor, visitor_fields
from resolvers.callers import Caller, house
from resolvers.email_confirmations import confirm_contact_email, view_confirmation
from resolvers.profile import confirm_address, is_address_change, view_address_change


def confirm_door(office: AdminOffice) -> Endpoint:
    """Make the page of the link: GET shows, POST confirms."""

    async def enter(request: Request) -> Response:
        caller = Caller(office.desk, house(office.desk, "confirm-page").actor, None, request_id_of(request))
        token = request.path_params["token"]
        if request.method == "POST":
            await visitor_fields(office, request)
            of_user = await is_address_change(token)
            await (confirm_address(caller, token) if of_user else confirm_contact_email(caller, token))
            return render("sign_on/address_confirmed.html", frame(office, request) | {"of_user": of_user})
        of_user = await is_address_change(token)
        asked = await view_address_change(caller, token) if of_user else await view_confirmation(caller, token)
        shown = {"asked": asked, "token": token, "of_user": of_user}
        return show_to_visitor(office, request, "sign_on/confirm_address.html", shown)

    return answered(office, enter)
