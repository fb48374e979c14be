"""An entry of the trail on its way to the table: as plain as a row, so that it is soon there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient

from orm.models import Outcome
from orm.sql import compiled

_COLUMNS: Final = (
    "at", "actor_id", "actor", "session_id", "request_id", "act", "outcome", "code", "about_id", "subjects", "shown",
    "facts", "policy_version", "leaf",
)  # fmt: skip
_TYPES: Final = {"at": "timestamptz", "actor_id": "uuid", "session_id": "uuid", "about_id": "uuid"}
_DOCUMENTS: Final = frozenset({"subjects", "shown", "facts"})
_BY_COLUMNS: Final = (
    f"INSERT INTO audit_entry ({', '.join(_COLUMNS)}) "
    f"SELECT {', '.join(f'{it}::jsonb' if it in _DOCUMENTS else it for it in _COLUMNS)} FROM unnest("
    + ", ".join(f"${number}::{_TYPES.get(it, 'text')}[]" for number, it in enumerate(_COLUMNS, 1))
    + f") WITH ORDINALITY AS e ({', '.join(_COLUMNS)}, place) ORDER BY place"
)
_INSERT: Final = f"INSERT INTO audit_entry ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{it}' for it in _COLUMNS)})"


@dataclass(slots=True)
class Entry:
    """One act on one or more records, as :class:`orm.models.AuditEntry` will hold it."""

    at: datetime
    actor_id: UUID | None
    actor: str
    session_id: UUID | None
    request_id: str
    act: str
    outcome: Outcome
    code: str
    about_id: UUID | None
    subjects: Mapping[str, Sequence[str]]
    shown: Sequence[str]
    facts: Mapping[str, Any]
    policy_version: str
    leaf: str = ""


async def insert_entries(connection: BaseDBAsyncClient, entries: Sequence[Entry]) -> None:
    """Insert entries on a connection: all of them or none, committed unless a transaction is open on it."""
    if connection.capabilities.dialect == "postgres":
        # One statement by columns: a row each would be parsed, bound and carried out one after the other.
        await connection.execute_query(_BY_COLUMNS, [*map(list, zip(*map(_values, entries), strict=True))])
        return
    text, _ = compiled(_INSERT, dict.fromkeys(_COLUMNS), "sqlite")
    await connection.execute_many(text, [compiled(_INSERT, _by_name(entry), "sqlite")[1] for entry in entries])


def _values(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.at, entry.actor_id, entry.actor, entry.session_id, entry.request_id, entry.act, str(entry.outcome),
        entry.code, entry.about_id, _json(entry.subjects), _json(entry.shown), _json(entry.facts),
        entry.policy_version, entry.leaf,
    )  # fmt: skip


def _by_name(entry: Entry) -> dict[str, Any]:
    return dict(zip(_COLUMNS, _values(entry), strict=True))


def _json(content: object) -> str:
    return orjson.dumps(content).decode()
