"""The doors for files: ``POST /attachments`` takes a document in, ``GET /attachments/{token}`` opens one, once.

Not multipart, which pages of other origins could forge: the body is the file. Who calls is proven before a byte of it
is read, by bearer token or by the cookie of our own page, as at the GraphQL endpoint.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, unquote_to_bytes

import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from resolvers.attachment_links import OpenedFile, read_attachment, use_link
from resolvers.attachments import Upload, add_attachment
from resolvers.callers import Caller
from rules.errors import Invalid, Refusal, TooMany
from rules.referrals import AttachmentKind
from schema.ids import to_global
from schema.plain_answers import GUARDS, answered_plainly, json_answer

Recognise = Callable[[HTTPConnection, str | None], Awaitable[Caller]]
"""Proves who calls, by an ``Authorization`` or the page's cookie; a cookie counts from our own pages only."""

_LONGEST_NAME_HEADER = 2000
_LONGEST_NUMBER = 10

_log = structlog.get_logger("homeward.attachments")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a sender or a reader may take, for the next piece and for the whole file, and how many may send."""

    piece: timedelta = timedelta(seconds=15)
    whole: timedelta = timedelta(minutes=5)
    at_once: int = 16
    """How many documents one process takes in at the same moment; each costs up to two megabytes of memory."""


class AttachmentDoor:
    """The two routes; ``recognise`` proves who sends, ``recognise_reader`` who opens a link."""

    def __init__(self, recognise: Recognise, recognise_reader: Recognise, patience: Patience | None = None) -> None:
        self._recognise = recognise
        self._recognise_reader = recognise_reader
        self._patience = patience or Patience()
        self._under_way = 0

    def routes(self) -> list[Route]:
        """Give the two routes."""
        return [
            Route("/attachments", self.upload, methods=["POST"]),
            Route("/attachments/{token}", self.download, methods=["GET"]),
        ]

    async def upload(self, request: Request) -> Response:
        """Take a document in: the body is the file, ``X-File-Name`` its name, the address its referral and kind."""
        return await answered_plainly(request, self._upload, "attachment.failed")

    async def download(self, request: Request) -> Response:
        """Give a document to whoever the link was made for; a range that is asked for is ignored."""
        return await answered_plainly(request, self._download, "attachment.failed")

    async def _upload(self, request: Request) -> Response:
        caller = await self._recognise(request, request.headers.get("authorization"))
        if "content-encoding" in request.headers:
            raise Invalid("Send the file as it is, not compressed.", code="CONTENT_ENCODING")
        if self._under_way >= self._patience.at_once:
            raise TooMany("Too many documents are being sent. Try again in a minute.", code="ATTACHMENT_BUSY")
        self._under_way += 1
        try:
            added = await add_attachment(caller, _announced(request), _body(request, self._patience))
        finally:
            self._under_way -= 1
        shown = {
            "id": to_global("Attachment", added.id),
            "kind": added.kind,
            "fileName": added.file_name,
            "mediaType": added.media_type,
            "size": added.size,
            "state": added.state,
            "uploadedAt": added.uploaded_at.isoformat(),
        }
        return json_answer({"attachment": shown}, 201)

    async def _download(self, request: Request) -> Response:
        if request.method != "GET":  # Starlette gives a route for GET to HEAD too: that would use the link up
            return json_answer({"error": {"code": "BAD_REQUEST", "message": "Use GET."}}, 405, allow="GET")
        caller = await self._recognise_reader(request, request.headers.get("authorization"))
        opened = await use_link(caller, request.path_params["token"])
        content = read_attachment(caller, opened)
        first = await anext(content)  # proven before the answer begins, so that most damage has a status of its own
        return _Download(opened, first, content, self._patience)


class _Download(Response):
    """A file on its way; when it proves damaged in the middle, or nobody takes it, the connection is cut."""

    def __init__(self, opened: OpenedFile, first: bytes, rest: AsyncGenerator[bytes, None], patience: Patience) -> None:
        super().__init__(
            None,
            200,
            {
                **GUARDS,
                "content-type": opened.media_type,
                "content-disposition": f"attachment; filename*=UTF-8''{quote(opened.file_name, safe='')}",
                "content-length": str(opened.size),
                "accept-ranges": "none",
            },
        )
        self._opened = opened
        self._first = first
        self._rest = rest
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the form of ASGI
        """Send it. Whoever leaves the last message out tells the server to cut the connection."""
        async with aclosing(self._rest) as rest:
            try:
                async with asyncio.timeout(self._patience.whole.total_seconds()):
                    await self._send(send, rest)
            except Refusal:
                return  # written down and logged where it was found
            except TimeoutError:
                _log.warning("attachment.reader_too_slow", attachment=str(self._opened.attachment_id))
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, rest: AsyncIterator[bytes]) -> None:
        piece_seconds = self._patience.piece.total_seconds()
        async with asyncio.timeout(piece_seconds):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": self._first, "more_body": True})
        async for piece in rest:
            async with asyncio.timeout(piece_seconds):
                await send({"type": "http.response.body", "body": piece, "more_body": True})


def _announced(request: Request) -> Upload:
    """Read what is said about the file.

    Raises:
        Invalid: the referral, the kind or the name cannot be read.
    """
    number, kind = request.query_params.get("referral", ""), request.query_params.get("kind", "")
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
        raise Invalid("Say of which referral, such as ?referral=1042.", code="NUMBER_MALFORMED", field="referral")
    if kind not in AttachmentKind.__members__:
        known = ", ".join(AttachmentKind)
        raise Invalid(f"Say what it is: {known}.", code="ATTACHMENT_KIND", field="kind")
    size = request.headers.get("content-length", "")
    return Upload(
        number=int(number),
        kind=AttachmentKind(kind),
        file_name=_file_name(request.headers.get("x-file-name", "")),
        media_type=request.headers.get("content-type", ""),
        declared_size=int(size) if size.isascii() and size.isdigit() and len(size) <= 18 else None,
    )


def _file_name(header: str) -> str:
    """Read the name: percent-encoded UTF-8, with or without ``UTF-8''`` in front (RFC 8187).

    Raises:
        Invalid: ``ATTACHMENT_NAME``.
    """
    charset, mark, encoded = header.partition("''")
    text = encoded if mark and charset.lower() == "utf-8" else header
    try:
        if not (text.isascii() and len(header) <= _LONGEST_NAME_HEADER):
            raise ValueError("not percent-encoded")
        return unquote_to_bytes(text).decode("utf-8", errors="strict")
    except ValueError:
        raise Invalid(
            "Send the file's name as X-File-Name, percent-encoded UTF-8.", code="ATTACHMENT_NAME", field="fileName"
        ) from None


async def _body(request: Request, patience: Patience) -> AsyncIterator[bytes]:
    """Give the body piece by piece, to a sender who is not too slow.

    Raises:
        TooMany: ``ATTACHMENT_TOO_SLOW``.
    """
    deadline = asyncio.get_running_loop().time() + patience.whole.total_seconds()
    async with aclosing(request.stream()) as stream:
        while True:
            left = min(patience.piece.total_seconds(), deadline - asyncio.get_running_loop().time())
            try:
                async with asyncio.timeout(left):
                    piece = await anext(stream, None)
            except TimeoutError:
                raise TooMany("The file came in too slowly.", code="ATTACHMENT_TOO_SLOW") from None
            if piece is None:
                return
            if piece:
                yield piece
