"""Kept reports and the draw of a review from the command line: whole or not, with an exit code."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from typer.testing import CliRunner, Result

from homeward.cli import app
from homeward.doorbell import LocalDoorbell
from homeward.hashing import Argon2Pool
from orm.database import close_database, dialect, open_database
from orm.guards import WrittenOnce, catalogue_names
from orm.models import ActivityReview, Evidence
from orm.sql import execute
from resolvers.callers import Desk
from tests.world.clock import Clock, Tokens
from tests.world.evidence import plant_evidence
from tests.world.reviews import opened_review
from tests.world.world import World

T = TypeVar("T")


@pytest.mark.requirement("RSK-24", "SAR-02", "SAR-10")
def test_a_changed_report_and_a_changed_draw_are_told_with_exit_code_1(
    database_url: str, tmp_path: Path, passwords: Argon2Pool
) -> None:
    def run(*arguments: str) -> Result:
        env = {"DATABASE_URL": database_url, "HOMEWARD_VAR": str(tmp_path), "REDIS_URL": "", "HOMEWARD_DEMO": "true"}
        return CliRunner().invoke(app, list(arguments), env=env)

    def within(work: Callable[[World], Awaitable[T]]) -> T:
        async def worked() -> T:
            await open_database(database_url)
            try:
                clock = Clock()
                return await work(World(Desk(clock, LocalDoorbell(), passwords, Tokens()), clock))
            finally:
                await close_database()

        return asyncio.run(worked())

    async def fill(world: World) -> tuple[list[int], ActivityReview]:
        for _ in range(3):
            await world.user()
        numbers = [await plant_evidence(world), await plant_evidence(world)]
        return numbers, await opened_review(world)

    (first, second), review = within(fill)
    listed = run("evidence", "list").stdout.splitlines()
    assert [line.split()[:3] for line in listed] == [
        [str(first), "2026-03-02", "SYSTEM_ACTIVITY_REVIEW"],
        [str(second), "2026-03-02", "SYSTEM_ACTIVITY_REVIEW"],
    ]
    whole = run("evidence", "verify")
    assert (whole.exit_code, whole.stdout) == (0, "2 of 2 reports are as they were kept.\n")
    draw = run("review-draw", str(review.number), "--check")
    assert (draw.exit_code, draw.stdout.splitlines()[-1]) == (0, "The same was drawn.")
    lines = run("review-draw", str(review.number)).stdout_bytes
    assert hashlib.sha256(lines).hexdigest() == review.list_hash

    async def tamper(_: World) -> None:
        for name in catalogue_names(WrittenOnce("evidence"), dialect()):
            await execute(f'DROP TRIGGER "{name}"' + (" ON evidence" if dialect() == "postgres" else ""))
        await Evidence.filter(number=first).update(content="{}")
        await ActivityReview.all().update(numbers=[1])

    within(tamper)
    changed = run("evidence", "verify")
    assert changed.exit_code == 1
    assert changed.stdout.startswith(f"NOT WHOLE. Report {first} (SYSTEM_ACTIVITY_REVIEW) was changed: content.\n")
    assert run("evidence", "verify", str(second)).exit_code == 0
    assert run("evidence", "verify", "7").exit_code == 1
    again = run("review-draw", str(review.number), "--check")
    assert (again.exit_code, "NOT THE SAME" in again.stdout) == (1, True)
    assert run("review-draw", "7").exit_code == 1
