"""Duties that nobody holds at this moment, derived from the tables: nothing has to be ticked off (000:265-270).

What is open is open however it came about: by a revocation, a sweep, the end of a contract, or because nobody was ever
named.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from orm.readings import Row, fetch_often
from orm.sql import to_uuid
from resolvers.account_reach import LOCAL_OFFICERS, Reach, reach_of
from resolvers.desk import EVERYONE, Reading, access
from resolvers.paging import Page, key_from_cursor, page_size, to_cursor
from resolvers.referral_shapes import ProviderRef
from rules.errors import Invalid
from rules.leaving import Duty
from rules.roles import Role

READS_ALL = frozenset({Role.CSO, Role.ITSD_ACCOUNT_MGMT, Role.ADMINISTRATOR, Role.PROVIDER_RELATIONS})
"""Who sees the open duties of everybody; an organization's officers see those of their own."""
DUTY_READERS = READS_ALL | LOCAL_OFFICERS | {Role.CENTRAL_STAFF}
"""Who is to care for some; the central office for referrals without a primary coordinator, of which it is told."""


@dataclass(slots=True)
class OpenDutyView:
    """A duty without a holder: of a provider, or of one referral."""

    duty: Duty
    next_step: str
    cites: str
    provider: ProviderRef | None
    referral_number: int | None


@access("duty.open", by=EVERYONE, cites="000:105-106; 000:136-137; 000:265-270")
async def list_open_duties(
    reading: Reading, *, duty: Duty | None = None, first: int = 50, after: str | None = None, count: bool = False
) -> Page[OpenDutyView]:
    """List the duties without a holder that the caller is to care for, by duty; none for whoever cares for none.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    reach = await reach_of(reading.actor, reading.today, everywhere=READS_ALL)
    asked = _union(reading, reach, duty)
    if asked is None:
        return Page(nodes=[], cursors=[], has_next_page=False, has_previous_page=after is not None, total_count=0)
    union, parameters = asked
    place, at = "", dict[str, Any]()
    if after is not None:
        place = "WHERE (d.rank > :rank OR (d.rank = :rank AND d.id > :id))"
        at["rank"], at["id"] = _place(after)
    rows, *counted = await asyncio.gather(
        fetch_often(
            f"SELECT d.rank, d.id, d.name, d.number FROM ({union}) d {place} ORDER BY d.rank, d.id LIMIT {size + 1}",
            **parameters,
            **at,
        ),
        *([fetch_often(f"SELECT COUNT(*) AS n FROM ({union}) d", **parameters)] if count else []),
    )
    page = rows[:size]
    reading.shows("provider", (to_uuid(row["id"]) for row in page if row["number"] is None), ["openDuties"])
    reading.touches("referral", (to_uuid(row["id"]) for row in page if row["number"] is not None))
    return Page(
        nodes=[_view(row) for row in page],
        cursors=[to_cursor(f"{_CURSOR}{row['rank']}", str(to_uuid(row["id"]))) for row in page],
        has_next_page=len(rows) > size,
        has_previous_page=after is not None,
        total_count=int(counted[0][0]["n"]) if counted else None,
    )


_CURSOR = "DUTY"

_UNDER_CONTRACT = (
    "p.active AND EXISTS (SELECT 1 FROM contract k WHERE k.provider_id = p.id AND k.begins_on <= :today "
    "AND (k.ends_on IS NULL OR k.ends_on >= :today))"
)


def _nobody_holds(role: str) -> str:
    return (
        "p.kind = 'RESIDENTIAL' AND NOT EXISTS (SELECT 1 FROM role_grant g JOIN user_account u ON u.id = g.user_id "
        f"WHERE g.role = '{role}' AND g.ended_at IS NULL AND u.provider_id = p.id AND u.state = 'ACTIVE')"
    )


_OF_PROVIDERS: dict[Duty, str] = {
    Duty.LSO: (
        "NOT EXISTS (SELECT 1 FROM lso_designation l JOIN user_account u ON u.id = l.user_id "
        "WHERE l.provider_id = p.id AND l.ended_at IS NULL AND u.state = 'ACTIVE')"
    ),
    Duty.HI_REPRESENTATIVE: _nobody_holds("HI_REPRESENTATIVE"),
    Duty.HEALTH_INVENTORIES: _nobody_holds("HEALTH_INVENTORIES"),
    Duty.SOLE_CONTACT: "NOT EXISTS (SELECT 1 FROM contact c WHERE c.provider_id = p.id AND c.active)",
}

_OF_REFERRALS: dict[Duty, str] = {
    # Every open referral has one: a guard of the table says so.
    Duty.PRIMARY_COORDINATOR: "r.status = 'OPEN' AND u.state <> 'ACTIVE'"
}


def _union(reading: Reading, reach: Reach, duty: Duty | None) -> tuple[str, dict[str, Any]] | None:
    """Say in SQL which duties are open; providers and referrals become rows of one list. None where none can be."""
    asked = [(rank, one) for rank, one in enumerate(Duty) if duty in (None, one)]
    own = "1 = 1" if reach.everyone else "p.id IN (:own)"
    providers = [one.provider_id for one in reach.organizations if one.provider_id]
    of_providers = [
        f"SELECT {rank} AS rank, p.id AS id, p.name AS name, CAST(NULL AS INTEGER) AS number FROM provider p "
        f"WHERE {own} AND {_UNDER_CONTRACT} AND {_OF_PROVIDERS[one]}"
        for rank, one in asked
        if one in _OF_PROVIDERS and (reach.everyone or providers)
    ]
    of_referrals = [
        f"SELECT {rank} AS rank, r.id AS id, '' AS name, r.number AS number FROM referral r "
        f"JOIN user_account u ON u.id = r.primary_coordinator_id WHERE {_OF_REFERRALS[one]}"
        for rank, one in asked
        if one in _OF_REFERRALS and (reach.everyone or reading.actor.has_any({Role.CENTRAL_STAFF}))
    ]
    parameters: dict[str, Any] = {"today": reading.today} if of_providers else {}
    if of_providers and not reach.everyone:
        parameters["own"] = providers
    union = " UNION ALL ".join(of_providers + of_referrals)
    return (union, parameters) if union else None


def _place(after: str) -> tuple[int, UUID]:
    for rank, _ in enumerate(Duty):
        with suppress(Invalid):
            return rank, key_from_cursor(after, f"{_CURSOR}{rank}")
    raise Invalid("This cursor was not made for this list.", code="CURSOR_MALFORMED", field="after")


def _view(row: Row) -> OpenDutyView:
    duty = list(Duty)[row["rank"]]
    of_provider = row["number"] is None
    return OpenDutyView(
        duty=duty,
        next_step=duty.next_step,
        cites=duty.cites,
        provider=ProviderRef(to_uuid(row["id"]), row["name"]) if of_provider else None,
        referral_number=row["number"],
    )
