"""Who would get a referral, before anybody is told."""

from __future__ import annotations

import schema.enums  # noqa: F401 - the enums are described before they are used
from rules.audience import Reason
from schema.described import described_type
from schema.referral_types import County, Provider


@described_type
class ProviderVerdict:
    """Whether publishing would reach a provider, and the rule behind it (001:137-172)."""

    provider: Provider
    """The provider."""

    eligible: bool
    """Whether it would get the referral."""

    reason: Reason
    """The rule that decides."""

    sentence: str
    """The rule in a sentence."""

    cites: str
    """The lines of the source documents that the rule stands on."""

    counties: list[County]
    """The preferred counties that its contacts serve."""

    contact_count: int
    """How many of its contacts would be told."""

    reachable_contact_count: int
    """How many of those have an e-mail address on file that has not bounced."""


@described_type
class PublishPreview:
    """What publishing would do at this moment; nobody is told by looking."""

    verdicts: list[ProviderVerdict]
    """Every provider with its verdict, by name."""

    eligible_count: int
    """How many providers would get it."""

    coordinator_names: list[str]
    """The coordinators who would be told (001:170-172)."""

    unreachable_counties: list[County]
    """Preferred counties in which no provider could be reached by e-mail."""
