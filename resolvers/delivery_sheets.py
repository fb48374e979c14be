"""A sheet instead of an entry each, where many are told at once: one row is committed before anything leaves.

It says of every delivery what its entry will say. When those who wait have been told, a transaction makes the entries
of it and takes it away; if the process is killed before, whoever reads the trail does that first, and so does each
seal. So nothing is told that is not written down, and nobody reads a trail that lacks it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from orm.models import AuditSheet
from orm.sql import compiled, fetch
from resolvers.delivery_entries import Deliveries, Reader, delivery_entries
from resolvers.line_sights import Seen
from rules.calendar import aware

MANY: Final = 100
"""From so many deliveries on a sheet is sooner written than their entries."""

_AT_A_STRETCH: Final = 200
"""So many entries are made before others who wait for this process have a turn."""

_INSERT: Final = (
    "INSERT INTO audit_sheet (at, act, policy_version, size, after_entry, content) "
    "SELECT :at, :act, :policy_version, :size, COALESCE(MAX(id), 0), :content FROM audit_entry"
)


@dataclass(frozen=True, slots=True)
class DeliverySheet:
    """Deliveries of one moment, as one row."""

    at: datetime
    act: str
    policy_version: str
    size: int
    content: str

    async def insert(self, connection: BaseDBAsyncClient) -> None:
        """Insert it on a connection, committed unless a transaction is open on it."""
        said = {
            "at": self.at, "act": self.act, "policy_version": self.policy_version, "size": self.size,
            "content": self.content,
        }  # fmt: skip
        await connection.execute_query(*compiled(_INSERT, said, connection.capabilities.dialect))


def delivery_sheet(act: str, told: Sequence[Deliveries], at: datetime, policy_version: str) -> DeliverySheet:
    """Write deliveries on a sheet that were all made at one moment."""
    lines = [
        f'[{form},"{key}",{reader.on_sheet}]'
        for form, alike in enumerate(told)
        for reader, key in zip(alike.readers, alike.keys, strict=True)
    ]
    shown = orjson.dumps([_form(alike.seen) for alike in told]).decode()
    content = f'{{"forms":{shown},"told":[{",".join(lines)}]}}'
    return DeliverySheet(aware(at).astimezone(UTC), act, policy_version, len(lines), content)


async def unfold_sheets() -> int:
    """Make entries of all sheets that were committed before, whoever wrote them; give how many entries those were."""
    made = 0
    while await fetch("SELECT 1 AS one FROM audit_sheet LIMIT 1"):
        made += await _unfold_next()
    return made


async def _unfold_next() -> int:
    async with in_transaction() as connection:
        # Two who do this wait for each other; the second one finds the next sheet, or none.
        sheet = await AuditSheet.select_for_update().order_by("id").first()
        if sheet is None:
            return 0
        content = orjson.loads(sheet.content)
        forms = [_seen(form) for form in content["forms"]]
        told = content["told"]
        for begin in range(0, len(told), _AT_A_STRETCH):
            some = _deliveries(forms, told[begin : begin + _AT_A_STRETCH])
            await delivery_entries(sheet.act, some, sheet.at, sheet.policy_version).insert(connection)
            await asyncio.sleep(0)
        await sheet.delete()
    return len(told)


def _form(seen: Seen) -> dict[str, Any]:
    return {"subjects": {kind: sorted(ids) for kind, ids in seen.subjects.items()}, "shown": sorted(seen.fields_shown)}


def _seen(form: dict[str, Any]) -> Seen:
    subjects = {kind: set(ids) for kind, ids in form["subjects"].items()}
    return Seen({}, subjects, frozenset(form["shown"]))


def _deliveries(forms: Sequence[Seen], told: Sequence[Any]) -> list[Deliveries]:
    """Read what a sheet says of some deliveries."""
    found: dict[int, tuple[list[Reader], list[str]]] = {}
    for form, key, actor, actor_id, request_id, session_id in told:
        readers, keys = found.setdefault(form, ([], []))
        readers.append(Reader.named(UUID(actor_id), actor, UUID(session_id), request_id))
        keys.append(key)
    return [Deliveries(readers, keys, forms[form]) for form, (readers, keys) in found.items()]
