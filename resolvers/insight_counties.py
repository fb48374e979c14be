"""Insights by county: why providers decline, where homes are wanted, and what providers answer (001:265-271)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from orm.sql import fetch
from resolvers.audience_facts import load_providers
from resolvers.desk import Reading
from resolvers.insight_scope import InsightScope
from resolvers.insight_views import DeclinesView, DemandView
from resolvers.insight_waits import FOUND, LocalDays
from resolvers.referral_shapes import CountyView
from rules.audience import ReferralFacts, audience
from rules.insights import KEPT_BACK, Count, added, is_small, percentile, protected, shown
from rules.referrals import DeclineReason, ReferralStatus, ResponseKind

_Cell = tuple[date, DeclineReason]
Declines = dict[str | None, tuple[dict[_Cell, Count], Count]]
"""By county: the counts by month and reason, and their total."""

_ANY_STATEWIDE = ReferralFacts(UUID(int=0), ReferralStatus.OPEN, True, frozenset(), frozenset())
_COUNTIES = "LEFT JOIN referral_county rc ON rc.referral_id = r.id "
_OF_COUNTIES = f"JOIN referral r ON r.id = a.referral_id {_COUNTIES}WHERE r.status <> 'DELETED' GROUP BY 1, 2, 3"
"""Answers are counted for each referral first: its counties are then looked up once, however many have answered."""


# Why providers decline.


async def decline_lines(scope: InsightScope) -> Declines:
    """Count the reasons for declining in every county of the scope."""
    rows = await fetch(
        "SELECT rc.county_id AS county, a.month, a.reason, SUM(a.n) AS n FROM ("
        f"SELECT o.referral_id, {scope.month_of('o.answered_at')} AS month, o.decline_reason AS reason, COUNT(*) AS n "
        "FROM response o WHERE o.kind = 'DECLINE' AND o.answered_at >= :b0 AND o.answered_at < :last "
        f"GROUP BY 1, 2, 3) a {_OF_COUNTIES}",
        **scope.bounds,
    )
    numbers: dict[str | None, dict[_Cell, int]] = defaultdict(dict)
    for row in rows:
        if scope.has(row["county"]):
            cell = (scope.months.firsts[int(row["month"])], DeclineReason(row["reason"]))
            numbers[row["county"]][cell] = int(row["n"])
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
    narrowed = scope.narrowed
    rows = await fetch(
        f"SELECT {scope.month_of('o.answered_at')} AS month, o.decline_reason AS reason, COUNT(*) AS n "
        "FROM response o JOIN referral r ON r.id = o.referral_id WHERE o.kind = 'DECLINE' AND o.answered_at >= :b0 "
        f"AND o.answered_at < :last AND r.status <> 'DELETED' AND {narrowed.where} GROUP BY 1, 2 ORDER BY 1, 2",
        **scope.bounds,
        **narrowed.parameters,
    )
    return [
        DeclinesView(
            None, scope.months.firsts[int(row["month"])], DeclineReason(row["reason"]), int(row["n"]), suppressed=False
        )
        for row in rows
    ]


# Where homes are wanted, and what providers answer.


async def demand_views(reading: Reading, scope: InsightScope, declines: Declines) -> list[DemandView]:
    """Set demand against answers in what was asked for: statewide referrals first, then the counties by name."""
    by_county = "SELECT {measure} AS measure, rc.county_id AS county, {month} AS month, COUNT(*) AS n FROM {source} "
    grouped = " GROUP BY 1, 2, 3"
    statement = " UNION ALL ".join(
        (
            by_county.format(measure="'OPEN'", month="0", source="referral r")
            + f"{_COUNTIES}WHERE r.status = 'OPEN'{grouped}",
            by_county.format(measure="'PUBLISHED'", month=scope.month_of("r.first_published_at"), source="referral r")
            + f"{_COUNTIES}WHERE r.first_published_at >= :b0 AND r.first_published_at < :last "
            f"AND r.status <> 'DELETED'{grouped}",
            (
                "SELECT a.kind AS measure, rc.county_id AS county, a.month, SUM(a.n) AS n FROM ("
                f"SELECT o.referral_id, o.kind, {scope.month_of('o.answered_at')} AS month, COUNT(*) AS n "
                "FROM response o WHERE o.answered_at >= :b0 AND o.answered_at < :last "
                f"GROUP BY 1, 2, 3) a {_OF_COUNTIES}"
            ),
        )
    )
    months = len(scope.months.firsts)
    numbers: dict[tuple[str | None, str], list[int]] = defaultdict(lambda: [0] * months)
    for row in await fetch(statement, **scope.bounds):
        numbers[row["county"], row["measure"]][int(row["month"])] = int(row["n"])
    serving = await _providers_serving(reading)
    taken = await _days_by_county(scope)

    def view(county: CountyView | None) -> DemandView:
        key = county.fips if county else None

        def over(measure: str) -> Count:
            return _sum_of(numbers[key, measure], scope)

        open_now = sum(numbers[key, "OPEN"])
        days = sorted(taken[key])
        return DemandView(
            county=county,
            open_referrals=Count(open_now) if scope.exact else shown(open_now),
            published_in_period=over("PUBLISHED"),
            accepts=over(ResponseKind.ACCEPT),
            tentative=over(ResponseKind.TENTATIVE),
            declines=over(ResponseKind.DECLINE) if scope.exact else declines.get(key, ({}, Count(0)))[1],
            providers_serving=serving[key],
            # All placements together are told elsewhere, so that those of the last county would follow from the others.
            placements=Count(len(days)) if scope.exact else KEPT_BACK,
            median_days=percentile(days, 50) if scope.exact or not is_small(len(days)) else None,
        )

    told: list[CountyView | None] = [None, *scope.places.values()]
    return [view(county) for county in told if scope.tells(county.fips if county else None)]


def _sum_of(by_month: list[int], scope: InsightScope) -> Count:
    if scope.exact:
        return Count(sum(by_month))
    return added([shown(sum(by_month[place] for place in quarter)) for quarter in scope.months.quarters])


async def _providers_serving(reading: Reading) -> Mapping[str | None, int]:
    """Count the providers that a referral of today would reach, by county, and in all (the one audience rule)."""
    in_reach = [
        provider.provider_id
        for provider in (await load_providers(reading.today, counties=())).facts
        if audience(_ANY_STATEWIDE, provider, reading.today).eligible
    ]
    if not in_reach:
        return defaultdict(int)
    rows = await fetch(
        "SELECT cc.county_id AS county, COUNT(DISTINCT c.provider_id) AS n FROM contact c "
        "JOIN contact_county cc ON cc.contact_id = c.id WHERE c.active = :active AND c.provider_id IN (:in_reach) "
        "GROUP BY 1",
        active=True,
        in_reach=in_reach,
    )
    return defaultdict(int, {None: len(in_reach), **{row["county"]: int(row["n"]) for row in rows}})


async def _days_by_county(scope: InsightScope) -> Mapping[str | None, list[int]]:
    """Give the days from the first publishing to a home of every placement, by county."""
    rows = await fetch(
        f"SELECT rc.county_id AS county, r.first_published_at, r.closed_at FROM referral r {_COUNTIES}WHERE {FOUND}",
        begins=scope.months.bounds[0],
        last=scope.months.bounds[-1],
    )
    taken: dict[str | None, list[int]] = defaultdict(list)
    local = LocalDays()
    for row in rows:
        taken[row["county"]].append(local.between(row["first_published_at"], row["closed_at"]))
    return taken
