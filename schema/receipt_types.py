"""What became of a referral: receipts, silent providers, why a provider did or did not get it, engagement."""

from __future__ import annotations

from datetime import date, datetime

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.why_not import AudienceEvent
from rules.audience import Reason
from rules.receipts import ReceiptVerdict, Stage
from schema.described import described_enum, described_type
from schema.referral_types import Provider

described_enum(Stage, name="ReceiptStage")
described_enum(ReceiptVerdict)
described_enum(AudienceEvent)


@described_type
class ReceiptStep:
    """A step from telling a contact to the provider's answer (NOT-24)."""

    stage: Stage
    """What was reached."""

    at: datetime
    """When."""

    detail: str
    """More about it: in which words, why not, by whom."""


@described_type
class ContactReceipt:
    """A contact who was told of the referral."""

    name: str
    """The contact's name."""

    stages: list[ReceiptStep]
    """Every step in the order of time; one that is missing has not happened."""


@described_type
class ProviderReceipt:
    """A provider that the referral has reached, and how far it got there."""

    provider: Provider
    """The provider."""

    verdict: ReceiptVerdict
    """The farthest that it got."""

    reached_at: datetime
    """When the referral reached the provider for the first time."""

    silent_since: datetime | None
    """The same, while the referral is open and the provider has not answered."""

    contacts: list[ContactReceipt]
    """The contacts who were told."""


@described_type
class SilentProvider:
    """An open referral that a provider has had for too long without an answer."""

    provider: Provider
    """The provider."""

    referral_number: int
    """The number of the referral."""

    reached_at: datetime
    """When the referral reached the provider for the first time; publishing it again changes nothing here."""

    silent_days: int
    """Days since then, in Chicago."""

    viewed_at: datetime | None
    """When somebody of the provider opened it first; null when nobody has."""

    told_at: datetime | None
    """When the primary coordinator was told of the silence."""


@described_type
class FrozenDecision:
    """What one publication decided for the provider; written once and never judged again (001:139)."""

    number: int
    """1 for the first publishing, counted up with each re-publishing."""

    at: datetime
    """When it was published."""

    eligible: bool
    """Whether the provider got it."""

    reason: Reason | None
    """The rule that decided; null when the provider was not in the exchange yet."""

    sentence: str
    """The rule in a sentence."""

    cites: str
    """The lines of the source documents that the rule stands on."""


@described_type
class AudienceHistoryEntry:
    """Something that happened between the referral and the provider besides the publications."""

    at: datetime
    """When."""

    kind: AudienceEvent
    """What."""

    detail: str
    """More about it, if there is more."""


@described_type
class WhyNot:
    """Why a provider got a referral, or did not."""

    provider: Provider
    """The provider."""

    reached_at: datetime | None
    """When the referral reached the provider; null when it never has."""

    publications: list[FrozenDecision]
    """Each publication with its frozen decision, the first one first."""

    events: list[AudienceHistoryEntry]
    """What happened besides, in the order of time."""

    eligible_now: bool
    """Whether the referral exists for the provider at this moment."""

    reason_now: Reason
    """The rule that decides at this moment."""

    sentence_now: str
    """That rule in a sentence."""


@described_type
class Engagement:
    """Whether a provider receives and uses the exchange (001:271)."""

    provider: Provider
    """The provider."""

    since: date
    """The first day that counts, in Chicago."""

    reached: int
    """Referrals that reached the provider."""

    sent: int
    """Letters to its contacts that a mail server took."""

    delivered: int
    """Of those, the ones that have not come back."""

    bounced: int
    """Letters that came back."""

    signed_in: int
    """How often its people signed on."""

    viewed: int
    """Referrals that its people opened."""

    answered: int
    """Referrals that it answered for the first time."""

    median_hours_to_answer: float | None
    """Hours from the first reach to the first answer, the middle one of all; null without an answer."""
