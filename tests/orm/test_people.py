"""Whoever has changed is found by the next look, whatever it was that changed; and whoever has not is left in peace."""

from __future__ import annotations

import asyncio
import re
from contextvars import copy_context
from typing import Final
from uuid import UUID

import pytest
from tortoise.models import Model
from tortoise.transactions import in_transaction

from orm import marks, people
from orm.guards import MarksEach
from orm.models import Contract, CoordinatorCounty, RoleGrant
from orm.people import Changes, Moment, changes_of_people, forget_old_people
from orm.sql import dialect, execute, fetch
from resolvers import session_facts
from resolvers.callers import Caller
from resolvers.sessions import sign_in
from tests.conftest import ENGINE
from tests.orm.test_guards import GUARDS
from tests.world.world import PASSWORD, STATEMENT, World

WATCHED: Final = {guard.table: guard for guard in GUARDS if isinstance(guard, MarksEach) and guard.of == "person"}
PATIENCE = 30.0
"""Seconds that nothing here may take; a guard, not a measure."""
ROWS: Final = {
    "session": "user_id = :user",
    "user_account": "id = :user",
    "credential": "user_id = :user",
    "role_grant": "user_id = :user",
    "contract": "provider_id = (SELECT provider_id FROM user_account WHERE id = :user)",
    "coordinator_county": "user_id = :user",
}
"""Which rows of a table are about a person."""

postgres_only = pytest.mark.skipif(ENGINE != "postgres", reason="SQLite lets one transaction write at a time")


async def _look() -> tuple[Changes, Moment]:
    changes = await changes_of_people()
    assert changes is not None
    return changes, changes.moment


async def _person(world: World, table: str) -> Caller:
    """Make somebody about whom the table has a row."""
    if table == "coordinator_county":
        return await world.coordinator("Boone")
    person = (await world.provider("Boone")).staff
    await sign_in(world.desk, person.actor.label, PASSWORD, device="", request_id="r", accepts=STATEMENT)
    return person


def _id(person: Caller) -> UUID:
    assert person.actor.id
    return person.actor.id


def _keys(person: Caller) -> tuple[UUID, UUID | None]:
    return _id(person), person.actor.provider_id


@pytest.mark.parametrize("table", sorted(WATCHED))
async def test_every_change_of_what_says_who_somebody_is_is_found_of_that_person(world: World, table: str) -> None:
    person, other = await _person(world, table), (await world.provider("Boone")).staff
    columns = WATCHED[table].columns or (await _columns(table))
    for column in columns:
        changes, before = await _look()
        await execute(f"UPDATE {table} SET {column} = {column} WHERE {ROWS[table]}", user=_id(person))
        await _look()
        assert changes.since(before, *_keys(person)), column
        assert not changes.since(before, *_keys(other)), column
        assert not changes.since(changes.moment, *_keys(person)), column


@pytest.mark.parametrize("model", [RoleGrant, Contract, CoordinatorCounty], ids=lambda it: it.__name__)
async def test_a_right_that_goes_and_one_that_comes_are_found(world: World, model: type[Model]) -> None:
    table = str(model._meta.db_table)
    person, other = await _person(world, table), await world.coordinator("Clay")
    [row] = await fetch(f"SELECT id FROM {table} WHERE {ROWS[table]}", user=_id(person))
    right = await model.get(pk=row["id"])
    changes, before = await _look()
    await right.delete()
    await _look()
    assert changes.since(before, *_keys(person))
    gone = changes.moment
    await right.save(force_create=True)
    await _look()
    assert changes.since(gone, *_keys(person))
    assert not changes.since(before, *_keys(other))


def test_every_table_that_says_who_somebody_is_is_watched() -> None:
    read = set(re.findall(r"\b(?:FROM|JOIN) ([a-z_]+)\b", session_facts._SESSIONS))
    assert read == {*WATCHED, "statement_acceptance"}, "what was accepted is written once, and takes nothing away"


async def test_that_somebody_was_seen_and_signed_on_once_more_is_no_change(world: World) -> None:
    person = (await world.provider("Boone")).staff
    await sign_in(world.desk, person.actor.label, PASSWORD, device="", request_id="r", accepts=STATEMENT)
    changes, before = await _look()
    await sign_in(world.desk, person.actor.label, PASSWORD, device="", request_id="r")
    await execute("UPDATE session SET last_seen_at = created_at")
    await _look()
    assert not changes.since(before, *_keys(person))


async def test_what_is_rolled_back_has_changed_nobody(world: World) -> None:
    person = (await world.provider("Boone")).staff
    changes, before = await _look()

    async def change_in_vain() -> None:
        async with in_transaction():
            await execute("UPDATE role_grant SET ended_at = ended_at")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_in_vain()
    await _look()
    assert not changes.since(before, *_keys(person))


@postgres_only
async def test_a_change_is_found_from_its_commit_on_however_long_ago_it_was_made(world: World) -> None:
    person = (await world.provider("Boone")).staff
    is_open, end = asyncio.Event(), asyncio.Event()

    async def change() -> None:
        async with in_transaction():
            await execute("UPDATE role_grant SET ended_at = ended_at WHERE user_id = :user", user=_id(person))
            is_open.set()
            await end.wait()

    async with asyncio.timeout(PATIENCE):
        somebody = asyncio.create_task(change(), context=copy_context())
        await is_open.wait()
        await world.provider("Boone")  # later transactions, which end before
        changes, before = await _look()
        await _look()
        assert not changes.since(before, *_keys(person))
        end.set()
        await somebody
        await _look()
        assert changes.since(before, *_keys(person))


@postgres_only
async def test_who_joins_a_provider_before_its_contract_is_changed_is_found_with_the_contract(world: World) -> None:
    person, other = (await world.provider("Boone")).staff, (await world.provider("Boone")).staff
    is_open, end = asyncio.Event(), asyncio.Event()

    async def change() -> None:
        async with in_transaction():
            await execute("UPDATE contract SET ends_on = ends_on WHERE provider_id = :it", it=other.actor.provider_id)
            is_open.set()
            await end.wait()

    async with asyncio.timeout(PATIENCE):
        somebody = asyncio.create_task(change(), context=copy_context())
        await is_open.wait()
        provider = other.actor.provider_id
        await execute("UPDATE user_account SET provider_id = :to WHERE id = :it", to=provider, it=_id(person))
        changes, before = await _look()
        end.set()
        await somebody
        await _look()
        assert changes.since(before, _id(person), provider)


async def test_inside_a_transaction_nobody_is_believed_unchanged(world: World) -> None:
    async with in_transaction():
        assert await changes_of_people() is None


async def test_who_has_not_looked_for_long_takes_everybody_for_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = (await world.provider("Boone")).staff
    monkeypatch.setattr(marks, "TRUSTED_FOR", -1.0)
    changes, before = await _look()
    await _look()
    assert changes.since(before, *_keys(person))


async def test_where_too_many_have_changed_everybody_counts_as_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, other = (await world.provider("Boone")).staff, (await world.provider("Boone")).staff
    monkeypatch.setattr(people, "MOST_PEOPLE", 0)
    changes, before = await _look()
    await execute("UPDATE role_grant SET ended_at = ended_at WHERE user_id = :user", user=_id(other))
    await _look()
    assert changes.since(before, *_keys(person))
    assert not changes.since(changes.moment, *_keys(person))


async def test_marks_of_people_are_forgotten_after_a_day(world: World) -> None:
    await world.provider("Boone")
    await _look()
    assert await forget_old_people() == 0
    marks = len(await fetch("SELECT 1 FROM person_mark"))
    yesterday = "now() - interval '25 hours'" if dialect() == "postgres" else "datetime('now', '-25 hours')"
    await execute(f"UPDATE person_mark SET at = {yesterday}")
    assert await forget_old_people() == marks > 0
    person = (await world.provider("Boone")).staff
    changes, before = await _look()
    await execute("UPDATE role_grant SET ended_at = ended_at WHERE user_id = :user", user=_id(person))
    await _look()
    assert changes.since(before, *_keys(person)), "what is marked after older marks were forgotten is found"


async def _columns(table: str) -> list[str]:
    if dialect() == "sqlite":
        return [str(row["name"]) for row in await fetch(f"SELECT name FROM pragma_table_info('{table}')")]
    found = await fetch(
        "SELECT attname AS name FROM pg_attribute "
        "WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped",
        name=table,
    )
    return [str(row["name"]) for row in found]
