"""Models, migrations and database are one thing, however and by how many it is migrated (STACK 6)."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections import Counter as Tally
from pathlib import Path

import pytest

from orm.database import close_database, migrate, open_database, pending_migrations
from orm.models import County, Facility
from orm.sql import fetch

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "orm" / "migrations").glob("0*.py"))

CONFIG = "from orm.database import tortoise_config\nCONFIG = tortoise_config('sqlite:///nowhere.db')\n"
MIGRATE = (
    "import asyncio, json, sys; from orm.database import migrate; print(json.dumps(asyncio.run(migrate(sys.argv[1]))))"
)


def _copy(directory: Path) -> Path:
    for room in ("rules", "orm"):
        shutil.copytree(ROOT / room, directory / room, ignore=shutil.ignore_patterns("__pycache__"))
    (directory / "drift_config.py").write_text(CONFIG, encoding="utf-8")
    return directory


def _make_migrations(copy: Path) -> list[str]:
    """Give the names of the migrations that the models still lack."""
    made = subprocess.run(
        [
            sys.executable,
            "-c",
            "from tortoise.cli.cli import main; main()",
            "-c",
            "drift_config.CONFIG",
            "makemigrations",
        ],
        cwd=copy,
        env=_environment(copy),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return sorted(path.stem for path in (copy / "orm" / "migrations").glob("0*.py") if path.stem not in NAMES)


def _environment(copy: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}


def test_no_model_has_changed_without_a_migration(tmp_path: Path) -> None:
    assert _make_migrations(_copy(tmp_path)) == []


def test_a_model_that_has_changed_without_a_migration_would_be_seen(tmp_path: Path) -> None:
    copy = _copy(tmp_path)
    places = copy / "orm" / "models" / "places.py"
    changed = places.read_text(encoding="utf-8").replace(
        "    code = fields.CharField(3, primary_key=True)\n",
        "    code = fields.CharField(3, primary_key=True)\n    fax = fields.CharField(30, default='')\n",
    )
    places.write_text(changed, encoding="utf-8")

    assert len(_make_migrations(copy)) == 1


@pytest.mark.engine
async def test_migrating_twice_is_migrating_once(scratch_url: str) -> None:
    assert await migrate(scratch_url) == NAMES
    assert await pending_migrations(scratch_url) == []
    before = await _contents(scratch_url)

    assert await migrate(scratch_url) == []

    assert await _contents(scratch_url) == before


@pytest.mark.engine
async def test_processes_that_migrate_an_empty_database_at_once_do_it_once(scratch_url: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            MIGRATE,
            scratch_url,
            cwd=ROOT,
            env=_environment(ROOT),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    async with asyncio.timeout(60):
        answers = [await process.communicate() for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], answers
    applied = [json.loads(out) for out, _ in answers]
    assert sorted(applied) == [[], [], NAMES]
    assert (await _contents(scratch_url))["county"] == 115


@pytest.mark.requirement("DAT-01")
async def test_every_installation_has_the_115_counties(database: str) -> None:
    assert database
    counties = await County.all()
    assert len({county.fips for county in counties}) == len({county.name for county in counties}) == 115
    assert Tally(county.kind for county in counties) == {"COUNTY": 114, "INDEPENDENT_CITY": 1}
    assert all(len(county.fips) == 5 and county.fips.startswith("29") for county in counties)
    assert (await County.get(fips="29510")).full_name == "City of St. Louis"
    assert not await Facility.all().exists()


async def _contents(url: str) -> dict[str, int]:
    await open_database(url)
    try:
        applied = await fetch("SELECT COUNT(*) AS n FROM tortoise_migrations")
        return {
            "applied": int(applied[0]["n"]),
            "county": await County.all().count(),
            "counter": int((await fetch("SELECT COUNT(*) AS n FROM counter"))[0]["n"]),
        }
    finally:
        await close_database()
