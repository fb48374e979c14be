"""Ask a contact to confirm the e-mail address, and take the answer: the proof is having got the letter (PRF-06).

An address that is not confirmed yet gets referrals all the same: the manual asks for one on file (001:70), and a letter
held back would be a referral missed. The profile shows it as a warning until it is confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from orm.models import Contact, EmailConfirmation, Letter
from resolvers.desk import THE_HOUSE, Reading, Work, access, operation
from resolvers.promises import CONFIRM_TOKEN, Promise, Reader
from resolvers.tokens import hash_token
from rules.notices import DeliveryState, NotificationKind
from rules.profiles import check_confirmation, no_such_confirmation
from rules.roles import Role

_LONGEST_TOKEN = 200


async def ask_to_confirm(work: Work, contact: Contact) -> None:
    """Promise the letter with the link, if there is an address to confirm; what was asked before is void.

    Only the token's hash is kept. The token itself waits in the outbox until the letter has left.
    """
    await EmailConfirmation.filter(contact_id=contact.id, confirmed_at=None, expires_at__gt=work.now).update(
        expires_at=work.now
    )
    await Letter.filter(
        contact_id=contact.id,
        kind=NotificationKind.CONFIRM_ADDRESS,
        state__in=[DeliveryState.QUEUED, DeliveryState.PARKED],
    ).update(state=DeliveryState.CANCELLED, due_at=work.now, last_error="Another address is to be confirmed.", facts={})
    if not contact.email or not contact.active:
        return
    token = work.caller.desk.secrets.token()
    confirmation = await EmailConfirmation.create(
        id=uuid4(),
        contact_id=contact.id,
        email=contact.email,
        token_hash=hash_token(token),
        asked_at=work.now,
        expires_at=work.now + work.policy.contact_confirm,
    )
    work.touches("email_confirmation", [confirmation.id])
    work.promise(
        [
            Promise(
                [Reader.contact(contact)],
                NotificationKind.CONFIRM_ADDRESS,
                referral_id=None,
                number=None,
                facts={CONFIRM_TOKEN: token},
            )
        ]
    )


@dataclass(frozen=True, slots=True)
class ConfirmationView:
    """What the page of the link shows to whoever holds it: the address that the letter went to."""

    email: str
    provider: str


@access("contact.view_confirmation", by=THE_HOUSE, cites="001:70; 001:95")
async def view_confirmation(reading: Reading, token: str) -> ConfirmationView:
    """Show what a link would confirm; looking changes nothing.

    Raises:
        NotFound: the link was not made here, or not for the address that is on file now.
        Conflict: it was used, or has expired.
    """
    confirmation = await EmailConfirmation.filter(token_hash=_hash(token)).select_related("contact__provider").first()
    if confirmation is None:
        raise no_such_confirmation()
    reading.about("contact", confirmation.contact_id)
    check_confirmation(
        asked_for=confirmation.email,
        on_file=confirmation.contact.email,
        confirmed_at=confirmation.confirmed_at,
        expires_at=confirmation.expires_at,
        now=reading.now,
    )
    return ConfirmationView(confirmation.email, confirmation.contact.provider.name)


@operation("contact.confirm_email", by=Role, cites="001:70; 001:95")
async def confirm_contact_email(work: Work, token: str) -> None:
    """Confirm the address that a link was sent to: once, in time, and only while it is the one on file.

    Whoever holds the link has got the letter, so it does not matter who asks. A mark that letters came back is removed.

    Raises:
        NotFound: the link was not made here, or not for the address that is on file now.
        Conflict: it was used, or has expired.
    """
    known = await EmailConfirmation.filter(token_hash=_hash(token)).first()
    if known is None:
        raise no_such_confirmation()
    work.about("contact", known.contact_id)
    contact = await Contact.filter(id=known.contact_id).select_for_update(no_key=True).get()
    confirmation = await EmailConfirmation.get(id=known.id)
    check_confirmation(
        asked_for=confirmation.email,
        on_file=contact.email,
        confirmed_at=confirmation.confirmed_at,
        expires_at=confirmation.expires_at,
        now=work.now,
    )
    await EmailConfirmation.filter(id=confirmation.id).update(confirmed_at=work.now)
    await Contact.filter(id=contact.id).update(email_confirmed_at=work.now, email_bounced_at=None)
    work.touches("email_confirmation", [confirmation.id])


def _hash(token: str) -> str:
    return hash_token(token[:_LONGEST_TOKEN].encode(errors="replace").decode())
