"""GraphQL over websockets, by the graphql-transport-ws protocol, for people who may vanish at any moment.

A socket belongs to one session. It closes with 4400 on a malformed frame, 4401 on an operation before the handshake,
4403 when nobody is proven or the session has ended, 4408 without a handshake in time, 4410 when its reader is too
slow (resume by cursor), 4429 when the person has too many.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from starlette.websockets import WebSocketDisconnected as StarletteDisconnected
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.schema.base import BaseSchema
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

from rules.errors import Refusal
from schema.errors import masked, refused
from schema.ports import WIRE, Close, Context, WayOut, Wire
from schema.way_out import SocketWayOut

if TYPE_CHECKING:
    from schema.transport import GraphQLEndpoint

FORBIDDEN = (4403, "Forbidden")
_REASON_BYTES = 120
_RUNNING: ContextVar[asyncio.Task[Any] | None] = ContextVar("running_operation", default=None)
"""The task of the operation that is running, known to the tasks that it starts too."""


class OpenSockets:
    """The websockets that are open in this process, by session."""

    def __init__(self) -> None:
        self._closing: defaultdict[str, set[Close]] = defaultdict(set)

    def register(self, session_key: str, close: Close) -> None:
        """Take note of an open websocket."""
        self._closing[session_key].add(close)

    def unregister(self, session_key: str, close: Close) -> None:
        """Forget a websocket; it may have been forgotten before."""
        self._closing[session_key].discard(close)
        if not self._closing[session_key]:
            del self._closing[session_key]

    async def close_session(self, session_key: str, code: int = 4403, reason: str = "Forbidden") -> int:
        """End the websockets of a session that is over; give their number. Takes about a second at most."""
        closing = self._closing.pop(session_key, set())
        await asyncio.gather(*(close(code, reason) for close in closing))
        return len(closing)

    async def close_all(self, code: int = 1012, reason: str = "Service restart") -> None:
        """End every websocket, for a shutdown that does not wait for slow readers."""
        await asyncio.gather(*(self.close_session(key, code, reason) for key in list(self._closing)))

    def __len__(self) -> int:
        return sum(map(len, self._closing.values()))


class SocketAdapter(ASGIWebSocketAdapter):
    """A websocket that closes once, whose frames and whose patience are bounded."""

    view: GraphQLEndpoint[Any]

    def __init__(self, view: Any, request: WebSocket, response: WebSocket) -> None:
        super().__init__(view, request, response)
        self.wire: Wire | None = request.scope.get("extensions", {}).get(WIRE)
        self.closing = False
        self._over = asyncio.Event()

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:  # noqa: ARG002
        """Give the messages until either side closes."""
        over = asyncio.create_task(self._over.wait())
        try:
            while not self._over.is_set():
                receiving = asyncio.create_task(self.ws.receive_text())
                try:
                    await asyncio.wait({receiving, over}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    if not receiving.done():
                        receiving.cancel()
                        with suppress(asyncio.CancelledError):
                            await receiving
                if receiving.cancelled():
                    return
                text = receiving.result()
                if self.closing:
                    continue
                if len(text.encode(errors="surrogatepass")) > self.view.transport_limits.frame_bytes:
                    await self.close(1009, "Message too big")
                    return
                yield orjson.loads(text)
        except orjson.JSONDecodeError as fault:
            raise NonJsonMessageReceived from fault
        except KeyError as fault:
            raise NonTextMessageReceived from fault
        except (WebSocketDisconnect, StarletteDisconnected):
            self._begin_to_close()
        finally:
            over.cancel()

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send a message; a reader who leaves it unread for too long loses the socket."""
        await self.send_text(self.view.encode_json(message))

    async def send_text(self, text: str) -> None:
        """Send a message that is written already."""
        if self.closing:
            raise WebSocketDisconnected
        try:
            async with asyncio.timeout(self.view.transport_limits.send_patience.total_seconds()) as patience:
                await self.ws.send_text(text)
        except (WebSocketDisconnect, StarletteDisconnected) as gone:
            raise WebSocketDisconnected from gone
        except TimeoutError:
            if patience.expired():
                await self.close(4410, "Too slow: connect again and resume")
            raise WebSocketDisconnected from None

    async def close(self, code: int, reason: str) -> None:
        """Close the socket once; the first code counts, and a reader who does not listen is not waited for."""
        if self.closing:
            return
        self._begin_to_close()
        try:
            async with asyncio.timeout(self.view.transport_limits.close_patience.total_seconds()):
                await self.ws.close(code, reason.encode()[:_REASON_BYTES].decode(errors="ignore"))
        except (TimeoutError, WebSocketDisconnect, StarletteDisconnected):
            self.ws.application_state = WebSocketState.DISCONNECTED
        finally:
            self._over.set()

    def _begin_to_close(self) -> None:
        self.closing = True
        if self.wire is not None:
            self.wire.cut()


class SocketHandler(BaseGraphQLTransportWSHandler[Any, None]):
    """The conversation on one socket: who it is, what may be asked, and its end."""

    view: GraphQLEndpoint[Any]
    websocket: SocketAdapter

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.schema = cast("BaseSchema", _SchemaForOneSocket(given["schema"], self))
        self.connection: WebSocket = self.websocket.ws
        self.caller: Any = None
        self.registered: str | None = None
        self.ended_by: asyncio.Task[None] | None = None
        self.end: Close = self._end
        self._ways_out: dict[str, SocketWayOut] = {}

    async def handle(self) -> None:
        """Talk until the socket closes, whatever comes; a bug closes it with 1011 and is logged masked."""
        try:
            await super().handle()
        except Exception as fault:  # noqa: BLE001 - a bug must not end as a traceback with the frame in it
            await self._broken(fault)

    async def handle_message(self, message: Message) -> None:
        """Let only well-formed messages through."""
        if not _well_formed(message):
            await self.handle_invalid_message("Malformed message")
        else:
            await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Prove who calls, before anything is answered."""
        if self.connection_init_received:
            await self.websocket.close(4429, "Too many initialisation requests")
            return
        self.connection_init_received = True
        if self.connection_init_timeout_task:
            self.connection_init_timeout_task.cancel()
        try:
            self.caller = await self.view.recognise(self.connection, _authorization(message.get("payload")))
        except Refusal:
            await self.websocket.close(*FORBIDDEN)
            return
        except Exception as fault:  # noqa: BLE001 - whatever it is, this caller is not proven
            await self._broken(fault)
            return
        if not self._admitted():
            await self.websocket.close(4429, "Too many websockets")
            return
        self.connection_acknowledged = True
        await self.send_message({"type": "connection_ack"})

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Start an operation, if the socket has room for one more."""
        limit = self.view.transport_limits.operations_per_socket
        if self.connection_acknowledged and message["id"] not in self.operations and len(self.operations) >= limit:
            error = refused("TOO_MANY", f"A websocket carries at most {limit} operations at a time.")
            await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
        else:
            await super().handle_subscribe(message)

    async def handle_task_exception(self, error: Exception) -> None:
        """Log a bug masked; that a subscriber has gone is none."""
        if not self.websocket.closing:
            masked(error, uuid4().hex)

    def forget_id(self, id: str) -> None:
        """Forget an operation that is over."""
        self._end_way_out(id)
        super().forget_id(id)

    async def cleanup_operation(self, operation_id: str) -> None:
        """Stop an operation: it sends nothing more, though its task ends only later."""
        self._end_way_out(operation_id)
        await super().cleanup_operation(operation_id)

    async def shutdown(self) -> None:
        """Stop every operation and forget the socket."""
        if self.registered is not None:
            self.view.sockets.unregister(self.registered, self.end)
            self.registered = None
            self.view.sockets_by_person[self.view.callers.person_of(self.caller)] -= 1
            self.view.sockets_by_person += Counter()  # drops the people who have none left
        last_word = self.ended_by
        for operation in [it for it in self.operations.values() if it.task is last_word]:
            self._end_way_out(operation.id)
            del self.operations[operation.id]
        await super().shutdown()
        if last_word:
            with suppress(Exception, asyncio.CancelledError):
                await last_word

    async def still_welcome(self, *, working: bool) -> bool:
        """Prove the caller again, as of this moment; when the session has ended, the socket closes at once."""
        if not self.websocket.closing:
            caller = await self.view.callers.renew(self.caller, working=working)
            if caller is not None:
                self.caller = caller
                return True
        await self.websocket.close(*FORBIDDEN)
        return False

    def fresh_context(self) -> Context[Any]:
        """Make the context of one operation."""
        return Context(caller=self.caller, request_id=uuid4().hex)

    def way_out(self) -> WayOut | None:
        """Give the way out for the events of the operation that is running, where the server offers one."""
        wire, running = self.websocket.wire, asyncio.current_task()
        operation = next((it for it in self.operations.values() if it.task is running), None)
        if wire is None or operation is None or self.view.operations is None:
            return None
        way_out = self._ways_out[operation.id] = SocketWayOut(self.websocket, wire, operation.id)
        return way_out

    def _end_way_out(self, operation_id: str) -> None:
        way_out = self._ways_out.pop(operation_id, None)
        if way_out is not None:
            way_out.end()

    def _admitted(self) -> bool:
        person = self.view.callers.person_of(self.caller)
        if self.view.sockets_by_person[person] >= self.view.transport_limits.sockets_per_person:
            return False
        self.view.sockets_by_person[person] += 1
        self.registered = self.view.callers.session_of(self.caller)
        self.view.sockets.register(self.registered, self.end)
        return True

    async def _broken(self, fault: Exception) -> None:
        masked(fault, uuid4().hex)
        await self.websocket.close(1011, "Internal error")

    async def _end(self, code: int, reason: str) -> None:
        """End the socket from outside: nothing is delivered after this is called."""
        for operation in list(self.operations.values()):
            if operation.task is _RUNNING.get():
                # A mutation that ends its own session must be let finish, or the end would be undone.
                self.ended_by = operation.task
            else:
                await self.cleanup_operation(operation.id)
        await self.websocket.close(code, reason)


class _SchemaForOneSocket:
    """Stands before the schema: each operation gets its own context, each event is checked against the session."""

    def __init__(self, schema: BaseSchema, handler: SocketHandler) -> None:
        self.schema = schema
        self.handler = handler

    async def stream(self, query: str, **given: Any) -> AsyncIterator[object]:
        _RUNNING.set(asyncio.current_task())
        context = self.handler.fresh_context()
        context.way_out = self.handler.way_out()
        return self._events(
            cast("Any", await self.schema.stream(query, **{**given, "context_value": context})), context
        )

    async def _events(
        self, source: AsyncGenerator[object, None], context: Context[Any]
    ) -> AsyncGenerator[object, None]:
        async with aclosing(source):
            if not await self.handler.still_welcome(working=True):
                return
            # Roles and duties may have changed since the socket was opened.
            context.caller = self.handler.caller
            async for result in source:
                if not await self.handler.still_welcome(working=False):
                    return
                yield result
                context.loaders.clear()


def _authorization(payload: object) -> str | None:
    found = payload.get("authorization", payload.get("Authorization")) if isinstance(payload, dict) else None
    return None if found is None else str(found)


def _well_formed(message: object) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    payload = message.get("payload")
    if message["type"] in ("connection_init", "ping", "pong"):
        return payload is None or isinstance(payload, dict)
    identified = isinstance(message.get("id"), str) and 0 < len(message["id"]) <= 100
    if message["type"] == "complete":
        return identified
    return (
        message["type"] == "subscribe"
        and identified
        and isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("operationName"), str | None)
        and isinstance(payload.get("variables"), dict | None)
    )
