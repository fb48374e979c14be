"""The timed duties of the house, their runs, and what one would do (SWP)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.office_reads import SweepRunView, SweepState
from resolvers.sweeps import SweepReport
from schema.described import described_input, described_type
from schema.errors import UserError

_SUBJECTS_SHOWN = 500


@described_type
class Sweep:
    """A timed duty."""

    name: str
    """Its name."""

    title: str
    """What it does."""

    cites: str
    """The lines of the source documents that it carries out."""

    cadence: str
    """How often it is due, in words."""

    next_due_on: date | None
    """When it is due next."""

    due_dates: list[date]
    """The due dates of the coming year; of a daily duty only the next."""

    waiting: int
    """How many of its runs are due and not done."""

    parked: int
    """How many of its runs were given up after the last try."""


@described_type
class SweepFailure:
    """What went wrong for some subjects of a run."""

    code: str
    """What went wrong."""

    subjects: int
    """For how many."""


@described_type
class SweepRun:
    """One due date of a timed duty, as it stands."""

    name: str
    """The name of the duty."""

    due_on: date
    """The due date."""

    state: SweepState
    """Where it stands."""

    attempts: int
    """How often it was tried."""

    started_at: datetime | None
    """When it was first taken up."""

    finished_at: datetime | None
    """When it was done, or given up."""

    next_try_at: datetime | None
    """When it is tried again, while it waits for that."""

    subjects: int
    """How many subjects it has."""

    hit: int
    """How many of them are done so far."""

    policy_version: str
    """The version of the policy that it acted on."""

    @strawberry.field
    def failures(root: strawberry.Parent[SweepRunView]) -> list[SweepFailure]:
        """What went wrong, and for how many; they are tried again."""
        return [SweepFailure(code=code, subjects=count) for code, count in sorted(root.failures.items())]


@described_type
class SweepSubject:
    """Someone or something that a timed duty would act on, or leave alone."""

    label: str
    """Who or what."""

    hit: bool
    """Whether it would be acted on; else it is exempt."""

    why: str
    """Why."""

    facts: list[str]
    """What is known besides, such as the step that is due."""


@described_type
class SweepSimulation:
    """What a timed duty would do at an instant: the same code, and nobody is touched."""

    name: str
    """The name of the duty."""

    as_of: datetime
    """The instant."""

    policy_version: str
    """The version of the policy of that day."""

    @strawberry.field
    def hit_count(root: strawberry.Parent[SweepReport]) -> int:
        """How many would be acted on."""
        return len(root.hits)

    @strawberry.field
    def exempt_count(root: strawberry.Parent[SweepReport]) -> int:
        """How many would be left alone, though they were looked at."""
        return len(root.subjects) - len(root.hits)

    @strawberry.field
    def subjects(root: strawberry.Parent[SweepReport]) -> list[SweepSubject]:
        """Who they are, those that would be hit first; at most 500."""
        shown = sorted(root.subjects, key=lambda one: not one.hit)[:_SUBJECTS_SHOWN]
        return [SweepSubject(label=one.label, hit=one.hit, why=one.why, facts=_facts(one.facts)) for one in shown]


@described_input
class RetrySweepRunInput:
    """A run that was given up."""

    name: str
    """The name of the duty."""

    due_on: date
    """The due date of the run."""


@described_type
class RetrySweepRunPayload:
    """The run that gets a new start, or why it does not."""

    sweep_run: SweepRun | None
    """The run."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


def _facts(facts: Any) -> list[str]:
    return [f"{name} {value}" for name, value in facts.items() if value]
