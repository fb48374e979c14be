"""Entries of the trail as the tables hold them: without models and names, fast enough to go through all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

import orjson
from tortoise.connection import get_connection

from orm.sql import Value, compiled
from orm.sqlite_engine import SqliteEngine
from resolvers.trail import leaf_hash

T = TypeVar("T")
Row = Sequence[Any]

CONTENT: Final = ", ".join(
    f"e.{column}"
    for column in (
        "at", "actor_id", "actor", "session_id", "request_id", "act", "outcome", "code", "about_id", "subjects",
        "shown", "facts", "policy_version",
    )
)  # fmt: skip
"""The columns of ``audit_entry e`` that :func:`content_of` reads, to stand last in a statement."""


async def read_rows(sql: str, /, **params: Value) -> list[Row]:
    """Run one statement as :func:`orm.sql.fetch` does; give the rows by place instead of by name."""
    connection = get_connection("default")
    _, rows = await connection.execute_query(*compiled(sql, params, connection.capabilities.dialect))
    return cast("list[Row]", rows)  # Tortoise calls them mappings; both drivers give them by place too


async def look_through(look: Callable[[Iterable[Row]], T], sql: str, /, **params: Value) -> T:
    """Run one reading statement on SQLite; give what ``look`` makes of its rows, in a thread, while they are read.

    A row that is looked at as soon as it is read, and then let go, costs less than one in a list.
    """
    connection = cast("SqliteEngine", get_connection("default"))
    return await connection.look_through(look, *compiled(sql, params, "sqlite"))


def content_of(columns: Row) -> dict[str, Any]:
    """Give what the leaf of an entry is made over, the same as :func:`resolvers.trail.leaf_content`.

    Raises:
        ValueError, TypeError, AttributeError: they hold what the house never writes.
    """
    (at, actor_id, actor, session_id, request_id, act, outcome, code, about_id, subjects, shown, facts, policy) = (
        columns
    )
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at  # as to_instant, without one more call an entry
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return {  # in the order of the canonical JSON, where a third of its time went into sorting
        "about_id": about_id and str(about_id),
        "act": act,
        "actor": actor,
        "actor_id": actor_id and str(actor_id),
        "at": instant.isoformat(timespec="microseconds"),
        "code": code,
        "facts": orjson.loads(facts),
        "outcome": outcome,
        "policy_version": policy,
        "request_id": request_id,
        "session_id": session_id and str(session_id),
        "shown": orjson.loads(shown),
        "subjects": orjson.loads(subjects),
    }


def leaf_made_anew(columns: Row) -> str:
    """Make the leaf from what stands in the columns; empty, which no leaf is, if the house never wrote this."""
    try:
        return leaf_hash(content_of(columns))
    except (ValueError, TypeError, AttributeError):
        return ""
