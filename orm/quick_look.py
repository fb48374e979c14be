"""Look at a database without the models, so that what only wants to know whether all is there starts in no time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID

import asyncpg

from orm.database_url import DatabaseUrl

_APPLIED = "SELECT name FROM tortoise_migrations"
_PROVIDER = "SELECT 1 FROM provider WHERE id = "


async def is_complete(url: str, provider: UUID) -> bool:
    """Say whether every migration of this version is applied and the provider is there; no if in doubt."""
    place = DatabaseUrl.parse(url)
    needed = {path.stem for path in (Path(__file__).parent / "migrations").glob("[0-9]*.py")}
    try:
        applied = _in_file(place.path, provider) if place.path else await _on_server(place, provider)
    except (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return False
    return applied == needed


def _in_file(path: Path, provider: UUID) -> set[str]:
    """Name the applied migrations; none without the provider."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        if connection.execute(f"{_PROVIDER}?", (str(provider),)).fetchone() is None:
            return set()
        return {name for (name,) in connection.execute(_APPLIED)}


async def _on_server(place: DatabaseUrl, provider: UUID) -> set[str]:
    connection = await asyncpg.connect(**place.settings)
    try:
        if await connection.fetchval(f"{_PROVIDER}$1", provider) is None:
            return set()
        return {str(row["name"]) for row in await connection.fetch(_APPLIED)}
    finally:
        await connection.close()
