"""Keep promises in the transaction that makes them: mailbox lines with a cursor that cannot skip, and letters."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import F

from orm.models import Contact, Letter, Mailbox, Notification, Referral, User
from rules.notices import NotificationKind, Subject, subject_of

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
    Mailbox rows are locked in the order of their keys, so that two publishers cannot lock each other out.
    """
    distinct: dict[tuple[UUID, NotificationKind, UUID | None, int | None], Promise] = {}
    for promise in promises:
        distinct.setdefault((promise.reader.mailbox_id, promise.kind, promise.referral_id, promise.number), promise)
    if not distinct:
        return set()
    next_line = await _reserve_lines(Tally(mailbox for mailbox, *_ in distinct))
    lines: list[Notification] = []
    letters: list[Letter] = []
    for promise in distinct.values():
        reader = promise.reader
        of_referral = subject_of(promise.kind) is Subject.REFERRAL
        line = next_line[reader.mailbox_id]
        next_line[reader.mailbox_id] += 1
        lines.append(
            Notification(
                mailbox_id=reader.mailbox_id,
                line=line,
                kind=promise.kind,
                referral_id=promise.referral_id,
                referral_number=promise.number if of_referral else None,
                subject_number=None if of_referral else promise.number,
                numbers=list(promise.numbers),
                at=at,
            )
        )
        if reader.has_address:
            letters.append(
                Letter(
                    key=promise.key or f"{reader.mailbox_id}:{line}",
                    kind=promise.kind,
                    contact_id=reader.contact_id,
                    user_id=reader.user_id,
                    referral_id=promise.referral_id,
                    facts={"number": promise.number, "numbers": list(promise.numbers), **promise.facts},
                    created_at=at,
                    due_at=at,
                )
            )
    await Notification.bulk_create(lines, batch_size=1000)
    await Letter.bulk_create(letters, batch_size=1000)
    return set(next_line)


async def _reserve_lines(wanted: Tally[UUID]) -> dict[UUID, int]:
    """Count the mailboxes up under their locks; answer the first reserved line of each."""
    # Models, not ``values()``: Tortoise leaves FOR UPDATE out of the latter.
    mailboxes = await Mailbox.filter(id__in=sorted(wanted, key=str)).order_by("id").select_for_update(no_key=True)
    by_count: dict[int, list[UUID]] = {}
    for mailbox_id, count in wanted.items():
        by_count.setdefault(count, []).append(mailbox_id)
    for count, ids in by_count.items():
        await Mailbox.filter(id__in=ids).update(last_line=F("last_line") + count)
    return {mailbox.id: mailbox.last_line + 1 for mailbox in mailboxes}
