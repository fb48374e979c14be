"""The websocket protocol of the web server, with a wire to which frames are written at once.

A coroutine, a frame and a buffer for each of thousands who are told the same cost more than the sending. The
application finds the wire in the scope of a websocket (``schema.ports.WIRE``), and without it does without.
"""

from __future__ import annotations

from asyncio import TimerHandle
from collections.abc import Callable
from typing import Any, Final, cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

from schema.ports import WIRE

_TEXT = 0x81
"""The first byte of a frame that holds a whole text."""
FLUSHED_WITHIN: Final = 10.0
"""Seconds that a reader has for what is still unsent when the application has ended."""


class SocketWire:
    """The wire of one websocket (:class:`schema.ports.Wire`)."""

    __slots__ = ("is_cut", "write")

    def __init__(self) -> None:
        self.write: Callable[[bytes], object] | None = None
        self.is_cut = False

    def frame(self, text: bytes) -> bytes:
        """Put a text into a frame."""
        return frame(text)

    def cut(self) -> None:
        """Let nothing be written any more."""
        self.is_cut, self.write = True, None


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol on the library ``websockets``.

    After whatever may change whether a frame can go, the wire is told: so nobody has to find out for each frame.
    """

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - the library's
        super().__init__(*given, **named)
        self.wire = SocketWire()
        self._end: TimerHandle | None = None

    async def run_asgi(self) -> None:
        """Offer the application the wire, and run it."""
        if not self.conn.extensions:  # an extension would have to change the frame
            extensions = cast("dict[str, object]", self.scope.setdefault("extensions", {}))
            extensions[WIRE] = self.wire
        try:
            await super().run_asgi()
        finally:
            self._tell_wire()
            if not self.disconnected:
                # A reader who takes nothing would keep the connection, and what is unsent, for as long as it likes.
                self._end = self.loop.call_later(FLUSHED_WITHIN, self.transport.abort)

    async def send(self, message: ASGISendEvent) -> None:
        """Send as the application asks: it may open the websocket, or close it.

        Raises:
            ClientDisconnected: it is closed already. uvicorn says that the application has made a fault, though nobody
                has told it of a close that the reader or the server brought about.
        """
        await self.writable.wait()
        if self.close_sent:
            raise ClientDisconnected
        try:
            await super().send(message)
        finally:
            self._tell_wire()

    def data_received(self, data: bytes) -> None:
        """Take what the reader sends, who may close too."""
        super().data_received(data)
        self._tell_wire()

    def eof_received(self) -> None:
        """Take note that the reader has hung up, though what is unsent may keep the connection for long."""
        super().eof_received()
        self._hung_up(1006)

    def pause_writing(self) -> None:
        """Wait: the reader has left too much unread."""
        super().pause_writing()
        self._tell_wire()

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        self._tell_wire()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that nobody is there any more."""
        super().connection_lost(exc)
        if self._end is not None:
            self._end.cancel()
        self._tell_wire()

    def keepalive_timeout(self) -> None:
        """Give up a reader who does not answer."""
        super().keepalive_timeout()
        self._hung_up(1011)

    def shutdown(self) -> None:
        """Close because the server does."""
        super().shutdown()
        self._tell_wire()

    def _hung_up(self, code: int) -> None:
        """Let the application end now: uvicorn tells it when the connection is lost, after whatever is unsent."""
        self.wire.cut()
        if self.handshake_complete:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code})

    def _tell_wire(self) -> None:
        can_write = (
            self.handshake_complete
            and self.writable.is_set()
            and not self.close_sent
            and not self.disconnected
            and self.conn.state is OPEN
            and not self.transport.is_closing()
            and not self.wire.is_cut
        )
        self.wire.write = self.transport.write if can_write else None


def frame(text: bytes) -> bytes:
    """Put a text into the frame that a server sends (RFC 6455, section 5.2)."""
    size = len(text)
    if size < 126:
        return b"%c%c%b" % (_TEXT, size, text)
    if size < 65_536:
        return b"%c\x7e%b%b" % (_TEXT, size.to_bytes(2, "big"), text)
    return b"%c\x7f%b%b" % (_TEXT, size.to_bytes(8, "big"), text)
