"""Give each request an id and log its end: method, path, status, time; never a query string, a header or a body."""

from __future__ import annotations

import time
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = structlog.get_logger("homeward.request")
_SECRET = ("/attachments/", "/calendar/", "/confirm-address/")
"""Addresses that end with a secret: the log has them without it."""
_QUIET = frozenset({"/healthz", "/readyz"})


class RequestLog:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log how it ended."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        began = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                if all(name != b"x-request-id" for name, _ in headers):
                    headers.append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            if scope["path"] not in _QUIET:
                _log.info(
                    scope["type"],
                    method=scope.get("method", ""),
                    path=_without_secret(scope["path"]),
                    status=status,
                    ms=round((time.perf_counter() - began) * 1000, 1),
                    request_id=request_id,
                )


def _without_secret(path: str) -> str:
    begin = next((one for one in _SECRET if path.startswith(one)), None)
    return path if begin is None else f"{begin}*"
