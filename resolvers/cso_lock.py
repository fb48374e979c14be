"""Keep whoever asks the Chief Security Officers and whoever becomes or stops being one apart (POL-21).

The offices of the department have no row that could be held, as a provider has. A request that is addressed, or held
for want of a CSO, at the moment in which one goes or comes would wait for nobody; and of the last two, each could be
suspended because the other is still there. Whoever takes part waits here, after the accounts and the organization are
held, and holds on until the commit. SQLite lets one writer in at a time anyway.
"""

from __future__ import annotations

from tortoise.connection import get_connection

from orm.sql import fetch

_CSO = 0x43534F
"""The number of the advisory lock in PostgreSQL."""


async def hold_csos() -> None:
    """Wait until nobody becomes or stops being a CSO, and let nobody until this transaction ends."""
    if get_connection("default").capabilities.dialect == "postgres":
        await fetch("SELECT pg_advisory_xact_lock(:lock)", lock=_CSO)
