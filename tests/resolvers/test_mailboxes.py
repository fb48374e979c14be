"""Mailboxes: read from a cursor, followed live, no line missed or doubled, silent after a revocation (SUB-01..04)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from homeward.doorbell import LocalDoorbell
from orm.models import Outcome, RoleGrant, User
from resolvers.callers import Caller, house
from resolvers.exclusions import exclude_provider
from resolvers.line_views import NotificationView, line_cursor
from resolvers.mailboxes import follow_mailbox, read_mailbox, view_line
from resolvers.paging import to_cursor
from resolvers.ports import KeyRange, Waiter
from resolvers.referrals import publish_referral
from resolvers.sessions import authenticate, sign_in, sign_out
from rules.accounts import AccountState
from rules.errors import Denied, Invalid, NotFound, Unauthenticated
from rules.notices import NotificationKind
from rules.roles import Role
from tests.world.counting import counting
from tests.world.world import PASSWORD, STATEMENT, World

Stream = AsyncGenerator[NotificationView, None]
MALFORMED = [
    "x",
    "%%%",
    "\ud800",
    to_cursor("AGE_DESC", 1),
    to_cursor("LINE", -1),
    to_cursor("LINE", 10**18),
    "A" * 9999,
]


class QuietDoorbell(LocalDoorbell):
    """A doorbell that tells the test when a follower has read everything and waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = asyncio.Event()

    @contextmanager
    def listen(self, mailbox: UUID) -> Iterator[Waiter]:
        with super().listen(mailbox) as waiter:
            yield _TellingWaiter(waiter, self.waiting)


class _TellingWaiter:
    def __init__(self, waiter: Waiter, waiting: asyncio.Event) -> None:
        self._waiter, self._waiting = waiter, waiting

    async def wait(self, seconds: float) -> None:
        self._waiting.set()
        await self._waiter.wait(seconds)


class DeafDoorbell(LocalDoorbell):
    """A doorbell of which every ring is lost; what is left is to look now and then."""

    async def ring(self, mailboxes: Collection[UUID], *, letters: bool, keys: Sequence[KeyRange] = ()) -> None:
        """Say nothing."""

    @contextmanager
    def listen(self, mailbox: UUID) -> Iterator[Waiter]:
        assert mailbox
        yield _Impatient()


class _Impatient:
    async def wait(self, seconds: float) -> None:
        assert seconds <= 15, "a lost ring costs seconds"
        await asyncio.sleep(0)


async def _signed_on(world: World, person: Caller, doorbell: LocalDoorbell | None = None) -> Caller:
    signed_in = await sign_in(world.desk, person.actor.label, PASSWORD, device="", request_id="r", accepts=STATEMENT)
    caller = await authenticate(world.desk, signed_in.token, "r")
    return replace(caller, desk=replace(caller.desk, doorbell=doorbell)) if doorbell else caller


async def _take(stream: Stream, lines: int) -> list[NotificationView]:
    async with asyncio.timeout(30):
        return [await anext(stream) for _ in range(lines)]


async def test_a_mailbox_is_read_both_ways_a_page_at_a_time(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    numbers = [await world.published(coordinator, "Boone") for _ in range(5)]

    for newest_first, expected in ((True, numbers[::-1]), (False, numbers)):
        seen: list[int | None] = []
        after, more = None, True
        while more:
            page = await read_mailbox(coordinator, first=2, after=after, newest_first=newest_first)
            seen += [view.referral_number for view in page.nodes]
            after, more = page.cursors[-1], page.has_next_page
        assert seen == expected
    beyond = await read_mailbox(coordinator, after=line_cursor(5), newest_first=False)
    assert (list(beyond.nodes), beyond.has_next_page) == ([], False)


async def test_everybody_reads_only_the_own_mailbox(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home, stranger = await world.provider("Boone"), await world.provider("Adair")
    number = await world.published(coordinator, "Boone")

    [line] = (await read_mailbox(home.staff)).nodes
    assert (line.kind, line.referral_number) == (NotificationKind.REFERRAL_PUBLISHED, number)
    assert line.title == f"Referral {number} was published"
    assert (await read_mailbox(stranger.staff)).nodes == []
    assert (await view_line(home.staff, line.id)).id == line.id
    for who, key in ((stranger.staff, line.id), (home.staff, uuid4())):
        with pytest.raises(NotFound):
            await view_line(who, key)
    with pytest.raises(Denied):
        await read_mailbox(house(world.desk, "test"))


@pytest.mark.requirement("SUB-03")
async def test_the_referral_of_a_line_is_shown_only_while_it_exists_for_the_reader(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    wanted = {"referral.number", "referral.consumer"}

    [line] = (await read_mailbox(home.staff, wanted=wanted)).nodes
    assert line.referral is not None
    assert line.referral.number == number
    shown = (await world.entries("mailbox.read"))[-1]
    assert shown.subjects["referral"] == [str(line.referral.id)]
    assert shown.shown == ["referral.consumer", "referral.number"]

    await exclude_provider(coordinator, number, home.id, "Too near.")
    [line] = (await read_mailbox(home.staff, wanted=wanted)).nodes
    assert (line.referral, line.referral_number) == (None, number)
    hidden = (await world.entries("mailbox.read"))[-1]
    assert "referral" not in {kind for kind, ids in hidden.subjects.items() if ids}


@pytest.mark.parametrize("cursor", MALFORMED)
async def test_a_malformed_cursor_is_refused(world: World, cursor: str) -> None:
    coordinator = await world.coordinator("Boone")
    with pytest.raises(Invalid) as refused:
        await read_mailbox(coordinator, after=cursor)
    assert (refused.value.code, refused.value.field) == ("CURSOR_MALFORMED", "after")
    assert (await world.entries("mailbox.read"))[-1].outcome is Outcome.REFUSED
    stream = follow_mailbox(await _signed_on(world, coordinator), cursor)
    with pytest.raises(Invalid) as refused:
        await anext(stream)
    assert refused.value.code == "CURSOR_MALFORMED"


@pytest.mark.requirement("SUB-01")
@pytest.mark.requirement("SUB-02")
async def test_without_a_cursor_only_what_is_new_is_delivered(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    bell = QuietDoorbell()
    stream = follow_mailbox(await _signed_on(world, home.staff, bell), None, wanted={"referral.number"})
    coming = asyncio.ensure_future(anext(stream))
    async with asyncio.timeout(10):
        await bell.waiting.wait()

    publisher = replace(coordinator, desk=replace(world.desk, doorbell=bell))
    number = await world.draft(publisher, "Boone")
    await publish_referral(publisher, number)

    async with asyncio.timeout(10):
        line = await coming
    assert (line.referral_number, line.cursor) == (number, line_cursor(2))
    assert line.referral is not None
    [entry] = await world.entries("mailbox.deliver")
    assert entry.shown == ["referral.number"]
    await stream.aclose()


@pytest.mark.requirement("SUB-04")
@pytest.mark.parametrize("doorbell", [LocalDoorbell, DeafDoorbell])
async def test_no_line_is_missed_or_doubled_while_publishers_are_at_work(
    world: World, doorbell: type[LocalDoorbell]
) -> None:
    bell = doorbell()
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    publisher = replace(coordinator, desk=replace(world.desk, doorbell=bell))
    drafts = [await world.draft(coordinator, "Boone") for _ in range(24)]
    follower = await _signed_on(world, home.staff, bell)

    async def follow() -> list[NotificationView]:
        first = follow_mailbox(follower, line_cursor(0))
        seen = await _take(first, 10)
        await first.aclose()
        again = follow_mailbox(follower, seen[-1].cursor)  # a lost connection
        seen += await _take(again, 14)
        await again.aclose()
        return seen

    following = asyncio.ensure_future(follow())
    await asyncio.gather(*(publish_referral(publisher, number) for number in drafts))
    seen = await following

    assert [line.cursor for line in seen] == [line_cursor(number) for number in range(1, 25)]
    assert {line.referral_number for line in seen} == set(drafts)


async def test_more_lines_than_are_read_at_once_arrive_all(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.draft(coordinator, "Boone")
    for _ in range(60):
        await publish_referral(coordinator, number)
    bell = QuietDoorbell()
    stream = follow_mailbox(await _signed_on(world, coordinator, bell), line_cursor(0))
    assert [line.cursor for line in await _take(stream, 60)] == [line_cursor(line) for line in range(1, 61)]
    assert not bell.waiting.is_set(), "it waited although there was more to read"
    await stream.aclose()


async def _disable(_world: World, caller: Caller) -> None:
    await User.filter(id=caller.actor.id).update(state=AccountState.DISABLED)


async def _sign_out(_world: World, caller: Caller) -> None:
    await sign_out(caller)


async def _wait_for_the_end(world: World, _caller: Caller) -> None:
    world.clock.forward(hours=12)


@pytest.mark.requirement("SUB-03")
@pytest.mark.parametrize("end", [_disable, _sign_out, _wait_for_the_end])
async def test_whoever_is_revoked_in_the_middle_hears_nothing_more(world: World, end: Any) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    for _ in range(3):
        await world.published(coordinator, "Boone")
    caller = await _signed_on(world, home.staff)
    stream = follow_mailbox(caller, line_cursor(0))
    await _take(stream, 1)

    await end(world, caller)

    with pytest.raises(Unauthenticated):
        await anext(stream)
    assert len([entry for entry in await world.entries("mailbox.deliver") if entry.outcome is Outcome.DONE]) == 1


@pytest.mark.requirement("SUB-03")
async def test_a_waiting_follower_is_sent_away_when_its_session_has_ended(world: World) -> None:
    bell = QuietDoorbell()
    caller = await _signed_on(world, await world.coordinator("Boone"), bell)
    stream = follow_mailbox(caller, None)
    coming = asyncio.ensure_future(anext(stream))
    async with asyncio.timeout(10):
        await bell.waiting.wait()

    await sign_out(caller)
    bell.ring_everyone()

    async with asyncio.timeout(10):
        with pytest.raises(Unauthenticated):
            await coming


@pytest.mark.requirement("SUB-03")
async def test_scope_is_that_of_the_moment_of_delivery(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    numbers = [await world.published(coordinator, "Boone") for _ in range(3)]
    stream = follow_mailbox(await _signed_on(world, home.staff), line_cursor(0), wanted={"referral.number"})

    [first] = await _take(stream, 1)
    await exclude_provider(coordinator, numbers[1], home.id, "Too near.")
    [second] = await _take(stream, 1)
    await RoleGrant.filter(user_id=home.staff.actor.id, role=Role.CONSUMER_REFERRAL_DB).update(ended_at=world.clock())
    [third] = await _take(stream, 1)

    assert first.referral is not None
    assert (second.referral, second.referral_number) == (None, numbers[1])
    assert (third.referral, third.referral_number) == (None, numbers[2])
    await stream.aclose()


async def test_a_follower_that_goes_away_leaves_no_ear_at_the_door(world: World) -> None:
    bell = QuietDoorbell()
    caller = await _signed_on(world, await world.coordinator("Boone"), bell)
    stream = follow_mailbox(caller, None)
    coming = asyncio.ensure_future(anext(stream))
    async with asyncio.timeout(10):
        await bell.waiting.wait()
    assert bell._bells
    coming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await coming
    assert not bell._bells


async def test_followers_of_one_publishing_are_served_together_and_each_delivery_is_written_down(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    homes = [await world.provider("Boone") for _ in range(12)]
    number = await world.published(coordinator, "Boone")
    followers = [await _signed_on(world, home.staff) for home in homes]
    streams = [follow_mailbox(who, line_cursor(0), wanted={"referral.number"}) for who in followers]
    with counting() as heard:
        async with asyncio.timeout(20):
            lines = await asyncio.gather(*(anext(stream) for stream in streams))
    for stream in streams:
        await stream.aclose()
    assert {line.referral_number for line in lines} == {number}
    assert all(line.referral is not None for line in lines)
    entries = await world.entries("mailbox.deliver")
    assert {entry.actor_id for entry in entries} == {home.staff.actor.id for home in homes}
    assert {tuple(entry.subjects["referral"]) for entry in entries} == {(str((await world.referral(number)).id),)}
    assert len([text for text in heard if "FROM session s" in text]) <= 6, "not one proof for each"
    assert len([text for text in heard if "JOIN notification n" in text]) <= 6
