"""The room of those who follow something live: all who are called at the same moment are served together, unwoken.

Thousands who wait in a task each, and wake to do the same each, cost a hundred times what it costs to serve them in a
few batches. Whoever is in the room is looked after there; one with whom anything is unusual is sent out, and goes on
alone in the own task.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextvars import Context, copy_context
from itertools import chain
from typing import Any, Final, cast

import structlog
from tortoise.exceptions import DBConnectionError

from resolvers.ports import KeyRange

LOOK_SECONDS: Final = 8.0
"""Everybody is served so often though nobody called: a call may be lost."""
_STEP_SECONDS: Final = 1.0
_LONG_AGO: Final = float("-inf")
_MOST: Final = 1_000
"""The most guests of a batch."""
_SERVERS: Final = 3
"""Batches on their way at once: some are at the database or on the disk while another one is written and sent."""

_Wide = tuple[Sequence[KeyRange], Mapping[str, Sequence[Any]]]

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

    @staticmethod
    async def serve_by_keys(
        room: WaitingRoom, attending: Mapping[str, Sequence[Any]], keys: Sequence[KeyRange]
    ) -> None:
        """Do what there is to do for those who attend at the mailboxes whose lines have these keys.

        They are claimed (:meth:`WaitingRoom.claim`) and released (:meth:`WaitingRoom.release`) part by part.

        Raises:
            Exception: for some of them it was not done; all who attend are served anew.
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
        self._wide: deque[_Wide] = deque()
        self._wide_server: asyncio.Task[None] | None = None
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

    def call_by_keys(self, keys: Sequence[KeyRange], attending: Mapping[str, Sequence[Any]]) -> None:
        """Have those served who attend at the mailboxes whose lines have these keys.

        One call after the other: so whoever gets a line by each is called by the second when the first was heard.
        """
        self._wide.append((keys, attending))
        if self._wide_server is None and not self._is_closed:
            self._wide_server = asyncio.get_running_loop().create_task(
                self._serve_by_keys(),
                name="the server of many in the waiting room",
                context=self._context and self._context.copy(),
            )

    def claim(self, guest: Guest, batch: list[Any], now: float) -> bool:
        """Take somebody into a batch who waits and is not called; give whether that went.

        Whoever is being served is called again.
        """
        if guest.batch is not None:
            guest.is_called_again = True
            return False
        if not guest.is_here or guest in self._called:
            return False
        guest.batch, guest.looked_at = batch, now
        batch.append(guest)
        return True

    async def close(self) -> None:
        """Serve nobody any more, whoever is called."""
        self._is_closed = True
        if self._look is not None:
            self._look.cancel()
        servers = [*self._servers, *([self._wide_server] if self._wide_server is not None else [])]
        for server in servers:
            server.cancel()
        await asyncio.gather(*servers, return_exceptions=True)

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
                    self.release(batch)
        finally:  # in one step with finding nobody, so that whoever is called next is served by another one
            self._servers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _serve_by_keys(self) -> None:
        """Serve call by call all who are called by keys."""
        try:
            while self._wide:
                keys, attending = self._wide.popleft()
                if self._guests:
                    try:
                        await next(iter(self._guests)).serve_by_keys(self, attending, keys)
                    except Exception as fault:  # noqa: BLE001 - as those who are called by name they meet it properly
                        _log.warning("live.called_by_name", error=type(fault).__name__)
                        self.call_all([*chain.from_iterable(attending.values())])
        finally:  # in one step with finding no call
            self._wide_server = None

    def _next_batch(self) -> list[Guest]:
        """Take those who were called first."""
        called = [*self._called]
        # Made anew: a dictionary would be searched from its beginning for those who are still in it.
        self._called = dict.fromkeys(called[_MOST:])
        return called[:_MOST]

    def release(self, batch: Sequence[Guest]) -> None:
        """Let a batch wait again, or be served again whoever was called meanwhile."""
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
