"""One question that many ask at the same moment is put to the database once, for all of them.

Each request asks who calls, what the policy is and which provider that is. Whoever asks while the same question is on
its way waits until that is answered, and goes with the next one together with all who have come meanwhile. Nothing is
kept: every answer was read after it was asked for, so none is older than if everybody had asked alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.connection import get_connection

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST: Final = 1_000
"""The most keys of one statement."""
SETTLED_WITHIN = 5.0
"""Seconds; a database that does not answer must not keep the house from closing."""

Answer = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]
"""Answers for several keys at once; a key that is missing in the answer has none."""


class Question(Generic[K, V]):
    """A question by key. Inside a transaction it is asked at once and there, where it sees what that has written."""

    def __init__(self, answer: Answer[K, V]) -> None:
        self._answer = answer
        self._rooms: WeakKeyDictionary[BaseDBAsyncClient, _Room[K, V]] = WeakKeyDictionary()
        _QUESTIONS.add(self)

    def clerks(self) -> list[asyncio.Task[None]]:
        """Name the clerks who are on their way."""
        return [room.clerk for room in self._rooms.values() if room.clerk is not None]

    async def ask(self, key: K) -> V | None:
        """Give the answer for a key; none if there is none.

        Whoever is cancelled while waiting takes nothing away from the others.

        Raises:
            Exception: whatever kept the question from being answered; all who went together hear it.
        """
        connection = get_connection("default")
        if isinstance(connection, TransactionalDBClient):
            return (await self._answer([key])).get(key)
        return await self._room(connection).ask(key)

    def _room(self, connection: BaseDBAsyncClient) -> _Room[K, V]:
        """Give the room of the open database in this loop: with either, everything that waits in it ends."""
        loop = asyncio.get_running_loop()
        room = self._rooms.get(connection)
        if room is None or room.loop is not loop:
            room = self._rooms[connection] = _Room(self._answer, loop)
        return room


_QUESTIONS: Final[WeakSet[Question[Any, Any]]] = WeakSet()


async def settle() -> None:
    """Wait for the clerks who are on their way, before the database is closed; who stays too long is sent away.

    Whoever asked may have been cancelled; the clerk goes on for the others, and would open the database anew.
    """
    loop = asyncio.get_running_loop()
    clerks = [clerk for one in _QUESTIONS for clerk in one.clerks() if clerk.get_loop() is loop]
    if not clerks:
        return
    _, late = await asyncio.wait(clerks, timeout=SETTLED_WITHIN)
    for clerk in late:
        clerk.cancel()
    await asyncio.gather(*late, return_exceptions=True)


class _Room(Generic[K, V]):
    """Where those wait who ask the same question; a clerk goes and asks for them as long as anybody waits."""

    def __init__(self, answer: Answer[K, V], loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._answer = answer
        self._waiting: list[tuple[K, asyncio.Future[V | None]]] = []
        self._on_the_way: list[tuple[K, asyncio.Future[V | None]]] = []
        self.clerk: asyncio.Task[None] | None = None

    async def ask(self, key: K) -> V | None:
        answered: asyncio.Future[V | None] = self.loop.create_future()
        self._waiting.append((key, answered))
        if self.clerk is None:
            self.clerk = self.loop.create_task(self._ask_for_all(), name="the clerk of a question")
            self.clerk.add_done_callback(self._leave)
        return await answered

    async def _ask_for_all(self) -> None:
        while self._waiting:
            self._on_the_way, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                answers = await self._answer(list({key: None for key, _ in self._on_the_way}))
            except Exception as fault:  # noqa: BLE001 - whoever waits raises it
                for _, answered in self._on_the_way:
                    if not answered.done():
                        answered.set_exception(fault)
            else:
                for key, answered in self._on_the_way:
                    if not answered.done():
                        answered.set_result(answers.get(key))
        self.clerk = None  # in one step with finding nobody, so that whoever comes next sends another one

    def _leave(self, clerk: asyncio.Task[None]) -> None:
        """Leave nobody waiting for a clerk who was cancelled, which only the end of the loop does.

        Not a ``finally``: a task that is cancelled before its first step runs none.
        """
        if clerk is self.clerk:
            self.clerk = None
            for _, answered in [*self._on_the_way, *self._waiting]:
                answered.cancel()
            self._waiting = []
