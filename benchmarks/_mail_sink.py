"""A mail server that takes every letter and keeps none: as fast as one can be, so that the house is what is measured.

``python -m benchmarks._mail_sink`` prints its port, and at the end of its input how many letters came and how many
different Message-IDs they had.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

_MESSAGE_ID = re.compile(rb"^Message-ID: *(\S+)", re.MULTILINE | re.IGNORECASE)
_END = b"\r\n.\r\n"


class _Conversation(asyncio.Protocol):
    def __init__(self, taken: list[bytes]) -> None:
        self._taken = taken
        self._rest = bytearray()
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = transport
        self._say(b"220 sink")

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while self._next():
            pass

    def _next(self) -> bool:
        end = self._rest.find(_END if self._in_data else b"\r\n")
        if end < 0:
            return False
        said = bytes(self._rest[:end])
        del self._rest[: end + (len(_END) if self._in_data else 2)]
        if self._in_data:
            found = _MESSAGE_ID.search(said)
            self._taken.append(found.group(1) if found else b"")
            self._in_data = False
            self._say(b"250 taken")
        elif said[:4].upper() == b"DATA":
            self._in_data = True
            self._say(b"354 go on")
        elif said[:4].upper() == b"EHLO":
            self._say(b"250-sink\r\n250 PIPELINING")
        elif said[:4].upper() == b"QUIT":
            self._say(b"221 goodbye")
            self._wire.close()
        else:
            self._say(b"250 well")
        return True

    def _say(self, answer: bytes) -> None:
        self._wire.write(answer + b"\r\n")  # type: ignore[attr-defined]


@dataclass
class Sink:
    """A sink that runs; ``letters`` and ``distinct`` are known when it has ended."""

    port: int
    letters: int = 0
    distinct: int = 0


@contextmanager
def mail_sink() -> Iterator[Sink]:
    """Lend a sink in a process of its own."""
    command = [sys.executable, "-m", "benchmarks._mail_sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        sink = Sink(int(process.stdout.readline()))
        try:
            yield sink
        finally:
            process.stdin.close()
            counted = orjson.loads(process.stdout.readline())
            sink.letters, sink.distinct = counted["letters"], counted["distinct"]


async def _serve() -> None:
    taken: list[bytes] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Conversation(taken), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    print(orjson.dumps({"letters": len(taken), "distinct": len(set(taken))}).decode(), flush=True)


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve())
