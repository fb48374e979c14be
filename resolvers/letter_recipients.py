"""Whom promised letters go to, as of now: people leave and families decide between promise and sending (NOT-07)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from orm.models import AddressChange
from orm.sql import dialect, fetch, to_json, to_uuid
from resolvers.promises import CONFIRM_TOKEN
from resolvers.tokens import hash_token
from rules.accounts import AccountState
from rules.notices import NotificationKind
from rules.text import full_name

# The state stands in the text, so that the index of what is queued fits whatever the values are.
_DUE = "SELECT * FROM outbox WHERE state = 'QUEUED' AND due_at <= :now ORDER BY due_at, id LIMIT :most"
_ONE = "SELECT * FROM outbox WHERE id = :letter"
_WITH_RECIPIENTS = """
SELECT o.id, o.kind, o.contact_id, o.user_id, o.facts, o.attempts,
  c.provider_id, c.active, c.email AS contact_email, c.first_name AS contact_first, c.last_name AS contact_last,
  EXISTS (SELECT 1 FROM no_referral_status s WHERE s.provider_id = c.provider_id AND s.lifted_at IS NULL) AS suspended,
  u.state AS account, u.email AS user_email, u.first_name AS user_first, u.last_name AS user_last
FROM ({letters}) o LEFT JOIN contact c ON c.id = o.contact_id LEFT JOIN user_account u ON u.id = o.user_id
ORDER BY o.due_at, o.id
"""
_EXCLUSIONS = (
    "SELECT r.number, e.provider_id FROM referral_exclusion e JOIN referral r ON r.id = e.referral_id "
    "WHERE e.included_at IS NULL AND r.number IN (:numbers) AND e.provider_id IN (:providers)"
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a letter, and where."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class PromisedLetter:
    """A letter of the outbox with the person it was promised to, as a row."""

    id: UUID
    kind: NotificationKind
    facts: Mapping[str, Any]
    attempts: int
    row: Mapping[str, Any]

    @property
    def to_contact(self) -> bool:
        """Say whether it goes to a provider's contact; else to a user."""
        return self.row["contact_id"] is not None

    @property
    def provider_id(self) -> UUID | None:
        """Give the provider of the contact."""
        return to_uuid(self.row["provider_id"]) if self.to_contact else None

    @property
    def token_hash(self) -> str:
        """Give the hash of the secret in its link."""
        return hash_token(str(self.facts.get(CONFIRM_TOKEN, "")))

    @property
    def numbers(self) -> frozenset[int]:
        """Give the numbers of all referrals that it tells of; whatever else lies in its facts is no number."""
        listed = [self.facts.get("number"), *self.facts.get("numbers", ())]
        return frozenset(number for number in listed if type(number) is int)


@dataclass(frozen=True, slots=True)
class Promised:
    """Letters of the outbox, and what has been decided since they were promised."""

    letters: list[PromisedLetter]
    excluded: frozenset[tuple[int, UUID | None]]
    """Referral numbers with the providers that may not hear of them."""
    new_addresses: Mapping[str, str]
    """Addresses of users that wait to be confirmed, by the hash of the token in their letter."""

    @classmethod
    async def due(cls, now: datetime, most: int) -> Promised:
        """Load the due letters, the longest waiting first, and hold them; those that another worker holds stay out."""
        holding = " FOR NO KEY UPDATE SKIP LOCKED" if dialect() == "postgres" else ""
        statement = _WITH_RECIPIENTS.format(letters=_DUE + holding)
        return await cls._of(await fetch(statement, now=now, most=most))

    @classmethod
    async def one(cls, letter_id: UUID) -> Promised:
        """Load one letter, whatever has become of it."""
        return await cls._of(await fetch(_WITH_RECIPIENTS.format(letters=_ONE), letter=letter_id))

    @classmethod
    async def _of(cls, rows: list[dict[str, Any]]) -> Promised:
        letters = [
            PromisedLetter(
                to_uuid(row["id"]), NotificationKind(row["kind"]), to_json(row["facts"]), row["attempts"], row
            )
            for row in rows
        ]
        return cls(letters, await _exclusions(letters), await _new_addresses(letters))

    def facts_for(self, letter: PromisedLetter) -> Mapping[str, Any]:
        """Give what the letter says, its list without the referrals from which the provider is excluded by now."""
        numbers = self._heard(letter)
        if len(numbers) == len(letter.numbers):
            return letter.facts
        lists: list[str] = [name for name in ("numbers", "overdue") if name in letter.facts]
        kept = {name: [number for number in letter.facts[name] if number in numbers] for name in lists}
        return {**letter.facts, **kept}

    def _heard(self, letter: PromisedLetter) -> frozenset[int]:
        if not self.excluded:
            return letter.numbers
        return frozenset(number for number in letter.numbers if (number, letter.provider_id) not in self.excluded)

    def recipient_of(self, letter: PromisedLetter) -> Recipient | str:
        """Give the recipient, or why there is none any more."""
        row = letter.row
        if letter.to_contact:
            if not row["active"]:
                return "The contact is not active any more."
            if row["suspended"] and letter.kind is not NotificationKind.CONFIRM_ADDRESS:
                return "The provider is in No Referral Status."
            if letter.numbers and not self._heard(letter):
                return "The provider is excluded."
            return _at(row["contact_email"], f"{row['contact_first']} {row['contact_last']}")
        if row["account"] != AccountState.ACTIVE:
            return "The account is not active any more."
        name = full_name(row["user_first"], row["user_last"])
        if letter.kind is NotificationKind.CONFIRM_USER_ADDRESS:
            address = self.new_addresses.get(letter.token_hash)
            return Recipient(address, name) if address else "There is no address to confirm any more."
        return _at(row["user_email"], name)


def _at(address: str | None, name: str) -> Recipient | str:
    return Recipient(address, name) if address else "There is no address on file."


async def _exclusions(letters: Collection[PromisedLetter]) -> frozenset[tuple[int, UUID | None]]:
    providers = {letter.provider_id for letter in letters if letter.to_contact}
    numbers = {number for letter in letters for number in letter.numbers}
    if not (providers and numbers):
        return frozenset()
    rows = await fetch(_EXCLUSIONS, numbers=numbers, providers=providers)
    return frozenset((row["number"], to_uuid(row["provider_id"])) for row in rows)


async def _new_addresses(letters: Collection[PromisedLetter]) -> Mapping[str, str]:
    """Find the addresses that are to be confirmed: their letters go there, and not to the address on file."""
    hashes = [one.token_hash for one in letters if one.kind is NotificationKind.CONFIRM_USER_ADDRESS]
    waiting = await AddressChange.filter(token_hash__in=hashes, confirmed_at=None) if hashes else []
    return {change.token_hash: change.email for change in waiting}
