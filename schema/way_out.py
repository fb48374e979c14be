"""The way of events to a websocket at once, past the task and the coroutines of their operation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol

import orjson
from strawberry.http.exceptions import WebSocketDisconnected

from schema.ports import Wire


class Patient(Protocol):
    """A websocket whose messages wait for a reader."""

    async def send_text(self, text: str) -> None:
        """Send a message.

        Raises:
            WebSocketDisconnected: nobody is there any more.
        """


class _Message:
    """What an event was sent as last. Thousands who are told the same one after the other are sent one frame."""

    __slots__ = ("begin", "frame", "payload")

    def __init__(self) -> None:
        self.begin = self.payload = self.frame = b""


_LAST: Final = _Message()


@lru_cache(maxsize=1_000)
def _beginning(operation_id: str) -> bytes:
    """Begin the message of an event; one object for all whose operations are named alike, as nearly all are."""
    return b'{"id":' + orjson.dumps(operation_id) + b',"type":"next","payload":'


class _Cut:
    """The wire of an operation that is over."""

    write: Callable[[bytes], object] | None = None

    def frame(self, text: bytes) -> bytes:
        return text

    def cut(self) -> None:
        """It is."""


_CUT: Final = _Cut()


class SocketWayOut:
    """The way of one operation's events to the socket, until the operation is over.

    What is touched for each of thousands who are told the same is this, the wire and its function.
    """

    __slots__ = ("_begin", "_socket", "_wire")

    def __init__(self, socket: Patient, wire: Wire, operation_id: str) -> None:
        self._socket = socket
        self._wire = wire
        self._begin = _beginning(operation_id)

    def send(self, payload: bytes) -> bool:
        """Send an event at once, if the socket has room."""
        wire = self._wire
        write = wire.write
        if write is None:
            return False
        if payload is not _LAST.payload or self._begin is not _LAST.begin:
            _LAST.frame = wire.frame(b"%b%b}" % (self._begin, payload))
            _LAST.begin, _LAST.payload = self._begin, payload
        write(_LAST.frame)
        return True

    def end(self) -> None:
        """Let nothing more go: the operation is over."""
        self._wire = _CUT

    async def send_patiently(self, payload: bytes) -> None:
        """Send an event as any other message; on a socket that has gone, wait to be ended with it."""
        try:
            await self._socket.send_text(f"{self._begin.decode()}{payload.decode()}}}")
        except WebSocketDisconnected:  # no fault of the operation, which would be told and logged
            await asyncio.get_running_loop().create_future()
