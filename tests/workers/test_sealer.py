"""The sealer keeps the trail under seals while the house works, stops with it, and loses nothing when it is killed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from homeward.checkpoint_file import CheckpointFile, CheckpointsRead
from homeward.seal_key import make_seal_key
from orm.models import AuditEntry, Seal
from orm.sql import execute
from resolvers.seals import newest_seal
from tests.workers.posting import PATIENCE
from tests.world.sealed_trail import SealedTrail
from tests.world.world import World
from workers import sealer as sealer_module
from workers.sealer import Sealer

pytestmark = pytest.mark.requirement("AUD-03")

ROOT = Path(__file__).parents[2]
AT_ONCE = timedelta(milliseconds=5)
NEVER = timedelta(days=1)


@pytest.fixture
def trail(world: World, tmp_path: Path) -> SealedTrail:
    """Give a trail without entries."""
    return SealedTrail(world, tmp_path)


def sealer_of(trail: SealedTrail, every: timedelta = NEVER) -> Sealer:
    return Sealer(trail.desk, trail.keys, CheckpointFile(trail.book_path), every=every)


@asynccontextmanager
async def working(sealer: Sealer) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(sealer.run(stop))
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE):
            await task


async def until_sealed(trail: SealedTrail, entries: int) -> None:
    while len(await trail.sealed()) < entries:
        await asyncio.sleep(0)


def told(trail: SealedTrail) -> list[int]:
    return [seal.number for seal in CheckpointsRead(trail.book_path)]


async def test_entries_are_sealed_round_by_round_and_each_seal_is_told_outside(trail: SealedTrail) -> None:
    await trail.write(2)
    async with working(sealer_of(trail, AT_ONCE)):
        await until_sealed(trail, 2)
        await trail.write(3)
        await until_sealed(trail, 5)
    assert told(trail) == list(range(1, await Seal.all().count() + 1))
    assert (await trail.verify()).finding is None


async def test_what_the_house_wrote_while_it_ended_is_sealed_at_the_end(trail: SealedTrail) -> None:
    stop = asyncio.Event()

    async def work() -> None:
        await trail.write(1)
        await until_sealed(trail, 1)
        stop.set()
        while any(task.get_name() == "sealer" for task in asyncio.all_tasks()):
            await asyncio.sleep(0)
        await trail.write(2)

    async with asyncio.timeout(PATIENCE):
        await sealer_of(trail, AT_ONCE).beside(work(), stop)
    assert sorted(await trail.sealed()) == [1, 2, 3]
    assert told(trail) == list(range(1, await Seal.all().count() + 1))


async def test_a_last_round_that_takes_too_long_is_left_to_the_next_sealer(
    trail: SealedTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealer_module, "LAST_WITHIN", timedelta(0))
    stop = asyncio.Event()
    stop.set()
    await sealer_of(trail).beside(trail.write(2), stop)
    assert await Seal.all().count() == 0
    await sealer_of(trail).seal_all()
    assert sorted(await trail.sealed()) == [1, 2]
    assert (await trail.verify()).finding is None


async def test_the_log_tells_the_seal_and_nothing_of_its_entries(trail: SealedTrail) -> None:
    await trail.write(1)
    with capture_logs() as logs:
        await sealer_of(trail).seal_all()
    seal = await newest_seal()
    assert seal is not None
    assert logs == [{"event": "audit.sealed", "log_level": "info", "hash": seal.hash, **seal.told}]


async def test_an_idle_sealer_tells_nothing_twice(trail: SealedTrail) -> None:
    await trail.write(1)
    sealer = sealer_of(trail)
    for _ in range(3):
        await sealer.seal_all()
    assert told(trail) == [1]


async def test_a_seal_that_was_made_and_not_told_is_told_by_the_next_sealer(trail: SealedTrail) -> None:
    await trail.write(1)
    await trail.seal(told=False)
    await sealer_of(trail).seal_all()
    assert told(trail) == [1]


async def test_a_book_that_is_away_gets_the_newest_seal_when_it_is_back(trail: SealedTrail) -> None:
    sealer = sealer_of(trail)
    trail.book_path.mkdir()
    with capture_logs() as logs:
        for _ in range(2):
            await trail.write(1)
            await sealer.seal_all()
    assert {entry["event"] for entry in logs if entry["log_level"] == "error"} == {"audit.checkpoint_not_kept"}
    assert len(await trail.sealed()) == 2
    trail.book_path.rmdir()
    await sealer.seal_all()
    assert told(trail) == [2]
    assert (await trail.verify()).checkpoints == 1


async def test_without_its_key_the_sealer_complains_and_goes_on_when_it_is_back(trail: SealedTrail) -> None:
    await trail.write(1)
    sealer = sealer_of(trail)
    key = trail.key_path.read_bytes()
    trail.key_path.unlink()
    with capture_logs() as logs:
        await sealer.seal_all()
    [complaint] = logs
    assert (complaint["event"], complaint["log_level"]) == ("audit.not_sealed", "error")
    assert "backup" in complaint["why"]
    assert await Seal.all().count() == 0
    trail.key_path.write_bytes(key)
    trail.key_path.chmod(0o600)
    await sealer.seal_all()
    assert len(await trail.sealed()) == 1
    assert told(trail) == [1]


async def test_a_database_that_is_away_is_outlived(trail: SealedTrail) -> None:
    await trail.write(1)
    sealer = sealer_of(trail)
    await execute("ALTER TABLE sealed_entry RENAME TO away")
    with capture_logs() as logs:
        await sealer.seal_all()
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("audit.not_sealed", "warning")]
    assert set(logs[0]) == {"event", "log_level", "error"}
    await execute("ALTER TABLE away RENAME TO sealed_entry")
    await sealer.seal_all()
    assert len(await trail.sealed()) == 1


# It writes an entry and seals, again and again, and says so: another process that can be killed.
SEALING = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from homeward.checkpoint_file import CheckpointFile
from homeward.doorbell import LocalDoorbell
from homeward.seal_key import SealKeyFile
from homeward.wiring import SystemSecrets, configure_logs
from orm.database import open_database
from orm.models import Outcome
from resolvers.callers import Desk, house
from resolvers.trail import write_entry
from workers.sealer import Sealer

async def main(url, key, book):
    configure_logs("ERROR")
    await open_database(url)
    desk = Desk(lambda: datetime.now(UTC), LocalDoorbell(), None, SystemSecrets())
    sealer = Sealer(desk, SealKeyFile(Path(key)), CheckpointFile(Path(book)))
    while True:
        await write_entry(house(desk, "test"), "test", Outcome.DONE, at=desk.clock())
        await sealer.seal_all()
        print("sealed", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.requirement("SWP-14")
async def test_a_sealer_that_is_killed_again_and_again_loses_nothing_and_seals_nothing_twice(
    trail: SealedTrail, database_url: str
) -> None:
    for rounds in (1, 2, 4):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SEALING,
            database_url,
            str(trail.key_path),
            str(trail.book_path),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE * 3):
                for _ in range(rounds):
                    assert await process.stdout.readline() == b"sealed\n"
        finally:
            process.kill()
            await process.communicate()
    assert await Seal.all().count() >= 7
    await sealer_of(trail).seal_all()
    numbers = [entry.id for entry in await AuditEntry.all().order_by("id")]
    assert sorted(await trail.sealed()) == numbers
    assert max(told(trail)) == await Seal.all().count()
    verdict = await trail.verify()
    assert (verdict.finding, verdict.waiting) == (None, 0)


async def test_sealers_of_several_workers_share_the_work(trail: SealedTrail) -> None:
    sealers = [sealer_of(trail, AT_ONCE) for _ in range(3)]
    stop = asyncio.Event()
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as workers:
        for sealer in sealers:
            workers.create_task(sealer.run(stop))
        for entries in range(3, 16, 3):
            await trail.write(3)
            await until_sealed(trail, entries)
        stop.set()
    verdict = await trail.verify()
    assert (verdict.finding, verdict.entries) == (None, 15)
    assert sorted(set(told(trail))) == list(range(1, await Seal.all().count() + 1))


async def test_a_second_machine_with_a_key_of_its_own_leaves_the_sealing_to_the_first(
    trail: SealedTrail, tmp_path: Path
) -> None:
    await trail.write(1)
    await trail.seal()
    trail.key_path.unlink()
    make_seal_key(trail.key_path)
    await trail.write(1)
    with capture_logs() as logs:
        await sealer_of(trail).seal_all()
    assert [entry["event"] for entry in logs] == ["audit.not_sealed"]
    assert "all machines that seal share one" in logs[0]["why"]
    assert await Seal.all().count() == 1
