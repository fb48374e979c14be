"""Drop the content of entries whose years are over; their leaves stay, and the seals over them still hold."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from orm.database import dialect
from orm.sql import execute, fetch
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.sweeps import Subject, Sweep
from rules.calendar import Daily
from rules.policy import Policy

MOST_AT_ONCE: Final = 20_000
"""Entries that one transaction drops; a day's sweep drops all that are old."""

_THE_TRAIL: Final = UUID("7a2f4c11-56a8-5d6f-9f0e-3f4f6b1f0c55")
_LONG_YEAR: Final = timedelta(days=366)

_OLD = (
    # The lowest numbers are the oldest, give or take a transaction: nobody reads the whole trail for this each day.
    "FROM (SELECT id, at FROM audit_entry ORDER BY id LIMIT :most) e JOIN sealed_entry s ON s.entry_id = e.id "
    "JOIN seal ON seal.number = s.seal_id WHERE e.at < :before AND seal.at < :before"
)


def kept_since(now: datetime, policy: Policy) -> datetime:
    """Give the moment before which the content of a sealed entry may be gone."""
    return now - policy.trail_keep_years * _LONG_YEAR


async def plan_trail_purge(now: datetime, policy: Policy) -> list[Subject]:
    """Say how many entries are older than they are kept, of those that would go first; the trail is one subject."""
    before = kept_since(now, policy)
    old = int((await fetch(f"SELECT COUNT(*) AS n {_OLD}", before=before, most=MOST_AT_ONCE))[0]["n"])
    if not old:
        return []
    return [
        Subject(
            _THE_TRAIL, "the trail", True, f"{old} entries or more are from before {before.date()}.", {"entries": old}
        )
    ]


async def purge_trail(caller: Caller, _: UUID) -> bool:
    """Drop what is old, batch by batch; answer whether there was any."""
    was_any = False
    while await purge_some(caller):
        was_any = True
    return was_any


@operation("trail.purge", by=THE_HOUSE, cites="45 CFR 164.316(b)(2)(i)")
async def purge_some(work: Work) -> int:
    """Drop the content of the oldest entries that are older than they are kept; answer how many."""
    before = kept_since(work.now, work.policy)
    if dialect() == "postgres":
        rows = await fetch("SELECT purge_audit_entries(:before, :most) AS n", before=before, most=MOST_AT_ONCE)
        dropped = int(rows[0]["n"])
    else:
        old = f"DELETE FROM audit_entry WHERE id IN (SELECT e.id {_OLD})"
        dropped = await execute(old, before=before, most=MOST_AT_ONCE)
    work.note(entries=dropped, before=before.isoformat())
    return dropped


TRAIL_PURGE = Sweep(
    name="trail_purge",
    title="Entries of the trail whose years are over",
    cites="45 CFR 164.316(b)(2)(i)",
    cadence=Daily(time(3, 30)),
    plan=plan_trail_purge,
    treat=purge_trail,
)
