"""The trail from the command line: whole or not with an exit code, proofs, exports, keys; each look leaves an entry."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pytest
from typer.testing import CliRunner, Result

from homeward.auditing import seal_keys
from homeward.checkpoint_file import CheckpointsRead
from homeward.cli import app
from homeward.doorbell import LocalDoorbell
from homeward.hashing import Argon2Pool
from homeward.settings import Settings
from orm.database import close_database, open_database
from orm.models import AuditEntry, Outcome, Seal
from resolvers.callers import Desk
from tests.world.clock import Clock, Tokens
from tests.world.sealed_trail import SealedTrail, forge, seal_anew, take_down_the_guards
from tests.world.world import World

pytestmark = pytest.mark.requirement("AUD-03")

ROOT = Path(__file__).parents[2]
T = TypeVar("T")


@dataclass
class Installation:
    """A house with seven entries under two seals, and a command line."""

    url: str
    var: Path
    passwords: Argon2Pool

    @property
    def env(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url, "HOMEWARD_VAR": str(self.var), "REDIS_URL": "", "HOMEWARD_DEMO": "true"}

    def run(self, *arguments: str, **env: str) -> Result:
        return CliRunner().invoke(app, ["audit", *arguments], env={**self.env, **env})

    def within(self, work: Callable[[SealedTrail], Awaitable[T]]) -> T:
        """Open the database for a piece of work on the trail."""

        async def run() -> T:
            await open_database(self.url)
            try:
                clock = Clock()
                desk = Desk(clock, LocalDoorbell(), self.passwords, Tokens())
                trail = SealedTrail(World(desk, clock), self.var)
                trail.book_path = self.var / "audit-checkpoints.jsonl"
                return await work(trail)
            finally:
                await close_database()

        return asyncio.run(run())

    def entries(self, act: str) -> list[AuditEntry]:
        return self.within(lambda trail: trail.world.entries(act))


@pytest.fixture
def installation(database_url: str, tmp_path: Path, passwords: Argon2Pool) -> Installation:
    """Give a house that has worked for a while."""
    installation = Installation(database_url, tmp_path / "var", passwords)
    installation.var.mkdir()

    async def fill(trail: SealedTrail) -> None:
        await trail.write(7)
        await trail.seal(most=5)

    installation.within(fill)
    return installation


def forged(installation: Installation) -> None:
    async def forge_one(_: SealedTrail) -> None:
        await take_down_the_guards()
        await forge(6, leaf=False, actor="SOMEBODY")

    installation.within(forge_one)


def test_a_whole_trail_is_told_with_exit_code_0(installation: Installation) -> None:
    told = installation.run("verify")
    assert told.exit_code == 0, told.output
    assert "Whole: 7 entries under 2 seals" in told.stdout
    assert "The newest seal is 2, of 2026-03-02" in told.stdout
    assert "Waiting for a seal: 0 entries." in told.stdout
    assert "Checkpoints that agree" in told.stdout
    [entry] = installation.entries("trail.verify")
    assert (entry.actor, entry.outcome, entry.facts["whole"]) == ("system:command line", Outcome.DONE, True)
    assert "Waiting for a seal: 1 entry, the first of them since " in installation.run("verify").stdout


def test_a_forged_trail_is_told_with_exit_code_1_and_the_first_bad_event(installation: Installation) -> None:
    forged(installation)
    told = installation.run("verify")
    assert told.exit_code == 1
    assert "NOT WHOLE (ENTRY_EDITED). Entry 6 was changed after it was written (seal 2)." in told.stdout
    assert "5 entries under 1 seal are as they were sealed" in told.stdout
    assert "SOMEBODY" not in told.output


def test_the_public_key_and_the_checkpoints_may_have_been_kept_elsewhere(
    installation: Installation, tmp_path: Path
) -> None:
    public, book = tmp_path / "kept.pem", tmp_path / "kept.jsonl"
    public.write_bytes(installation.run("public-key").stdout_bytes)
    book.write_bytes((installation.var / "audit-checkpoints.jsonl").read_bytes())
    kept = ["--public-key", str(public), "--checkpoint", str(book)]
    assert installation.run("verify", *kept).exit_code == 0

    async def rewrite(trail: SealedTrail) -> None:
        await take_down_the_guards()
        await forge(6, leaf=True, actor="SOMEBODY")
        made = await seal_anew(trail, trail.keys, [2], after=1)
        trail.book_path.write_bytes(orjson.dumps(made[0].told) + b"\n")

    installation.within(rewrite)
    assert installation.run("verify").exit_code == 0
    told = installation.run("verify", *kept)
    assert told.exit_code == 1
    assert "SEALED_ANEW" in told.stdout
    assert "from entry 6" in told.stdout


def test_a_key_that_replaced_the_house_s_own_does_not_pass(installation: Installation, tmp_path: Path) -> None:
    public = tmp_path / "kept.pem"
    public.write_bytes(installation.run("public-key").stdout_bytes)
    (installation.var / "seal-key.json").unlink()
    told = installation.run("verify", "--public-key", str(public))
    assert told.exit_code == 0  # the private key is not needed
    missing = installation.run("verify")
    assert missing.exit_code == 1
    assert "backup" in missing.stdout
    (tmp_path / "kept.pem").write_text("no key")
    assert installation.run("verify", "--public-key", str(public)).exit_code == 1


def test_without_a_checkpoint_it_is_said_what_that_means(installation: Installation) -> None:
    (installation.var / "audit-checkpoints.jsonl").unlink()
    told = installation.run("verify")
    assert told.exit_code == 0
    assert "No checkpoints were compared" in told.stdout


def test_a_book_without_a_checkpoint_proves_nothing(installation: Installation) -> None:
    (installation.var / "audit-checkpoints.jsonl").write_text("torn\n")
    told = installation.run("verify")
    assert told.exit_code == 1
    assert "Line 1 of" in told.stdout
    assert "There is no checkpoint in" in told.stdout


def test_a_checkpoint_file_that_is_not_there_is_named_before_anything_is_read(installation: Installation) -> None:
    told = installation.run("verify", "--checkpoint", "/nowhere/book.jsonl")
    assert told.exit_code == 1
    assert isinstance(told.exception, FileNotFoundError)
    assert installation.entries("trail.verify") == []


def test_an_entry_is_proven_and_the_proof_checked_without_the_database(
    installation: Installation, tmp_path: Path
) -> None:
    public, proof = tmp_path / "kept.pem", tmp_path / "entry-3.proof"
    public.write_bytes(installation.run("public-key").stdout_bytes)
    made = installation.run("prove", "3")
    assert made.exit_code == 0
    proof.write_bytes(made.stdout_bytes)

    nowhere = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "HOMEWARD_VAR": str(tmp_path / "empty")}
    told = installation.run("check-proof", str(proof), "--public-key", str(public), **nowhere)
    assert told.exit_code == 0, told.output
    assert "The proof holds. Entry 3 stood in the trail" in told.stdout
    assert "actor: system:test" in told.stdout

    proof.write_bytes(made.stdout_bytes.replace(b"system:test", b"system:best"))
    told = installation.run("check-proof", str(proof), "--public-key", str(public), **nowhere)
    assert told.exit_code == 1
    assert "THE PROOF DOES NOT HOLD (PROOF_OF_ANOTHER_ENTRY)" in told.stdout
    assert installation.run("check-proof", str(proof), **nowhere).exit_code == 1


def test_an_entry_that_is_not_there_is_not_proven(installation: Installation) -> None:
    told = installation.run("prove", "4711")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "no entry of this number" in told.stderr
    assert installation.run("prove", "0").exit_code == 2


@pytest.mark.requirement("AUD-05")
def test_entries_are_exported_as_lines_and_that_is_an_entry(installation: Installation) -> None:
    told = installation.run("export", "--from", "2026-03-02", "--to", "2026-03-02")
    assert told.exit_code == 0
    lines = [orjson.loads(line) for line in told.stdout_bytes.splitlines()]
    assert [(line["number"], line["seal"]) for line in lines] == [*((n, 1) for n in range(1, 6)), (6, 2), (7, 2)]
    assert "7 entries." in told.stderr
    [entry] = installation.entries("trail.export")
    assert entry.facts["entries"] == 7


def test_an_export_with_its_days_the_wrong_way_round_gives_nothing(installation: Installation) -> None:
    told = installation.run("export", "--from", "2026-03-03", "--to", "2026-03-02")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "last day comes before" in told.stderr


def test_after_a_rotation_all_public_keys_are_given(installation: Installation) -> None:
    assert installation.run("public-key").stdout.count("BEGIN PUBLIC KEY") == 1
    told = installation.run("rotate-key")
    assert told.exit_code == 0
    assert "New key: seal-" in told.stdout
    assert installation.run("public-key").stdout.count("BEGIN PUBLIC KEY") == 2
    assert installation.run("verify").exit_code == 0
    (installation.var / "seal-key.json").unlink()
    for command in ("rotate-key", "public-key"):
        assert installation.run(command).exit_code == 1


async def test_the_first_key_is_made_on_first_use_and_never_where_there_are_seals(
    world: World, database_url: str, tmp_path: Path
) -> None:
    settings = Settings(var=tmp_path / "fresh").model_copy(update={"database_url": database_url})
    assert await seal_keys(settings)
    made = settings.seal_key_file.read_bytes()
    await seal_keys(settings)
    assert settings.seal_key_file.read_bytes() == made
    trail = SealedTrail(world, tmp_path)
    await trail.write(1)
    await trail.seal()
    settings.seal_key_file.unlink()
    await seal_keys(settings)
    assert not settings.seal_key_file.exists()


def test_the_places_are_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEWARD_AUDIT_KEY", str(tmp_path / "key.json"))
    monkeypatch.setenv("HOMEWARD_AUDIT_CHECKPOINT_FILE", str(tmp_path / "book.jsonl"))
    assert Settings().seal_key_file == tmp_path / "key.json"
    assert Settings().checkpoint_file == tmp_path / "book.jsonl"


async def test_a_worker_seals_while_it_works_and_once_more_when_it_is_told_to_stop(
    world: World, database_url: str, tmp_path: Path
) -> None:
    trail = SealedTrail(world, tmp_path)
    await trail.write(3)
    env: dict[str, Any] = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SMTP_URL": "smtp://127.0.0.1:1",
        "HOMEWARD_VAR": str(tmp_path),
        "HOMEWARD_DEMO": "true",
        "PYTHONPATH": str(ROOT),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "homeward", "worker", cwd=ROOT, env=env, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(60):
            while b'"audit.sealed"' not in (line := await process.stderr.readline()):
                assert line, "the worker ended"
            await trail.write(2)
            process.send_signal(signal.SIGTERM)
            await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert process.returncode == 0
    assert await Seal.all().count() >= 2
    numbers = [entry.id for entry in await AuditEntry.all().order_by("id")]
    assert sorted(await trail.sealed()) == numbers
    assert [seal.number for seal in CheckpointsRead(tmp_path / "audit-checkpoints.jsonl")]
