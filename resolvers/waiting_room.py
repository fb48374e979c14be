"""The room of those who follow something live: all who are called at the same moment are served together, unwoken.

Thousands who wait in a task each, and wake to do the same each, cost a hundred times what it costs to serve them in a
few batches. Whoever is in the room is looked after there; one with whom anything is unusual is sent out, and goes on
alone in the own task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import Context, copy_context
from typing import Any, Final, cast

import structlog
from tortoise.exceptions import DBConnectionError

LOOK_SECONDS: Final = 8.0
"""Everybody is served so often though nobody called: a call may be lost."""
_STEP_SECONDS: Final = 1.0
_LONG_AGO: Final = float("-inf")
_MOST: Final = 1_000
"""The most guests of a batch."""
_SERVERS: Final = 3
"""Batches on their way at once: some are at the database or on the disk while another one is written and sent."""

_log = structlog.get_logger("homeward.live")


class Guest:
    """Somebody who waits in the room. What is done for a batch of them, :meth:`serve`, is for each kind to say."""

    __slots__ = ("_out", "batch", "is_called_again", "is_here", "looked_at")

    def __init__(self) -> None:
        self.is_here = self.is_called_again = False
        self.batch: Sequence[Guest] | None = None
        """With whom the guest is being served, and has not been sent out meanwhile."""
        self.looked_at = _LONG_AGO
        self._out: asyncio.Future[None] | None = None

    @staticmethod
    async def serve(guests: Sequence[Any]) -> None:
        """Do for a batch what there is to do; whoever needs more is sent out, or called again.

        Raises:
            DBConnectionError: nothing was done; they wait on, and are served again soon.
        """
        raise NotImplementedError

    async def until_sent_out(self) -> None:
        """Wait."""
        self._out = asyncio.get_running_loop().create_future()
        await self._out

    def send_out(self) -> None:
        """Let the guest go on alone."""
        self.is_here, self.batch = False, None
        if self._out is not None and not self._out.done():
            self._out.set_result(None)


class WaitingRoom:
    """The room of one process. It needs no opening; :meth:`close` before the database is closed."""

    def __init__(self) -> None:
        self._guests: dict[Guest, None] = {}
        self._called: dict[Guest, None] = {}
        self._servers: set[asyncio.Task[None]] = set()
        self._context: Context | None = None
        self._is_beginning = self._is_closed = False
        self._look: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._guests)

    async def stay(self, guest: Guest) -> None:
        """Wait in the room, served at once for the first time; return when the guest is sent out."""
        if not self._guests:
            # Not that of whoever calls first, who may be in the midst of a transaction.
            self._context = copy_context()
        self._guests[guest] = None
        guest.is_here = True
        self.call(guest)
        self._look_again()
        try:
            await guest.until_sent_out()
        finally:
            guest.is_here = guest.is_called_again = False
            guest.batch = None
            del self._guests[guest]
            self._called.pop(guest, None)
            if not self._guests and self._look is not None:
                self._look.cancel()
                self._look = None

    def call(self, guest: Guest) -> None:
        """Have a guest served, together with all who are called at this moment; again, if that is being done."""
        self.call_all([guest])

    def call_all(self, guests: Sequence[Guest]) -> None:
        """Have guests served."""
        for guest in guests:
            if guest.batch is not None:
                guest.is_called_again = True
            elif guest.is_here:
                self._called[guest] = None
        if self._called and not self._is_beginning:
            self._is_beginning = True
            asyncio.get_running_loop().call_soon(self._begin)

    async def close(self) -> None:
        """Serve nobody any more, whoever is called."""
        self._is_closed = True
        if self._look is not None:
            self._look.cancel()
        for server in self._servers:
            server.cancel()
        await asyncio.gather(*self._servers, return_exceptions=True)

    def _begin(self) -> None:
        self._is_beginning = False
        if self._is_closed:
            return
        needed = min(_SERVERS, -(-len(self._called) // _MOST))
        while len(self._servers) < needed:
            server = asyncio.get_running_loop().create_task(
                self._serve_called(),
                name="a server of the waiting room",
                context=self._context and self._context.copy(),
            )
            self._servers.add(server)

    async def _serve_called(self) -> None:
        """Serve all who are called, batch by batch, until nobody is."""
        try:
            while self._called:
                batch = self._next_batch()
                now = asyncio.get_running_loop().time()
                for guest in batch:
                    guest.batch, guest.looked_at = batch, now
                try:
                    await _serve(batch)
                finally:
                    self._done(batch)
        finally:  # in one step with finding nobody, so that whoever is called next is served by another one
            self._servers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    def _next_batch(self) -> list[Guest]:
        """Take those who were called first."""
        called = [*self._called]
        # Made anew: a dictionary would be searched from its beginning for those who are still in it.
        self._called = dict.fromkeys(called[_MOST:])
        return called[:_MOST]

    def _done(self, batch: Sequence[Guest]) -> None:
        again = []
        for guest in batch:
            if guest.batch is batch:  # else somebody was sent out, and may be back and served with others
                guest.batch = None
                if guest.is_called_again:
                    guest.is_called_again = False
                    again.append(guest)
        if again:
            self.call_all(again)

    def _look_again(self) -> None:
        if self._look is None and not self._is_closed:
            self._look = asyncio.get_running_loop().call_later(_STEP_SECONDS, self._look_around)

    def _look_around(self) -> None:
        """Call those who have not been served for long."""
        self._look = None
        before = asyncio.get_running_loop().time() - LOOK_SECONDS
        self.call_all([it for it in self._guests if it.looked_at < before and it.batch is None])
        if self._guests:
            self._look_again()


async def _serve(batch: Sequence[Guest]) -> None:
    try:
        await batch[0].serve(batch)
    except DBConnectionError as fault:
        _log.warning("live.waits_for_the_database", error=type(fault).__name__)
        for guest in batch:
            guest.looked_at = _LONG_AGO
    except Exception as fault:  # noqa: BLE001 - each meets it again alone, and says it properly
        _log.error("live.served_alone", error=type(fault).__name__)
        for guest in batch:
            guest.send_out()
