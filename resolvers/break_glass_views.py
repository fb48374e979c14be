"""What was opened by break-glass: the list for those who review it, and the referral for whoever opened it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from orm.models import BreakGlass, Referral, User
from resolvers.break_glass import no_such_break_glass
from resolvers.desk import Reading, access
from resolvers.numbers import LAST_NUMBER
from resolvers.paging import Page, from_cursor, page_of, page_size, to_cursor
from resolvers.referral_shapes import ReferralView
from resolvers.referral_views import load_referrals
from rules.break_glass import HOLDERS, PURPOSE, WITNESSES, BreakGlassFinding, is_open
from rules.errors import NotFound
from rules.roles import Role

BREAK_GLASS_READERS = HOLDERS | frozenset(WITNESSES)
"""Who reads what was opened, by whom and why: whoever may be told of it; only the holders act on it."""

_ORDER = "BREAK_GLASS"


@dataclass(slots=True)
class BreakGlassView:
    """One referral that was opened to one person, and what became of it."""

    id: UUID
    number: int
    referral_number: int
    opened_by: str
    opened_by_name: str
    reason: str
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    is_open: bool
    own: bool
    finding: BreakGlassFinding | None
    reviewed_at: datetime | None
    reviewed_by: str | None
    review_note: str


@access("break_glass.list", by=BREAK_GLASS_READERS, cites="002:234-259; 45 CFR 164.308(a)(1)(ii)(D)")
async def list_break_glasses(
    reading: Reading, *, reviewed: bool | None = None, first: int = 50, after: str | None = None, count: bool = False
) -> Page[BreakGlassView]:
    """List what was opened by break-glass, the newest first; ``reviewed=False`` gives the reviews that wait.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    where: dict[str, Any] = {} if reviewed is None else {"finding__isnull": not reviewed}
    total = await BreakGlass.filter(**where).count() if count else None
    if after is not None:
        where["number__lt"] = from_cursor(after, _ORDER, most=LAST_NUMBER)
    rows = await BreakGlass.filter(**where).order_by("-number").limit(size + 1)
    views = await _views(reading, rows[:size])
    reading.shows("break_glass", (view.id for view in views), ["breakGlasses"])
    return page_of(views, lambda view: to_cursor(_ORDER, view.number), more=len(rows) > size, after=after, total=total)


@access("break_glass.view", by=BREAK_GLASS_READERS, cites="002:234-259; 45 CFR 164.308(a)(1)(ii)(D)")
async def view_break_glass(reading: Reading, number: int) -> BreakGlassView:
    """Show what was opened by one break-glass, by whom and why; the referral itself is not shown.

    Raises:
        NotFound: there is no such break-glass.
    """
    row = await BreakGlass.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if row is None:
        raise no_such_break_glass()
    reading.about("break_glass", row.id)
    reading.shows("break_glass", [row.id], ["breakGlass"])
    return (await _views(reading, [row]))[0]


@access("break_glass.read", by=HOLDERS, cites="002:21-32; 45 CFR 164.312(a)(2)(ii)")
async def view_under_break_glass(
    reading: Reading, number: int, *, wanted: Collection[str] = frozenset()
) -> ReferralView:
    """Show the referral that the caller has opened by break-glass, as the central office sees it.

    Raises:
        NotFound: the caller has not opened it, or not any more.
    """
    opened = await _open_to(reading, number)
    reading.note(purpose=PURPOSE, break_glass=opened.number)
    views = await load_referrals(_as_central_office(reading), "r.id = :key", {"key": opened.referral_id}, wanted)
    reading.about("referral", views[0].id)
    reading.shows("consumer", [views[0].consumer.id], wanted)
    return views[0]


async def _open_to(reading: Reading, number: int) -> BreakGlass:
    reading.note(number=number)
    mine = BreakGlass.filter(
        opened_by_id=reading.actor.person(), referral__number=number, ended_at=None, expires_at__gt=reading.now
    )
    opened = await mine.first() if 0 < number <= LAST_NUMBER else None
    if opened is None:
        raise NotFound(
            "You have not opened a referral of this number by break-glass, or its time is over.",
            code="BREAK_GLASS_NOT_FOUND",
            field="number",
        )
    return opened


def _as_central_office(reading: Reading) -> Reading:
    """Look with the eyes of the central office; who looked stays who it is, and is written down by the caller."""
    actor = replace(reading.actor, roles=frozenset({Role.CENTRAL_STAFF}))
    return replace(reading, caller=replace(reading.caller, actor=actor))


async def _views(reading: Reading, rows: Sequence[BreakGlass]) -> list[BreakGlassView]:
    if not rows:
        return []
    keys = {key for row in rows for key in (row.opened_by_id, row.ended_by_id, row.reviewed_by_id) if key}
    people = {one.id: one for one in await User.filter(id__in=list(keys))}
    numbers = {one.id: one.number for one in await Referral.filter(id__in=[row.referral_id for row in rows])}
    return [
        BreakGlassView(
            id=row.id,
            number=row.number,
            referral_number=numbers[row.referral_id],
            opened_by=people[row.opened_by_id].user_id,
            opened_by_name=people[row.opened_by_id].name,
            reason=row.reason,
            opened_at=row.opened_at,
            expires_at=row.expires_at,
            ended_at=row.ended_at,
            ended_by=people[row.ended_by_id].user_id if row.ended_by_id else None,
            is_open=is_open(row.expires_at, row.ended_at, reading.now),
            own=row.opened_by_id == reading.actor.id,
            finding=row.finding,
            reviewed_at=row.reviewed_at,
            reviewed_by=people[row.reviewed_by_id].user_id if row.reviewed_by_id else None,
            review_note=row.review_note,
        )
        for row in rows
    ]
