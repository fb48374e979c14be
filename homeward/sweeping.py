"""Sweeps from the command line: list, run, and look at any day without touching anybody."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import date, timedelta
from typing import Any

import typer

from homeward.settings import Settings
from homeward.wiring import open_house, system_clock
from resolvers import overdue
from resolvers.callers import house
from resolvers.sweep_register import SWEEPS
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import run_now, sweep_named, upcoming
from rules.calendar import CHICAGO, local_date
from rules.errors import NotFound, Refusal

Say = Callable[[str], object]


def list_sweeps(say: Say) -> None:
    """List what is due in the coming year, a daily sweep in one line; then what each tick looks for."""
    today = local_date(system_clock())
    dates: dict[str, list[date]] = {}
    for due_on, sweep in upcoming(SWEEPS, today - timedelta(days=1), today + timedelta(days=365)):
        dates.setdefault(sweep.name, []).append(due_on)
    for name, due in sorted(dates.items()):
        sweep = SWEEPS[name]
        when = "every day" if len(due) > 300 else ", ".join(str(one) for one in due)
        say(f"{name.replace('_', '-')}: {sweep.title} ({sweep.cites}), {when}; next {due[0]}")
    say(f"{overdue.NAME}: {overdue.TITLE} ({overdue.CITES}), each minute")


async def simulate(settings: Settings, name: str, day: date | None, say: Say) -> int:
    """Show whom a sweep would hit on a day, at the hour it is due, and why; who is exempt, too."""
    async with open_house(settings.model_copy(update={"redis_url": ""})) as opened:
        try:
            report = await simulate_sweep(house(opened.desk, "command line"), name, day)
        except Refusal as no:
            say(no.message)
            return 1
    say(
        f"{SWEEPS[report.name].title} as of {report.as_of.astimezone(CHICAGO).isoformat(timespec='minutes')}: "
        f"{len(report.hits)} of {len(report.subjects)} would be hit "
        f"(policy {report.policy_version}). Dry run: nobody is."
    )
    for subject in report.subjects:
        mark = "would be hit" if subject.hit else "exempt"
        told = ", ".join(f"{key} {value}" for key, value in subject.facts.items() if value)
        say(f"  {mark:12}  {subject.label}  {subject.why}{f' ({told})' if told else ''}")
    return 0


async def run_sweep(settings: Settings, name: str, say: Say) -> int:
    """Run a sweep now, outside its calendar; its subjects are judged by the same rule under the same lock."""
    try:
        sweep = sweep_named(name, SWEEPS)
    except NotFound as no:
        say(no.message)
        return 1
    async with open_house(settings) as opened:
        with closing(_Bar(sweep.title)) as bar:
            report = await run_now(opened.desk, sweep, bar)
    say(f"{sweep.title}: {report.hit} done, {len(report.failures)} failed.")
    for subject, failure in report.failures.items():
        say(f"  {subject}: {failure}")
    return 1 if report.failures else 0


class _Bar:
    """Show on standard error how far a run has come; how long the way is, it learns with the first step."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._open = ExitStack()
        self._bar: Any = None

    def __call__(self, done: int, of: int) -> None:
        if self._bar is None:
            shown = typer.progressbar(length=of, label=self._title, file=sys.stderr, show_pos=True)
            self._bar = self._open.enter_context(shown)
        self._bar.update(done - self._bar.pos)

    def close(self) -> None:
        """End the line."""
        self._open.close()
