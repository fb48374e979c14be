"""The timed duties, live (SWP)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import strawberry

from resolvers.sweep_views import follow_sweeps
from schema.context import Info, caller_of
from schema.described import described_type
from schema.sweep_types import SweepRun


@described_type
class SweepSubscriptions:
    """The timed duties, live (SWP)."""

    @strawberry.subscription
    async def sweep_events(self, info: Info, name: str | None = None) -> AsyncGenerator[SweepRun, None]:
        """Each run that is not done as it stands, then each whenever it has moved on: how many subjects are done.

        Args:
            name: Only the runs of this duty.
        """
        async with aclosing(follow_sweeps(caller_of(info), name)) as runs:
            async for run in runs:
                yield cast("SweepRun", run)
