"""A database on SQLite that is lent to the next test tells nothing of the one before."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from engine_scratch import ENGINE
from tortoise.connection import get_connection

from orm.database import close_database, open_database
from tests.warm_files import File, Files

pytestmark = pytest.mark.skipif(ENGINE != "sqlite", reason="of files on SQLite")

WRITTEN = """
    INSERT INTO mailbox (id, last_line) VALUES ('00000000-0000-4000-8000-000000000001', 0);
    UPDATE county SET name = name || ' changed' WHERE name = 'Boone';
    UPDATE counter SET value = value + 7;
    DELETE FROM counter WHERE name = 'policy'
"""
CHANGED = [
    "ALTER TABLE county ADD COLUMN extra int",
    "DROP TRIGGER audit_entry_written_once_update",
    "CREATE TEMP TABLE extra (id int)",
    "BEGIN IMMEDIATE; UPDATE counter SET value = value + 7",
    "UPDATE counter SET value = value + 7; PRAGMA wal_checkpoint(TRUNCATE)",
]
STAYS = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM counter'); print(); input()"


@pytest.fixture
async def files(template: str, tmp_path: Path) -> AsyncIterator[Files]:
    """Files that no other test is lent."""
    files = Files(Path(urlsplit(template).path), tmp_path)
    yield files
    await files.close()


async def used(file: File, script: str = "") -> dict[str, object]:
    """Read all that is in the database, on the connections that it was lent with, and run a script on the writer."""
    with file.lending():
        await open_database(file.url, synchronous="OFF")
        try:
            engine = get_connection("default")
            tables = await engine.execute_query_dict("SELECT name FROM sqlite_master WHERE type = 'table'")
            found = {one["name"]: await engine.execute_query_dict(f'SELECT * FROM "{one["name"]}"') for one in tables}
            await engine.execute_script(script)
            return found
        finally:
            await close_database()


async def test_rows_and_counters_are_as_they_were_and_the_connections_are_used_again(files: Files) -> None:
    file = files.lend()
    fresh = await used(file, WRITTEN)
    assert fresh["county"]
    waiting = [one for kind in file.idle.values() for one in kind]
    assert await used(file) != fresh
    await files.take_back(file)
    again = files.lend()
    assert again is file
    assert await used(again, WRITTEN) == fresh
    assert [one for kind in again.idle.values() for one in kind] == waiting
    await files.take_back(again)
    assert await used(files.lend()) == fresh
    await files.take_back(again)


@pytest.mark.parametrize("script", CHANGED)
async def test_a_file_is_never_lent_again_after_anything_odd(files: Files, script: str) -> None:
    file = files.lend()
    await used(file, script)
    await files.take_back(file)
    again = files.lend()
    assert again.path != file.path
    assert not file.path.exists()
    await used(again)
    await files.take_back(again)


async def test_a_file_is_never_lent_again_while_a_connection_is_out_and_that_is_closed(files: Files) -> None:
    file = files.lend()
    with file.lending():
        await open_database(file.url, synchronous="OFF")
        await get_connection("default").execute_query("SELECT 1")
        await files.take_back(file)
        with pytest.raises(ValueError, match="no active connection"):
            await get_connection("default").execute_query("SELECT 1")
        await close_database()
    assert files.lend() is not file
    await file.close()


async def test_a_file_is_never_lent_again_while_another_process_is_connected(files: Files) -> None:
    file = files.lend()
    await used(file, WRITTEN)
    pipe = asyncio.subprocess.PIPE
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", STAYS, file.path, stdin=pipe, stdout=pipe)
    assert other.stdout is not None
    assert await other.stdout.readline() == b"\n"
    await files.take_back(file)
    assert files.lend() is not file
    await other.communicate(b"\n")
    assert other.returncode == 0


async def test_who_goes_on_with_a_connection_that_was_given_back_is_refused(files: Files) -> None:
    file = files.lend()
    with file.lending():
        await open_database(file.url, synchronous="OFF")
        engine = get_connection("default")
        await engine.execute_query("UPDATE counter SET value = value")
        kept = engine._connection
        await close_database()
    with pytest.raises(ValueError, match="closed"):
        await kept.execute("SELECT 1")
    await files.take_back(file)
