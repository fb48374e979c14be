"""What the answers tell: why providers decline, where homes are wanted, how long it takes (001:265-271).

Who may see the referrals behind a number sees the number. For everybody else, and for whatever is exported, the rules
on small counts hold: :mod:`rules.insights`. Months begin and end in Chicago. What all of a year would have to be looked
at for is kept as numbers: :mod:`resolvers.insight_counts`; what is open now is looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from resolvers.desk import Reading, access
from resolvers.insight_counties import (
    Declines,
    decline_lines,
    decline_totals,
    decline_views,
    declines_by_county,
    demand_views,
)
from resolvers.insight_scope import places_of, scope_of
from resolvers.insight_views import InsightQuestion, InsightsView
from resolvers.insight_waits import ages_of_open, days_to_placement, without_acceptance
from resolvers.scope import EDITORS
from rules.calendar import local_date
from rules.roles import Role

INSIGHT_READERS = EDITORS | {Role.ADMINISTRATOR, Role.PROVIDER_RELATIONS}
"""Who sees insights; of which counties is scope, and how exactly depends on who may see the referrals."""

_NEED_MONTHS = {"demandByCounty", "declineTotals", "declinesByCounty"}
"""What is made of the months and counties that are told, where counts are kept back."""


@access("insights.view", by=INSIGHT_READERS, cites="001:265-271")
async def view_insights(reading: Reading, question: InsightQuestion, *, wanted: Collection[str]) -> InsightsView:
    """Answer what was asked for of trends, demand, days to a home and referrals that nobody accepts.

    Raises:
        Invalid: a period that is backwards, too long, or not ended yet in an answer with suppressed counts; a county or
            an office that does not exist.
    """
    scope = await scope_of(reading, question)
    last = scope.months.bounds[-1]
    view = InsightsView(scope.months.firsts[0], local_date(last - timedelta(seconds=1)), suppressed=not scope.exact)
    asked = {path.partition(".")[0] for path in wanted}
    declines: Declines = {}
    if "declineReasons" in asked or (asked & _NEED_MONTHS and not scope.exact):
        declines = await decline_lines(scope)
    if "declineReasons" in asked:
        view.decline_reasons = decline_views(declines, scope)
    if "declinesByCounty" in asked:
        view.declines_by_county = await declines_by_county(scope, declines)
    if "declineTotals" in asked:
        view.decline_totals = await decline_totals(scope, declines)
    if "demandByCounty" in asked:
        view.demand_by_county = await demand_views(reading, scope, declines)
    if "daysToPlacement" in asked:
        view.days_to_placement = await days_to_placement(scope)
    if "withoutAcceptance" in asked:
        view.without_acceptance = await without_acceptance(reading, scope, question.older_than_days)
    if "agesOfOpen" in asked:
        view.ages_of_open = await ages_of_open(reading, scope)
    if "places" in asked:
        view.places = await places_of(scope)
    reading.note(
        asked=sorted(asked), begins=str(view.begins), ends=str(view.ends), exported=question.exported, exact=scope.exact
    )
    return view
