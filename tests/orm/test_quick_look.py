"""A second start finds out at once whether everything is there, and never takes half of it for all."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from orm.database_url import sqlite_url
from orm.models import Provider, ProviderKind
from orm.quick_look import is_complete
from orm.sql import execute

pytestmark = pytest.mark.engine


async def _provider() -> Provider:
    return await Provider.create(name="Marigold", kind=ProviderKind.OTHER, created_at=datetime(2026, 1, 5, tzinfo=UTC))


async def test_a_migrated_database_with_the_provider_is_complete(database: str) -> None:
    marker = (await _provider()).id
    assert await is_complete(database, marker)


async def test_without_the_provider_it_is_not(database: str) -> None:
    assert not await is_complete(database, uuid4())


async def test_with_a_migration_missing_it_is_not(database: str) -> None:
    marker = (await _provider()).id
    last = "(SELECT max(id) FROM tortoise_migrations)"
    await execute(f"UPDATE tortoise_migrations SET name = 'another_one' WHERE id = {last}")
    assert not await is_complete(database, marker)


async def test_a_file_that_is_not_there_or_no_database_is_not_complete_and_is_left_alone(tmp_path: Path) -> None:
    missing, other = tmp_path / "missing.db", tmp_path / "other.db"
    other.write_text("Not a database at all.")
    assert not await is_complete(sqlite_url(missing), uuid4())
    assert not await is_complete(sqlite_url(other), uuid4())
    assert not missing.exists()
    assert other.read_text() == "Not a database at all."


async def test_a_server_that_is_away_is_not_complete() -> None:
    assert not await is_complete("postgres://nobody@127.0.0.1:1/nothing", uuid4())
