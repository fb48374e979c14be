"""Entries of the trail as the tables hold them: without models and names, fast enough to go through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import orjson
from tortoise.connection import get_connection

from orm.sql import Value, compiled, to_instant
from resolvers.trail import leaf_hash

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


def content_of(columns: Row) -> dict[str, Any]:
    """Give what the leaf of an entry is made over, the same as :func:`resolvers.trail.leaf_content`.

    Raises:
        ValueError, TypeError, AttributeError: they hold what the house never writes.
    """
    (at, actor_id, actor, session_id, request_id, act, outcome, code, about_id, subjects, shown, facts, policy) = (
        columns
    )
    return {
        "at": to_instant(at).isoformat(timespec="microseconds"),
        "actor_id": None if actor_id is None else str(actor_id),
        "actor": actor,
        "session_id": None if session_id is None else str(session_id),
        "request_id": request_id,
        "act": act,
        "outcome": outcome,
        "code": code,
        "about_id": None if about_id is None else str(about_id),
        "subjects": orjson.loads(subjects),
        "shown": orjson.loads(shown),
        "facts": orjson.loads(facts),
        "policy_version": policy,
    }


def leaf_made_anew(columns: Row) -> str:
    """Make the leaf from what stands in the columns; empty, which no leaf is, if the house never wrote this."""
    try:
        return leaf_hash(content_of(columns))
    except (ValueError, TypeError, AttributeError):
        return ""
