"""The wire of a websocket: the frames of the library, and only while they can go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState
from websockets.frames import Close, Frame, Opcode

from homeward import socket_protocol
from homeward.socket_protocol import SocketProtocol, frame


class Transport:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closing = False
        self.aborted = asyncio.Event()

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.aborted.set()

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


_MADE: list[SocketProtocol] = []
"""The protocols of the test that runs; none outlives it."""


@pytest.fixture(autouse=True)
async def everybody_goes() -> AsyncIterator[None]:
    """Let every connection be lost and every application end, so that none is found as rubbish in another test."""
    yield
    for protocol in _MADE:
        if not protocol.disconnected:
            protocol.connection_lost(None)
        await _ended(protocol)
    _MADE.clear()


async def _protocol(*, is_open: bool = True) -> tuple[SocketProtocol, Transport]:
    async def app(_: Any, receive: Any, __: Any) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            pass

    config = Config(app, log_config=None, ws_ping_interval=None)
    config.load()
    protocol, transport = SocketProtocol(config, ServerState(), {}, asyncio.get_running_loop()), Transport()
    _MADE.append(protocol)
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


PATIENCE = 30.0
"""Seconds that nothing here may take; a guard, not a measure."""


async def _ended(protocol: SocketProtocol) -> None:
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*protocol.tasks)


async def test_whoever_hangs_up_is_sent_nothing_more_and_the_application_ends_though_something_is_unsent() -> None:
    protocol, transport = await _protocol()
    protocol.eof_received()
    assert protocol.wire.write is None
    await _ended(protocol)
    assert transport.closing


async def test_the_application_ends_when_a_reader_does_not_answer_though_something_is_unsent() -> None:
    protocol, transport = await _protocol()
    protocol.keepalive_timeout()
    await _ended(protocol)
    assert transport.closing


async def test_whoever_hangs_up_before_it_is_open_is_not_called_a_fault_of_the_application(
    caplog: pytest.LogCaptureFixture,
) -> None:
    protocol, transport = await _protocol(is_open=False)
    protocol.eof_received()
    transport.close()
    await protocol.send({"type": "websocket.accept", "headers": []})
    protocol.connection_lost(None)
    await _ended(protocol)
    assert protocol.wire.write is None
    assert not caplog.records


@pytest.mark.parametrize("message", [{"type": "websocket.send", "text": "news"}, {"type": "websocket.close"}])
async def test_to_send_on_a_websocket_that_was_closed_meanwhile_is_no_fault_of_the_application(message: Any) -> None:
    silent, _ = await _protocol()
    silent.keepalive_timeout()
    nonsense, _ = await _protocol()
    nonsense.data_received(b"\xff\xff")
    for protocol in (silent, nonsense):
        with pytest.raises(ClientDisconnected):
            await protocol.send(message)


async def test_a_reader_who_takes_nothing_does_not_keep_the_connection_after_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket_protocol, "FLUSHED_WITHIN", 0.0)
    protocol, transport = await _protocol()
    assert not transport.aborted.is_set()
    protocol.queue.put_nowait({"type": "websocket.disconnect", "code": 1005})
    async with asyncio.timeout(PATIENCE):
        await transport.aborted.wait()


async def test_a_connection_that_is_lost_is_not_ended_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_protocol, "FLUSHED_WITHIN", 0.0)
    lost, transport = await _protocol()
    lost.connection_lost(None)
    await _ended(lost)
    other, ended = await _protocol()
    other.queue.put_nowait({"type": "websocket.disconnect", "code": 1005})
    async with asyncio.timeout(PATIENCE):
        await ended.aborted.wait()
    assert not transport.aborted.is_set()
