"""Which counties are served, and where people look for a home and no letter reaches a provider (001:70; 001:121).

The SQL narrows as the audience rule decides; a test holds it equal to what a publication's preview says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from orm.eras import Kept
from orm.readings import fetch_often
from resolvers.desk import Reading, access
from resolvers.insight_counts import kept_open
from resolvers.profile_scope import PROVIDER_OFFICE
from resolvers.receipts import RECEIPT_READERS
from resolvers.receiving import IS_RECEIVING
from resolvers.referral_search import red_before
from resolvers.scope import EDITORS, Sight, sight_of
from rules.insights import Count, may_be_exact, shown

COVERAGE_READERS = RECEIPT_READERS | PROVIDER_OFFICE
"""Who sees where providers are missing."""


@dataclass(frozen=True, slots=True)
class CountyCoverage:
    """A county: how many providers a letter reaches there, and how many open referrals prefer it.

    It is ``lacking`` if people look for a home there, and no letter reaches a provider.
    """

    fips: str
    name: str
    providers: int
    open_referrals: Count
    lacking: bool


@access("provider.coverage", by=COVERAGE_READERS, cites="001:70; 001:99-101; 001:121")
async def list_coverage(reading: Reading) -> list[CountyCoverage]:
    """Count for each county the providers that a letter reaches there and the open referrals that prefer it, by name.

    The counts of referrals are of the whole exchange: a county lacks providers whoever looks. Small ones are kept back
    from whoever could not open each of these referrals, as in the insights.
    """
    counties = await _COVERAGE.get(reading.era, reading.today, lambda: _coverage(reading.today))
    reading.note(counties=sum(one.open_referrals > 0 for one in counties))
    opened = reading.actor.counties_opened
    return [
        CountyCoverage(
            one.fips,
            one.name,
            one.providers,
            shown(one.open_referrals, exact=may_be_exact([one.fips], opened)),
            lacking=one.open_referrals > 0 and one.providers == 0,
        )
        for one in counties
    ]


@dataclass(frozen=True, slots=True)
class _Counted:
    """A county with the numbers of today, whoever asks."""

    fips: str
    name: str
    providers: int
    open_referrals: int


_COVERAGE: Final[Kept[date, tuple[_Counted, ...]]] = Kept(2)


async def _coverage(on: date) -> tuple[_Counted, ...]:
    served, referrals, counties = await asyncio.gather(
        fetch_often(_SERVED, today=on),
        kept_open(),
        fetch_often("SELECT fips, name FROM county ORDER BY name"),
    )
    providers = {row["county_id"]: int(row["n"]) for row in served}
    return tuple(
        _Counted(row["fips"], row["name"], providers.get(row["fips"], 0), referrals.get(row["fips"], 0))
        for row in counties
    )


@dataclass(frozen=True, slots=True)
class ExchangeCounts:
    """What waits for whoever runs the exchange; what a role does not see is None."""

    overdue_unaccepted: int | None
    accepted_unplaced: int | None
    lacking_counties: int


@access("exchange.counts", by=COVERAGE_READERS, cites="001:70; 001:213-227")
async def count_exchange(reading: Reading) -> ExchangeCounts:
    """Count what waits: overdue referrals that nobody accepted, accepted ones not placed, counties that nobody serves.

    Referrals are those in sight; overdue is what stands red in the grid.
    """
    on, before = reading.today, red_before(reading)
    sight = await sight_of(reading.actor, on, reading.era) if reading.actor.has_any(EDITORS) else None
    key = (sight.key if sight else None, on, before)
    return await _COUNTED.get(reading.era, key, lambda: _count(sight, on, before))


_COUNTED: Final[Kept[Hashable, ExchangeCounts]] = Kept(500)


async def _count(sight: Sight | None, on: date, before: datetime) -> ExchangeCounts:
    (overdue, unplaced), lacking = await asyncio.gather(_accepted(sight, before), fetch_often(_LACKING, today=on))
    return ExchangeCounts(overdue, unplaced, int(lacking[0]["n"]))


async def _accepted(sight: Sight | None, before: datetime) -> tuple[int | None, int | None]:
    """Count overdue referrals that nobody accepts, and accepted ones without a placement; without a sight neither."""
    if sight is None:
        return None, None
    (row,) = await fetch_often(
        "SELECT SUM(CASE WHEN r.first_published_at < :red_before AND r.acceptances = 0 THEN 1 ELSE 0 END) AS overdue, "
        "SUM(CASE WHEN r.pending_provider_id IS NULL AND r.acceptances > 0 THEN 1 ELSE 0 END) AS unplaced "
        f"FROM referral r WHERE r.status = 'OPEN' AND ({sight.to_count})",
        **sight.parameters,
        red_before=before,
    )
    return int(row["overdue"] or 0), int(row["unplaced"] or 0)


_SERVING = (
    "FROM provider p JOIN contact c ON c.provider_id = p.id "
    f"JOIN contact_county cc ON cc.contact_id = c.id WHERE {IS_RECEIVING} AND c.active "
    "AND c.email IS NOT NULL AND c.email <> '' AND c.email_bounced_at IS NULL"
)
"""The providers that get a referral of a county today and that a letter reaches."""
_SERVED = (
    f"SELECT s.county_id, COUNT(*) AS n FROM (SELECT DISTINCT cc.county_id, p.id {_SERVING}) s GROUP BY s.county_id"
)
_SEEKING = "FROM referral_county rc JOIN referral r ON r.id = rc.referral_id WHERE r.status = 'OPEN'"
# A LIMIT keeps PostgreSQL from collecting all providers of all counties to find out that each county has one.
_LACKING = (
    f"SELECT COUNT(*) AS n FROM county y WHERE (SELECT 1 {_SERVING} AND cc.county_id = y.fips LIMIT 1) IS NULL "
    f"AND EXISTS (SELECT 1 {_SEEKING} AND rc.county_id = y.fips LIMIT 1)"
)
