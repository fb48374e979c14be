"""Letters as they were before they shared the key of their line."""

from __future__ import annotations

from uuid import uuid4

from orm.models import Letter
from orm.sql import execute


async def make_letters_older() -> int:
    """Give every letter a key of its own, which its line remembers; answer how many there are."""
    letters = await Letter.all()
    for letter in letters:
        own = {"own": uuid4(), "shared": letter.id}
        await execute("UPDATE notification SET older_letter_id = :own WHERE id = :shared", **own)
        await execute("UPDATE outbox SET id = :own WHERE id = :shared", **own)
    return len(letters)
