"""GraphQL over HTTP, as the GraphQL-over-HTTP specification has it, for callers who are proven first.

Nobody is told anything before ``Callers.authenticate`` knows them: an anonymous request is answered 401 with its body
unread. A caller with a cookie is a page, so its request must come from our own origin; GET is for programs with a
bearer token, and for queries. Whatever the body holds, the answer is GraphQL's JSON with a code, never a 500.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Generic, Protocol, cast
from uuid import uuid4

import orjson
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http.websocket_origin import is_same_origin, normalize_origin
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from rules.errors import Denied, Refusal, TooMany, Unauthenticated
from schema.errors import BAD_REQUEST, INTERNAL, PublicError, Schema, masked, refused
from schema.fast_operations import Operations
from schema.ports import C, Callers, Close, Context, SocketRegistry, TransportLimits
from schema.sockets import OpenSockets, SocketAdapter, SocketHandler

__all__ = ["Callers", "Close", "Context", "GraphQLEndpoint", "OpenSockets", "SocketRegistry", "TransportLimits"]

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
_ALLOWED = {"GET": {OperationType.QUERY}, "POST": {OperationType.QUERY, OperationType.MUTATION}}


class Ide(Protocol):
    """The page that a browser gets at the endpoint's address."""

    def page(self, request: Request, *, signed_in: bool) -> Response:
        """Render the page; an anonymous visitor is only shown where to sign in."""

    def routes(self, path: str) -> list[BaseRoute]:
        """Give the routes of the page's files, for an endpoint at ``path``."""


class _Answer(Exception):  # noqa: N818 - it carries an answer out of the steps of a request
    def __init__(self, status: int, error: PublicError, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})


class GraphQLEndpoint(GraphQL[Any, None], Generic[C]):
    """The ASGI application at ``/graphql``: POST, GET for queries, websockets, and the IDE if there is one.

    Mount it with ``routes()``: a ``Mount`` would answer 307.
    """

    websocket_adapter_class = SocketAdapter
    graphql_transport_ws_handler_class = SocketHandler

    def __init__(
        self,
        schema: Schema,
        callers: Callers[C],
        *,
        sockets: SocketRegistry | None = None,
        ide: Ide | None = None,
        limits: TransportLimits | None = None,
        operations: Operations | None = None,
    ) -> None:
        self.transport_limits = limits or TransportLimits()
        super().__init__(
            schema,
            graphql_ide=None,
            multipart_uploads_enabled=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=self.transport_limits.init_patience,
            max_subscriptions_per_connection=None,
            allowed_origins=self.transport_limits.origins,
        )
        self.callers = callers
        self.sockets: SocketRegistry = OpenSockets() if sockets is None else sockets
        self.sockets_by_person: Counter[str] = Counter()
        self.ide = ide
        self.operations = operations

    def routes(self, path: str = "/graphql") -> list[BaseRoute]:
        """Give the routes of the endpoint: HTTP, websocket, and the files of the IDE."""
        files = self.ide.routes(path) if self.ide else []
        return [Route(path, self), WebSocketRoute(path, self), *files]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or talk on a websocket."""
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        request_id = str(getattr(request.state, "request_id", None) or uuid4().hex)
        try:
            response = await self._respond(request, request_id)
        except ClientDisconnect:
            return
        response.headers["x-request-id"] = request_id
        response.headers["cache-control"] = "no-store"
        response.headers["x-content-type-options"] = "nosniff"
        await response(scope, receive, send)

    async def recognise(self, connection: HTTPConnection, authorization: str | None) -> C:
        """Prove who calls: by the bearer token of an ``Authorization``, or without one by the page's cookie.

        Raises: Unauthenticated; Denied, with the code CSRF, for a cookie that another origin's page sent.
        """
        caller = await recognised(self.callers, connection, authorization)
        if authorization is None and not self._is_own_page(connection):
            raise Denied("A page of another origin may not use your session.", code="CSRF")
        return caller

    def encode_json(self, data: object) -> str:
        """Encode by orjson, or by the standard library what orjson does not know, such as very large integers."""
        return _encoded(data).decode()

    async def _respond(self, request: Request, request_id: str) -> Response:
        media_type = _media_type(request.headers.get("accept"))
        try:
            if self.ide and request.method == "GET" and _is_browser(request) and "query" not in request.query_params:
                return self.ide.page(request, signed_in=await self._is_signed_in(request))
            caller = await self._caller(request, request_id)
            if media_type is None:
                raise _Answer(406, refused(BAD_REQUEST, f"This endpoint answers {GRAPHQL_JSON} or {JSON}."))
            context = Context(caller=caller, request_id=request_id)
            result = await self._result(request, context)
        except _Answer as answer:
            body = {"errors": [answer.error.formatted]}
            return _json(body, media_type or JSON, answer.status, answer.headers)
        except ClientDisconnect:
            raise
        except Exception as fault:  # noqa: BLE001 - the last line of defence: what is left is a bug
            return _json({"errors": [masked(fault, request_id).formatted]}, media_type or JSON, 500)
        return _json(_formatted(result), media_type, _status(result, media_type))

    async def _result(self, request: Request, context: Context[C]) -> ExecutionResult:
        if request.method == "GET" or self.operations is None:
            body = b"" if request.method == "GET" else await self._body(request)
            return await self._execute(request.method, *self._operation(request, body), context)
        text = await self._body(request)
        known = self.operations.find(text)
        if known is not None:
            return await known.answer(cast("Any", context), self.operations.time)
        result = await self._execute(request.method, *self._operation(request, text), context)
        if not result.errors:
            self.operations.learn(text, context.lesson)
        return result

    async def _caller(self, request: Request, request_id: str) -> C:
        authorization = request.headers.get("authorization")
        try:
            caller = await self.recognise(request, authorization)
        except Unauthenticated as refusal:
            raise _Answer(401, _told(refusal), {"www-authenticate": "Bearer"}) from None
        except TooMany as refusal:
            raise _Answer(429, _told(refusal)) from None
        except Refusal as refusal:
            raise _Answer(403, _told(refusal)) from None
        except Exception as fault:  # noqa: BLE001 - whatever it is, this caller is not proven
            raise _Answer(500, masked(fault, request_id)) from None
        if request.method not in _ALLOWED:
            raise _Answer(405, refused(BAD_REQUEST, "Use POST, or GET for queries."), {"allow": "GET, POST"})
        if request.method == "GET" and authorization is None:
            raise _Answer(403, refused("CSRF", "GET is for programs with a bearer token: use POST."))
        return caller

    async def _is_signed_in(self, request: Request) -> bool:
        try:
            return await self.callers.authenticate(None, request) is not None
        except Refusal:
            return False

    def _is_own_page(self, connection: HTTPConnection) -> bool:
        """Tell whether a page of our own origin sent this: the browser must say so, and must not say otherwise."""
        origin, site = connection.headers.get("origin"), connection.headers.get("sec-fetch-site")
        if origin is None and site is None:
            return False
        if origin is None:
            return site == "same-origin"
        known = normalize_origin(origin) in self.allowed_origins
        return known or (is_same_origin(origin, connection.headers.get("host")) and site in (None, "same-origin"))

    def _operation(self, request: Request, body: bytes) -> tuple[str, dict[str, Any] | None, str | None]:
        if request.method == "GET":
            asked: dict[str, object] = dict(request.query_params)
            for name in ("variables", "extensions"):
                if asked.get(name):
                    asked[name] = _decoded(str(asked[name]).encode(errors="surrogatepass"))
                elif name in asked:
                    del asked[name]
        else:
            decoded = _decoded(body)
            if not isinstance(decoded, dict):
                raise _bad("The body must be one JSON object; batches are not answered.")
            asked = decoded
        query, variables, name_ = asked.get("query"), asked.get("variables"), asked.get("operationName")
        if not isinstance(query, str) or not query.strip():
            raise _bad("`query` must be a document.")
        if not isinstance(variables, dict | None):
            raise _bad("`variables` must be an object or null.")
        if not isinstance(name_, str | None):
            raise _bad("`operationName` must be a string or null.")
        if not isinstance(asked.get("extensions"), dict | None):
            raise _bad("`extensions` must be an object or null.")
        return query, variables, name_ or None

    async def _body(self, request: Request) -> bytes:
        media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
        charset = parameters.replace(" ", "").replace('"', "").removeprefix("charset=")
        if media_type.strip() != JSON or charset not in ("", "utf-8", "utf8") or "content-encoding" in request.headers:
            raise _Answer(415, refused(BAD_REQUEST, f"Send {JSON}, in UTF-8, not compressed."))
        limit = self.transport_limits.body_bytes
        too_large = _Answer(
            413, refused("TOO_MANY", f"A request holds at most {limit:,} bytes."), {"connection": "close"}
        )
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and (len(declared) > 12 or int(declared) > limit):
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(self.transport_limits.body_patience.total_seconds()):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > limit:
                        raise too_large
        except TimeoutError:
            late = refused("TIMEOUT", "The request did not arrive in time.")
            raise _Answer(408, late, {"connection": "close"}) from None
        return bytes(body)

    async def _execute(
        self, method: str, query: str, variables: dict[str, Any] | None, name: str | None, context: Context[C]
    ) -> ExecutionResult:
        try:
            return await self.schema.execute(
                query,
                variable_values=variables,
                context_value=context,
                operation_name=name,
                allowed_operation_types=_ALLOWED[method],
            )
        except InvalidOperationTypeError as fault:
            if fault.operation_type is OperationType.SUBSCRIPTION:
                raise _bad("A subscription needs a websocket.") from None
            raise _Answer(405, refused(BAD_REQUEST, "Mutations need POST."), {"allow": "POST"}) from None
        except CannotGetOperationTypeError:
            raise _bad("Which operation? `operationName` must name one of the document's.") from None
        except MissingQueryError:
            raise _bad("`query` must be a document.") from None


async def recognised(callers: Callers[C], connection: HTTPConnection, authorization: str | None) -> C:
    """Prove who calls, as ``GraphQLEndpoint.recognise`` does, wherever the request came from: for what changes nothing.

    Raises: Unauthenticated.
    """
    token: str | None = None
    if authorization is not None:
        scheme, _, token = authorization.strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Sign in first.")
    caller = await callers.authenticate(token, connection)
    if caller is None:
        raise Unauthenticated("Sign in first.")
    return caller


def _formatted(result: ExecutionResult) -> dict[str, object]:
    body: dict[str, object] = {}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    if result.data is not None or not _never_ran(result):
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def _never_ran(result: ExecutionResult) -> bool:
    return result.data is None and all(error.path is None for error in result.errors or ())


def _status(result: ExecutionResult, media_type: str) -> int:
    """Tell of a request that never ran by the status, where the caller's media type has room for that."""
    if media_type == JSON or not _never_ran(result):
        return 200
    codes = {(error.extensions or {}).get("code") for error in cast("list[GraphQLError]", result.errors)}
    return 500 if INTERNAL in codes else 504 if "TIMEOUT" in codes else 400


def _json(body: object, media_type: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        _encoded(body), status, {**(headers or {}), "content-type": f"{media_type}; charset=utf-8", "vary": "accept"}
    )


def _encoded(body: object) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body, separators=(",", ":"), ensure_ascii=True).encode()


def _decoded(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        # Its text would quote what was sent.
        raise _bad("The body is not JSON that can be read.") from None


def _bad(message: str) -> _Answer:
    return _Answer(400, refused(BAD_REQUEST, message))


def _told(refusal: Refusal) -> PublicError:
    return refused(refusal.code, refusal.message)


def _is_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _media_type(accept: str | None) -> str | None:
    """Choose what to answer with: plain JSON to those who did not ask, none if neither is accepted."""
    offers: list[tuple[float, int, str]] = []
    for part in (accept or "*/*").lower().split(","):
        accepted, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((_quality(it.removeprefix("q=")) for it in parameters if it.startswith("q=")), 1.0)
        if quality <= 0:
            continue
        if accepted in (JSON, GRAPHQL_JSON):
            offers.append((quality, 1, accepted))
        elif accepted in ("*/*", "application/*"):
            offers.append((quality, 0, JSON))
    # ``max`` keeps the first of equals: the order in which the caller named them.
    return max(offers, key=lambda offer: offer[:2])[2] if offers else None


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
