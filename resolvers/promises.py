"""Keep promises in the transaction that makes them: mailbox lines with a cursor that cannot skip, and letters."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from orm.models import Contact, Referral, User
from orm.rows import Row, as_text, fresh_ids, given
from orm.sql import dialect, execute
from rules.notices import DeliveryState, NotificationKind, Subject, subject_of

CONFIRM_TOKEN = "confirm_token"  # noqa: S105 - the name of a fact, not a secret
"""The fact of a letter that carries the token of its link; it leaves the outbox with the letter."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Someone who is told: a provider's contact or a user, with the mailbox and whether an address is on file."""

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
    """One thing to tell one reader; ``number`` is that of whatever the kind is about.

    ``key`` names the promise for ever; without it the mailbox line does.
    """

    reader: Reader
    kind: NotificationKind
    referral_id: UUID | None
    number: int | None
    numbers: tuple[int, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None


def about(readers: Iterable[Reader], kind: NotificationKind, number: int | None, **facts: Any) -> list[Promise]:  # noqa: ANN401 - facts are whatever JSON can say
    """Promise the same news of the access office to many readers; facts are codes, dates and counts."""
    return [Promise(reader, kind, None, number, facts=facts) for reader in readers]


def about_referral(readers: Iterable[Reader], kind: NotificationKind, referral: Referral) -> list[Promise]:
    """Promise the same news of one referral to many readers."""
    return [Promise(reader, kind, referral.id, referral.number) for reader in readers]


async def keep(promises: list[Promise], at: datetime) -> set[UUID]:
    """Write lines and letters for all promises; answer the mailboxes that got a line.

    A person who is reached twice by the same news (as contact and as coordinator) gets one line and one letter.
    Four statements, however many are told. The mailboxes are locked by the first of them, in the order of their keys,
    so that two publishers cannot lock each other out; whatever can be made ready is ready before.
    """
    distinct: dict[tuple[UUID, NotificationKind, UUID | None, int | None], Promise] = {}
    for promise in promises:
        distinct.setdefault((promise.reader.mailbox_id, promise.kind, promise.referral_id, promise.number), promise)
    if not distinct:
        return set()
    wanted = Tally(mailbox for mailbox, *_ in distinct)
    lines, letters = _written(distinct.values(), wanted)
    mailboxes = as_text([{"mailbox_id": mailbox, "lines": count} for mailbox, count in wanted.items()])
    columns = given(mailbox_id="uuid", lines="integer")
    if dialect() == "postgres":
        await execute(_HOLD.format(given=columns), rows=mailboxes)
    await execute(_RESERVE.format(given=columns), rows=mailboxes)
    await execute(_WRITE_LINES.format(given=given(**_LINE)), rows=as_text(lines), at=at)
    if letters:
        statement = _WRITE_LETTERS.format(given=given(**_LETTER))
        await execute(statement, rows=as_text(letters), at=at, queued=DeliveryState.QUEUED)
    return set(wanted)


_RESERVE = """
UPDATE mailbox SET last_line = last_line + given.lines FROM {given} WHERE mailbox.id = given.mailbox_id
"""
# A statement of its own: whoever had to wait begins to count with what the other publisher has committed. Within that
# which counts, PostgreSQL would look again at each of the rows that have changed meanwhile.
_HOLD = """
SELECT COUNT(*) FROM (
  SELECT m.id FROM {given} JOIN mailbox m ON m.id = given.mailbox_id ORDER BY m.id FOR NO KEY UPDATE OF m
) AS held
"""
# ``back`` says how far before the last of its mailbox's new lines a line stands.
_WRITE_LINES = """
INSERT INTO notification
  (id, mailbox_id, line, kind, referral_id, referral_number, subject_number, numbers, at)
SELECT given.id, m.id, m.last_line - given.back, given.kind, given.referral_id, given.referral_number,
  given.subject_number, given.numbers, :at
FROM {given} JOIN mailbox m ON m.id = given.mailbox_id
"""
_WRITE_LETTERS = """
INSERT INTO outbox
  (id, "key", kind, contact_id, user_id, referral_id, facts, state, attempts, created_at, due_at, sent_to, last_error)
SELECT given.id, COALESCE(given.promise, CAST(m.id AS text) || ':' || CAST(m.last_line - given.back AS text)),
  given.kind, given.contact_id, given.user_id, given.referral_id, given.facts, :queued, 0, :at, :at, '', ''
FROM {given} JOIN mailbox m ON m.id = given.mailbox_id
"""
_LINE = {
    "id": "uuid",
    "mailbox_id": "uuid",
    "back": "integer",
    "kind": "text",
    "referral_id": "uuid",
    "referral_number": "integer",
    "subject_number": "integer",
    "numbers": "jsonb",
}
_LETTER = {
    "id": "uuid",
    "mailbox_id": "uuid",
    "back": "integer",
    "kind": "text",
    "referral_id": "uuid",
    "promise": "text",
    "contact_id": "uuid",
    "user_id": "uuid",
    "facts": "jsonb",
}


def _written(promises: Iterable[Promise], wanted: Tally[UUID]) -> tuple[list[Row], list[Row]]:
    """Give the lines and the letters of promises, as rows that only lack their place in the mailbox."""
    left = dict(wanted)
    keys = iter(fresh_ids(2 * wanted.total()))
    lines: list[Row] = []
    letters: list[Row] = []
    for promise in promises:
        reader = promise.reader
        left[reader.mailbox_id] -= 1
        of_referral = subject_of(promise.kind) is Subject.REFERRAL
        both = {
            "mailbox_id": reader.mailbox_id,
            "back": left[reader.mailbox_id],
            "kind": promise.kind,
            "referral_id": promise.referral_id,
        }
        lines.append(
            {
                **both,
                "id": next(keys),
                "referral_number": promise.number if of_referral else None,
                "subject_number": None if of_referral else promise.number,
                "numbers": promise.numbers,
            }
        )
        if reader.has_address:
            letters.append(
                {
                    **both,
                    "id": next(keys),
                    "promise": promise.key,
                    "contact_id": reader.contact_id,
                    "user_id": reader.user_id,
                    "facts": {"number": promise.number, "numbers": promise.numbers, **promise.facts},
                }
            )
    return lines, letters
