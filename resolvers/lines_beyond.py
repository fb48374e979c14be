"""The lines of mailboxes beyond the place that each follower has read, in one statement for all who ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from orm.gathering import Question
from orm.models import Notification
from orm.readings import fetch_often, parts
from orm.rows import side_by_side
from orm.sql import Value, dialect, optional_uuid, to_instant, to_json
from resolvers.ports import KeyRange
from rules.notices import NotificationKind

P = TypeVar("P")
Place = tuple[UUID, int]
"""A mailbox, and the line in it that was read last."""

_BATCH: Final = 50
_MANY: Final = 400
"""From so many followers on, the lines of one load are bounded by their number, not for each."""
_STRANGERS: Final = 1_000
"""So many lines of others may have keys between those of one range; of more nobody could say how many there are."""
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

    @property
    def content(self) -> Hashable:
        """Give all of it, to find what says the same."""
        return (self.kind, self.referral_id, self.referral_number, self.subject_number, *self.numbers, self.at)


@dataclass(slots=True)
class Line:
    """A line of a mailbox. Those of one load that say the same hold the same :class:`Said`."""

    id: UUID
    mailbox_id: UUID
    line: int
    said: Said


@dataclass(slots=True)
class LinesAlike(Generic[P]):
    """Lines that say the same, by columns: for which of the places each is, its number, and its key as text."""

    said: Said
    places: list[P]
    lines: list[int]
    keys: list[str]


async def next_lines(mailboxes: Sequence[str], lines: Sequence[int]) -> tuple[list[LinesAlike[int]], Collection[int]]:
    """Give the one line that comes next in each mailbox after a line of it; and in which of them more come after that.

    Thousands ask at once, and nearly all of them are told the same: so there is no object for each.
    """
    found = await _lines(mailboxes, lines, 2, 2 * len(lines))
    at = [*chain.from_iterable(alike.places for alike in found)]
    if len(at) == len({*at}):
        return found, ()
    first: dict[int, int] = {}
    for alike in found:
        for place, line in zip(alike.places, alike.lines, strict=True):
            first[place] = min(line, first.get(place, line))
    return [_those(alike, first) for alike in found], [place for place, lines in Counter(at).items() if lines > 1]


def _those(alike: LinesAlike[int], first: Mapping[int, int]) -> LinesAlike[int]:
    those = [at for at, place in enumerate(alike.places) if first[place] == alike.lines[at]]
    return LinesAlike(
        alike.said,
        [alike.places[at] for at in those],
        [alike.lines[at] for at in those],
        [alike.keys[at] for at in those],
    )


async def lines_by_keys(keys: KeyRange) -> list[LinesAlike[str]] | None:
    """Give the lines that have these keys, each with the key of its mailbox as text; none, if those are not all.

    They are read in one go, in less than half the time that it takes to look in each mailbox for the next one.
    """
    read = "SELECT CAST(mailbox_id AS text) AS place, n.* FROM notification n WHERE id BETWEEN :first AND :last"
    most = keys.lines + _STRANGERS
    found = await _read(f"{read} LIMIT :most", {"first": keys.first, "last": keys.last, "most": most})
    return found if keys.lines <= sum(len(alike.keys) for alike in found) < most else None


async def lines_beyond(mailbox: UUID, line: int) -> Sequence[Line]:
    """Give the next lines of a mailbox, together with all who ask at this moment."""
    return await _BEYOND.ask((mailbox, line)) or ()


async def _all_lines_beyond(places: Sequence[Place]) -> dict[Place, Sequence[Line]]:
    """Give, for each place, the next lines after it; one statement where all of them are few."""
    most = _BATCH * len(places) if len(places) < _MANY else _MANY * _BATCH
    groups = await _lines([mailbox for mailbox, _ in places], [line for _, line in places], _BATCH, most)
    if sum(len(alike.keys) for alike in groups) == most:
        # Somebody has so much to catch up with that others may have been cut off.
        found = _with_one_said([await _next_lines(mailbox, line) for mailbox, line in places])
        return dict(zip(places, found, strict=True))
    beyond: dict[Place, list[Line]] = {place: [] for place in places}
    for alike in groups:
        for number, line, key in zip(alike.places, alike.lines, alike.keys, strict=True):
            beyond[places[number]].append(Line(UUID(key), places[number][0], line, alike.said))
    return {place: sorted(lines, key=_number) for place, lines in beyond.items()}


def _with_one_said(found: list[Sequence[Line]]) -> list[Sequence[Line]]:
    """Let lines that say the same hold the same."""
    known: dict[Hashable, Said] = {}
    for it in chain.from_iterable(found):
        it.said = known.setdefault(it.said.content, it.said)
    return found


async def _lines(mailboxes: Sequence[UUID | str], lines: Sequence[int], each: int, most: int) -> list[LinesAlike[int]]:
    """Find so many lines beyond each place: on PostgreSQL as one row for all that say the same."""
    given, values = side_by_side("given", _GIVEN, [*zip(count(), mailboxes, lines)])
    those = f"n.mailbox_id = given.mailbox_id AND n.line > given.line ORDER BY n.line LIMIT {each}"
    if dialect() == "postgres":
        # PostgreSQL does not know how few lines are beyond a place, and would rather put all lines of all mailboxes in
        # order; so it is told to look at each mailbox for itself.
        beyond = f"{given} CROSS JOIN LATERAL (SELECT * FROM notification n WHERE {those}) n"
    else:
        beyond = f"{given} JOIN notification n ON n.id IN (SELECT n.id FROM notification n WHERE {those})"
    return await _read(f"SELECT given.place, n.* FROM {beyond} LIMIT {most}", values)


async def _read(lines: str, values: Mapping[str, Value]) -> list[LinesAlike[Any]]:
    """Read lines, each with a place, by columns: on PostgreSQL as one row for all that say the same."""
    said = ", ".join(_SAID)
    if dialect() == "postgres":
        joined = "ARRAY_AGG(place), ARRAY_AGG(line), STRING_AGG(CAST(id AS text), ',')"
        rows = await fetch_often(f"SELECT {said}, {joined} FROM ({lines}) AS found GROUP BY {said}", **values)
        return [LinesAlike(_said(*row[:-3]), row[-3], row[-2], parts(row[-1])) for row in rows]
    found: dict[tuple[Any, ...], LinesAlike[Any]] = {}
    for *content, place, line, key in await fetch_often(f"SELECT {said}, place, line, id FROM ({lines})", **values):
        alike = found.get(tuple(content))
        if alike is None:
            alike = found[tuple(content)] = LinesAlike(_said(*content), [], [], [])
        alike.places.append(place)
        alike.lines.append(line)
        alike.keys.append(key)
    return [*found.values()]


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
_BEYOND: Final = Question(_all_lines_beyond)
