"""How a house gets its place for documents: on one machine by itself, in production only with its key file."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from homeward.cli import app
from homeward.key_file import KeyFile
from homeward.key_rotation import rotate
from homeward.settings import Settings
from homeward.wiring import open_files
from orm.models import Attachment
from resolvers.attachments import Upload, add_attachment
from rules.referrals import AttachmentKind
from tests.world.documents import PDF, pdf, streamed
from tests.world.world import World

PRODUCTION = "postgres://homeward@db.example.org/homeward"


def settings(tmp_path: Path, **chosen: object) -> Settings:
    """Settings of a house below a scratch directory."""
    return Settings(var=tmp_path / "var").model_copy(update=chosen)


def test_on_one_machine_the_key_file_and_the_directory_are_made_on_first_use(tmp_path: Path) -> None:
    first, second = open_files(settings(tmp_path)), open_files(settings(tmp_path))
    assert first.keys.current_id == second.keys.current_id
    assert stat.S_IMODE((tmp_path / "var" / "keys.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "var" / "files").stat().st_mode) == 0o700
    assert (first.size_limit, first.scanner) == (20 * 1024 * 1024, None)


def test_in_production_a_missing_key_file_stops_the_start_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"keys\.json is missing.*backup.*homeward make-keys"):
        open_files(settings(tmp_path, database_url=PRODUCTION))
    assert not (tmp_path / "var" / "keys.json").exists()


def test_the_demonstration_makes_its_keys_on_postgresql_too(tmp_path: Path) -> None:
    assert open_files(settings(tmp_path, database_url=PRODUCTION, demo=True)).keys.current_id


def test_a_scanner_on_another_machine_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="on this machine"):
        open_files(settings(tmp_path, clamd_url="tcp://scanner.example.org:3310"))
    assert open_files(settings(tmp_path, clamd_url="unix:///run/clamav/clamd.ctl")).scanner is not None


def test_the_places_and_the_limit_are_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEWARD_FILES", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("HOMEWARD_KEYS", str(tmp_path / "safe" / "ring.json"))
    monkeypatch.setenv("HOMEWARD_ATTACHMENT_LIMIT", "5000000")
    monkeypatch.setenv("HOMEWARD_CLAMD_URL", "tcp://127.0.0.1:3310")
    room = open_files(Settings())
    assert room.size_limit == 5_000_000
    assert room.scanner is not None
    assert (tmp_path / "elsewhere").is_dir()
    assert (tmp_path / "safe" / "ring.json").exists()


def test_a_new_installation_makes_its_key_file_once(tmp_path: Path) -> None:
    env = {"HOMEWARD_VAR": str(tmp_path), "DATABASE_URL": PRODUCTION, "HOMEWARD_KEYS": str(tmp_path / "keys.json")}
    made = CliRunner().invoke(app, ["make-keys"], env=env)
    assert (made.exit_code, "Back it up" in made.output) == (0, True)
    before = (tmp_path / "keys.json").read_bytes()
    again = CliRunner().invoke(app, ["make-keys"], env=env)
    assert (again.exit_code, "left alone" in again.output) == (0, True)
    assert (tmp_path / "keys.json").read_bytes() == before


async def test_rotate_keys_wraps_everything_anew_and_forgets_old_keys_only_when_told(
    world: World, database_url: str, tmp_path: Path
) -> None:
    chosen = settings(tmp_path, database_url=database_url, demo=True)
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    caller = replace(coordinator, desk=replace(coordinator.desk, files=open_files(chosen)))
    await add_attachment(caller, Upload(number, AttachmentKind.PCP, "a.pdf", PDF), streamed(pdf()))
    old = KeyFile(chosen.key_file).current_id
    said: list[str] = []

    assert await rotate(chosen, said.append, forget_old=False) == 0
    new = KeyFile(chosen.key_file).current_id
    assert said == [f"New key: {new}. Back up {chosen.key_file}.", "Wrapped anew: 1. Failed: 0."]
    assert new != old

    said.clear()
    assert await rotate(chosen, said.append, forget_old=True) == 0
    assert said == ["Wrapped anew: 0. Failed: 0.", f"Forgotten: {old}."]
    assert KeyFile(chosen.key_file).current_id == new


async def test_rotate_keys_says_by_its_exit_code_that_a_document_could_not_be_wrapped(
    world: World, database_url: str, tmp_path: Path
) -> None:
    chosen = settings(tmp_path, database_url=database_url, demo=True)
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    caller = replace(coordinator, desk=replace(coordinator.desk, files=open_files(chosen)))
    await add_attachment(caller, Upload(number, AttachmentKind.PCP, "a.pdf", PDF), streamed(pdf()))
    await Attachment.all().update(wrapped_key="AAAA")
    old = KeyFile(chosen.key_file).current_id
    said: list[str] = []
    assert await rotate(chosen, said.append, forget_old=False) == 1
    assert said[-1] == "Wrapped anew: 0. Failed: 1."
    assert await rotate(chosen, said.append, forget_old=True) == 1
    assert said[-1] == "Forgotten: none."
    assert old in chosen.key_file.read_text()
