"""The websocket protocol of the web server, with a way to send a text at once.

A coroutine, a frame and a buffer for each of thousands who are told the same cost more than the sending. The
application finds the way in the scope of a websocket (``schema.ports.SEND_AT_ONCE``), and without it does without.
"""

from __future__ import annotations

from typing import Final, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

from schema.ports import SEND_AT_ONCE

_TEXT = 0x81
"""The first byte of a frame that holds a whole text."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol on the library ``websockets``."""

    async def run_asgi(self) -> None:
        """Offer the application the way, and run it."""
        if not self.conn.extensions:  # an extension would have to change the frame
            extensions = cast("dict[str, object]", self.scope.setdefault("extensions", {}))
            extensions[SEND_AT_ONCE] = self.send_at_once
        await super().run_asgi()

    def send_at_once(self, text: bytes) -> bool:
        """Send a text; False, and nothing is sent, if the reader has left too much unread or the socket is closing."""
        if (
            not self.handshake_complete
            or not self.writable.is_set()
            or self.close_sent
            or self.disconnected
            or self.conn.state is not OPEN
            or self.transport.is_closing()
        ):
            return False
        self.transport.write(_FRAMES.frame(text))
        return True


class Frames:
    """What a text is sent as. Thousands who are sent the same one after the other are sent one frame."""

    __slots__ = ("_frame", "_text")

    def __init__(self) -> None:
        self._text = self._frame = b""

    def frame(self, text: bytes) -> bytes:
        """Put a text into a frame."""
        if text is not self._text:
            self._text, self._frame = text, frame(text)
        return self._frame


def frame(text: bytes) -> bytes:
    """Put a text into the frame that a server sends (RFC 6455, section 5.2)."""
    size = len(text)
    if size < 126:
        return b"%c%c%b" % (_TEXT, size, text)
    if size < 65_536:
        return b"%c\x7e%b%b" % (_TEXT, size.to_bytes(2, "big"), text)
    return b"%c\x7f%b%b" % (_TEXT, size.to_bytes(8, "big"), text)


_FRAMES: Final = Frames()
