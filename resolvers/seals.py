"""Seal the trail: a signed, linked Merkle root over every entry that has none yet (AUD-03).

Pending is whatever has no place under a seal, never what has a number above the last one: on PostgreSQL a transaction
may commit an entry long after entries with higher numbers. The :class:`Horizon` only says from where on to look.
Sealing is the house's own act and leaves no entry, or it would have to be sealed for ever; the seal is its record.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from orm.models import Seal, SealedEntry
from orm.sql import fetch
from resolvers.callers import Desk
from resolvers.delivery_sheets import unfold_sheets
from resolvers.seal_facts import NOTHING_BEFORE, SealFacts, entry_in_tree
from resolvers.seal_ports import SealKeyError, SealKeys
from rules.merkle import root_of

MOST_ENTRIES = 5_000
"""The most entries of one seal: a backlog gets several, so that none takes long or much memory."""

_SEALING = 0x5345414C
"""The number of the advisory lock in PostgreSQL."""


@dataclass(slots=True)
class Horizon:
    """The number up to which every entry is under a seal and none can still come. A new one looks at the whole trail.

    A gap in the numbers is an entry that was rolled back, or one whose transaction is still open. Whoever inserts an
    entry holds a lock on the table from before the number is drawn until the transaction ends. So once all are gone who
    held it after a number was seen, nothing below that number can come any more.
    """

    settled: int = 0
    _seen: int = 0
    _writers: frozenset[str] = field(default_factory=frozenset)

    async def look(self) -> int:
        """Give the number up to which no entry can come any more; to be asked before the pending entries are read."""
        newest = int((await fetch("SELECT COALESCE(MAX(id), 0) AS id FROM audit_entry"))[0]["id"])
        writers = await _writers()
        if self._writers & writers:
            return self.settled
        reach = self._seen if writers else newest
        self._seen, self._writers = newest, writers
        return max(self.settled, reach)


async def seal_pending(desk: Desk, keys: SealKeys, horizon: Horizon, *, most: int = MOST_ENTRIES) -> SealFacts | None:
    """Seal what is pending, at most so many entries; None when nothing is, or when another sealer is at work.

    Raises:
        SealKeyError: there is no usable key, or the newest seal is by a key that this one does not know.
    """
    await unfold_sheets()
    reach = await horizon.look()
    if not await _pending(horizon.settled, 1):
        horizon.settled = reach
        return None
    async with in_transaction():
        if not await is_alone():
            return None
        pending = await _pending(horizon.settled, most)
        seal = await _write(desk, keys, pending) if pending else None
    horizon.settled = reach if len(pending) < most else max(horizon.settled, min(reach, pending[-1]))
    return seal


async def newest_seal() -> SealFacts | None:
    """Give the newest seal, if there is one."""
    seal = await Seal.all().order_by("-number").first()
    return None if seal is None else facts_of(seal)


def facts_of(seal: Seal) -> SealFacts:
    """Give what a seal says."""
    return SealFacts(seal.number, seal.at, seal.count, seal.root, seal.previous, seal.key_id, seal.signature)


async def _write(desk: Desk, keys: SealKeys, pending: list[int]) -> SealFacts:
    before = await newest_seal()
    if before is not None and not keys.knows(before.key_id):
        raise SealKeyError(
            f"The newest seal is by the key {before.key_id}, which the key file of this machine does not know. "
            "Put the key file of the house here: all machines that seal share one."
        )
    entries = await fetch("SELECT id, leaf FROM audit_entry WHERE id IN (:pending) ORDER BY id", pending=pending)
    signer = keys.signer()
    unsigned = SealFacts(
        number=before.number + 1 if before else 1,
        at=desk.clock(),
        count=len(entries),
        root=root_of(entry_in_tree(entry["id"], entry["leaf"]) for entry in entries).hex(),
        previous=before.hash if before else NOTHING_BEFORE,
        key_id=signer.key_id,
    )
    facts = replace(unsigned, signature=signer.sign(unsigned.content).hex())
    await Seal.create(**_columns(facts), first_entry=entries[0]["id"], last_entry=entries[-1]["id"])
    await SealedEntry.bulk_create(
        SealedEntry(entry_id=entry["id"], seal_id=facts.number, place=place, leaf=entry["leaf"])
        for place, entry in enumerate(entries)
    )
    return facts


def _columns(facts: SealFacts) -> dict[str, Any]:
    return {**facts.told, "at": facts.at}


async def _pending(settled: int, most: int) -> list[int]:
    """Number the entries that have no place under a seal, the lowest first."""
    rows = await fetch(
        # The second condition inside changes nothing but the plan: nobody reads the places of years ago.
        "SELECT e.id FROM audit_entry e WHERE e.id > :settled AND NOT EXISTS "
        "(SELECT 1 FROM sealed_entry s WHERE s.entry_id = e.id AND s.entry_id > :settled) ORDER BY e.id LIMIT :most",
        settled=settled,
        most=most,
    )
    return [int(row["id"]) for row in rows]


async def _writers() -> frozenset[str]:
    """Name the open transactions that have inserted entries, or are about to."""
    if not _has_many_writers():
        return frozenset()  # SQLite lets one in at a time, so numbers are committed in their order
    rows = await fetch(
        "SELECT virtualtransaction AS writer FROM pg_locks WHERE locktype = 'relation' "
        "AND relation = 'audit_entry'::regclass AND mode = 'RowExclusiveLock' "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return frozenset(str(row["writer"]) for row in rows)


async def is_alone() -> bool:
    """Keep other sealers away until this transaction ends; False if one is at work."""
    if not _has_many_writers():
        return True
    return bool((await fetch("SELECT pg_try_advisory_xact_lock(:lock) AS got", lock=_SEALING))[0]["got"])


def _has_many_writers() -> bool:
    return get_connection("default").capabilities.dialect == "postgres"
