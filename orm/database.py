"""Open and close the database that a URL names, and bring its tables up to date."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError, IntegrityError
from tortoise.transactions import in_transaction

from orm.database_url import DatabaseUrl, Dialect
from orm.migration_steps import Executor
from orm.postgres_engine import PostgresEngine
from orm.sqlite_engine import SqliteEngine
from orm.unbroken import finish

MODELS = "orm.models"
MIGRATIONS = "orm.migrations"
_APP = "homeward"
_MIGRATION_LOCK = 0x686F6D65  # any number that nothing else on the server locks: "home" in ASCII
_LOCK_POLL = 0.05  # seconds
_CLOSE_WITHIN = 5.0  # seconds
_worked_out: list[tuple[str, Dialect]] = []
"""For which kind of database the models of this process are worked out; one at a time."""


def tortoise_config(
    url: str,
    *,
    pool: int = 10,
    readers: int = 4,
    synchronous: str = "FULL",
    models: str = MODELS,
    migrations: str = MIGRATIONS,
) -> dict[str, Any]:
    """Configure Tortoise: ``pool`` connections to PostgreSQL, or one writer and ``readers`` of an SQLite file.

    ``synchronous`` is SQLite's pragma; anything less than FULL loses committed work when the power fails.
    """
    place = DatabaseUrl.parse(url)
    credentials: dict[str, Any]
    if place.dialect == "sqlite":
        credentials = {"file_path": str(place.path), "readers": readers, "synchronous": synchronous}
    else:
        credentials = {**place.settings, "minsize": 1, "maxsize": pool}
    return {
        "connections": {"default": {"engine": f"orm.{place.dialect}_engine", "credentials": credentials}},
        "apps": {_APP: {"models": [models], "default_connection": "default", "migrations": migrations}},
        "use_tz": True,
        "timezone": "UTC",
    }


async def open_database(
    url: str, *, pool: int = 10, readers: int = 4, synchronous: str = "FULL", models: str = MODELS
) -> None:
    """Make the database of ``url`` the one that every task of this process talks to. It must be migrated."""
    config = tortoise_config(url, pool=pool, readers=readers, synchronous=synchronous, models=models)
    kind = (models, DatabaseUrl.parse(url).dialect)
    # To work out the filters and queries of every model takes far longer than to open a database, and once is enough.
    is_known = _worked_out == [kind]
    if not is_known:  # until it has succeeded they are worked out for nothing
        _worked_out.clear()
    await Tortoise.init(config=config, init_connections=not is_known, _enable_global_fallback=True)
    _worked_out[:] = [kind]
    get_connection("default")  # here, for every task to find


async def close_database() -> None:
    """Close every connection of this process."""
    await Tortoise.close_connections()


async def ping() -> None:
    """Ask the database for a sign of life. Raise DBConnectionError or OperationalError when it gives none."""
    await get_connection("default").execute_query("SELECT 1")


def dialect() -> Dialect:
    """Tell which engine this process runs on."""
    return "postgres" if get_connection("default").capabilities.dialect == "postgres" else "sqlite"


async def migrate(url: str, *, models: str = MODELS, migrations: str = MIGRATIONS) -> list[str]:
    """Apply every migration that is missing, one process at a time; give their names.

    Each migration and the note that it was applied are one transaction: a failed one leaves nothing behind.
    """
    place = DatabaseUrl.parse(url)
    config = tortoise_config(url, pool=2, readers=0, models=models, migrations=migrations)
    if place.path is not None:
        # A rebuilt table would take the rows of its children with it, so foreign keys are checked at the end instead.
        config["connections"]["default"]["credentials"]["foreign_keys"] = "OFF"
    async with _alone(place), TortoiseContext() as context:
        await context.init(config=config, init_connections=False)
        executor = Executor(context.db("default"), config["apps"])
        await executor.ensure_ledger()
        names: list[str] = []
        if not (plan := await executor.plan()):
            return names
        state = await executor.state_so_far()
        for step in plan:
            if step.migration.atomic:
                async with in_transaction("default") as transaction:
                    await Executor(transaction, config["apps"]).apply(step, state)
                    await _require_whole_references(transaction)
            else:
                await executor.apply(step, state)
            names.append(step.migration.name)
        return names


async def pending_migrations(url: str, *, migrations: str = MIGRATIONS) -> list[str]:
    """Name the migrations that the database still lacks, in their order. Raise DBConnectionError if it is not there."""
    place = DatabaseUrl.parse(url)
    if place.path is not None and not place.path.exists():
        raise DBConnectionError("The file of the database does not exist")
    config = tortoise_config(url, pool=1, readers=0, migrations=migrations)
    settings = {**config["connections"]["default"]["credentials"], "connection_name": "default"}
    # A connection of its own: a second configuration of the models would disturb those of a running server.
    connection = SqliteEngine(**settings) if place.dialect == "sqlite" else PostgresEngine(**settings)
    try:
        await connection.execute_query("SELECT 1")  # the plan takes a database that is down for an empty one
        return [step.migration.name for step in await Executor(connection, config["apps"]).plan()]
    finally:
        await connection.close()


async def _require_whole_references(transaction: BaseDBAsyncClient) -> None:
    if transaction.capabilities.dialect != "sqlite":
        return
    _, broken = await transaction.execute_query("PRAGMA foreign_key_check")
    if broken:
        tables = sorted({str(row["table"]) for row in broken})
        raise IntegrityError(f"The migration would leave rows that point nowhere in {', '.join(tables)}")


@asynccontextmanager
async def _alone(place: DatabaseUrl) -> AsyncIterator[None]:
    """Wait until no other process migrates this database, and keep the others waiting."""
    if place.path is None:
        connection = await asyncpg.connect(**place.settings)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
            yield
        finally:
            await finish(connection.close(timeout=_CLOSE_WITHIN))  # which lets go of the lock
        return
    if not place.path.parent.is_dir():
        raise DBConnectionError(f"The folder for the database does not exist: {place.path.parent}")
    with place.path.with_name(f"{place.path.name}.migrate-lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(_LOCK_POLL)
        yield
