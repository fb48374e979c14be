"""How long it takes: days to a home, how old open referrals are, who waits and nobody accepts (001:225-227)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from orm.sql import fetch, to_uuid
from resolvers.desk import Reading
from resolvers.insight_counts import kept_days_by_month
from resolvers.insight_scope import InsightScope
from resolvers.insight_views import (
    AgeBandView,
    DaysToPlacementView,
    MonthOfPlacementsView,
    WithoutAcceptanceView,
)
from resolvers.scope import Sight, sight_of
from rules.calendar import local_instant
from rules.errors import Invalid
from rules.insights import Count, added, age_bands, percentile, protected, shown_within

LISTED = 100
"""How many referral numbers are listed, at most."""

_LONGEST_WAIT = 3650


async def days_to_placement(scope: InsightScope) -> DaysToPlacementView:
    """Say how long it took to find a home, in all and month by month."""
    found = await kept_days_by_month(scope.months, scope.together)
    days = {first: found.get(first, []) for first in scope.months.firsts}
    counts, total = _placement_counts([len(taken) for taken in days.values()], scope)
    every = sorted(taken for month in days.values() for taken in month)
    return DaysToPlacementView(
        count=total.count,
        suppressed=total.suppressed,
        median=None if total.suppressed else percentile(every, 50),
        p90=None if total.suppressed else percentile(every, 90),
        by_month=[
            MonthOfPlacementsView(
                month, count.count, count.suppressed, None if count.suppressed else percentile(taken, 50)
            )
            for (month, taken), count in zip(days.items(), counts, strict=True)
        ],
    )


def _placement_counts(by_month: list[int], scope: InsightScope) -> tuple[list[Count], Count]:
    if scope.exact:
        return [Count(count) for count in by_month], Count(sum(by_month))
    lines = [protected([by_month[place] for place in quarter]) for quarter in scope.months.quarters]
    return [cell for line in lines for cell in line.cells], added([line.total for line in lines])


async def ages_of_open(reading: Reading, scope: InsightScope) -> list[AgeBandView]:
    """Count the open referrals by how long they have been open, in days of Chicago since the first publishing."""
    bands = age_bands(reading.policy.referral_red.days)
    numbers = [0] * len(bands)
    older = " ".join(
        f"WHEN r.first_published_at < :older{place} THEN {place}" for place in range(len(bands) - 1, 0, -1)
    )
    narrowed = scope.narrowed
    rows = await fetch(
        f"SELECT CASE {older} ELSE 0 END AS band, COUNT(*) AS n FROM referral r "
        f"WHERE r.status = 'OPEN' AND {narrowed.where} GROUP BY 1",
        **{f"older{place}": _before(reading, band.least - 1) for place, band in enumerate(bands) if place},
        **narrowed.parameters,
    )
    for row in rows:
        numbers[int(row["band"])] = int(row["n"])
    counts = [Count(number) for number in numbers] if scope.exact else protected(numbers).cells
    return [
        AgeBandView(band.least, band.most, band.overdue, count.count, count.suppressed)
        for band, count in zip(bands, counts, strict=True)
    ]


async def without_acceptance(reading: Reading, scope: InsightScope, older_than: int | None) -> WithoutAcceptanceView:
    """Count and name the open referrals that nobody has accepted for so many days.

    Raises:
        Invalid: ``DAYS_OUT_OF_RANGE``, ``DAYS_ARE_FIXED``.
    """
    usual = reading.policy.referral_red.days
    if older_than is None:
        older_than = usual
    if not 0 <= older_than <= _LONGEST_WAIT:
        raise Invalid(f"Choose from 0 to {_LONGEST_WAIT} days.", code="DAYS_OUT_OF_RANGE", field="olderThanDays")
    if not scope.exact and older_than != usual:
        raise Invalid(
            f"What leaves the house tells of {usual} days only: two answers could be subtracted from each other.",
            code="DAYS_ARE_FIXED",
            field="olderThanDays",
        )
    sight = Sight("1 = 1", {}) if scope.counties is None else await sight_of(reading.actor, reading.today)
    asked = scope.asked_for
    waiting = (
        f"FROM referral r WHERE ({sight.where}) AND {asked.where} "
        "AND r.status = 'OPEN' AND r.first_published_at < :before"
    )
    known = {
        "before": _before(reading, older_than),
        **asked.parameters,
        **sight.parameters,
    }
    rows = await fetch(
        f"SELECT r.id, r.number, (SELECT COUNT(*) {waiting} AND r.acceptances = 0) AS n {waiting} "
        "AND r.acceptances = 0 ORDER BY r.first_published_at, r.number LIMIT :listed",
        listed=LISTED,
        **known,
    )
    number = int(rows[0]["n"]) if rows else 0
    if scope.exact:
        count = Count(number)
        reading.shows("referral", (to_uuid(row["id"]) for row in rows), ["number"])
    else:
        count = shown_within(number, int((await fetch(f"SELECT COUNT(*) AS n {waiting}", **known))[0]["n"]))
    return WithoutAcceptanceView(
        older_than_days=older_than,
        count=count.count,
        suppressed=count.suppressed,
        numbers=[int(row["number"]) for row in rows] if scope.exact else [],
    )


def _before(reading: Reading, days: int) -> datetime:
    """Give the instant before which a referral was published that is older than so many days."""
    return local_instant(reading.today - timedelta(days=days), time(0))
