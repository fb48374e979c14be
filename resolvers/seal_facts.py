"""What a seal says, in the bytes that are signed and linked; anybody can check them without this code.

Signed are the bytes of ``homeward audit seal 1``, a line feed, and the JSON of the seal with sorted keys and without
spaces. The next seal names the SHA-256 of these bytes. The root is that of an RFC 6962 tree; the data of a leaf is the
entry's number, a space and the entry's own leaf in hex, so that no entry can be given the number of another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

import orjson

from rules.merkle import leaf_of

NOTHING_BEFORE: Final = "0" * 64
"""What the first seal names as the hash of the seal before it."""

_PURPOSE = b"homeward audit seal 1\n"
_TEXTS = ("root", "previous", "key_id", "signature")


@dataclass(frozen=True, slots=True)
class SealFacts:
    """One seal: its number from 1 on, when (in UTC), over how many entries, root, link, key, and signature in hex."""

    number: int
    at: datetime
    count: int
    root: str
    previous: str
    key_id: str
    signature: str = ""

    @property
    def content(self) -> bytes:
        """Give the bytes that are signed."""
        told = self.told
        del told["signature"]
        return _PURPOSE + orjson.dumps(told, option=orjson.OPT_SORT_KEYS)

    @property
    def hash(self) -> str:
        """Give what the next seal names as the one before it, in hex."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def told(self) -> dict[str, Any]:
        """Give the seal as a checkpoint or a proof tells it."""
        return {
            "number": self.number,
            "at": self.at.isoformat(timespec="microseconds"),
            "count": self.count,
            "root": self.root,
            "previous": self.previous,
            "key_id": self.key_id,
            "signature": self.signature,
        }

    @classmethod
    def read(cls, told: object) -> Self:
        """Read a seal as a checkpoint or a proof tells it.

        Raises:
            ValueError: it does not tell a seal.
        """
        if not isinstance(told, dict):
            raise ValueError("a seal is told as an object")  # noqa: TRY004 - it is read from a file, not given by code
        numbers = [told.get(name) for name in ("number", "count")]
        texts = [told.get(name) for name in ("at", *_TEXTS)]
        if not all(type(one) is int for one in numbers) or not all(isinstance(one, str) for one in texts):
            raise ValueError("a seal has two numbers and five texts")
        return cls(told["number"], _instant(told["at"]), told["count"], *(told[name] for name in _TEXTS))


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("the time of a seal has its offset")
    try:
        return at.astimezone(UTC)
    except OverflowError as fault:
        raise ValueError("the time of a seal is within the calendar") from fault


def entry_in_tree(number: int, leaf: str) -> bytes:
    """Hash one entry to a leaf of its seal's tree."""
    return leaf_of(f"{number} {leaf}".encode())
