"""Decide who hears news of one referral, and promise it; keep what a No Referral Status withholds (001:139-174)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

from orm.models import Notification, Referral, ReferralReach, WithheldNotice
from orm.rows import insert_rows
from resolvers.audience_facts import Providers, load_coordinators, load_providers, referral_facts
from resolvers.audience_lock import read_audience
from resolvers.desk import Work
from resolvers.joining import JOINED
from resolvers.promises import about_referral
from rules.audience import ProviderFacts, Reason, ReferralFacts, coordinator_hears, would_be_audience
from rules.notices import NotificationKind

_PUBLISHED = [NotificationKind.REFERRAL_PUBLISHED, NotificationKind.REFERRAL_REPUBLISHED]


async def tell_coordinators(work: Work, referral: Referral, facts: ReferralFacts, kind: NotificationKind) -> None:
    """Promise the news to the Placement and Transition Coordinators whom the manual names (001:170-172)."""
    coordinators = await load_coordinators(counties=None if facts.statewide else facts.preferred_counties)
    hearing = [one.user_id for one in coordinators.facts if coordinator_hears(facts, one)]
    work.promise(about_referral((coordinators.readers[user] for user in hearing), kind, referral))
    work.note(coordinators=len(hearing))


async def tell_reached_providers(work: Work, referral: Referral, kind: NotificationKind) -> None:
    """Promise the news to the providers that had received the referral and may still hear of it (NOT-03, NOT-04).

    The three exceptions hold here too (001:150-154). Of each provider the active contacts who were told of it before,
    and those who would be told of it today. What a provider in No Referral Status would have heard is withheld: also
    where the publishing itself was withheld from it.
    """
    await read_audience()
    reached = {reach.provider_id for reach in await ReferralReach.filter(referral_id=referral.id)}
    waiting = {notice.provider_id for notice in await WithheldNotice.filter(referral_id=referral.id, released_at=None)}
    facts = await referral_facts(referral)
    providers = await load_providers(work.today, reached | waiting)
    told_before = await _told_before(referral, providers)
    contacts: set[UUID] = set()
    withheld_from: list[UUID] = []
    for provider in providers.facts:
        hearing = _hearing(facts, _unsuspended(provider), told_before, work.today)
        if not provider.no_referral_status and provider.provider_id in reached:
            contacts |= hearing
        elif provider.no_referral_status and hearing:
            withheld_from.append(provider.provider_id)
    work.promise(about_referral((providers.readers[contact] for contact in sorted(contacts, key=str)), kind, referral))
    work.note(contacts=len(contacts))
    await withhold(work, referral, kind, withheld_from)


def suspended_from(facts: ReferralFacts, providers: Iterable[ProviderFacts], on: date) -> list[UUID]:
    """Name the providers that a referral would reach but for their No Referral Status (001:152)."""
    return [
        provider.provider_id
        for provider in providers
        if provider.no_referral_status and would_be_audience(facts, _unsuspended(provider), on).eligible
    ]


async def withhold(work: Work, referral: Referral, kind: NotificationKind, providers: Collection[UUID]) -> None:
    """Keep in the ledger what these providers do not hear because of their No Referral Status, until it is lifted."""
    await insert_rows(
        "withheld_notice",
        [
            {
                "provider_id": provider,
                "referral_id": referral.id,
                "kind": kind,
                "reason": Reason.NO_REFERRAL_STATUS,
                "at": work.now,
            }
            for provider in providers
        ],
    )
    work.note(withheld=len(providers))


def _unsuspended(provider: ProviderFacts) -> ProviderFacts:
    return replace(provider, no_referral_status=False)


def _hearing(facts: ReferralFacts, provider: ProviderFacts, told_before: Collection[UUID], on: date) -> set[UUID]:
    """Name the contacts who hear of a change: whom it reaches today, and whom it had reached if they may hear of it."""
    verdict = would_be_audience(facts, provider, on)
    hearing = set(verdict.contacts)
    if verdict.eligible or verdict.reason is Reason.OTHER_COUNTIES:
        hearing.update(one.contact_id for one in provider.contacts if one.active and one.contact_id in told_before)
    return hearing


async def _told_before(referral: Referral, providers: Providers) -> set[UUID]:
    """Find the contacts who were told of the referral: by a publishing, or in a list when they joined it."""
    told = {line.mailbox_id for line in await Notification.filter(referral_id=referral.id, kind__in=_PUBLISHED)}
    others = [reader.mailbox_id for reader in providers.readers.values() if reader.mailbox_id not in told]
    digests = await Notification.filter(mailbox_id__in=others, kind__in=JOINED)
    told.update(digest.mailbox_id for digest in digests if referral.number in digest.numbers)
    return {contact for contact, reader in providers.readers.items() if reader.mailbox_id in told}
