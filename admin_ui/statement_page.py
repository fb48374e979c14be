"""The confidentiality statement: shown after signing in, and accepted before anything else is seen (000:253)."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.doors import Visit, go_to
from admin_ui.forms import local_path
from resolvers.statements import accept_statement, view_statement
from rules.errors import Conflict


async def statement_page(visit: Visit) -> Response:
    """Show the statement, or take its acceptance; a newer text than the one that was read is shown instead."""
    onward = local_path(visit.fields.raw("next"))
    refusal: Conflict | None = None
    if visit.request.method == "POST":
        try:
            await accept_statement(visit.caller, visit.fields.raw("version")[:20])
        except Conflict as outdated:
            refusal = outdated
        else:
            return go_to(onward)
    statement = await view_statement(visit.caller)
    return visit.show("sign_on/statement.html", refusal=refusal, onward=onward, statement=statement)
