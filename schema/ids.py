"""Global ids: opaque to clients, a type's name and a key inside."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

import strawberry

from rules.errors import Invalid


def to_global(type_name: str, key: UUID | str) -> strawberry.ID:
    """Make the global id of a record."""
    return strawberry.ID(base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).decode().rstrip("="))


def from_global(text: str, *, field: str) -> tuple[str, UUID]:
    """Read a global id.

    Raises:
        Invalid: ``ID_MALFORMED``; it was not made here.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        type_name, key = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split(":", 1)
        return type_name, UUID(key)
    except (binascii.Error, UnicodeDecodeError, ValueError) as fault:
        raise Invalid("This id was not made here.", code="ID_MALFORMED", field=field) from fault


def key_of(type_name: str, text: str, *, field: str) -> UUID:
    """Read the key of a record of one type.

    Raises:
        Invalid: ``ID_MALFORMED``; it is the id of something else, or of nothing.
    """
    named, key = from_global(text, field=field)
    if named != type_name:
        raise Invalid(f"This is not the id of a {type_name}.", code="ID_MALFORMED", field=field)
    return key
