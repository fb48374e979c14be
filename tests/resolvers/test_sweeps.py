"""The ledger of the timed duties: each due date once, late where it has to be, never not at all (SWP)."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from orm.models import SweepRun, SweepState
from orm.sql import fetch
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, UseCase
from resolvers.reminders import REMINDERS
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import (
    LEASE,
    MOST_CLAIMS,
    PLAN,
    RETRY_AFTER,
    TRIES,
    Subject,
    Sweep,
    carry_out,
    claim_run,
    fill_ledger,
    retry_run,
    run_due,
    sweep_named,
    upcoming,
)
from rules.calendar import Daily, OnDates
from rules.errors import Conflict, Denied, NotFound
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.roles import Role
from tests.world.world import World

TODAY = date(2026, 3, 2)  # 09:00 in Chicago
SECOND = timedelta(seconds=1)


class Duty:
    """A timed duty that keeps a diary, and fails where the test says so."""

    def __init__(self, name: str = "duty", subjects: int = 3, cadence: Daily | OnDates | None = None) -> None:
        self.subjects = [uuid4() for _ in range(subjects)]
        self.planned: list[datetime] = []
        self.treated: list[UUID] = []
        self.faults: dict[UUID, Exception] = {}
        use_case: UseCase[[UUID], bool] = UseCase("test.treat", THE_HOUSE, "test", True, False, "Treat.", self._treat)
        self.sweep = Sweep(name, "A duty", "test", cadence or Daily(time(6, 0)), self._plan, use_case)
        self.sweeps = {name: self.sweep}

    async def _plan(self, now: datetime, policy: Policy) -> list[Subject]:
        assert policy
        self.planned.append(now)
        exempt = Subject(uuid4(), "exempt", False, "because", {})
        return [*(Subject(key, "subject", True, "because", {}) for key in self.subjects), exempt]

    async def _treat(self, caller: Caller, key: UUID) -> bool:
        assert caller.actor.label == f"system:sweep {self.sweep.name}"
        await asyncio.sleep(0)
        if key in self.faults:
            raise self.faults[key]
        self.treated.append(key)
        return True


async def _runs(state: SweepState | None = None) -> list[date]:
    rows = SweepRun.all() if state is None else SweepRun.filter(state=state)
    return [run.due_on for run in await rows.order_by("due_on", "name")]


async def test_a_duty_begins_on_the_day_it_is_first_seen_at_its_hour(world: World) -> None:
    duty = Duty(cadence=Daily(time(9, 0)))
    world.clock.now -= SECOND
    assert await run_due(world.desk, duty.sweeps) == 0
    world.clock.now += SECOND
    assert await run_due(world.desk, duty.sweeps) == 1
    assert await _runs(SweepState.DONE) == [TODAY]
    assert sorted(map(str, duty.treated)) == sorted(map(str, duty.subjects)), "and the exempt one is left alone"
    assert await run_due(world.desk, duty.sweeps) == 0


async def test_forty_missed_days_are_caught_up_once_each_the_oldest_first(world: World) -> None:
    duty = Duty(subjects=1)
    await run_due(world.desk, duty.sweeps)
    world.clock.forward(days=40)

    assert await fill_ledger(world.desk, duty.sweeps) == 40
    first = await claim_run(world.desk, duty.sweeps)
    assert first is not None
    assert first.due_on == TODAY + timedelta(days=1)
    await carry_out(world.desk, first, duty.sweeps)
    assert await run_due(world.desk, duty.sweeps) == 39

    assert await _runs(SweepState.DONE) == [TODAY + timedelta(days=day) for day in range(41)]
    assert len(duty.planned) == 41
    assert await run_due(world.desk, duty.sweeps) == 0


async def test_dates_of_the_year_are_caught_up_too(world: World) -> None:
    duty = Duty(subjects=0, cadence=OnDates(((1, 15), (3, 15), (5, 15)), time(6, 0)))
    await SweepRun.create(name="duty", due_on=date(2025, 1, 15), state=SweepState.DONE)
    assert await run_due(world.desk, duty.sweeps) == 3
    assert await _runs() == [date(2025, 1, 15), date(2025, 3, 15), date(2025, 5, 15), date(2026, 1, 15)]


async def test_a_duty_whose_first_date_comes_while_nobody_is_up_is_caught_up_like_any_other(world: World) -> None:
    duty = Duty(subjects=1, cadence=OnDates(((3, 15),), time(6, 0)))
    assert await run_due(world.desk, duty.sweeps) == 0
    world.clock.forward(days=60)
    assert await run_due(world.desk, duty.sweeps) == 1
    assert await _runs(SweepState.DONE) == [date(2026, 3, 15)]


async def test_workers_at_once_never_both_carry_out_one_run(world: World) -> None:
    duty, other = Duty(subjects=2), Duty("other", subjects=1)
    sweeps = duty.sweeps | other.sweeps
    await fill_ledger(world.desk, sweeps)
    world.clock.forward(days=11)

    async with asyncio.timeout(60):
        done = await asyncio.gather(*(run_due(world.desk, sweeps) for _ in range(4)))

    assert sum(done) == 24
    assert (len(duty.planned), len(other.planned)) == (12, 12)
    assert Tally(duty.treated) == dict.fromkeys(duty.subjects, 12)
    runs = await SweepRun.all()
    assert len(runs) == 24
    assert {(run.state, run.attempts, run.leased_until) for run in runs} == {(SweepState.DONE, 1, None)}


async def test_a_run_of_a_killed_worker_is_taken_up_when_its_lease_ends(world: World) -> None:
    duty = Duty()
    await fill_ledger(world.desk, duty.sweeps)
    killed = await claim_run(world.desk, duty.sweeps)
    assert killed is not None
    began = world.clock()

    world.clock.now += LEASE
    assert await claim_run(world.desk, duty.sweeps) is None
    world.clock.now += SECOND
    assert await run_due(world.desk, duty.sweeps) == 1

    run = await SweepRun.get(id=killed.id)
    assert (run.state, run.attempts, run.started_at) == (SweepState.DONE, 2, began)
    assert (run.subjects, run.hit, run.finished_at) == (3, 3, world.clock())


async def test_a_worker_that_wakes_up_after_its_lease_disturbs_nothing(world: World) -> None:
    duty = Duty()
    await fill_ledger(world.desk, duty.sweeps)
    asleep = await claim_run(world.desk, duty.sweeps)
    assert asleep is not None
    world.clock.now += LEASE + SECOND
    awake = await claim_run(world.desk, duty.sweeps)
    assert awake is not None

    await carry_out(world.desk, asleep, duty.sweeps)
    assert len(duty.treated) == 1, "it stops at the first subject, which asks its own rule anyway"
    run = await SweepRun.get(id=awake.id)
    assert (run.state, run.claim, run.hit) == (SweepState.RUNNING, awake.claim, 0)
    await carry_out(world.desk, awake, duty.sweeps)
    assert (await SweepRun.get(id=awake.id)).state is SweepState.DONE


async def test_a_long_run_keeps_its_lease_while_it_works(world: World) -> None:
    duty = Duty(subjects=4)

    async def slow(_caller: Caller, _key: UUID) -> bool:
        world.clock.now += LEASE - SECOND
        assert await claim_run(world.desk, duty.sweeps) is None
        return True

    treat: UseCase[[UUID], bool] = UseCase("test.treat", THE_HOUSE, "test", True, False, "Treat.", slow)
    sweep = Sweep("duty", "A duty", "test", duty.sweep.cadence, duty.sweep.plan, treat)
    await fill_ledger(world.desk, {"duty": sweep})
    run = await claim_run(world.desk, {"duty": sweep})
    assert run is not None
    await carry_out(world.desk, run, {"duty": sweep})
    assert (await SweepRun.get(id=run.id)).state is SweepState.DONE


async def test_one_subject_that_fails_stops_no_other_and_is_tried_again(world: World) -> None:
    duty = Duty()
    refused, broken, good = duty.subjects
    duty.faults = {refused: Conflict("No.", code="SOME_CODE"), broken: ValueError("Person Name, born 1990")}

    assert await run_due(world.desk, duty.sweeps) == 1

    [run] = await SweepRun.all()
    assert duty.treated == [good]
    assert (run.state, run.subjects, run.hit) == (SweepState.PENDING, 3, 1)
    assert run.failures == {str(refused): "SOME_CODE", str(broken): "ValueError"}, "and no word of the fault itself"
    world.clock.now += RETRY_AFTER
    assert await run_due(world.desk, duty.sweeps) == 0
    duty.faults = {}
    world.clock.now += SECOND
    assert await run_due(world.desk, duty.sweeps) == 1
    run = await SweepRun.get(id=run.id)
    assert (run.state, run.hit, run.failures, run.attempts) == (SweepState.DONE, 3, {}, 2)


async def test_after_the_last_try_a_run_is_parked_and_somebody_is_told(world: World) -> None:
    administrator, cso = await world.user(Role.ADMINISTRATOR), await world.user(Role.CSO)
    duty = Duty(subjects=2)
    duty.faults = {duty.subjects[0]: Conflict("No.", code="SOME_CODE")}
    for attempt in range(1, TRIES + 1):
        assert await run_due(world.desk, duty.sweeps) == 1, attempt
        wait = RETRY_AFTER * 2 ** (attempt - 1)
        world.clock.now += wait
        assert await run_due(world.desk, duty.sweeps) == 0, "each wait is twice as long as the last one"
        world.clock.now += SECOND
    [run] = await SweepRun.filter(due_on=TODAY)
    assert (run.state, run.attempts, run.hit) == (SweepState.PARKED, TRIES, 1)
    assert run.failures == {str(duty.subjects[0]): "SOME_CODE"}
    for person in (administrator, cso):
        assert await world.lines(person.actor.mailbox_id) == [(NotificationKind.SWEEP_PARKED, None)]

    with pytest.raises(Denied):
        await retry_run(await world.user(Role.AUDITOR), "duty", TODAY)
    with pytest.raises(NotFound):
        await retry_run(administrator, "duty", TODAY - timedelta(days=1))
    duty.faults = {}
    await retry_run(administrator, "duty", TODAY)
    assert await run_due(world.desk, duty.sweeps) == 1
    run = await SweepRun.get(id=run.id)
    assert (run.state, run.hit, run.failures, run.attempts) == (SweepState.DONE, 2, {}, 1)
    with pytest.raises(Conflict):
        await retry_run(administrator, "duty", TODAY)


async def test_a_duty_whose_people_cannot_be_found_is_tried_again_and_stops_no_other(world: World) -> None:
    broken, good = Duty("broken", cadence=OnDates(((3, 2),), time(6, 0))), Duty("good", subjects=1)

    async def fail(_now: datetime, _policy: Policy) -> list[Subject]:
        raise LookupError("Person Name")

    sweeps = {"broken": replace(broken.sweep, plan=fail)} | good.sweeps
    assert await run_due(world.desk, sweeps) == 2
    run = await SweepRun.get(name="broken")
    assert (run.state, run.failures, run.policy_version) == (SweepState.PENDING, {PLAN: "LookupError"}, "defaults")
    assert len(good.treated) == 1
    world.clock.now += RETRY_AFTER + SECOND
    await run_due(world.desk, broken.sweeps)
    assert (await SweepRun.get(name="broken")).state is SweepState.DONE


async def test_a_run_that_kills_whoever_takes_it_up_is_parked_in_the_end(world: World) -> None:
    duty = Duty()
    await fill_ledger(world.desk, duty.sweeps)
    for _ in range(MOST_CLAIMS):
        assert await claim_run(world.desk, duty.sweeps) is not None
        world.clock.now += LEASE + SECOND
    assert await claim_run(world.desk, duty.sweeps) is None
    assert (await SweepRun.get(name="duty")).state is SweepState.PARKED


async def test_a_duty_that_this_version_does_not_know_is_left_to_those_who_do(world: World) -> None:
    await SweepRun.create(name="of_tomorrow", due_on=TODAY)
    duty = Duty(subjects=0)
    assert await run_due(world.desk, duty.sweeps) == 1
    assert await _runs(SweepState.PENDING) == [TODAY]


async def _everything() -> dict[str, Any]:
    tables = ("sweep_run", "notification", "outbox", "mailbox", "contact", "referral", "audit_entry")
    return {table: await fetch(f"SELECT * FROM {table} ORDER BY id") for table in tables}


async def test_a_dry_run_shows_who_would_be_hit_and_writes_nothing_but_that_it_was_asked(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home, declined = await world.provider("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    before = await _everything()
    at = world.clock() + timedelta(days=30)

    report = await simulate_sweep(world.house, REMINDERS, at)

    assert {subject.id: (subject.hit, subject.facts["referrals"]) for subject in report.subjects} == {
        home.contact_id: (True, [number]),
        declined.contact_id: (True, [number]),
    }
    assert [
        subject.hit for subject in (await simulate_sweep(world.house, REMINDERS, at - timedelta(days=1))).subjects
    ] == [
        False,
        False,
    ]
    after = await _everything()
    assert len(after.pop("audit_entry")) == len(before.pop("audit_entry")) + 2
    assert after == before
    entry = (await world.entries("sweep.simulate"))[0]
    assert entry.facts == {"sweep": "referral_reminders", "as_of": at.isoformat(), "subjects": 2}
    with pytest.raises(Denied):
        await simulate_sweep(coordinator, REMINDERS, at)


def test_a_sweep_is_found_by_its_name_with_hyphens_or_without() -> None:
    sweeps = {REMINDERS.name: REMINDERS}
    assert sweep_named("referral-reminders", sweeps) is sweep_named("referral_reminders", sweeps) is REMINDERS
    with pytest.raises(NotFound) as refused:
        sweep_named("no-such-sweep", sweeps)
    assert "referral-reminders" in refused.value.message


def test_the_dates_to_come_are_listed_in_order() -> None:
    daily, yearly = Duty("daily").sweep, Duty("yearly", cadence=OnDates(((3, 4),), time(6, 0))).sweep
    dates = upcoming({"daily": daily, "yearly": yearly}, TODAY, TODAY + timedelta(days=2))
    assert [(on.day, sweep.name) for on, sweep in dates] == [(3, "daily"), (4, "daily"), (4, "yearly")]
