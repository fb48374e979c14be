"""The time of the story: a clock that is moved on, an agenda of what happens when, and a doorbell nobody hears."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import ParamSpec
from uuid import UUID

from resolvers.ports import KeyRange, Porter, Waiter

P = ParamSpec("P")
_Entry = tuple[datetime, int, Callable[[], Awaitable[object]]]


@dataclass
class SteppingClock:
    """A clock that stands still until it is moved on, and never goes back."""

    now: datetime

    def __call__(self) -> datetime:
        """Tell the time of the story."""
        return self.now

    def move_to(self, then: datetime) -> None:
        """Let time pass. Raise ValueError when it would have to go back."""
        if then < self.now:
            raise ValueError("the story is told in the order in which it happened")
        self.now = then


class SilentDoorbell:
    """A doorbell for a time at which nobody was waiting."""

    @contextmanager
    def listen(self, mailbox: UUID) -> Iterator[Waiter]:  # noqa: ARG002 (a port)
        """Wait in vain."""
        yield self

    async def wait(self, seconds: float) -> None:
        """Return at once."""

    @contextmanager
    def attend(self, mailbox: UUID, one: object, porter: Porter) -> Iterator[None]:  # noqa: ARG002 (a port)
        """Attend in vain."""
        yield

    async def ring(self, mailboxes: Collection[UUID], *, letters: bool, keys: Sequence[KeyRange] = ()) -> None:
        """Do nothing."""

    async def end_sessions(self, sessions: Collection[UUID]) -> None:
        """Do nothing."""


@dataclass
class Agenda:
    """What happens when. What happens at the same moment happens in the order in which it was entered."""

    clock: SteppingClock
    ends: datetime
    _happenings: list[_Entry] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def at(self, when: datetime, happening: Callable[P, Awaitable[object]], *args: P.args, **kwargs: P.kwargs) -> None:
        """Enter a happening; what would lie after the end of the story does not happen."""
        if when <= self.ends:
            entry: _Entry = (when, next(self._numbers), partial(happening, *args, **kwargs))
            heappush(self._happenings, entry)

    async def play(self, progress: Callable[[datetime], None]) -> None:
        """Let everything happen in its order; happenings may enter further ones."""
        while self._happenings:
            when, _, happening = heappop(self._happenings)
            self.clock.move_to(max(when, self.clock.now))
            await happening()
            progress(self.clock.now)
