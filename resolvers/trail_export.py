"""Take entries of the trail out of the house, one JSON object a line, with their places under the seals (002:223)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson

from orm.sql import fetch
from resolvers.delivery_sheets import unfold_sheets
from resolvers.desk import THE_HOUSE, Reading, access
from resolvers.trail_reads import require_days
from resolvers.trail_rows import CONTENT, Row, content_of, read_rows
from rules.calendar import local_instant

_BATCH = 1_000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TrailExport:
    """What may be taken out, once that it is has been written down."""

    since: datetime
    until: datetime
    """The first instant that is not in it any more."""
    up_to: int
    """The highest entry; the one that tells of this export comes after it."""
    entries: int


@access("trail.export", by=THE_HOUSE, cites="002:223")
async def begin_export(reading: Reading, first: date, last: date) -> TrailExport:
    """Ask for the entries of some days of Chicago, both included; the lines are given once this is written down.

    Raises:
        Invalid: the last day comes before the first.
    """
    reading.note(first_day=first.isoformat(), last_day=last.isoformat())
    require_days(first, last)
    since, until = local_instant(first, time(0)), local_instant(last + _DAY, time(0))
    await unfold_sheets()
    rows = await fetch(
        "SELECT COUNT(*) AS entries, COALESCE(MAX(id), 0) AS up_to FROM audit_entry WHERE at >= :since AND at < :until",
        since=since,
        until=until,
    )
    export = TrailExport(since, until, int(rows[0]["up_to"]), int(rows[0]["entries"]))
    reading.note(entries=export.entries, up_to=export.up_to)
    return export


async def export_lines(export: TrailExport) -> AsyncIterator[bytes]:
    """Give the entries of an export that was asked for, in the order of their numbers; memory stays flat."""
    number = 0
    while rows := await _after(export, number):
        for row in rows:
            yield orjson.dumps(_told(row), option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
        number = rows[-1][0]


async def _after(export: TrailExport, number: int) -> list[Row]:
    return await read_rows(
        f"SELECT e.id, e.leaf, s.seal_id, s.place, {CONTENT} FROM audit_entry e "
        "LEFT JOIN sealed_entry s ON s.entry_id = e.id "
        f"WHERE e.id > :number AND e.id <= :up_to AND e.at >= :since AND e.at < :until ORDER BY e.id LIMIT {_BATCH}",
        number=number,
        up_to=export.up_to,
        since=export.since,
        until=export.until,
    )


def _told(row: Row) -> dict[str, Any]:
    number, leaf, seal, place, *columns = row
    try:
        content: dict[str, Any] | None = content_of(columns)
    except (ValueError, TypeError, AttributeError):
        content = None  # somebody has put there what the house never writes: the verification names it
    return {"number": number, "content": content, "leaf": leaf, "seal": seal, "place": place}
