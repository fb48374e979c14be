"""Every entry of the trail comes under one seal, once, however late it was committed and whoever seals (AUD-03)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from homeward.seal_key import SealKeyFile, make_seal_key, rotate_seal_key
from orm.models import AuditEntry, Outcome, Seal, SealedEntry
from resolvers.seal_facts import NOTHING_BEFORE, entry_in_tree
from resolvers.seal_ports import SealKeyError, Signer
from resolvers.seals import Horizon, newest_seal, seal_pending
from resolvers.trail import write_entry
from resolvers.trail_rows import CONTENT, leaf_made_anew, read_rows
from rules.merkle import root_of
from tests.conftest import ENGINE
from tests.world.sealed_trail import SealedTrail
from tests.world.world import World

pytestmark = pytest.mark.requirement("AUD-03")

only_postgres = pytest.mark.skipif(ENGINE != "postgres", reason="SQLite commits entries in the order of their numbers")


@pytest.fixture
def trail(world: World, tmp_path: Path) -> SealedTrail:
    """Give a trail without entries."""
    return SealedTrail(world, tmp_path)


async def test_a_seal_is_the_signed_root_over_everything_that_had_none(trail: SealedTrail) -> None:
    await trail.write(5)
    [seal] = await trail.seal()

    entries = await AuditEntry.all().order_by("id")
    assert (seal.number, seal.count, seal.at, seal.previous) == (1, 5, trail.world.clock(), NOTHING_BEFORE)
    assert seal.root == root_of(entry_in_tree(entry.id, entry.leaf) for entry in entries).hex()
    assert trail.keys.public.fits(seal.key_id, seal.content, seal.signature)
    row = await Seal.get(number=1)
    assert (row.first_entry, row.last_entry) == (entries[0].id, entries[-1].id)
    assert await newest_seal() == seal
    kept = await SealedEntry.all().order_by("place")
    assert [(one.entry_id, one.leaf) for one in kept] == [(entry.id, entry.leaf) for entry in entries]
    assert [one.place for one in kept] == [0, 1, 2, 3, 4]


async def test_each_seal_is_linked_to_the_one_before_it(trail: SealedTrail) -> None:
    for _ in range(3):
        await trail.write(2)
        await trail.seal()
    seals = await Seal.all().order_by("number").values_list("number", "previous")
    first, second, third = [previous for _, previous in seals]
    newest = await newest_seal()
    assert newest is not None
    assert (newest.number, newest.previous) == (3, third)
    assert first == NOTHING_BEFORE
    assert len({first, second, third}) == 3
    assert (await trail.verify()).finding is None


async def test_an_idle_house_makes_no_seal_and_sealing_leaves_no_entry_to_be_sealed(trail: SealedTrail) -> None:
    assert await trail.seal() == []
    await trail.write(1)
    assert len(await trail.seal()) == 1
    for _ in range(3):
        trail.world.clock.forward(seconds=10)
        assert await trail.seal() == []
    assert await AuditEntry.all().count() == 1
    assert await Seal.all().count() == 1


async def test_a_backlog_gets_several_seals_of_a_bounded_size(trail: SealedTrail) -> None:
    await trail.write(7)
    assert [seal.count for seal in await trail.seal(most=3)] == [3, 3, 1]
    assert (await trail.verify()).entries == 7


async def test_the_look_back_is_bounded_by_what_is_settled(trail: SealedTrail) -> None:
    await trail.write(4)
    await trail.seal(most=2)
    assert trail.horizon.settled == 4
    await trail.write(1)
    [seal] = await trail.seal()
    assert (seal.count, trail.horizon.settled) == (1, 5)


async def test_a_new_sealer_looks_at_the_whole_trail(trail: SealedTrail) -> None:
    await trail.write(3)
    assert await seal_pending(trail.desk, trail.keys, Horizon(settled=2)) is not None
    assert await trail.sealed() == {3: 1}
    await trail.seal()
    assert await trail.sealed() == {1: 2, 2: 2, 3: 1}
    assert (await trail.verify(by_book=False)).finding is None


@asynccontextmanager
async def beside(work: Callable[[], Awaitable[Any]], *, fails: bool = False) -> AsyncIterator[asyncio.Event]:
    """Work in a transaction that stays open beside the test; the event lets it end, as does the end of the block."""
    done, may_end = asyncio.Event(), asyncio.Event()

    async def transaction() -> None:
        async with in_transaction():
            await work()
            done.set()
            await may_end.wait()
            if fails:
                raise LookupError

    task = asyncio.create_task(transaction())
    async with asyncio.timeout(30):
        await done.wait()
        try:
            yield may_end
        finally:
            may_end.set()
            await asyncio.gather(task, return_exceptions=True)


def committing_late(trail: SealedTrail, *, fails: bool = False) -> AbstractAsyncContextManager[asyncio.Event]:
    """Write an entry that is not committed yet."""

    async def write() -> None:
        await write_entry(trail.world.house, "late", Outcome.DONE, at=trail.world.clock())

    return beside(write, fails=fails)


@only_postgres
async def test_an_entry_that_is_committed_an_hour_late_gets_its_seal(trail: SealedTrail) -> None:
    await trail.write(2)
    await trail.seal()
    async with committing_late(trail):
        for _ in range(3):
            await trail.write(2)
            await trail.seal()
        trail.world.clock.forward(hours=1)
        assert await trail.seal() == []
        assert trail.horizon.settled == 2
        assert sorted(await trail.sealed()) == [1, 2, 4, 5, 6, 7, 8, 9]

    [seal] = await trail.seal()

    assert (seal.number, seal.count) == (5, 1)
    assert (await trail.sealed())[3] == 5
    verdict = await trail.verify()
    assert (verdict.finding, verdict.entries, verdict.waiting) == (None, 9, 0)


@only_postgres
async def test_a_late_entry_is_not_passed_over_while_a_backlog_is_sealed(trail: SealedTrail) -> None:
    await trail.write(2)
    async with committing_late(trail):
        await trail.write(4)
        assert [seal.count for seal in await trail.seal(most=2)] == [2, 2, 2]
    await trail.seal(most=2)
    assert sorted(await trail.sealed()) == [1, 2, 3, 4, 5, 6, 7]


@only_postgres
async def test_a_number_that_was_rolled_back_is_not_waited_for(trail: SealedTrail) -> None:
    async with committing_late(trail, fails=True):
        await trail.write(2)
        await trail.seal()
        assert trail.horizon.settled == 0
    await trail.write(1)
    await trail.seal()
    assert trail.horizon.settled == 4
    assert sorted(await trail.sealed()) == [2, 3, 4]


@only_postgres
async def test_the_look_back_stays_bounded_where_somebody_is_always_writing(trail: SealedTrail) -> None:
    async with committing_late(trail) as first_may_end:
        await trail.write(1)
        await trail.seal()
        assert trail.horizon.settled == 0
        async with committing_late(trail):
            first_may_end.set()
            while await AuditEntry.filter(act="late").count() < 1:
                await asyncio.sleep(0)
            await trail.seal()  # the first is over: nothing below what was seen beside it can come any more
            assert trail.horizon.settled >= 2
            await trail.write(1)
            await trail.seal()
            assert trail.horizon.settled < 3
    await trail.seal()
    assert sorted(await trail.sealed()) == [1, 2, 3, 4]


async def test_several_sealers_at_once_leave_no_gap_and_seal_nothing_twice(trail: SealedTrail) -> None:
    horizons = [Horizon() for _ in range(4)]
    for _ in range(5):
        await trail.write(6)
        async with asyncio.timeout(60):
            made = await asyncio.gather(
                *(seal_pending(trail.desk, trail.keys, horizon, most=4) for horizon in horizons)
            )
        assert any(made)
    await trail.seal()
    numbers = [number for (number,) in await Seal.all().order_by("number").values_list("number")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert sorted(await trail.sealed()) == list(range(1, 31))
    verdict = await trail.verify(by_book=False)
    assert (verdict.finding, verdict.entries) == (None, 30)


@only_postgres
async def test_a_sealer_does_not_wait_for_another_that_is_at_work(trail: SealedTrail) -> None:
    await trail.write(2)

    async def seal() -> None:
        assert await seal_pending(trail.desk, trail.keys, Horizon()) is not None

    async with beside(seal):
        assert await trail.seal() == []
        assert trail.horizon.settled == 0
    assert await trail.seal() == []
    assert sorted(await trail.sealed()) == [1, 2]


class StoppedAt:
    """Run ``work`` until its so-many-th wait, then cancel it there, as a stopping process does."""

    def __init__(self, work: Coroutine[Any, Any, Any], wait: int) -> None:
        self.work, self.wait, self.waited = work, wait, 0

    def __await__(self) -> Generator[Any, Any, None]:
        answer: Any = None
        fault: BaseException | None = None
        while True:
            try:
                awaited = self.work.send(answer) if fault is None else self.work.throw(fault)
            except StopIteration:
                return
            self.waited += 1
            task = asyncio.current_task()
            if self.waited == self.wait and task is not None:
                task.cancel()
            answer, fault = None, None
            try:
                answer = yield awaited
            except BaseException as error:  # noqa: BLE001 - handed on to the work
                fault = error


async def test_a_sealer_stopped_at_whatever_point_has_made_a_whole_seal_or_none(trail: SealedTrail) -> None:
    stopped = 0
    for wait in range(1, 500):
        await trail.write(2)
        before = await Seal.all().count()

        async def work(wait: int = wait) -> int:
            steps = StoppedAt(seal_pending(trail.desk, trail.keys, Horizon()), wait)
            await steps
            return steps.waited

        task = asyncio.create_task(work())
        await asyncio.wait([task])
        assert await Seal.all().count() - before in {0, 1}
        if not task.cancelled() and task.result() < wait:
            break
        stopped += 1
        assert (await trail.verify(by_book=False)).finding is None
    assert stopped > 5
    await trail.seal()
    numbers = [entry.id for entry in await AuditEntry.all().order_by("id")]
    assert sorted(await trail.sealed()) == numbers
    assert (await trail.verify(by_book=False)).finding is None


class BrokenKeys:
    """A key file that is gone when it is needed."""

    def knows(self, key_id: str) -> bool:
        return True

    def signer(self) -> Signer:
        raise SealKeyError("The key is gone.")


async def test_without_a_key_nothing_is_sealed_and_nothing_is_lost(trail: SealedTrail) -> None:
    await trail.write(3)
    with pytest.raises(SealKeyError):
        await seal_pending(trail.desk, BrokenKeys(), trail.horizon)
    assert await Seal.all().count() == await SealedEntry.all().count() == 0
    await trail.seal()
    assert len(await trail.sealed()) == 3


async def test_a_machine_with_another_key_does_not_seal(trail: SealedTrail, tmp_path: Path) -> None:
    await trail.write(1)
    await trail.seal()
    await trail.write(1)
    make_seal_key(tmp_path / "other.json")
    with pytest.raises(SealKeyError, match="does not know"):
        await seal_pending(trail.desk, SealKeyFile(tmp_path / "other.json"), Horizon())
    assert await Seal.all().count() == 1


async def test_after_a_rotation_the_new_key_seals_and_the_old_seals_still_hold(trail: SealedTrail) -> None:
    await trail.write(1)
    await trail.seal()
    old_public = trail.keys.public
    new_key = rotate_seal_key(trail.key_path)
    await trail.write(1)
    [seal] = await trail.seal()

    assert seal.key_id == new_key
    assert (await trail.verify()).finding is None
    finding = (await trail.verify(old_public)).finding
    assert finding is not None
    assert (finding.code, finding.seal) == ("ANOTHER_KEY", 2)


async def test_a_leaf_that_no_house_wrote_does_not_stop_the_sealer_and_is_found(trail: SealedTrail) -> None:
    await AuditEntry.create(
        at=trail.world.clock(), actor="FORGER", request_id="r", act="test", outcome=Outcome.DONE, leaf="not a leaf"
    )
    assert len(await trail.seal()) == 1
    finding = (await trail.verify()).finding
    assert finding is not None
    assert (finding.code, finding.entry) == ("ENTRY_EDITED", 1)


async def test_the_leaf_made_from_a_raw_row_is_that_of_the_house(trail: SealedTrail) -> None:
    coordinator = await trail.world.coordinator("Boone")
    number = await trail.world.published(coordinator, "Boone")
    assert number
    await trail.write(1)
    for offset in (0, 1, 999999):
        facts = {"text": 'é\u2028"\\', "big": 2**53 + 1, "none": None, "list": [1, {"b": 2, "a": 1}], "x": 0.1}
        at = trail.world.clock().replace(microsecond=offset)
        await write_entry(trail.world.house, "test", Outcome.DONE, at=at, facts=facts, subjects={"b": {"2", "10"}})
    rows = await read_rows(f"SELECT e.leaf, {CONTENT} FROM audit_entry e")
    assert len(rows) > 6
    assert [leaf_made_anew(content) for _, *content in rows] == [leaf for leaf, *_ in rows]
    _, at, *rest = rows[0]
    assert leaf_made_anew([5, *rest]) == leaf_made_anew([at, *rest[:-2], "{", rest[-1]]) == ""
