"""The wire of a websocket: the frames of the library, and only while they can go."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.frames import Close, Frame, Opcode

from homeward.socket_protocol import SocketProtocol, frame


class Transport:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closing = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def get_extra_info(self, _: str) -> None:
        return None

    def pause_reading(self) -> None:
        """Nobody reads here."""

    resume_reading = pause_reading


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_a_frame_is_the_one_that_the_library_makes(size: int) -> None:
    text = b"x" * size
    assert frame(text) == Frame(Opcode.TEXT, text).serialize(mask=False)


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def _protocol(*, is_open: bool = True) -> tuple[SocketProtocol, Transport]:
    async def app(_: Any, receive: Any, __: Any) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            pass

    config = Config(app, log_config=None, ws_ping_interval=None)
    config.load()
    protocol, transport = SocketProtocol(config, ServerState(), {}, asyncio.get_running_loop()), Transport()
    protocol.connection_made(cast("Any", transport))
    protocol.data_received(HANDSHAKE)
    if is_open:
        await protocol.send({"type": "websocket.accept", "headers": []})
        assert protocol.wire.write is not None
        transport.written.clear()
    return protocol, transport


async def test_a_frame_goes_while_the_reader_has_room() -> None:
    protocol, transport = await _protocol()
    assert protocol.wire.write
    protocol.wire.write(protocol.wire.frame(b"news"))
    protocol.pause_writing()
    assert protocol.wire.write is None
    protocol.resume_writing()
    protocol.wire.write(frame(b"at last"))
    assert transport.written == [frame(b"news"), frame(b"at last")]


async def test_nothing_goes_before_the_websocket_is_open() -> None:
    protocol, _ = await _protocol(is_open=False)
    assert protocol.wire.write is None


async def test_nothing_goes_after_the_application_has_closed_it() -> None:
    protocol, transport = await _protocol()
    await protocol.send({"type": "websocket.close", "code": 4403, "reason": "Forbidden"})
    assert protocol.wire.write is None
    assert transport.written == [Frame(Opcode.CLOSE, Close(4403, "Forbidden").serialize()).serialize(mask=False)]


@pytest.mark.parametrize("data", [b"\x88\x80\0\0\0\0", b"\xff\xff"], ids=["closed", "no frame at all"])
async def test_nothing_goes_after_the_reader_has_closed_it_or_says_nonsense(data: bytes) -> None:
    protocol, _ = await _protocol()
    protocol.data_received(data)
    assert protocol.wire.write is None


async def test_nothing_goes_to_somebody_who_has_gone_or_does_not_answer_or_when_the_server_stops() -> None:
    lost, _ = await _protocol()
    lost.connection_lost(None)
    silent, _ = await _protocol()
    silent.keepalive_timeout()
    stopped, _ = await _protocol()
    stopped.shutdown()
    assert [it.wire.write for it in (lost, silent, stopped)] == [None] * 3


async def test_a_wire_that_was_cut_stays_so() -> None:
    protocol, _ = await _protocol()
    protocol.wire.cut()
    protocol.pause_writing()
    protocol.resume_writing()
    assert protocol.wire.write is None


async def test_nothing_goes_when_the_application_has_ended() -> None:
    protocol, transport = await _protocol()
    protocol.queue.put_nowait({"type": "websocket.disconnect", "code": 1005})
    await asyncio.gather(*protocol.tasks)
    assert transport.closing
    assert protocol.wire.write is None
