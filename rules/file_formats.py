"""What an upload may be, and whether its content is what its name says: a cheap look at head, tail and directory.

A :class:`Glance` sees the file pass by once, piece by piece, and keeps less than a megabyte of it. It does not open
documents: what a reader would choke on behind a sound frame is the malware scanner's to find.
"""

from __future__ import annotations

import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rules.errors import Invalid
from rules.zip_directory import TAIL_KEPT, Entry, read_directory

_HEAD_KEPT = 64
_ENOUGH_TO_TELL = 8
_MOST_TAGS = 512
_TAG_BYTES = 12
_PDF_END = 1024
_PNG_END = b"\x00\x00\x00\x00IEND\xae\x42\x60\x82"
_TIFF_SIZE_TAGS = frozenset({256, 257})
_MOST_PARTS = 2000
_MOST_UNPACKED = 200 * 1024 * 1024


class Format(ABC):
    """One kind of file: how it is named, and how it begins and ends."""

    media_type: str
    title: str
    extensions: tuple[str, ...]
    magic: tuple[bytes, ...]

    def window(self, head: bytes) -> int | None:  # noqa: ARG002 - most formats need no window
        """Say where in the file, beside its head and tail, the check will look."""
        return None

    @abstractmethod
    def check(self, glance: Glance) -> None:
        """Look at the whole frame.

        Raises Invalid: ATTACHMENT_TYPE, ATTACHMENT_BROKEN.
        """


class Glance:
    """What is kept of a file that passes by: its size, its head, its tail, and a window where the format asks."""

    def __init__(self, form: Format) -> None:
        self.form = form
        self.size = 0
        self.head = b""
        self.window = b""
        self._tail = bytearray()
        self._window_at: int | None = None

    @property
    def tail(self) -> bytes:
        """Give the last bytes, at most ``TAIL_KEPT``."""
        return bytes(self._tail[-TAIL_KEPT:])

    def take(self, piece: bytes) -> None:
        """See the next piece.

        Raises Invalid: ATTACHMENT_TYPE, as soon as the first bytes are those of something else.
        """
        if len(self.head) < _HEAD_KEPT:
            could_tell = len(self.head) >= _ENOUGH_TO_TELL
            self.head += piece[: _HEAD_KEPT - len(self.head)]
            if not could_tell and len(self.head) >= _ENOUGH_TO_TELL:
                self._check_magic()
                self._window_at = self.form.window(self.head)
        if self._window_at is not None:
            begin = self._window_at + len(self.window) - self.size
            if 0 <= begin < len(piece):
                missing = 2 + _MOST_TAGS * _TAG_BYTES - len(self.window)
                self.window += piece[begin : begin + missing]
        self._tail += piece
        if len(self._tail) > 2 * TAIL_KEPT:
            del self._tail[:-TAIL_KEPT]
        self.size += len(piece)

    def finish(self) -> None:
        """Judge the file when all of it has passed.

        Raises Invalid: ATTACHMENT_EMPTY, ATTACHMENT_TYPE, ATTACHMENT_BROKEN.
        """
        if self.size == 0:
            raise Invalid("This file is empty.", code="ATTACHMENT_EMPTY", field="content")
        self._check_magic()
        self.form.check(self)

    def _check_magic(self) -> None:
        if not self.head.startswith(self.form.magic):
            raise _is_not(self.form)


class _Pdf(Format):
    media_type = "application/pdf"
    title = "PDF"
    extensions = (".pdf",)
    magic = (b"%PDF-1.", b"%PDF-2.")

    def check(self, glance: Glance) -> None:
        """Ask for the trailer: a cut file has none."""
        end = glance.tail[-_PDF_END:]
        if b"%%EOF" not in end or b"startxref" not in end:
            raise _is_broken(self)


class _Png(Format):
    media_type = "image/png"
    title = "PNG"
    extensions = (".png",)
    magic = (b"\x89PNG\r\n\x1a\n",)

    def check(self, glance: Glance) -> None:
        """Ask for a header whose checksum is right and which has a size, and for the end mark at the very end."""
        header = glance.head[8:33]
        if len(header) < 25 or not header.startswith(b"\x00\x00\x00\rIHDR"):
            raise _is_broken(self)
        width, height = struct.unpack(">II", header[8:16])
        (checksum,) = struct.unpack(">I", header[21:25])
        if not (width and height) or zlib.crc32(header[4:21]) != checksum or not glance.tail.endswith(_PNG_END):
            raise _is_broken(self)


class _Jpeg(Format):
    media_type = "image/jpeg"
    title = "JPEG"
    extensions = (".jpg", ".jpeg")
    magic = (b"\xff\xd8\xff",)

    def check(self, glance: Glance) -> None:
        """Ask for the end of the image at the end of the file; some cameras fill up with zeros."""
        if glance.size < 4 or not glance.tail.rstrip(b"\x00").endswith(b"\xff\xd9"):
            raise _is_broken(self)


class _Tiff(Format):
    media_type = "image/tiff"
    title = "TIFF"
    extensions = (".tif", ".tiff")
    magic = (b"II*\x00", b"MM\x00*")

    def window(self, head: bytes) -> int | None:
        """Look at the first directory, wherever it is."""
        (at,) = struct.unpack(f"{_order(head)}I", head[4:8])
        return int(at)

    def check(self, glance: Glance) -> None:
        """Ask for a directory inside the file, after the header, that names width and height."""
        if glance.size < _ENOUGH_TO_TELL:
            raise _is_broken(self)
        order, at, found = _order(glance.head), self.window(glance.head) or 0, glance.window
        (count,) = struct.unpack(f"{order}H", found[:2]) if len(found) >= 2 else (0,)
        end = 2 + count * _TAG_BYTES
        if at < _ENOUGH_TO_TELL or not 0 < count <= _MOST_TAGS or at + end + 4 > glance.size:
            raise _is_broken(self)
        tags = {struct.unpack(f"{order}H", found[place : place + 2])[0] for place in range(2, end, _TAG_BYTES)}
        if not tags >= _TIFF_SIZE_TAGS:
            raise _is_broken(self)


class _Docx(Format):
    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    title = "Word document (.docx)"
    extensions = (".docx",)
    magic = (b"PK\x03\x04",)

    def check(self, glance: Glance) -> None:
        """Read the directory first: how many parts, how large unpacked, and that they are a document's, no macros."""
        entries = read_directory(glance.tail, glance.size, most=_MOST_PARTS)
        if entries is None or sum(entry.unpacked for entry in entries) > _MOST_UNPACKED:
            raise _is_broken(self)
        names = [entry.name.lower() for entry in entries]
        if any(_leads_out(name) for name in names) or len(set(names)) < len(names) or any(map(_is_locked, entries)):
            raise _is_broken(self)
        if not {"[content_types].xml", "word/document.xml"} <= set(names):
            raise _is_not(self)
        if any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
            raise Invalid(
                "This document contains macros. Save it as a document without them.",
                code="ATTACHMENT_TYPE",
                field="content",
            )


_ALL: Final = (_Pdf(), _Png(), _Jpeg(), _Tiff(), _Docx())

FORMATS: Final[Mapping[str, Format]] = MappingProxyType({form.media_type: form for form in _ALL})
"""Every format that may be uploaded, by media type."""


def format_of(file_name: str, media_type: str) -> Format:
    """Return the format that the media type and the file's extension agree on; content is looked at by ``Glance``.

    Raises Invalid: ATTACHMENT_TYPE.
    """
    form = FORMATS.get(media_type.partition(";")[0].strip().lower())
    if form is None:
        titles = ", ".join(one.title for one in _ALL)
        raise Invalid(f"A document may be one of: {titles}.", code="ATTACHMENT_TYPE", field="mediaType")
    if not file_name.lower().endswith(form.extensions):
        raise Invalid(
            f"The name of the file does not fit its type, {form.title}.", code="ATTACHMENT_TYPE", field="fileName"
        )
    return form


def _order(head: bytes) -> str:
    return "<" if head.startswith(b"II") else ">"


def _leads_out(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/")


def _is_locked(entry: Entry) -> bool:
    return entry.encrypted or entry.method not in {0, 8}


def _is_not(form: Format) -> Invalid:
    return Invalid(f"The content of this file is not a {form.title}.", code="ATTACHMENT_TYPE", field="content")


def _is_broken(form: Format) -> Invalid:
    return Invalid(
        f"This {form.title} is damaged or was cut off. Save it again, then repeat.",
        code="ATTACHMENT_BROKEN",
        field="content",
    )
