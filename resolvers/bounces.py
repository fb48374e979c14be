"""Letters that come back: what the mail server says of an address, and who has to know (001:70, 001:154, NOT-24).

A hard bounce marks the address of a contact or a user until it is changed or confirmed again. Letters still go to a
marked address: a mail server that was wrong once must not make the house silent for ever. What a mark does is tell
people.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from orm.models import Contact, Letter, User
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.reachability import provider_became_unreachable
from rules.errors import Conflict, NotFound
from rules.notices import DeliveryState
from rules.receipts import blames_the_address


@operation("letter.bounce", by=THE_HOUSE, cites="001:70; 001:154")
async def bounce_letter(work: Work, letter_id: UUID, status: str) -> bool:
    """Keep that a letter came back with an enhanced status (RFC 3463); answer whether that was news.

    Raises:
        NotFound: ``LETTER_NOT_FOUND``; the house never promised such a letter.
        Conflict: ``LETTER_NEVER_SENT``; no mail server was ever asked to take it, so none can have returned it.
    """
    work.about("letter", letter_id)
    work.note(status=status)
    letter = await Letter.filter(id=letter_id).select_for_update(no_key=True).first()
    if letter is None:
        raise NotFound("There is no such letter.", code="LETTER_NOT_FOUND")
    if letter.attempts == 0:
        raise Conflict("This letter was never handed to a mail server.", code="LETTER_NEVER_SENT")
    if letter.state is DeliveryState.BOUNCED:
        work.note(repeated=True)
        return False
    await Letter.filter(id=letter_id).update(state=DeliveryState.BOUNCED, bounced_at=work.now, last_error=status)
    if blames_the_address(status):
        await _mark_recipient(work, letter, letter.sent_to, letter.sent_at)
    return True


@operation("letter.refuse", by=THE_HOUSE, cites="001:70; 001:154")
async def refuse_letter(work: Work, letter_id: UUID, claim: UUID, address: str, why: str, status: str) -> bool:
    """Park a letter whose recipient the mail server refused for good at the door, and mark the address.

    Answers whether the claim still held; whoever holds it now decides otherwise.
    """
    work.about("letter", letter_id)
    work.note(status=status)
    parked = await Letter.filter(id=letter_id, claim=claim, state=DeliveryState.QUEUED).update(
        state=DeliveryState.PARKED, due_at=work.now, last_error=why
    )
    if not parked:
        work.note(claim_lost=True)
        return False
    letter = await Letter.get(id=letter_id)
    await _mark_recipient(work, letter, address, None)
    return True


def forget_bounce(contact: Contact) -> None:
    """Take the mark off an address that was changed or confirmed; the caller saves ``email_bounced_at``."""
    contact.email_bounced_at = None


async def _mark_recipient(work: Work, letter: Letter, address: str, sent_at: datetime | None) -> None:
    if letter.contact_id is not None:
        await _mark_address(work, letter.contact_id, address, sent_at)
    elif letter.user_id is not None:
        await _mark_user(work, letter.user_id, address, sent_at)


async def _mark_user(work: Work, user_pk: UUID, address: str, sent_at: datetime | None) -> None:
    """Mark a user's address; the profile shows it (LSO-07)."""
    user = await User.filter(id=user_pk).select_for_update(no_key=True).get()
    work.touches("user", [user_pk])
    if not _is_news(user, address, sent_at):
        work.note(marked=False)
        return
    await User.filter(id=user_pk).update(email_bounced_at=work.now)
    work.note(marked=True)


async def _mark_address(work: Work, contact_id: UUID, address: str, sent_at: datetime | None) -> None:
    """Mark a contact's address; a provider that no letter reaches any more is told of."""
    contact = await Contact.filter(id=contact_id).select_for_update(no_key=True).get()
    work.touches("contact", [contact_id])
    if not _is_news(contact, address, sent_at):
        work.note(marked=False)
        return
    await Contact.filter(id=contact_id).update(email_bounced_at=work.now)
    work.note(marked=True)
    if contact.active:
        await provider_became_unreachable(work, contact.provider_id)


def _is_news(holder: User | Contact, address: str, sent_at: datetime | None) -> bool:
    """Say whether the address is the letter's still, not marked yet, and not confirmed since the letter went out."""
    changed = not holder.email or (bool(address) and holder.email.casefold() != address.casefold())
    confirmed_at = holder.email_confirmed_at
    confirmed = confirmed_at is not None and sent_at is not None and sent_at < confirmed_at
    return not (changed or confirmed or holder.email_bounced_at is not None)
