"""The timed duties as people see them: when each is due next, its runs, and a run as it goes on (SWP)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from orm.models import SweepRun, SweepState
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, Reading, access
from resolvers.office_reads import SweepRunView, show_run
from resolvers.register import current_policy
from resolvers.sessions import still_there
from resolvers.sweep_register import SWEEPS
from resolvers.sweeps import BELL, SIMULATORS, Sweep, SweepReport, kept_name, sweep_named, upcoming
from resolvers.trail_reads import TRAIL_READERS
from rules.calendar import Cadence, Daily, local_date, local_instant
from rules.errors import Invalid, NotFound

SWEEP_READERS = TRAIL_READERS | SIMULATORS

_POLL_SECONDS = 8.0
_YEAR = timedelta(days=365)
_FURTHEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class SweepView:
    """A timed duty, how often it is due, when next, and how many of its runs wait or were given up."""

    name: str
    title: str
    cites: str
    cadence: str
    next_due_on: date | None
    due_dates: list[date]
    waiting: int
    parked: int
    daily: bool = False


@access("sweep.describe", by=SWEEP_READERS, cites="002:145-197")
async def list_sweeps(reading: Reading, sweeps: Mapping[str, Sweep] = SWEEPS) -> list[SweepView]:
    """List every timed duty by name, with its due dates of the coming year; a daily one only with the next."""
    waiting: dict[tuple[str, SweepState], int] = {}
    for run in await SweepRun.exclude(state=SweepState.DONE).only("name", "state"):
        waiting[run.name, run.state] = waiting.get((run.name, run.state), 0) + 1
    coming = upcoming(sweeps, reading.today, reading.today + _YEAR)
    reading.note(sweeps=len(sweeps))
    views = []
    for sweep in sorted(sweeps.values(), key=lambda one: one.name):
        due = [on for on, other in coming if other is sweep]
        if sweep.cadence.instant(reading.today) > reading.now and _is_due(sweep.cadence, reading.today):
            due.insert(0, reading.today)
        parked = waiting.get((sweep.name, SweepState.PARKED), 0)
        views.append(
            SweepView(
                name=sweep.name,
                title=sweep.title,
                cites=sweep.cites,
                cadence=cadence_in_words(sweep.cadence),
                next_due_on=due[0] if due else None,
                due_dates=due[:1] if isinstance(sweep.cadence, Daily) else due,
                waiting=sum(count for (name, _), count in waiting.items() if name == sweep.name) - parked,
                parked=parked,
                daily=isinstance(sweep.cadence, Daily),
            )
        )
    return views


@access("sweep.simulate", by=SIMULATORS | THE_HOUSE, cites="002:145-197")
async def simulate_sweep(reading: Reading, sweep: Sweep | str, as_of: date | datetime | None = None) -> SweepReport:
    """Show who would be hit, who is exempt, and why: the same plan, nobody touched.

    ``sweep`` may be one of the register by its name; ``as_of`` is an instant, or a day: then the sweep's hour of it.

    Raises:
        NotFound: ``SWEEP_NOT_FOUND``.
        Invalid: ``DATE_TOO_FAR``.
    """
    if isinstance(sweep, str):
        sweep = sweep_named(sweep, SWEEPS)
    reading.note(sweep=sweep.name)
    at = _instant(reading, sweep, as_of)
    policy = await current_policy(at)
    subjects = await sweep.plan(at, policy)
    reading.note(as_of=at.isoformat(), subjects=len(subjects))
    return SweepReport(sweep.name, at, policy.version, tuple(subjects))


def _instant(reading: Reading, sweep: Sweep, as_of: date | datetime | None) -> datetime:
    if as_of is None or isinstance(as_of, datetime):
        return as_of or reading.now
    if abs(as_of - reading.today) > _FURTHEST:
        raise Invalid("Choose a day within ten years.", code="DATE_TOO_FAR", field="asOf")
    return at_its_hour(sweep, as_of)


def at_its_hour(sweep: Sweep, day: date) -> datetime:
    """Give the instant at which a sweep would run on a day."""
    due = sweep.cadence.instant(day)
    return due if local_date(due) == day else local_instant(day, time(12))


@access("sweep.view_run", by=SWEEP_READERS, cites="002:145-197")
async def view_sweep_run(reading: Reading, name: str, due_on: date) -> SweepRunView:
    """Show one run of a timed duty.

    Raises:
        NotFound: ``SWEEP_RUN_NOT_FOUND``.
    """
    run = await SweepRun.filter(name=kept_name(name), due_on=due_on).first()
    if run is None:
        raise NotFound("There is no such run.", code="SWEEP_RUN_NOT_FOUND", field="dueOn")
    reading.about("sweep_run", run.id)
    return show_run(run)


@access("sweep.follow", by=SWEEP_READERS, cites="002:145-197")
async def begin_to_follow(reading: Reading, name: str | None) -> str | None:
    """Begin to follow the runs of all timed duties, or of one.

    Raises:
        NotFound: ``SWEEP_NOT_FOUND``.
    """
    wanted = None if name is None else sweep_named(name, SWEEPS).name
    reading.note(sweep=wanted)
    return wanted


@access("sweep.deliver", by=SWEEP_READERS, cites="002:145-197")
async def deliver_run(reading: Reading, run: SweepRun) -> SweepRunView:
    """Show a run as it stands."""
    reading.about("sweep_run", run.id)
    reading.note(sweep=run.name, state=str(run.state))
    return show_run(run)


async def follow_sweeps(caller: Caller, name: str | None = None) -> AsyncGenerator[SweepRunView, None]:
    """Follow the runs: each that is not done as it stands, then each whenever it has moved on.

    What is shown is a state, not a step: whoever was cut off sees at once how things stand.

    Raises:
        Unauthenticated: the session has ended.
        Denied: this person may not follow timed duties.
        NotFound: ``SWEEP_NOT_FOUND``.
    """
    wanted = await begin_to_follow(caller, name)
    shown: dict[object, tuple[object, ...]] = {}
    finished_since = caller.desk.clock()
    with caller.desk.doorbell.listen(BELL) as waiter:
        while True:
            await still_there(caller)
            for run in await _moving(wanted, finished_since):
                mark = (run.state, run.attempts, run.hit, run.subjects, len(run.failures))
                if shown.get(run.id) != mark:
                    caller = await still_there(caller)
                    yield await deliver_run(caller, run)
                    shown[run.id] = mark
            await waiter.wait(_POLL_SECONDS)


async def follow_run(caller: Caller, name: str, due_on: date, seen: str = "") -> AsyncGenerator[SweepRunView, None]:
    """Follow one run until it moves no more: as it stands, unless that was ``seen``, then whenever it has moved on.

    ``seen`` is the mark of the run as it was shown: what happened between that and the first look here is told at once.

    Raises:
        Unauthenticated: the session has ended.
        Denied: this person may not see timed duties.
        NotFound: ``SWEEP_RUN_NOT_FOUND``.
    """
    with caller.desk.doorbell.listen(BELL) as waiter:
        shown = await view_sweep_run(caller, name, due_on)
        while True:
            if shown.mark != seen:
                yield shown
                seen = shown.mark
            if not shown.moves:
                return
            await waiter.wait(_POLL_SECONDS)
            caller = await still_there(caller)
            run = await SweepRun.get(name=shown.name, due_on=due_on)
            if show_run(run).mark != seen:
                shown = await deliver_run(caller, run)


async def _moving(name: str | None, finished_since: datetime) -> list[SweepRun]:
    unfinished = SweepRun.filter(state__in=[SweepState.PENDING, SweepState.RUNNING])
    finished = SweepRun.filter(finished_at__gte=finished_since)
    if name is not None:
        unfinished, finished = unfinished.filter(name=name), finished.filter(name=name)
    return [*await finished.order_by("due_on", "name"), *await unfinished.order_by("due_on", "name")]


def cadence_in_words(cadence: Cadence) -> str:
    """Say in words how often a duty is due, and at what time of the day in Missouri."""
    if isinstance(cadence, Daily):
        return f"every day at {cadence.at:%H:%M}"
    days = ", ".join(f"{month:02}-{day:02}" for month, day in sorted(cadence.month_days))
    return f"each year on {days} at {cadence.at:%H:%M}"


def _is_due(cadence: Cadence, on: date) -> bool:
    return on in set(cadence.due_dates(on - timedelta(days=1), on))
