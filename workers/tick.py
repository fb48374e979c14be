"""The tick: what is overdue, and the sweep ledger; every minute by the queue, or by this process where it is silent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta

import structlog

from resolvers.callers import Desk
from resolvers.overdue import tell_overdue
from resolvers.sweeps import Sweep, run_due

OVERDUE = timedelta(minutes=3)

Duty = Callable[[], Awaitable[int]]
"""Something that each tick does besides; it answers how many things it did."""

_log = structlog.get_logger("homeward.tick")


class Tick:
    """Tell what is overdue, then carry out the sweeps that are due.

    The ledger makes each due date run once, and the mark of each overdue promise tells it once, however often anyone
    ticks. ``also`` are duties by name that this installation has besides; each does what is left to do, if anything.
    """

    def __init__(self, desk: Desk, sweeps: Mapping[str, Sweep], also: Mapping[str, Duty] | None = None) -> None:
        self._desk = desk
        self._sweeps = sweeps
        self._also = dict(also or {})
        self._last = asyncio.get_running_loop().time()
        self._running = asyncio.Lock()

    async def __call__(self) -> int:
        """Do it once, and answer how many runs were carried out; while one is under way, a second does nothing."""
        if self._running.locked():
            return 0
        async with self._running:
            self._last = asyncio.get_running_loop().time()
            # First what cannot wait: a sweep may take minutes. One that fails does not keep the other from its turn.
            await self._try("overdue", tell_overdue(self._desk))
            carried_out = await self._try("sweeps", run_due(self._desk, self._sweeps))
            for name, duty in self._also.items():
                await self._try(name, duty())
            return carried_out

    async def _try(self, duty: str, work: Awaitable[int]) -> int:
        try:
            return await work
        except Exception as fault:  # noqa: BLE001 - its text may hold a person's data; the next tick tries again
            _log.error("tick.failed", duty=duty, error=type(fault).__name__)
            return 0

    async def guard(self, stop: asyncio.Event, overdue: timedelta = OVERDUE) -> None:
        """Tick where nobody has in this process for so long: the broker is away or stuck, or asked other workers."""
        loop = asyncio.get_running_loop()
        looked = self._last
        while not stop.is_set():
            due = max(self._last, looked) + overdue.total_seconds()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await stop.wait()
            looked = loop.time()
            if not stop.is_set() and looked >= self._last + overdue.total_seconds():
                await self()
