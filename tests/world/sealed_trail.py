"""A trail under seals to test on, and what an intruder with every right on the database would do to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from homeward.checkpoint_file import CheckpointFile, CheckpointsRead
from homeward.seal_key import PublicSealKeys, SealKeyFile, make_seal_key
from orm.database import dialect
from orm.models import AuditEntry, Outcome, Seal, SealedEntry
from orm.sql import execute, fetch
from resolvers.seal_facts import SealFacts
from resolvers.seals import Horizon, seal_pending
from resolvers.seals_check import TrailVerdict, verify_trail
from resolvers.trail import leaf_content, leaf_hash, write_entry
from tests.world.world import World

TABLES = ("sealed_entry", "seal", "audit_entry")


class SealedTrail:
    """A trail whose entries are numbered from 1 on, the house's key, and the book of its checkpoints."""

    def __init__(self, world: World, directory: Path) -> None:
        self.world = world
        self.desk = world.desk
        self.key_path = directory / "seal-key.json"
        make_seal_key(self.key_path)
        self.keys = SealKeyFile(self.key_path)
        self.book_path = directory / "checkpoints.jsonl"
        self.horizon = Horizon()

    async def write(self, count: int) -> None:
        """Write so many entries."""
        for _ in range(count):
            number = await AuditEntry.all().count() + 1
            await write_entry(
                self.world.house,
                "test",
                Outcome.DONE,
                at=self.world.clock(),
                facts={"number": number},
                subjects={"referral": {str(number)}},
            )
            self.world.clock.forward(seconds=1)

    async def seal(self, *, most: int = 1000, told: bool = True) -> list[SealFacts]:
        """Seal everything that is pending, and tell each seal to the book."""
        seals = []
        while (seal := await seal_pending(self.desk, self.keys, self.horizon, most=most)) is not None:
            seals.append(seal)
            if told:
                await CheckpointFile(self.book_path).keep(seal)
        return seals

    async def verify(self, keys: PublicSealKeys | None = None, *, by_book: bool = True) -> TrailVerdict:
        """Verify with the house's public keys and its book, unless told otherwise."""
        told = CheckpointsRead(self.book_path) if by_book else None
        return await verify_trail(self.world.house, keys or self.keys.public, told)

    async def sealed(self) -> dict[int, int]:
        """Tell for each sealed entry its seal."""
        return {entry.entry_id: entry.seal_id for entry in await SealedEntry.all().order_by("entry_id")}


async def take_down_the_guards() -> None:
    """Let the tables of the trail be changed, as whoever owns the database can."""
    for table in TABLES:
        if dialect() == "postgres":
            await execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        else:
            for event in ("update", "delete"):
                await execute(f"DROP TRIGGER {table}_written_once_{event}")
    if dialect() == "sqlite":
        await execute("PRAGMA foreign_keys = OFF")


async def forge(entry: int, *, leaf: bool, **changes: Any) -> None:
    """Change columns of an entry, and its leaf to fit if told so."""
    sets = ", ".join(f"{name} = :{name}" for name in changes)
    await execute(f"UPDATE audit_entry SET {sets} WHERE id = :entry", **changes, entry=entry)
    if leaf:
        fitting = leaf_hash(leaf_content(await AuditEntry.get(id=entry)))
        await execute("UPDATE audit_entry SET leaf = :leaf WHERE id = :entry", leaf=fitting, entry=entry)


async def erase(entry: int) -> None:
    """Erase an entry with its place under its seal."""
    await execute("DELETE FROM audit_entry WHERE id = :entry", entry=entry)
    await execute("DELETE FROM sealed_entry WHERE entry_id = :entry", entry=entry)


async def copy_leaf(entry: int) -> None:
    """Make the sealed copy of a leaf fit the entry's own."""
    await execute(
        "UPDATE sealed_entry SET leaf = (SELECT leaf FROM audit_entry WHERE id = entry_id) WHERE entry_id = :entry",
        entry=entry,
    )


async def swap(table: str, column: str, one: int, other: int, *, by: str = "id") -> None:
    """Let two rows change a value; a key goes by way of a number that nobody has."""
    found = {row[by]: row[column] for row in await fetch(f"SELECT {by}, {column} FROM {table}")}
    if column == by:
        for old, new in ((one, -1), (other, one), (-1, other)):
            await execute(f"UPDATE {table} SET {column} = :new WHERE {by} = :old", new=new, old=old)
        return
    for row, value in ((one, found[other]), (other, found[one])):
        await execute(f"UPDATE {table} SET {column} = :value WHERE {by} = :row", value=value, row=row)


async def seal_anew(trail: SealedTrail, keys: SealKeyFile, sizes: Sequence[int], *, after: int = 0) -> list[SealFacts]:
    """Make the seals after one anew, of these sizes and at the same hours, with whatever key."""
    hours = {seal.number: seal.at for seal in await Seal.filter(number__gt=after).order_by("number")}
    await execute("DELETE FROM sealed_entry WHERE seal_id > :after", after=after)
    await execute("DELETE FROM seal WHERE number > :after", after=after)
    now, made = trail.world.clock.now, []
    for size, hour in zip(sizes, hours.values(), strict=False):
        trail.world.clock.now = hour
        seal = await seal_pending(trail.desk, keys, Horizon(), most=size)
        assert seal is not None
        made.append(seal)
    trail.world.clock.now = now
    return made
