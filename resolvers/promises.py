"""Keep promises in the transaction that makes them: mailbox lines with a cursor that cannot skip, and letters."""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from orm.models import Contact, Referral, User
from orm.rows import ids_as_texts, ids_in_one_piece, side_by_side
from orm.sql import Value, dialect, fetch
from resolvers.letter_bundles import IS_USER, MANY, MOST_NEWS
from resolvers.ports import KeyRange
from resolvers.wide_promises import wide_statements
from rules.notices import NotificationKind, Subject, subject_of

WIDE: Final = 200
"""So many lines of one transaction are read by their keys by those who wait for them, not mailbox by mailbox."""
_FIRST_RANGE, _RANGE = 250, 1_000
CONFIRM_TOKEN = "confirm_token"  # noqa: S105 - the name of a fact, not a secret
"""The fact of a letter that carries the token of its link; it leaves the outbox with the letter."""


class Reader(NamedTuple):
    """Someone who is told: a provider's contact or a user, with the mailbox and whether an address is on file.

    A tuple, because a publishing makes a thousand of them, and a frozen object takes four times as long.
    """

    mailbox_id: UUID
    contact_id: UUID | None
    user_id: UUID | None
    has_address: bool

    @classmethod
    def contact(cls, contact: Contact) -> Reader:
        """Tell a provider's contact; with a linked user ID the line is in that person's mailbox."""
        return cls(contact.mailbox_id, contact.id, None, bool(contact.email))

    @classmethod
    def user(cls, user: User) -> Reader:
        """Tell a user."""
        return cls(user.mailbox_id, None, user.id, bool(user.email))


@dataclass(frozen=True, slots=True)
class Promise:
    """One thing to tell readers; ``number`` is that of whatever the kind is about.

    ``key`` names the promise to its one reader for ever, where it must not be made a second time.
    """

    readers: Sequence[Reader]
    kind: NotificationKind
    referral_id: UUID | None
    number: int | None
    numbers: tuple[int, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None


def about(readers: Iterable[Reader], kind: NotificationKind, number: int | None, **facts: Any) -> list[Promise]:  # noqa: ANN401 - facts are whatever JSON can say
    """Promise the same news of the access office to many readers; facts are codes, dates and counts."""
    return [Promise(tuple(readers), kind, None, number, facts=facts)]


def about_referral(readers: Iterable[Reader], kind: NotificationKind, referral: Referral) -> list[Promise]:
    """Promise the same news of one referral to many readers."""
    return [Promise(tuple(readers), kind, referral.id, referral.number)]


Statements = Sequence[tuple[str, Mapping[str, Value]]]


class Kept(NamedTuple):
    """What was kept: the mailboxes that got a line; if many did, by which keys the lines are found."""

    mailboxes: frozenset[UUID]
    keys: Sequence[KeyRange]


_NOTHING_KEPT: Final = Kept(frozenset(), ())


@dataclass(frozen=True, slots=True)
class Ready:
    """Promises, put in order, with the statements that keep them and all that these carry."""

    kept: Kept
    statements: Statements


def made_ready(promises: Sequence[Promise], at: datetime) -> Ready | None:
    """Put promises in order; there is nothing to keep where nobody is told.

    A person who is reached twice by the same news (as contact and as coordinator) gets one line and one letter. Both
    have the same key. What all are told travels once, beside the readers.
    """
    told = _told(promises)
    if not told:
        return None
    mailboxes = Tally([reader.mailbox_id for reader, _ in told])
    places = dict.fromkeys([place for _, place in told])
    news, values = side_by_side("news", _NEWS, [_news(place, promises[place]) for place in places])
    values["at"] = at
    keys = ids_in_one_piece(len(told), at)
    kept = Kept(frozenset(mailboxes), _ranges(keys) if len(told) >= WIDE else ())
    tied = dialect() == "postgres" and _may_be_tied(told, promises)
    if tied and len(mailboxes) == len(told):
        return Ready(kept, wide_statements(told, keys, news, values))
    rows = _in_their_place(told, mailboxes, ids_as_texts(keys))
    rows.sort(key=_MAILBOX)  # as the indexes have them, each of whose pages is then looked up once
    if dialect() == "sqlite":
        return Ready(kept, _of_sqlite(rows, news, values))
    return Ready(kept, _of_postgres(rows, mailboxes, news, values, tied=tied))


def _ranges(keys: bytes) -> list[KeyRange]:
    """Divide keys that follow one another into ranges; the first is short, so that the first who wait hear at once."""
    many = len(keys) // 16
    begins = [0, *range(_FIRST_RANGE, many, _RANGE)]
    ends = [*begins[1:], many]
    return [
        KeyRange(
            UUID(bytes=keys[16 * begin : 16 * begin + 16]), UUID(bytes=keys[16 * end - 16 : 16 * end]), end - begin
        )
        for begin, end in zip(begins, ends, strict=True)
    ]


def _may_be_tied(told: Sequence[tuple[Reader, int]], promises: Sequence[Promise]) -> bool:
    """Say whether there are many letters, and none that names itself."""
    letters = sum([reader.has_address for reader, _ in told])
    return letters >= MANY and len(promises) <= MOST_NEWS and not any(promise.key for promise in promises)


async def keep(promises: Sequence[Promise], at: datetime) -> Kept:
    """Write lines and letters for all promises; answer which mailboxes got a line."""
    return await keep_ready(made_ready(promises, at))


async def keep_ready(ready: Ready | None) -> Kept:
    """Write lines and letters for promises that are in order; answer which mailboxes got a line.

    Two statements on PostgreSQL, three on SQLite, however many are told. The mailboxes are locked by the first of them,
    in the order of their keys, so that two publishers cannot lock each other out.
    """
    if ready is None:
        return _NOTHING_KEPT
    for text, values in ready.statements:
        # Fetched, though they give nothing back: what is executed PostgreSQL would prepare anew each time.
        await fetch(text, **values)
    return ready.kept


def _of_postgres(
    rows: Sequence[tuple[Any, ...]], mailboxes: Iterable[UUID], news: str, values: Mapping[str, Value], *, tied: bool
) -> Statements:
    given, readers = side_by_side("given", _GIVEN, rows)
    held, locked = side_by_side("given", {"mailbox_id": "uuid"}, [(it,) for it in sorted(mailboxes)])
    return [(_HOLD.format(given=held), locked), (_keep_all(given, news, tied=tied), {**readers, **values})]


def _of_sqlite(rows: Sequence[tuple[Any, ...]], news: str, values: Mapping[str, Value]) -> Statements:
    given, readers = side_by_side("given", _GIVEN, rows)
    placed, values = f"WITH placed AS ({_PLACED.format(given=given, news=news)})", {**readers, **values}
    return [(_RESERVE.format(given=given), readers), (f"{placed} {_LINES}", values), (f"{placed} {_LETTERS}", values)]


_GIVEN = {
    "id": "uuid",
    "mailbox_id": "uuid",
    "contact_id": "uuid",
    "user_id": "uuid",
    "writes": "boolean",
    "news": "integer",
    "back": "integer",
    "lines": "integer",
}
_MAILBOX = itemgetter(1)
# ``back`` says how far before the last of its mailbox's new lines a line stands; so each mailbox has one that is 0.
_NEWS = {
    "place": "integer",
    "kind": "text",
    "referral_id": "uuid",
    "referral_number": "integer",
    "subject_number": "integer",
    "numbers": "jsonb",
    "facts": "jsonb",
    "promise": "text",
}
_RESERVE = """
UPDATE mailbox SET last_line = last_line + given.lines FROM {given} WHERE mailbox.id = given.mailbox_id AND back = 0
"""
_TOLD = "news.kind, news.referral_id, news.referral_number, news.subject_number, news.numbers, news.facts, news.promise"
_PLACED = f"""
SELECT given.id, m.id AS mailbox_id, m.last_line - given.back AS line,
  given.contact_id, given.user_id, given.writes, {_TOLD}
FROM {{given}} JOIN {{news}} ON news.place = given.news JOIN mailbox m ON m.id = given.mailbox_id
"""
_LINES = """
INSERT INTO notification (id, mailbox_id, line, kind, referral_id, referral_number, subject_number, numbers, at)
SELECT id, mailbox_id, line, kind, referral_id, referral_number, subject_number, numbers, :at FROM placed
"""
_LETTERS = """
INSERT INTO outbox
  (id, "key", kind, contact_id, user_id, referral_id, facts, state, attempts, created_at, due_at, sent_to, last_error)
SELECT id, promise, kind, contact_id, user_id, referral_id, facts, 'QUEUED', 0, :at, :at, '', '' FROM placed
WHERE writes
"""
# A statement of its own: whoever had to wait begins to count with what the other publisher has committed. Within that
# which counts, PostgreSQL would look again at each of the rows that have changed meanwhile. Here it does so, and a join
# is quickly done again for one row, while it would go through all of a list.
_HOLD = """
SELECT COUNT(*) FROM (
  SELECT m.id FROM {given} JOIN mailbox m ON m.id = given.mailbox_id ORDER BY m.id FOR NO KEY UPDATE OF m
) AS held
"""


_BUNDLE = f"""
INSERT INTO letter_bundle (at, keys, readers, traits, places, news)
SELECT :at, STRING_AGG(uuid_send(id), ''), STRING_AGG(uuid_send(COALESCE(contact_id, user_id)), ''),
  STRING_AGG(SET_BYTE('0', 0, CASE WHEN user_id IS NULL THEN 0 ELSE {IS_USER} END), ''),
  STRING_AGG(int2send(CAST(news AS smallint)), ''),
  (SELECT JSONB_AGG(JSONB_BUILD_OBJECT(
    'place', news.place, 'kind', news.kind, 'referral_id', news.referral_id, 'facts', news.facts)) FROM {{news}})
FROM given WHERE writes
"""


@lru_cache(maxsize=2)
def _keep_all(given: str, news: str, *, tied: bool) -> str:
    """Give the statement that counts, and writes lines and letters, in one: of PostgreSQL.

    It does not know how many rows it is given and takes them for ten, so nothing here may compare all with all. The
    last line of each mailbox is told by the counting itself; of the others, which few have, by the mailbox as it was
    before, since it is held. And no nested loop can do a full join, in which all here find each other.
    """
    return f"""
WITH given AS MATERIALIZED (SELECT * FROM {given}),
counted AS ({_RESERVE.format(given="given")} RETURNING given.*, mailbox.last_line AS line),
line AS (
  SELECT * FROM counted
  UNION ALL
  SELECT given.*, m.last_line + given.lines - given.back FROM given JOIN mailbox m ON m.id = given.mailbox_id
  WHERE given.back > 0
),
placed AS MATERIALIZED (
  SELECT line.id, line.mailbox_id, line.line, line.contact_id, line.user_id, line.writes, {_TOLD}
  FROM line FULL JOIN {news} ON news.place = line.news
),
lines AS ({_LINES})
{_BUNDLE.format(news=news) if tied else _LETTERS}"""


def _told(promises: Iterable[Promise]) -> list[tuple[Reader, int]]:
    """Give each reader whom a promise tells something that no earlier one has, with the place of the promise."""
    known: dict[tuple[NotificationKind, UUID | None, int | None], set[UUID]] = defaultdict(set)
    told: list[tuple[Reader, int]] = []
    for place, promise in enumerate(promises):
        mailboxes = known[promise.kind, promise.referral_id, promise.number]
        for reader in promise.readers:
            if reader.mailbox_id not in mailboxes:
                mailboxes.add(reader.mailbox_id)
                told.append((reader, place))
    return told


def _in_their_place(
    told: Sequence[tuple[Reader, int]], lines: Tally[UUID], ids: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Give a row for each line; of several in one mailbox the first promise has the first line."""
    if len(lines) == len(told):
        return [(key, *reader, place, 0, 1) for key, (reader, place) in zip(ids, told, strict=True)]
    left = dict(lines)
    rows: list[tuple[Any, ...]] = []
    for key, (reader, place) in zip(ids, told, strict=True):
        left[reader.mailbox_id] = back = left[reader.mailbox_id] - 1
        rows.append((key, *reader, place, back, lines[reader.mailbox_id]))
    return rows


def _news(place: int, promise: Promise) -> tuple[Any, ...]:
    number, numbers = promise.number, promise.numbers
    of_referral = subject_of(promise.kind) is Subject.REFERRAL
    return (
        place,
        promise.kind,
        promise.referral_id,
        number if of_referral else None,
        None if of_referral else number,
        numbers,
        {"number": number, "numbers": numbers, **promise.facts},
        promise.key,
    )
