"""Texts that somebody searches for, as a statement can take them."""

from __future__ import annotations


def is_storable(text: str | None) -> bool:
    """Say whether a column could hold the text; NUL and half a surrogate pair are faults to the drivers."""
    return text is None or not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def escaped(text: str) -> str:
    """Let the signs of ``LIKE`` stand for themselves, for a pattern with ``ESCAPE '!'``."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
