"""A person's mailbox: read from a cursor, and followed live without missing or doubling a line (SUB-01 to SUB-04)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from orm.gathering import Question
from orm.models import Mailbox, Notification
from orm.rows import as_text, given
from orm.sql import fetch, to_instant, to_json, to_uuid
from resolvers.callers import Actor, Caller
from resolvers.desk import EVERYONE, Reading, access
from resolvers.paging import Page, from_cursor, page_size, to_cursor
from resolvers.referral_shapes import ReferralView
from resolvers.referral_views import load_referrals
from resolvers.register import current_policy
from resolvers.scope import READERS
from resolvers.sessions import still_there
from rules.errors import Denied, NotFound
from rules.notices import NotificationKind, Subject, subject_of, title

_ORDER = "LINE"
_POLL_SECONDS = 8.0
_BATCH = 50
_Place = tuple[UUID, int]
"""A mailbox, and the line in it that was read last."""
_MANY = 400
"""From so many followers on, the lines of one load are bounded by their number, not for each."""


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
async def deliver_line(
    reading: Reading, line: int, *, row: Notification | None = None, wanted: Collection[str] = frozenset()
) -> NotificationView:
    """Show one line as it is delivered live, with the referral as it may be seen at this moment.

    Raises:
        NotFound: the ``row`` that was read before is not of the caller's mailbox.
    """
    mailbox = _mailbox_of(reading.actor)
    row = row or await Notification.get(mailbox_id=mailbox, line=line)
    if row.mailbox_id != mailbox:
        raise _no_such_line()
    referrals: Mapping[UUID, ReferralView] = {}
    inner = _inner(wanted)
    if inner and row.referral_id and reading.actor.has_any(READERS):
        seen = await _SEEN.ask(_Sought(reading.caller, row.referral_id, inner))
        if not isinstance(seen, _Seen):
            raise seen or _no_such_line()
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
        raise _no_such_line()
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
        was_told = False
        while True:
            if not was_told:
                caller = await still_there(caller)
            was_told = False
            beyond = await _BEYOND.ask((mailbox, line)) or []
            for row in beyond:
                if kinds is None or row.kind in kinds:
                    caller = await still_there(caller)
                    yield await deliver_line(caller, row.line, row=row, wanted=wanted)
                    was_told = True
                line = row.line
            if not beyond:
                await waiter.wait(_POLL_SECONDS)


async def _lines_beyond(places: Sequence[_Place]) -> dict[_Place, list[Notification]]:
    """Give, for each mailbox and line, the next lines after it; in one statement where all of them are few."""
    most = _BATCH * len(places) if len(places) < _MANY else _MANY * _BATCH
    asked: dict[UUID, int] = {}
    for mailbox, line in places:
        asked[mailbox] = min(line, asked.get(mailbox, line))
    rows = await fetch(
        _BEYOND_SQL.format(given=given(mailbox_id="uuid", line="bigint")),
        rows=as_text([{"mailbox_id": mailbox, "line": line} for mailbox, line in asked.items()]),
        most=most,
    )
    if len(rows) == most:  # somebody has so much to catch up with that others may have been cut off
        return {(mailbox, line): await _next_lines(mailbox, line) for mailbox, line in places}
    found: dict[UUID, list[Notification]] = defaultdict(list)
    for row in rows:
        found[to_uuid(row["mailbox_id"])].append(_line_of(row))
    return {
        (mailbox, line): [it for it in found.get(mailbox, ()) if it.line > line][:_BATCH] for mailbox, line in places
    }


_BEYOND_SQL = (
    "SELECT n.* FROM {given} JOIN notification n ON n.mailbox_id = given.mailbox_id AND n.line > given.line "
    "ORDER BY n.mailbox_id, n.line LIMIT :most"
)


async def _next_lines(mailbox: UUID, line: int) -> list[Notification]:
    return await Notification.filter(mailbox_id=mailbox, line__gt=line).order_by("line").limit(_BATCH)


def _line_of(row: Mapping[str, Any]) -> Notification:
    referral = row["referral_id"]
    return Notification(
        id=to_uuid(row["id"]),
        mailbox_id=to_uuid(row["mailbox_id"]),
        line=row["line"],
        kind=NotificationKind(row["kind"]),
        referral_id=None if referral is None else to_uuid(referral),
        referral_number=row["referral_number"],
        subject_number=row["subject_number"],
        numbers=to_json(row["numbers"]),
        at=to_instant(row["at"]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sought:
    """A referral that a follower's line is about, and what of it was asked for; equal for those who see the same."""

    caller: Caller
    referral_id: UUID
    inner: frozenset[str]

    @property
    def sight(self) -> Hashable:
        """Name what decides what is seen: providers' people see as their provider does, others as themselves."""
        actor = self.caller.actor
        alike = actor.is_provider_staff and not (actor.is_coordinator or actor.sees_all_referrals)
        who = actor.provider_id if alike else actor.id
        return self.referral_id, self.inner, who, actor.roles, actor.coordinator_counties

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Sought) and self.sight == other.sight

    def __hash__(self) -> int:
        return hash(self.sight)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was found of a referral, and what showing it has to be written down as."""

    views: Mapping[UUID, ReferralView]
    subjects: Mapping[str, set[str]]
    fields_shown: frozenset[str]


async def _see_all(sought: Sequence[_Sought]) -> dict[_Sought, _Seen | Exception]:
    """Load what followers may see of referrals: one of all who see the same is asked about."""
    now = sought[0].caller.desk.clock()
    policy = await current_policy(now)
    seen: dict[_Sought, _Seen | Exception] = {}
    for one in sought:
        reading = Reading(one.caller, "mailbox.deliver", now, policy)
        try:
            views = await _load_for_lines(reading, [one.referral_id], one.inner)
        except Exception as fault:  # noqa: BLE001 - whoever sees the same raises it
            seen[one] = fault
        else:
            seen[one] = _Seen(views, reading.subjects, reading.fields_shown)
    return seen


_BEYOND: Final = Question(_lines_beyond)
_SEEN: Final = Question(_see_all)


def line_cursor(line: int) -> str:
    """Make the cursor of a line; line 0 stands before the first."""
    return to_cursor(_ORDER, line)


def _mailbox_of(actor: Actor) -> UUID:
    if actor.mailbox_id is None:
        raise Denied("Only a person has a mailbox.")
    return actor.mailbox_id


async def _views(reading: Reading, rows: list[Notification], wanted: Collection[str]) -> list[NotificationView]:
    inner = _inner(wanted)
    ids = [row.referral_id for row in rows if row.referral_id]
    readable = inner and ids and reading.actor.has_any(READERS)
    return _shown(reading, rows, await _load_for_lines(reading, ids, inner) if readable else {})


def _shown(
    reading: Reading, rows: list[Notification], referrals: Mapping[UUID, ReferralView]
) -> list[NotificationView]:
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


def _inner(wanted: Collection[str]) -> frozenset[str]:
    return frozenset(path.removeprefix("referral.") for path in wanted if path.startswith("referral."))


async def _load_for_lines(
    reading: Reading, ids: Collection[UUID], inner: frozenset[str]
) -> Mapping[UUID, ReferralView]:
    """Load the referrals of lines through the caller's scope."""
    views = await load_referrals(reading, "r.id IN (:ids)", {"ids": list(ids)}, inner)
    reading.shows("referral", (view.id for view in views), (f"referral.{path}" for path in inner))
    return {view.id: view for view in views}


def _no_such_line() -> NotFound:
    return NotFound("There is no such line in your mailbox.", code="NOTIFICATION_NOT_FOUND")
