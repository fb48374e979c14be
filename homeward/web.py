"""Serve the application with uvicorn."""

from __future__ import annotations

import gc
import socket

import uvicorn

from homeward.app import build_app
from homeward.gaps import warn_of_gaps
from homeward.listening import listen
from homeward.loop import run as run_loop
from homeward.settings import Settings
from homeward.socket_protocol import SocketProtocol
from homeward.wiring import open_house, require_tables

GRACE_SECONDS = 3
_COLLECTOR = (20_000, 20, 20)
"""After how many new objects the garbage collector looks at the young ones, and after how many of these looks further.

What is made for a page or for a round of live events is gone by then. With Python's 700 it would be taken for lasting,
and all that thousands of connections hold would be gone through again and again, for a second each time.
"""


async def serve(settings: Settings, *, listener: socket.socket | None = None) -> int:
    """Serve until the process is told to stop; answer the exit code."""
    await require_tables(settings)
    async with open_house(settings) as house:
        await warn_of_gaps(house.desk)
        config = uvicorn.Config(
            build_app(house),
            host=settings.host,
            port=settings.port,
            ws=SocketProtocol,
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            lifespan="off",
            access_log=False,
            server_header=False,
            log_level="warning",
        )
        server = uvicorn.Server(config)
        # What is there now stays: the collector need not look at it each time that it looks for what has gone.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECTOR)
        await server.serve(sockets=[listener] if listener else None)
    return 0


def run(settings: Settings) -> int:
    """Run the web server as this process."""
    return run_loop(serve(settings, listener=listen(settings.host, settings.port)))
