"""Who asks the same at the same moment is answered together, with what is true now, and harms nobody by going away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextvars import copy_context
from typing import Any

import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import DBConnectionError, OperationalError
from tortoise.transactions import in_transaction

from orm import gathering
from orm.database import close_database, open_database
from orm.gathering import Question
from orm.postgres_engine import PostgresEngine
from orm.readings import fetch_often
from orm.sql import execute, fetch
from tests.conftest import ENGINE

PATIENCE = 30.0
"""Seconds that nothing here may take; a guard, not a measure."""

postgres_only = pytest.mark.skipif(ENGINE != "postgres", reason="connections that keep plans are PostgreSQL's")


async def _all(*attempts: Awaitable[Any]) -> list[Any]:
    async with asyncio.timeout(PATIENCE):
        return await asyncio.gather(*attempts, return_exceptions=True)


class _Names:
    """Asks the table of counties for names, and remembers which keys went together; waits while the door is shut."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.door = asyncio.Event()
        self.door.set()
        self.question: Question[str, str] = Question(self._read)

    async def _read(self, keys: Sequence[str]) -> dict[str, str]:
        self.asked.append([*keys])
        await self.door.wait()
        rows = await fetch_often("SELECT fips, name FROM county WHERE fips IN (:keys)", keys=keys)
        return {row["fips"]: row["name"] for row in rows}


async def test_those_who_ask_at_the_same_moment_cost_one_statement_and_each_gets_the_own_answer(database: str) -> None:
    names = _Names()
    answers = await _all(*(names.question.ask(key) for key in ("29019", "29001", "29019", "none")))
    assert answers == ["Boone", "Adair", "Boone", None]
    assert names.asked == [["29019", "29001", "none"]]


async def test_an_answer_is_never_older_than_its_question(database: str) -> None:
    names = _Names()
    names.door.clear()
    first = asyncio.create_task(names.question.ask("29019"))
    while not names.asked:
        await asyncio.sleep(0)
    # It is on its way: whoever comes now is not served by it, for what it has read may be old already.
    second = asyncio.create_task(names.question.ask("29019"))
    await asyncio.sleep(0)
    await execute("UPDATE county SET name = 'Renamed' WHERE fips = '29019'")
    names.door.set()
    assert (await _all(first, second))[1] == "Renamed"
    assert names.asked == [["29019"], ["29019"]]
    assert await names.question.ask("29019") == "Renamed"


async def test_who_goes_away_while_waiting_takes_nothing_from_the_others(database: str) -> None:
    names = _Names()
    names.door.clear()
    waiting = [asyncio.create_task(names.question.ask(key)) for key in ("29019", "29001", "29003")]
    while not names.asked:
        await asyncio.sleep(0)
    waiting[0].cancel()
    late = [asyncio.create_task(names.question.ask(key)) for key in ("29005", "29007")]
    await asyncio.sleep(0)
    late[0].cancel()
    names.door.set()
    answers = await _all(*waiting, *late)
    assert [type(answer) for answer in answers] == [asyncio.CancelledError, str, str, asyncio.CancelledError, str]


async def test_a_question_that_fails_fails_for_those_who_went_together_and_for_nobody_after_them(database: str) -> None:
    names = _Names()
    await execute("ALTER TABLE county RENAME TO broken")
    try:
        answers = await _all(*(names.question.ask("29019") for _ in range(8)))
    finally:
        await execute("ALTER TABLE broken RENAME TO county")
    assert all(isinstance(answer, OperationalError) for answer in answers)
    assert await names.question.ask("29019") == "Boone"


async def test_nobody_waits_for_a_clerk_who_was_sent_away(database: str) -> None:
    names = _Names()
    names.door.clear()
    waiting = [asyncio.create_task(names.question.ask("29019")) for _ in range(3)]
    while not names.asked:
        await asyncio.sleep(0)
    late = asyncio.create_task(names.question.ask("29001"))
    await asyncio.sleep(0)
    [clerk] = [task for task in asyncio.all_tasks() if task.get_name() == "the clerk of a question"]
    clerk.cancel()
    answers = await _all(*waiting, late)
    assert {type(answer) for answer in answers} == {asyncio.CancelledError}
    names.door.set()
    assert await names.question.ask("29019") == "Boone"


async def test_in_a_transaction_the_answer_is_what_that_has_written_and_nobody_else_sees_it(database: str) -> None:
    names = _Names()
    outside = copy_context()
    async with in_transaction():
        await execute("UPDATE county SET name = 'Renamed' WHERE fips = '29019'")
        assert await names.question.ask("29019") == "Renamed"
        assert await asyncio.create_task(names.question.ask("29019"), context=outside) == "Boone"
    assert await names.question.ask("29019") == "Renamed"


def test_a_question_is_asked_in_another_loop_and_of_another_opening_as_if_it_were_new(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "SETTLED_WITHIN", 0.01)
    names: list[_Names] = []

    async def ask_and_leave_somebody_waiting(turn: int) -> None:
        if not names:
            names.append(_Names())
        names[0].door = asyncio.Event()
        names[0].door.set()
        await open_database(database_url)
        assert await names[0].question.ask("29019") == "Boone"
        names[0].door.clear()
        asyncio.get_running_loop().create_task(names[0].question.ask("29001"), name=f"left {turn}")
        await asyncio.sleep(0)
        await close_database()

    for turn in range(3):
        asyncio.run(ask_and_leave_somebody_waiting(turn))


@postgres_only
async def test_what_is_asked_all_day_is_planned_once_for_all_values(database: str) -> None:
    text = "SELECT name FROM county WHERE fips = ANY($1) LIMIT 1"
    engine = get_connection("default")
    assert isinstance(engine, PostgresEngine)
    for _ in range(8):
        assert [row["name"] for row in await engine.fetch_often(text, [["29019"]])] == ["Boone"]
    plans = await engine.fetch_often(
        "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = $1", [text]
    )
    assert [tuple(row) for row in plans] == [(8, 0)]


@postgres_only
async def test_reads_that_are_cancelled_cost_no_place_and_no_answer(database: str) -> None:
    outside = copy_context()
    async with in_transaction():
        await execute("LOCK TABLE county IN ACCESS EXCLUSIVE MODE")
        reads = [
            asyncio.create_task(
                fetch_often("SELECT name FROM county WHERE fips = :fips", fips="29019"), context=outside
            )
            for _ in range(20)
        ]
        await _until("SELECT COUNT(*) > 0 AS done FROM pg_locks WHERE NOT granted")
        for read in reads[:15]:
            read.cancel()
        await _all(*reads[:15])
    answers = await _all(*reads[15:], *(fetch_often("SELECT 1 AS one") for _ in range(20)))
    assert [row["name"] for rows in answers[:5] for row in rows] == ["Boone"] * 5
    assert [row["one"] for rows in answers[5:] for row in rows] == [1] * 20


@postgres_only
async def test_a_reader_whose_connection_was_lost_is_replaced(database: str) -> None:
    await _all(*(fetch_often("SELECT 1 AS one") for _ in range(10)))
    await execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                  "AND datname = current_database()")  # fmt: skip
    for _ in range(3):  # a farewell that is not read yet may cost one statement each
        await _all(*(fetch_often("SELECT 1 AS one") for _ in range(10)))
    assert [row["one"] for row in await fetch_often("SELECT 1 AS one")] == [1]


@postgres_only
async def test_closing_the_database_ends_every_wait_and_leaves_no_connection(database_url: str, postgres: str) -> None:
    await open_database(database_url)
    names = _Names()
    outside = copy_context()
    holding = asyncio.Event()

    async def hold() -> None:
        async with in_transaction():
            await execute("LOCK TABLE county IN ACCESS EXCLUSIVE MODE")
            holding.set()
            await asyncio.Event().wait()

    holder = asyncio.create_task(hold(), context=outside.copy())
    async with asyncio.timeout(PATIENCE):
        await holding.wait()
    waiting = [asyncio.create_task(names.question.ask("29019")) for _ in range(4)]
    await _until("SELECT COUNT(*) > 0 AS done FROM pg_locks WHERE NOT granted")
    late = asyncio.create_task(names.question.ask("29001"))
    holder.cancel()
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait([holder])
        await close_database()
    answers = await _all(*waiting, late)
    assert all(isinstance(answer, str | DBConnectionError) for answer in answers)
    await close_database()
    # The next one opens what it needs.
    await open_database(database_url)
    assert await names.question.ask("29019") == "Boone"
    await close_database()


async def _until(question: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not (await fetch(question))[0]["done"]:
            await asyncio.sleep(0)


async def test_a_clerk_who_is_on_the_way_is_waited_for_before_the_database_is_closed(database_url: str) -> None:
    await open_database(database_url)
    engine = get_connection("default")
    names = _Names()
    names.door.clear()
    asker = asyncio.create_task(names.question.ask("29019"))
    while not names.asked:
        await asyncio.sleep(0)
    asker.cancel()  # who asked has gone; the clerk goes on, and would open the database anew after its end
    closing = asyncio.create_task(close_database())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not closing.done()
    assert get_connection("default") is engine
    names.door.set()
    async with asyncio.timeout(PATIENCE):
        await closing
    assert names.question.clerks() == []
