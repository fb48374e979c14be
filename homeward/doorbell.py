"""The doorbell: wake whoever waits, in this process at once, in the others over Redis.

Redis carries ids and nothing else, and is never the truth: whoever waits reads the table first, polls now and then,
and is rung after each reconnection, so a lost ring costs seconds and never a line.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from uuid import UUID, uuid4

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from resolvers.ports import LETTERS, KeyRange, Porter, Waiter
from rules.bounded import Bounded

CHANNEL = "homeward:doorbell"
_RECONNECT_SECONDS = 1.0
_AT_A_STRETCH = 250
"""So many are rung before those who heard it first have a turn."""
_FEW = 4
"""Of so many lines that are read at least one has to be for somebody here; else those few are called by name."""
_MOST_ABOUT = 100
"""So many rings may be on their way whose mailboxes are not named yet; of more some are heard twice."""

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
        self._attending: defaultdict[Porter, dict[str, tuple[object, ...]]] = defaultdict(dict)
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
    def attend(self, mailbox: UUID, one: object, porter: Porter) -> Iterator[None]:
        """Have a porter told of one who waits, at each ring at a mailbox."""
        places, place = self._attending[porter], str(mailbox)
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
                    del self._attending[porter]

    def when_sessions_end(self, told: SessionEnds) -> None:
        """Have someone told of each session that ends, here or in another process."""
        self._session_ends.add(told)

    async def ring(self, mailboxes: Collection[UUID], *, letters: bool, keys: Sequence[KeyRange] = ()) -> None:
        """Wake whoever waits in this process."""
        self._ring_at(_places(mailboxes, letters=letters), self._call_by_keys(keys))

    async def end_sessions(self, sessions: Collection[UUID]) -> None:
        """Tell this process that sessions have ended."""
        for told in self._session_ends:
            await told(sessions)

    def ring_everyone(self) -> None:
        """Wake all: after a gap in which rings may have been lost."""
        self._ring_at([*{*self._bells, *chain.from_iterable(self._attending.values())}])

    def _call_by_keys(self, keys: Sequence[KeyRange]) -> Collection[Porter]:
        """Say where the lines are to each porter who looks after enough of those who may have one; give which."""
        lines = sum(it.lines for it in keys)
        told = [it for it, attending in self._attending.items() if keys and _FEW * len(attending) >= lines]
        for porter in told:
            porter.call_by_keys(keys, self._attending[porter])
        return told

    def _wants_names(self, told: Collection[Porter]) -> bool:
        """Say whether somebody waits here but those whose porters were told where the lines are."""
        return bool(self._bells) or not all(porter in told for porter in self._attending)

    def _ring_at(self, places: Sequence[str], besides: Collection[Porter] = ()) -> None:
        if self._bells:
            for place in places:
                for bell in self._bells.get(place, ()):
                    bell.rung.set()
        for porter, attending in self._attending.items():
            if porter in besides:
                continue
            if called := [*chain.from_iterable(filter(None, map(attending.get, places)))]:
                porter.call_all(called)


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
        self._told_by_keys = Bounded[str, Collection[Porter]](_MOST_ABOUT)
        """Who was told where lines are whose mailboxes are about to be named."""
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

    async def ring(self, mailboxes: Collection[UUID], *, letters: bool, keys: Sequence[KeyRange] = ()) -> None:
        """Wake whoever waits, everywhere."""
        told = self._call_by_keys(keys)
        places = _places(mailboxes, letters=letters) if self._wants_names(told) else None
        if places is not None:
            self._ring_at(places, told)
        about = str(keys[0].first) if keys else ""
        if keys:  # by itself and first: to name thousands takes longer than to read the first lines
            ranges = [(str(it.first), str(it.last), it.lines) for it in keys]
            await self._publish({"keys": ranges, "about": about})
        await self._publish({"ring": places or _places(mailboxes, letters=letters), "about": about})

    async def end_sessions(self, sessions: Collection[UUID]) -> None:
        """Tell all processes that sessions have ended."""
        # At the same time: a slow reader here must not hold up the end in the others.
        await asyncio.gather(
            super().end_sessions(sessions), self._publish({"end": [str(session) for session in sessions]})
        )

    async def _publish(self, message: Mapping[str, object]) -> None:
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
            self._told_by_keys.clear()
            # Whatever was rung while nobody listened is made good by ringing everyone.
            self.ring_everyone()
            self.connected.set()
            async for message in pubsub.listen():
                await self._hear(message["data"])

    async def _hear(self, data: bytes) -> None:
        message = orjson.loads(data)
        if message.get("from") == self._name:  # what was rung here was heard here already
            return
        about = message.get("about", "")
        if "keys" in message:
            keys = [KeyRange(UUID(first), UUID(last), int(lines)) for first, last, lines in message["keys"]]
            self._told_by_keys.keep(about, self._call_by_keys(keys))
        if "ring" in message:
            await self._hear_names(message["ring"], self._told_by_keys.get(about) or ())
        if ended := [UUID(session) for session in message.get("end", ())]:
            # Not waited for: a slow reader, who has a second, must not hold up what is heard after this.
            ending = asyncio.create_task(self._end(ended), name="the end of sessions")
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def _hear_names(self, places: Sequence[str], told: Collection[Porter]) -> None:
        """Ring by name, for all but the porters who were told before where the lines are."""
        if not self._wants_names(told):
            return
        for begin in range(0, len(places), _AT_A_STRETCH):
            self._ring_at(places[begin : begin + _AT_A_STRETCH], told)
            await asyncio.sleep(0)

    async def _end(self, sessions: Collection[UUID]) -> None:
        try:
            await super().end_sessions(sessions)
        except Exception as fault:  # noqa: BLE001 - nobody waits; whoever is not proven any more hears nothing anyway
            _log.warning("doorbell.sessions_not_ended", error=type(fault).__name__)
