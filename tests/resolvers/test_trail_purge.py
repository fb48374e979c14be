"""After six years the content of an entry goes, and what it was sealed by stays (45 CFR 164.316(b)(2)(i))."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tortoise.exceptions import IntegrityError

from orm.models import AuditEntry, SealedEntry
from orm.sql import execute
from resolvers import trail_purge
from resolvers.callers import Desk
from resolvers.sweep_register import SWEEPS
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import run_now
from resolvers.trail_purge import TRAIL_PURGE
from tests.world.clock import Clock
from tests.world.sealed_trail import SealedTrail, take_down_the_guards
from tests.world.world import World

pytestmark = pytest.mark.requirement("AUD-03")


@pytest.fixture
def clock() -> Clock:
    """A clock that begins long ago, for the database asks its own."""
    clock = Clock()
    clock.now = datetime(2016, 3, 1, 15, tzinfo=UTC)
    return clock


@pytest.fixture
async def trail(world: World, tmp_path: Path) -> SealedTrail:
    """Six entries under seal 1, six years and a day before three under seal 2; one more waits for its seal."""
    trail = SealedTrail(world, tmp_path)
    await trail.write(6)
    await trail.seal()
    world.clock.forward(days=6 * 366 + 1)
    await trail.write(3)
    await trail.seal()
    await trail.write(1)
    return trail


async def test_what_is_older_than_it_is_kept_loses_its_content_and_the_trail_is_still_whole(
    trail: SealedTrail, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail_purge, "MOST_AT_ONCE", 3)
    world = trail.world
    assert SWEEPS["trail_purge"] is TRAIL_PURGE
    report = await simulate_sweep(world.house, TRAIL_PURGE, world.clock())
    assert [subject.facts for subject in report.hits] == [{"entries": 3}]
    assert await AuditEntry.filter(id__lte=6).count() == 6

    assert (await run_now(desk, TRAIL_PURGE)).hit == 1

    assert await AuditEntry.filter(act="test").values_list("id", flat=True) == [7, 8, 9, 10]
    assert await SealedEntry.all().count() == 9
    assert [entry.facts["entries"] for entry in await world.entries("trail.purge")] == [3, 3, 0]
    verdict = await trail.verify()
    assert (verdict.finding, verdict.entries, verdict.purged, verdict.checkpoints) == (None, 9, 6, 2)
    assert (await run_now(desk, TRAIL_PURGE)).hit == 0


async def test_an_entry_is_kept_to_the_last_day_of_its_years_and_found_missing_within_them(trail: SealedTrail) -> None:
    trail.world.clock.forward(days=-2)
    assert (await simulate_sweep(trail.world.house, TRAIL_PURGE, trail.world.clock())).hits == ()
    await execute("DELETE FROM audit_entry WHERE id = 2")  # old enough for the database, not for the house
    verdict = await trail.verify()
    assert verdict.finding is not None
    assert (verdict.finding.code, verdict.finding.entry) == ("ENTRY_ERASED", 2)
    trail.world.clock.forward(days=2)
    assert (await trail.verify()).finding is None


async def test_an_old_entry_can_be_dropped_and_not_changed_nor_put_back_otherwise(trail: SealedTrail) -> None:
    for attempt in (
        "UPDATE audit_entry SET actor = 'SOMEBODY' WHERE id = 1",
        "UPDATE audit_entry SET at = '2001-01-01 00:00:00+00:00' WHERE id = 8",
        "DELETE FROM audit_entry",  # the tenth has no seal, however old it is
    ):
        with pytest.raises(IntegrityError, match="is written once"):
            await execute(attempt)
    await take_down_the_guards()
    await execute("UPDATE audit_entry SET actor = 'SOMEBODY' WHERE id = 1")
    finding = (await trail.verify()).finding
    assert finding is not None
    assert (finding.code, finding.entry) == ("ENTRY_EDITED", 1)
