"""The list of silent providers: open referrals that a provider has had for too long without an answer (RSP-08).

The SQL narrows as the audience rule decides; a test holds the list equal to what the sweep would tell.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from orm.eras import Kept
from orm.readings import Row, fetch_often
from orm.sql import fetch, to_instant, to_uuid
from resolvers.desk import Reading, access
from resolvers.paging import Page, from_cursor, page_size, stale_cursor, to_cursor
from resolvers.receipts import RECEIPT_READERS, first_views
from resolvers.receiving import IS_RECEIVING
from resolvers.referral_shapes import ProviderRef
from resolvers.scope import Sight, sight_of
from rules.calendar import local_date, local_instant
from rules.errors import Invalid

_ORDER = "SILENT"
_LONGEST = 3650


@dataclass(slots=True)
class SilentProviderView:
    """A provider that has an open referral and has not answered it; ``told_at`` is when its coordinator was told."""

    provider: ProviderRef
    referral_number: int
    reached_at: datetime
    silent_days: int
    viewed_at: datetime | None
    told_at: datetime | None


@access("referral.silent_providers", by=RECEIPT_READERS, cites="001:174; 001:271")
async def list_silent_providers(
    reading: Reading,
    *,
    first: int = 50,
    after: str | None = None,
    older_than_days: int | None = None,
    count: bool = False,
) -> Page[SilentProviderView]:
    """List the silent providers of the open referrals in the caller's scope, the longest silence first.

    Silent is who could answer and has not, more than so many Chicago days after the referral first reached it; the
    policy's days, unless said otherwise. Who is exempt is not listed.

    Raises:
        Invalid: ``DAYS_OUT_OF_RANGE``, or a cursor or page size that cannot be.
    """
    size = page_size(first)
    days = reading.policy.referral_silent.days if older_than_days is None else older_than_days
    if not 0 <= days <= _LONGEST:
        raise Invalid(f"Ask for 0 to {_LONGEST} days.", code="DAYS_OUT_OF_RANGE", field="olderThanDays")
    sight = await sight_of(reading.actor, reading.today, reading.era)
    parameters = {
        **sight.parameters,
        "today": reading.today,
        "before": local_instant(reading.today - timedelta(days=days), time(0)),
    }
    conditions = [_SILENT, f"({sight.where})"]
    total: int | None = None
    if count:
        key = (sight.key, parameters["today"], parameters["before"])
        told = dict(parameters)
        total = await _COUNTED.get(reading.era, key, lambda: _count(sight, told))
    if after is not None:
        conditions.append("(rr.at > :after_at OR (rr.at = :after_at AND rr.id > :after_id))")
        parameters |= await _place(after, sight)
    rows: Sequence[Row] = []
    if total != 0:
        rows = await fetch_often(
            "SELECT rr.id, rr.at, rr.provider_id, r.id AS referral_id, r.number, p.name, s.at AS told_at "
            f"FROM {_TABLES} {_TOLD} WHERE {' AND '.join(conditions)} ORDER BY rr.at, rr.id LIMIT {size + 1}",
            **parameters,
        )
    page = rows[:size]
    views = await _views(page, reading)
    reading.shows("provider", (view.provider.id for view in views), ["silentProviders"])
    reading.touches("referral", (to_uuid(row["referral_id"]) for row in page))
    return Page(
        nodes=views,
        cursors=[to_cursor(_ORDER, row["id"]) for row in page],
        has_next_page=len(rows) > size,
        has_previous_page=after is not None,
        total_count=total,
    )


_COUNTED: Final[Kept[Hashable, int]] = Kept(500)


async def _count(sight: Sight, parameters: Mapping[str, Any]) -> int:
    counted = await fetch_often(
        f"SELECT COUNT(*) AS n FROM {_TABLES} WHERE {_SILENT} AND ({sight.to_count})", **parameters
    )
    return int(counted[0]["n"])


_TABLES = "referral_reach rr JOIN referral r ON r.id = rr.referral_id JOIN provider p ON p.id = rr.provider_id"
_TOLD = "LEFT JOIN silence_alert s ON s.referral_id = rr.referral_id AND s.provider_id = rr.provider_id"

# A reach that came while its referral was being closed may still say that it waits; so the status is asked, too.
_SILENT = (
    f"rr.waits AND r.status = 'OPEN' AND rr.at < :before AND {IS_RECEIVING} "
    "AND NOT EXISTS (SELECT 1 FROM referral_exclusion x WHERE x.referral_id = r.id AND x.provider_id = p.id "
    "AND x.included_at IS NULL) "
    "AND EXISTS (SELECT 1 FROM contact c WHERE c.provider_id = p.id AND c.active AND (r.statewide OR EXISTS ("
    "SELECT 1 FROM contact_county cc JOIN referral_county rc ON rc.county_id = cc.county_id "
    "WHERE cc.contact_id = c.id AND rc.referral_id = r.id)))"
)


async def _place(after: str, sight: Sight) -> dict[str, Any]:
    """Find the place of a cursor; its referral has to exist for the caller, or the place would tell something.

    Raises:
        Invalid: ``CURSOR_STALE``; the referral has gone out of sight since.
    """
    reach = from_cursor(after, _ORDER)
    at = await fetch(
        "SELECT rr.at FROM referral_reach rr JOIN referral r ON r.id = rr.referral_id "
        f"WHERE rr.id = :reach AND ({sight.where})",
        **sight.parameters,
        reach=reach,
    )
    if not at:
        raise stale_cursor()
    return {"after_at": to_instant(at[0]["at"]), "after_id": reach}


async def _views(rows: Sequence[Row], reading: Reading) -> list[SilentProviderView]:
    referrals = {to_uuid(row["referral_id"]) for row in rows}
    viewed = await first_views(referrals, {to_uuid(row["provider_id"]) for row in rows})
    views = []
    for row in rows:
        provider, reached_at = to_uuid(row["provider_id"]), to_instant(row["at"])
        opened = viewed.get((to_uuid(row["referral_id"]), provider))
        views.append(
            SilentProviderView(
                provider=ProviderRef(provider, row["name"]),
                referral_number=row["number"],
                reached_at=reached_at,
                silent_days=(reading.today - local_date(reached_at)).days,
                viewed_at=opened.at if opened else None,
                told_at=to_instant(row["told_at"]) if row["told_at"] else None,
            )
        )
    return views
