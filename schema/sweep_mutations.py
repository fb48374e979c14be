"""Give a timed duty that was given up a new start (SWP-01)."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers.office_reads import show_run
from resolvers.sweeps import retry_run
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered
from schema.sweep_types import RetrySweepRunInput, RetrySweepRunPayload


@described_type
class SweepMutations:
    """Give a timed duty that was given up a new start (SWP-01)."""

    @strawberry.mutation
    async def retry_sweep_run(self, info: Info, input: RetrySweepRunInput) -> RetrySweepRunPayload:
        """Give a run that was given up a new start; subjects that were done are found done.

        Args:
            input: Which run.
        """

        async def retry() -> Any:
            return show_run(await retry_run(caller_of(info), input.name, input.due_on))

        return await answered(RetrySweepRunPayload, retry())
