"""Two ways of telling many websockets the same: a bare broadcast, and Strawberry as most people write it.

``python -m benchmarks._live_floor broadcast|strawberry WANTED PORT`` serves one: a line, as it is wanted. Nobody is
proven, and nothing written down.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import GraphQL

_LINE = '"kind":"REFERRAL_PUBLISHED","title":"Referral 1000 was published","referralNumber":1000'
_REFERRAL = ',"referral":{"status":"OPEN","consumer":{"name":"Person3 Family1000"}}'


def broadcast(*, referral: bool) -> Starlette:
    """Give an application that sends one text to everybody who is connected."""
    line = _LINE + (_REFERRAL if referral else "")
    told = f'{{"id":"1","type":"next","payload":{{"data":{{"notifications":{{{line}}}}}}}}}'
    listeners: set[WebSocket] = set()

    async def listen(socket: WebSocket) -> None:
        await socket.accept("graphql-transport-ws")
        listeners.add(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            listeners.discard(socket)

    async def publish(_: Request) -> Response:
        for listener in list(listeners):
            await listener.send_text(told)
        return Response()

    return Starlette(routes=[Route("/publish", publish, methods=["POST"]), WebSocketRoute("/graphql", listen)])


@strawberry.type
class Consumer:
    """Whom a referral is about."""

    name: str


@strawberry.type
class Referral:
    """What a line is about."""

    status: str
    consumer: Consumer


@strawberry.type
class Notification:
    """A line of a mailbox."""

    kind: str
    title: str
    referral_number: int
    referral: Referral


_QUEUES: set[asyncio.Queue[Notification]] = set()


@strawberry.type
class Query:
    """Nothing to ask."""

    nothing: str = ""


@strawberry.type
class Subscription:
    """The mailbox, live."""

    @strawberry.subscription
    async def notifications(self) -> AsyncGenerator[Notification, None]:
        """Follow it."""
        queue: asyncio.Queue[Notification] = asyncio.Queue()
        _QUEUES.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            _QUEUES.discard(queue)


def naive() -> Starlette:
    """Give an application with a queue, an execution and a rendering for each subscriber."""

    async def publish(_: Request) -> Response:
        for queue in _QUEUES:
            queue.put_nowait(
                Notification(
                    kind="REFERRAL_PUBLISHED",
                    title="Referral 1000 was published",
                    referral_number=1000,
                    referral=Referral(status="OPEN", consumer=Consumer(name="Person3 Family1000")),
                )
            )
        return Response()

    graphql = GraphQL[None, None](strawberry.Schema(Query, subscription=Subscription))
    return Starlette(routes=[Route("/publish", publish, methods=["POST"]), Mount("/graphql", graphql)])


if __name__ == "__main__":
    uvicorn.run(
        broadcast(referral="referral {" in sys.argv[2]) if sys.argv[1] == "broadcast" else naive(),
        host="127.0.0.1",
        port=int(sys.argv[3]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
    )
