"""Thousands of websockets that listen, as light as can be, in a process of their own.

``python -m benchmarks._live_listeners PORT COUNT WHAT TOKEN WANTED`` connects them, with the handshake and a
subscription to what is wanted each (``tokens``: each with a bearer token of its own, from TOKEN on; ``graphql``:
without; ``plain``: nothing is said at all). It prints
``ready``, then for each event the moment on the monotonic clock at which the last of them had it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from time import monotonic

import orjson
import uvloop

AT_ONCE = 50
LINE = "kind title referralNumber"
WITH_REFERRAL = f"{LINE} referral {{ status consumer {{ name }} }}"
"""What the program of the first five minutes listens to, but for the cursor."""
_UPGRADE = (
    "GET /graphql{slash} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)


class Listeners:
    """All of them, and how many have had which event."""

    def __init__(self, count: int, wanted: str) -> None:
        self.count = count
        self.document = f"subscription {{ notifications {{ {wanted} }} }}"
        self.told: list[int] = []

    def heard(self, event: int) -> None:
        """Count one who had an event."""
        while len(self.told) <= event:
            self.told.append(0)
        self.told[event] += 1
        if self.told[event] == self.count:
            print(f"{event} {monotonic()}", flush=True)


class Listener(asyncio.Protocol):
    """One websocket."""

    def __init__(self, all_of_them: Listeners, upgrade: bytes, first: bytes | None) -> None:
        self._all = all_of_them
        self._upgrade = upgrade
        self._first = first
        self._rest = b""
        self._open = False
        self._events = 0
        self.begun = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = transport
        self._write(self._upgrade)

    def connection_lost(self, _: Exception | None) -> None:
        if not self.begun.done():
            self.begun.set_exception(ConnectionError("a listener was not let in"))

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if not self._open:
            head, end, rest = self._rest.partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head.split(b"\r\n")[0], head
            self._open, self._rest = True, rest
            if self._first is None:
                self.begun.set_result(None)
            else:
                self._send(self._first)
        while (text := self._next_text()) is not None:
            self._take(text)

    def _take(self, text: bytes) -> None:
        if b'"next"' in text[:60]:
            self._all.heard(self._events)
            self._events += 1
        elif b"connection_ack" in text:
            self._send(orjson.dumps({"id": "1", "type": "subscribe", "payload": {"query": self._all.document}}))
            self.begun.set_result(None)
        elif b'"ping"' in text:
            self._send(b'{"type":"pong"}')

    def _next_text(self) -> bytes | None:
        held = self._rest
        if len(held) < 2:
            return None
        size, begin = held[1] & 127, 2
        if size == 126:
            size, begin = int.from_bytes(held[2:4], "big"), 4
        if len(held) < begin + size:
            return None
        self._rest = held[begin + size :]
        if held[0] & 15 == 9:  # the server asks whether anybody is there, and wants to hear what it asked
            self._write(bytes([0x8A, 128 | size]) + b"\0\0\0\0" + held[begin : begin + size])
        return held[begin : begin + size] if held[0] & 15 == 1 else b""

    def _send(self, text: bytes) -> None:
        size = bytes([128 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self._write(b"\x81" + size + b"\0\0\0\0" + text)  # masked by zeros: the mask changes nothing

    def _write(self, data: bytes) -> None:
        self._wire.write(data)  # type: ignore[attr-defined]


async def listen(port: int, count: int, what: str, first_token: int, wanted: str) -> None:
    """Connect them all, and stay."""
    everybody = Listeners(count, wanted)
    loop = asyncio.get_running_loop()
    room = asyncio.Semaphore(AT_ONCE)
    upgrade = _UPGRADE.format(port=port, slash="/" if what == "mounted" else "").encode()

    async def one(number: int) -> None:
        said = {"authorization": f"Bearer grid-{first_token + number}"} if what == "tokens" else {}
        first = None if what == "plain" else orjson.dumps({"type": "connection_init", "payload": said})
        async with room:
            _, listener = await loop.create_connection(lambda: Listener(everybody, upgrade, first), "127.0.0.1", port)
            await listener.begun

    await asyncio.gather(*(one(number) for number in range(count)))
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


if __name__ == "__main__":
    uvloop.run(listen(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5]))
