"""Keep a transaction whole when the task that runs it is cancelled.

A closed websocket, ``asyncio.timeout`` and a worker's time limit cancel a task at whatever line it has reached. What
has been begun at the database must be ended all the same, so here every step of a transaction runs to its end before
the cancellation goes on its way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Protocol, TypeVar

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.connection import ConnectionHandler, ConnectionToken, get_connections
from tortoise.exceptions import TransactionManagementError

T = TypeVar("T")


async def finish(work: Coroutine[Any, Any, T] | asyncio.Future[T]) -> T:
    """Run ``work`` to its end whoever is cancelled meanwhile, then let the cancellation go on.

    A cancellation outweighs the result and the error of ``work``: both are dropped for it.
    """
    task = asyncio.ensure_future(work)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is not None:
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it as forgotten
        raise cancellation
    return task.result()


class Steps(Protocol):
    """What an engine's transaction, or the savepoint in one, is able to do."""

    connection_name: str

    @property
    def is_over(self) -> bool:
        """True after the commit or the rollback."""

    async def take(self) -> None:
        """Wait for a connection. A cancellation while waiting leaves nothing to undo."""

    async def begin(self) -> None:
        """Open the transaction or the savepoint."""

    async def commit(self) -> None:
        """Keep what was written, or undo it and raise."""

    async def rollback(self) -> None:
        """Undo what was written. Harmless when nothing is open."""

    async def give_back(self) -> None:
        """Hand the connection back. Never raises."""


class UnbrokenTransaction(TransactionContext):
    """Take, begin, commit or roll back, and give back: each to its end, in this order, whatever happens.

    A cancellation that arrives during COMMIT leaves the change committed and still raises ``CancelledError``: the
    caller cannot know the outcome and has to settle it by its idempotency key.
    """

    def __init__(self, steps: Steps, client: TransactionalDBClient) -> None:
        self._steps = steps
        self.client = client
        self._connections: ConnectionHandler | None = None
        self._token: ConnectionToken | None = None

    async def __aenter__(self) -> TransactionalDBClient:
        connections = get_connections()
        await self._steps.take()
        try:
            await finish(self._steps.begin())
        except BaseException:
            await finish(self._end(commit=False))
            raise
        # Set here and not in the shielded step: that one runs in a task, with a context of its own.
        self._connections = connections
        self._token = connections.set(self._steps.connection_name, self.client)
        return self.client

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        try:
            await finish(self._end(commit=exc_type is None))
        finally:
            if self._connections is not None:
                self._connections.reset(self._token)

    async def _end(self, *, commit: bool) -> None:
        try:
            if self._steps.is_over:
                return  # the body has committed or rolled back by itself
            if commit:
                await self._steps.commit()
            else:
                await self._steps.rollback()
        finally:
            await self._steps.give_back()


class Standing:
    """Where a transaction stands: open, over, or spoiled by a statement of which nobody saw the end."""

    def __init__(self) -> None:
        self.has_begun = False
        self.is_over = False
        self._is_spoiled = False

    def spoil(self) -> None:
        """Remember that a statement was cancelled. It may have run or not, so the whole must not be kept."""
        self._is_spoiled = True

    def require_open(self) -> None:
        """Refuse a statement after the end: on SQLite it would land in whatever transaction came next."""
        if self.is_over:
            raise TransactionManagementError("This transaction is already over")

    def require_whole(self) -> None:
        """Refuse to commit after a cancelled statement."""
        if self._is_spoiled:
            raise TransactionManagementError("A statement of this transaction was cancelled, so it was rolled back")
