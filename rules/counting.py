"""How many there are of a thing, in words."""

from __future__ import annotations


def counted(count: int, one: str, many: str | None = None) -> str:
    """Say how many: ``1 letter``, ``2 letters``, ``1,200 entries``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
