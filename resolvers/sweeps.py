"""The sweep ledger: every due date is done once, late where it has to be, never not at all.

The ledger is filled with each due date that is missing, a run is claimed by a conditional update and leased, and each
subject has a transaction of its own that asks its rule again under the lock. A killed worker's run is taken up when
its lease ends; subjects that were done are found done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from orm.models import SweepBegin, SweepRun, SweepState
from orm.sql import fetch, to_date
from resolvers.callers import Caller, Desk, house
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.officers import holders_of, readers
from resolvers.promises import about
from resolvers.register import current_policy
from rules.calendar import Cadence, due_by, local_date
from rules.errors import Conflict, NotFound, Refusal
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.roles import Role

LEASE = timedelta(minutes=5)
TRIES = 5
RETRY_AFTER = timedelta(minutes=10)
"""How long a run with failures waits for its second try; each further wait is twice as long."""
MOST_CLAIMS = 2 * TRIES
"""How often a run is claimed at all: one that kills whoever takes it up is parked like one that fails."""
BELL = UUID("6f2c9d0e-5b0f-4d0a-9d53-0f8a4b6f7c11")
"""What rings when a run moves on."""
_RING_EVERY = 25
PLAN = "plan"
"""Under which the failure of the plan itself is kept, beside those of the subjects."""

_log = structlog.get_logger("homeward.sweeps")


@dataclass(frozen=True, slots=True)
class Subject:
    """Someone or something a sweep would act on, and why, or why it is exempt."""

    id: UUID
    label: str
    hit: bool
    why: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sweep:
    """A timed duty: when it is due, whom it concerns at an instant, and what it does to one of them."""

    name: str
    title: str
    cites: str
    cadence: Cadence
    plan: Callable[[datetime, Policy], Awaitable[list[Subject]]]
    treat: Callable[[Caller, UUID], Awaitable[bool]]
    """A use case that writes, or a function around some."""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a run did, or a dry run would do."""

    name: str
    as_of: datetime
    policy_version: str
    subjects: tuple[Subject, ...]

    @property
    def hits(self) -> tuple[Subject, ...]:
        """Give the subjects that are hit."""
        return tuple(subject for subject in self.subjects if subject.hit)


async def fill_ledger(desk: Desk, sweeps: Mapping[str, Sweep]) -> int:
    """Enter every due date that is missing up to now; answer how many. A sweep begins with the day it is first seen."""
    now = desk.clock()
    newest = await _newest_dates()
    if unseen := sweeps.keys() - newest.keys():
        after = local_date(now) - timedelta(days=1)
        begins = [SweepBegin(name=name, after=after) for name in sorted(unseen)]
        await SweepBegin.bulk_create(begins, ignore_conflicts=True)
        newest = await _newest_dates()
    missing = [
        SweepRun(name=sweep.name, due_on=due_on)
        for sweep in sweeps.values()
        for due_on in due_by(sweep.cadence, newest[sweep.name], now)
    ]
    if missing:
        await SweepRun.bulk_create(missing, ignore_conflicts=True)
    return len(missing)


async def _newest_dates() -> dict[str, date]:
    """Say up to which day the ledger is filled, for each duty that was ever seen."""
    rows = await fetch(
        "SELECT name, MAX(day) AS newest FROM "
        "(SELECT name, due_on AS day FROM sweep_run UNION ALL SELECT name, after AS day FROM sweep_begin) AS known "
        "GROUP BY name"
    )
    return {row["name"]: to_date(row["newest"]) for row in rows}


async def claim_run(desk: Desk, sweeps: Mapping[str, Sweep]) -> SweepRun | None:
    """Claim the oldest run of these sweeps that is due and free; two workers never get the same."""
    now = desk.clock()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    waiting = SweepRun.filter(free, name__in=list(sweeps), state__in=[SweepState.PENDING, SweepState.RUNNING])
    # By the instant, not the day alone: an audit of unused accounts comes after the sweep that it proves.
    for run in sorted(await waiting, key=lambda run: (sweeps[run.name].cadence.instant(run.due_on), run.name)):
        if run.attempts >= MOST_CLAIMS:
            await park_run(house(desk, f"sweep {run.name}"), run.id)
            continue
        # Whoever else has claimed it meanwhile has counted its attempts up.
        seen = SweepRun.filter(free, id=run.id, state=run.state, attempts=run.attempts)
        run.state = SweepState.RUNNING
        run.claim = uuid4()
        run.leased_until = now + LEASE
        run.attempts += 1
        run.started_at = run.started_at or now
        got = await seen.update(
            state=run.state,
            claim=run.claim,
            leased_until=run.leased_until,
            attempts=run.attempts,
            started_at=run.started_at,
        )
        if got:
            return run
    return None


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What became of the subjects of a run outside the calendar."""

    hit: int
    failures: Mapping[str, str]


async def run_now(desk: Desk, sweep: Sweep, progress: Callable[[int, int], object] = lambda *_: None) -> SweepResult:
    """Run a sweep now, because a person asked for it; the ledger of due dates is not touched.

    ``progress`` is told how many subjects are done, and of how many.
    """
    now = desk.clock()
    caller = house(desk, f"sweep {sweep.name}")
    subjects = [subject for subject in await sweep.plan(now, await current_policy(now)) if subject.hit]
    failures: dict[str, str] = {}
    for done, subject in enumerate(subjects, start=1):
        failure = await _treat(caller, sweep, subject)
        if failure is not None:
            failures[str(subject.id)] = failure
        progress(done, len(subjects))
    return SweepResult(len(subjects) - len(failures), failures)


async def carry_out(desk: Desk, run: SweepRun, sweeps: Mapping[str, Sweep]) -> None:
    """Treat every subject of a claimed run; failures are kept by subject and tried again later, then parked."""
    sweep = sweeps[run.name]
    now = desk.clock()
    policy = await current_policy(now)
    caller = house(desk, f"sweep {run.name}")
    mine = SweepRun.filter(id=run.id, claim=run.claim, state=SweepState.RUNNING)
    try:
        subjects = [subject for subject in await sweep.plan(now, policy) if subject.hit]
    except Exception as fault:  # noqa: BLE001 - whoever cannot be found today may be found at the next try
        _log.exception("sweep.plan_failed", sweep=sweep.name)
        await _put_back(caller, run, {PLAN: type(fault).__name__}, policy.version)
        return
    failures: dict[str, str] = {}
    seen = {"subjects": len(subjects), "hit": 0, "failures": failures, "policy_version": policy.version}
    if not subjects:
        await _finish(desk, mine, **seen)
        return
    await mine.update(**seen)
    await desk.doorbell.ring([BELL], letters=False)
    for done, subject in enumerate(subjects, start=1):
        failure = await _treat(caller, sweep, subject)
        if failure is not None:
            failures[str(subject.id)] = failure
        still_mine = await mine.update(hit=done - len(failures), leased_until=desk.clock() + LEASE, failures=failures)
        if not still_mine:
            return
        if done % _RING_EVERY == 0:
            await desk.doorbell.ring([BELL], letters=False)
    if failures:
        await _put_back(caller, run, failures, policy.version)
        return
    await _finish(desk, mine)


async def _finish(desk: Desk, mine: QuerySet[SweepRun], **seen: Any) -> None:  # noqa: ANN401 - columns of the run
    await mine.update(state=SweepState.DONE, finished_at=desk.clock(), leased_until=None, claim=None, **seen)
    await desk.doorbell.ring([BELL], letters=False)


async def _put_back(caller: Caller, run: SweepRun, failures: dict[str, str], version: str) -> None:
    """Let a run wait for its next try, twice as long as for the last one; after the last try it is parked."""
    desk = caller.desk
    mine = SweepRun.filter(id=run.id, claim=run.claim, state=SweepState.RUNNING)
    wait = RETRY_AFTER * 2 ** (run.attempts - 1)
    kept = await mine.update(
        state=SweepState.PENDING,
        leased_until=desk.clock() + wait,
        claim=None,
        failures=failures,
        policy_version=version,
    )
    if kept and run.attempts >= TRIES:
        await park_run(caller, run.id)
    else:
        await desk.doorbell.ring([BELL], letters=False)


@operation("sweep.park", by=THE_HOUSE, cites="002:145-197; SWP-01")
async def park_run(work: Work, run_id: UUID) -> bool:
    """Park a run that was tried often enough, and tell the administrators and the CSO; answer whether it was."""
    work.about("sweep_run", run_id)
    run = await SweepRun.filter(id=run_id).select_for_update(no_key=True).first()
    if run is None or run.state in (SweepState.DONE, SweepState.PARKED):
        work.note(parked=False)
        return False
    run.state = SweepState.PARKED
    run.finished_at = work.now
    run.leased_until = None
    run.claim = None
    await run.save()
    people = [*await holders_of(Role.ADMINISTRATOR), *await holders_of(Role.CSO)]
    work.promise(about(readers(people), NotificationKind.SWEEP_PARKED, None, sweep=run.name))
    work.ring(BELL)
    work.note(parked=True, sweep=run.name, due_on=run.due_on.isoformat(), failures=len(run.failures))
    return True


@operation("sweep.retry", by={Role.ADMINISTRATOR, Role.CSO}, cites="002:145-197; SWP-01")
async def retry_run(work: Work, name: str, due_on: date) -> SweepRun:
    """Give a parked run a new start; the next tick takes it up.

    Raises:
        NotFound: there is no such run.
        Conflict: it is not parked.
    """
    run = await SweepRun.filter(name=kept_name(name), due_on=due_on).select_for_update(no_key=True).first()
    if run is None:
        raise NotFound("There is no such run.", code="SWEEP_RUN_NOT_FOUND", field="dueOn")
    work.about("sweep_run", run.id)
    if run.state is not SweepState.PARKED:
        raise Conflict("Only a parked run is given a new start.", code="SWEEP_RUN_NOT_PARKED")
    run.state = SweepState.PENDING
    run.attempts = 0
    run.finished_at = None
    await run.save()
    work.ring(BELL)
    work.note(sweep=run.name, due_on=due_on.isoformat())
    return run


async def _treat(caller: Caller, sweep: Sweep, subject: Subject) -> str | None:
    try:
        await sweep.treat(caller, subject.id)
    except Refusal as refusal:
        return refusal.code
    except Exception as fault:  # noqa: BLE001 - one subject must not stop the others; it is kept and tried again
        _log.exception("sweep.subject_failed", sweep=sweep.name, subject=str(subject.id))
        return type(fault).__name__
    return None


async def run_due(desk: Desk, sweeps: Mapping[str, Sweep]) -> int:
    """Do the tick: fill the ledger, then carry out every run that is free; answer how many."""
    await fill_ledger(desk, sweeps)
    carried_out = 0
    while (run := await claim_run(desk, sweeps)) is not None:
        await carry_out(desk, run, sweeps)
        carried_out += 1
    return carried_out


SIMULATORS = frozenset({Role.CSO, Role.ADMINISTRATOR, Role.ITSD_ACCOUNT_MGMT})
"""Who looks at what a sweep would do."""


def kept_name(name: str) -> str:
    """Give the name under which the ledger keeps a duty: hyphens are underscores, and what no column holds names none.

    It names duties that are not there any more, too.
    """
    return name.replace("-", "_") if name.isprintable() else ""


def sweep_named(name: str, sweeps: Mapping[str, Sweep]) -> Sweep:
    """Find a sweep by name; hyphens and underscores are the same.

    Raises:
        NotFound: there is no such sweep.
    """
    wanted = kept_name(name)
    if wanted not in sweeps:
        names = ", ".join(sorted(known.replace("_", "-") for known in sweeps))
        raise NotFound(f"There is no sweep of this name. There is: {names}.", code="SWEEP_NOT_FOUND")
    return sweeps[wanted]


def upcoming(sweeps: Mapping[str, Sweep], after: date, until: date) -> list[tuple[date, Sweep]]:
    """List the due dates of all sweeps in a period."""
    dates = [(due_on, sweep) for sweep in sweeps.values() for due_on in sweep.cadence.due_dates(after, until)]
    return sorted(dates, key=lambda item: (item[0], item[1].name))
