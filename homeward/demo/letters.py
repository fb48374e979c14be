"""The letters of the history: all but the newest were delivered long ago, so that the first start is not a flood."""

from __future__ import annotations

from datetime import datetime

from orm.models import Letter
from orm.sql import execute
from resolvers.letter_bundles import untie_bundles

STILL_QUEUED = 20
"""How many letters of the last hour wait for the relay at its first start, at most."""


async def deliver_history(until: datetime) -> int:
    """Mark letters as sent when they were written, but for the newest since ``until``; answer how many are left."""
    await untie_bundles()
    young = Letter.filter(created_at__gt=until).order_by("-created_at", "id")
    newest = await young.limit(STILL_QUEUED).values_list("id", flat=True)
    await execute(
        "UPDATE outbox SET state = 'SENT', attempts = 1, sent_at = created_at, sent_to = COALESCE("
        "(SELECT c.email FROM contact c WHERE c.id = outbox.contact_id), "
        "(SELECT u.email FROM user_account u WHERE u.id = outbox.user_id), '') "
        "WHERE id NOT IN (:newest)",
        newest=list(newest),
    )
    return len(newest)
