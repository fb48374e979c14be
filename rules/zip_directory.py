"""The directory at the end of a zip file, read without unpacking anything: what a document says it consists of.

A zip bomb says its size there, or lies; the lies that unpack the same bytes many times show as entries that overlap.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

TAIL_KEPT: Final = 512 * 1024
"""How many of the last bytes are needed: the end record, its longest comment, and the directory before it."""

_END = struct.Struct("<4s4H2IH")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LOCAL_HEADER = 30
_LONGEST_COMMENT = 0xFFFF
_BIGGEST = 0xFFFFFFFF
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Entry:
    """One part: its name, how it is packed, and its sizes in bytes."""

    name: str
    method: int
    encrypted: bool
    packed: int
    unpacked: int
    at: int
    name_bytes: int


def read_directory(tail: bytes, size: int, *, most: int) -> list[Entry] | None:
    """Return the entries of a zip of ``size`` bytes that ends with ``tail``; None if it is broken or not plain.

    Not plain are: several disks, the 64-bit form, bytes before, between or after what belongs to the zip, more entries
    than ``most``, a directory larger than the tail.
    """
    end_at = tail.rfind(b"PK\x05\x06", max(0, len(tail) - _END.size - _LONGEST_COMMENT))
    if end_at < 0 or len(tail) - end_at < _END.size:
        return None
    _, disk, first_disk, here, count, length, begin, comment = _END.unpack_from(tail, end_at)
    whole = end_at + _END.size + comment == len(tail) and begin + length + len(tail) - end_at == size
    if disk or first_disk or here != count or not 0 < count <= most or not whole or length > end_at:
        return None
    entries = _entries(tail[end_at - length : end_at], count)
    return entries if entries is not None and _lie_one_after_the_other(entries, begin) else None


def _entries(directory: bytes, count: int) -> list[Entry] | None:
    entries: list[Entry] = []
    place = 0
    for _ in range(count):
        if len(directory) - place < _ENTRY.size:
            return None
        (mark, _, _, flags, method, _, _, _, packed, unpacked, name, extra, comment, disk, _, _, at) = (
            _ENTRY.unpack_from(directory, place)
        )
        if mark != b"PK\x01\x02" or disk or _BIGGEST in (packed, unpacked, at):
            return None
        begin = place + _ENTRY.size
        text = directory[begin : begin + name].decode("utf-8", errors="replace")
        entries.append(Entry(text, method, bool(flags & _ENCRYPTED), packed, unpacked, at, name))
        place = begin + name + extra + comment
    return entries if place == len(directory) else None


def _lie_one_after_the_other(entries: Sequence[Entry], end: int) -> bool:
    """Say whether the parts begin at the front of the file, never overlap, and end before the directory."""
    in_order = sorted(entries, key=lambda entry: entry.at)
    ends = [entry.at + _LOCAL_HEADER + entry.name_bytes + entry.packed for entry in in_order]
    starts = [entry.at for entry in in_order]
    apart = all(ended <= begin for ended, begin in zip(ends, [*starts[1:], end], strict=True))
    return starts[0] == 0 and apart
