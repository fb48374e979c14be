"""The lines of mailboxes beyond the place that each follower has read, in one statement for all who ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
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
_COLUMNS: Final = "id, mailbox_id, line, kind, referral_id, referral_number, subject_number, numbers, at"


@dataclass(slots=True)
class Line:
    """A line of a mailbox, as plain as a row."""

    id: UUID
    mailbox_id: UUID
    line: int
    kind: NotificationKind
    referral_id: UUID | None
    referral_number: int | None
    subject_number: int | None
    numbers: list[int]
    at: datetime

    @property
    def content(self) -> Hashable:
        """Give what is the same for all who were told of the same thing at once."""
        return self.kind, self.referral_id, self.referral_number, self.subject_number, (*self.numbers,), self.at


async def lines_beyond(mailbox: UUID, line: int) -> list[Line]:
    """Give the next lines of a mailbox, together with all who ask at this moment."""
    return await _BEYOND.ask((mailbox, line)) or []


async def all_lines_beyond(places: Sequence[Place]) -> dict[Place, list[Line]]:
    """Give, for each mailbox and line, the next lines after it; in one statement where all of them are few."""
    most = _BATCH * len(places) if len(places) < _MANY else _MANY * _BATCH
    asked: dict[UUID, int] = {}
    for mailbox, line in places:
        asked[mailbox] = min(line, asked.get(mailbox, line))
    rows = await fetch_often(
        f"SELECT {', '.join(f'n.{it}' for it in _COLUMNS.split(', '))} "
        f"FROM {given(mailbox_id='uuid', line='bigint')} "
        "JOIN notification n ON n.mailbox_id = given.mailbox_id AND n.line > given.line "
        f"ORDER BY n.mailbox_id, n.line LIMIT {most}",
        rows=as_text([{"mailbox_id": mailbox, "line": line} for mailbox, line in asked.items()]),
    )
    if len(rows) == most:  # somebody has so much to catch up with that others may have been cut off
        return {(mailbox, line): await _next_lines(mailbox, line) for mailbox, line in places}
    found: dict[UUID, list[Line]] = defaultdict(list)
    for row in rows:
        found[to_uuid(row["mailbox_id"])].append(_line_of(row))
    return {
        (mailbox, line): [it for it in found.get(mailbox, ()) if it.line > line][:_BATCH] for mailbox, line in places
    }


async def one_line(mailbox: UUID, line: int) -> Line:
    """Give a line of a mailbox.

    Raises:
        DoesNotExist: there is no such line.
    """
    return _plain(await Notification.get(mailbox_id=mailbox, line=line))


async def _next_lines(mailbox: UUID, line: int) -> list[Line]:
    rows = await Notification.filter(mailbox_id=mailbox, line__gt=line).order_by("line").limit(_BATCH)
    return [*map(_plain, rows)]


def _plain(row: Notification) -> Line:
    return Line(
        row.id, row.mailbox_id, row.line, row.kind, row.referral_id, row.referral_number, row.subject_number,
        row.numbers, row.at,
    )  # fmt: skip


def _line_of(row: Row) -> Line:
    return Line(
        to_uuid(row["id"]),
        to_uuid(row["mailbox_id"]),
        row["line"],
        _KINDS[row["kind"]],
        optional_uuid(row["referral_id"]),
        row["referral_number"],
        row["subject_number"],
        _numbers(row["numbers"]),
        to_instant(row["at"]),
    )


@lru_cache(maxsize=256)
def _numbers(stored: str) -> list[int]:
    """Read a list of numbers; nobody changes it."""
    return list(to_json(stored))


_KINDS: Final = {str(kind): kind for kind in NotificationKind}
_BEYOND: Final = Question(all_lines_beyond)
