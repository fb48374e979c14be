"""Page by key, not by offset: a page stays where it is while rows come and go."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from rules.errors import Invalid

V = TypeVar("V")

PAGE_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[V]):
    """Rows in order, each with its cursor, and whether there are more."""

    nodes: Sequence[V]
    cursors: Sequence[str]
    has_next_page: bool
    has_previous_page: bool
    total_count: int | None = None


def page_of(
    nodes: Sequence[V], cursor: Callable[[V], str], *, more: bool, after: str | None, total: int | None = None
) -> Page[V]:
    """Make a page of rows that follow on the cursor ``after``, if there was one; ``more`` says that others follow."""
    return Page(nodes, [cursor(node) for node in nodes], more, after is not None, total)


def page_size(first: int) -> int:
    """Check a page size.

    Raises:
        Invalid: fewer than 1 or more than 100 rows.
    """
    if not 1 <= first <= PAGE_LIMIT:
        raise Invalid(f"Ask for 1 to {PAGE_LIMIT} rows at a time.", code="PAGE_SIZE", field="first")
    return first


def to_cursor(order: str, key: int | str) -> str:
    """Make the cursor of a row: the order and the row's number, never a value of a person."""
    return base64.urlsafe_b64encode(f"{order}:{key}".encode()).decode().rstrip("=")


def from_cursor(cursor: str, order: str, field: str = "after", most: int = 10**18) -> int:
    """Read the number out of a cursor made for this order; a number above ``most`` was never in one.

    Raises:
        Invalid: ``CURSOR_MALFORMED``; it was not made here, or for another order.
    """
    number = _key_of(cursor, order, field)
    if not number.isascii() or not number.isdigit() or len(number) > 18 or int(number) > most:
        raise _malformed(field)
    return int(number)


def key_from_cursor(cursor: str, order: str, field: str = "after") -> UUID:
    """Read the key out of a cursor made for this order, where rows have a key and no number.

    Raises:
        Invalid: ``CURSOR_MALFORMED``; it was not made here, or for another order.
    """
    try:
        return UUID(_key_of(cursor, order, field))
    except ValueError as fault:
        raise _malformed(field) from fault


def stale_cursor(field: str = "after") -> Invalid:
    """Refuse the cursor of a row that exists for the person no more: its place in the order would tell of it."""
    return Invalid("This list has changed. Begin again with its first page.", code="CURSOR_STALE", field=field)


def _key_of(cursor: str, order: str, field: str) -> str:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        made_for, key = text.rsplit(":", 1)
    except (binascii.Error, UnicodeDecodeError, ValueError) as fault:
        raise _malformed(field) from fault
    if made_for != order:
        raise _malformed(field)
    return key


def _malformed(field: str) -> Invalid:
    return Invalid("This cursor was not made for this list.", code="CURSOR_MALFORMED", field=field)
