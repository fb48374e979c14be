"""Referrals as people see them: the grid (001:183-227) and the view (001:236-254), from one statement each.

What belongs to a row and was asked for (counties, guardians, answers …) comes with one more statement per kind for
the whole page, never one per row. What was not asked for is not read and not written down as shown.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Any, Final
from uuid import UUID

from orm.eras import Kept
from orm.readings import fetch_often
from orm.sql import fetch
from resolvers.desk import Reading, access
from resolvers.numbers import LAST_NUMBER
from resolvers.paging import Page, from_cursor, page_of, page_size, to_cursor
from resolvers.referral_pages import PageReader
from resolvers.referral_parts import fill
from resolvers.referral_rows import COLUMNS, TABLES, own_provider_parameter, row_view, tables_to_count
from resolvers.referral_search import ReferralFilter, ReferralOrder, beyond, conditions_of, sort_column
from resolvers.referral_shapes import (
    ReferralView,
)
from resolvers.scope import READERS, hashable, sight_of
from rules.errors import NotFound


@access("referral.list", by=READERS, cites="001:183-227")
async def list_referrals(
    reading: Reading,
    *,
    where: ReferralFilter | None = None,
    order: ReferralOrder = ReferralOrder.AGE_DESC,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
    wanted: Collection[str] = frozenset(),
    form: PageReader | None = None,
) -> Page[Any]:
    """List the referrals that exist for the caller, a page at a time: views, or rows written in a form."""
    size = page_size(first)
    where = where or ReferralFilter()
    sight = await sight_of(reading.actor, reading.today, reading.era)
    conditions, parameters = conditions_of(where, sight, reading)
    column, descending = sort_column(order, where)
    total: int | None = None
    if count:
        _, *narrowing = conditions
        to_count = [f"({sight.to_count})", *narrowing]
        tables, unknown = tables_to_count(to_count)
        given = {name: value for name, value in parameters.items() if name not in unknown}
        statement = f"SELECT COUNT(*) AS n FROM {tables} WHERE {' AND '.join(to_count)}"
        total = await _TOTALS.get(reading.era, (statement, hashable(given)), lambda: _count(statement, given))
    if after is not None:
        number = from_cursor(after, order, most=LAST_NUMBER)
        conditions.append(await beyond(column, descending, number, sight, parameters, reading))
    direction = "DESC" if descending else "ASC"
    # The limit is a number in the text: a plan that is kept for all values would be made for any limit.
    rest = f"WHERE {' AND '.join(conditions)} ORDER BY {column} {direction}, r.number ASC LIMIT {size + 1}"
    if form is not None:
        page = await form.read(rest, parameters, size, reading)
        reading.shows("referral", page.keys, wanted)
        return Page(
            nodes=page.rows,
            # Only the first and the last are ever shown of a page that was written.
            cursors=[to_cursor(order, number) for number in (*page.numbers[:1], *page.numbers[-1:])],
            has_next_page=page.has_more,
            has_previous_page=after is not None,
            total_count=total,
        )
    rows = await fetch_often(f"SELECT {COLUMNS} FROM {TABLES} {rest}", **parameters)
    views = [row_view(row, reading) for row in rows[:size]]
    await fill(views, reading, wanted)
    reading.shows("referral", (view.id for view in views), wanted)
    return page_of(views, lambda view: to_cursor(order, view.number), more=len(rows) > size, after=after, total=total)


_TOTALS: Final[Kept[Hashable, int]] = Kept(500)


async def _count(statement: str, parameters: Mapping[str, Any]) -> int:
    return int((await fetch(statement, **parameters))[0]["n"])


@access("referral.view", by=READERS, cites="001:236-254")
async def view_referral(
    reading: Reading, *, number: int | None = None, key: UUID | None = None, wanted: Collection[str] = frozenset()
) -> ReferralView:
    """Show one referral, by number or by key.

    Raises:
        NotFound: there is none for this person.
    """
    if number is not None:
        views = await load_numbered(reading, number, wanted)
    else:
        views = await load_referrals(reading, "r.id = :key", {"key": key}, wanted)
    if not views:
        raise NotFound("There is no such referral.", code="REFERRAL_NOT_FOUND")
    reading.about("referral", views[0].id)
    reading.shows("consumer", [views[0].consumer.id], wanted)
    return views[0]


async def load_numbered(reading: Reading, number: int, wanted: Collection[str]) -> list[ReferralView]:
    """Load the referral with this number, if it exists for the caller; the number is written down either way."""
    if not 0 < number <= LAST_NUMBER:
        return []
    reading.note(number=number)
    return await load_referrals(reading, "r.number = :number", {"number": number}, wanted)


async def load_referrals(
    reading: Reading, condition: str, parameters: dict[str, Any], wanted: Collection[str]
) -> list[ReferralView]:
    """Load the referrals under a condition that exist for the caller, as part of whatever read is in progress."""
    sight = await sight_of(reading.actor, reading.today)
    rows = await fetch(
        f"SELECT {COLUMNS} FROM {TABLES} WHERE {condition} AND ({sight.where})",
        **sight.parameters,
        **own_provider_parameter(reading),
        **parameters,
    )
    views = [row_view(row, reading) for row in rows]
    await fill(views, reading, wanted)
    return views
