"""Read what is asked all day: flat rows, by a plan that is kept; texts joined by the server instead of more rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tortoise.connection import get_connection

from orm.postgres_engine import PostgresEngine
from orm.sql import Value, compiled

Row = Any
"""A row by name and by position, as either driver gives it."""


async def fetch_often(sql: str, /, **params: Value) -> Sequence[Row]:
    """Run one statement as :func:`orm.sql.fetch` does, by a plan that fits all values (:mod:`orm.postgres_readers`).

    Where ``STRING_AGG`` stands in the text, either engine joins the texts of several rows.
    """
    connection = get_connection("default")
    dialect = connection.capabilities.dialect
    text, values = compiled(sql, params, dialect)
    if isinstance(connection, PostgresEngine):
        return await connection.fetch_often(text, values)
    # SQLite knows the function by this name only since 3.44.
    return (await connection.execute_query(text.replace("STRING_AGG(", "GROUP_CONCAT("), values))[1]


def parts(joined: str | None, between: str = ",") -> list[str]:
    """Take apart what the server has joined; of nothing it makes NULL."""
    return joined.split(between) if joined else []
