"""Forms that bring a file: what stands before it is read first, so that a form of another site brings nothing.

The file itself is read only as far as whoever takes it goes on reading; it never lies whole in memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from admin_ui.forms import Fields
from rules.errors import Invalid, TooMany

_PIECE = 15.0  # seconds
_WHOLE = 300.0  # seconds
_LEFT_BEHIND = 256 * 1024 * 1024  # bytes


@dataclass(slots=True)
class SentFile:
    """A file on its way in: how it is named, what it says it is, and its content, to be read once."""

    name: str
    media_type: str
    content: AsyncIterator[bytes]


@dataclass(slots=True)
class FileForm:
    """A form as far as its file; ``file`` is None where none was chosen."""

    fields: Fields
    file: SentFile | None
    rest: AsyncIterator[Any]

    async def finish(self) -> None:
        """Let what nobody has read come in and go, so that the browser is there for the answer."""
        async for _ in self.rest:
            pass


@dataclass(slots=True)
class _Part:
    """A part of the form under way: its headers as they come, then its data."""

    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: str = ""
    file_name: str | None = None


class _Parts:
    """Hears what the parser finds, in order."""

    def __init__(self, boundary: bytes) -> None:
        self.found: deque[tuple[str, _Part, bytes]] = deque()
        self._part = _Part()
        self._header = self._value = b""
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._on_header,
                "on_header_value": self._on_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._data,
                "on_part_end": lambda: self.found.append(("end", self._part, b"")),
            },
        )

    def _begin(self) -> None:
        self._part = _Part()

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._part.headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._part.headers.get(b"content-disposition", b""))
        self._part.name = options.get(b"name", b"").decode("utf-8", errors="replace")
        if b"filename" in options:
            self._part.file_name = options[b"filename"].decode("utf-8", errors="replace")
        self.found.append(("begin", self._part, b""))

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.found.append(("data", self._part, data[start:end]))


async def read_file_form(request: Request, largest: int) -> FileForm:
    """Read a form as far as its file; before it stand at most so many bytes.

    Raises:
        Invalid: ``FORM_MALFORMED``.
        TooMany: too much before the file, or too slow.
    """
    kind, options = parse_options_header(request.headers.get("content-type", "").encode("latin-1"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise _malformed()
    parts = _events(request, options[b"boundary"])
    pairs: list[tuple[str, str]] = []
    text, size = bytearray(), 0
    async for what, part, data in parts:
        if what == "begin" and part.file_name is not None:
            sent = SentFile(part.file_name, part.headers.get(b"content-type", b"").decode("latin-1"), _content(parts))
            return FileForm(Fields(tuple(pairs)), sent if part.file_name else None, parts)
        size += len(data) + 1
        if size > largest:
            raise TooMany("This form is too large.", code="FORM_TOO_LARGE")
        if what == "begin":
            text = bytearray()
        text += data
        if what == "end":
            pairs.append((part.name, text.decode("utf-8", errors="replace")))
    return FileForm(Fields(tuple(pairs)), None, parts)


async def _events(request: Request, boundary: bytes) -> AsyncIterator[tuple[str, _Part, bytes]]:
    parts = _Parts(boundary)
    deadline = asyncio.get_running_loop().time() + _WHOLE
    size = 0
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(min(_PIECE, deadline - asyncio.get_running_loop().time())):
                piece = await anext(stream, None)
        except TimeoutError as fault:
            raise TooMany("The file came in too slowly.", code="ATTACHMENT_TOO_SLOW") from fault
        if piece is None:
            return
        size += len(piece)
        if size > _LEFT_BEHIND:
            raise TooMany("This form is too large.", code="FORM_TOO_LARGE")
        try:
            parts.parser.write(piece)
        except FormParserError as fault:
            raise _malformed() from fault
        while parts.found:
            yield parts.found.popleft()


async def _content(parts: AsyncIterator[tuple[str, _Part, bytes]]) -> AsyncIterator[bytes]:
    async for what, _, data in parts:
        if what == "end":
            return
        if data:
            yield data
    raise Invalid("The file did not come in whole. Send it again.", code="ATTACHMENT_BROKEN", field="document")


def _malformed() -> Invalid:
    return Invalid("This form cannot be read.", code="FORM_MALFORMED")
