"""An entry of the trail on its way to the table: as plain as a row, so that it is soon there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
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
    dialect = connection.capabilities.dialect
    text, _ = _statement(dialect)
    await connection.execute_many(text, [compiled(_INSERT, _values(entry), dialect)[1] for entry in entries])


@lru_cache(maxsize=2)
def _statement(dialect: str) -> tuple[str, list[Any]]:
    return compiled(_INSERT, dict.fromkeys(_COLUMNS), dialect)


def _values(entry: Entry) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(entry, name) for name in _COLUMNS}
    for name in ("subjects", "shown", "facts"):
        values[name] = orjson.dumps(values[name]).decode()
    return values
