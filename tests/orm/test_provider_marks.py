"""A provider of which a publishing would be told something else than before is found by the next look, and no other."""

from __future__ import annotations

import asyncio
import re
from contextvars import copy_context
from typing import Final
from uuid import UUID

import pytest
from tortoise.models import Model
from tortoise.transactions import in_transaction

from orm import marks
from orm.guards import MarksEach
from orm.marks import Seen
from orm.models import Contact, ContactCounty, Contract, NoReferralStatus, Provider
from orm.provider_marks import changed_providers, forget_old_provider_marks
from orm.sql import dialect, execute, fetch
from resolvers import audience_facts
from tests.conftest import ENGINE
from tests.orm.test_guards import GUARDS
from tests.world.world import World

WATCHED: Final = {guard.table: guard for guard in GUARDS if isinstance(guard, MarksEach) and guard.of == "provider"}
PATIENCE = 30.0
"""Seconds that nothing here may take; a guard, not a measure."""
ROWS: Final = {
    "provider": "id = :provider",
    "contract": "provider_id = :provider",
    "no_referral_status": "provider_id = :provider",
    "contact": "provider_id = :provider",
    "contact_county": "contact_id IN (SELECT id FROM contact WHERE provider_id = :provider)",
}
"""Which rows of a table are about a provider."""

postgres_only = pytest.mark.skipif(ENGINE != "postgres", reason="SQLite lets one transaction write at a time")


class Watcher:
    """Somebody who looks again and again."""

    def __init__(self) -> None:
        self.seen = Seen()

    async def found(self) -> frozenset[UUID] | None:
        """Look, and give whose marks are new."""
        changed = await changed_providers(self.seen)
        assert changed is not None
        self.seen = changed.seen
        return changed.providers


async def _watcher() -> Watcher:
    watcher = Watcher()
    assert await watcher.found() is None, "whoever has never looked knows nothing"
    return watcher


async def _provider(world: World) -> UUID:
    """Make a provider about which each table has a row."""
    home = await world.provider("Boone")
    await world.suspend(home.id)
    return home.id


@pytest.mark.parametrize("table", sorted(WATCHED))
async def test_every_change_of_what_a_publishing_asks_of_a_provider_is_found_of_that_provider(
    world: World, table: str
) -> None:
    home, _other = await _provider(world), await _provider(world)
    watcher = await _watcher()
    for column in WATCHED[table].columns:
        await execute(f"UPDATE {table} SET {column} = {column} WHERE {ROWS[table]}", provider=home)
        assert await watcher.found() == {home}, column
        assert await watcher.found() == frozenset(), column


@pytest.mark.parametrize("model", [Contract, NoReferralStatus, ContactCounty], ids=lambda it: it.__name__)
async def test_a_row_that_goes_and_one_that_comes_are_found(world: World, model: type[Model]) -> None:
    table = str(model._meta.db_table)
    home = await _provider(world)
    [row] = await fetch(f"SELECT id FROM {table} WHERE {ROWS[table]}", provider=home)
    there = await model.get(pk=row["id"])
    watcher = await _watcher()
    await there.delete()
    assert await watcher.found() == {home}
    await there.save(force_create=True)
    assert await watcher.found() == {home}


async def test_a_provider_and_a_contact_that_come_and_go_are_found(world: World) -> None:
    watcher = await _watcher()
    home = await world.provider()
    assert await watcher.found() == {home.id}
    contact = await world.contact(home.id)
    assert await watcher.found() == {home.id}
    await contact.delete()
    assert await watcher.found() == {home.id}


async def test_a_contact_that_is_given_to_another_provider_is_found_of_both(world: World) -> None:
    one, other = await world.provider("Boone"), await world.provider("Boone")
    watcher = await _watcher()
    await Contact.filter(id=one.contact_id).update(provider_id=other.id)
    assert await watcher.found() == {one.id, other.id}


async def test_what_a_publishing_does_not_ask_for_is_no_change(world: World) -> None:
    home = await world.provider("Boone")
    watcher = await _watcher()
    await Contact.filter(id=home.contact_id).update(title="Nurse", phone="555-0101")
    await Provider.filter(id=home.id).update(phone="555-0102")
    assert await watcher.found() == frozenset()


def test_every_table_and_column_that_the_facts_are_read_from_is_watched() -> None:
    texts = f"{audience_facts._PROVIDERS} {audience_facts._CONTRACTS} {audience_facts._CONTACTS} FROM contact_county"
    assert set(re.findall(r"\b(?:FROM|JOIN) ([a-z_]+)\b", texts)) == set(WATCHED)
    for alias, table in {"p": "provider", "s": "no_referral_status", "c": "contact"}.items():
        columns = set(re.findall(rf"\b{alias}\.([a-z_]+)\b", texts))
        assert columns <= set(WATCHED[table].columns) | {"id"}, table


async def test_what_is_rolled_back_has_changed_no_provider(world: World) -> None:
    home = await world.provider("Boone")
    watcher = await _watcher()

    async def change_in_vain() -> None:
        async with in_transaction():
            await Provider.filter(id=home.id).update(active=False)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_in_vain()
    assert await watcher.found() == frozenset()


@postgres_only
async def test_a_change_is_found_from_its_commit_on_however_long_ago_it_was_made(world: World) -> None:
    home, later = await world.provider("Boone"), await world.provider("Boone")
    is_open, end = asyncio.Event(), asyncio.Event()

    async def change() -> None:
        async with in_transaction():
            await Provider.filter(id=home.id).update(active=False)
            is_open.set()
            await end.wait()

    async with asyncio.timeout(PATIENCE):
        somebody = asyncio.create_task(change(), context=copy_context())
        await is_open.wait()
        watcher = await _watcher()
        await Provider.filter(id=later.id).update(active=False)  # a later transaction, which ends before
        assert await watcher.found() == {later.id}
        assert await watcher.found() == frozenset()
        end.set()
        await somebody
        assert await watcher.found() == {home.id}


async def test_who_changes_providers_itself_neither_uses_nor_leaves_what_is_kept(world: World) -> None:
    home = await world.provider("Boone")
    watcher = await _watcher()
    async with in_transaction():
        await Provider.filter(id=home.id).update(active=False)
        assert await changed_providers(watcher.seen) is None
    assert await watcher.found() == {home.id}


@postgres_only
async def test_a_change_is_found_though_its_own_transaction_has_looked_before(world: World) -> None:
    home = await world.provider("Boone")
    watcher, outside = await _watcher(), copy_context()
    async with in_transaction():
        await execute("UPDATE counter SET value = value")  # so that the transaction has a number,
        later = asyncio.create_task(execute("UPDATE county SET name = name"), context=outside)
        await later  # and one with a higher number is over
        assert await watcher.found() == frozenset()
        await Provider.filter(id=home.id).update(active=False)
    assert await watcher.found() == {home.id}


@pytest.mark.skipif(ENGINE != "sqlite", reason="on PostgreSQL a transaction without changes reads what is committed")
async def test_on_sqlite_nothing_is_kept_in_a_transaction_since_its_count_would_be_given_again(world: World) -> None:
    watcher = await _watcher()
    async with in_transaction():
        assert await changed_providers(watcher.seen) is None


async def test_who_has_not_looked_for_long_knows_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "TRUSTED_FOR", -1.0)
    watcher = await _watcher()
    assert await watcher.found() is None


@postgres_only
async def test_of_a_copy_that_was_restored_in_the_place_of_the_database_nothing_is_known(world: World) -> None:
    watcher = await _watcher()
    async with in_transaction():
        await execute("CREATE TABLE restored (LIKE provider_mark INCLUDING ALL)")
        await execute("ALTER TABLE provider_mark RENAME TO provider_mark_before")
        await execute("ALTER TABLE restored RENAME TO provider_mark")
    assert await watcher.found() is None
    assert await watcher.found() == frozenset()
    async with in_transaction():
        await execute("DROP TABLE provider_mark")
        await execute("ALTER TABLE provider_mark_before RENAME TO provider_mark")


async def test_marks_of_providers_are_forgotten_after_a_day(world: World) -> None:
    home = await world.provider("Boone")
    assert await forget_old_provider_marks() == 0
    left = len(await fetch("SELECT 1 FROM provider_mark"))
    yesterday = "now() - interval '25 hours'" if dialect() == "postgres" else "datetime('now', '-25 hours')"
    await execute(f"UPDATE provider_mark SET at = {yesterday}")
    watcher = await _watcher()
    assert await forget_old_provider_marks() == left > 0
    await Provider.filter(id=home.id).update(active=False)
    assert await watcher.found() == {home.id}, "what is marked after older marks were forgotten is found"
