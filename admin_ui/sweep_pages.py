"""Timed duties: when each is due, the ledger of their runs, one run, a dry run at any day, a new start."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from starlette.responses import Response

from admin_ui.actions import Action, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Asked, Choices, Filter, Kind, coded
from admin_ui.forms import Fields
from admin_ui.lines import whole
from admin_ui.registers import Register, look_of, show_register
from admin_ui.rendering import said, words
from admin_ui.tables import Column, table_of
from admin_ui.taking_out import take_out
from resolvers.callers import Caller
from resolvers.office_reads import SweepRunView, SweepState, list_sweep_runs
from resolvers.paging import Page
from resolvers.sweep_register import SWEEPS
from resolvers.sweep_views import SweepView, list_sweeps, simulate_sweep, view_sweep_run
from resolvers.sweeps import SIMULATORS, Subject, retry_run
from rules.calendar import local_date
from rules.errors import Invalid, NotFound
from rules.roles import Role

RETRIES = frozenset({Role.ADMINISTRATOR, Role.CSO})
_SHOWN = 120
_YEAR = range(13)
"""From this month to the same of the next year, so that a whole year of due dates has its place."""


def _named() -> Choices:
    return sorted(((name, sweep.title) for name, sweep in SWEEPS.items()), key=lambda pair: pair[1])


def title_of(name: str) -> str:
    """Say a duty in the words of its register; one that is not there any more keeps its name."""
    return SWEEPS[name].title if name in SWEEPS else words(name)


def _which(asked: Asked) -> tuple[str | None, SweepState | None]:
    return asked.text("name"), asked.fields.choice("state", SweepState)


async def _runs(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[SweepRunView]:
    name, state = _which(asked)
    return await list_sweep_runs(caller, name=name, state=state, first=first, after=after)


RUNS = Register(
    path="/sweeps/runs",
    title="Ledger of the timed duties",
    about="Each due date once, late rather than never; the latest first.",
    one="run",
    rows=_runs,
    read=_which,
    filters=(
        Filter("name", "Duty", Kind.CHOICE, choices=_named),
        Filter("state", "State", Kind.CHOICE, choices=coded(SweepState)),
    ),
    columns=(
        Column("Due", lambda run: run.due_on, tight=True),
        Column("Duty", lambda run: title_of(run.name)),
        Column("State", lambda run: run.state, "sweeps/cells.html:state"),
        Column("Tries", lambda run: run.attempts, figure=True),
        Column("Subjects", lambda run: run.subjects, figure=True),
        Column("Done", lambda run: run.hit, figure=True),
        Column(
            "Failures",
            lambda run: [f"{count} × {code}" for code, count in run.failures.items()],
            "sweeps/cells.html:failures",
        ),
        Column("Started", lambda run: run.started_at, tight=True),
        Column("Finished", lambda run: run.finished_at, tight=True),
        Column("Policy", lambda run: run.policy_version, "sweeps/cells.html:policy"),
    ),
    link=lambda run: f"/sweeps/runs/{run.name}/{run.due_on}",
    late=lambda run: run.state is SweepState.PARKED,
    empty="No run fits. The worker fills the ledger at its next tick.",
    exports=True,
    template="sweeps/runs.html",
)

_DUTIES: tuple[Column[SweepView], ...] = (
    Column("Duty", lambda one: one.title, wraps=True),
    Column("How often", lambda one: one.cadence),
    Column("Next due", lambda one: one.next_due_on, tight=True),
    Column("Further dates of the year", lambda one: one.due_dates[1:], "sweeps/cells.html:further"),
    Column("Waits", lambda one: one.waiting + one.parked, "sweeps/cells.html:waits", tight=True),
    Column("Source", lambda one: one.cites, "sweeps/cells.html:source"),
)
_DRY: Column[SweepView] = Column("Dry run", lambda one: one.name, "sweeps/cells.html:dry_run", tight=True)


async def sweeps_page(visit: Visit) -> Response:
    """Show every timed duty with its next due dates."""
    found = await list_sweeps(visit.caller)
    may_simulate = visit.caller.actor.has_any(SIMULATORS)
    return visit.show(
        "sweeps/duties.html",
        table=table_of(
            (*_DUTIES, _DRY) if may_simulate else _DUTIES,
            found,
            look_of(visit),
            caption="Timed duties",
            link=lambda one: f"/sweeps/runs?name={one.name}",
            late=lambda one: one.parked > 0,
        ),
        parked=sum(one.parked for one in found),
    )


async def sweeps_year_page(visit: Visit) -> Response:
    """Show the coming year by months: in which of them each duty is due, and on which days."""
    today = local_date(visit.caller.desk.clock())
    months = [
        date(today.year + (today.month - 1 + ahead) // 12, (today.month - 1 + ahead) % 12 + 1, 1) for ahead in _YEAR
    ]
    rows = [
        (one, [[on for on in one.due_dates if on.replace(day=1) == month] for month in months])
        for one in sorted(await list_sweeps(visit.caller), key=lambda one: (one.daily, one.title))
    ]
    may_simulate = visit.caller.actor.has_any(SIMULATORS)
    return visit.show("sweeps/year.html", months=months, rows=rows, may_simulate=may_simulate)


async def run_page(visit: Visit) -> Response:
    """Show one run: how far it is; it moves by itself while it goes on, and by a reload."""
    run = await view_sweep_run(visit.caller, *run_named(visit.request.path_params))
    return visit.show(
        "sweeps/run.html",
        run=run,
        duty=title_of(run.name),
        moves=run.moves,
        may_retry=run.state is SweepState.PARKED and visit.caller.actor.has_any(RETRIES),
    )


def run_named(parts: Mapping[str, str]) -> tuple[str, date]:
    """Read from an address which run it names.

    Raises:
        NotFound: ``SWEEP_RUN_NOT_FOUND``; it names no day.
    """
    try:
        return parts["name"], date.fromisoformat(parts["due_on"])
    except ValueError as fault:
        raise NotFound("There is no such run.", code="SWEEP_RUN_NOT_FOUND", field="dueOn") from fault


async def _parked(visit: Visit) -> Loaded:
    run = await view_sweep_run(visit.caller, *run_named(visit.request.path_params))
    return Loaded(
        title=f"A new start for: {title_of(run.name)}",
        about=f"Due on {said(run.due_on)}, given up after {run.attempts} tries. Mend the cause first: the next tick "
        "takes the run up again, and whoever was done is found done.",
        back=f"/sweeps/runs/{run.name}/{run.due_on}",
    )


async def _retry(visit: Visit, _: Fields) -> str:
    name, due_on = run_named(visit.request.path_params)
    await retry_run(visit.caller, name, due_on)
    return f"/sweeps/runs/{name}/{due_on}"


RETRY_RUN = Action(
    path="/sweeps/runs/{name}/{due_on}/retry",
    title="Give a run a new start",
    button="Start it anew",
    load=_parked,
    do=_retry,
    of=retry_run,
    done="The run has a new start: the worker takes it up at its next tick.",
)


def _as_of(asked: Asked) -> date | None:
    return asked.day("asOf")


async def _dry(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[Subject]:
    """List whom a duty would act on, those who are hit first; only so many are shown, the file has them all."""
    del first, after
    name = asked.text("name")
    if name is None:
        return Page(nodes=[], cursors=[], has_next_page=False, has_previous_page=False, total_count=None)
    found = _hit_first((await simulate_sweep(caller, name, _as_of(asked))).subjects)
    return Page(
        nodes=found[:_SHOWN],
        cursors=[str(one.id) for one in found[:_SHOWN]],
        has_next_page=False,
        has_previous_page=False,
        total_count=len(found),
    )


def _hit_first(subjects: tuple[Subject, ...]) -> list[Subject]:
    return sorted(subjects, key=lambda one: not one.hit)


_SUBJECT: tuple[Column[Subject], ...] = (
    Column("Who or what", lambda one: one.label),
    Column("Would be", lambda one: "Acted on" if one.hit else "Left alone", "sweeps/cells.html:would", tight=True),
    Column("Why", lambda one: one.why),
    Column(
        "Facts", lambda one: [f"{name} {said(value)}" for name, value in one.facts.items()], "sweeps/cells.html:facts"
    ),
)

DRY_RUN = Register(
    path="/sweeps/dry-run",
    title="Dry run",
    about="Whom a duty would act on, whom it would leave alone, and why. Nobody is touched.",
    one="subject",
    rows=_dry,
    read=_as_of,
    filters=(
        Filter("name", "Duty", Kind.CHOICE, choices=_named),
        Filter("asOf", "As of", Kind.DAY, hint="Now, unless you choose a day."),
    ),
    columns=_SUBJECT,
    empty="",
    template="sweeps/dry_run.html",
)


async def dry_run_page(visit: Visit) -> Response:
    """Show a dry run; it asks for the same plan as the run itself."""
    return await show_register(visit, DRY_RUN, {"shown": _SHOWN})


async def dry_run_file(visit: Visit) -> Response:
    """Take a dry run out whole, as a file; that it was taken out is written down first."""
    name = visit.fields.text("name")
    if not name:
        raise Invalid("Choose a duty.", code="FIELD_REQUIRED", field="name")
    report = await simulate_sweep(visit.caller, name, visit.fields.day("asOf"))

    async def rows(_: int, __: str | None) -> Page[Subject]:
        return whole(_hit_first(report.subjects))

    return await take_out(visit, f"dry-run-{name}", _SUBJECT, rows, narrowed=False)
