"""What became of a referral at each provider: delivered, bounced, read, answered, or silent (001:70, 001:154, 001:271).

Facts are frozen, dates are America/Chicago days, and every verdict says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rules.audience import ProviderFacts, ReferralFacts, Verdict, reachable, would_be_audience
from rules.notices import DeliveryState, NotificationKind
from rules.policy import Policy

TELLING_IN_LISTS = frozenset({NotificationKind.REFERRALS_JOINED, NotificationKind.NO_REFERRAL_STATUS_LIFTED})
"""The news that bring several referrals at once, by their numbers."""

TELLING = TELLING_IN_LISTS | {NotificationKind.REFERRAL_PUBLISHED, NotificationKind.REFERRAL_REPUBLISHED}
"""The news with which a referral comes to a provider; a chain of receipts begins with one of them."""


class Stage(StrEnum):
    """A step on the way from telling a contact to the provider's answer."""

    TOLD = "TOLD"
    """A line was written into the contact's mailbox."""
    QUEUED = "QUEUED"
    """A letter was promised in the same moment."""
    ACCEPTED = "ACCEPTED"
    """The mail server took the letter."""
    BOUNCED = "BOUNCED"
    """The mail server reported later that it could not be delivered; the detail is its status."""
    PARKED = "PARKED"
    """The letter was given up; the detail says why."""
    CANCELLED = "CANCELLED"
    """The letter was not due any more when its turn came; the detail says why."""
    SIGNED_IN = "SIGNED_IN"
    """The contact's user signed on for the first time after being told."""
    VIEWED = "VIEWED"
    """Somebody of the provider opened the referral for the first time; the detail says who."""
    ANSWERED = "ANSWERED"
    """The provider answered; the detail says what."""


_ORDER = {stage: place for place, stage in enumerate(Stage)}


@dataclass(frozen=True, slots=True)
class Step:
    """A stage that was reached, when, and more about it."""

    stage: Stage
    at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """A letter as the outbox has it; ``settled_at`` is when its last turn came, for one that was given up."""

    state: DeliveryState
    promised_at: datetime
    sent_at: datetime | None
    bounced_at: datetime | None
    settled_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Telling:
    """One time that a contact was told, in which words; without a letter there was no address on file."""

    words: str
    at: datetime
    letter: LetterFacts | None


def steps_of(telling: Telling) -> list[Step]:
    """Say how far one telling got, as far as the mail server knows."""
    letter = telling.letter
    if letter is None:
        return [Step(Stage.TOLD, telling.at, f"{telling.words}. There was no address on file for a letter.")]
    steps = [Step(Stage.TOLD, telling.at, f"{telling.words}."), Step(Stage.QUEUED, letter.promised_at)]
    if letter.sent_at is not None:
        steps.append(Step(Stage.ACCEPTED, letter.sent_at))
    if letter.state is DeliveryState.BOUNCED:
        steps.append(Step(Stage.BOUNCED, letter.bounced_at or letter.settled_at, letter.reason))
    elif letter.state is DeliveryState.PARKED:
        steps.append(Step(Stage.PARKED, letter.settled_at, letter.reason))
    elif letter.state is DeliveryState.CANCELLED:
        steps.append(Step(Stage.CANCELLED, letter.settled_at, letter.reason))
    return steps


def chain(tellings: Iterable[Telling], others: Iterable[Step]) -> list[Step]:
    """Put the steps of all tellings and what happened besides into the order of time."""
    steps = [step for telling in tellings for step in steps_of(telling)] + list(others)
    return sorted(steps, key=lambda step: (step.at, _ORDER[step.stage]))


class ReceiptVerdict(StrEnum):
    """How far a referral got at a provider."""

    ANSWERED = "ANSWERED"
    """The provider answered."""
    VIEWED = "VIEWED"
    """Somebody of the provider opened it."""
    DELIVERED = "DELIVERED"
    """The mail server took a letter to one of its contacts, and it has not come back."""
    UNDELIVERED = "UNDELIVERED"
    """Contacts were told, but no letter has got through: none has an address, or all bounced or wait."""
    NOBODY_TOLD = "NOBODY_TOLD"
    """No contact was told."""


def receipt_verdict(tellings: Iterable[Telling], *, viewed: bool, answered: bool) -> ReceiptVerdict:
    """Tell the farthest that a referral got at a provider, over all its contacts."""
    told = list(tellings)
    if answered:
        return ReceiptVerdict.ANSWERED
    if viewed:
        return ReceiptVerdict.VIEWED
    if any(telling.letter and telling.letter.state is DeliveryState.SENT for telling in told):
        return ReceiptVerdict.DELIVERED
    return ReceiptVerdict.UNDELIVERED if told else ReceiptVerdict.NOBODY_TOLD


@dataclass(frozen=True, slots=True)
class SilenceFacts:
    """An open referral at a provider that it has reached; ``audience`` is the rule's answer of today."""

    reached_on: date
    answered: bool
    audience: Verdict
    told_of_on: date | None


@dataclass(frozen=True, slots=True)
class SilenceVerdict:
    """Answer whether the coordinator is to be told of a silent provider, and why, or why not."""

    silent: bool
    why: str


def silence(facts: SilenceFacts, on: date, policy: Policy) -> SilenceVerdict:
    """Tell whether a provider has been silent for too long: more than 7 days, by Chicago dates.

    The days count from the first time the referral reached the provider; a re-publishing does not start them anew.
    A provider that may not answer (excluded, in No Referral Status, out of the audience) is not called silent.
    """
    if facts.answered:
        return SilenceVerdict(silent=False, why="It has answered.")
    if not facts.audience.eligible:
        return SilenceVerdict(silent=False, why=facts.audience.sentence)
    if facts.told_of_on is not None:
        return SilenceVerdict(silent=False, why=f"The coordinator was told of it on {facts.told_of_on}.")
    days = (on - facts.reached_on).days
    if days <= policy.referral_silent.days:
        return SilenceVerdict(silent=False, why=f"It has had the referral for {days} days.")
    return SilenceVerdict(silent=True, why=f"It has not answered for {days} days.")


_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)

_NOT_THE_ADDRESS = frozenset({"5.1.7", "5.1.8", "5.2.3", "5.3.4"})
"""The sender's address, or a letter that is too long (RFC 3463)."""

_NOT_THE_ADDRESS_SUBJECTS = frozenset({"5", "6", "7"})
"""The protocol, the content, a policy: about the letter or about the house (RFC 3463)."""

_NO_SUCH_RECIPIENT = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.0", "5.2.1"})
"""No such mailbox or domain, an impossible or moved address, a mailbox that takes nothing (RFC 3463, RFC 7505)."""


def is_failure(action: str, status: str) -> bool:
    """Say whether a delivery status notification reports a failure for good (RFC 3464, 2.3.3).

    ``delayed``, ``relayed``, ``delivered`` and ``expanded`` are no failures, and neither is a status that is not 5.x.x.
    """
    return action.strip().lower() == "failed" and bool(_STATUS.fullmatch(status)) and status.startswith("5.")


def blames_the_address(status: str) -> bool:
    """Say whether a letter that bounced with this status says something against the address itself.

    Many servers report a mailbox that does not exist as 5.0.0: only what is clearly about something else is left out.
    """
    return status not in _NOT_THE_ADDRESS and status.split(".")[1] not in _NOT_THE_ADDRESS_SUBJECTS


def refuses_the_address(status: str) -> bool:
    """Say whether a server that refused a letter at the door refused it for its recipient.

    Stricter than for a bounce: at the door a policy against the house, such as 550 without a status, hits every letter.
    """
    return status in _NO_SUCH_RECIPIENT


def unreachable_counties(referral: ReferralFacts, providers: Iterable[ProviderFacts], on: date) -> frozenset[str]:
    """Name the preferred counties in which no letter reaches a contact of a provider of the audience (001:70, 001:121).

    A county counts as reached only through a contact who covers that very county and whose address works.
    """
    reached: set[str] = set()
    for provider in providers:
        if reached >= referral.preferred_counties:
            break
        told = would_be_audience(referral, provider, on).contacts
        for contact in provider.contacts:
            if contact.contact_id in told and reachable(contact):
                reached |= contact.counties
    return referral.preferred_counties - reached
