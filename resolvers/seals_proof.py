"""Prove to somebody outside that an entry is in the sealed trail: one file, checked with the public key alone.

A proof tells the entry's content, its place under its seal, the neighbours on the way up the tree, and the seal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from orm.models import Seal, SealedEntry
from resolvers.desk import THE_HOUSE, Reading, access
from resolvers.seal_facts import SealFacts, entry_in_tree
from resolvers.seal_ports import PublicKeys
from resolvers.seals import facts_of
from resolvers.trail import leaf_hash
from resolvers.trail_reads import ENTRY_READERS, no_such_entry, require_number
from resolvers.trail_rows import CONTENT, content_of, leaf_made_anew, read_rows
from rules.errors import Conflict, Invalid
from rules.merkle import DIGEST_BYTES, path_of, root_by_path, root_of

FORMAT: Final = "homeward audit proof 1"


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof has proven: this entry stood in the trail, at the latest when it was sealed."""

    number: int
    content: dict[str, Any]
    seal: SealFacts


@access("trail.prove", by=THE_HOUSE | ENTRY_READERS, cites="002:221")
async def prove_entry(reading: Reading, number: int) -> bytes:
    """Make the proof of one entry, as JSON; that it was shown is one more entry.

    Raises:
        NotFound: there is no such entry.
        Conflict: it has no seal yet, or its seal does not hold it as it is.
    """
    require_number(number)
    reading.note(entry=number)
    rows = await read_rows(f"SELECT {CONTENT} FROM audit_entry e WHERE e.id = :number", number=number)
    if not rows:
        raise no_such_entry()
    mine = await SealedEntry.get_or_none(entry_id=number)
    if mine is None:
        raise Conflict("The entry has no seal yet. Try again in a minute.", code="ENTRY_NOT_SEALED")
    seal = facts_of(await Seal.get(number=mine.seal_id))
    under = await SealedEntry.filter(seal_id=seal.number).order_by("place").values_list("entry_id", "leaf")
    leaves = [entry_in_tree(int(entry), str(leaf)) for entry, leaf in under]
    if leaf_made_anew(rows[0]) != mine.leaf or root_of(leaves).hex() != seal.root or mine.place >= len(leaves):
        raise Conflict("Its seal does not hold the entry as it is now. Verify the trail.", code="ENTRY_NOT_AS_SEALED")
    proof = {
        "format": FORMAT,
        "entry": {"number": number, "content": content_of(rows[0])},
        "place": mine.place,
        "path": [one.hex() for one in path_of(leaves, mine.place)],
        "seal": seal.told,
    }
    return orjson.dumps(proof, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def check_proof(proof: bytes, keys: PublicKeys) -> Proven:
    """Check a proof; the database is not asked.

    Raises:
        Invalid: it is not a proof, or it does not hold.
    """
    number, content, place, path, seal = _read(proof)
    leaf = entry_in_tree(number, leaf_hash(content))
    root = root_by_path(leaf, place, seal.count, path)
    if root is None or root.hex() != seal.root:
        raise Invalid("The entry is not the one that was sealed.", code="PROOF_OF_ANOTHER_ENTRY")
    if not keys.knows(seal.key_id):
        raise Invalid("Another key has made the seal.", code="PROOF_BY_ANOTHER_KEY")
    if not keys.fits(seal.key_id, seal.content, seal.signature):
        raise Invalid("The seal's signature does not fit: the seal was changed.", code="PROOF_OF_ANOTHER_SEAL")
    return Proven(number, content, seal)


def _read(proof: bytes) -> tuple[int, dict[str, Any], int, list[bytes], SealFacts]:
    try:
        told = orjson.loads(proof)
        number, content, place = told["entry"]["number"], told["entry"]["content"], told["place"]
        path = [bytes.fromhex(one) for one in told["path"]]
        seal = SealFacts.read(told["seal"])
        shape = told["format"], type(number), type(content), type(place)
    except (ValueError, KeyError, TypeError) as fault:
        raise Invalid("This is not a proof of an entry.", code="PROOF_MALFORMED") from fault
    if shape != (FORMAT, int, dict, int) or any(len(one) != DIGEST_BYTES for one in path):
        raise Invalid("This is not a proof of an entry.", code="PROOF_MALFORMED")
    return number, content, place, path, seal
