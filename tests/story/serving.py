"""The whole web application behind a real uvicorn in this process, on the test's own desk and clock."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from homeward.doorbell import LocalDoorbell
from homeward.settings import Settings
from homeward.socket_protocol import SocketProtocol
from homeward.wiring import House
from resolvers.callers import Desk
from tests.world.house import the_app


@asynccontextmanager
async def served(desk: Desk, directory: Path) -> AsyncIterator[str]:
    """Serve until the end of the block; give the address."""
    assert isinstance(desk.doorbell, LocalDoorbell)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    app = the_app(House(Settings(var=directory, PORT=port), desk, desk.doorbell))
    config = uvicorn.Config(
        app,
        ws=SocketProtocol,
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(30):
            while not server.started:
                await asyncio.sleep(0.01)  # uvicorn says it in no other way
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
        listener.close()
