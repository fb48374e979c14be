"""A person's mailbox: read from a cursor, and followed live without missing or doubling a line (SUB-01 to SUB-04)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from orm.models import Mailbox, Notification
from resolvers.callers import Actor, Caller
from resolvers.desk import EVERYONE, Reading, access
from resolvers.paging import Page, from_cursor, page_size, to_cursor
from resolvers.referral_shapes import ReferralView
from resolvers.referral_views import load_referrals
from resolvers.scope import READERS
from resolvers.sessions import still_there
from rules.errors import Denied, NotFound
from rules.notices import NotificationKind, Subject, subject_of, title

_ORDER = "LINE"
_POLL_SECONDS = 8.0
_BATCH = 50


@dataclass(slots=True)
class NotificationView:
    """A line of the caller's mailbox; the referral only while it exists for the caller."""

    id: UUID
    cursor: str
    kind: NotificationKind
    title: str
    at: datetime
    referral_number: int | None
    referral_numbers: list[int]
    subject: Subject
    subject_number: int | None
    referral: ReferralView | None = None


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
    lines = Notification.filter(mailbox_id=_mailbox_of(reading.actor))
    if after is not None:
        line = from_cursor(after, _ORDER)
        lines = lines.filter(line__lt=line) if newest_first else lines.filter(line__gt=line)
    rows = await lines.order_by("-line" if newest_first else "line").limit(size + 1)
    views = await _views(reading, rows[:size], wanted)
    return Page(
        nodes=views,
        cursors=[view.cursor for view in views],
        has_next_page=len(rows) > size,
        has_previous_page=after is not None,
    )


@access("mailbox.deliver", by=EVERYONE, cites="001:139; 001:174")
async def deliver_line(reading: Reading, line: int, *, wanted: Collection[str] = frozenset()) -> NotificationView:
    """Show one line as it is delivered live, with the referral as it may be seen at this moment."""
    row = await Notification.get(mailbox_id=_mailbox_of(reading.actor), line=line)
    return (await _views(reading, [row], wanted))[0]


@access("mailbox.unseen", by=EVERYONE, cites="001:139; 001:174")
async def count_unseen(reading: Reading, after: str | None) -> tuple[int, str]:
    """Count the lines after a cursor, none without one; with the cursor of the last line, to follow from there.

    Raises:
        Invalid: the cursor is malformed.
    """
    mailbox = await Mailbox.get(id=_mailbox_of(reading.actor))
    seen = mailbox.last_line if after is None else from_cursor(after, _ORDER)
    return max(0, mailbox.last_line - seen), line_cursor(mailbox.last_line)


@access("mailbox.line", by=EVERYONE, cites="001:139; 001:174")
async def view_line(reading: Reading, key: UUID, *, wanted: Collection[str] = frozenset()) -> NotificationView:
    """Show one line of the caller's own mailbox.

    Raises:
        NotFound: there is no such line in it.
    """
    row = await Notification.filter(id=key, mailbox_id=_mailbox_of(reading.actor)).first()
    if row is None:
        raise NotFound("There is no such line in your mailbox.", code="NOTIFICATION_NOT_FOUND")
    return (await _views(reading, [row], wanted))[0]


@access("mailbox.follow", by=EVERYONE, cites="001:139; 001:174")
async def begin_to_follow(reading: Reading, after: str | None = None) -> int:
    """Give the line after which a follower hears: whoever may not read is told so at once, not with the first line.

    Raises:
        Invalid: the cursor is malformed.
    """
    return from_cursor(after, _ORDER) if after else (await Mailbox.get(id=_mailbox_of(reading.actor))).last_line


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
    mailbox = _mailbox_of(caller.actor)
    with caller.desk.doorbell.listen(mailbox) as waiter:
        line = await begin_to_follow(caller, after)
        while True:
            await still_there(caller)
            beyond = await Notification.filter(mailbox_id=mailbox, line__gt=line).order_by("line").limit(_BATCH)
            for row in beyond:
                if kinds is None or row.kind in kinds:
                    caller = await still_there(caller)
                    yield await deliver_line(caller, row.line, wanted=wanted)
                line = row.line
            if not beyond:
                await waiter.wait(_POLL_SECONDS)


def line_cursor(line: int) -> str:
    """Make the cursor of a line; line 0 stands before the first."""
    return to_cursor(_ORDER, line)


def _mailbox_of(actor: Actor) -> UUID:
    if actor.mailbox_id is None:
        raise Denied("Only a person has a mailbox.")
    return actor.mailbox_id


async def _views(reading: Reading, rows: list[Notification], wanted: Collection[str]) -> list[NotificationView]:
    referrals = await _referrals(reading, rows, wanted)
    reading.shows("notification", (row.id for row in rows))
    return [
        NotificationView(
            id=row.id,
            cursor=line_cursor(row.line),
            kind=row.kind,
            title=title(row.kind, row.subject_number or row.referral_number),
            at=row.at,
            referral_number=row.referral_number,
            referral_numbers=row.numbers,
            subject=subject_of(row.kind),
            subject_number=row.subject_number,
            referral=referrals.get(row.referral_id) if row.referral_id else None,
        )
        for row in rows
    ]


async def _referrals(reading: Reading, rows: list[Notification], wanted: Collection[str]) -> dict[UUID, ReferralView]:
    """Load the referrals of the lines through the caller's scope, if they were asked for."""
    inner = frozenset(path.removeprefix("referral.") for path in wanted if path.startswith("referral."))
    ids: list[Any] = [row.referral_id for row in rows if row.referral_id]
    if not inner or not ids or not reading.actor.has_any(READERS):
        return {}
    views = await load_referrals(reading, "r.id IN (:ids)", {"ids": ids}, inner)
    reading.shows("referral", (view.id for view in views), (f"referral.{path}" for path in inner))
    return {view.id: view for view in views}
