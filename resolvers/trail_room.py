"""The room where entries of reads wait to be committed together: 32 readers cost a few commits, not 32.

Whoever has read hands in an entry and waits for its commit; only then the answer leaves. While one batch is on its way
to the disk the next one gathers, so nobody waits for company: an entry that comes alone goes alone, at once. A write's
entry never comes here: it stands or falls with the transaction of the change.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol

import structlog
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.exceptions import DBConnectionError

from orm.unbroken import finish
from resolvers.trail_entries import Entry, insert_entries

MOST_ENTRIES: Final = 100
"""The most entries of one batch, so that none is long on its way."""

DRAINED_WITHIN: Final = 5.0
"""Seconds; a database that does not answer must not keep the house from closing."""

AFTERWARDS: Final = 0.5
"""Seconds after which is done what is in no hurry."""

_Waiting = tuple[Entry, "asyncio.Future[None]"]


_log = structlog.get_logger("homeward.trail")


class Insertable(Protocol):
    """Entries that are inserted together."""

    async def insert(self, connection: BaseDBAsyncClient) -> None:
        """Insert them on a connection: all of them or none, committed unless a transaction is open on it."""


class TrailRoom:
    """The room of one process. It needs no opening; :meth:`drain` before the database is closed."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._clerk: asyncio.Task[None] | None = None
        self._afterwards: set[asyncio.Task[None]] = set()
        self._is_asked_to_follow = False
        self._is_closing = asyncio.Event()

    async def keep(self, entry: Entry) -> None:
        """Return when the entry is committed.

        Whoever is cancelled while waiting takes nothing away from the others; the entry is written all the same, for
        the record was read.

        Raises:
            Exception: whatever kept the entry from being written. There must be no answer then.
        """
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, kept))
        if self._clerk is None or self._clerk.done():
            self._clerk = asyncio.create_task(self._write_all(), name="the trail's clerk")
            self._clerk.add_done_callback(self._send_away)
        await kept

    async def keep_all(self, entries: Insertable) -> None:
        """Return when entries of one moment are committed, all of them in one statement.

        Raises:
            Exception: none of them is written; or, with a DBConnectionError, nobody knows.
        """
        # To its end whoever is cancelled, as each batch: see below.
        await finish(entries.insert(get_connection("default")))

    def afterwards(self, work: Callable[[], Awaitable[object]]) -> None:
        """Have something done when those have gone who are in a hurry now; once for all who ask until then."""
        if not self._is_asked_to_follow:
            self._is_asked_to_follow = True
            task = asyncio.create_task(self._do_afterwards(work), name="the trail's afterwards")
            self._afterwards.add(task)
            task.add_done_callback(self._afterwards.discard)

    async def drain(self) -> None:
        """Wait until every entry that was handed in is committed or known not to be; not for ever."""
        self._is_closing.set()
        if tasks := [*self._afterwards, *([self._clerk] if self._clerk is not None else [])]:
            await asyncio.wait(tasks, timeout=DRAINED_WITHIN)

    async def _do_afterwards(self, work: Callable[[], Awaitable[object]]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(AFTERWARDS):
                await self._is_closing.wait()
        self._is_asked_to_follow = False
        try:
            await work()
        except Exception as fault:  # noqa: BLE001 - it is done again: by whoever reads the trail, and before each seal
            _log.warning("trail.left_for_later", error=type(fault).__name__)

    async def _write_all(self) -> None:
        """Write what waits, batch by batch, until nothing does."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_ENTRIES))]
            # To its end even when the loop is being shut down: a batch under way is not left half known.
            await finish(_write(batch))

    def _send_away(self, clerk: asyncio.Task[None]) -> None:
        """Leave nobody waiting for a clerk who was cancelled, which only the end of the loop does.

        Not a ``finally``: a task that is cancelled before its first step runs none.
        """
        if clerk is self._clerk and clerk.cancelled():
            while self._waiting:
                self._waiting.popleft()[1].cancel()


async def _write(batch: list[_Waiting]) -> None:
    """Write a batch, and tell each who waits how it went; never raises."""
    try:
        await insert_entries(get_connection("default"), [entry for entry, _ in batch])
    except DBConnectionError as fault:
        # Nothing can be written now, and nobody knows what of this has been: not to be tried again.
        for _, kept in batch:
            _refuse(kept, fault)
    except Exception as fault:  # noqa: BLE001 - whoever waits raises it
        if len(batch) == 1:
            _refuse(batch[0][1], fault)
        else:  # nothing was written; one entry that the table refuses must not cost the others their answers
            for one in batch:
                await _write([one])
    else:
        for _, kept in batch:
            if not kept.done():
                kept.set_result(None)


def _refuse(kept: asyncio.Future[None], fault: Exception) -> None:
    if not kept.done():
        kept.set_exception(fault)
