"""How a door that is not GraphQL answers: a refusal with its code and sentence, a fault with the request id only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import uuid4

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from rules.errors import Conflict, Denied, Invalid, NotFound, Refusal, Unauthenticated

_STATUS: dict[type[Refusal], int] = {Unauthenticated: 401, Denied: 403, NotFound: 404, Conflict: 409, Invalid: 422}
_STATUS_BY_CODE = {
    "ATTACHMENT_TOO_LARGE": 413,
    "ATTACHMENT_TOO_SLOW": 408,
    "BAD_REQUEST": 400,
    "CONTENT_ENCODING": 415,
}
GUARDS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""Headers of whatever leaves by such a door: kept nowhere, shown in no page, run by nobody."""

_log = structlog.get_logger("homeward.doors")


async def answered_plainly(
    request: Request, answer: Callable[[Request], Awaitable[Response]], when_failed: str
) -> Response:
    """Answer a refusal with its code and sentence, a fault with the request id only."""
    try:
        return await answer(request)
    except Refusal as refusal:
        status = _STATUS_BY_CODE.get(refusal.code) or _STATUS.get(type(refusal), 429)
        return _refused(request, status, refusal.code, refusal.message, refusal.field)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads it
    except Exception:  # noqa: BLE001 - the last door: masked for the caller, told to the log
        request_id = str(getattr(request.state, "request_id", None) or uuid4().hex)
        _log.exception(when_failed, request_id=request_id)
        return _refused(request, 500, "INTERNAL", f"Something went wrong. Tell support the request id {request_id}.")


def _refused(request: Request, status: int, code: str, message: str, field: str | None = None) -> Response:
    # A body that was not read to its end would be taken for the next request.
    more = {"connection": "close"} if request.method == "POST" else {}
    if status == 401:
        more["www-authenticate"] = "Bearer"
    if "text/html" in request.headers.get("accept", ""):
        return Response(message, status, {**GUARDS, **more, "content-type": "text/plain; charset=utf-8"})
    error = {"code": code, "message": message} | ({"field": field} if field else {})
    return json_answer({"error": error}, status, **more)


def json_answer(content: object, status: int, **headers: str) -> Response:
    """Answer JSON that nobody keeps."""
    return Response(orjson.dumps(content), status, {**GUARDS, **headers, "content-type": "application/json"})
