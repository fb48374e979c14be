"""A scratch database, with tables of its own, for the tests of the connection classes."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from engine_scratch import ENGINE, POOL, READERS

from orm.database import close_database, migrate, open_database
from orm.database_url import sqlite_url


@pytest.fixture
async def scratch_url(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Lend the URL of an empty database."""
    if ENGINE == "sqlite":
        yield sqlite_url(tmp_path / "scratch.db")
        return
    server = request.getfixturevalue("postgres")
    name = f"engine_{uuid4().hex}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.fixture
async def scratch(scratch_url: str) -> AsyncIterator[str]:
    """Lend the URL of a migrated database that this process has opened."""
    await migrate(scratch_url, models="engine_models", migrations="engine_migrations")
    await open_database(scratch_url, pool=POOL, readers=READERS, synchronous="OFF", models="engine_models")
    try:
        yield scratch_url
    finally:
        await close_database()
