"""The way to send a text at once: the frames of the library, and never more than a reader has room for."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.protocol import CLOSING, OPEN

from homeward.socket_protocol import SocketProtocol, frame


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closing = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.closing


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_a_frame_is_the_one_that_the_library_makes(size: int) -> None:
    text = b"x" * size
    assert frame(text) == Frame(Opcode.TEXT, text).serialize(mask=False)


async def _protocol() -> tuple[SocketProtocol, Wire]:
    config = Config(Starlette(), log_config=None)
    config.load()
    protocol, wire = SocketProtocol(config, ServerState(), {}, asyncio.get_running_loop()), Wire()
    protocol.transport = cast("Any", wire)
    protocol.handshake_complete = True
    protocol.conn.state = OPEN
    return protocol, wire


async def test_a_text_is_sent_at_once_while_the_reader_has_room() -> None:
    protocol, wire = await _protocol()
    assert protocol.send_at_once(b"news")
    protocol.pause_writing()
    assert not protocol.send_at_once(b"more")
    protocol.resume_writing()
    assert protocol.send_at_once(b"at last")
    assert wire.written == [frame(b"news"), frame(b"at last")]


@pytest.mark.parametrize("why", ["handshake", "close_sent", "disconnected", "state", "transport"])
async def test_nothing_is_sent_on_a_socket_that_is_not_open(why: str) -> None:
    protocol, wire = await _protocol()
    match why:
        case "handshake":
            protocol.handshake_complete = False
        case "close_sent":
            protocol.close_sent = True
        case "disconnected":
            protocol.disconnected = True
        case "state":
            protocol.conn.state = CLOSING
        case _:
            wire.closing = True
    assert not protocol.send_at_once(b"news")
    assert wire.written == []
