"""The timed duties of the house (SWP)."""

from __future__ import annotations

from datetime import date
from typing import cast

import strawberry

from resolvers.office_reads import SweepState, list_sweep_runs
from resolvers.sweep_views import list_sweeps, simulate_sweep
from schema.context import Info, caller_of
from schema.described import described_type
from schema.nodes import Connection, connection_of
from schema.selection import is_wanted
from schema.sweep_types import Sweep, SweepRun, SweepSimulation


@described_type
class SweepQueries:
    """The timed duties of the house (SWP)."""

    @strawberry.field
    async def sweeps(self, info: Info) -> list[Sweep]:
        """Every timed duty, with its source lines, how often and when it is due, and what waits of it."""
        return cast("list[Sweep]", await list_sweeps(caller_of(info)))

    @strawberry.field
    async def sweep_runs(
        self,
        info: Info,
        name: str | None = None,
        state: SweepState | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[SweepRun]:
        """The ledger of the timed duties, the latest due date first: each is done once, late rather than never.

        Args:
            name: Only the runs of this duty.
            state: Only those in a state.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_sweep_runs(
                caller_of(info), name=name, state=state, first=first, after=after, count=is_wanted(info, "totalCount")
            )
        )

    @strawberry.field
    async def simulate_sweep(self, info: Info, name: str, as_of: date | None = None) -> SweepSimulation:
        """Whom a timed duty would act on, whom it would leave alone, and why; nobody is touched.

        Args:
            name: The name of the duty.
            as_of: As of this day, at the hour at which it is due; as of now, unless said otherwise.
        """
        return cast("SweepSimulation", await simulate_sweep(caller_of(info), name, as_of))
