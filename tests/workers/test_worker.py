"""The worker ticks and sends letters, whether its broker is there, restarts, or never comes."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest
from arq import ArqRedis
from arq.constants import job_key_prefix
from redis.exceptions import RedisError

from homeward.demo_postbox import DemoPostbox
from homeward.embedded_broker import EmbeddedBroker, free_port
from orm.models import SweepRun, SweepState
from resolvers.callers import Desk
from resolvers.reminders import REMINDERS, remind_contact
from resolvers.sweep_register import SWEEPS
from resolvers.sweeps import Subject, Sweep
from rules.calendar import Daily, local_date
from rules.policy import Policy
from tests import servers
from tests.workers.posting import PATIENCE, postman_to, promise_letters, relay_of
from tests.world.clock import Clock
from tests.world.world import World
from workers import arq_worker
from workers.tick import Tick

NEVER = timedelta(days=1)
AT_ONCE = timedelta(seconds=0.05)


class Probe:
    """A sweep that tells on which days it was carried out."""

    def __init__(self) -> None:
        self.days: asyncio.Queue[date] = asyncio.Queue()
        self.sweep = Sweep("probe", "A probe", "none", Daily(time(6, 0)), self._plan, remind_contact)

    async def _plan(self, now: datetime, _policy: Policy) -> list[Subject]:
        self.days.put_nowait(local_date(now))
        return []

    @property
    def sweeps(self) -> dict[str, Sweep]:
        return {self.sweep.name: self.sweep}

    async def ran_on(self) -> date:
        async with asyncio.timeout(PATIENCE):
            return await self.days.get()


@asynccontextmanager
async def working(
    desk: Desk, postbox: DemoPostbox, probe: Probe, redis_url: str, overdue: timedelta = NEVER
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    relay = relay_of(desk, postman_to(postbox))
    worker = asyncio.create_task(
        arq_worker.run_worker(desk, relay, probe.sweeps, redis_url, stop, overdue=overdue), name="worker"
    )
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE):
            await worker


@asynccontextmanager
async def queue(redis_url: str) -> AsyncIterator[ArqRedis]:
    pool = arq_worker.queue_at(redis_url)
    try:
        yield pool
    finally:
        await pool.aclose(close_connection_pool=True)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[str]:
    embedded = EmbeddedBroker(tmp_path / "broker")
    yield await embedded.start()
    await embedded.stop()


@pytest.fixture
def broker_pid(broker: str, tmp_path: Path) -> int:
    assert broker
    return int((tmp_path / "broker" / "pid").read_text())


async def test_a_worker_ticks_when_it_starts_and_again_when_asked(
    world: World, desk: Desk, clock: Clock, postbox: DemoPostbox, broker: str
) -> None:
    assert world
    probe = Probe()
    async with working(desk, postbox, probe, broker, overdue=NEVER), queue(broker) as pool:
        assert await probe.ran_on() == date(2026, 3, 2)
        clock.forward(days=1)
        await pool.enqueue_job(arq_worker.TICK)
        assert await probe.ran_on() == date(2026, 3, 3)
        assert await pool.get(arq_worker.HEALTH_KEY)
    assert await SweepRun.filter(state=SweepState.DONE).count() == 2


async def test_a_worker_outlives_its_broker_and_sends_letters_while_it_is_gone(
    world: World, desk: Desk, clock: Clock, postbox: DemoPostbox, broker: str, broker_pid: int
) -> None:
    probe = Probe()
    async with working(desk, postbox, probe, broker), asyncio.timeout(PATIENCE):
        await probe.ran_on()
        held, holder = await asyncio.open_connection("127.0.0.1", urlsplit(broker).port)
        os.kill(broker_pid, signal.SIGKILL)
        with suppress(ConnectionResetError):
            await held.read()  # ends with the broker: until then it may take a connection and let it down
        holder.close()
        await promise_letters(world, 2)
        await postbox.wait_for_letters(2)
        clock.forward(days=1)
        async with queue(broker) as pool:  # the supervisor has started another one meanwhile
            await pool.enqueue_job(arq_worker.TICK)
            assert await probe.ran_on() == date(2026, 3, 3)


async def test_a_worker_whose_broker_is_stuck_goes_on_ticking_and_stops_when_told(
    world: World, desk: Desk, clock: Clock, postbox: DemoPostbox, broker: str, broker_pid: int
) -> None:
    assert world
    probe = Probe()
    try:
        async with working(desk, postbox, probe, broker, overdue=AT_ONCE):
            await probe.ran_on()
            os.kill(broker_pid, signal.SIGSTOP)
            clock.forward(days=1)
            assert await probe.ran_on() == date(2026, 3, 3)
    finally:
        os.kill(broker_pid, signal.SIGCONT)


async def test_a_worker_that_never_finds_a_broker_sends_letters_and_ticks(
    world: World, desk: Desk, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 1)
    probe = Probe()
    async with working(desk, postbox, probe, f"redis://127.0.0.1:{free_port()}/0", overdue=AT_ONCE):
        assert await probe.ran_on() == date(2026, 3, 2)
        async with asyncio.timeout(PATIENCE):
            await postbox.wait_for_letters(1)


async def test_a_worker_whose_broker_comes_late_serves_its_queue_from_then_on(
    world: World, desk: Desk, postbox: DemoPostbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await promise_letters(world, 1)
    port = free_port()
    monkeypatch.setattr(arq_worker, "REDIS_TRIES", 0)
    monkeypatch.setattr(servers, "free_port", lambda: port)
    probe = Probe()
    async with working(desk, postbox, probe, f"redis://127.0.0.1:{port}/0"), asyncio.timeout(PATIENCE):
        await postbox.wait_for_letters(1)  # long after the first look at a port where nobody listens
        assert probe.days.empty()
        with servers.broker_server():
            assert await probe.ran_on() == date(2026, 3, 2)


async def test_what_lies_in_the_queue_is_json_and_names_nothing_but_the_tick(broker: str) -> None:
    async with queue(broker) as pool:
        job = await pool.enqueue_job(arq_worker.TICK)
        assert job is not None
        stored = await pool.get(f"{job_key_prefix}{job.job_id}")
    assert stored is not None
    assert {**orjson.loads(stored), "et": 0} == {"t": None, "f": "tick", "a": [], "k": {}, "et": 0}


async def test_a_wrong_password_for_the_broker_does_not_stop_the_letters(
    world: World, desk: Desk, postbox: DemoPostbox, broker: str
) -> None:
    await promise_letters(world, 1)
    probe = Probe()
    wrong = broker.replace("redis://:", "redis://:not-")
    with pytest.raises(RedisError):
        async with queue(wrong) as pool:
            await pool.ping()
    async with working(desk, postbox, probe, wrong), asyncio.timeout(PATIENCE):
        await postbox.wait_for_letters(1)


async def test_the_tick_leaves_runs_of_sweeps_it_does_not_know_and_does_its_own(
    world: World, desk: Desk, clock: Clock
) -> None:
    assert world
    await SweepRun.create(name="of_a_newer_version", due_on=date(2026, 1, 1))
    probe = Probe()
    tick = Tick(desk, probe.sweeps)
    assert await tick() == 1
    assert await tick() == 0
    clock.forward(days=3)
    assert await tick() == 3
    assert (await SweepRun.get(name="of_a_newer_version")).state is SweepState.PENDING


async def test_a_tick_that_fails_is_not_the_last(world: World, desk: Desk, clock: Clock) -> None:
    assert world
    probe = Probe()
    away = ConnectionResetError("the database is away for a moment")
    trouble: list[Exception] = [away, away]  # what is overdue, and the sweeps

    def now() -> datetime:
        if trouble:
            raise trouble.pop()
        return clock()

    tick = Tick(Desk(now, desk.doorbell, desk.passwords, desk.secrets), probe.sweeps)
    assert await tick() == 0
    assert await tick() == 1


async def test_trouble_with_what_is_overdue_does_not_keep_the_sweeps_from_their_turn(
    world: World, desk: Desk, clock: Clock
) -> None:
    assert world
    probe = Probe()
    trouble: list[Exception] = [ConnectionResetError("the database is away for a moment")]

    def now() -> datetime:
        if trouble:
            raise trouble.pop()
        return clock()

    assert await Tick(Desk(now, desk.doorbell, desk.passwords, desk.secrets), probe.sweeps)() == 1


def test_the_reminders_are_among_the_timed_duties() -> None:
    assert SWEEPS["referral_reminders"] is REMINDERS
