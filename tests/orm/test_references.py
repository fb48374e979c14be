"""No row refers to nothing: on SQLite by foreign keys, on PostgreSQL by what takes their place where they cost much.

The same is promised of both engines. Who adds a reference and who deletes its parent at the same moment is tried on
PostgreSQL alone: SQLite lets one transaction write at a time.
"""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from orm.guards import Refers
from orm.models import Mailbox, Provider, ReferralReach
from orm.sql import execute, fetch
from resolvers.joining import insert_reach
from resolvers.referrals import publish_referral
from tests.conftest import ENGINE
from tests.orm.test_guards import GUARDS
from tests.world.waiting import until_somebody_waits
from tests.world.world import World

PATIENCE = 30.0
"""Seconds that nothing here may take; a guard, not a measure."""

REFERENCES = [guard for guard in GUARDS if isinstance(guard, Refers)]
EACH = [
    pytest.param(refers.table, column, parent, id=f"{refers.table}-{column}")
    for refers in REFERENCES
    for column, parent in refers.parents
]
postgres_only = pytest.mark.skipif(ENGINE != "postgres", reason="SQLite lets one transaction write at a time")
_serial = count(7001)


@pytest.fixture
async def story(world: World) -> World:
    """Give a world in which every table that refers has rows."""
    coordinator = await world.coordinator("Boone")
    for _ in range(2):
        await world.provider("Boone")
    await publish_referral(coordinator, await world.draft(coordinator, "Boone"))
    return world


async def _copy(table: str, **changes: Any) -> Any:
    """Add a copy of some row with a key of its own; give the key."""
    row = (await fetch(f"SELECT * FROM {table} LIMIT 1"))[0]
    mailbox = (await Mailbox.create()).id if table == "user_account" else None
    unlike = {
        "provider": {"name": f"Provider {next(_serial)}"},
        "contact": {"user_id": None},
        "user_account": {"user_id": f"COPY.{next(_serial)}", "email": None, "mailbox_id": mailbox},
        "referral": {"number": next(_serial)},
        "notification": {"line": next(_serial)},
    }.get(table, {})
    key = next(_serial) if table == "referral_reach" else uuid4()
    row |= {"id": key, **unlike, **changes}
    marks = ", ".join(f":{name}" for name in row)
    columns = ", ".join(f'"{name}"' for name in row)
    await execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", **row)
    return key


async def _refer(table: str, column: str, parent: Any) -> Any:
    """Add a row that refers to this parent, and but for that to some that are there."""
    others = {"user_id": None} if column == "contact_id" else {"contact_id": None} if column == "user_id" else {}
    if table == "referral_reach" and column == "provider_id":
        others = {"referral_id": await _copy("referral")}
    return await _copy(table, **others, **{column: parent})


async def _orphans(table: str, column: str, parent: str) -> int:
    missing = f"{column} IS NOT NULL AND {column} NOT IN (SELECT id FROM {parent})"
    return int((await fetch(f"SELECT COUNT(*) AS n FROM {table} WHERE {missing}"))[0]["n"])


@pytest.mark.parametrize(("table", "column", "parent"), EACH)
async def test_a_row_that_refers_to_nothing_is_refused_however_it_comes(
    story: World, table: str, column: str, parent: str
) -> None:
    there = await _refer(table, column, await _copy(parent))
    before = await fetch(f"SELECT COUNT(*) AS n FROM {table}")

    with pytest.raises(IntegrityError):
        await _refer(table, column, uuid4())
    with pytest.raises(IntegrityError):
        await execute(f"UPDATE {table} SET {column} = :nobody WHERE id = :there", nobody=uuid4(), there=there)

    assert await fetch(f"SELECT COUNT(*) AS n FROM {table}") == before
    assert await _orphans(table, column, parent) == 0
    assert story


@pytest.mark.parametrize(("table", "column", "parent"), EACH)
async def test_a_parent_neither_goes_nor_gets_another_key_while_a_row_refers_to_it(
    story: World, table: str, column: str, parent: str
) -> None:
    key = await _copy(parent)
    child = await _refer(table, column, key)

    for change in (f"DELETE FROM {parent} WHERE id = :key", f"UPDATE {parent} SET id = :other WHERE id = :key"):
        with pytest.raises(IntegrityError):
            await execute(change, key=key, **({"other": uuid4()} if ":other" in change else {}))
    if ENGINE == "postgres":
        with pytest.raises(IntegrityError):
            await execute(f"TRUNCATE {parent} CASCADE")
    assert await _orphans(table, column, parent) == 0
    assert await fetch(f"SELECT id FROM {parent} WHERE id = :key", key=key)

    await execute(f"DELETE FROM {table} WHERE id = :child", child=child)
    assert await execute(f"DELETE FROM {parent} WHERE id = :key", key=key) == 1
    assert story


async def test_one_bad_reference_of_many_takes_the_whole_statement_back(story: World) -> None:
    before = await fetch("SELECT COUNT(*) AS n FROM notification")
    with pytest.raises(IntegrityError):
        await execute(
            "INSERT INTO notification (id, mailbox_id, line, kind, numbers, at) "
            "SELECT CASE WHEN given.bad THEN CAST(:one AS uuid) ELSE CAST(:two AS uuid) END, "
            "CASE WHEN given.bad THEN CAST(:nobody AS uuid) ELSE n.mailbox_id END, 900, n.kind, n.numbers, n.at "
            "FROM (SELECT * FROM notification LIMIT 1) n, (SELECT true AS bad UNION ALL SELECT false) AS given",
            one=uuid4(),
            two=uuid4(),
            nobody=uuid4(),
        )
    assert await fetch("SELECT COUNT(*) AS n FROM notification") == before
    assert story


MANY = """
INSERT INTO {table} ({columns}) WITH RECURSIVE nth(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM nth WHERE n < 299)
SELECT {values} FROM nth, (SELECT * FROM {table} LIMIT 1) t
"""


@pytest.mark.parametrize("bad", [None, 0, 299])
@pytest.mark.parametrize(("table", "column", "parent"), [one for one in EACH if one.values[0] != "referral_reach"])
async def test_one_bad_reference_of_hundreds_is_found_and_hundreds_of_good_ones_are_kept(
    story: World, table: str, column: str, parent: str, bad: int | None
) -> None:
    postgres = ENGINE == "postgres"
    there = (await fetch(f"SELECT id FROM {parent} LIMIT 1"))[0]["id"]
    key = "gen_random_uuid()" if postgres else "lower(hex(randomblob(16)))"
    given = "CAST(:{} AS uuid)" if postgres else ":{}"
    values = {
        **{name: f"t.{name}" for name in (await fetch(f"SELECT * FROM {table} LIMIT 1"))[0]},
        **({"line": "n + 5000"} if table == "notification" else {}),
        **({"contact_id": "NULL", "user_id": "NULL"} if column in {"contact_id", "user_id"} else {}),
        "id": key,
        column: f"CASE WHEN n = :bad THEN {given.format('nobody')} ELSE {given.format('there')} END",
    }
    before = (await fetch(f"SELECT COUNT(*) AS n FROM {table}"))[0]["n"]
    text = MANY.format(
        table=table, columns=", ".join(f'"{name}"' for name in values), values=", ".join(values.values())
    )

    async def add() -> None:
        await execute(text, bad=-1 if bad is None else bad, nobody=uuid4(), there=there)

    if bad is None:
        await add()
    else:
        with pytest.raises(IntegrityError):
            await add()
    after = (await fetch(f"SELECT COUNT(*) AS n FROM {table}"))[0]["n"]
    assert after - before == (300 if bad is None else 0)
    assert await _orphans(table, column, parent) == 0
    assert story


async def test_one_bad_reach_of_hundreds_is_found(story: World) -> None:
    kind = (await fetch("SELECT kind FROM provider LIMIT 1"))[0]["kind"]
    homes = [Provider(id=uuid4(), name=f"Home {nth:03}", kind=kind, created_at=story.clock()) for nth in range(300)]
    await Provider.bulk_create(homes)
    referral = await _copy("referral")
    reaches = [(referral, home.id) for home in homes]
    with pytest.raises(IntegrityError):
        await insert_reach([*reaches, (referral, uuid4())], story.clock())
    assert await ReferralReach.filter(referral_id=referral).count() == 0
    await insert_reach(reaches, story.clock())
    assert await ReferralReach.filter(referral_id=referral).count() == 300


@postgres_only
async def test_who_deletes_a_parent_waits_for_whoever_refers_to_it_and_is_refused(story: World) -> None:
    mailbox = await Mailbox.create()

    async def delete() -> None:
        await execute("DELETE FROM mailbox WHERE id = :id", id=mailbox.id)

    async with asyncio.timeout(PATIENCE):
        outside = copy_context()
        async with in_transaction():
            await _refer("notification", "mailbox_id", mailbox.id)
            other = asyncio.create_task(delete(), context=outside)
            await until_somebody_waits()
        with pytest.raises(IntegrityError):
            await other
    assert await _orphans("notification", "mailbox_id", "mailbox") == 0
    assert await Mailbox.exists(id=mailbox.id)
    assert story


@postgres_only
async def test_who_refers_to_a_parent_waits_for_whoever_deletes_it_and_is_refused(story: World) -> None:
    mailbox = await Mailbox.create()

    async def refer() -> None:
        await _refer("notification", "mailbox_id", mailbox.id)

    async with asyncio.timeout(PATIENCE):
        outside = copy_context()
        async with in_transaction():
            await execute("DELETE FROM mailbox WHERE id = :id", id=mailbox.id)
            other = asyncio.create_task(refer(), context=outside)
            await until_somebody_waits()
        with pytest.raises(IntegrityError):
            await other
    assert await _orphans("notification", "mailbox_id", "mailbox") == 0
    assert not await Mailbox.exists(id=mailbox.id)
    assert story


@postgres_only
async def test_a_transaction_that_reads_what_was_when_it_began_may_not_refer(story: World) -> None:
    mailbox = await Mailbox.create()

    async def refer() -> None:
        async with in_transaction():
            await execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            await _refer("notification", "mailbox_id", mailbox.id)

    with pytest.raises(IntegrityError, match="read what is committed"):
        await refer()
    assert await _orphans("notification", "mailbox_id", "mailbox") == 0
    assert story
