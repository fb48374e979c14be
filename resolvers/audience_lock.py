"""Keep publishing and changes of provider profiles apart, so that no contact falls between the two.

Publishing reads every provider and a profile change reads every open referral. Done at the same moment, each would miss
the other's work: the contact with a new county would hear of the new referral from neither. Publishers share the
audience with one another; a profile change has it alone for its few milliseconds. Both hold it until they commit.
SQLite lets one writer in at a time anyway.
"""

from __future__ import annotations

from tortoise.connection import get_connection

from orm.sql import fetch

_AUDIENCE = 0x41554449
"""The number of the advisory lock in PostgreSQL."""


async def read_audience() -> None:
    """Wait until no profile changes; none can until this transaction ends. Others may read at the same time."""
    if _has_many_writers():
        await fetch("SELECT pg_advisory_xact_lock_shared(:lock)", lock=_AUDIENCE)


async def change_audience() -> None:
    """Wait until nobody reads the audience to tell it something, and keep it alone until this transaction ends."""
    if _has_many_writers():
        await fetch("SELECT pg_advisory_xact_lock(:lock)", lock=_AUDIENCE)


def _has_many_writers() -> bool:
    return get_connection("default").capabilities.dialect == "postgres"
