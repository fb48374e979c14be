"""Help: the manual, which number answers now, and, for who has signed in, whom to ask at the nearest office.

Nobody has to sign in for the first two: who cannot sign in needs them most (000:9-20). People are named only to people
who are known (ACC-01).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from admin_ui.doors import Endpoint, answered, frame, request_id_of, status_of
from admin_ui.office import AdminOffice
from admin_ui.page_session import form_token, page_caller, session_token
from admin_ui.rendering import render
from resolvers.callers import Caller
from resolvers.help import TECHNICAL_REQUIREMENTS, public_support, view_help
from resolvers.people import list_counties
from rules.errors import NotFound

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def help_door(office: AdminOffice) -> Endpoint:
    """Make the help page."""

    async def enter(request: Request) -> Response:
        caller = await page_caller(office, request, request_id_of(request))
        token = session_token(office, request)
        context = frame(office, request, caller, form_token(token) if caller and token else "")
        known = await _for_caller(caller, request) if caller else {}
        more = {
            "support": await public_support(office.desk),
            "requirements": TECHNICAL_REQUIREMENTS,
            "weekdays": WEEKDAYS,
            "contacts": None,
            "counties": [],
            "county": "",
        }
        context |= more | known
        refusal = context["refusal"]
        return render("help/help.html", context, status=status_of(refusal)[0] if refusal else 200)

    return answered(office, enter)


async def _for_caller(caller: Caller, request: Request) -> dict[str, object]:
    county = request.query_params.get("county", "")
    refusal = None
    try:
        helps = await view_help(caller, county or None)
    except NotFound as unknown:
        refusal, county = unknown, ""
        helps = await view_help(caller)
    may_list = caller.actor.is_ready
    return {
        "contacts": helps.contacts,
        "counties": await list_counties(caller) if may_list else [],
        "county": county,
        "refusal": refusal,
    }
