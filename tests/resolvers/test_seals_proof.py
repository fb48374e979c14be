"""An entry can be proven to somebody who has the public key and nothing else, and nothing else can (AUD-03)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from homeward.seal_key import PublicSealKeys, SealKeyFile, make_seal_key
from orm.database import close_database
from orm.models import AuditEntry, Outcome
from resolvers.seals_proof import check_proof, prove_entry
from resolvers.trail import leaf_content
from rules.errors import Conflict, Invalid, NotFound
from tests.world.sealed_trail import SealedTrail, forge, take_down_the_guards
from tests.world.world import World

pytestmark = pytest.mark.requirement("AUD-03")


@pytest.fixture
async def trail(world: World, tmp_path: Path) -> SealedTrail:
    """Give entries 1 to 5 under seal 1 and 6 to 7 under seal 2."""
    trail = SealedTrail(world, tmp_path)
    await trail.write(7)
    await trail.seal(most=5)
    return trail


@pytest.mark.parametrize("number", range(1, 8))
async def test_a_proof_of_each_entry_holds_without_a_database(trail: SealedTrail, number: int) -> None:
    entry = await AuditEntry.get(id=number)
    proof = await prove_entry(trail.world.house, number)
    await close_database()

    proven = check_proof(proof, trail.keys.public)

    assert (proven.number, proven.content) == (number, leaf_content(entry))
    assert proven.seal.number == (1 if number <= 5 else 2)
    assert proven.seal.count == (5 if number <= 5 else 2)


async def test_that_an_entry_was_proven_is_an_entry_itself(trail: SealedTrail) -> None:
    await prove_entry(trail.world.house, 3)
    [entry] = await trail.world.entries("trail.prove")
    assert (entry.outcome, entry.facts) == (Outcome.DONE, {"entry": 3})


async def test_an_entry_that_is_not_there_is_not_proven_and_that_is_written_down(trail: SealedTrail) -> None:
    with pytest.raises(NotFound) as no:
        await prove_entry(trail.world.house, 4711)
    assert no.value.code == "ENTRY_NOT_FOUND"
    [entry] = await trail.world.entries("trail.prove")
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, "ENTRY_NOT_FOUND")


async def test_an_entry_without_a_seal_is_proven_once_it_has_one(trail: SealedTrail) -> None:
    await trail.write(1)
    with pytest.raises(Conflict) as no:
        await prove_entry(trail.world.house, 8)
    assert no.value.code == "ENTRY_NOT_SEALED"
    await trail.seal()
    assert check_proof(await prove_entry(trail.world.house, 8), trail.keys.public).seal.number == 3


@pytest.mark.parametrize("leaf", [False, True])
async def test_no_proof_is_made_of_an_entry_that_was_edited(trail: SealedTrail, leaf: bool) -> None:
    await take_down_the_guards()
    await forge(3, leaf=leaf, actor="SOMEBODY")
    with pytest.raises(Conflict) as no:
        await prove_entry(trail.world.house, 3)
    assert no.value.code == "ENTRY_NOT_AS_SEALED"
    assert await prove_entry(trail.world.house, 4)


Change = Callable[[dict[str, Any]], object]

ANOTHER_ENTRY: dict[str, Change] = {
    "content": lambda proof: proof["entry"]["content"].update(actor="SOMEBODY"),
    "content added": lambda proof: proof["entry"]["content"].update(more="more"),
    "content missing": lambda proof: proof["entry"]["content"].pop("code"),
    "number": lambda proof: proof["entry"].update(number=4),
    "place": lambda proof: proof.update(place=3),
    "negative place": lambda proof: proof.update(place=-1),
    "place outside": lambda proof: proof.update(place=5),
    "path": lambda proof: proof["path"].reverse(),
    "path cut": lambda proof: proof["path"].pop(),
    "path longer": lambda proof: proof["path"].append("0" * 64),
    "root": lambda proof: proof["seal"].update(root="0" * 64),
}
ANOTHER_SEAL: dict[str, Change] = {
    "seal's number": lambda proof: proof["seal"].update(number=2),
    "hour": lambda proof: proof["seal"].update(at="2026-03-02T15:00:00.000001+00:00"),
    "link": lambda proof: proof["seal"].update(previous="1" * 64),
    "signature": lambda proof: proof["seal"].update(signature="0" * 128),
    "signature that is none": lambda proof: proof["seal"].update(signature="signed"),
}
NO_PROOF: dict[str, Change] = {
    "format": lambda proof: proof.update(format="homeward audit proof 2"),
    "no entry": lambda proof: proof.pop("entry"),
    "no seal": lambda proof: proof.pop("seal"),
    "seal is a text": lambda proof: proof.update(seal="1"),
    "seal without key": lambda proof: proof["seal"].pop("key_id"),
    "seal's count is true": lambda proof: proof["seal"].update(count=True),
    "hour without zone": lambda proof: proof["seal"].update(at="2026-03-02T15:00:00"),
    "hour before time": lambda proof: proof["seal"].update(at="0001-01-01T00:00:00+14:00"),
    "hour is none": lambda proof: proof["seal"].update(at="noon"),
    "place is true": lambda proof: proof.update(place=True),
    "number is a text": lambda proof: proof["entry"].update(number="3"),
    "content is a list": lambda proof: proof["entry"].update(content=[]),
    "path is a number": lambda proof: proof.update(path=1),
    "path holds numbers": lambda proof: proof.update(path=[1]),
    "path is too short": lambda proof: proof.update(path=["00"]),
    "path is not hex": lambda proof: proof.update(path=["x" * 64]),
}


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("PROOF_OF_ANOTHER_ENTRY", ANOTHER_ENTRY),
        ("PROOF_OF_ANOTHER_SEAL", ANOTHER_SEAL),
        ("PROOF_MALFORMED", NO_PROOF),
    ],
)
async def test_a_proof_that_was_changed_does_not_hold(
    trail: SealedTrail, code: str, changes: dict[str, Change]
) -> None:
    good = await prove_entry(trail.world.house, 3)
    assert check_proof(good, trail.keys.public).number == 3
    for name, change in changes.items():
        proof = orjson.loads(good)
        change(proof)
        with pytest.raises(Invalid) as no:
            check_proof(orjson.dumps(proof), trail.keys.public)
        assert no.value.code == code, name


@pytest.mark.parametrize("proof", [b"", b"null", b"[]", b"1", b"{", b"\xff", b"{}"])
def test_what_is_no_proof_does_not_hold(proof: bytes) -> None:
    with pytest.raises(Invalid) as no:
        check_proof(proof, PublicSealKeys({}))
    assert no.value.code == "PROOF_MALFORMED"


async def test_a_proof_under_a_seal_by_another_key_does_not_hold(trail: SealedTrail, tmp_path: Path) -> None:
    proof = await prove_entry(trail.world.house, 3)
    make_seal_key(tmp_path / "other.json")
    with pytest.raises(Invalid) as no:
        check_proof(proof, SealKeyFile(tmp_path / "other.json").public)
    assert no.value.code == "PROOF_BY_ANOTHER_KEY"
