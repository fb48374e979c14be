"""A database is named by one URL, migrated by one process at a time, and never half."""

import asyncio
from pathlib import Path

import pytest
from engine_models import Counter
from engine_scratch import ENGINE
from tortoise.connection import get_connection
from tortoise.exceptions import DBConnectionError, OperationalError

from orm.database import (
    close_database,
    dialect,
    migrate,
    open_database,
    pending_migrations,
    ping,
    tortoise_config,
)
from orm.database_url import DatabaseUrl, sqlite_url

MODELS, MIGRATIONS = "engine_models", "engine_migrations"
NAMES = ["0001_initial", "0002_guards"]


def test_three_strokes_name_a_file_below_the_working_directory_and_four_one_from_the_root() -> None:
    assert DatabaseUrl.parse("sqlite:///var/home%20ward.db").path == Path.cwd() / "var" / "home ward.db"
    assert DatabaseUrl.parse("sqlite:////srv/homeward.db").path == Path("/srv/homeward.db")
    assert sqlite_url(Path("/srv/home ward.db")) == "sqlite:////srv/home%20ward.db"
    assert DatabaseUrl.parse(sqlite_url(Path("x.db"))).path == Path.cwd() / "x.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_postgres_url_names_host_user_password_and_database(scheme: str) -> None:
    settings = DatabaseUrl.parse(f"{scheme}://jo:p%40ss@db.example:6543/homeward?sslmode=require").settings
    assert settings == {
        "host": "db.example",
        "port": 6543,
        "user": "jo",
        "password": "p@ss",
        "database": "homeward",
        "ssl": "require",
    }


def test_a_postgres_url_may_name_a_socket() -> None:
    settings = DatabaseUrl.parse("postgres://jo@/homeward?host=/run/postgresql").settings
    assert settings == {
        "host": "/run/postgresql",
        "port": 5432,
        "user": "jo",
        "password": None,
        "database": "homeward",
    }


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://jo:secret@db/homeward",
        "sqlite://homeward.db",
        "sqlite:///",
        "sqlite://:memory:",
        "postgres://jo:secret@db/homeward?poolsize=3",
    ],
)
def test_a_url_that_names_no_database_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match=r"database URL|Write sqlite") as refusal:
        DatabaseUrl.parse(url)
    assert "secret" not in str(refusal.value)


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(DatabaseUrl.parse("postgres://jo:secret@db/homeward"))


def test_the_configuration_says_what_keeps_promises() -> None:
    config = tortoise_config("sqlite:////srv/homeward.db")
    assert config["connections"]["default"] == {
        "engine": "orm.sqlite_engine",
        "credentials": {"file_path": "/srv/homeward.db", "readers": 4, "synchronous": "FULL"},
    }
    assert config["apps"] == {
        "homeward": {"models": ["orm.models"], "default_connection": "default", "migrations": "orm.migrations"}
    }
    assert (config["use_tz"], config["timezone"]) == (True, "UTC")
    postgres = tortoise_config("postgres://jo@db/homeward", pool=7)["connections"]["default"]
    assert (postgres["engine"], postgres["credentials"]["maxsize"]) == ("orm.postgres_engine", 7)


@pytest.mark.engine
@pytest.mark.usefixtures("scratch")
async def test_every_task_of_the_process_finds_the_open_database() -> None:
    await asyncio.create_task(ping())
    assert dialect() == ENGINE


@pytest.mark.engine
async def test_a_ping_fails_when_the_database_does_not_answer(scratch_url: str) -> None:
    await open_database(f"{scratch_url}_missing/x" if ENGINE == "sqlite" else f"{scratch_url}_missing", models=MODELS)
    try:
        with pytest.raises((DBConnectionError, OperationalError)):
            await ping()
    finally:
        await close_database()


@pytest.mark.engine
async def test_migrations_are_applied_once_and_pending_until_then(scratch_url: str) -> None:
    if ENGINE == "sqlite":
        with pytest.raises(DBConnectionError):
            await pending_migrations(scratch_url, migrations=MIGRATIONS)
    else:
        assert await pending_migrations(scratch_url, migrations=MIGRATIONS) == NAMES
    assert await migrate(scratch_url, models=MODELS, migrations=MIGRATIONS) == NAMES
    assert await pending_migrations(scratch_url, migrations=MIGRATIONS) == []
    assert await migrate(scratch_url, models=MODELS, migrations=MIGRATIONS) == []


@pytest.mark.engine
async def test_two_that_migrate_at_once_do_it_one_after_the_other(scratch_url: str) -> None:
    async def migrated() -> list[str]:
        return await migrate(scratch_url, models=MODELS, migrations=MIGRATIONS)

    async with asyncio.timeout(20):
        done = await asyncio.gather(*(asyncio.create_task(migrated()) for _ in range(3)))
    assert sorted(done) == [[], [], NAMES]


@pytest.mark.engine
async def test_a_migration_that_fails_leaves_nothing_behind(scratch_url: str) -> None:
    with pytest.raises(OperationalError):
        await migrate(scratch_url, models=MODELS, migrations="engine_migrations_broken")
    assert await pending_migrations(scratch_url, migrations="engine_migrations_broken") == ["0001_half"]
    await open_database(scratch_url, models=MODELS)
    try:
        with pytest.raises(OperationalError):
            await get_connection("default").execute_query("SELECT * FROM half")
    finally:
        await close_database()


@pytest.mark.engine
async def test_asking_what_is_pending_does_not_disturb_a_running_server(scratch: str) -> None:
    await Counter.create(id=1, value=1)
    assert await pending_migrations(scratch, migrations=MIGRATIONS) == []
    assert (await Counter.get(id=1)).value == 1
    assert dialect() == ENGINE
