"""Answer questions of the same kind that are asked at about the same moment by one load.

When a referral is published, thousands of followers ask the same things at the same moment: who am I still, what is my
next line, what may I see. Each of them goes on asking for itself; what is asked while a load is under way waits for the
next one, so no answer is older than its question.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

Load = Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]]
"""Answers questions in their order; an exception is raised to the one who asked, and to nobody else."""


class Together(Generic[Q, A]):
    """Questions of one kind, in one process."""

    def __init__(self, load: Load[Q, A], *, most: int = 1000) -> None:
        self._load = load
        self._most = most
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._clerk: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """Give the answer, as of a moment after the question.

        Raises:
            Exception: what the load gives for this question, or whatever stopped the load.
        """
        answered: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answered))
        if self._clerk is None or self._clerk.done():
            self._clerk = asyncio.create_task(self._answer_all(), name="questions asked together")
            self._clerk.add_done_callback(self._send_away)
        return await answered

    async def _answer_all(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most))]
            batch = [one for one in batch if not one[1].done()]
            try:
                answers = await self._load([question for question, _ in batch])
                told: list[A | Exception] = list(answers)
            except Exception as fault:  # noqa: BLE001 - whoever asked raises it
                told = [fault] * len(batch)
            except BaseException:
                for _, answered in batch:
                    answered.cancel()
                raise
            for (_, answered), answer in zip(batch, told, strict=True):
                if answered.done():
                    continue
                if isinstance(answer, Exception):
                    answered.set_exception(answer)
                else:
                    answered.set_result(answer)

    def _send_away(self, clerk: asyncio.Task[None]) -> None:
        """Leave nobody waiting for a clerk who was cancelled, which only the end of the loop does."""
        if clerk is self._clerk and clerk.cancelled():
            while self._waiting:
                self._waiting.popleft()[1].cancel()


class Meetings:
    """The kinds of questions that are asked together at one desk."""

    def __init__(self) -> None:
        self._kinds: dict[Any, Together[Any, Any]] = {}

    def of(self, load: Load[Q, A]) -> Together[Q, A]:
        """Give the meeting of those who have questions for this load."""
        found = self._kinds.get(load)
        if found is None:
            found = self._kinds[load] = Together(load)
        return found
