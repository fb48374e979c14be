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

from orm.models import AddressChange, Contact, Letter, NoReferralStatus, ReferralExclusion, User
from resolvers.bounces import refuse_letter
from resolvers.callers import Desk, house
from resolvers.desk import Work, operation
from resolvers.promises import CONFIRM_TOKEN
from resolvers.tokens import hash_token
from rules.accounts import AccountState
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
    now = desk.clock()
    claim = uuid4()
    async with in_transaction():
        due = (
            await Letter.filter(state=DeliveryState.QUEUED, due_at__lte=now)
            .order_by("due_at", "id")
            .limit(limit)
            .select_for_update(skip_locked=True, no_key=True)
        )
        if not due:
            return []
        cancelled: dict[UUID, str] = {}
        claimed: list[ClaimedLetter] = []
        recipients = await _Recipients.load(due)
        for letter in due:
            recipient = recipients.of(letter)
            if isinstance(recipient, str):
                cancelled[letter.id] = recipient
                continue
            claimed.append(_claimed(letter, recipient, recipients.facts_for(letter), claim))
        await Letter.filter(id__in=[letter.id for letter in claimed]).update(
            claim=claim, due_at=now + LEASE, attempts=F("attempts") + 1
        )
        for letter_id, why in cancelled.items():
            await Letter.filter(id=letter_id).update(state=DeliveryState.CANCELLED, due_at=now, last_error=why)
        await Letter.filter(id__in=list(cancelled), kind__in=list(_WITH_LINK)).update(facts={})
    return claimed


def _claimed(letter: Letter, recipient: _Recipient, facts: Mapping[str, Any], claim: UUID) -> ClaimedLetter:
    return ClaimedLetter(
        id=letter.id,
        claim=claim,
        kind=letter.kind,
        address=recipient.address,
        name=recipient.name,
        facts=facts,
        attempts=letter.attempts + 1,
        to_provider=letter.contact_id is not None,
    )


async def drafted(letter: Letter) -> ClaimedLetter | str:
    """Give a letter as it would be written now, without claiming it and without its secret; or why it would not be."""
    recipients = await _Recipients.load([letter])
    recipient = recipients.of(letter)
    if isinstance(recipient, str):
        return recipient
    told = {name: fact for name, fact in recipients.facts_for(letter).items() if name != CONFIRM_TOKEN}
    return _claimed(letter, recipient, told, letter.id)


async def give_back(desk: Desk, letters: Collection[ClaimedLetter]) -> None:
    """Give up claims on letters that were never handed to a mail server: due at once, and the try does not count."""
    claims = {letter.claim for letter in letters}
    await Letter.filter(
        id__in=[letter.id for letter in letters], claim__in=list(claims), state=DeliveryState.QUEUED
    ).update(claim=None, due_at=desk.clock(), attempts=F("attempts") - 1)


async def mark_sent(desk: Desk, letter: ClaimedLetter) -> None:
    """Write down that the mail server took the letter, even when the claim was lost meanwhile: it is on its way.

    A secret that only the letter may carry is taken out of the outbox.
    """
    await Letter.filter(id=letter.id, state=DeliveryState.QUEUED).update(
        state=DeliveryState.SENT,
        sent_at=desk.clock(),
        sent_to=letter.address,
        last_error="",
        facts={name: fact for name, fact in letter.facts.items() if name != CONFIRM_TOKEN},
    )


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
    letter = await Letter.filter(state=DeliveryState.QUEUED).order_by("due_at").first()
    return letter.due_at if letter else None


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


@dataclass(frozen=True, slots=True)
class _Recipient:
    address: str
    name: str


@dataclass(frozen=True, slots=True)
class _Recipients:
    """Who the letters are for, as of now: people leave and families decide between promise and sending."""

    contacts: Mapping[UUID, Contact]
    users: Mapping[UUID, User]
    suspended: frozenset[UUID]
    excluded: frozenset[tuple[int, UUID]]
    """Referral numbers with the providers that may not hear of them."""
    new_addresses: Mapping[str, str]
    """Addresses of users that wait to be confirmed, by the hash of the token in their letter."""

    @classmethod
    async def load(cls, letters: list[Letter]) -> _Recipients:
        contacts = {one.id: one for one in await Contact.filter(id__in=[x.contact_id for x in letters if x.contact_id])}
        providers = {contact.provider_id for contact in contacts.values()}
        exclusions = await ReferralExclusion.filter(
            provider_id__in=list(providers),
            referral__number__in=list({number for letter in letters for number in _numbers_of(letter)}),
            included_at=None,
        ).select_related("referral")
        return cls(
            contacts=contacts,
            users={one.id: one for one in await User.filter(id__in=[x.user_id for x in letters if x.user_id])},
            suspended=frozenset(
                period.provider_id
                for period in await NoReferralStatus.filter(provider_id__in=list(providers), lifted_at=None)
            ),
            excluded=frozenset((exclusion.referral.number, exclusion.provider_id) for exclusion in exclusions),
            new_addresses=await _new_addresses(letters),
        )

    def facts_for(self, letter: Letter) -> Mapping[str, Any]:
        """Give what the letter says, its list without the referrals from which the provider is excluded by now."""
        numbers = self._heard(letter)
        if len(numbers) == len(_numbers_of(letter)):
            return letter.facts
        lists: list[str] = [name for name in ("numbers", "overdue") if name in letter.facts]
        kept = {name: [number for number in letter.facts[name] if number in numbers] for name in lists}
        return {**letter.facts, **kept}

    def _heard(self, letter: Letter) -> frozenset[int]:
        contact = self.contacts.get(letter.contact_id) if letter.contact_id else None
        provider = contact.provider_id if contact else None
        return frozenset(number for number in _numbers_of(letter) if (number, provider) not in self.excluded)

    def of(self, letter: Letter) -> _Recipient | str:
        """Give the recipient, or why there is none any more."""
        if letter.contact_id is not None:
            contact = self.contacts[letter.contact_id]
            if not contact.active:
                return "The contact is not active any more."
            if contact.provider_id in self.suspended and letter.kind is not NotificationKind.CONFIRM_ADDRESS:
                return "The provider is in No Referral Status."
            if _numbers_of(letter) and not self._heard(letter):
                return "The provider is excluded."
            return _Recipient(contact.email, contact.name) if contact.email else "There is no address on file."
        user = self.users.get(letter.user_id) if letter.user_id else None
        if user is None or user.state is not AccountState.ACTIVE:
            return "The account is not active any more."
        if letter.kind is NotificationKind.CONFIRM_USER_ADDRESS:
            address = self.new_addresses.get(_token_hash(letter))
            return _Recipient(address, user.name) if address else "There is no address to confirm any more."
        return _Recipient(user.email, user.name) if user.email else "There is no address on file."


async def _new_addresses(letters: list[Letter]) -> Mapping[str, str]:
    """Find the addresses that are to be confirmed: their letters go there, and not to the address on file."""
    hashes = [_token_hash(one) for one in letters if one.kind is NotificationKind.CONFIRM_USER_ADDRESS]
    waiting = await AddressChange.filter(token_hash__in=hashes, confirmed_at=None) if hashes else []
    return {change.token_hash: change.email for change in waiting}


def _token_hash(letter: Letter) -> str:
    return hash_token(str(letter.facts.get(CONFIRM_TOKEN, "")))


def _numbers_of(letter: Letter) -> frozenset[int]:
    """Give the numbers of all referrals that a letter tells of; whatever else lies in its facts is no number."""
    listed = [letter.facts.get("number"), *letter.facts.get("numbers", ())]
    return frozenset(number for number in listed if type(number) is int)
