"""Many entries of one act at one moment on their way to the trail: what is the same in all of them travels once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from orm.models import Outcome
from orm.sql import compiled

_EACH: Final = {
    "actor_id": "uuid", "actor": "text", "session_id": "uuid", "request_id": "text", "subjects": "text",
    "shown": "text", "leaf": "text",
}  # fmt: skip
_FOR_ALL: Final = "at, act, outcome, code, facts, policy_version"
_BY_COLUMNS: Final = (
    f"INSERT INTO audit_entry ({_FOR_ALL}, {', '.join(_EACH)}) SELECT $1::timestamptz, $2, $3, '', '{{}}'::jsonb, $4, "
    f"{', '.join(f'{it}::jsonb' if it in {'subjects', 'shown'} else it for it in _EACH)} FROM unnest("
    + ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_EACH.values(), 5))
    + f") WITH ORDINALITY AS e ({', '.join(_EACH)}, place) ORDER BY place"
)
_INSERT: Final = (
    f"INSERT INTO audit_entry ({_FOR_ALL}, {', '.join(_EACH)}) "
    f"VALUES (:at, :act, :outcome, '', '{{}}', :policy_version, {', '.join(f':{it}' for it in _EACH)})"
)


@dataclass(slots=True)
class EntriesAlike:
    """Entries that differ in who acted and on what; documents are JSON texts."""

    at: datetime
    act: str
    outcome: Outcome
    policy_version: str
    columns: tuple[list[Any], ...] = field(default_factory=lambda: tuple([] for _ in _EACH))

    def __len__(self) -> int:
        return len(self.columns[0])

    def add(
        self, actor_id: UUID | None, actor: str, session_id: UUID | None, request_id: str, subjects: str, shown: str,
        leaf: str,
    ) -> None:  # fmt: skip
        """Add an entry."""
        values = (actor_id, actor, session_id, request_id, subjects, shown, leaf)
        for column, value in zip(self.columns, values, strict=True):
            column.append(value)

    async def insert(self, connection: BaseDBAsyncClient) -> None:
        """Insert them on a connection: all of them or none, committed unless a transaction is open on it."""
        said = {"at": self.at, "act": self.act, "outcome": self.outcome, "policy_version": self.policy_version}
        if connection.capabilities.dialect == "postgres":
            shared = [self.at, self.act, str(self.outcome), self.policy_version]
            await connection.execute_query(_BY_COLUMNS, [*shared, *self.columns])
            return
        text, _ = compiled(_INSERT, {**said, **dict.fromkeys(_EACH)}, "sqlite")
        rows = ({**said, **dict(zip(_EACH, row, strict=True))} for row in zip(*self.columns, strict=True))
        await connection.execute_many(text, [compiled(_INSERT, row, "sqlite")[1] for row in rows])
