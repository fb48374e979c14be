"""Why a provider did or did not get a referral, asked months later: what was frozen, and what happened since (REF-03).

Nothing is judged again for the past: each publication kept its audience with the reason, written once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from orm.models import Provider, Referral
from orm.sql import fetch, to_instant, to_uuid
from resolvers.audience_facts import load_providers, referral_facts
from resolvers.desk import Reading, access
from resolvers.frozen_audiences import audiences_of
from resolvers.receipts import RECEIPT_READERS, referral_in_sight
from resolvers.referral_shapes import ProviderRef
from rules.audience import Reason, audience
from rules.errors import NotFound
from rules.notices import NotificationKind, title


class AudienceEvent(StrEnum):
    """What happened between a referral and a provider besides the publications."""

    REACHED = "REACHED"
    """The referral reached the provider for the first time."""
    EXCLUDED = "EXCLUDED"
    """The family asked to leave the provider out (001:153)."""
    INCLUDED = "INCLUDED"
    """The provider was included again; it is told at the next publishing (001:164-165)."""
    NO_REFERRAL_STATUS_SET = "NO_REFERRAL_STATUS_SET"
    """The provider entered No Referral Status (001:152)."""
    NO_REFERRAL_STATUS_LIFTED = "NO_REFERRAL_STATUS_LIFTED"
    """The status was lifted (001:161-162)."""
    WITHHELD = "WITHHELD"
    """News of the referral was withheld because of the status (001:152)."""


@dataclass(slots=True)
class FrozenDecision:
    """What one publication decided for the provider; without a reason the provider was not in the exchange yet."""

    number: int
    at: datetime
    eligible: bool
    reason: Reason | None

    @property
    def sentence(self) -> str:
        """Say the reason."""
        return self.reason.sentence if self.reason else "The provider was not in the exchange yet."

    @property
    def cites(self) -> str:
        """Name the source lines of the reason."""
        return self.reason.cites if self.reason else "001:167-168"


@dataclass(slots=True)
class AudienceEventView:
    """Something that happened between the referral and the provider."""

    at: datetime
    kind: AudienceEvent
    detail: str


@dataclass(slots=True)
class WhyNotView:
    """The whole answer: got or not, each publication, what happened since, and what the rule says at this moment."""

    provider: ProviderRef
    reached_at: datetime | None
    publications: list[FrozenDecision]
    events: list[AudienceEventView]
    eligible_now: bool
    reason_now: Reason

    @property
    def sentence_now(self) -> str:
        """Say the reason of this moment."""
        return self.reason_now.sentence


@access("referral.why_not", by=RECEIPT_READERS, cites="001:139; 001:150-154; 001:161-168")
async def why_not(reading: Reading, number: int, provider_id: UUID) -> WhyNotView:
    """Explain why a provider got a referral or did not: per publication the frozen reason, then what happened since.

    Raises:
        NotFound: there is no such referral for this person, or no such provider.
    """
    view = await referral_in_sight(reading, number)
    provider = await Provider.filter(id=provider_id).first()
    if provider is None:
        raise NotFound("There is no such provider.", code="PROVIDER_NOT_FOUND", field="providerId")
    reading.shows("provider", [provider_id], ["whyNot"])
    referral = await Referral.get(id=view.id)
    keys = {"referral": view.id, "provider": provider_id}
    events = [
        *await _reach(keys),
        *await _exclusions(keys),
        *await _withheld(keys, number),
        *await _suspensions(referral, provider_id, reading.now),
    ]
    facts = (await load_providers(reading.today, [provider_id])).facts[0]
    verdict = audience(await referral_facts(referral), facts, reading.today)
    return WhyNotView(
        provider=ProviderRef(provider.id, provider.name),
        reached_at=next((event.at for event in events if event.kind is AudienceEvent.REACHED), None),
        publications=await _decisions(keys),
        events=sorted(events, key=lambda event: event.at),
        eligible_now=verdict.eligible,
        reason_now=verdict.reason,
    )


async def _decisions(keys: dict[str, UUID]) -> list[FrozenDecision]:
    rows = await fetch(
        "SELECT id, number, at FROM publication WHERE referral_id = :referral ORDER BY number",
        referral=keys["referral"],
    )
    audiences = await audiences_of([to_uuid(row["id"]) for row in rows])
    decisions = []
    for row in rows:
        reason = audiences[to_uuid(row["id"])].get(keys["provider"])
        eligible = reason is not None and reason.eligible
        decisions.append(FrozenDecision(row["number"], to_instant(row["at"]), eligible, reason))
    return decisions


async def _reach(keys: dict[str, UUID]) -> list[AudienceEventView]:
    rows = await fetch(
        "SELECT rr.at, b.number FROM referral_reach rr "
        "LEFT JOIN publication b ON b.referral_id = rr.referral_id AND b.at = rr.at "
        "WHERE rr.referral_id = :referral AND rr.provider_id = :provider",
        **keys,
    )
    return [
        AudienceEventView(
            to_instant(row["at"]),
            AudienceEvent.REACHED,
            f"With publication {row['number']}." if row["number"] else "It joined between two publications.",
        )
        for row in rows
    ]


async def _exclusions(keys: dict[str, UUID]) -> list[AudienceEventView]:
    rows = await fetch(
        "SELECT reason, excluded_at, included_at FROM referral_exclusion "
        "WHERE referral_id = :referral AND provider_id = :provider",
        **keys,
    )
    excluded = [
        AudienceEventView(to_instant(row["excluded_at"]), AudienceEvent.EXCLUDED, row["reason"]) for row in rows
    ]
    included = [
        AudienceEventView(to_instant(row["included_at"]), AudienceEvent.INCLUDED, "")
        for row in rows
        if row["included_at"] is not None
    ]
    return excluded + included


async def _withheld(keys: dict[str, UUID], number: int) -> list[AudienceEventView]:
    rows = await fetch(
        "SELECT kind, at FROM withheld_notice WHERE referral_id = :referral AND provider_id = :provider", **keys
    )
    return [
        AudienceEventView(to_instant(row["at"]), AudienceEvent.WITHHELD, title(NotificationKind(row["kind"]), number))
        for row in rows
    ]


async def _suspensions(referral: Referral, provider_id: UUID, now: datetime) -> list[AudienceEventView]:
    """Find the periods of No Referral Status that overlap with the referral's public life."""
    if referral.first_published_at is None:
        return []
    ended: datetime = referral.closed_at or referral.deleted_at or now
    rows: list[dict[str, Any]] = await fetch(
        "SELECT reason, begins_at, lifted_at FROM no_referral_status WHERE provider_id = :provider "
        "AND begins_at <= :ended AND (lifted_at IS NULL OR lifted_at >= :published)",
        provider=provider_id,
        ended=ended,
        published=referral.first_published_at,
    )
    events = []
    for row in rows:
        begins = to_instant(row["begins_at"])
        events.append(AudienceEventView(begins, AudienceEvent.NO_REFERRAL_STATUS_SET, row["reason"]))
        if row["lifted_at"] is not None:
            lifted = to_instant(row["lifted_at"])
            events.append(AudienceEventView(lifted, AudienceEvent.NO_REFERRAL_STATUS_LIFTED, ""))
    return events
