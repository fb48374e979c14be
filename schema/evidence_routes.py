"""The door for kept reports: ``GET /evidence/{number}.pdf`` and ``.html``, for whoever may read them (SAR-10, RSK-24).

Who calls is proven by bearer token, or by the cookie of our own page. A report is never kept by a browser; its HTML is
shown in a sandbox without scripts, forms and links to anywhere.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from resolvers.evidence import PrintForm, open_evidence
from resolvers.numbers import LAST_NUMBER
from schema.attachment_routes import Recognise
from schema.plain_answers import GUARDS, answered_plainly

_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox"


class EvidenceDoor:
    """The two routes; ``recognise`` proves who opens a report."""

    def __init__(self, recognise: Recognise) -> None:
        self._recognise = recognise

    def routes(self) -> list[Route]:
        """Give the two routes."""
        return [
            Route("/evidence/{number:int}.pdf", self.pdf, methods=["GET"]),
            Route("/evidence/{number:int}.html", self.html, methods=["GET"]),
        ]

    async def pdf(self, request: Request) -> Response:
        """Give the PDF, to be saved."""
        return await answered_plainly(request, self._pdf, "evidence.failed")

    async def html(self, request: Request) -> Response:
        """Show the page."""
        return await answered_plainly(request, self._html, "evidence.failed")

    async def _pdf(self, request: Request) -> Response:
        return await self._opened(request, PrintForm.PDF)

    async def _html(self, request: Request) -> Response:
        return await self._opened(request, PrintForm.HTML)

    async def _opened(self, request: Request, form: PrintForm) -> Response:
        caller = await self._recognise(request, request.headers.get("authorization"))
        number = request.path_params["number"]
        opened = await open_evidence(caller, min(number, LAST_NUMBER + 1), form)
        shown = {"content-security-policy": _SANDBOX} if form is PrintForm.HTML else {}
        saved = {"content-disposition": f'attachment; filename="{opened.name}"'} if form is PrintForm.PDF else {}
        headers = {**GUARDS, **shown, **saved, "content-type": opened.media_type, "etag": f'"{opened.sha256}"'}
        return Response(opened.body, 200, headers)
