"""Go through the whole trail and its seals, and name the first event that is not as it was sealed (AUD-03).

Everything is read in batches, so memory stays flat however long the trail is. What is found: an entry that was edited,
edited with its leaf, erased, or given another number; a seal that was changed, taken away or made by another key; and,
by the checkpoints that have left the house, an end that was cut off and seals made anew by whoever has the key.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Final

from orm.models import Seal
from orm.sql import dialect, fetch, to_instant
from resolvers.delivery_sheets import unfold_sheets
from resolvers.desk import THE_HOUSE, Reading, access
from resolvers.seal_facts import NOTHING_BEFORE, SealFacts, entry_in_tree
from resolvers.seal_ports import PublicKeys
from resolvers.seals import facts_of
from resolvers.trail_purge import kept_since
from resolvers.trail_reads import LAST_ENTRY, TRAIL_READERS
from resolvers.trail_rows import CONTENT, Row, leaf_made_anew, look_through, read_rows
from rules.errors import NotFound
from rules.merkle import root_of

_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong: a stable code, a sentence, and the entry and the seal where they are known."""

    code: str
    sentence: str
    entry: int | None = None
    seal: int | None = None


@dataclass(frozen=True, slots=True)
class TrailVerdict:
    """What a verification saw; the trail is whole when nothing was found."""

    entries: int = 0
    """Entries that are as they were sealed."""
    seals: int = 0
    newest: SealFacts | None = None
    purged: int = 0
    """Of these, entries whose years are over and whose content was dropped; their leaves hold."""
    waiting: int = 0
    """Entries that have no seal yet."""
    waiting_since: datetime | None = None
    checkpoints: int | None = None
    """Checkpoints that agree; None if none were given."""
    finding: Finding | None = None


@access("trail.verify", by=THE_HOUSE, cites="002:221")
async def verify_trail(
    reading: Reading, keys: PublicKeys, checkpoints: Iterable[SealFacts] | None = None
) -> TrailVerdict:
    """Verify every entry, seal, link and signature, and the checkpoints if given; stop at the first that is wrong."""
    verdict = await _verified(keys, checkpoints, kept_since(reading.now, reading.policy))
    found = verdict.finding
    reading.note(
        whole=found is None,
        found=found.code if found else "",
        entry=found.entry if found else None,
        seal=found.seal if found else None,
        entries=verdict.entries,
        purged=verdict.purged,
        seals=verdict.seals,
        waiting=verdict.waiting,
        checkpoints=verdict.checkpoints,
    )
    return verdict


@access("trail.check_seal", by=TRAIL_READERS, cites="002:221")
async def check_seal(reading: Reading, number: int) -> Finding | None:
    """Verify what one seal holds and that it follows the one before it; the signature is checked outside, with the key.

    Raises:
        NotFound: there is no such seal.
    """
    seal = await Seal.filter(number=number).first() if 0 < number <= LAST_ENTRY else None
    if seal is None:
        raise NotFound("There is no seal of this number.", code="SEAL_NOT_FOUND", field="number")
    before = await Seal.filter(number=number - 1).first()
    async with aclosing(_sealed_entries(number)) as sealed:
        walk = _Walk(sealed, kept_since(reading.now, reading.policy), facts_of(before) if before else None)
        finding = await walk.content(seal) or walk.follows(facts_of(seal))
    reading.note(seal=number, whole=finding is None, found=finding.code if finding else "")
    return finding


async def _verified(keys: PublicKeys, checkpoints: Iterable[SealFacts] | None, since: datetime) -> TrailVerdict:
    await unfold_sheets()
    newest = await Seal.all().order_by("-number").first()
    async with aclosing(_sealed_entries()) as sealed:
        walk = _Walk(sealed, since)
        finding = await walk.up_to(newest.number if newest else 0, keys)
    verdict = TrailVerdict(walk.entries, walk.seals, facts_of(newest) if newest else None, walk.purged, finding=finding)
    if finding is None:
        verdict = await _with_waiting(verdict)
    if verdict.finding is None and checkpoints is not None:
        agreed, finding = await _against(checkpoints)
        verdict = replace(verdict, checkpoints=agreed, finding=finding)
    return verdict


@dataclass(slots=True)
class _Walk:
    """A walk from the first seal to the last, with the sealed entries beside them."""

    sealed: AsyncIterator[list[_Stretch]]
    kept_since: datetime
    before: SealFacts | None = None
    entries: int = 0
    seals: int = 0
    purged: int = 0
    _ahead: list[_Stretch] = field(default_factory=list)
    """Sealed entries that were read and not yet passed, the next ones last."""

    async def up_to(self, last: int, keys: PublicKeys) -> Finding | None:
        """Verify all up to a seal; answer the first thing that is wrong."""
        async for seal in _seals_up_to(last):
            finding = await self._one(seal, keys)
            if finding is not None:
                return finding
            self.seals += 1
        return await _under_no_seal(last)

    async def _one(self, seal: Seal, keys: PublicKeys) -> Finding | None:
        facts = facts_of(seal)
        within = f"the entries {seal.first_entry} to {seal.last_entry}"
        finding = await self.content(seal)
        if finding is not None:
            return finding
        if not keys.knows(facts.key_id):
            return _broken(facts, f"Another key has made it, over {within}.", "ANOTHER_KEY")
        if not keys.fits(facts.key_id, facts.content, facts.signature):
            return _broken(facts, f"Its signature does not fit: the seal over {within} was changed.", "SEAL_CHANGED")
        finding = self.follows(facts)
        if finding is not None:
            return finding
        self.entries += facts.count
        self.before = facts
        return None

    async def content(self, seal: Seal) -> Finding | None:
        """Verify what a seal holds, not who has signed it."""
        facts = facts_of(seal)
        within = f"the entries {seal.first_entry} to {seal.last_entry}"
        if facts.number != self._number + 1:
            gone = f"Seal {self._number + 1} is gone; the next one is over {within}."
            return Finding("SEAL_MISSING", gone, seal=self._number + 1)
        numbers: list[int] = []
        leaves: list[bytes] = []
        while (sealed := await self._next(facts.number)) is not None:
            if sealed.seal != facts.number or sealed.place != len(leaves):
                return _elsewhere(sealed, facts.number, len(leaves))
            for entry, code in sealed.wrong:
                # The time of a seal is signed: nobody makes an entry old enough to be dropped.
                if code != "ENTRY_ERASED" or facts.at >= self.kept_since:
                    return _finding(code, entry, facts.number)
                self.purged += 1
            numbers += sealed.entries
            leaves += sealed.in_tree
        ends = min(numbers, default=0), max(numbers, default=0)
        as_told = len(leaves) == facts.count and ends == (seal.first_entry, seal.last_entry)
        if not as_told or root_of(leaves).hex() != facts.root:
            return _broken(facts, f"It does not hold {within} as they are: one was changed, erased or renumbered.")
        return None

    def follows(self, facts: SealFacts) -> Finding | None:
        """Verify that a seal follows the one before it."""
        if facts.previous == (self.before.hash if self.before else NOTHING_BEFORE):
            return None
        return _broken(facts, "It does not follow the seal before it: one of the two was made anew.", "SEAL_CHANGED")

    @property
    def _number(self) -> int:
        return self.before.number if self.before else 0

    async def _next(self, seal: int) -> _Stretch | None:
        """Give the next sealed entries up to this seal; None if there are none."""
        if not self._ahead:
            self._ahead = (await anext(self.sealed, []))[::-1]
        return self._ahead.pop() if self._ahead and self._ahead[-1].seal <= seal else None


async def _seals_up_to(last: int) -> AsyncIterator[Seal]:
    number = 0
    while batch := await Seal.filter(number__gt=number, number__lte=last).order_by("number").limit(_BATCH):
        for seal in batch:
            yield seal
        number = batch[-1].number


async def _sealed_entries(since: int = -(2**63)) -> AsyncGenerator[list[_Stretch], None]:
    """Read the sealed entries in their order, from a seal on; while a batch is passed, the next is on its way."""
    ahead = asyncio.ensure_future(_sealed_after(since, -1))  # by default below every number that the column can hold
    try:
        while (batch := await ahead) is not None:
            ahead = asyncio.ensure_future(_sealed_after(*batch.end))
            yield batch.seen or await asyncio.to_thread(_stretches, batch.rows)
    finally:
        ahead.cancel()
        await asyncio.gather(ahead, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Sealed entries up to a seal and place: looked at while they were read, or the rows to look at."""

    end: tuple[int, int]
    seen: list[_Stretch]
    rows: list[Row]


async def _sealed_after(seal: int, place: int) -> _Batch | None:
    text = (
        f"SELECT s.seal_id, s.place, s.entry_id, s.leaf, e.leaf, {CONTENT} FROM sealed_entry s "
        "LEFT JOIN audit_entry e ON e.id = s.entry_id WHERE (s.seal_id, s.place) > (:seal, :place) "
        f"ORDER BY s.seal_id, s.place LIMIT {_BATCH}"
    )
    if dialect() == "sqlite":
        seen = await look_through(_stretches, text, seal=seal, place=place)
        return _Batch((seen[-1].seal, seen[-1].place + len(seen[-1].entries) - 1), seen, []) if seen else None
    rows = await read_rows(text, seal=seal, place=place)
    return _Batch((rows[-1][0], rows[-1][1]), [], rows) if rows else None


@dataclass(slots=True)
class _Stretch:
    """Sealed entries that were looked at and stand in consecutive places under one seal."""

    seal: int
    place: int
    """That of the first."""
    entries: list[int] = field(default_factory=list)
    in_tree: list[bytes] = field(default_factory=list)
    """Their leaves in the tree of the seal."""
    wrong: list[tuple[int, str]] = field(default_factory=list)
    """The entries with which something is wrong by itself, and what."""


def _stretches(rows: Iterable[Row]) -> list[_Stretch]:
    stretches: list[_Stretch] = []
    under, expected = None, 0
    for row in rows:
        seal, place, entry, sealed, leaf = row[:5]
        if seal != under or place != expected:
            stretches.append(stretch := _Stretch(seal, place))
            under = seal
        expected = place + 1
        stretch.entries.append(entry)
        stretch.in_tree.append(entry_in_tree(entry, sealed))
        if not leaf_made_anew(row[5:]) == leaf == sealed:
            stretch.wrong.append((entry, _wrong(sealed, leaf)))
    return stretches


def _wrong(sealed: str, leaf: str | None) -> str:
    if leaf is None:
        return "ENTRY_ERASED"
    return "ENTRY_EDITED" if leaf == sealed else "ENTRY_REPLACED"


def _elsewhere(sealed: _Stretch, seal: int, place: int) -> Finding:
    entry = sealed.entries[0]
    if sealed.seal != seal:
        return _no_seal(entry, sealed.seal)
    gone = f"An entry before entry {entry} is gone, with its place {place} under seal {seal}."
    return Finding("ENTRY_ERASED", gone, seal=seal)


def _finding(code: str, entry: int, seal: int) -> Finding:
    sentence = {
        "ENTRY_ERASED": f"Entry {entry} is gone; it was sealed by seal {seal}.",
        "ENTRY_EDITED": f"Entry {entry} was changed after it was written (seal {seal}).",
        "ENTRY_REPLACED": f"Entry {entry} is not the one that was sealed: it was changed with its leaf, or replaced "
        f"(seal {seal}).",
    }
    return Finding(code, sentence[code], entry, seal)


async def _under_no_seal(last: int) -> Finding | None:
    """Look for entries that are said to be under a later seal that is not there; one may be made at this moment."""
    rows = await fetch(
        "SELECT s.entry_id, s.seal_id FROM sealed_entry s WHERE s.seal_id > :last "
        "AND NOT EXISTS (SELECT 1 FROM seal WHERE seal.number = s.seal_id) ORDER BY s.seal_id, s.place LIMIT 1",
        last=last,
    )
    return _no_seal(rows[0]["entry_id"], rows[0]["seal_id"]) if rows else None


def _no_seal(entry: int, seal: int) -> Finding:
    return Finding("SEAL_MISSING", f"Entry {entry} is said to be under seal {seal}, which is not there.", entry, seal)


def _broken(facts: SealFacts, why: str, code: str = "SEAL_BROKEN") -> Finding:
    return Finding(code, f"Seal {facts.number} is not right. {why}", seal=facts.number)


async def _with_waiting(verdict: TrailVerdict) -> TrailVerdict:
    """Look at the entries that have no seal yet: only their own leaf speaks for them."""
    number, waiting, since = 0, 0, None
    while rows := await _waiting_after(number):
        for entry, leaf, *content in rows:
            if leaf_made_anew(content) != leaf:
                edited = f"Entry {entry}, which has no seal yet, was changed after it was written."
                return replace(verdict, finding=Finding("ENTRY_EDITED", edited, entry))
            waiting += 1
            since = since or to_instant(content[0])
        number = rows[-1][0]
    return replace(verdict, waiting=waiting, waiting_since=since)


async def _waiting_after(number: int) -> list[Row]:
    return await read_rows(
        f"SELECT e.id, e.leaf, {CONTENT} FROM audit_entry e WHERE e.id > :number AND NOT EXISTS "
        "(SELECT 1 FROM sealed_entry s WHERE s.entry_id = e.id AND s.entry_id > :number) "
        f"ORDER BY e.id LIMIT {_BATCH}",
        number=number,
    )


async def _against(checkpoints: Iterable[SealFacts]) -> tuple[int, Finding | None]:
    """Compare the seals with what was told outside; answer how many agree, and the earliest that does not.

    The links were verified before, so below a checkpoint that agrees everything is as it was told.
    """
    told = iter(checkpoints)
    agreed, good = 0, 0
    wrong: SealFacts | None = None
    while batch := list(islice(told, _BATCH)):
        found = Seal.filter(number__in=sorted({one.number for one in batch}))
        seals = {seal.number: facts_of(seal) for seal in await found}
        for one in batch:
            if one.number in seals and seals[one.number].hash == one.hash:
                agreed += 1
                good = max(good, one.number)
            elif wrong is None or one.number < wrong.number:
                wrong = one
    return agreed, None if wrong is None else await _finding_at(wrong, good)


async def _finding_at(wrong: SealFacts, good: int) -> Finding:
    """Say what a checkpoint that does not agree means, when the highest one that agrees is known."""
    when = wrong.at.isoformat(timespec="seconds")
    newest = await Seal.all().order_by("-number").first()
    if newest is None or newest.number < wrong.number:
        last = newest.last_entry if newest else 0
        cut = f"The end of the trail was cut off after entry {last}: seal {wrong.number} was told outside at {when}."
        return Finding("END_CUT_OFF", cut, seal=wrong.number)
    since = await Seal.filter(number__gt=good, number__lte=wrong.number).order_by("first_entry").first()
    anew = (
        f"Seal {wrong.number} is not the one that was told outside at {when}: the trail was written anew with the key, "
        f"from entry {since.first_entry if since else 0} or a later one on."
    )
    return Finding("SEALED_ANEW", anew, since.first_entry if since else None, wrong.number)
