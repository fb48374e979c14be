"""The lines of mailboxes beyond the place that each follower has read, in one statement for all who ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from orm.gathering import Question
from orm.models import Notification
from orm.readings import fetch_often
from orm.rows import side_by_side
from orm.sql import dialect, optional_uuid, to_instant, to_json, to_uuid
from rules.notices import NotificationKind

Place = tuple[UUID, int]
"""A mailbox, and the line in it that was read last."""

_BATCH: Final = 50
_MANY: Final = 400
"""From so many followers on, the lines of one load are bounded by their number, not for each."""
_THOSE: Final = "n.mailbox_id = given.mailbox_id AND n.line > given.line"
# PostgreSQL does not know how few lines are beyond a place, and would rather put all lines of all mailboxes in order;
# so it is told to look at each mailbox for itself.
_JOIN: Final = {
    "postgres": (f"CROSS JOIN LATERAL (SELECT * FROM notification n WHERE {_THOSE} ORDER BY n.line LIMIT {_BATCH}) n"),
    "sqlite": f"JOIN notification n ON {_THOSE}",
}
_GIVEN: Final = {"place": "integer", "mailbox_id": "uuid", "line": "bigint"}
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


_Group = tuple[Said, list[int], list[int], list[UUID]]
"""What is said, and of all lines that say it: for which of the places they are, their numbers and their keys."""


async def lines_beyond(mailbox: UUID, line: int) -> Sequence[Line]:
    """Give the next lines of a mailbox, together with all who ask at this moment."""
    return await _BEYOND.ask((mailbox, line)) or ()


async def all_lines_beyond(places: Sequence[Place]) -> list[Sequence[Line]]:
    """Give, for each place, the next lines after it; one statement where all of them are few."""
    most = _BATCH * len(places) if len(places) < _MANY else _MANY * _BATCH
    groups = await _groups(places, most)
    if sum(len(ids) for _, _, _, ids in groups) == most:
        # Somebody has so much to catch up with that others may have been cut off.
        return _with_one_said([await _next_lines(mailbox, line) for mailbox, line in places])
    found: list[Sequence[Line]] = [()] * len(places)
    several: dict[int, list[Line]] = {}
    for said, numbers_of_places, lines, ids in groups:
        for number, line, key in zip(numbers_of_places, lines, ids, strict=True):
            it = Line(key, places[number][0], line, said)
            if found[number]:
                several.setdefault(number, [*found[number]]).append(it)
            else:
                found[number] = (it,)
    for number, those in several.items():
        found[number] = sorted(those, key=_number)[:_BATCH]
    return found


def _with_one_said(found: list[Sequence[Line]]) -> list[Sequence[Line]]:
    """Let lines that say the same hold the same."""
    known: dict[tuple[Any, ...], Said] = {}
    for it in chain.from_iterable(found):
        said = it.said
        what = (said.kind, said.referral_id, said.referral_number, said.subject_number, *said.numbers, said.at)
        it.said = known.setdefault(what, said)
    return found


async def _lines_by_place(places: Sequence[Place]) -> dict[Place, Sequence[Line]]:
    return dict(zip(places, await all_lines_beyond(places), strict=True))


async def _groups(places: Sequence[Place], most: int) -> list[_Group]:
    """Find what is said, each with who is told it: on PostgreSQL as one row for all who are told the same."""
    given, values = side_by_side("given", _GIVEN, [(number, *place) for number, place in enumerate(places)])
    beyond = f"FROM {given} {_JOIN[dialect()]} LIMIT {most}"
    said = ", ".join(f"n.{it}" for it in _SAID)
    if dialect() == "postgres":
        rows = await fetch_often(
            f"SELECT {said}, ARRAY_AGG(place), ARRAY_AGG(line), ARRAY_AGG(id) "
            f"FROM (SELECT given.place, n.* {beyond}) n GROUP BY {said}",
            **values,
        )
        return [(_said(*row[:-3]), *row[-3:]) for row in rows]
    rows = await fetch_often(f"SELECT {said}, given.place, n.line, n.id {beyond}", **values)
    groups: dict[tuple[Any, ...], _Group] = {}
    for *content, place, line, key in rows:
        what = tuple(content)
        if what not in groups:
            groups[what] = (_said(*what), [], [], [])
        _, numbers_of_places, lines, ids = groups[what]
        numbers_of_places.append(place)
        lines.append(line)
        ids.append(to_uuid(key))
    return [*groups.values()]


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


_number: Final = attrgetter("line")
_BEYOND: Final = Question(_lines_by_place)
