"""The trail from the command line: verify it, prove an entry, take entries out, show and renew the key of the seals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from homeward.checkpoint_file import CheckpointsRead
from homeward.seal_key import PublicSealKeys, SealKeyFile, make_seal_key, rotate_seal_key
from homeward.settings import Settings
from homeward.wiring import open_house
from resolvers.callers import house
from resolvers.seal_ports import SealKeyError
from resolvers.seals import newest_seal
from resolvers.seals_check import TrailVerdict, verify_trail
from resolvers.seals_proof import check_proof, prove_entry
from resolvers.trail_export import begin_export, export_lines
from rules.counting import counted
from rules.errors import Refusal

Say = Callable[[str], object]
Write = Callable[[bytes], object]

_CALLER = "command line"


async def seal_keys(settings: Settings) -> SealKeyFile:
    """Open the key of the seals in an open house; a house that has sealed nothing yet gets one.

    Where there are seals a missing key is lost or on another machine: a new one would pass for a forger's.
    """
    if await newest_seal() is None:
        make_seal_key(settings.seal_key_file)
    return SealKeyFile(settings.seal_key_file)


async def verify(settings: Settings, public_key: Path | None, checkpoint: Path | None, say: Say) -> int:
    """Verify the whole trail and say what was seen; answer the exit code."""
    if checkpoint is None and settings.checkpoint_file.exists():
        checkpoint = settings.checkpoint_file
    if checkpoint is not None:
        checkpoint.open("rb").close()  # named now if it is not there, not after an hour of hashing
    told = CheckpointsRead(checkpoint) if checkpoint else None
    try:
        keys = _public_keys(settings, public_key)
    except SealKeyError as no:
        say(str(no))
        return 1
    async with open_house(settings.model_copy(update={"redis_url": ""})) as opened:
        verdict = await verify_trail(house(opened.desk, _CALLER), keys, told)
    for line in told.torn if told else ():
        say(f"Line {line} of {checkpoint} tells no seal, and was passed over.")
    return _say_verdict(verdict, checkpoint, say)


def _say_verdict(verdict: TrailVerdict, checkpoint: Path | None, say: Say) -> int:
    if verdict.finding is not None:
        say(f"NOT WHOLE ({verdict.finding.code}). {verdict.finding.sentence}")
        say(f"Before it, {_entries(verdict.entries)} under {counted(verdict.seals, 'seal')} are as they were sealed.")
        return 1
    if verdict.checkpoints == 0:
        say(f"NOT VERIFIED. There is no checkpoint in {checkpoint}.")
        return 1
    say(f"Whole: {_entries(verdict.entries)} under {counted(verdict.seals, 'seal')} are as they were sealed.")
    if verdict.purged:
        say(f"Of {verdict.purged} of them only the leaves are kept: their years are over.")
    if verdict.newest is not None:
        say(f"The newest seal is {verdict.newest.number}, of {verdict.newest.told['at']}: {verdict.newest.hash}")
    since = f", the first of them since {verdict.waiting_since.isoformat()}" if verdict.waiting_since else ""
    say(f"Waiting for a seal: {_entries(verdict.waiting)}{since}.")
    if verdict.checkpoints is None:
        say("No checkpoints were compared: an end that was cut off would not be seen.")
    else:
        say(f"Checkpoints that agree, in {checkpoint}: {verdict.checkpoints}.")
    return 0


def _entries(count: int) -> str:
    return counted(count, "entry", "entries")


async def prove(settings: Settings, entry: int, write: Write, complain: Say) -> int:
    """Write the proof of one entry; answer the exit code."""
    async with open_house(settings.model_copy(update={"redis_url": ""})) as opened:
        try:
            write(await prove_entry(house(opened.desk, _CALLER), entry))
        except Refusal as no:
            complain(no.message)
            return 1
    return 0


def check(settings: Settings, file: Path, public_key: Path | None, say: Say) -> int:
    """Check a proof without a database; answer the exit code."""
    try:
        proven = check_proof(file.read_bytes(), _public_keys(settings, public_key))
    except Refusal as no:
        say(f"THE PROOF DOES NOT HOLD ({no.code}). {no.message}")
        return 1
    except SealKeyError as no:
        say(str(no))
        return 1
    say(f"The proof holds. Entry {proven.number} stood in the trail at {proven.seal.told['at']}, under seal")
    say(f"{proven.seal.number} ({proven.seal.hash}):")
    for name, value in sorted(proven.content.items()):
        say(f"  {name}: {value}")
    return 0


async def export(settings: Settings, first: date, last: date, write: Write, complain: Say) -> int:
    """Write the entries of some days, once this is written down; answer the exit code."""
    async with open_house(settings.model_copy(update={"redis_url": ""})) as opened:
        try:
            taken_out = await begin_export(house(opened.desk, _CALLER), first, last)
        except Refusal as no:
            complain(no.message)
            return 1
        async for line in export_lines(taken_out):
            write(line)
    complain(f"{_entries(taken_out.entries)}.")
    return 0


def show_public_key(settings: Settings, write: Write, complain: Say) -> int:
    """Write the public keys; answer the exit code."""
    try:
        write(SealKeyFile(settings.seal_key_file).public.pem.encode())
    except SealKeyError as no:
        complain(str(no))
        return 1
    return 0


def rotate(settings: Settings, say: Say) -> int:
    """Seal with a new key from now on; answer the exit code."""
    try:
        key_id = rotate_seal_key(settings.seal_key_file)
    except SealKeyError as no:
        say(str(no))
        return 1
    say(f"New key: {key_id}. Back up {settings.seal_key_file}, bring it to every machine that seals,")
    say("and give the public keys to whoever verifies: homeward audit public-key")
    return 0


def _public_keys(settings: Settings, file: Path | None) -> PublicSealKeys:
    return SealKeyFile(settings.seal_key_file).public if file is None else PublicSealKeys.read(file.read_bytes())
