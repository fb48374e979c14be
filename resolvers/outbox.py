"""The outbox: promised letters are claimed, re-checked, sent, and marked; what cannot be sent is parked (NOT-24).

A claim is a lease by postponing: the letter's next turn moves into the future, so a worker that is killed while
sending loses nothing, and at most the letter that was in the air is sent twice, under the same Message-ID.
These acts are the house's own and touch no consumer's record, so they leave no audit entry; the letter's row is the
evidence of its delivery. Only a refused recipient leaves one, for it marks a contact's address.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tortoise.expressions import F
from tortoise.transactions import in_transaction

from orm.models import Letter
from orm.rows import as_text, given
from orm.sql import dialect, execute, fetch, to_instant
from resolvers.bounces import refuse_letter
from resolvers.callers import Desk, house
from resolvers.desk import Work, operation
from resolvers.letter_bundles import untie_bundles
from resolvers.letter_recipients import Promised, PromisedLetter, Recipient
from resolvers.promises import CONFIRM_TOKEN
from rules.errors import Conflict
from rules.notices import DeliveryState, NotificationKind
from rules.receipts import refuses_the_address
from rules.roles import Role

LEASE = timedelta(minutes=2)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
TRIES = 20
"""With this patience about two and a half days: longer than a weekend without the mail server."""


_WITH_LINK = frozenset({NotificationKind.CONFIRM_ADDRESS, NotificationKind.CONFIRM_USER_ADDRESS})
"""Letters that carry a secret link: it must not stay behind."""


@dataclass(frozen=True, slots=True)
class ClaimedLetter:
    """A letter that this worker may send until the lease ends."""

    id: UUID
    claim: UUID
    kind: NotificationKind
    address: str
    name: str
    facts: Mapping[str, Any]
    attempts: int
    to_provider: bool
    """Whether it goes to a provider's contact; else to one of the department's coordinators."""


async def claim_letters(desk: Desk, limit: int) -> list[ClaimedLetter]:
    """Claim due letters, oldest first; those whose recipient may not hear it any more are cancelled instead."""
    await untie_bundles()
    now = desk.clock()
    claim = uuid4()
    async with in_transaction():
        promised = await Promised.due(now, limit)
        if not promised.letters:
            return []
        cancelled: dict[UUID, str] = {}
        claimed: list[ClaimedLetter] = []
        for letter in promised.letters:
            recipient = promised.recipient_of(letter)
            if isinstance(recipient, str):
                cancelled[letter.id] = recipient
                continue
            claimed.append(_claimed(letter, recipient, promised.facts_for(letter), claim))
        await Letter.filter(id__in=[letter.id for letter in claimed]).update(
            claim=claim, due_at=now + LEASE, attempts=F("attempts") + 1
        )
        for why in sorted(set(cancelled.values())):
            those = [letter_id for letter_id, reason in cancelled.items() if reason == why]
            await Letter.filter(id__in=those).update(state=DeliveryState.CANCELLED, due_at=now, last_error=why)
        if cancelled:
            await Letter.filter(id__in=list(cancelled), kind__in=list(_WITH_LINK)).update(facts={})
    return claimed


def _claimed(letter: PromisedLetter, recipient: Recipient, facts: Mapping[str, Any], claim: UUID) -> ClaimedLetter:
    return ClaimedLetter(
        id=letter.id,
        claim=claim,
        kind=letter.kind,
        address=recipient.address,
        name=recipient.name,
        facts=facts,
        attempts=letter.attempts + 1,
        to_provider=letter.to_contact,
    )


async def drafted(letter_id: UUID) -> ClaimedLetter | str:
    """Give a letter as it would be written now, without claiming it and without its secret; or why it would not be."""
    promised = await Promised.one(letter_id)
    (letter,) = promised.letters
    recipient = promised.recipient_of(letter)
    if isinstance(recipient, str):
        return recipient
    told = {name: fact for name, fact in promised.facts_for(letter).items() if name != CONFIRM_TOKEN}
    return _claimed(letter, recipient, told, letter.id)


async def give_back(desk: Desk, letters: Collection[ClaimedLetter]) -> None:
    """Give up claims on letters that were never handed to a mail server: due at once, and the try does not count."""
    claims = {letter.claim for letter in letters}
    await Letter.filter(
        id__in=[letter.id for letter in letters], claim__in=list(claims), state=DeliveryState.QUEUED
    ).update(claim=None, due_at=desk.clock(), attempts=F("attempts") - 1)


async def mark_sent(desk: Desk, *letters: ClaimedLetter) -> None:
    """Write down, in one statement, that the mail server took letters on, even those whose claim was lost meanwhile.

    A secret that only the letter may carry is taken out of the outbox.
    """
    taken = [
        {
            "id": letter.id,
            "address": letter.address,
            "facts": {name: fact for name, fact in letter.facts.items() if name != CONFIRM_TOKEN},
        }
        for letter in letters
    ]
    # The mark does not wait for the disk of PostgreSQL. It survives the end of this process and of the server's; after
    # a power cut the letters of the last half second go twice, as one that was in the air would.
    unhurried = ", (SELECT set_config('synchronous_commit', 'off', true) AS waits) AS disk"
    statement = _MARK_SENT.format(
        given=given(id="uuid", address="text", facts="jsonb") + (unhurried if dialect() == "postgres" else "")
    )
    await execute(statement, rows=as_text(taken), at=desk.clock())


_MARK_SENT = """
UPDATE outbox SET state = 'SENT', sent_at = :at, sent_to = given.address, last_error = '', facts = given.facts
FROM {given} WHERE outbox.id = given.id AND outbox.state = 'QUEUED'
"""


async def mark_failed(
    desk: Desk, letter: ClaimedLetter, why: str, *, for_good: bool, status: str = ""
) -> DeliveryState:
    """Plan the next try with growing patience, or park the letter when it was refused for good or too often.

    ``status`` is the server's enhanced status (RFC 3463): one that refuses the recipient marks the contact's address.
    """
    if for_good and refuses_the_address(status):
        await refuse_letter(house(desk, "relay"), letter.id, letter.claim, letter.address, why[:300], status)
        return DeliveryState.PARKED
    parked = for_good or letter.attempts >= TRIES
    state = DeliveryState.PARKED if parked else DeliveryState.QUEUED
    now = desk.clock()
    await Letter.filter(id=letter.id, claim=letter.claim, state=DeliveryState.QUEUED).update(
        state=state, due_at=now if parked else now + patience(letter.attempts), last_error=why[:300]
    )
    return state


def patience(attempts: int) -> timedelta:
    """Say how long to wait after so many tries: 30 s, 1 min, 2 min … up to 6 hours."""
    doublings = min(max(attempts, 1) - 1, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


async def next_due() -> datetime | None:
    """Say when the next queued letter is due, if there is one."""
    due = (await fetch("SELECT MIN(due_at) AS due FROM outbox WHERE state = 'QUEUED'"))[0]["due"]
    return to_instant(due) if due else None


@operation("outbox.retry", by={Role.ADMINISTRATOR, Role.SUPPORT_DESK}, cites="001:70")
async def retry_letter(work: Work, letter_id: UUID) -> None:
    """Give a parked letter a new start: its tries count from none.

    Raises:
        Conflict: the letter is not parked.
    """
    work.about("letter", letter_id)
    freed = await Letter.filter(id=letter_id, state=DeliveryState.PARKED).update(
        state=DeliveryState.QUEUED, due_at=work.now, attempts=0, last_error=""
    )
    if not freed:
        raise Conflict("This letter is not parked.", code="NOT_PARKED")
