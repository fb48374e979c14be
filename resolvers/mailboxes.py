"""A person's mailbox: read from a cursor, and followed live without missing or doubling a line (SUB-01 to SUB-04)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from orm.models import Mailbox, Notification
from resolvers.callers import Actor, Caller
from resolvers.desk import EVERYONE, Reading, access
from resolvers.line_sights import Sought, load_for_lines, look, onlooker_of
from resolvers.line_views import ORDER, NotificationView, fields_of_referral, line_cursor, line_view
from resolvers.lines_beyond import Line, line_of, lines_beyond, one_line
from resolvers.paging import Page, from_cursor, page_of, page_size
from resolvers.referral_shapes import ReferralView
from resolvers.scope import READERS
from resolvers.sessions import still_there
from rules.errors import Denied, NotFound
from rules.notices import NotificationKind

_POLL_SECONDS: Final = 8.0


class Place(Protocol):
    """How far a mailbox is read, and by whom."""

    caller: Caller
    mailbox: UUID
    line: int


@dataclass(slots=True)
class _Place:
    caller: Caller
    mailbox: UUID
    line: int = 0


@access("mailbox.read", by=EVERYONE, cites="001:139; 001:174")
async def read_mailbox(
    reading: Reading,
    *,
    first: int = 50,
    after: str | None = None,
    newest_first: bool = True,
    wanted: Collection[str] = frozenset(),
) -> Page[NotificationView]:
    """Read the caller's own mailbox, a page at a time."""
    size = page_size(first)
    lines = Notification.filter(mailbox_id=mailbox_of(reading.actor))
    if after is not None:
        line = from_cursor(after, ORDER)
        lines = lines.filter(line__lt=line) if newest_first else lines.filter(line__gt=line)
    rows = await lines.order_by("-line" if newest_first else "line").limit(size + 1)
    views = await _views(reading, [*map(line_of, rows[:size])], wanted)
    return page_of(views, lambda view: view.cursor, more=len(rows) > size, after=after)


@access("mailbox.deliver", by=EVERYONE, cites="001:139; 001:174")
async def deliver_line(
    reading: Reading, line: int, *, row: Line | None = None, wanted: Collection[str] = frozenset()
) -> NotificationView:
    """Show one line as it is delivered live, with the referral as it may be seen at this moment.

    Raises:
        NotFound: the ``row`` that was read before is not of the caller's mailbox.
    """
    mailbox = mailbox_of(reading.actor)
    row = row or await one_line(mailbox, line)
    if row.mailbox_id != mailbox:
        raise _no_such_line()
    referrals: Mapping[UUID, ReferralView] = {}
    inner = fields_of_referral(wanted)
    if inner and row.said.referral_id and reading.actor.has_any(READERS):
        seen = await look(Sought(reading.caller, onlooker_of(reading.actor), row.said.referral_id, inner))
        if seen is None:
            raise _no_such_line()
        for kind, ids in seen.subjects.items():
            reading.shows(kind, ids, seen.fields_shown)
        referrals = seen.views
    return _shown(reading, [row], referrals)[0]


@access("mailbox.unseen", by=EVERYONE, cites="001:139; 001:174")
async def count_unseen(reading: Reading, after: str | None) -> tuple[int, str]:
    """Count the lines after a cursor, none without one; with the cursor of the last line, to follow from there.

    Raises:
        Invalid: the cursor is malformed.
    """
    mailbox = await Mailbox.get(id=mailbox_of(reading.actor))
    seen = mailbox.last_line if after is None else from_cursor(after, ORDER)
    return max(0, mailbox.last_line - seen), line_cursor(mailbox.last_line)


@access("mailbox.line", by=EVERYONE, cites="001:139; 001:174")
async def view_line(reading: Reading, key: UUID, *, wanted: Collection[str] = frozenset()) -> NotificationView:
    """Show one line of the caller's own mailbox.

    Raises:
        NotFound: there is no such line in it.
    """
    row = await Notification.filter(id=key, mailbox_id=mailbox_of(reading.actor)).first()
    if row is None:
        raise _no_such_line()
    return (await _views(reading, [line_of(row)], wanted))[0]


@access("mailbox.follow", by=EVERYONE, cites="001:139; 001:174")
async def begin_to_follow(reading: Reading, after: str | None = None) -> int:
    """Give the line after which a follower hears: whoever may not read is told so at once, not with the first line.

    Raises:
        Invalid: the cursor is malformed.
    """
    return from_cursor(after, ORDER) if after else (await Mailbox.get(id=mailbox_of(reading.actor))).last_line


async def follow_mailbox(
    caller: Caller,
    after: str | None,
    *,
    wanted: Collection[str] = frozenset(),
    kinds: Collection[NotificationKind] | None = None,
) -> AsyncGenerator[NotificationView, None]:
    """Follow the caller's mailbox: everything after the cursor, then whatever comes; without a cursor only the new.

    The caller is proven again before each line: whoever is revoked hears nothing more. With ``kinds`` other lines are
    passed over; cursors are those of the whole mailbox.

    Raises:
        Unauthenticated: the session has ended.
        Denied: the password is to be changed, or the statement to be accepted first.
        Invalid: the cursor is malformed.
    """
    place = _Place(caller, mailbox_of(caller.actor))
    with caller.desk.doorbell.listen(place.mailbox) as waiter:
        place.line = await begin_to_follow(caller, after)
        while True:
            async with aclosing(catch_up(place, wanted, kinds)) as lines:
                async for line in lines:
                    yield line
            await waiter.wait(_POLL_SECONDS)


async def catch_up(
    place: Place, wanted: Collection[str], kinds: Collection[NotificationKind] | None
) -> AsyncGenerator[NotificationView, None]:
    """Deliver what is beyond a place, line by line, and end when nothing is; the place goes along.

    Raises:
        Unauthenticated: the session has ended.
        Denied: the password is to be changed, or the statement to be accepted first.
    """
    place.caller = await still_there(place.caller)
    while beyond := await lines_beyond(place.mailbox, place.line):
        for row in beyond:
            if kinds is None or row.said.kind in kinds:
                place.caller = await still_there(place.caller)
                yield await deliver_line(place.caller, row.line, row=row, wanted=wanted)
            place.line = row.line


def mailbox_of(actor: Actor) -> UUID:
    """Name a person's mailbox.

    Raises:
        Denied: the actor is a part of the house, not a person.
    """
    if actor.mailbox_id is None:
        raise Denied("Only a person has a mailbox.")
    return actor.mailbox_id


async def _views(reading: Reading, rows: Sequence[Line], wanted: Collection[str]) -> list[NotificationView]:
    inner = fields_of_referral(wanted)
    ids = [row.said.referral_id for row in rows if row.said.referral_id]
    readable = inner and ids and reading.actor.has_any(READERS)
    return _shown(reading, rows, await load_for_lines(reading, ids, inner) if readable else {})


def _shown(reading: Reading, rows: Sequence[Line], referrals: Mapping[UUID, ReferralView]) -> list[NotificationView]:
    reading.shows("notification", (row.id for row in rows))
    return [line_view(row, referrals) for row in rows]


def _no_such_line() -> NotFound:
    return NotFound("There is no such line in your mailbox.", code="NOTIFICATION_NOT_FOUND")
