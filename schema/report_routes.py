"""The door for reports: ``GET /reports/access.csv`` gives the access report of a person as a sheet (002:223)."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from resolvers.access_report_export import begin_report_export, report_sheet
from rules.errors import Invalid
from schema.attachment_routes import Recognise
from schema.plain_answers import GUARDS, answered_plainly, json_answer


class ReportDoor:
    """The route; ``recognise`` proves who asks, by bearer token or by the cookie of our own page."""

    def __init__(self, recognise: Recognise) -> None:
        self._recognise = recognise

    def routes(self) -> list[Route]:
        """Give the route."""
        return [Route("/reports/access.csv", self.access_report, methods=["GET"])]

    async def access_report(self, request: Request) -> Response:
        """Give the report of ``?userId=``, from ``from`` to ``to``, both days included; 30 days without them."""
        return await answered_plainly(request, self._access_report, "report.failed")

    async def _access_report(self, request: Request) -> Response:
        if request.method != "GET":  # Starlette gives a route for GET to HEAD too: that would write down an export
            return json_answer({"error": {"code": "BAD_REQUEST", "message": "Use GET."}}, 405, allow="GET")
        caller = await self._recognise(request, request.headers.get("authorization"))
        asked = request.query_params
        export = await begin_report_export(caller, asked.get("userId", ""), _day(request, "from"), _day(request, "to"))
        name = f"access-{export.user_id}-{export.period.first}-{export.period.last}.csv"
        headers = {**GUARDS, "content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(report_sheet(export), 200, headers, "text/csv; charset=utf-8")


def _day(request: Request, name: str) -> date | None:
    """Read a day of the address.

    Raises:
        Invalid: ``DATE_MALFORMED``.
    """
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("Write a day as 2026-03-31.", code="DATE_MALFORMED", field=name) from None
