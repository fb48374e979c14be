"""Wait until something has happened elsewhere: two at once can only be tried when both have come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from orm.sql import dialect, fetch

_TURNS = 200
_PATIENCE: Final = 30.0
"""Seconds: when a test has hung, never how long one waits."""


async def until(done: Callable[[], object]) -> None:
    """Return when it is so."""
    async with asyncio.timeout(_PATIENCE):
        while not done():
            await asyncio.sleep(0.002)


async def until_somebody_waits() -> None:
    """Return when another transaction waits for what this one holds; on SQLite, when it has had turns to come so far.

    Whoever asks bounds it by a time-out: if nobody ever waits, that is the fault that is looked for.
    """
    if dialect() == "sqlite":  # which has no list of those who wait
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        return
    while not (await fetch("SELECT COUNT(*) AS n FROM pg_locks WHERE NOT granted"))[0]["n"]:
        await asyncio.sleep(0)
