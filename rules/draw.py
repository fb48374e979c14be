"""Draw numbers of a list at random, so that anyone can draw again from what is kept (SAR-02; 002:228-231).

The list is fixed and hashed first, then the seed is taken from an unguessable source; from then on nothing is chance.
"""

from __future__ import annotations

import hashlib
from itertools import count

ALGORITHM = (
    "For i = 0, 1, 2, ... take SHA-256 of the text '<seed>:<i>' in UTF-8 and read its first 8 bytes as a number v, the "
    "highest byte first. Pass v over if it is not below 2^64 - (2^64 mod n), where n is the length of the list. The "
    "list number is (v mod n) + 1; one that was drawn before is passed over. Stop when enough numbers are drawn."
)
"""How to draw again, with any program that knows SHA-256."""

_VALUES = 2**64


def drawn_numbers(seed: str, size: int, sample: int) -> tuple[int, ...]:
    """Draw so many different numbers of 1 to ``size``, in the order in which they come; all of them if there are fewer.

    Each number is as likely as any other, and the same seed draws the same.
    """
    wanted = min(size, sample)
    drawn: dict[int, None] = {}
    numbers = filter(None, (number_under(_value(seed, place), size) for place in count()))
    while len(drawn) < wanted:
        drawn[next(numbers)] = None
    return tuple(drawn)


def number_under(value: int, size: int) -> int | None:
    """Make a list number of a value of 64 bits; none of the last values, which would favour the first numbers."""
    return value % size + 1 if value < _VALUES - _VALUES % size else None


def _value(seed: str, place: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{place}".encode()).digest()[:8], "big")


def list_hash(numbered: str) -> str:
    """Hash a numbered list: SHA-256 over its lines ``<number> <user ID>`` in UTF-8, with a line feed between them."""
    return hashlib.sha256(numbered.encode()).hexdigest()


def picked(numbered: str, numbers: tuple[int, ...]) -> tuple[str, ...]:
    """Give the user IDs that stand under these numbers in a numbered list, in the order of the numbers."""
    wanted = set(numbers)
    found: dict[int, str] = {}
    for line in numbered.splitlines():
        number, _, user_id = line.partition(" ")
        if int(number) in wanted:
            found[int(number)] = user_id
    return tuple(found[number] for number in numbers)
