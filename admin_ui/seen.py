"""What a form showed when it was opened: nobody writes over, unseen, what somebody else has changed meanwhile.

A form that writes a record anew carries a short digest of each value that it began with. When it is sent, they are
compared with the record as it is then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from admin_ui.forms import Fields

SEEN = "seen"
"""The hidden field that carries the digests."""

Value = str | Sequence[str]
"""What a field holds: a text, or several choices."""


def written(values: Mapping[str, Value]) -> str:
    """Write down what a form begins with, as it is carried along."""
    return " ".join(f"{name}={_digest(value)}" for name, value in sorted(values.items()))


def changed_since(given: Fields, values: Mapping[str, Value]) -> frozenset[str]:
    """Name the fields whose values are others now than when the form was opened; what it says nothing of is not."""
    seen = _read(given)
    return frozenset(name for name, value in values.items() if name in seen and seen[name] != _digest(value))


def is_touched(given: Fields, name: str, typed: Value) -> bool:
    """Say whether a person has typed something else into a field than the form began with."""
    return _read(given).get(name) != _digest(typed)


def _read(given: Fields) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in given.raw(SEEN).split())
    return {name: digest for name, _, digest in pairs}


def _digest(value: Value) -> str:
    """Digest a value as a browser sends it back: line breaks and the order of choices tell nothing."""
    parts = [value.replace("\r\n", "\n").strip()] if isinstance(value, str) else sorted(value)
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:16]
