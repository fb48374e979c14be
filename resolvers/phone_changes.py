"""Since when a telephone number is on file, as the trail says: the support desk calls it back (000:15-20)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from orm.models import AuditEntry, Outcome


async def phones_changed_at(people: Collection[UUID]) -> dict[UUID, datetime]:
    """Say when each of these people last changed the own number; who never did is left out."""
    entries = (
        await AuditEntry.filter(act="account.update_profile", about_id__in=list(people), outcome=Outcome.DONE)
        .order_by("id")
        .only("id", "about_id", "at", "facts")
    )
    return {
        entry.about_id: entry.at
        for entry in entries
        if entry.about_id is not None and "phone" in entry.facts.get("changed", ())
    }
