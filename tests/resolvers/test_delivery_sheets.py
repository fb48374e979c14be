"""Where many are told at once, one sheet is committed before anything leaves, and each delivery becomes an entry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import DBConnectionError, IntegrityError

from orm.models import AuditSheet, Outcome, SealedEntry
from orm.sql import dialect, execute
from resolvers import delivery_sheets, tellings, trail_room
from resolvers.access_logs import log_of_mine, report_access
from resolvers.access_report_export import begin_report_export
from resolvers.callers import Caller, house
from resolvers.delivery_sheets import DeliverySheet, unfold_sheets
from resolvers.seal_views import view_seal_state
from resolvers.trail import leaf_content, leaf_hash
from resolvers.trail_alike import EntriesAlike
from resolvers.trail_export import begin_export
from resolvers.trail_reads import TrailFilter, list_trail
from resolvers.trail_room import Insertable, TrailRoom
from rules.roles import Role
from tests.resolvers.test_rounds import following, homes_of, is_at_rest, told_of
from tests.world.sealed_trail import SealedTrail
from tests.world.waiting import until
from tests.world.world import World

MANY: Final = 3


@pytest.fixture(autouse=True)
async def _three_are_many(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(tellings, "MANY", MANY)
    monkeypatch.setattr(trail_room, "AFTERWARDS", 0.0)
    yield
    await world.desk.trail.drain()


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process do nothing more once everybody is told."""
    monkeypatch.setattr(TrailRoom, "afterwards", lambda *_: None)


async def _tell(world: World, count: int = MANY + 1) -> list[Caller]:
    """Tell so many followers of a referral."""
    coordinator, _, callers = await homes_of(world, count)
    async with following(world, *callers, wanted={"referral.number"}) as everybody:
        number = await world.published(coordinator, "Boone")
        await until(lambda: all(one.socket.told for one in everybody))
        await until(lambda: is_at_rest(world, count))
    assert [one.socket.told for one in everybody] == [[f"1: {number} seen as {number}".encode()]] * count
    return callers


@pytest.mark.requirement("SUB-01", "AUD-01")
async def test_what_stands_on_a_sheet_becomes_the_entries_that_each_would_have_had_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = await _tell(world)
    await world.desk.trail.drain()
    by_sheet = await told_of(world)
    assert {(it.actor_id, it.session_id, it.request_id) for it in by_sheet} == {
        (it.actor.id, it.session_id, it.request_id) for it in callers
    }
    assert await AuditSheet.all().count() == 0
    monkeypatch.setattr(tellings, "MANY", 1_000)
    await _tell(world)
    [like] = {_form(it) for it in (await told_of(world))[len(by_sheet) :]}
    assert [_form(it) for it in by_sheet] == [like] * len(callers)
    for entry in await told_of(world):
        assert leaf_hash(leaf_content(entry)) == entry.leaf
    assert len({it.subjects["notification"][0] for it in by_sheet}) == len(callers)


def _form(entry: Any) -> tuple[Any, ...]:
    return (
        entry.act, entry.outcome, entry.code, entry.about_id, tuple(entry.shown), str(entry.facts),
        entry.policy_version, entry.at, tuple(entry.subjects), len(entry.subjects["notification"]),
        len(entry.subjects["referral"]),
    )  # fmt: skip


@pytest.mark.requirement("AUD-01")
async def test_the_sheet_is_committed_with_everybody_on_it_before_anything_leaves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator, _, callers = await homes_of(world, MANY)
    before: list[tuple[int, int]] = []
    keep_all = TrailRoom.keep_all

    async def kept(self: TrailRoom, entries: Insertable) -> None:
        await keep_all(self, entries)
        before.append((sum([it.size async for it in AuditSheet.all()]), sum(len(one.socket.told) for one in everybody)))

    monkeypatch.setattr(TrailRoom, "keep_all", kept)
    async with following(world, *callers) as everybody:
        await world.published(coordinator, "Boone")
        await until(lambda: all(one.socket.told for one in everybody))
    assert before[0] == (MANY, 0)


@pytest.mark.requirement("AUD-01")
async def test_when_the_sheet_cannot_be_written_each_hears_alone_with_an_entry_of_the_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> None:
        raise IntegrityError("no")

    monkeypatch.setattr(DeliverySheet, "insert", refused)
    coordinator, _, callers = await homes_of(world, MANY)
    async with following(world, *callers) as everybody:
        await world.published(coordinator, "Boone")
        await until(lambda: all(one.alone for one in everybody))
    assert [one.socket.told for one in everybody] == [[]] * MANY
    assert len(await told_of(world)) == MANY


async def _list(world: World, _: Caller) -> int:
    page = await list_trail(await world.user(Role.CSO), where=TrailFilter(act="mailbox.deliver"))
    return len(page.nodes)


async def _mine(_: World, reader: Caller) -> int:
    return sum(it.act == "mailbox.deliver" for it in (await log_of_mine(reader)).nodes) * (MANY + 1)


async def _report(world: World, reader: Caller) -> int:
    page = await report_access(await world.user(Role.CSO), reader.actor.label)
    return sum(it.act == "mailbox.deliver" for it in page.nodes) * (MANY + 1)


async def _export_report(world: World, reader: Caller) -> int:
    with_it = await begin_report_export(await world.user(Role.CSO), reader.actor.label)
    assert with_it.entries >= 2  # the sign-on is one
    return len(await told_of(world))


async def _export(world: World, _: Caller) -> int:
    today = world.clock().date()
    await begin_export(house(world.desk, "audit"), date(today.year, today.month, 1), today)
    return len(await told_of(world))


async def _seal(world: World, _: Caller) -> int:
    with TemporaryDirectory() as place:
        await SealedTrail(world, Path(place)).seal()
    return await SealedEntry.filter(entry_id__in=[entry.id for entry in await told_of(world)]).count()


async def _seal_state(world: World, _: Caller) -> int:
    state = await view_seal_state(await world.user(Role.CSO))
    told = await told_of(world)
    assert state.waiting >= len(told)
    return len(told)


async def _verify(world: World, _: Caller) -> int:
    with TemporaryDirectory() as place:
        verdict = await SealedTrail(world, Path(place)).verify(by_book=False)
    assert verdict.finding is None
    return len(await told_of(world))


READERS: Final[list[Callable[[World, Caller], Awaitable[int]]]] = [
    _list,
    _mine,
    _report,
    _export_report,
    _export,
    _seal,
    _seal_state,
    _verify,
]


@pytest.mark.requirement("AUD-01", "AUD-02")
@pytest.mark.usefixtures("killed")
@pytest.mark.parametrize("read", READERS, ids=lambda it: it.__name__)
async def test_whoever_reads_the_trail_finds_what_a_killed_process_left_on_a_sheet(
    world: World, read: Callable[[World, Caller], Awaitable[int]]
) -> None:
    callers = await _tell(world)
    assert await told_of(world) == []
    assert await read(world, callers[0]) == len(callers)


@pytest.mark.usefixtures("killed")
@pytest.mark.requirement("AUD-01")
async def test_a_sheet_is_never_changed_and_does_not_go_before_its_entries_stand(world: World) -> None:
    await _tell(world)
    refused = [
        "UPDATE audit_sheet SET content = '{}'",
        "UPDATE audit_sheet SET size = 0",
        "UPDATE audit_sheet SET after_entry = 0",
        "DELETE FROM audit_sheet",
    ]
    for statement in [*refused, *(["TRUNCATE audit_sheet"] if dialect() == "postgres" else [])]:
        with pytest.raises(IntegrityError, match="audit_sheet"):
            await execute(statement)
    assert await AuditSheet.all().count() == 1
    assert await unfold_sheets() == MANY + 1
    assert len(await told_of(world)) == MANY + 1


@pytest.mark.usefixtures("killed")
@pytest.mark.requirement("AUD-01")
async def test_a_sheet_does_not_go_for_entries_of_other_deliveries(world: World) -> None:
    await _tell(world)
    sheet = await AuditSheet.get()
    entries = EntriesAlike(sheet.at, sheet.act, Outcome.DONE, sheet.policy_version)
    for _ in range(sheet.size):
        entries.add(uuid4(), "SOMEBODY", uuid4(), "r", f'{{"notification": ["{uuid4()}"]}}', "[]", "0" * 64)
    await entries.insert(get_connection("default"))
    with pytest.raises(IntegrityError, match="audit_sheet"):
        await sheet.delete()
    assert await unfold_sheets() == MANY + 1


@pytest.mark.usefixtures("killed")
async def test_entries_that_could_not_all_be_made_leave_the_sheet_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _tell(world)
    monkeypatch.setattr(delivery_sheets, "_AT_A_STRETCH", 2)
    insert, done = EntriesAlike.insert, []

    async def breaks(self: EntriesAlike, connection: Any) -> None:
        if done:
            raise DBConnectionError("away")
        done.append(await insert(self, connection))

    with monkeypatch.context() as patched:
        patched.setattr(EntriesAlike, "insert", breaks)
        with pytest.raises(DBConnectionError):
            await unfold_sheets()
    assert await told_of(world) == []
    assert await unfold_sheets() == MANY + 1
    assert len(await told_of(world)) == MANY + 1


@pytest.mark.usefixtures("killed")
async def test_two_who_unfold_at_once_make_each_entry_once(world: World) -> None:
    await _tell(world)
    await _tell(world)
    async with asyncio.timeout(30):
        made = await asyncio.gather(*(unfold_sheets() for _ in range(4)))
    assert sum(made) == len(await told_of(world)) == 2 * (MANY + 1)
    assert await AuditSheet.all().count() == 0


async def test_what_cannot_be_unfolded_now_is_left_for_the_next_who_reads(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise DBConnectionError("away")

    with monkeypatch.context() as patched:
        patched.setattr(EntriesAlike, "insert", away)
        await _tell(world)
        await world.desk.trail.drain()
    assert await told_of(world) == []
    assert await _list(world, await world.user(Role.CSO)) == MANY + 1
