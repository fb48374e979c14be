"""A small clamd on loopback that speaks the real INSTREAM protocol and knows the EICAR test text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from homeward.clamd import ClamdAddress

# Put together here, so that a scanner on the machine of a developer leaves this file alone.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class FakeClamd:
    """What the server got, and how it is told to behave."""

    address: ClamdAddress
    scanned: list[bytes] = field(default_factory=list)
    answer: bytes | None = None
    """Say this instead of a verdict."""
    most: int = 10**9
    """Refuse a stream that is longer, as ``StreamMaxLength`` does."""
    hangs: bool = False
    """Take everything and say nothing."""
    hasty: bool = False
    """Say that all is well before anything was sent."""
    talks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk on one connection."""
        talk = asyncio.current_task()
        assert talk is not None
        self.talks.add(talk)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self._talk(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = await reader.readuntil(b"\0")
        if self.hasty:
            writer.write(b"stream: OK\0")
            while await reader.read(100_000):
                pass
            return
        content = b""
        while (command == b"zINSTREAM\0") and (length := int.from_bytes(await reader.readexactly(4), "big")):
            content += await reader.readexactly(length)
            if len(content) > self.most:
                writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                await writer.drain()
                return
        self.scanned.append(content)
        if self.hangs:
            await reader.read()
            return
        verdict = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
        if command != b"zINSTREAM\0":
            verdict = b"UNKNOWN COMMAND\0"
        writer.write(verdict if self.answer is None else self.answer)
        await writer.drain()


@asynccontextmanager
async def fake_clamd(socket: Path | None = None) -> AsyncIterator[FakeClamd]:
    """Serve on a loopback port, or on a socket's path, until the end of the block."""
    clamd = FakeClamd(ClamdAddress(path=str(socket) if socket else ""))
    if socket:
        server = await asyncio.start_unix_server(clamd.serve, socket)
    else:
        server = await asyncio.start_server(clamd.serve, "127.0.0.1", 0)
        clamd.address = ClamdAddress("127.0.0.1", server.sockets[0].getsockname()[1])
    async with server:
        yield clamd
        server.close()
        await asyncio.gather(*clamd.talks)
