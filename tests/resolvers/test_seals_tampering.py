"""Whoever changes the trail, with every right on the database or even with the key, is found (AUD-03).

Each test is an attack on a trail of twelve entries under three seals, by raw SQL, with the triggers taken down.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from homeward.seal_key import SealKeyFile, make_seal_key
from orm.database import dialect
from orm.models import AuditEntry, Outcome, Seal
from orm.sql import execute, fetch
from resolvers.seal_facts import SealFacts
from resolvers.seals_check import Finding
from tests.conftest import ENGINE
from tests.world.sealed_trail import (
    SealedTrail,
    copy_leaf,
    erase,
    forge,
    seal_anew,
    swap,
    take_down_the_guards,
)
from tests.world.world import World

pytestmark = pytest.mark.requirement("AUD-03")

only_sqlite = pytest.mark.skipif(ENGINE != "sqlite", reason="PostgreSQL takes nothing else into these columns")


@pytest.fixture
async def trail(world: World, tmp_path: Path) -> SealedTrail:
    """Give entries 1 to 4 under seal 1, 5 to 8 under seal 2, 9 to 12 under seal 3, all told outside, unguarded."""
    trail = SealedTrail(world, tmp_path)
    await trail.write(12)
    await trail.seal(most=4)
    assert (await trail.verify()).finding is None
    await trail.seal()
    await take_down_the_guards()
    return trail


async def found(trail: SealedTrail, *, by_book: bool = False) -> tuple[str, int | None, int | None]:
    """Verify, expect it to be written down, and answer what was found: code, entry, seal."""
    verdict = await trail.verify(by_book=by_book)
    finding = verdict.finding or Finding("NOTHING", "Nothing was found.")
    [*_, entry] = await trail.world.entries("trail.verify")
    assert entry.outcome is Outcome.DONE
    assert entry.facts["whole"] is (verdict.finding is None)
    assert (entry.facts["found"], entry.facts["entry"], entry.facts["seal"]) == (
        "" if verdict.finding is None else finding.code,
        finding.entry,
        finding.seal,
    )
    assert finding.entry is None or str(finding.entry) in finding.sentence
    return finding.code, finding.entry, finding.seal


async def test_a_trail_that_nobody_touched_is_whole(trail: SealedTrail) -> None:
    verdict = await trail.verify()
    assert verdict.finding is None
    assert (verdict.entries, verdict.seals, verdict.checkpoints) == (13, 4, 4)
    assert verdict.newest is not None
    assert verdict.newest.number == 4
    assert verdict.waiting == 0
    verdict = await trail.verify()
    assert (verdict.waiting, verdict.waiting_since) == (1, trail.world.clock())


# The eight attacks. ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "SOMEBODY"},
        {"act": "other"},
        {"outcome": "REFUSED"},
        {"code": "DENIED"},
        {"request_id": "other"},
        {"policy_version": "other"},
        {"facts": {"number": 60}},
        {"subjects": {}},
        {"session_id": "8b0a3f4e-6a5d-4a3e-9a53-0a0c7d1e2f30"},
        {"actor_id": "8b0a3f4e-6a5d-4a3e-9a53-0a0c7d1e2f30"},
        {"about_id": "8b0a3f4e-6a5d-4a3e-9a53-0a0c7d1e2f30"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_an_edited_entry_is_found(trail: SealedTrail, change: dict[str, object]) -> None:
    await forge(6, leaf=False, **change)
    assert await found(trail) == ("ENTRY_EDITED", 6, 2)


async def test_an_entry_moved_in_time_is_found(trail: SealedTrail) -> None:
    await forge(6, leaf=False, at=trail.world.clock())
    assert await found(trail) == ("ENTRY_EDITED", 6, 2)


async def test_an_entry_edited_with_its_leaf_is_found(trail: SealedTrail) -> None:
    await forge(6, leaf=True, actor="SOMEBODY")
    assert await found(trail) == ("ENTRY_REPLACED", 6, 2)


async def test_an_entry_edited_with_its_leaf_and_the_sealed_copy_breaks_its_seal(trail: SealedTrail) -> None:
    await forge(6, leaf=True, actor="SOMEBODY")
    await copy_leaf(6)
    assert await found(trail) == ("SEAL_BROKEN", None, 2)


async def test_an_erased_entry_is_found(trail: SealedTrail) -> None:
    await execute("DELETE FROM audit_entry WHERE id = 6")
    assert await found(trail) == ("ENTRY_ERASED", 6, 2)


async def test_an_entry_erased_with_its_leaf_is_found(trail: SealedTrail) -> None:
    await erase(6)
    assert await found(trail) == ("ENTRY_ERASED", None, 2)


async def test_the_last_entry_of_a_seal_erased_with_its_leaf_is_found(trail: SealedTrail) -> None:
    await erase(8)
    assert await found(trail) == ("SEAL_BROKEN", None, 2)


async def test_an_entry_erased_with_its_leaf_and_the_others_moved_up_is_found(trail: SealedTrail) -> None:
    await erase(6)
    for place in (2, 3):
        await execute("UPDATE sealed_entry SET place = :place - 1 WHERE seal_id = 2 AND place = :place", place=place)
    assert await found(trail) == ("SEAL_BROKEN", None, 2)
    await execute("UPDATE seal SET count = 3 WHERE number = 2")
    assert await found(trail) == ("SEAL_BROKEN", None, 2)


async def test_two_swapped_entries_are_found(trail: SealedTrail) -> None:
    await swap("audit_entry", "id", 5, 6)
    assert await found(trail) == ("ENTRY_REPLACED", 5, 2)


async def test_two_entries_swapped_with_their_leaves_are_found(trail: SealedTrail) -> None:
    await swap("audit_entry", "id", 5, 6)
    await copy_leaf(5)
    await copy_leaf(6)
    assert await found(trail) == ("SEAL_BROKEN", None, 2)


@pytest.mark.parametrize("other", [6, 12])
async def test_two_entries_that_exchanged_their_numbers_everywhere_are_found(trail: SealedTrail, other: int) -> None:
    await swap("audit_entry", "id", 5, other)
    await swap("sealed_entry", "entry_id", 5, other, by="entry_id")
    assert await found(trail) == ("SEAL_BROKEN", None, 2)


async def test_a_cut_off_end_is_found_by_the_checkpoint_that_left_the_house(trail: SealedTrail) -> None:
    await execute("DELETE FROM sealed_entry WHERE seal_id > 1")
    await execute("DELETE FROM seal WHERE number > 1")
    await execute("DELETE FROM audit_entry WHERE id > 4")
    assert await found(trail, by_book=True) == ("END_CUT_OFF", None, 2)
    await execute("DELETE FROM sealed_entry")
    await execute("DELETE FROM seal")
    assert await found(trail, by_book=True) == ("END_CUT_OFF", None, 1)


async def test_seals_made_anew_with_another_key_are_found(trail: SealedTrail, tmp_path: Path) -> None:
    make_seal_key(tmp_path / "forged.json")
    await forge(6, leaf=True, actor="SOMEBODY")
    await seal_anew(trail, SealKeyFile(tmp_path / "forged.json"), [4, 4, 4, 1])
    assert await found(trail) == ("ANOTHER_KEY", None, 1)

    await execute("UPDATE seal SET key_id = :key_id", key_id=trail.keys.signer().key_id)
    assert await found(trail) == ("SEAL_CHANGED", None, 1)


async def test_an_insider_with_the_key_is_found_by_the_checkpoint_that_left_the_house(trail: SealedTrail) -> None:
    await forge(6, leaf=True, actor="SOMEBODY")
    await seal_anew(trail, trail.keys, [4, 4, 1], after=1)
    assert await found(trail, by_book=False) == ("NOTHING", None, None)
    assert await found(trail, by_book=True) == ("SEALED_ANEW", 5, 2)


# And what is left to try. ---------------------------------------------------------------------------------------------


async def test_an_insider_who_seals_less_than_was_told_is_found(trail: SealedTrail) -> None:
    await execute("DELETE FROM audit_entry WHERE id = 6")
    await seal_anew(trail, trail.keys, [4, 4], after=2)
    assert (await found(trail, by_book=True))[0] == "ENTRY_ERASED"
    await seal_anew(trail, trail.keys, [11], after=0)
    assert await found(trail, by_book=True) == ("SEALED_ANEW", 1, 1)


async def test_a_checkpoint_that_was_told_long_ago_narrows_down_where_it_began(trail: SealedTrail) -> None:
    lines = trail.book_path.read_bytes().splitlines(keepends=True)
    trail.book_path.write_bytes(lines[0] + lines[3])
    await forge(11, leaf=True, actor="SOMEBODY")
    await seal_anew(trail, trail.keys, [4, 1], after=2)
    assert await found(trail, by_book=True) == ("SEALED_ANEW", 5, 4)


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_a_seal_that_is_gone_is_found(trail: SealedTrail, number: int) -> None:
    await execute("DELETE FROM seal WHERE number = :number", number=number)
    assert await found(trail) == ("SEAL_MISSING", None, number)


async def test_a_seal_gone_with_its_entries_is_found(trail: SealedTrail) -> None:
    await execute("DELETE FROM seal WHERE number = 2")
    await execute("DELETE FROM sealed_entry WHERE seal_id = 2")
    await execute("DELETE FROM audit_entry WHERE id BETWEEN 5 AND 8")
    assert await found(trail) == ("SEAL_MISSING", None, 2)


async def test_the_newest_seal_gone_without_its_entries_is_found(trail: SealedTrail) -> None:
    await execute("DELETE FROM seal WHERE number = 4")
    assert await found(trail) == ("SEAL_MISSING", 13, 4)


@pytest.mark.parametrize("seal", [-1, 0, 99])
async def test_an_entry_hidden_from_the_sealer_under_a_seal_that_is_not_there_is_found(
    trail: SealedTrail, seal: int
) -> None:
    await trail.write(1)
    [newest] = (await fetch("SELECT id, leaf FROM audit_entry ORDER BY id DESC LIMIT 1"))[:1]
    await execute(
        "INSERT INTO sealed_entry (entry_id, seal_id, place, leaf) VALUES (:entry, :seal, 0, :leaf)",
        entry=newest["id"],
        seal=seal,
        leaf=newest["leaf"],
    )
    assert await found(trail) == ("SEAL_MISSING", newest["id"], seal)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("at = '2026-01-01 00:00:00+00:00'", "SEAL_CHANGED"),
        ("signature = '00'", "SEAL_CHANGED"),
        ("signature = 'not hex'", "SEAL_CHANGED"),
        ("previous = root", "SEAL_CHANGED"),
        ("key_id = 'seal-0000000000000000'", "ANOTHER_KEY"),
        ("root = previous", "SEAL_BROKEN"),
        ("count = 5", "SEAL_BROKEN"),
        ("first_entry = 4", "SEAL_BROKEN"),
        ("last_entry = 9", "SEAL_BROKEN"),
    ],
)
async def test_a_changed_seal_is_found(trail: SealedTrail, change: str, code: str) -> None:
    await execute(f"UPDATE seal SET {change} WHERE number = 2")
    assert await found(trail) == (code, None, 2)


async def test_a_seal_that_was_signed_with_the_key_but_does_not_follow_the_one_before_is_found(
    trail: SealedTrail,
) -> None:
    second = await Seal.get(number=2)
    unlinked = SealFacts(2, second.at, second.count, second.root, "0" * 64, second.key_id)
    await execute(
        "UPDATE seal SET previous = :previous, signature = :signature WHERE number = 2",
        previous=unlinked.previous,
        signature=trail.keys.signer().sign(unlinked.content).hex(),
    )
    assert await found(trail) == ("SEAL_CHANGED", None, 2)


async def test_an_entry_edited_before_it_was_sealed_is_found(trail: SealedTrail) -> None:
    await trail.write(2)
    newest = (await AuditEntry.all().order_by("-id").first()) or AuditEntry()
    await forge(newest.id, leaf=False, actor="SOMEBODY")
    assert await found(trail) == ("ENTRY_EDITED", newest.id, None)
    await trail.seal()
    assert await found(trail, by_book=True) == ("ENTRY_EDITED", newest.id, 5)


@only_sqlite
@pytest.mark.parametrize("column", ["facts", "subjects", "shown", "at"])
async def test_an_entry_that_is_not_even_readable_is_found(trail: SealedTrail, column: str) -> None:
    await forge(6, leaf=False, **{column: "{"})
    assert dialect() == "sqlite"
    assert await found(trail) == ("ENTRY_EDITED", 6, 2)


async def test_the_first_of_several_is_named(trail: SealedTrail) -> None:
    await forge(11, leaf=False, actor="SOMEBODY")
    await forge(7, leaf=False, actor="SOMEBODY")
    await execute("DELETE FROM audit_entry WHERE id = 12")
    assert await found(trail) == ("ENTRY_EDITED", 7, 2)
    verdict = await trail.verify()
    assert (verdict.entries, verdict.seals) == (4, 1)
