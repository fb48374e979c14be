"""Serve the application with uvicorn."""

from __future__ import annotations

import errno
import socket
import sys

import uvicorn

from homeward.app import build_app
from homeward.gaps import warn_of_gaps
from homeward.loop import run as run_loop
from homeward.settings import Settings
from homeward.wiring import open_house, require_tables

GRACE_SECONDS = 3


async def serve(settings: Settings, *, listener: socket.socket | None = None) -> int:
    """Serve until the process is told to stop; answer the exit code."""
    await require_tables(settings)
    async with open_house(settings) as house:
        await warn_of_gaps(house.desk)
        config = uvicorn.Config(
            build_app(house),
            host=settings.host,
            port=settings.port,
            ws="websockets-sansio",
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            lifespan="off",
            access_log=False,
            server_header=False,
            log_level="warning",
        )
        server = uvicorn.Server(config)
        await server.serve(sockets=[listener] if listener else None)
    return 0


def listen(host: str, port: int) -> socket.socket:
    """Take the address, or say in a sentence why it cannot be had.

    Raises:
        SystemExit: the address is taken.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as fault:
        listener.close()
        if fault.errno == errno.EADDRINUSE:
            sys.exit(f"Port {port} on {host} is taken. Choose another one with PORT, such as PORT={port % 65535 + 1}.")
        sys.exit(f"Homeward cannot listen on {host}, port {port}: {fault.strerror}.")
    return listener


def run(settings: Settings) -> int:
    """Run the web server as this process."""
    return run_loop(serve(settings, listener=listen(settings.host, settings.port)))
