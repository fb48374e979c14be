"""Wide rounds: what hundreds get by one transaction is read by the keys of the lines, and told portion by portion.

The doorbell says which keys the new lines have. So nobody has to look into each mailbox for what came: the lines are
read in their order, a range of keys at a time, and whoever attends at the mailbox of one and has heard the line before
it is claimed, proven and told, as in any round (:mod:`resolvers.tellings`). One portion is read, claimed and on its way
to the disk while the one before it is sent. Whoever is not as usual is called by name, and looks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from time import monotonic
from typing import Any, Final

from resolvers.lines_beyond import LinesAlike, lines_by_keys
from resolvers.live_proofs import Look, look_at_facts
from resolvers.ports import Clock, KeyRange
from resolvers.register import current_policy
from resolvers.tellings import (
    Follower,
    Moment,
    Telling,
    prepared,
    send,
    send_out_who_has_gone,
    told_alike,
    written_down,
)
from resolvers.waiting_room import WaitingRoom

_LOOK_AGAIN: Final = 0.25
"""Seconds after which is looked again whether anything has changed about anybody, while portions are still told."""

Attending = Mapping[str, Sequence[Follower]]
"""Who attends at which mailbox."""


async def serve_wide(room: WaitingRoom, attending: Attending, ranges: Sequence[KeyRange]) -> None:
    """Tell all who attend and wait what came with these keys.

    Raises:
        Exception: not all of it was told.
    """
    if not attending:  # they have all gone
        return
    reading, portions = _Reading(ranges), deque[_Portion]()
    try:
        await _tell(room, attending, reading, portions)
    except Exception:
        while portions:  # what is written down already is told
            await _end(portions, room)
        raise
    finally:
        left: list[asyncio.Future[Any]] = [it for it in (reading.task, *(it.written for it in portions)) if it]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for portion in portions:
            room.release(portion.batch)


async def _tell(room: WaitingRoom, attending: Attending, reading: _Reading, portions: deque[_Portion]) -> None:
    """Tell portion by portion, in each of the ``portions`` whoever it has claimed."""
    clock = next(iter(attending.values()))[0].caller.desk.clock
    facts = await _facts(clock)
    while reading.task is not None:
        came = await reading.next()
        if came is None:
            room.call_all([*chain.from_iterable(attending.values())])
            continue
        if monotonic() - facts.at > _LOOK_AGAIN:
            facts = await _facts(clock)
        portions.append(_Portion())
        await portions[-1].begin(_claim(room, attending, came, portions[-1].batch, facts.moment), facts)
        while len(portions) > 1:
            await _end(portions, room)
    while portions:
        await _end(portions, room)


class _Reading:
    """Reads the lines range by range, each while those of the one before are looked after."""

    def __init__(self, ranges: Sequence[KeyRange]) -> None:
        self._left = deque(ranges)
        self.task: asyncio.Future[list[LinesAlike[str]] | None] | None = None
        """Reads the next ones; none, if these were the last."""
        self._go_on()

    def _go_on(self) -> None:
        self.task = asyncio.ensure_future(lines_by_keys(self._left.popleft())) if self._left else None

    async def next(self) -> list[LinesAlike[str]] | None:
        """Give the next ones."""
        came = None if self.task is None else await self.task
        self._go_on()
        return came


@dataclass(frozen=True, slots=True)
class _Facts:
    """What everybody is proven by, and when that was looked for."""

    at: float
    look: Look
    moment: Moment


async def _facts(clock: Clock) -> _Facts:
    at = monotonic()
    # Together, for both ask first whether anything has changed.
    look, policy = await asyncio.gather(look_at_facts(clock), current_policy(clock()))
    return _Facts(at, look, Moment(policy))


@dataclass(slots=True)
class _Portion:
    """Those who are told what came with one range of keys."""

    batch: list[Follower] = field(default_factory=list)
    tellings: Sequence[Telling] = ()
    proven_at: float = 0.0
    written: asyncio.Future[bool] | None = None

    async def begin(self, found: Sequence[LinesAlike[int]], facts: _Facts) -> None:
        """Prove everybody, write what is told, and begin to write it down."""
        if not self.batch:
            return
        self.proven_at = facts.at
        await send_out_who_has_gone(self.batch, facts.look)
        self.tellings = await prepared(told_alike(found, self.batch), self.batch, facts.moment)
        if self.tellings:
            self.written = asyncio.ensure_future(written_down(self.tellings, facts.moment.policy))
            for _ in range(2):  # in the first turn the statement is written, and at the end of that turn sent
                await asyncio.sleep(0)

    async def end(self) -> None:
        """Send what is told, once it is written down."""
        if self.written is not None and await self.written:
            await send(self.tellings, self.batch, self.proven_at)


async def _end(portions: deque[_Portion], room: WaitingRoom) -> None:
    portion = portions.popleft()
    try:
        await portion.end()
    finally:
        room.release(portion.batch)


def _claim(
    room: WaitingRoom, attending: Attending, came: Sequence[LinesAlike[str]], batch: list[Follower], moment: Moment
) -> list[LinesAlike[int]]:
    """Claim who waits for just these lines, and give the lines by their places in the batch.

    Whoever has not heard all that came before is called by name; whoever has heard this already needs nothing.
    """
    found, behind = [], []
    now = asyncio.get_running_loop().time()
    for lines in came:
        alike = LinesAlike[int](moment.one_said(lines.said), [], [], [])
        for ones, line, key in zip(map(attending.get, lines.places), lines.lines, lines.keys, strict=True):
            for it in ones or ():
                if it.line + 1 < line:
                    behind.append(it)
                elif it.line + 1 == line and room.claim(it, batch, now):
                    alike.places.append(len(batch) - 1)
                    alike.lines.append(line)
                    alike.keys.append(key)
        found.append(alike)
    room.call_all(behind)
    return [alike for alike in found if alike.places]
