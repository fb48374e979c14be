"""Forms for whoever has not signed in, bound to the browser that asked for the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admin_ui.doors import frame
from admin_ui.forms import Fields, read_form
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


async def visitor_fields(office: AdminOffice, request: Request) -> Fields:
    """Read the form of a visitor.

    Raises:
        Denied: another site has sent it, or it was not made for this browser.
        Invalid: ``FORM_MALFORMED``.
    """
    check_same_origin(office, request)
    fields = await read_form(request)
    check_visitor(office, request, fields)
    return fields


def check_visitor(office: AdminOffice, request: Request, fields: Fields) -> None:
    """Let a form pass that was made for this browser.

    Raises:
        Denied: ``FORM_TOKEN``.
    """
    check_form(visitor_token(office, request), fields.raw(FORM_FIELD))


def show_to_visitor(
    office: AdminOffice, request: Request, template: str, shown: Mapping[str, Any], *, status: int = 200
) -> Response:
    """Show a page with a form to somebody who has not signed in."""
    visitor = visitor_token(office, request) or office.desk.secrets.token()
    context = frame(office, request, csrf=form_token(visitor)) | dict(shown)
    response = render(template, context, status=status)
    keep_cookie(office, response, visitor_cookie_name(secure=office.secure_cookies), visitor)
    return response
