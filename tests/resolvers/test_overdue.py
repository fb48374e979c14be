"""What was promised within hours and has not come is told once, a minute after (ARA-15, PWD-12, SWP-05)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from homeward.sweeping import list_sweeps
from orm.models import AccessRequest, Letter, Notification, Ticket
from resolvers.callers import Caller, house
from resolvers.overdue import tell_overdue, tell_overdue_request, tell_overdue_reset
from rules.approvals import RequestState
from rules.notices import NotificationKind
from rules.roles import Role
from rules.tickets import TicketKind, TicketState
from tests.world.duties import request_of, reset_for
from tests.world.office import Office
from tests.world.world import World
from workers.tick import Tick

LATE = NotificationKind.PROVISIONING_OVERDUE
RESET_LATE = NotificationKind.RESET_OVERDUE


async def numbers(who: Caller, kind: NotificationKind) -> list[int | None]:
    return [one.subject_number for one in await Notification.filter(mailbox_id=who.actor.mailbox_id, kind=kind)]


@pytest.mark.requirement("ARA-15")
@pytest.mark.requirement("SWP-05")
async def test_an_approved_request_is_told_of_once_when_its_48_hours_have_passed(world: World) -> None:
    office = await Office.of(world)
    request = await request_of(office.employee, world, RequestState.AWAITING_PROVISIONING)
    world.clock.forward(hours=48)
    assert await tell_overdue(world.desk) == 0, "to the second it is kept"
    assert await numbers(office.provisioning, LATE) == []

    world.clock.forward(seconds=1)
    assert [await tell_overdue(world.desk) for _ in range(3)] == [1, 0, 0]

    assert await numbers(office.provisioning, LATE) == [request.number]
    assert await numbers(office.cso, LATE) == [request.number]
    assert await numbers(office.employee, LATE) == []
    assert (await AccessRequest.get(id=request.id)).overdue_told_at == world.clock()
    (entry,) = await world.entries("access_request.tell_overdue")
    assert (entry.about_id, entry.facts) == (request.id, {"due": True, "number": request.number})
    assert len(await world.letters(kind=LATE)) == 2


@pytest.mark.requirement("PWD-12")
@pytest.mark.requirement("SWP-05")
async def test_a_reset_is_told_of_once_when_its_two_hours_have_passed(world: World) -> None:
    desk, admin, who = await world.user(Role.SUPPORT_DESK), await world.user(Role.ADMINISTRATOR), await world.user()
    ticket = await reset_for(who, world)
    world.clock.forward(hours=2)
    assert await tell_overdue(world.desk) == 0
    world.clock.forward(seconds=1)
    assert [await tell_overdue(world.desk) for _ in range(3)] == [1, 0, 0]
    assert await numbers(desk, RESET_LATE) == await numbers(admin, RESET_LATE) == [ticket.number]
    assert (await Ticket.get(id=ticket.id)).overdue_told_at == world.clock()


async def test_what_was_answered_in_time_or_is_of_another_kind_is_not_told(world: World) -> None:
    office, desk = await Office.of(world), await world.user(Role.SUPPORT_DESK)
    granted = await request_of(office.employee, world, RequestState.AWAITING_PROVISIONING)
    done = await reset_for(office.lso, world)
    other = await reset_for(office.lso, world, TicketKind.ACCOUNT_MANAGEMENT)
    await AccessRequest.filter(id=granted.id).update(state=RequestState.GRANTED)
    await Ticket.filter(id=done.id).update(state=TicketState.DONE)
    world.clock.forward(days=30)
    assert await tell_overdue(world.desk) == 0
    caller = house(world.desk, "overdue")
    assert await tell_overdue_request(caller, granted.id) is False
    assert await tell_overdue_reset(caller, done.id) is False
    assert await tell_overdue_reset(caller, other.id) is False
    assert await tell_overdue_request(caller, uuid4()) is False
    assert await tell_overdue_reset(caller, uuid4()) is False
    assert await numbers(desk, RESET_LATE) == await numbers(office.cso, LATE) == []
    assert await Letter.filter(kind__in=[LATE, RESET_LATE]).count() == 0
    written = [*await world.entries("access_request.tell_overdue"), *await world.entries("ticket.tell_overdue")]
    assert [one.facts for one in written] == [{"due": False}] * 5


async def test_workers_at_once_tell_once(world: World) -> None:
    office = await Office.of(world)
    request = await request_of(office.employee, world, RequestState.AWAITING_PROVISIONING)
    world.clock.forward(hours=49)
    async with asyncio.timeout(60):
        told = await asyncio.gather(*(tell_overdue(world.desk) for _ in range(4)))
    assert sum(told) == 1
    assert await numbers(office.provisioning, LATE) == [request.number]


@pytest.mark.requirement("SWP-05")
async def test_a_worker_that_dies_between_two_tellings_loses_nothing_and_doubles_nothing(world: World) -> None:
    office = await Office.of(world)
    requests = [await request_of(office.employee, world, RequestState.AWAITING_PROVISIONING) for _ in range(3)]
    world.clock.forward(hours=49)
    now, calls = world.clock.now, 0

    def dies_at_the_second() -> datetime:
        nonlocal calls
        calls += 1
        if calls == 3:  # the look at what is overdue, the first telling, and then
            raise asyncio.CancelledError
        return now

    dying = type(world.desk)(dies_at_the_second, world.desk.doorbell, world.desk.passwords, world.desk.secrets)
    with pytest.raises(asyncio.CancelledError):
        await tell_overdue(dying)
    assert len(await numbers(office.provisioning, LATE)) == 1

    assert await tell_overdue(world.desk) == 2
    assert sorted(map(int, filter(None, await numbers(office.provisioning, LATE)))) == [one.number for one in requests]


async def test_one_that_fails_does_not_silence_the_others_and_is_told_later(world: World) -> None:
    office = await Office.of(world)
    requests = [await request_of(office.employee, world, RequestState.AWAITING_PROVISIONING) for _ in range(2)]
    world.clock.forward(hours=49)
    now, trouble = world.clock.now, [None, ConnectionResetError("away for a moment")]

    def fails_once() -> datetime:
        fault = trouble.pop(0) if trouble else None
        if fault is not None:
            raise fault
        return now

    failing = type(world.desk)(fails_once, world.desk.doorbell, world.desk.passwords, world.desk.secrets)
    assert await tell_overdue(failing) == 1
    assert await tell_overdue(world.desk) == 1
    assert len(await numbers(office.provisioning, LATE)) == len(requests)


async def test_every_tick_looks_and_a_closed_weekend_changes_nothing_about_it(world: World) -> None:
    office = await Office.of(world)
    world.clock.now = datetime(2026, 3, 6, 22, 0, tzinfo=UTC)  # Friday afternoon
    await request_of(office.employee, world, RequestState.AWAITING_PROVISIONING)
    tick = Tick(world.desk, {})
    world.clock.forward(hours=47)
    await tick()
    assert await numbers(office.provisioning, LATE) == []
    world.clock.forward(hours=1, minutes=1)
    await tick()
    await tick()
    assert len(await numbers(office.provisioning, LATE)) == 1


def test_the_list_of_timed_duties_names_it() -> None:
    said: list[str] = []
    list_sweeps(said.append)
    assert said[-1].startswith("overdue: ")
    assert said[-1].endswith("each minute")
