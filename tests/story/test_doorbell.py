"""A ring is heard once by whoever attends, in the process that rings and in the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from redis.asyncio import Redis

from homeward import doorbell
from homeward.doorbell import LocalDoorbell, RedisDoorbell
from resolvers.ports import KeyRange

PATIENCE = 30.0


class Porter:
    """Is told by the doorbell of those who attend, and does with them what it was given."""

    def __init__(self, hear: Callable[[Sequence[Any]], object]) -> None:
        self._hear = hear
        self.by_keys: list[tuple[Sequence[KeyRange], Mapping[str, Sequence[Any]]]] = []

    def call_all(self, ones: Sequence[Any]) -> None:
        self._hear(ones)

    def call_by_keys(self, keys: Sequence[KeyRange], attending: Mapping[str, Sequence[Any]]) -> None:
        self.by_keys.append((keys, attending))


@asynccontextmanager
async def two_processes(broker: str) -> AsyncIterator[tuple[RedisDoorbell, RedisDoorbell]]:
    """Give the doorbells of two processes that hear each other; nothing in the block may take for ever."""
    here, there = (RedisDoorbell(Redis.from_url(broker)) for _ in range(2))
    for bell in (here, there):
        await bell.start()
    try:
        async with asyncio.timeout(PATIENCE):
            await here.connected.wait()
            await there.connected.wait()
            yield here, there
    finally:
        for bell in (here, there):
            await bell.stop()


def _set(events: Sequence[asyncio.Event]) -> None:
    for event in events:
        event.set()


async def test_each_who_attends_is_called_at_each_ring_until_the_end_of_the_block() -> None:
    bell, heard, mailbox = LocalDoorbell(), [], uuid4()
    porter = Porter(heard.extend)
    with ExitStack() as stack:
        stack.enter_context(bell.attend(mailbox, "first", porter))
        with bell.attend(mailbox, "second", porter):
            await bell.ring([mailbox, uuid4()], letters=True)
            bell.ring_everyone()
        await bell.ring([mailbox], letters=False)
    await bell.ring([mailbox], letters=False)
    assert heard == ["first", "second"] * 2 + ["first"]
    assert not bell._attending


async def test_a_ring_is_heard_once_here_and_once_in_another_process(broker: str) -> None:
    mailbox, last = uuid4(), uuid4()
    heard: list[str] = []
    porter = Porter(heard.extend)
    over = asyncio.Event()
    async with two_processes(broker) as (here, there):
        with (
            here.attend(mailbox, "here", porter),
            there.attend(mailbox, "there", porter),
            here.attend(last, over, Porter(_set)),
        ):
            await here.ring([mailbox], letters=False)
            await there.ring([last], letters=False)  # comes after whatever came back of the first
            await over.wait()
    assert sorted(heard) == ["here", "there"]


async def test_a_ring_for_thousands_is_heard_by_each_once_in_another_process(broker: str) -> None:
    mailboxes, over = [uuid4() for _ in range(1_201)], asyncio.Event()
    heard: list[int] = []
    porter = Porter(heard.extend)
    async with two_processes(broker) as (here, there):
        with ExitStack() as stack:
            for place, mailbox in enumerate(mailboxes):
                stack.enter_context(there.attend(mailbox, place, porter))
            stack.enter_context(there.attend(mailboxes[-1], over, Porter(_set)))
            await here.ring(mailboxes, letters=False)
            await over.wait()
    assert heard == [*range(1_201)]


RANGES = [KeyRange(uuid4(), uuid4(), 2), KeyRange(uuid4(), uuid4(), 1)]


async def test_who_looks_after_enough_is_told_where_many_lines_are_and_whoever_else_waits_is_rung_for_by_name() -> None:
    bell, called, few = LocalDoorbell(), [], []
    mailboxes = [uuid4() for _ in range(3)]
    enough, too_few = Porter(called.extend), Porter(few.extend)
    with ExitStack() as stack:
        for mailbox in mailboxes:
            stack.enter_context(bell.attend(mailbox, "one of many", enough))
        waiter = stack.enter_context(bell.listen(mailboxes[0]))
        await bell.ring(mailboxes, letters=False, keys=RANGES)
        await waiter.wait(PATIENCE)
        stack.enter_context(bell.attend(mailboxes[2], "one of few", too_few))
        wider = [KeyRange(uuid4(), uuid4(), 5)]
        await bell.ring(mailboxes, letters=False, keys=wider)
        assert [keys for keys, _ in enough.by_keys] == [RANGES, wider]
        assert enough.by_keys[0][1][str(mailboxes[0])] == ("one of many",)
    assert called == []
    assert few == ["one of few"]
    assert too_few.by_keys == []


async def test_whoever_waits_here_is_rung_for_before_anything_is_said_to_other_processes(
    broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bell, mailbox, called = RedisDoorbell(Redis.from_url(broker)), uuid4(), []
    said: list[Any] = []

    async def publish(message: Any) -> None:
        said.append((message, bool(called)))

    monkeypatch.setattr(bell, "_publish", publish)
    with bell.attend(mailbox, "one of few", Porter(called.extend)):
        await bell.ring([mailbox], letters=False, keys=[KeyRange(mailbox, mailbox, 5)])
    await bell.stop()
    assert called == ["one of few"]
    assert [sorted(message) for message, _ in said] == [["about", "keys"], ["about", "ring"]]
    assert all(was_rung for _, was_rung in said)


async def test_another_process_is_told_first_where_many_lines_are_and_hears_every_other_ring_by_name(
    broker: str,
) -> None:
    mailboxes, last = [uuid4() for _ in range(3)], uuid4()
    called: list[str] = []
    over, porter = asyncio.Event(), Porter(called.extend)
    async with two_processes(broker) as (here, there):
        with ExitStack() as stack:
            for place, mailbox in enumerate(mailboxes):
                stack.enter_context(there.attend(mailbox, f"mailbox {place}", porter))
            # As two who ring at once may be heard: the names of the first ring come after the second one.
            about = {"about": "the first"}
            ranges = [(str(it.first), str(it.last), it.lines) for it in RANGES]
            await here._publish({"keys": ranges, **about})
            await here.ring(mailboxes[:1], letters=False)
            await here.ring(mailboxes, letters=False, keys=RANGES)
            await here._publish({"ring": [*map(str, mailboxes)], **about})
            stack.enter_context(there.attend(last, over, Porter(_set)))
            await here.ring([last], letters=False)
            await over.wait()
    assert [keys for keys, _ in porter.by_keys] == [RANGES, RANGES]
    assert called == ["mailbox 0"]


async def test_a_slow_reader_here_does_not_hold_up_the_end_of_a_session_in_another_process(broker: str) -> None:
    here, there = (RedisDoorbell(Redis.from_url(broker)) for _ in range(2))
    ended_there, session = asyncio.Event(), uuid4()
    ended: list[UUID] = []

    async def end_here(_: Collection[UUID]) -> None:
        await ended_there.wait()

    async def end_there(sessions: Collection[UUID]) -> None:
        ended.extend(sessions)
        ended_there.set()

    here.when_sessions_end(end_here)
    there.when_sessions_end(end_there)
    for bell in (here, there):
        await bell.start()
    try:
        async with asyncio.timeout(PATIENCE):
            await there.connected.wait()
            await here.end_sessions([session])
    finally:
        for bell in (here, there):
            await bell.stop()
    assert ended == [session]


async def _end_a_session_and_ring(
    broker: str, end: Callable[[Collection[UUID]], Awaitable[None]], heard: asyncio.Event, *, until: asyncio.Event
) -> None:
    """End a session, as another process does it, then ring there for somebody who sets ``heard``."""
    here, there = (RedisDoorbell(Redis.from_url(broker)) for _ in range(2))
    mailbox = uuid4()
    there.when_sessions_end(end)
    await there.start()
    try:
        async with asyncio.timeout(PATIENCE):
            await there.connected.wait()
            with there.attend(mailbox, heard, Porter(_set)):
                await here.end_sessions([uuid4()])
                await here.ring([mailbox], letters=False)
                await until.wait()
    finally:
        for bell in (here, there):
            await bell.stop()


async def test_a_fault_in_ending_a_session_does_not_make_a_process_deaf(
    broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "_RECONNECT_SECONDS", 0.0)
    heard = asyncio.Event()

    async def fail(_: Collection[UUID]) -> None:
        raise RuntimeError

    await _end_a_session_and_ring(broker, fail, heard, until=heard)
    assert heard.is_set()


async def test_a_slow_reader_whose_session_ends_does_not_hold_up_what_is_heard_after_it(broker: str) -> None:
    heard, ended = asyncio.Event(), asyncio.Event()

    async def end_slowly(_: Collection[UUID]) -> None:
        await heard.wait()
        ended.set()

    await _end_a_session_and_ring(broker, end_slowly, heard, until=ended)
    assert heard.is_set()


async def test_a_process_that_stops_does_not_wait_for_the_readers_of_sessions_that_end(broker: str) -> None:
    here, there = (RedisDoorbell(Redis.from_url(broker)) for _ in range(2))
    is_ending = asyncio.Event()

    async def end_for_ever(_: Collection[UUID]) -> None:
        is_ending.set()
        await asyncio.Event().wait()

    there.when_sessions_end(end_for_ever)
    await there.start()
    async with asyncio.timeout(PATIENCE):
        await there.connected.wait()
        await here.end_sessions([uuid4()])
        await is_ending.wait()
        for bell in (here, there):
            await bell.stop()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "the end of sessions"]


@pytest.mark.parametrize("nonsense", [b"nonsense", b"[]", b'{"end": ["nobody"]}'])
async def test_a_process_hears_on_after_something_that_it_does_not_understand(
    broker: str, monkeypatch: pytest.MonkeyPatch, nonsense: bytes
) -> None:
    monkeypatch.setattr(doorbell, "_RECONNECT_SECONDS", 0.0)
    here, redis = RedisDoorbell(Redis.from_url(broker)), Redis.from_url(broker)
    mailbox, heard = uuid4(), asyncio.Event()
    await here.start()
    try:
        async with asyncio.timeout(PATIENCE):
            await here.connected.wait()
            with here.attend(mailbox, heard, Porter(_set)):
                await redis.publish(doorbell.CHANNEL, nonsense)
                await redis.publish(doorbell.CHANNEL, orjson.dumps({"ring": [str(mailbox)]}))
                await heard.wait()
    finally:
        await here.stop()
        await redis.aclose()
    assert heard.is_set()
