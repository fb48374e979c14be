"""Find the entries of the trail that name a record, however many millions there are (45 CFR 164.528).

An entry of a list names fifty records; an index over all of them would be paid by every reader. So the sealer goes
through what it has sealed, seal by seal, and notes for each record the entries that name it. What has no note yet, the
last seconds, is looked through itself. The notes are a finding aid: what is proven is the trail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final
from uuid import UUID

import orjson
from tortoise.transactions import in_transaction

from orm.models import AuditTrace
from orm.sql import fetch
from resolvers.delivery_sheets import unfold_sheets
from resolvers.seals import is_alone

TRACED: Final = ("referral", "consumer", "user")
"""The kinds of records whose log somebody asks for."""

_NONE: Final = UUID(int=0)
_OF_KEYS: Final = frozenset("0123456789abcdef-")
_LATE: Final = 10_000
"""How far behind the newest seal an entry is looked for that has none yet; one that is later is found once sealed."""

_SEALS_AT_ONCE: Final = 100
_NOT_SEALED: Final = 2**62

Place = tuple[int, int]
"""Where an entry stands: its seal and its number; without a seal after all that have one."""


async def trace_next_seal() -> int | None:
    """Note the entries of the next seal that was not gone through; give its number, None if there is none."""
    async with in_transaction():
        if not await is_alone():
            return None
        found = await fetch("SELECT MIN(number) AS number FROM seal WHERE number > :traced", traced=await _traced())
        if found[0]["number"] is None:
            return None
        number = int(found[0]["number"])
        rows = await fetch(
            "SELECT e.id, e.subjects FROM sealed_entry s JOIN audit_entry e ON e.id = s.entry_id "
            "WHERE s.seal_id = :number ORDER BY e.id",
            number=number,
        )
        entries: dict[UUID, list[int]] = defaultdict(list)
        for row in rows:
            for key in _traced_keys(row["subjects"]):
                entries[key].append(int(row["id"]))
        notes = [AuditTrace(seal_number=number, subject_id=key, entries=named) for key, named in entries.items()]
        await AuditTrace.bulk_create([AuditTrace(seal_number=number, subject_id=_NONE), *notes], batch_size=1000)
        return number


def _traced_keys(subjects: str | bytes) -> set[UUID]:
    """Give the records whose log is asked for; what cannot be read, the house never wrote, and verification names."""
    try:
        named = orjson.loads(subjects)
        keys = [str(key) for kind in TRACED for key in named.get(kind, ())]
    except (ValueError, TypeError, AttributeError):
        return set()
    return {UUID(key) for key in keys if len(key) == len(str(_NONE)) and not set(key) - _OF_KEYS}


async def _traced() -> int:
    return int((await fetch("SELECT COALESCE(MAX(seal_number), 0) AS number FROM audit_trace"))[0]["number"])


async def entries_about(keys: Collection[UUID], *, after: int | None, most: int) -> list[int]:
    """Number the entries that name one of these records, the newest first, after the entry with this number."""
    await unfold_sheets()
    traced = await _traced()
    beyond = await _place_of(after) if after is not None else (_NOT_SEALED, _NOT_SEALED)
    numbers: list[int] = []
    if beyond[0] > traced:
        numbers = [number for place in await _not_traced(keys, traced) if place < beyond for number in place[1:]]
    upto = min(traced, beyond[0])
    while len(numbers) < most and upto > 0:
        notes, upto = await _noted(keys, upto)
        numbers += [number for place in notes if place < beyond for number in place[1:]]
    return numbers[:most]


async def _place_of(entry: int) -> Place:
    rows = await fetch("SELECT seal_id FROM sealed_entry WHERE entry_id = :entry", entry=entry)
    return (int(rows[0]["seal_id"]) if rows else _NOT_SEALED, entry)


async def _not_traced(keys: Collection[UUID], traced: int) -> list[Place]:
    """Look through the entries of the last seconds, the newest first."""
    ends = await fetch(
        "SELECT MIN(CASE WHEN number > :traced THEN first_entry END) AS first, MAX(last_entry) AS last FROM seal",
        traced=traced,
    )
    first, last = ends[0]["first"], ends[0]["last"]
    floor = 0 if last is None else min(int(last) - _LATE, int(first) - 1 if first is not None else int(last))
    among = {f"key_{place}": f"%{key}%" for place, key in enumerate(sorted(keys, key=str))}
    rows = await fetch(
        f"SELECT e.id, COALESCE(s.seal_id, {_NOT_SEALED}) AS seal FROM audit_entry e "
        "LEFT JOIN sealed_entry s ON s.entry_id = e.id "
        "WHERE e.id > :floor AND (s.seal_id IS NULL OR s.seal_id > :traced) "
        f"AND ({' OR '.join(f'CAST(e.subjects AS TEXT) LIKE :{name}' for name in among)})",
        floor=floor,
        traced=traced,
        **among,
    )
    return sorted(((int(row["seal"]), int(row["id"])) for row in rows), reverse=True)


async def _noted(keys: Collection[UUID], upto: int) -> tuple[list[Place], int]:
    """Read notes of seals up to one, the newest first; give the places, and up to where there may be more."""
    limit = _SEALS_AT_ONCE * len(keys)
    rows = await fetch(
        "SELECT seal_number, entries FROM audit_trace WHERE subject_id IN (:keys) AND seal_number <= :upto "
        "ORDER BY seal_number DESC LIMIT :limit",
        keys=list(keys),
        upto=upto,
        limit=limit,
    )
    by_seal = [(seal, list(notes)) for seal, notes in groupby(rows, key=lambda row: int(row["seal_number"]))]
    more = len(rows) == limit
    if more and len(by_seal) > 1:
        by_seal.pop()  # the last one may be read in part
    return list(_places(by_seal)), by_seal[-1][0] - 1 if more else 0


def _places(by_seal: Sequence[tuple[int, Sequence[Mapping[str, str | bytes]]]]) -> Iterator[Place]:
    for seal, notes in by_seal:
        numbers = {number for note in notes for number in orjson.loads(note["entries"])}
        for number in sorted(numbers, reverse=True):
            yield seal, number
