"""Kept reports are found in a folder too, whatever happens to the folder meanwhile (SAR-11; 002:265)."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeward.evidence_folder import EvidenceFolder
from orm.models import Evidence
from tests.world.evidence import plant_evidence, report_of
from tests.world.world import World
from workers.evidence_filer import EvidenceFiler
from workers.tick import Tick


@pytest.mark.requirement("SAR-11")
async def test_each_report_is_put_there_once_whole_and_what_is_missing_is_caught_up(
    world: World, tmp_path: Path
) -> None:
    share = tmp_path / "share"
    filer = EvidenceFiler(world.desk, EvidenceFolder(share))
    tick = Tick(world.desk, {}, {"evidence": filer})
    first = await plant_evidence(world)

    await tick()  # the share is not mounted: nothing is made in its place, and the tick goes on
    assert not share.exists()
    share.mkdir()
    await tick()
    stem = f"homeward-system-activity-review-{first}"
    assert sorted(place.name for place in share.iterdir()) == [f"{stem}.json", f"{stem}.pdf"]
    kept = await Evidence.get(number=first)
    assert (share / f"{stem}.json").read_text(encoding="utf-8") == report_of().content() == kept.content
    assert (share / f"{stem}.pdf").read_bytes() == kept.pdf

    second = await plant_evidence(world)
    (share / f"{stem}.pdf").unlink()  # somebody tidied up
    (share / "a note.txt").write_text("Ours.")
    (share / f"{stem}.json").write_text("Changed by hand.")
    assert await filer() == 2
    assert await filer() == 0
    assert (share / f"{stem}.pdf").read_bytes() == kept.pdf
    assert (share / f"{stem}.json").read_text() == "Changed by hand.", "nothing is overwritten"
    names = {place.name for place in share.iterdir()}
    assert {"a note.txt", f"homeward-system-activity-review-{second}.pdf"} < names
    assert not [name for name in names if name.endswith(".part")]
    filed = await world.entries("evidence.file")
    assert [(entry.about_id, entry.actor) for entry in filed] == [
        (one.id, "system:evidence filer")
        for one in (kept, *await Evidence.filter(number__in=[first, second]).order_by("number"))
    ]
