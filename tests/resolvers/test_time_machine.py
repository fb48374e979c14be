"""Ten years in a few seconds: every due date done once, late where it had to be, none missing (SWP; STACK, 12)."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID, uuid4

import pytest

from orm.models import DatedObligation, Notification, SweepRun, SweepState
from resolvers.callers import Caller
from resolvers.officers import Organization
from resolvers.sweep_register import SWEEPS
from resolvers.sweeps import LEASE, Subject, Sweep, run_due
from rules.calendar import CHICAGO, Cadence, Daily, OnDates, local_date
from rules.notices import NotificationKind
from rules.obligations import OBLIGATIONS, ObligationState
from rules.policy import Policy
from rules.roles import Role
from tests.world.office import at_facility, designated
from tests.world.world import World

BEGIN = date(2026, 3, 2)
END = date(2036, 3, 2)  # the leap days of 2028, 2032 and 2036 are in between
DAY = timedelta(days=1)

CADENCES: Mapping[str, Cadence] = {
    "in_the_skipped_hour": OnDates(((3, 8), (3, 12), (3, 14), (11, 1), (11, 5)), time(2, 30)),
    "quarterly": OnDates(((1, 1), (4, 1), (7, 1), (10, 1)), time(6, 0)),
    "odd_months": OnDates(tuple((month, 15) for month in range(1, 13, 2)), time(6, 0)),
    "audits": OnDates(((2, 1), (6, 1), (10, 1)), time(6, 0)),
    "leap_day": OnDates(((2, 29),), time(23, 59)),
    "april": OnDates(((4, 1), (4, 8), (4, 15), (4, 22), (4, 29), (5, 1)), time(6, 30)),
}
DAILY: Mapping[str, Cadence] = {"daily": Daily(time(6, 0))}
"""What a later version brings along: it begins with the last months, to which a leap day belongs."""
LAST_MONTHS = date(2035, 10, 2)


class Crash(BaseException):
    """A worker that is killed: nothing catches it."""


class Machine:
    """Timed duties that count what they did, workers that are killed now and then, and a clock that is moved."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.rng = Random(seed)
        self.done: Tally[str] = Tally()
        self.crashes = 0
        self.sweeps = self._all(CADENCES)

    def bring(self, cadences: Mapping[str, Cadence]) -> None:
        """Bring further duties along, as a new version does."""
        self.sweeps |= self._all(cadences)

    def _all(self, cadences: Mapping[str, Cadence]) -> dict[str, Sweep]:
        return {name: self._sweep(name, cadence) for name, cadence in cadences.items()}

    def _sweep(self, name: str, cadence: Cadence) -> Sweep:
        busy = name != "daily"

        async def plan(_now: datetime, _policy: Policy) -> list[Subject]:
            self._perhaps_crash()
            if not busy:
                self.done[name] += 1
            return [Subject(uuid4(), name, True, "because", {})] if busy else []

        async def treat(_caller: Caller, _key: UUID) -> bool:
            self._perhaps_crash()
            self.done[name] += 1
            return True

        return Sweep(name, name, "test", cadence, plan, treat)

    def _perhaps_crash(self) -> None:
        if self.rng.random() < 0.04:
            self.crashes += 1
            raise Crash

    async def tick(self, workers: int) -> None:
        """Let so many workers tick at once; whoever is killed is followed by another when the lease has ended."""
        while True:
            ticks = [run_due(self.world.desk, self.sweeps) for _ in range(workers)]
            results = await asyncio.gather(*map(_survived, ticks))
            if all(results):
                return
            self.world.clock.now += LEASE + timedelta(seconds=1)


async def _survived(tick: Awaitable[int]) -> bool:
    try:
        await tick
    except Crash:
        return False
    return True


def at(on: date, clock: time) -> datetime:
    return datetime.combine(on, clock, tzinfo=CHICAGO).astimezone(UTC)


def days_up(rng: Random) -> list[date]:
    """Choose the days on which somebody is up: all with a due date but in downtime, some others, at last each day."""
    due = {on for cadence in CADENCES.values() for on in cadence.due_dates(BEGIN - DAY, END)}
    on, days = BEGIN, []
    while on <= END:
        chance = rng.random()
        if chance < 0.004:
            on += timedelta(days=rng.randrange(2, 45))
        elif on >= LAST_MONTHS or on in due or chance < 0.04:
            days.append(on)
        on += DAY
    return [*days, END] if days[-1] != END else days


@pytest.mark.requirement("SWP-01")
async def test_in_ten_years_with_downtime_and_crashes_every_due_date_is_done_once(world: World) -> None:
    machine = Machine(world, seed=5)
    ticks = []
    for on in days_up(machine.rng):
        if on >= LAST_MONTHS:
            machine.bring(DAILY)
        hour = time(23, 59, 30) if on == END else time(machine.rng.randrange(24), machine.rng.randrange(60))
        world.clock.now = max(world.clock.now, at(on, hour))
        ticks.append(world.clock.now)
        await machine.tick(workers=3 if machine.rng.random() < 0.1 else 1)

    runs = await SweepRun.all()
    assert {run.state for run in runs} == {SweepState.DONE}
    for name, cadence in (CADENCES | DAILY).items():
        own = {run.due_on: run for run in runs if run.name == name}
        seen = min(tick for tick in ticks if local_date(tick) >= (LAST_MONTHS if name == "daily" else BEGIN))
        assert sorted(own) == list(cadence.due_dates(local_date(seen) - DAY, END)), f"{name}: none missing or made up"
        assert machine.done[name] == len(own), f"{name}: each is done once"
        for due_on, run in own.items():
            assert run.started_at is not None
            assert run.finished_at is not None
            assert run.started_at >= cadence.instant(due_on), "never early"
            possible = next(tick for tick in ticks if tick >= max(cadence.instant(due_on), seen))
            assert run.started_at - possible < timedelta(hours=2), "late only where nobody was up"
    assert len(runs) > 380
    assert machine.crashes > 10
    assert sum(run.attempts - 1 for run in runs) == machine.crashes
    leap = [run.due_on for run in runs if run.name == "leap_day"]
    assert (len(leap), [(one.month, one.day) for one in leap].count((2, 29))) == (10, 3)


@pytest.mark.requirement("SWP-12")
async def test_the_real_duties_get_through_a_clock_change_with_workers_that_are_killed(world: World) -> None:
    cso, lso = await world.user(Role.CSO), await at_facility(world, "101", Role.LSO)
    await designated(world, Organization(facility_id="101"), lso)
    rng, crashes, on = Random(3), 0, date(2026, 3, 6)  # the clock changes on 8 March
    for gap in (1, 1, 1, 3):
        world.clock.now = at(on, time(9, 0))
        while True:
            calls_left = rng.choice((25, 60, 10_000))

            def dies() -> datetime:
                nonlocal calls_left
                calls_left -= 1
                if calls_left < 0:
                    raise Crash
                return world.clock.now

            if await _survived(run_due(replace(world.desk, clock=dies), SWEEPS)):
                break
            crashes += 1
            world.clock.now += LEASE + timedelta(seconds=1)
        on += gap * DAY

    runs = await SweepRun.all()
    days = [date(2026, 3, day) for day in (6, 7, 8, 9)]
    daily = [name for name, sweep in SWEEPS.items() if isinstance(sweep.cadence, Daily)]
    assert sorted((run.name, run.due_on) for run in runs) == sorted((name, day) for name in daily for day in days)
    assert {run.state for run in runs} == {SweepState.DONE}
    assert crashes > 1
    opened = await DatedObligation.filter(state=ObligationState.OPEN)
    assert len({(one.code, one.subject) for one in opened}) == len(opened) > 8
    due = await Notification.filter(mailbox_id=cso.actor.mailbox_id, kind=NotificationKind.OBLIGATION_DUE)
    reminded = [one for one in opened if one.reminded_on and Role.CSO in OBLIGATIONS[one.code].owners]
    assert sorted(str(line.subject_number) for line in due) == sorted(str(one.number) for one in reminded)
    assert reminded
