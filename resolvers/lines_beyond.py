"""The lines of mailboxes beyond the place that each follower has read, in one statement for all who ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from orm.gathering import Question
from orm.models import Notification
from orm.readings import Row, fetch_often
from orm.rows import as_text, given
from orm.sql import optional_uuid, to_instant, to_json, to_uuid
from rules.notices import NotificationKind

Place = tuple[UUID, int]
"""A mailbox, and the line in it that was read last."""

_BATCH: Final = 50
_MANY: Final = 400
"""From so many followers on, the lines of one load are bounded by their number, not for each."""
_SAID: Final = ("kind", "referral_id", "referral_number", "subject_number", "numbers", "at")


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says; the same for all who were told of the same thing at once."""

    kind: NotificationKind
    referral_id: UUID | None
    referral_number: int | None
    subject_number: int | None
    numbers: list[int]
    at: datetime


@dataclass(slots=True)
class Line:
    """A line of a mailbox. Those of one load that say the same hold the same :class:`Said`."""

    id: UUID
    mailbox_id: UUID
    line: int
    said: Said


async def lines_beyond(mailbox: UUID, line: int) -> Sequence[Line]:
    """Give the next lines of a mailbox, together with all who ask at this moment."""
    return await _BEYOND.ask((mailbox, line)) or ()


async def all_lines_beyond(places: Sequence[Place]) -> dict[Place, Sequence[Line]]:
    """Give, for each mailbox and line, the next lines after it; in one statement where all of them are few."""
    most = _BATCH * len(places) if len(places) < _MANY else _MANY * _BATCH
    asked: dict[UUID, int] = {}
    for mailbox, line in places:
        asked[mailbox] = min(line, asked.get(mailbox, line))
    rows = await fetch_often(
        f"SELECT n.mailbox_id, n.line, n.id, {', '.join(f'n.{it}' for it in _SAID)} "
        f"FROM {given(mailbox_id='uuid', line='bigint')} "
        "JOIN notification n ON n.mailbox_id = given.mailbox_id AND n.line > given.line "
        f"ORDER BY n.mailbox_id, n.line LIMIT {most}",
        rows=as_text([{"mailbox_id": str(mailbox), "line": line} for mailbox, line in asked.items()]),
    )
    if len(rows) == most:  # somebody has so much to catch up with that others may have been cut off
        return {place: await _next_lines(*place) for place in places}
    found = _by_mailbox(rows)
    return {place: _beyond(found.get(place[0], ()), place, asked[place[0]]) for place in places}


def _by_mailbox(rows: Sequence[Row]) -> dict[UUID, list[Line]]:
    found: dict[UUID, list[Line]] = {}
    said: dict[tuple[Any, ...], Said] = {}
    for row in rows:
        content, mailbox_id = row[3:], to_uuid(row[0])
        what = said.get(content)
        if what is None:
            what = said[content] = _said(*content)
        it = Line(to_uuid(row[2]), mailbox_id, row[1], what)
        if mailbox_id in found:
            found[mailbox_id].append(it)
        else:
            found[mailbox_id] = [it]
    return found


def _beyond(lines: Sequence[Line], place: Place, asked: int) -> Sequence[Line]:
    if place[1] != asked:  # somebody else asked for more of this mailbox
        lines = [it for it in lines if it.line > place[1]]
    return lines[:_BATCH]


def _said(
    kind: str, referral: UUID | str | None, number: int | None, subject: int | None, numbers: str, at: datetime | str
) -> Said:
    return Said(NotificationKind(kind), optional_uuid(referral), number, subject, to_json(numbers), to_instant(at))


async def one_line(mailbox: UUID, line: int) -> Line:
    """Give a line of a mailbox.

    Raises:
        DoesNotExist: there is no such line.
    """
    return line_of(await Notification.get(mailbox_id=mailbox, line=line))


async def _next_lines(mailbox: UUID, line: int) -> Sequence[Line]:
    rows = await Notification.filter(mailbox_id=mailbox, line__gt=line).order_by("line").limit(_BATCH)
    return [*map(line_of, rows)]


def line_of(row: Notification) -> Line:
    """Take a line out of its row."""
    said = Said(row.kind, row.referral_id, row.referral_number, row.subject_number, row.numbers, row.at)
    return Line(row.id, row.mailbox_id, row.line, said)


_BEYOND: Final = Question(all_lines_beyond)
