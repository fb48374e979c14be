"""Tell from its text what a statement does, to send it to the right connection and to count its rows rightly."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

#: Text in which no keyword and no parameter counts: strings, quoted names, comments, dollar quotes.
QUOTED = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$"""
_QUOTED = re.compile(QUOTED, re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]+")
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"})
#: These speak of the connection that wrote last, so a reader would answer wrongly.
_OF_THE_WRITER = ("last_insert_rowid", "changes(")


class Kind(StrEnum):
    """What a statement does with the rows it touches."""

    READ = "read"
    WRITE = "write"
    WRITE_RETURNING = "write_returning"
    WRITE_IN_WITH = "write_in_with"
    OTHER = "other"


def statement_kind(sql: str) -> Kind:
    """Tell the kind of one statement. Whatever is not surely a read counts as a write or as other."""
    start = sql.lstrip()[:7].upper()
    if start.startswith("SELECT") and not start[6:].isalnum():
        # The way of nearly every statement: no parsing, because SELECT cannot hold a write below it.
        lowered = sql.lower()
        return Kind.OTHER if any(name in lowered for name in _OF_THE_WRITER) else Kind.READ
    return _parsed_kind(sql)


@lru_cache(maxsize=2048)
def _parsed_kind(sql: str) -> Kind:
    words = [word.upper() for word in _WORD.findall(_QUOTED.sub(" ", sql))]
    if not words:
        return Kind.OTHER
    first, has_writes = words[0], not _WRITES.isdisjoint(words)
    if first == "SELECT":
        return Kind.OTHER if not {"LAST_INSERT_ROWID", "CHANGES"}.isdisjoint(words) else Kind.READ
    if first == "WITH":
        return Kind.WRITE_IN_WITH if has_writes else Kind.READ
    if first in _WRITES:
        return Kind.WRITE_RETURNING if "RETURNING" in words else Kind.WRITE
    return Kind.OTHER
