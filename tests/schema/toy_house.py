"""The toy schema behind a real server on loopback."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import toy
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from schema.transport import GraphQLEndpoint, Ide, OpenSockets, TransportLimits
from tests.world.waiting import until

PROTOCOL = Subprotocol("graphql-transport-ws")
HANGING = 30.0
"""Seconds after which a test has hung; never how long one waits."""


@dataclass
class House:
    """A server with the toy schema, and what the tests reach for in it."""

    port: int
    sockets: OpenSockets
    callers: toy.ToyCallers
    endpoint: GraphQLEndpoint[toy.ToyCaller]

    @property
    def origin(self) -> Origin:
        return Origin(f"http://127.0.0.1:{self.port}")

    @asynccontextmanager
    async def connected(self, protocol: Subprotocol = PROTOCOL, **given: Any) -> AsyncIterator[ClientConnection]:
        url = f"ws://127.0.0.1:{self.port}/graphql"
        async with connect(url, subprotocols=[protocol], compression=None, close_timeout=1, **given) as ws:
            yield ws

    @asynccontextmanager
    async def signed_in(self, session: str = "ada-1", **given: Any) -> AsyncIterator[ClientConnection]:
        async with self.connected(**given) as ws:
            await tell(ws, type="connection_init", payload={"authorization": f"Bearer {session}"})
            assert await hear(ws) == {"type": "connection_ack"}
            yield ws


@asynccontextmanager
async def house(limits: TransportLimits | None = None, ide: Ide | None = None) -> AsyncIterator[House]:
    toy.kennel.__init__()  # type: ignore[misc]
    sockets, callers = OpenSockets(), toy.ToyCallers()
    endpoint = GraphQLEndpoint(toy.toy_schema(), callers, sockets=sockets, limits=limits, ide=ide)
    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(routes=endpoint.routes()),
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            ws_max_size=1024 * 1024,
            timeout_graceful_shutdown=1,
        )
    )
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # Not ``serve`` and ``shutdown``: they wait a tenth of a second at a time, which each test would pay.
        await server.startup(sockets=[listening])
        try:
            yield House(listening.getsockname()[1], sockets, callers, endpoint)
        finally:
            toy.kennel.open.set()
            await until(lambda: not server.server_state.connections)
            for accepting in server.servers:
                accepting.close()


async def tell(ws: ClientConnection, **message: object) -> None:
    """Send a message."""
    await ws.send(json.dumps(message))


async def hear(ws: ClientConnection) -> dict[str, Any]:
    """Receive the next message."""
    async with asyncio.timeout(HANGING):
        return dict(json.loads(await ws.recv()))
