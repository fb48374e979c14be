"""An era ends with the first change that is committed, whoever made it; and nothing that was kept outlives it."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import copy_context
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from orm import marks, migrations
from orm.eras import Era, Kept, current_era, forget_old_marks
from orm.guards import Marked
from orm.sql import dialect, execute, fetch
from resolvers import own_provider, referral_flat, referral_rows, register, scope, session_facts
from tests.conftest import ENGINE

WATCHED = {
    guard.table: guard
    for module in pkgutil.iter_modules(migrations.__path__)
    for guard in getattr(importlib.import_module(f"orm.migrations.{module.name}"), "GUARDS", ())
    if isinstance(guard, Marked)
}
PATIENCE = 30.0
"""Seconds that nothing here may take; a guard, not a measure."""

postgres_only = pytest.mark.skipif(ENGINE != "postgres", reason="SQLite lets one transaction write at a time")


async def _era() -> Era:
    era = await current_era()
    assert era is not None
    return era


@asynccontextmanager
async def _an_open_change() -> AsyncIterator[None]:
    """Change a county in a transaction of somebody else, which is open meanwhile and committed then."""
    is_open, end = asyncio.Event(), asyncio.Event()

    async def change() -> None:
        async with in_transaction():
            await execute("UPDATE county SET name = name WHERE fips = '29019'")
            is_open.set()
            await end.wait()

    somebody = asyncio.create_task(change(), context=copy_context())
    await is_open.wait()
    yield
    end.set()
    await somebody


async def test_an_era_lasts_as_long_as_nothing_changes_that_is_watched(database: str) -> None:
    era = await _era()
    await execute("UPDATE counter SET value = value + 1")
    assert [await _era(), await _era()] == [era, era]
    await execute("UPDATE county SET name = 'Renamed' WHERE fips = '29019'")
    later = await _era()
    assert later > era
    assert await _era() == later


@pytest.mark.parametrize("table", sorted(WATCHED))
async def test_every_change_of_a_watched_table_leaves_a_mark_when_it_is_committed(database: str, table: str) -> None:
    guard = WATCHED[table]
    triggers = await _triggers(table)
    assert len(triggers) == (1 if dialect() == "postgres" else 3)
    told = " ".join(triggers).upper()
    for event in ("INSERT", "DELETE", f"UPDATE OF {', '.join(guard.columns)}".upper() if guard.columns else "UPDATE"):
        assert event in told
    if dialect() == "postgres":  # a statement leaves its mark even if it meets no row
        column = guard.columns[0] if guard.columns else await _a_column(table)
        for statement in (f"UPDATE {table} SET {column} = {column} WHERE false", f"DELETE FROM {table} WHERE false"):
            era = await _era()
            await execute(statement)
            assert await _era() > era, statement


async def test_a_change_that_came_and_one_that_went_end_an_era(database: str) -> None:
    for statement in (
        "INSERT INTO facility (code, name, active) VALUES ('999', 'New', true)",
        "UPDATE facility SET name = 'Newer' WHERE code = '999'",
        "DELETE FROM facility WHERE code = '999'",
    ):
        era = await _era()
        await execute(statement)
        assert await _era() > era, statement


@postgres_only
async def test_a_change_counts_from_its_commit_on_however_long_ago_it_was_made(database: str) -> None:
    era = await _era()
    async with asyncio.timeout(PATIENCE):
        async with _an_open_change():
            assert await _era() == era
            await execute("UPDATE facility SET name = name")  # a later transaction that ends before
            between = await _era()
            assert between > era
            assert await _era() == between
        assert await _era() > between


async def test_what_is_rolled_back_has_changed_nothing(database: str) -> None:
    era = await _era()

    async def change_in_vain() -> None:
        async with in_transaction():
            await execute("UPDATE county SET name = 'Renamed' WHERE fips = '29019'")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_in_vain()
    assert await _era() == era


async def test_inside_a_transaction_nothing_kept_is_used(database: str) -> None:
    async with in_transaction():
        assert await current_era() is None
    kept: Kept[str, int] = Kept(2)
    made = iter(range(9))

    async def make() -> int:
        return next(made)

    assert [await kept.get(None, "key", make) for _ in range(2)] == [0, 1]
    assert len(kept) == 0


async def test_who_has_not_looked_for_long_believes_nothing(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "TRUSTED_FOR", -1.0)
    first = await _era()
    assert await _era() > first


@postgres_only
async def test_old_marks_are_forgotten_and_new_ones_are_not(database: str) -> None:
    await execute("DELETE FROM change_mark")  # what the migrations have changed
    await execute("UPDATE county SET name = name")
    await execute("UPDATE change_mark SET at = now() - interval '25 hours'")
    era = await _era()
    await execute("UPDATE facility SET name = name")
    assert await forget_old_marks() == 1
    assert await _era() > era
    assert await forget_old_marks() == 0


async def test_what_is_kept_goes_with_its_era_and_the_longest_unasked_goes_first() -> None:
    kept: Kept[str, str] = Kept(2)
    made: list[str] = []

    async def asked(era: int, key: str) -> str:
        async def make() -> str:
            made.append(key)
            return f"{key} of {era}"

        return await kept.get(Era(era), key, make)

    assert [await asked(1, key) for key in ("a", "b", "a", "c", "a", "b")] == [
        f"{key} of 1" for key in ("a", "b", "a", "c", "a", "b")
    ]
    assert made == ["a", "b", "c", "b"]
    assert len(kept) == 2
    assert await asked(2, "a") == "a of 2"
    # Who asked before that gets what is as true as then, and takes nothing from the others.
    assert await asked(1, "a") == "a of 1"
    assert await asked(2, "a") == "a of 2"
    assert made[4:] == ["a", "a"]


async def test_what_was_made_while_an_era_ended_is_not_kept() -> None:
    kept: Kept[str, str] = Kept(2)

    async def slow() -> str:
        assert await kept.get(Era(2), "other", quick) == "new"
        return "old"

    async def quick() -> str:
        return "new"

    assert await kept.get(Era(1), "key", slow) == "old"
    assert await kept.get(Era(2), "key", quick) == "new"


@pytest.mark.parametrize(
    "module", [own_provider, referral_flat, referral_rows, register, scope, session_facts], ids=lambda it: it.__name__
)
def test_every_table_that_kept_answers_are_read_from_is_watched(module: Any) -> None:
    texts = {
        name: text
        for name, value in vars(module).items()
        for text in ([value] if isinstance(value, str) else map(str, value.values()) if isinstance(value, dict) else [])
        if name not in NOT_KEPT
    }
    read = {table for text in texts.values() for table in re.findall(r"\b(?:FROM|JOIN) ([a-z_]+)\b", text)}
    assert read <= WATCHED.keys(), read - WATCHED.keys()


NOT_KEPT = {"_SESSIONS"}
"""What is asked for each caller each time."""


async def _triggers(table: str) -> list[str]:
    if dialect() == "sqlite":
        return [
            str(row["sql"])
            for row in await fetch(
                "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name AND name LIKE '%_marked_%'",
                name=table,
            )
        ]
    found = await fetch(
        "SELECT pg_get_triggerdef(t.oid) AS text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE c.relname = :name AND t.tgname = :trigger AND t.tgenabled = 'O'",
        name=table,
        trigger=f"{table}_marked",
    )
    return [str(row["text"]) for row in found]


async def _a_column(table: str) -> str:
    [row] = await fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:name) AND attnum = 1", name=table
    )
    return str(row["attname"])
