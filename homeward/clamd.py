"""The malware scanner: ClamAV's clamd, by its INSTREAM command over TCP or a local socket.

The conversation is ``zINSTREAM``, then pieces, each with its length in four bytes, then a length of zero; the answer is
one line: ``stream: OK``, ``stream: NAME FOUND`` or ``... ERROR``. It is not encrypted, so it never leaves this machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from urllib.parse import unquote, urlsplit

from resolvers.file_ports import ScannerAwayError, ScanVerdict

_PIECE = 64 * 1024
_LONGEST_ANSWER = 4096
_LONGEST_NAME = 150


@dataclass(frozen=True, slots=True)
class ClamdAddress:
    """Where clamd listens: a host and a port of this machine, or a socket's path."""

    host: str = ""
    port: int = 3310
    path: str = ""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read ``tcp://127.0.0.1:3310`` or ``unix:///run/clamav/clamd.ctl``. Raise ValueError for anything else."""
        parts = urlsplit(url)
        if parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/"):
            return cls(path=unquote(parts.path))
        if parts.scheme == "tcp" and parts.hostname in {"127.0.0.1", "::1", "localhost"}:
            return cls(host=parts.hostname, port=parts.port or 3310)
        raise ValueError(
            "The scanner's URL must look like unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310. Documents go to it "
            "unencrypted, so it must be on this machine, or behind an encrypted tunnel that ends here"
        )


class Clamd:
    """The :class:`resolvers.file_ports.Scanner` that asks clamd."""

    def __init__(self, address: ClamdAddress, patience: timedelta = timedelta(seconds=60)) -> None:
        self._address = address
        self._patience = patience.total_seconds()

    async def scan(self, content: AsyncIterable[bytes]) -> ScanVerdict:
        """Scan a content that is given piece by piece; what ``content`` raises goes through.

        Raises:
            ScannerAwayError: clamd is not there, answers too late, or gives no verdict.
        """
        try:
            async with asyncio.timeout(self._patience):
                return await self._ask(content)
        except (OSError, TimeoutError) as fault:
            raise ScannerAwayError(type(fault).__name__) from fault

    async def _ask(self, content: AsyncIterable[bytes]) -> ScanVerdict:
        reader, writer = await self._connect()
        # When clamd has had enough it answers while we still send: that answer counts, if it is a no.
        answering = asyncio.ensure_future(_answer(reader))
        said_all = False
        try:
            with suppress(ConnectionError):
                said_all = await _tell(writer, content, answering)
            verdict = _verdict(await answering)
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
            writer.transport.abort()
        if verdict.clean and not said_all:
            raise ScannerAwayError("it answered before the end")
        return verdict

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = self._address
        if address.path:
            return await asyncio.open_unix_connection(address.path)
        return await asyncio.open_connection(address.host, address.port)


async def _tell(writer: asyncio.StreamWriter, content: AsyncIterable[bytes], answering: asyncio.Future[bytes]) -> bool:
    """Send the content unless the answer comes first; say whether all of it was sent."""
    writer.write(b"zINSTREAM\0")
    async for piece in content:
        for begin in range(0, len(piece), _PIECE):
            part = piece[begin : begin + _PIECE]
            writer.write(len(part).to_bytes(4, "big") + part)
            await writer.drain()
        if answering.done():
            return False
    writer.write(bytes(4))
    await writer.drain()
    return True


async def _answer(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
        more = await reader.read(_LONGEST_ANSWER)
        if not more:
            break
        answer += more
    return answer


def _verdict(answer: bytes) -> ScanVerdict:
    """Read the answer.

    Raises:
        ScannerAwayError: it is not a verdict.
    """
    line = answer.rstrip(b"\0\n").decode("ascii", errors="replace")
    if line == "stream: OK":
        return ScanVerdict(clean=True)
    if line.startswith("stream: ") and line.endswith(" FOUND"):
        return ScanVerdict(clean=False, found=_printable(line.removeprefix("stream: ").removesuffix(" FOUND")))
    raise ScannerAwayError(f"no verdict: {_printable(line)}" if line else "no answer")


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())[:_LONGEST_NAME]
