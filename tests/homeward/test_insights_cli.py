"""The numbers behind the insights from the command line: right or not, with an exit code, and set right."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from homeward.cli import app
from homeward.doorbell import LocalDoorbell
from homeward.hashing import Argon2Pool
from orm.database import close_database, open_database
from orm.models import InsightCount
from resolvers.callers import Desk
from tests.world.clock import Clock, Tokens
from tests.world.world import World


@pytest.mark.requirement("RSP-07")
def test_a_lost_number_is_told_with_exit_code_1_and_set_right(
    database_url: str, tmp_path: Path, passwords: Argon2Pool
) -> None:
    def run(*arguments: str) -> Result:
        env = {"DATABASE_URL": database_url, "HOMEWARD_VAR": str(tmp_path), "REDIS_URL": "", "HOMEWARD_DEMO": "true"}
        return CliRunner().invoke(app, ["insights", *arguments], env=env)

    async def fill() -> None:
        await open_database(database_url)
        try:
            clock = Clock()
            world = World(Desk(clock, LocalDoorbell(), passwords, Tokens()), clock)
            await world.published(await world.coordinator("Boone"), "Boone")
            await InsightCount.filter(what="OPEN").delete()
        finally:
            await close_database()

    asyncio.run(fill())

    wrong = run("check")
    assert wrong.exit_code == 1
    assert wrong.stdout.splitlines()[0] == "OPEN 2026-03 *: 0 is kept, 1 would be right."
    assert "NOT RIGHT. 2 numbers, and the acceptances of 0 referrals," in wrong.stdout
    for command in ("recount", "check"):
        right = run(command)
        assert (right.exit_code, right.stdout) == (0, "Right: 4 numbers are those of a fresh count.\n")
