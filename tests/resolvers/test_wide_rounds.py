"""Wide rounds: what many get at once is told to each once and in order, whatever is found by the keys of the lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from tortoise.exceptions import DBConnectionError
from tortoise.transactions import in_transaction

from homeward.doorbell import LocalDoorbell
from orm.models import Session
from resolvers import promises, waiting_room, wide_rounds
from resolvers.callers import Caller
from resolvers.lines_beyond import LinesAlike
from resolvers.mailboxes import mailbox_of
from resolvers.ports import KeyRange
from resolvers.promises import Promise, Reader, keep
from resolvers.trail_room import TrailRoom
from rules.notices import NotificationKind
from tests.resolvers.test_rounds import (
    Following,
    following,
    homes_of,
    is_at_rest,
    signed_on,
    told_of,
    write_line,
)
from tests.world.counting import counting
from tests.world.waiting import until
from tests.world.world import World


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two be many, and let nobody be served who was not called."""
    monkeypatch.setattr(promises, "WIDE", 2)
    monkeypatch.setattr(promises, "_FIRST_RANGE", 1)
    monkeypatch.setattr(promises, "_RANGE", 2)
    monkeypatch.setattr(waiting_room, "LOOK_SECONDS", 1e9)


def heard(everybody: Sequence[Following]) -> list[list[int]]:
    """Give the numbers of the lines that each has heard, in their order."""
    return [[int(text.split(b":")[0]) for text in one.socket.told] for one in everybody]


async def ring_for(world: World, people: Sequence[Caller], *keys: KeyRange) -> None:
    await world.desk.doorbell.ring([mailbox_of(it.actor) for it in people], letters=False, keys=keys)


@asynccontextmanager
async def many_follow(world: World, count: int) -> AsyncIterator[tuple[int, list[Caller], list[Following]]]:
    """Have the staff of so many providers follow, all of whom see one referral; give its number, and who they are."""
    coordinator, _, callers = await homes_of(world, count)
    number = await world.published(coordinator, "Boone")
    async with following(world, *callers) as everybody:
        yield number, callers, everybody


@pytest.mark.requirement("SUB-01", "SUB-04")
async def test_lines_are_read_range_by_range_and_nobody_looks_into_a_mailbox(world: World) -> None:
    async with many_follow(world, 5) as (number, callers, everybody):
        with counting() as asked:
            await write_line(world, number, *callers)
            await until(lambda: all(one.socket.told for one in everybody))
            await until(lambda: is_at_rest(world, 5))
    assert heard(everybody) == [[2]] * 5
    assert len([text for text in asked if "WHERE id BETWEEN" in text]) == 3
    assert not [text for text in asked if "n.line > given.line" in text]
    assert len(await told_of(world)) == 5


@pytest.mark.requirement("SUB-04")
async def test_what_many_get_by_events_of_one_instant_is_heard_by_each_once_and_in_order(world: World) -> None:
    async with many_follow(world, 4) as (number, callers, everybody):
        await asyncio.gather(*(write_line(world, number, *callers) for _ in range(5)))  # their keys lie in each other
        await until(lambda: all(len(one.socket.told) == 5 for one in everybody))
        await until(lambda: is_at_rest(world, 4))
    assert heard(everybody) == [[2, 3, 4, 5, 6]] * 4
    assert len(await told_of(world)) == 20


@pytest.mark.requirement("SUB-04")
async def test_who_has_missed_a_line_hears_that_first(world: World) -> None:
    async with many_follow(world, 3) as (number, callers, everybody):
        await write_line(world, number, *callers[:2], silently=True)
        await write_line(world, number, *callers)
        await until(lambda: [len(one.socket.told) for one in everybody] == [2, 2, 1])
        await until(lambda: is_at_rest(world, 3))
    assert heard(everybody) == [[2, 3], [2, 3], [2]]


@pytest.mark.requirement("SUB-04")
async def test_two_lines_for_each_in_one_transaction_are_both_heard_in_their_order(world: World) -> None:
    async with many_follow(world, 3) as (number, callers, everybody):
        readers = [Reader(mailbox_of(it.actor), None, None, has_address=False) for it in callers]
        key = (await world.referral(number)).id
        kinds = (NotificationKind.REFERRAL_REPUBLISHED, NotificationKind.REFERRAL_CLOSED)
        async with in_transaction():
            kept = await keep([Promise(readers, kind, key, number) for kind in kinds], world.clock())
        await ring_for(world, callers, *kept.keys)
        await until(lambda: all(len(one.socket.told) == 2 for one in everybody))
        await until(lambda: is_at_rest(world, 3))
    assert heard(everybody) == [[2, 3]] * 3


@pytest.mark.requirement("SUB-04")
async def test_of_a_range_with_older_lines_too_each_hears_what_is_new(world: World) -> None:
    async with many_follow(world, 3) as (number, callers, everybody):
        await write_line(world, number, *callers, silently=True)
        await ring_for(world, callers, KeyRange(UUID(int=0), UUID(int=(1 << 128) - 1), 3))  # all that there are
        await until(lambda: all(one.socket.told for one in everybody))
        await until(lambda: is_at_rest(world, 3))
    assert heard(everybody) == [[2]] * 3


@pytest.mark.requirement("SUB-04")
@pytest.mark.parametrize("lines", [3, 300])
async def test_everybody_looks_where_the_keys_hold_no_line(world: World, lines: int) -> None:
    async with many_follow(world, 3) as (number, callers, everybody):
        await write_line(world, number, *callers, silently=True)
        await ring_for(world, callers, KeyRange(uuid4(), uuid4(), lines))
        await until(lambda: all(one.socket.told for one in everybody))
        await until(lambda: is_at_rest(world, 3))
    assert heard(everybody) == [[2]] * 3


@pytest.mark.requirement("SUB-04")
@pytest.mark.parametrize("fault", [DBConnectionError("away"), ValueError("unusual")])
async def test_everybody_looks_when_the_lines_cannot_be_read_by_their_keys(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    read, reads = wide_rounds.lines_by_keys, 0

    async def at_first(keys: KeyRange) -> list[LinesAlike[str]] | None:
        nonlocal reads
        reads += 1
        if reads == 2:
            raise fault
        return await read(keys)

    monkeypatch.setattr(wide_rounds, "lines_by_keys", at_first)
    async with many_follow(world, 4) as (number, callers, everybody):
        await write_line(world, number, *callers)
        await until(lambda: all(one.socket.told for one in everybody))
        await until(lambda: is_at_rest(world, 4))
        assert world.desk.followers._wide_server is None
    assert heard(everybody) == [[2]] * 4
    assert reads == 2
    assert len(await told_of(world)) == 4, "what was written down of the first portion was told, and not written again"


@pytest.mark.requirement("SUB-03", "AUD-01")
async def test_who_alone_sees_the_referral_in_a_portion_sees_it_after_others_who_do_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promises, "_FIRST_RANGE", 2)
    coordinator, _, (sees,) = await homes_of(world, 1)
    number = await world.published(coordinator, "Boone")
    others = [await signed_on(world, (await world.provider("Cole")).staff) for _ in range(2)]
    async with following(world, *others, sees, wanted={"referral.number"}) as everybody:
        await write_line(world, number, *others, sees)
        await until(lambda: all(one.socket.told for one in everybody))
    assert [one.socket.told[0].split()[-1] for one in everybody] == [b"nothing", b"nothing", str(number).encode()]
    shown = {entry.actor_id: bool(entry.subjects.get("referral")) for entry in await told_of(world)}
    assert [shown[it.actor.id] for it in (*others, sees)] == [False, False, True]


@pytest.mark.requirement("SUB-03", "AUD-01")
async def test_whose_session_ends_between_two_portions_hears_nothing_of_the_second(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wide_rounds, "_LOOK_AGAIN", 0.0)
    begin, first, ended = wide_rounds._Portion.begin, list[UUID | None](), list[UUID]()

    async def and_then_the_others_end(portion: Any, *given: Any) -> None:
        await begin(portion, *given)
        if not first:
            first.extend(it.caller.session_id for it in portion.batch)
            ended.extend(it.session_id for it in callers if it.session_id and it.session_id not in first)
            await Session.filter(id__in=ended).update(ended_at=world.clock(), ended_why="revoked")

    async with many_follow(world, 3) as (number, callers, everybody):
        await write_line(world, number, *callers)  # so that the next lines find them proven
        await until(lambda: all(len(one.socket.told) == 1 for one in everybody))
        await until(lambda: is_at_rest(world, 3))
        monkeypatch.setattr(wide_rounds._Portion, "begin", and_then_the_others_end)
        await write_line(world, number, *callers)
        await until(lambda: sum(one.is_over for one in everybody) == 2)
        told = {one.caller.session_id: len(one.socket.told) for one in everybody}
    assert len(ended) == 2
    assert told == {**dict.fromkeys(first, 2), **dict.fromkeys(ended, 1)}
    assert len(await told_of(world)) == 4


async def test_a_room_that_is_closed_while_many_are_told_leaves_nothing_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()
    keep_all = TrailRoom.keep_all

    async def slowly(self: TrailRoom, entries: Any) -> None:
        begun.set()
        await asyncio.sleep(0.01)
        await keep_all(self, entries)

    monkeypatch.setattr(TrailRoom, "keep_all", slowly)
    async with many_follow(world, 3) as (number, callers, everybody):
        await write_line(world, number, *callers)
        await begun.wait()
        await world.desk.followers.close()
        assert not [it for it in asyncio.all_tasks() if "many" in it.get_name()]
        assert all(guest.batch is None for guest in world.desk.followers._guests)
    assert all(lines in ([], [2]) for lines in heard(everybody))
    assert len(await told_of(world)) >= sum(map(len, heard(everybody)))


async def test_a_call_by_keys_reaches_those_who_came_after_everybody_had_gone(world: World) -> None:
    coordinator, _, callers = await homes_of(world, 2)
    number = await world.published(coordinator, "Boone")
    for _ in range(2):
        async with following(world, *callers) as everybody:
            await write_line(world, number, *callers)
            await until(lambda: all(one.socket.told for one in everybody))
        assert [len(lines) for lines in heard(everybody)] == [1, 1]
    assert isinstance(world.desk.doorbell, LocalDoorbell)
    await write_line(world, number, *callers)
    assert not world.desk.followers._wide_server
