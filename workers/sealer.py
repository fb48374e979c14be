"""The sealer: every ten seconds, and once more at the end, it seals the entries of the trail that have no seal yet.

What it has sealed it notes by record, so that the log of one is found (see :mod:`resolvers.traces`).

Any number of sealers may run; one works, the others look again later. A sealer that is killed has either committed its
seal or not begun it. What it had not told the checkpoint book is told by the next: a seal vouches for all before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog

from resolvers.callers import Desk
from resolvers.seal_facts import SealFacts
from resolvers.seal_ports import CheckpointBook, SealKeyError, SealKeys
from resolvers.seals import Horizon, newest_seal, seal_pending
from resolvers.traces import trace_next_seal

EVERY = timedelta(seconds=10)
LAST_WITHIN = timedelta(seconds=1.5)
"""How long the last round may take when the process stops; what it leaves is sealed by the next sealer."""

_log = structlog.get_logger("homeward.sealer")


class Sealer:
    """Seal what is pending and tell each seal outside; the database, the key and the book may be away for a while."""

    def __init__(self, desk: Desk, keys: SealKeys, book: CheckpointBook, *, every: timedelta = EVERY) -> None:
        self._desk = desk
        self._keys = keys
        self._book = book
        self._every = every
        self._horizon = Horizon()
        self._has_told = False
        self._untold: SealFacts | None = None

    async def beside(self, work: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
        """Seal beside the work of this process until ``stop``, and then what it has written while it ended."""
        async with asyncio.TaskGroup() as duties:
            duties.create_task(self.run(stop), name="sealer")
            duties.create_task(work, name="sealed-work")
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WITHIN.total_seconds()):
                await self.seal_all()

    async def run(self, stop: asyncio.Event) -> None:
        """Seal until ``stop``."""
        while not stop.is_set():
            await self.seal_all()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every.total_seconds()):
                    await stop.wait()

    async def seal_all(self) -> None:
        """Seal until nothing is pending, and tell it. Never raises: the next round tries again."""
        try:
            await self._seal()
        except SealKeyError as no:
            _log.error("audit.not_sealed", why=str(no))
        except Exception as fault:  # noqa: BLE001 - the database may be away; the sealer outlives it
            _log.warning("audit.not_sealed", error=type(fault).__name__)

    async def _seal(self) -> None:
        if not self._has_told:  # the one before may have been killed between its seal and the book
            self._untold = await newest_seal()
        await self._tell()
        while (seal := await seal_pending(self._desk, self._keys, self._horizon)) is not None:
            self._untold = seal
            _log.info("audit.sealed", hash=seal.hash, **seal.told)
            await self._tell()
        while await trace_next_seal() is not None:
            pass

    async def _tell(self) -> None:
        """Tell the newest seal to the book, if it is not told yet; one that is owed longer is linked to it."""
        if self._untold is None:
            return
        try:
            await self._book.keep(self._untold)
        except OSError as fault:
            _log.error("audit.checkpoint_not_kept", seal=self._untold.number, error=type(fault).__name__)
            return
        self._untold, self._has_told = None, True
