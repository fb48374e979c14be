"""Hand many rows to one statement, on both engines: one round trip for a table, however many rows it is about.

The rows travel as one JSON text. PostgreSQL's executemany would bind and plan a statement for each, and Tortoise would
make a model of each first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from orm.sql import dialect, execute

Row = Mapping[str, Any]


def as_text(rows: Sequence[Row]) -> str:
    """Give rows as the parameter ``:rows`` of a statement with :func:`given` in it; values as Tortoise stores them.

    Raises TypeError for an instant without a time zone.
    """
    return orjson.dumps(rows, default=_stored, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


def fresh_ids(count: int) -> list[str]:
    """Give so many new random keys (UUID version 4) as text; making objects of them would take most of the time."""
    drawn = os.urandom(16 * count).hex()
    keys = (drawn[at : at + 32] for at in range(0, 32 * count, 32))
    return [f"{it[:8]}-{it[8:12]}-4{it[13:16]}-{'89ab'[int(it[16], 16) % 4]}{it[17:20]}-{it[20:]}" for it in keys]


def given(**columns: str) -> str:
    """Name the rows of ``:rows`` as a table ``given`` with these columns, each with its type in PostgreSQL."""
    return _given(tuple(columns.items()), dialect())


async def insert_rows(table: str, rows: Sequence[Row], *, or_ignore: bool = False) -> None:
    """Insert rows, all with the same columns, in one statement; with ``or_ignore`` not those that are there already."""
    if rows:
        await execute(_insert(table, tuple(rows[0]), or_ignore, dialect()), rows=as_text(rows))


@lru_cache(maxsize=128)
def _given(columns: tuple[tuple[str, str], ...], engine: str) -> str:
    if engine == "postgres":
        typed = ", ".join(f"{name} {kind}" for name, kind in columns)
        return f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS given({typed})"
    read = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name, _ in columns)
    return f"(SELECT {read} FROM json_each(:rows)) AS given"


@lru_cache(maxsize=128)
def _insert(table: str, columns: tuple[str, ...], or_ignore: bool, engine: str) -> str:
    names = ", ".join(columns)
    if engine == "postgres":
        # The table itself says of which type each column is.
        rows = f"SELECT {names} FROM jsonb_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS jsonb)) AS given"
    else:
        read = ", ".join(f"json_extract(value, '$.{name}')" for name in columns)
        # Without a condition SQLite would read ON CONFLICT as that of a join.
        rows = f"SELECT {read} FROM json_each(:rows) WHERE true"
    return f"INSERT INTO {table} ({names}) {rows}{' ON CONFLICT DO NOTHING' if or_ignore else ''}"


def _stored(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("A datetime without a time zone has no place in the database")
        return value.astimezone(UTC).isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):  # those of asyncpg, which are of a class of their own
        return str(value)
    raise TypeError(f"A value of type {type(value).__name__} has no place in the database")
