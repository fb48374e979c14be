"""Readers at the same moment are written down together: each waits for its own entry, and for nobody's misfortune."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextvars import copy_context
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tortoise.exceptions import DBConnectionError, IntegrityError
from tortoise.transactions import in_transaction

from orm.database import close_database, dialect, open_database
from orm.models import AuditEntry, Outcome
from orm.sql import execute, fetch
from resolvers.callers import Caller
from resolvers.referral_views import list_referrals, view_referral
from resolvers.trail import leaf_content, leaf_hash, write_entry
from resolvers.trail_entries import Entry
from resolvers.trail_room import MOST_ENTRIES, TrailRoom
from rules.errors import NotFound
from tests.conftest import ENGINE
from tests.world.world import World

READERS = 32
PATIENCE = 30.0
"""Seconds that nothing here may take; a guard, not a measure."""


async def _all(*attempts: Awaitable[Any]) -> list[Any]:
    async with asyncio.timeout(PATIENCE):
        return await asyncio.gather(*attempts, return_exceptions=True)


def _entry(world: World, request_id: str) -> Entry:
    entry = Entry(
        at=world.clock(), actor_id=None, actor="test", session_id=None, request_id=request_id, act="test.read",
        outcome=Outcome.DONE, code="", about_id=None, subjects={}, shown=(), facts={}, policy_version="defaults",
    )  # fmt: skip
    entry.leaf = leaf_hash(leaf_content(entry))
    return entry


async def _requests() -> list[str]:
    """Give the request ids of the test's entries."""
    rows = await fetch("SELECT request_id FROM audit_entry WHERE act = 'test.read' ORDER BY request_id")
    return [row["request_id"] for row in rows]


@pytest.mark.requirement("AUD-01")
async def test_everyone_who_reads_at_the_same_moment_gets_an_answer_and_one_entry_of_their_own(world: World) -> None:
    coordinators = [await world.coordinator("Boone") for _ in range(4)]
    number = await world.published(coordinators[0], "Boone")
    readers = [replace(coordinators[turn % 4], request_id=f"r{turn:02}") for turn in range(READERS)]

    pages = await _all(*(list_referrals(reader, wanted={"number"}) for reader in readers))

    assert [[view.number for view in page.nodes] for page in pages] == [[number]] * READERS
    entries = await world.entries("referral.list")
    assert sorted(entry.request_id for entry in entries) == [reader.request_id for reader in readers]
    for entry in entries:
        assert entry.actor_id == readers[int(entry.request_id[1:])].actor.id
        assert leaf_hash(leaf_content(entry)) == entry.leaf


@pytest.mark.skipif(ENGINE != "postgres", reason="only PostgreSQL tells which transaction wrote a row")
async def test_readers_at_the_same_moment_cost_one_commit_and_not_one_each(world: World) -> None:
    await _all(*(_write(world.house, f"r{turn}") for turn in range(READERS)))
    [row] = await fetch("SELECT COUNT(*) AS entries, COUNT(DISTINCT xmin::text) AS commits FROM audit_entry")
    assert (row["entries"], row["commits"]) == (READERS, 1)


async def test_more_readers_than_fit_in_one_batch_are_all_written_down(world: World) -> None:
    many = 2 * MOST_ENTRIES + 1
    assert await _all(*(_write(world.house, f"r{turn:03}") for turn in range(many))) == [None] * many
    assert await _requests() == [f"r{turn:03}" for turn in range(many)]


async def _write(caller: Caller, request_id: str) -> None:
    now = caller.desk.clock()
    await write_entry(replace(caller, request_id=request_id), "test.read", Outcome.DONE, at=now)


@pytest.mark.requirement("AUD-01")
async def test_no_answer_leaves_before_its_entry_is_committed(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    outside = copy_context()  # or the reader would be taken for a part of the transaction that is in its way
    async with asyncio.timeout(PATIENCE), in_transaction():
        if dialect() == "postgres":
            await execute("LOCK TABLE audit_entry IN EXCLUSIVE MODE")
        reader = asyncio.create_task(list_referrals(coordinator), context=outside)
        for _ in range(20):
            assert await fetch("SELECT COUNT(*) AS n FROM audit_entry WHERE act = 'referral.list'") == [{"n": 0}]
        assert not reader.done()
    async with asyncio.timeout(PATIENCE):
        await reader
    assert len(await world.entries("referral.list")) == 1


@pytest.mark.requirement("AUD-01")
async def test_when_the_entries_cannot_be_written_nobody_gets_an_answer_and_the_next_ones_do(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    await execute("ALTER TABLE audit_entry RENAME TO broken")
    try:
        answers = await _all(*(list_referrals(coordinator) for _ in range(READERS)))
    finally:
        await execute("ALTER TABLE broken RENAME TO audit_entry")
    assert all(isinstance(answer, Exception) and "audit_entry" in str(answer) for answer in answers)
    assert await world.entries("referral.list") == []

    await list_referrals(coordinator)
    assert len(await world.entries("referral.list")) == 1


async def test_an_entry_that_the_table_refuses_costs_nobody_else_the_answer(world: World) -> None:
    room = world.desk.trail
    entries = [_entry(world, f"r{turn}") for turn in range(5)]
    entries[2].actor = None  # type: ignore[assignment]

    answers = await _all(*(room.keep(entry) for entry in entries))

    assert [type(answer) for answer in answers] == [type(None)] * 2 + [IntegrityError] + [type(None)] * 2
    assert await _requests() == ["r0", "r1", "r3", "r4"]


async def test_when_the_database_is_away_everyone_who_waits_is_told_at_once(world: World, tmp_path: Path) -> None:
    room, entries = TrailRoom(), [_entry(world, f"r{turn}") for turn in range(3)]
    await close_database()
    away = "postgres://nobody:x@127.0.0.1:1/none" if ENGINE == "postgres" else f"sqlite:///{tmp_path}/none/none.db"
    await open_database(away)
    answers = await _all(*(room.keep(entry) for entry in entries))
    assert all(isinstance(answer, DBConnectionError) for answer in answers)


@pytest.mark.parametrize("turns", range(12))
async def test_whoever_goes_away_while_waiting_takes_nothing_from_the_others(world: World, turns: int) -> None:
    waiting = [asyncio.create_task(_write(world.house, f"r{turn}")) for turn in range(5)]
    for _ in range(turns):
        await asyncio.sleep(0)  # one turn of the loop
    waiting[2].cancel()
    answers = await _all(*waiting)

    await world.desk.trail.drain()
    assert [answers[turn] for turn in (0, 1, 3, 4)] == [None] * 4
    assert await _requests() in (["r0", "r1", "r3", "r4"], ["r0", "r1", "r2", "r3", "r4"])
    if answers[2] is None:
        assert "r2" in await _requests()
    await _write(world.house, "r9")
    assert (await _requests())[-1] == "r9"


@pytest.mark.parametrize("turns", range(8))
async def test_when_the_house_is_torn_down_nobody_waits_for_ever(world: World, turns: int) -> None:
    numbers = count()
    waiting = [asyncio.create_task(_write(world.house, f"r{next(numbers)}")) for _ in range(MOST_ENTRIES + 5)]
    for _ in range(turns):
        await asyncio.sleep(0)  # one turn of the loop
    clerks = [task for task in asyncio.all_tasks() if task.get_name() == "the trail's clerk"]
    for clerk in clerks:
        clerk.cancel()
    answers = await _all(*waiting)

    written = await _requests()
    assert len(written) == len(set(written))
    for turn, answer in enumerate(answers):
        assert answer is None or isinstance(answer, asyncio.CancelledError)
        if answer is None:
            assert f"r{turn}" in written


async def test_before_the_house_closes_every_entry_that_was_handed_in_is_written(world: World) -> None:
    await world.desk.trail.drain()  # with nothing to write it does not wait
    waiting = [asyncio.create_task(_write(world.house, f"r{turn}")) for turn in range(5)]
    await asyncio.sleep(0)  # one turn of the loop: all have handed in
    async with asyncio.timeout(PATIENCE):
        await world.desk.trail.drain()
    assert await _requests() == [f"r{turn}" for turn in range(5)]
    assert await _all(*waiting) == [None] * 5


@pytest.mark.requirement("AUD-01")
async def test_an_entry_within_a_transaction_stands_or_falls_with_it(world: World) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - what happens inside a transaction is the point
        async with in_transaction():
            await _write(world.house, "undone")
            raise ZeroDivisionError
    async with in_transaction():
        await _write(world.house, "kept")
    assert await _requests() == ["kept"]


@pytest.mark.requirement("AUD-05")
async def test_refused_readers_at_the_same_moment_are_each_written_down(world: World) -> None:
    stranger = await world.coordinator("Adair")
    number = await world.published(await world.coordinator("Boone"), "Boone")
    answers = await _all(*(view_referral(stranger, number=number) for _ in range(READERS)))
    assert [type(answer) for answer in answers] == [NotFound] * READERS
    entries = await AuditEntry.filter(act="referral.view", outcome=Outcome.REFUSED, code="REFERRAL_NOT_FOUND")
    assert len(entries) == READERS
