"""The doorbell: wake whoever waits, in this process at once, in the others over Redis.

Redis carries ids and nothing else, and is never the truth: whoever waits reads the table first, polls now and then,
and is rung after each reconnection, so a lost ring costs seconds and never a line.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from uuid import UUID, uuid4

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from resolvers.ports import LETTERS, Tell, Waiter

CHANNEL = "homeward:doorbell"
_RECONNECT_SECONDS = 1.0
_AT_A_STRETCH = 250
"""So many are rung before those who heard it first have a turn."""

_log = structlog.get_logger("homeward.doorbell")

SessionEnds = Callable[[Collection[UUID]], Awaitable[None]]


class _Bell:
    """Waits at one place. The event stays set until the next wait, so a ring while reading is not lost."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.rung.wait()
        self.rung.clear()


class LocalDoorbell:
    """The doorbell of one process."""

    def __init__(self) -> None:
        self._bells: defaultdict[str, set[_Bell]] = defaultdict(set)
        self._attending: defaultdict[Tell, dict[str, tuple[object, ...]]] = defaultdict(dict)
        self._session_ends: set[SessionEnds] = set()

    @contextmanager
    def listen(self, mailbox: UUID) -> Iterator[Waiter]:
        """Listen at a mailbox, or at :data:`~resolvers.ports.LETTERS`."""
        bell, place = _Bell(), str(mailbox)
        self._bells[place].add(bell)
        try:
            yield bell
        finally:
            self._bells[place].discard(bell)
            if not self._bells[place]:
                del self._bells[place]

    @contextmanager
    def attend(self, mailbox: UUID, one: object, tell: Tell) -> Iterator[None]:
        """Have somebody told of one who waits, at each ring at a mailbox."""
        places, place = self._attending[tell], str(mailbox)
        places[place] = (*places.get(place, ()), one)
        try:
            yield
        finally:
            left = tuple(it for it in places[place] if it is not one)
            if left:
                places[place] = left
            else:
                del places[place]
                if not places:
                    del self._attending[tell]

    def when_sessions_end(self, told: SessionEnds) -> None:
        """Have someone told of each session that ends, here or in another process."""
        self._session_ends.add(told)

    async def ring(self, mailboxes: Collection[UUID], *, letters: bool) -> None:
        """Wake whoever waits in this process."""
        self._ring_at(_places(mailboxes, letters=letters))

    async def end_sessions(self, sessions: Collection[UUID]) -> None:
        """Tell this process that sessions have ended."""
        for told in self._session_ends:
            await told(sessions)

    def ring_everyone(self) -> None:
        """Wake all: after a gap in which rings may have been lost."""
        self._ring_at([*{*self._bells, *chain.from_iterable(self._attending.values())}])

    def _ring_at(self, places: Sequence[str]) -> None:
        if self._bells:
            for place in places:
                for bell in self._bells.get(place, ()):
                    bell.rung.set()
        for tell, attending in self._attending.items():
            if called := [*chain.from_iterable(filter(None, map(attending.get, places)))]:
                tell(called)


def _places(mailboxes: Collection[UUID], *, letters: bool) -> list[str]:
    return [*map(str, mailboxes), *([str(LETTERS)] if letters else ())]


class RedisDoorbell(LocalDoorbell):
    """The doorbell of many processes: rings here at once and tells the others."""

    def __init__(self, redis: Redis) -> None:
        super().__init__()
        self._redis = redis
        self._name = uuid4().hex
        self._listening: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self.connected = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen to the other processes."""
        self._listening = asyncio.create_task(self._listen_for_ever(), name="doorbell")

    async def stop(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        for ending in self._ending:
            ending.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)
        await self._redis.aclose()

    async def ring(self, mailboxes: Collection[UUID], *, letters: bool) -> None:
        """Wake whoever waits, everywhere."""
        places = _places(mailboxes, letters=letters)
        self._ring_at(places)
        await self._publish({"ring": places})

    async def end_sessions(self, sessions: Collection[UUID]) -> None:
        """Tell all processes that sessions have ended."""
        # At the same time: a slow reader here must not hold up the end in the others.
        await asyncio.gather(
            super().end_sessions(sessions), self._publish({"end": [str(session) for session in sessions]})
        )

    async def _publish(self, message: dict[str, list[str]]) -> None:
        try:
            async with asyncio.timeout(1):
                await self._redis.publish(CHANNEL, orjson.dumps({**message, "from": self._name}))
        except (RedisError, OSError, TimeoutError) as fault:
            _log.warning("doorbell.not_rung", error=type(fault).__name__)

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as fault:  # noqa: BLE001 - whatever it was, what comes after it is to be heard
                _log.warning("doorbell.not_heard", error=type(fault).__name__)
            self.connected.clear()
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(CHANNEL)
            # Whatever was rung while nobody listened is made good by ringing everyone.
            self.ring_everyone()
            self.connected.set()
            async for message in pubsub.listen():
                await self._hear(message["data"])

    async def _hear(self, data: bytes) -> None:
        message = orjson.loads(data)
        if message.get("from") == self._name:  # what was rung here was heard here already
            return
        places = message.get("ring", ())
        for begin in range(0, len(places), _AT_A_STRETCH):
            self._ring_at(places[begin : begin + _AT_A_STRETCH])
            await asyncio.sleep(0)
        if ended := [UUID(session) for session in message.get("end", ())]:
            # Not waited for: a slow reader, who has a second, must not hold up what is heard after this.
            ending = asyncio.create_task(self._end(ended), name="the end of sessions")
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def _end(self, sessions: Collection[UUID]) -> None:
        try:
            await super().end_sessions(sessions)
        except Exception as fault:  # noqa: BLE001 - nobody waits; whoever is not proven any more hears nothing anyway
            _log.warning("doorbell.sessions_not_ended", error=type(fault).__name__)
