"""Which providers' contracts end soon or have ended lately: what the warning and the news are about (002:355-358)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from orm.sql import fetch, to_date, to_uuid
from resolvers.account_reach import Reach, reach_of
from resolvers.desk import EVERYONE, Reading, access
from resolvers.paging import Page, key_from_cursor, page_of, page_size, to_cursor
from resolvers.profile_scope import PROVIDER_OFFICE
from resolvers.referral_shapes import ProviderRef
from rules.accounts import AccountState
from rules.contract_end import Period, disabled_from, earliest_in_sight, end_in_sight, latest_in_sight
from rules.roles import Role

READS_ALL = PROVIDER_OFFICE | {Role.CSO, Role.ITSD_ACCOUNT_MGMT, Role.ADMINISTRATOR}
"""Who sees the contracts of all providers; an organization's officers, and who stands in for them, see their own."""

_ORDER = "ENDING"


@dataclass(slots=True)
class EndingContractView:
    """A provider whose contract ends; ``accounts`` are its user IDs that are in use, or suspended."""

    provider: ProviderRef
    regional_office: str
    last_day: date
    disabled_from: date
    ended: bool
    accounts: int


@access("provider.ending_contracts", by=EVERYONE, cites="002:111-113; 002:355-358")
async def list_ending_contracts(
    reading: Reading, *, first: int = 50, after: str | None = None, count: bool = False
) -> Page[EndingContractView]:
    """List the providers whose contract ends soon or has ended lately, the earliest end first.

    Whoever looks after no provider gets none.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    reach = await reach_of(reading.actor, reading.today, everywhere=READS_ALL)
    ending = await _ending(reading, reach)
    begin = 0
    if after is not None:
        key = key_from_cursor(after, _ORDER)
        begin = next((place for place, one in enumerate(ending, 1) if one.provider.id == key), 0)
    views = ending[begin : begin + size]
    reading.shows("provider", (view.provider.id for view in views), ["endingContracts"])
    return page_of(
        views,
        lambda view: to_cursor(_ORDER, str(view.provider.id)),
        more=len(ending) > begin + size,
        after=after,
        total=len(ending) if count else None,
    )


async def _ending(reading: Reading, reach: Reach) -> list[EndingContractView]:
    own = [one.provider_id for one in reach.organizations if one.provider_id]
    if not (reach.everyone or own):
        return []
    periods: dict[UUID, list[Period]] = defaultdict(list)
    known: dict[UUID, tuple[str, str, int]] = {}
    rows = await fetch(
        _CONTRACTS.format(whose="1 = 1" if reach.everyone else "p.id IN (:own)"),
        earliest=earliest_in_sight(reading.today),
        latest=latest_in_sight(reading.today, reading.policy),
        in_use=[AccountState.ACTIVE, AccountState.SUSPENDED],
        **({} if reach.everyone else {"own": own}),
    )
    for row in rows:
        key = to_uuid(row["id"])
        periods[key].append((to_date(row["begins_on"]), to_date(row["ends_on"]) if row["ends_on"] else None))
        known[key] = row["name"], row["office"] or "", int(row["accounts"])
    found = []
    for key, (name, office, accounts) in known.items():
        last_day = end_in_sight(periods[key], reading.today, reading.policy)
        if last_day is not None:
            begins = disabled_from(last_day)
            ended = begins <= reading.today
            found.append(EndingContractView(ProviderRef(key, name), office, last_day, begins, ended, accounts))
    return sorted(found, key=lambda one: (one.last_day, one.provider.name, str(one.provider.id)))


_CONTRACTS = (
    "SELECT p.id, p.name, o.name AS office, c.begins_on, c.ends_on, (SELECT COUNT(*) FROM user_account u "
    "WHERE u.provider_id = p.id AND u.state IN (:in_use)) AS accounts "
    "FROM provider p JOIN contract c ON c.provider_id = p.id "
    "LEFT JOIN regional_office o ON o.code = p.regional_office_id "
    "WHERE {whose} AND EXISTS (SELECT 1 FROM contract k WHERE k.provider_id = p.id "
    "AND k.ends_on BETWEEN :earliest AND :latest)"
)
