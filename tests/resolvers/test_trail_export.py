"""Entries are taken out of the house whole, by days of Chicago, and never without leaving an entry (AUD-05)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import orjson
import pytest

from orm.models import AuditEntry, Outcome
from orm.sql import execute
from resolvers import trail_export
from resolvers.trail import leaf_content, leaf_hash
from resolvers.trail_export import begin_export, export_lines
from rules.errors import Invalid
from tests.conftest import ENGINE
from tests.world.sealed_trail import SealedTrail, take_down_the_guards
from tests.world.world import World

pytestmark = pytest.mark.requirement("AUD-05")

DAY = date(2026, 3, 2)


@pytest.fixture
def trail(world: World, tmp_path: Path) -> SealedTrail:
    """Give a trail without entries."""
    return SealedTrail(world, tmp_path)


async def _lines(trail: SealedTrail, first: date = DAY, last: date = DAY) -> list[dict[str, object]]:
    export = await begin_export(trail.world.house, first, last)
    lines = [line async for line in export_lines(export)]
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    assert len(lines) == export.entries
    return [orjson.loads(line) for line in lines]


async def test_each_line_is_an_entry_with_its_leaf_and_its_place_under_its_seal(trail: SealedTrail) -> None:
    await trail.write(3)
    await trail.seal()
    await trail.write(1)
    lines = await _lines(trail)
    entries = await AuditEntry.all().order_by("id").limit(4)
    assert [line["number"] for line in lines] == [1, 2, 3, 4]
    assert [line["content"] for line in lines] == [leaf_content(entry) for entry in entries]
    assert [(line["seal"], line["place"]) for line in lines] == [(1, 0), (1, 1), (1, 2), (None, None)]
    for line in lines:
        assert isinstance(line["content"], dict)
        assert leaf_hash(line["content"]) == line["leaf"]


async def test_the_export_is_an_entry_itself_and_not_among_those_taken_out(trail: SealedTrail) -> None:
    await trail.write(2)
    assert len(await _lines(trail)) == 2
    assert len(await _lines(trail)) == 3
    first, _ = await trail.world.entries("trail.export")
    assert (first.outcome, first.actor) == (Outcome.DONE, "system:test")
    assert first.facts == {"first_day": "2026-03-02", "last_day": "2026-03-02", "entries": 2, "up_to": 2}


async def test_the_days_are_those_of_chicago_and_both_are_included(trail: SealedTrail) -> None:
    last_of_march_first = datetime(2026, 3, 2, 5, 59, 59, 999999, tzinfo=UTC)
    first_of_march_second = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    last_of_march_second = datetime(2026, 3, 3, 5, 59, 59, 999999, tzinfo=UTC)
    first_of_march_third = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
    for at in (first_of_march_third, last_of_march_first, first_of_march_second, last_of_march_second):
        trail.world.clock.now = at
        await trail.write(1)
    trail.world.clock.now = datetime(2026, 4, 1, tzinfo=UTC)
    assert [line["number"] for line in await _lines(trail)] == [3, 4]
    assert [line["number"] for line in await _lines(trail, date(2026, 3, 1), date(2026, 3, 3))] == [1, 2, 3, 4]
    assert await _lines(trail, date(2026, 2, 27), date(2026, 2, 28)) == []


async def test_days_in_the_wrong_order_are_refused_and_nothing_is_given(trail: SealedTrail) -> None:
    await trail.write(1)
    with pytest.raises(Invalid) as no:
        await begin_export(trail.world.house, date(2026, 3, 3), DAY)
    assert (no.value.code, no.value.field) == ("TRAIL_PERIOD", "to")
    [entry] = await trail.world.entries("trail.export")
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, "TRAIL_PERIOD")
    assert entry.facts == {"first_day": "2026-03-03", "last_day": "2026-03-02"}


async def test_a_long_export_goes_out_in_batches_without_gap_or_double(
    trail: SealedTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail_export, "_BATCH", 3)
    await trail.write(10)
    assert [line["number"] for line in await _lines(trail)] == list(range(1, 11))


@pytest.mark.skipif(ENGINE != "sqlite", reason="PostgreSQL takes nothing else into the column")
async def test_an_entry_that_cannot_be_read_is_told_with_its_number_and_its_leaf(trail: SealedTrail) -> None:
    await trail.write(3)
    await take_down_the_guards()
    await execute("UPDATE audit_entry SET facts = '{' WHERE id = 2")
    lines = await _lines(trail)
    assert [line["content"] is None for line in lines] == [False, True, False]
    assert lines[1]["leaf"] == (await AuditEntry.all().order_by("id").values_list("leaf", flat=True))[1]
