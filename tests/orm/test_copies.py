"""A database on PostgreSQL that is lent to the next test tells nothing of the one before."""

import asyncio

import asyncpg
import pytest
from engine_scratch import ENGINE

from tests.copies import WORN_OUT, Copies, Copy

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(ENGINE != "postgres", reason="of copies on PostgreSQL"),
]

WRITTEN = """
    INSERT INTO mailbox (id, last_line) VALUES (gen_random_uuid(), 0);
    UPDATE county SET name = name || ' changed' WHERE name = 'Boone';
    DELETE FROM incompatible_pair;
    UPDATE counter SET value = value + 7;
    SELECT nextval('audit_entry_id_seq');
"""
CHANGED = [
    "ALTER TABLE county ADD COLUMN extra int",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_entry_written_once ON audit_entry",
    "ALTER TABLE audit_entry RENAME TO away; ALTER TABLE away RENAME TO audit_entry",
    "CREATE FUNCTION extra() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "REINDEX TABLE mailbox",
]


def run(copy: Copy, script: str) -> None:
    async def on_its_own() -> None:
        connection = await asyncpg.connect(copy.url)
        await connection.execute(script)
        await connection.close()

    asyncio.run(on_its_own())


def content(copies: Copies, copy: Copy) -> dict[str, object]:
    async def read() -> dict[str, object]:
        tables = "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        shown = {b"r": "json_agg(t)", b"S": "(last_value, is_called)"}
        return {
            name: await copy.keeper.fetchval(f'SELECT {shown[kind]} FROM "{name}" t')
            for name, kind in await copy.keeper.fetch(tables)
            if kind in shown
        }

    return copies._run(read())


def test_rows_counters_and_what_the_migrations_brought_are_as_they_were(copies: Copies) -> None:
    copy = copies.lend()
    fresh = content(copies, copy)
    run(copy, WRITTEN)
    assert content(copies, copy) != fresh
    copies.take_back(copy)
    again = copies.lend()
    assert again is copy
    assert content(copies, again) == fresh
    copies.take_back(again)


def test_rows_are_in_their_order_however_often_they_were_changed(copies: Copies) -> None:
    copy = copies.lend()
    fresh = content(copies, copy)
    for _ in range(3):
        run(copy, "UPDATE counter SET value = value + 7 WHERE name > 'm'; UPDATE counter SET value = value + 7")
        copies.take_back(copy)
        again = copies.lend()
        assert again is copy
        assert content(copies, again) == fresh
    copies.take_back(copy)


def test_a_copy_that_many_rows_were_deleted_from_has_empty_files_again(copies: Copies) -> None:
    copy = copies.lend()
    fresh = content(copies, copy)
    many = f"INSERT INTO mailbox (id, last_line) SELECT gen_random_uuid(), 0 FROM generate_series(0, {WORN_OUT})"
    run(copy, many)
    copies.take_back(copy)
    again = copies.lend()
    assert again is copy
    assert content(copies, again) == fresh
    assert copies._run(copy.keeper.fetchval("SELECT pg_relation_size('mailbox')")) == 0
    copies.take_back(again)


def test_a_copy_that_is_lent_is_locked_by_nobody(copies: Copies) -> None:
    copy = copies._run(copies._make())
    run(copy, "SET lock_timeout = '1s'; LOCK TABLE county, counter, mailbox IN ACCESS EXCLUSIVE MODE")
    copies.take_back(copy)
    again = copies.lend()
    assert again is copy
    run(copy, "SET lock_timeout = '1s'; LOCK TABLE county, counter, mailbox IN ACCESS EXCLUSIVE MODE")
    copies.take_back(again)


@pytest.mark.parametrize("script", CHANGED)
def test_a_changed_schema_is_never_lent_again(copies: Copies, script: str) -> None:
    copy = copies.lend()
    run(copy, script)
    copies.take_back(copy)
    again = copies.lend()
    assert again.name != copy.name
    copies.take_back(again)


def test_whoever_stayed_connected_is_gone(copies: Copies) -> None:
    copy = copies.lend()
    loop = asyncio.new_event_loop()
    left = loop.run_until_complete(asyncpg.connect(copy.url))
    loop.run_until_complete(left.execute("BEGIN; INSERT INTO mailbox (id, last_line) VALUES (gen_random_uuid(), 0)"))
    copies.take_back(copy)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        loop.run_until_complete(left.execute("COMMIT"))
    left.terminate()
    loop.close()
    again = copies.lend()
    assert again is copy
    assert content(copies, again)["mailbox"] is None
    copies.take_back(again)
