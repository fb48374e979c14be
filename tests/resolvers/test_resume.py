"""A dropped connection misses and doubles nothing; who may no longer hear stops at that moment (SUB-03, SUB-04)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest

from orm.models import Contract, Session, User
from resolvers.callers import Caller
from resolvers.line_views import line_cursor
from resolvers.mailboxes import follow_mailbox
from resolvers.referrals import close_referral, publish_referral
from resolvers.sessions import authenticate, sign_in
from rules.accounts import AccountState
from rules.calendar import local_date
from rules.errors import Unauthenticated
from rules.referrals import CloseOutcome
from tests.world.sights import CHANGES, Change
from tests.world.world import PASSWORD, STATEMENT, ProviderHome, World

LINES = 30
PATIENCE = 30.0  # seconds: when a test has hung, never how long one waits
BEGINNING = line_cursor(0)
WANTED = frozenset({"referral.number", "referral.consumer.name"})


async def signed_on(world: World, home: ProviderHome) -> Caller:
    user = await User.get(id=home.staff.actor.id)
    session = await sign_in(world.desk, user.user_id, PASSWORD, device="test", request_id="test", accepts=STATEMENT)
    return await authenticate(world.desk, session.token, "test")


async def thirty_lines(world: World) -> tuple[Caller, list[str]]:
    """Write a mailbox of thirty lines; give its reader and the cursors of all lines."""
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    for _ in range(LINES - 1):
        await publish_referral(coordinator, number)
    return await signed_on(world, home), [line_cursor(line) for line in range(1, LINES + 1)]


class Client:
    """Follow a mailbox as a client does: keep the cursor of the last line received, and begin from there again."""

    def __init__(self, caller: Caller, after: str = BEGINNING) -> None:
        self.caller = caller
        self.received: list[str] = []
        self.cursor = after

    async def listen(self, until: int) -> None:
        """Receive lines until there are so many in all; then hang up."""
        async with aclosing(follow_mailbox(self.caller, self.cursor)) as lines:
            async for line in lines:
                self.received.append(line.cursor)
                self.cursor = line.cursor
                if len(self.received) >= until:
                    return


@pytest.mark.requirement("SUB-04")
async def test_a_connection_that_is_dropped_after_every_single_line_misses_and_doubles_nothing(world: World) -> None:
    caller, cursors = await thirty_lines(world)
    client = Client(caller)
    async with asyncio.timeout(PATIENCE):
        for count in range(1, LINES + 1):
            await client.listen(until=count)
            assert client.received == cursors[:count]


@pytest.mark.requirement("SUB-04")
async def test_a_connection_that_is_cut_anywhere_in_between_misses_and_doubles_nothing(world: World) -> None:
    """Cut it after one turn of the event loop, two, three …: in a query, in the trail, while handing over."""
    caller, cursors = await thirty_lines(world)
    client = Client(caller)
    cuts = turns = 0
    async with asyncio.timeout(PATIENCE):
        while len(client.received) < LINES:
            turns += 1
            listening = asyncio.create_task(client.listen(until=LINES))
            for _ in range(turns):
                await asyncio.sleep(0)
                if listening.done():
                    break
            cuts += listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            assert client.received == cursors[: len(client.received)]
    assert client.received == cursors
    assert cuts > 10


@pytest.mark.requirement("SUB-04")
async def test_what_is_written_while_nobody_listens_comes_first_when_the_reader_is_back(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    client = Client(await signed_on(world, home))
    async with asyncio.timeout(PATIENCE):
        await client.listen(until=1)
        waiting = asyncio.create_task(client.listen(until=2))
        await asyncio.sleep(0)
        waiting.cancel()  # cut while it waits for the next line
        await asyncio.gather(waiting, return_exceptions=True)
        await publish_referral(coordinator, number)
        await publish_referral(coordinator, number)
        await client.listen(until=3)
        live = asyncio.create_task(client.listen(until=4))
        await publish_referral(coordinator, number)
        await live
    assert client.received == [line_cursor(line) for line in range(1, 5)]


@pytest.mark.requirement("SUB-04")
async def test_two_connections_of_one_person_each_get_every_line(world: World) -> None:
    caller, cursors = await thirty_lines(world)
    clients = [Client(caller), Client(caller, cursors[9])]
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(clients[0].listen(until=LINES), clients[1].listen(until=LINES - 10))
    assert [client.received for client in clients] == [cursors, cursors[10:]]


@pytest.mark.requirement("SUB-03")
@pytest.mark.parametrize(("change", "still_sees"), CHANGES)
async def test_who_may_no_longer_see_a_referral_gets_the_next_line_without_it(
    world: World, change: Change, still_sees: bool
) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    first, second = await world.published(coordinator, "Boone"), await world.published(coordinator, "Boone")
    caller = await signed_on(world, home)
    async with asyncio.timeout(PATIENCE), aclosing(follow_mailbox(caller, BEGINNING, wanted=WANTED)) as lines:
        before = await anext(lines)
        await change(world, home, coordinator, second)
        after = await anext(lines)

    assert before.referral is not None
    assert (before.referral.number, after.referral_number) == (first, second)
    assert (after.referral is not None) is still_sees
    shown = [entry.subjects.get("referral") for entry in await world.entries("mailbox.deliver")]
    key = str((await world.referral(second)).id)
    assert (shown[1] or []) == ([key] if still_sees else [])


@pytest.mark.requirement("SUB-03")
async def test_a_closed_referral_stays_in_sight_of_whom_it_reached(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    caller = await signed_on(world, home)
    async with asyncio.timeout(PATIENCE), aclosing(follow_mailbox(caller, BEGINNING, wanted=WANTED)) as lines:
        await anext(lines)
        await close_referral(coordinator, number, CloseOutcome.WITHDRAWN, None)
        closed = await anext(lines)
    assert closed.referral is not None


async def _end_session(world: World, home: ProviderHome) -> None:
    await Session.filter(user_id=home.staff.actor.id).update(ended_at=world.clock(), ended_why="revoked")


async def _new_epoch(_: World, home: ProviderHome) -> None:
    await User.filter(id=home.staff.actor.id).update(epoch=1)


async def _disable(_: World, home: ProviderHome) -> None:
    await User.filter(id=home.staff.actor.id).update(state=AccountState.DISABLED)


async def _end_contract(world: World, home: ProviderHome) -> None:
    yesterday = local_date(world.clock()).replace(day=1)
    await Contract.filter(provider_id=home.id).update(ends_on=yesterday)


async def _let_the_session_grow_old(world: World, _: ProviderHome) -> None:
    world.clock.forward(hours=12)


@pytest.mark.requirement("SUB-03")
@pytest.mark.parametrize(
    "revoke",
    [_end_session, _new_epoch, _disable, _end_contract, _let_the_session_grow_old],
    ids=lambda one: one.__name__,
)
async def test_whoever_is_revoked_hears_nothing_more_not_even_lines_written_before(
    world: World, revoke: Callable[[World, ProviderHome], Awaitable[None]]
) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    for _ in range(3):
        await world.published(coordinator, "Boone")
    caller = await signed_on(world, home)
    async with asyncio.timeout(PATIENCE), aclosing(follow_mailbox(caller, BEGINNING, wanted=WANTED)) as lines:
        await anext(lines)
        await revoke(world, home)
        with pytest.raises(Unauthenticated):
            await anext(lines)
    assert len(await world.entries("mailbox.deliver")) == 1

    with pytest.raises(Unauthenticated):
        await Client(caller).listen(until=1)


@pytest.mark.requirement("SUB-03")
async def test_whoever_is_revoked_while_waiting_is_stopped_by_the_next_line(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    caller = await signed_on(world, home)
    async with asyncio.timeout(PATIENCE), aclosing(follow_mailbox(caller, BEGINNING)) as lines:
        await anext(lines)
        waiting = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0)
        await _end_session(world, home)
        await publish_referral(coordinator, number)
        with pytest.raises(Unauthenticated):
            await waiting
