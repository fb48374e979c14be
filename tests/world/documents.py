"""Small documents of every format that may be sent, and ways to make them lie."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator, Iterable

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

PARTS = {"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<R/>", "word/document.xml": b"<document>Fern</document>"}


def pdf(size: int = 0) -> bytes:
    """Make a PDF of at least so many bytes."""
    begin, end = b"%PDF-1.7\n", b"\nstartxref\n9\n%%EOF\n"
    return begin + b"x" * max(0, size - len(begin) - len(end)) + end


def png(width: int = 3, height: int = 2, *, end: bool = True) -> bytes:
    """Make a PNG."""
    header = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes((1 + 3 * width) * height))
    chunks = [_chunk(b"IHDR", header), _chunk(b"IDAT", pixels), *([_chunk(b"IEND", b"")] if end else [])]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg(*, end: bytes = b"\xff\xd9") -> bytes:
    """Make what begins and ends like a JPEG."""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x01" * 200 + end


def tiff(
    order: str = "<", *, before: int = 0, tags: Iterable[int] = (256, 257, 273), count: int | None = None
) -> bytes:
    """Make a TIFF whose first directory comes after so many bytes of image."""
    tags = list(tags)
    mark = b"II*\x00" if order == "<" else b"MM\x00*"
    entries = b"".join(struct.pack(f"{order}HHII", tag, 3, 1, 1) for tag in tags)
    directory = struct.pack(f"{order}H", len(tags) if count is None else count) + entries + bytes(4)
    return mark + struct.pack(f"{order}I", 8 + before) + b"p" * before + directory + b"after" * 10


def docx(parts: dict[str, bytes] | None = None, *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a Word document of these parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in (PARTS if parts is None else parts).items():
            archive.writestr(name, content)
    return made.getvalue()


def zip_bomb(unpacked: int = 201 * 1024 * 1024) -> bytes:
    """Make a Word document whose directory says that one part unpacks to so many bytes."""
    made = bytearray(docx())
    struct.pack_into("<I", made, made.rindex(b"PK\x01\x02") + 24, unpacked)
    return bytes(made)


def pieces(content: bytes, size: int) -> list[bytes]:
    """Cut a content into pieces."""
    return [content[begin : begin + size] for begin in range(0, len(content), size)]


async def streamed(content: bytes, size: int = 10_000) -> AsyncIterator[bytes]:
    """Send a content piece by piece."""
    for piece in pieces(content, size):
        yield piece


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
