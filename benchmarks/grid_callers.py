"""Callers on connections that stay open, each asking again as soon as it is answered: the same for all contestants.

The callers share this process, so that the server has a core of its own. A request is made once and sent as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Slice:
    """What one contestant did in a slice of a run; times in seconds."""

    answers: int
    seconds: float
    times: tuple[float, ...]

    @property
    def a_second(self) -> float:
        """Give the answers a second."""
        return self.answers / self.seconds

    @property
    def p50(self) -> float:
        """Give the median time of an answer."""
        return median(self.times)

    @property
    def p99(self) -> float:
        """Give the time within which 99 of 100 were answered."""
        return sorted(self.times)[int(len(self.times) * 0.99)]


class WrongAnswerError(RuntimeError):
    """Say what was answered instead of a page of the grid."""


def request(method: str, target: str, *, body: bytes = b"", headers: Sequence[str] = ()) -> bytes:
    """Make the bytes of a request."""
    lines = [f"{method} {target} HTTP/1.1", "host: 127.0.0.1", "accept: application/json", *headers]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode() + _END_OF_HEAD + body


async def ask(port: int, asked: bytes) -> bytes:
    """Ask once; give the body of the answer."""
    caller = await _connect(port)
    try:
        return await caller.ask(asked)
    finally:
        caller.leave()


async def load(port: int, requests: Sequence[bytes], seconds: float) -> Slice:
    """Let one caller for each request ask for so long; each answer has to be a whole page."""
    callers = [await _connect(port) for _ in requests]
    times: list[float] = []
    begun = perf_counter()
    until = begun + seconds

    async def go(caller: _Caller, asked: bytes) -> None:
        while (before := perf_counter()) < until:
            await caller.ask(asked)
            times.append(perf_counter() - before)

    try:
        async with asyncio.TaskGroup() as group:
            for caller, asked in zip(callers, requests, strict=True):
                group.create_task(go(caller, asked))
        return Slice(len(times), perf_counter() - begun, tuple(times))
    finally:
        for caller in callers:
            caller.leave()


class _Caller(asyncio.Protocol):
    """One connection: a request out, the body of its answer back."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._got = bytearray()
        self._length = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        if self._length < 0:
            head, end, rest = self._got.partition(_END_OF_HEAD)
            if not end:
                return
            self._length = _length_of(bytes(head).lower())
            self._got = bytearray(rest)
            if not head.startswith(b"HTTP/1.1 200") or self._length < 0:
                self._end(WrongAnswerError(bytes(head + end + rest).decode(errors="replace")[:2_000]))
                return
        if len(self._got) >= self._length:
            assert self._answer is not None
            body, self._got, self._length = bytes(self._got), bytearray(), -1
            self._answer.set_result(body)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("The server has closed the connection"))

    async def ask(self, asked: bytes) -> bytes:
        """Send a request and wait for its answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(asked)
        body = await self._answer
        if b'"errors"' in body[:200]:
            raise WrongAnswerError(body.decode(errors="replace")[:2_000])
        return body

    def leave(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def _end(self, fault: BaseException) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(fault)


def _length_of(head: bytes) -> int:
    """Read the length of a body; -1 when there is none."""
    _, found, rest = head.partition(_LENGTH)
    return int(rest.split(b"\r\n", 1)[0]) if found else -1


async def _connect(port: int) -> _Caller:
    _, caller = await asyncio.get_running_loop().create_connection(_Caller, "127.0.0.1", port)
    return caller
