"""Asking what the answers tell."""

from __future__ import annotations

from datetime import date
from typing import Annotated, cast

import strawberry

from resolvers.insight_views import InsightQuestion
from resolvers.insights import view_insights
from schema.context import Info, caller_of
from schema.described import described_type
from schema.insight_types import Insights
from schema.selection import wanted


@described_type
class InsightQueries:
    """Trends and areas for provider development."""

    @strawberry.field
    async def insights(
        self,
        info: Info,
        begins: Annotated[date | None, strawberry.argument(name="from")] = None,
        ends: Annotated[date | None, strawberry.argument(name="to")] = None,
        county: str | None = None,
        office: str | None = None,
        older_than_days: int | None = None,
        exported: bool = False,
    ) -> Insights:
        """What the answers tell about the state: trends in declining, demand, days to a home (001:265-271).

        Args:
            begins: The first day; 12 months are covered without it, 36 at most.
            ends: The last day; today without it.
            county: Only this county, by FIPS code; where counts are kept back, only in what is told by county.
            office: Only the counties that this regional office serves, by its code; likewise.
            older_than_days: How long a referral has waited to count as one that nobody accepts; 60 days by policy.
            exported: True when the answer leaves the house: counts of 1 to 10 are kept back.
        """
        question = InsightQuestion(begins, ends, county, office, older_than_days, exported)
        return cast("Insights", await view_insights(caller_of(info), question, wanted=wanted(info)))
