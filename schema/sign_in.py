"""The door for programs: sign in, sign out, ask for a reset; plain JSON, so that nobody guesses by aliases."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from resolvers.callers import Desk
from resolvers.resets import RESET_ASKED, ask_for_reset
from resolvers.sessions import authenticate, sign_in, sign_out
from rules.errors import Invalid, Refusal, TooMany, Unauthenticated

DEVICE_HEADER = "x-homeward-device"
"""Where a program sends the token of a device that it cannot put into the body."""

_BODY_LIMIT = 16 * 1024
_BODY_SECONDS = 10


class SignInDoor:
    """``POST /auth/sign-in``, ``POST /auth/sign-out`` and ``POST /auth/request-reset``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Give the routes."""
        return [
            Route("/auth/sign-in", self.sign_in, methods=["POST"]),
            Route("/auth/sign-out", self.sign_out, methods=["POST"]),
            Route("/auth/request-reset", self.request_reset, methods=["POST"]),
        ]

    async def sign_in(self, request: Request) -> Response:
        """Answer a session for ``{userId, password}``.

        ``acceptStatement`` names the version of the confidentiality statement that the person has read and accepts;
        ``deviceToken``, or the header ``X-Homeward-Device``, is what an earlier answer gave to this device. The answer
        has ``token``, ``expiresAt``, ``mustChangePassword``, ``mustAcceptStatement`` with the ``statementVersion`` that
        is to be accepted, and a ``deviceToken`` to be kept when the device was not known.
        """
        try:
            given = await _body(request)
            session = await sign_in(
                self._desk,
                *_credentials(given),
                device=request.headers.get("user-agent", ""),
                request_id=_request_id(request),
                device_token=_text(given, "deviceToken") or request.headers.get(DEVICE_HEADER),
                accepts=_text(given, "acceptStatement"),
            )
        except Refusal as refusal:
            return _refused(refusal)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        return _json(
            {
                "token": session.token,
                "expiresAt": session.expires_at.isoformat(),
                "mustChangePassword": session.must_change_password,
                "mustAcceptStatement": session.statement_version is not None,
                "statementVersion": session.statement_version,
                "deviceToken": session.device_token,
            }
        )

    async def request_reset(self, request: Request) -> Response:
        """Take ``{userId}`` of somebody who cannot sign in; the answer is 202 and the same for everybody."""
        try:
            user_id = _text(await _body(request), "userId")
            if user_id is None:
                raise Invalid("Send userId.", code="BAD_REQUEST")
            await ask_for_reset(self._desk, user_id, _request_id(request))
        except Refusal as refusal:
            return _refused(refusal)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        return _json({"message": RESET_ASKED}, 202)

    async def sign_out(self, request: Request) -> Response:
        """End the session of the bearer token; its live connections close."""
        try:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not token.strip():
                raise Unauthenticated("Please sign in.")
            caller = await authenticate(self._desk, token.strip(), _request_id(request))
            await sign_out(caller)
        except Refusal as refusal:
            return _refused(refusal)
        return Response(status_code=204, headers=_HEADERS)


_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


async def _body(request: Request) -> dict[str, object]:
    """Read a small JSON object.

    Raises:
        Invalid: it is something else, or did not arrive in time.
        TooMany: it is larger than 16 KiB.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Invalid("Send application/json.", code="MEDIA_TYPE")
    body = b""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _BODY_LIMIT:
                    raise TooMany("This request is too large.", code="TOO_LARGE")
    except TimeoutError as fault:
        raise Invalid("This request did not arrive in time.", code="TIMEOUT") from fault
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise Invalid("This is not JSON.", code="BAD_REQUEST") from fault
    if not isinstance(given, dict):
        raise Invalid("Send a JSON object.", code="BAD_REQUEST")
    return given


def _credentials(given: dict[str, object]) -> tuple[str, str]:
    user_id, password = _text(given, "userId"), _text(given, "password")
    if user_id is None or password is None:
        raise Invalid("Send userId and password.", code="BAD_REQUEST")
    return user_id, password


def _text(given: dict[str, object], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise Invalid(f"{name} is a text.", code="BAD_REQUEST")
    return value


_STATUS = {"TIMEOUT": 408, "TOO_LARGE": 413, "MEDIA_TYPE": 415}


def _refused(refusal: Refusal) -> Response:
    status = _STATUS.get(refusal.code)
    if status is None:
        status = 401 if isinstance(refusal, Unauthenticated) else 429 if isinstance(refusal, TooMany) else 400
    return _json({"error": {"code": refusal.code, "message": refusal.message}}, status)


def _json(content: object, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, headers={**_HEADERS, "content-type": "application/json"})


def _request_id(request: Request) -> str:
    return str(getattr(request.state, "request_id", None) or uuid4().hex)
