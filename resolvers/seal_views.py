"""The seals as people read them: the newest, what waits for one, and what the last verification saw (AUD-03)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orm.models import Outcome, Seal
from orm.readings import Row, fetch_often
from orm.sql import fetch, to_instant, to_json
from resolvers.delivery_sheets import unfold_sheets
from resolvers.desk import Reading, access
from resolvers.paging import Page, from_cursor, page_size, to_cursor
from resolvers.seal_facts import SealFacts
from resolvers.seals import facts_of
from resolvers.trail_reads import LAST_ENTRY, TRAIL_READERS

_ORDER = "SEAL"


@dataclass(frozen=True, slots=True)
class SealView:
    """A seal, and the lowest and highest entry under it."""

    facts: SealFacts
    first_entry: int
    last_entry: int


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification of the whole trail saw, by whom and when it was asked for."""

    entry: int
    at: datetime
    by: str
    is_whole: bool
    found: str
    entries: int
    seals: int
    waiting: int
    checkpoints: int | None


@dataclass(frozen=True, slots=True)
class SealState:
    """The newest seal, the entries since, and the last verification."""

    newest: SealView | None
    waiting: int
    waiting_since: datetime | None
    verified: Verification | None


@access("trail.seals", by=TRAIL_READERS, cites="002:221")
async def list_seals(reading: Reading, *, first: int = 50, after: str | None = None) -> Page[SealView]:
    """List the seals, the newest first.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    found = Seal.all()
    if after is not None:
        found = found.filter(number__lt=from_cursor(after, _ORDER, most=LAST_ENTRY))
    rows = await found.order_by("-number").limit(size + 1)
    reading.note(seals=len(rows[:size]))
    return Page(
        nodes=[_view(row) for row in rows[:size]],
        cursors=[to_cursor(_ORDER, row.number) for row in rows[:size]],
        has_next_page=len(rows) > size,
        has_previous_page=after is not None,
    )


@access("trail.seal_state", by=TRAIL_READERS, cites="002:221")
async def view_seal_state(reading: Reading) -> SealState:
    """Show how the seals stand; what they hold is verified on the house's command line, or outside."""
    await unfold_sheets()
    newest = await Seal.all().order_by("-number").first()
    [waiting] = await fetch(
        "SELECT COUNT(*) AS n, MIN(at) AS since FROM audit_entry WHERE id > :last",
        last=newest.last_entry if newest else 0,
    )
    last = await fetch_often(
        "SELECT id, at, actor, facts FROM audit_entry WHERE act = 'trail.verify' AND outcome = :done "
        "ORDER BY id DESC LIMIT 1",
        done=Outcome.DONE,
    )
    reading.note(seal=newest.number if newest else None, waiting=int(waiting["n"]))
    return SealState(
        newest=_view(newest) if newest else None,
        waiting=int(waiting["n"]),
        waiting_since=to_instant(waiting["since"]) if waiting["since"] else None,
        verified=_verification(last[0]) if last else None,
    )


def _view(seal: Seal) -> SealView:
    return SealView(facts_of(seal), seal.first_entry, seal.last_entry)


def _verification(entry: Row) -> Verification:
    saw: dict[str, Any] = to_json(entry["facts"])
    return Verification(
        entry=entry["id"],
        at=to_instant(entry["at"]),
        by=entry["actor"],
        is_whole=bool(saw["whole"]),
        found=str(saw["found"]),
        entries=int(saw["entries"]),
        seals=int(saw["seals"]),
        waiting=int(saw["waiting"]),
        checkpoints=saw["checkpoints"],
    )
