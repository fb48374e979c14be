"""Insights by county: why providers decline, where homes are wanted, and what providers answer (001:265-271)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Final

from orm.eras import Kept
from orm.readings import fetch_often
from resolvers.desk import Reading
from resolvers.insight_counts import kept_counts, kept_days_by_place, kept_declines, kept_open
from resolvers.insight_scope import InsightScope
from resolvers.insight_views import CountyDeclinesView, DeclinesView, DemandView
from resolvers.receiving import IS_RECEIVING
from resolvers.referral_shapes import CountyView
from rules.counted import STATEWIDE, Counted
from rules.insights import KEPT_BACK, Count, Months, added, is_small, percentile, protected, shown
from rules.referrals import DeclineReason, ResponseKind

_Cell = tuple[date, DeclineReason]
Declines = dict[str | None, tuple[dict[_Cell, Count], Count]]
"""By county: the counts by month and reason, and their total."""

_IN_PERIOD = (Counted.PUBLISHED, *ResponseKind)


# Why providers decline.


async def decline_lines(scope: InsightScope) -> Declines:
    """Count the reasons for declining in every county of the scope."""
    numbers: dict[str | None, dict[_Cell, int]] = defaultdict(dict)
    counts = await kept_counts([ResponseKind.DECLINE], scope.months, ("place", "month", "reason"))
    for (place, month, reason), count in counts.items():
        if scope.has(county := place or None):
            numbers[county][month, DeclineReason(reason)] = count
    return {county: _line(cells, scope) for county, cells in numbers.items()}


def _line(cells: Mapping[_Cell, int], scope: InsightScope) -> tuple[dict[_Cell, Count], Count]:
    """Give the counts of a county and their total, protected quarter by quarter unless they are exact."""
    if scope.exact:
        return {cell: Count(count) for cell, count in cells.items()}, Count(sum(cells.values()))
    counts: dict[_Cell, Count] = {}
    totals = []
    for quarter in scope.months.quarters:
        firsts = {scope.months.firsts[place] for place in quarter}
        chosen = sorted(cell for cell in cells if cell[0] in firsts)
        line = protected([cells[cell] for cell in chosen])
        counts.update(zip(chosen, line.cells, strict=True))
        totals.append(line.total)
    return counts, added(totals)


def decline_views(declines: Declines, scope: InsightScope) -> list[DeclinesView]:
    """Show the reasons for declining in what was asked for."""
    views = [
        DeclinesView(scope.places.get(county or ""), month, reason, count.count, count.suppressed)
        for county, (cells, _) in declines.items()
        if scope.tells(county)
        for (month, reason), count in cells.items()
    ]
    return sorted(views, key=lambda view: (view.county.name if view.county else "", view.month, view.reason))


async def declines_by_county(scope: InsightScope, declines: Declines) -> list[CountyDeclinesView]:
    """Count the reasons of the whole period in what was asked for."""
    sums: dict[str | None, dict[DeclineReason, list[Count]]] = defaultdict(lambda: defaultdict(list))
    if scope.exact:
        for (place, reason), n in (
            await kept_counts([ResponseKind.DECLINE], scope.months, ("place", "reason"))
        ).items():
            sums[place or None][DeclineReason(reason)].append(Count(n))
    else:
        for county, (cells, _) in declines.items():
            for (_, reason), count in cells.items():
                sums[county][reason].append(count)
    views = [
        CountyDeclinesView(scope.places.get(county or ""), reason, added(parts))
        for county, reasons in sums.items()
        if scope.tells(county)
        for reason, parts in reasons.items()
    ]
    return sorted(views, key=lambda view: (view.county.name if view.county else "", view.reason))


async def decline_totals(scope: InsightScope, declines: Declines) -> list[DeclinesView]:
    """Count the reasons of what was asked for, each answer once however many counties its referral prefers.

    Where counts are kept back, only those that are shown by county are added up: from a total more would follow.
    """
    if not scope.exact:
        sums: dict[_Cell, list[int]] = defaultdict(list)
        for row in decline_views(declines, scope):
            sums[row.month, row.reason] += [] if row.count is None else [row.count]
        return [
            DeclinesView(None, month, reason, sum(parts) if parts else None, not parts)
            for (month, reason), parts in sorted(sums.items())
        ]
    return [
        DeclinesView(None, month, DeclineReason(reason), count, suppressed=False)
        for (month, reason), count in sorted((await kept_declines(scope.months, scope.together)).items())
    ]


# Where homes are wanted, and what providers answer.


async def demand_views(reading: Reading, scope: InsightScope, declines: Declines) -> list[DemandView]:
    """Set demand against answers in what was asked for: statewide referrals first, then the counties by name."""
    by = ("place", "what") if scope.exact else ("place", "what", "month")
    counts, opened, homes, serving = await asyncio.gather(
        kept_counts(_IN_PERIOD, scope.months, by),
        kept_open(),
        _HOMES.get(reading.era, scope.months, lambda: kept_days_by_place(scope.months)),
        _SERVING.get(reading.era, reading.today, lambda: _providers_serving(reading.today)),
    )
    numbers: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    for (place, what, *month), count in counts.items():
        numbers[place, what][month[0] if month else scope.months.firsts[0]] = count

    def view(county: CountyView | None) -> DemandView:
        place = county.fips if county else STATEWIDE
        open_now, days = opened.get(place, 0), homes.get(place, [])

        def over(measure: str) -> Count:
            return _sum_of(numbers.get((place, measure), {}), scope)

        return DemandView(
            county=county,
            open_referrals=shown(open_now, exact=scope.exact),
            published_in_period=over(Counted.PUBLISHED),
            accepts=over(ResponseKind.ACCEPT),
            tentative=over(ResponseKind.TENTATIVE),
            declines=over(ResponseKind.DECLINE) if scope.exact else declines.get(place or None, ({}, Count(0)))[1],
            providers_serving=serving.get(place or None, 0),
            # All placements together are told elsewhere, so that those of the last county would follow from the others.
            placements=Count(len(days)) if scope.exact else KEPT_BACK,
            median_days=percentile(days, 50) if scope.exact or not is_small(len(days)) else None,
        )

    told: list[CountyView | None] = [None, *scope.places.values()]
    return [view(county) for county in told if scope.tells(county.fips if county else None)]


def _sum_of(by_month: Mapping[date, int], scope: InsightScope) -> Count:
    if scope.exact:
        return Count(sum(by_month.values()))
    firsts = scope.months.firsts
    return added([shown(sum(by_month.get(firsts[at], 0) for at in quarter)) for quarter in scope.months.quarters])


_IN_REACH = f"FROM provider p JOIN contact c ON c.provider_id = p.id AND c.active WHERE {IS_RECEIVING}"
"""The providers, with their active contacts, that a statewide referral of today would reach, as the audience rule says;
a test holds the two equal."""
_COUNTED_IN_REACH = (
    "SELECT y.county_id AS county, COUNT(*) AS n FROM (SELECT DISTINCT cc.county_id, s.provider_id "
    f"FROM (SELECT c.id, c.provider_id {_IN_REACH}) s JOIN contact_county cc ON cc.contact_id = s.id) y "
    f"GROUP BY y.county_id UNION ALL SELECT NULL, COUNT(DISTINCT p.id) {_IN_REACH}"
)
# Whoever looks at one thing after the other on the map asks for the same. The numbers that are kept by triggers change
# with referrals and answers only, whose changes begin an era.
_SERVING: Final[Kept[date, Mapping[str | None, int]]] = Kept(2)
_HOMES: Final[Kept[Months, Mapping[str, list[int]]]] = Kept(8)


async def _providers_serving(on: date) -> Mapping[str | None, int]:
    """Count the providers that a referral of the day would reach, by county, and in all."""
    return {row["county"]: int(row["n"]) for row in await fetch_often(_COUNTED_IN_REACH, today=on)}
