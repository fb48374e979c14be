"""A referral's life: published, published again, closed or deleted (001:139, 001:197-217)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from orm.models import County, Provider, Referral
from resolvers.audience_facts import referral_facts
from resolvers.audience_lock import read_audience
from resolvers.desk import Work, operation, under_way
from resolvers.exclusions import check_not_excluded
from resolvers.frozen_audiences import frozen_audience, reach
from resolvers.kept_providers import all_providers
from resolvers.news import suspended_from, tell_coordinators, tell_reached_providers, withhold
from resolvers.pending_placements import end_pending
from resolvers.promises import about_referral
from resolvers.referral_shapes import CountyView
from resolvers.referral_versions import save_version
from resolvers.scope import EDITORS, referral_to_change, referral_to_publish
from rules.audience import audience
from rules.errors import Conflict, Invalid
from rules.notices import NotificationKind
from rules.receipts import unreachable_counties
from rules.referrals import CloseOutcome, ReferralStatus, check_closable, check_deletable, check_publishable
from rules.text import REASON_LIMIT, clean_text


@dataclass(frozen=True, slots=True)
class Published:
    """A publication, and the preferred counties, by name, in which no letter reaches a provider (001:70)."""

    publication_id: UUID
    unreachable_counties: list[CountyView]


@operation("referral.publish", by=EDITORS, cites="001:139; 001:141-172")
async def publish_referral(work: Work, number: int, *, version: int | None = None) -> Published:
    """Publish, or publish again: the audience is decided, frozen and told in this one transaction.

    With the ``version`` that the person saw, a second click or a colleague's change in between is refused.
    """
    referral, facts = await referral_to_publish(work, number)
    if version is not None and version != referral.version:
        raise Conflict("The referral has changed meanwhile. Look again, then publish.", code="REFERRAL_CHANGED")
    check_publishable(
        referral.status,
        referral.primary_coordinator_id is not None,
        referral.statewide,
        facts.preferred_counties,
    )
    again = referral.status is ReferralStatus.OPEN
    referral.status = ReferralStatus.OPEN
    referral.publications += 1
    referral.first_published_at = referral.first_published_at or work.now
    referral.last_published_at = work.now
    facts = replace(facts, status=referral.status)
    # First of all, so that the audience is decided while the referral is written.
    await read_audience()
    today = work.today
    providers = await all_providers(today, facts.preferred_counties)
    act = "republished" if again else "published"
    async with under_way(partial(save_version, work, referral, act, facts.preferred_counties)):
        verdicts = {provider.provider_id: audience(facts, provider, today) for provider in providers.facts}
        publication = frozen_audience(work, referral, verdicts)
    kind = NotificationKind.REFERRAL_REPUBLISHED if again else NotificationKind.REFERRAL_PUBLISHED
    async with under_way(publication.save):
        reached = [provider for provider, verdict in verdicts.items() if verdict.eligible]
        work.touches("provider", reached)
        contacts = [providers.readers[contact] for verdict in verdicts.values() for contact in verdict.contacts]
        work.promise(about_referral(contacts, kind, referral))
        suspended = suspended_from(facts, providers.facts, today)
        unreachable = unreachable_counties(facts, providers.facts, today)
    await withhold(work, referral, kind, suspended)
    await tell_coordinators(work, referral, facts, kind)
    work.last = partial(reach, publication, reached)
    work.note(
        publication=referral.publications,
        providers=len(reached),
        contacts=len(contacts),
        unreachable_counties=sorted(unreachable),
    )
    counties = await County.filter(fips__in=list(unreachable)).order_by("name") if unreachable else []
    return Published(publication.id, [CountyView(county.fips, county.name) for county in counties])


@operation("referral.close", by=EDITORS, cites="001:139; 001:201")
async def close_referral(work: Work, number: int, outcome: CloseOutcome, placed_with: UUID | None) -> None:
    """Close a referral: placement is finished, whoever received it and the coordinators are told.

    Raises:
        Conflict: it is not open (somebody else may have closed it).
        Invalid: ``PLACED`` without the provider, or a provider with another outcome.
    """
    referral = await referral_to_change(work, number)
    check_closable(referral.status)
    await _check_placed_with(referral, outcome, placed_with)
    referral.status = ReferralStatus.CLOSED
    referral.closed_at = work.now
    referral.close_outcome = outcome
    referral.placed_with_id = placed_with
    await end_pending(work, referral, "closed")
    await save_version(work, referral, "closed")
    await tell_reached_providers(work, referral, NotificationKind.REFERRAL_CLOSED)
    await tell_coordinators(work, referral, await referral_facts(referral), NotificationKind.REFERRAL_CLOSED)
    work.note(outcome=str(outcome))


@operation("referral.delete", by=EDITORS, cites="001:139")
async def delete_referral(work: Work, number: int, reason: str) -> None:
    """Delete a referral for everyone but the record; whoever received it and the coordinators are told."""
    referral = await referral_to_change(work, number)
    check_deletable(referral.status)
    referral.delete_reason = clean_text(reason, field="reason", limit=REASON_LIMIT, required=True)
    was_published = referral.status is ReferralStatus.OPEN
    referral.status = ReferralStatus.DELETED
    referral.deleted_at = work.now
    await end_pending(work, referral, "deleted")
    await save_version(work, referral, "deleted")
    if was_published:
        await tell_reached_providers(work, referral, NotificationKind.REFERRAL_DELETED)
        await tell_coordinators(work, referral, await referral_facts(referral), NotificationKind.REFERRAL_DELETED)


async def _check_placed_with(referral: Referral, outcome: CloseOutcome, placed_with: UUID | None) -> None:
    if outcome is CloseOutcome.PLACED and placed_with is None:
        raise Invalid("Name the provider of the placement.", code="PLACED_WITH_REQUIRED", field="placedWithId")
    if outcome is not CloseOutcome.PLACED and placed_with is not None:
        raise Invalid(
            "Only a placement within the exchange names a provider.",
            code="PLACED_WITH_NOT_ALLOWED",
            field="placedWithId",
        )
    if placed_with is None:
        return
    if not await Provider.exists(id=placed_with):
        raise Invalid("There is no such provider.", code="PROVIDER_NOT_FOUND", field="placedWithId")
    await check_not_excluded(referral, placed_with, field="placedWithId")
