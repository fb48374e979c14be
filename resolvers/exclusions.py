"""Providers that a family wants left out of a referral, and those that are included again (001:153; 001:164-165)."""

from __future__ import annotations

from uuid import UUID

from orm.models import Provider, Referral, ReferralExclusion
from resolvers.desk import Work, operation
from resolvers.referral_versions import save_version
from resolvers.scope import EDITORS, referral_to_change
from rules.errors import Conflict, NotFound
from rules.referrals import check_deletable
from rules.text import REASON_LIMIT, clean_text


@operation("referral.exclude_provider", by=EDITORS, cites="001:153")
async def exclude_provider(work: Work, number: int, provider_id: UUID, reason: str) -> None:
    """Leave a provider out because the family prefers so; from now on the referral does not exist for it."""
    referral = await referral_to_change(work, number)
    check_deletable(referral.status)
    if not await Provider.exists(id=provider_id):
        raise NotFound("There is no such provider.", code="PROVIDER_NOT_FOUND")
    if await is_excluded(referral, provider_id):
        raise Conflict("This provider is excluded already.", code="ALREADY_EXCLUDED")
    if referral.pending_provider_id == provider_id:
        raise Conflict("A placement with this provider is pending; clear it first.", code="PENDING_PLACEMENT_SET")
    await ReferralExclusion.create(
        referral_id=referral.id,
        provider_id=provider_id,
        reason=clean_text(reason, field="reason", limit=REASON_LIMIT, required=True),
        excluded_at=work.now,
        excluded_by_id=work.actor.person(),
    )
    await save_version(work, referral, "provider excluded")
    work.touches("provider", [provider_id])


@operation("referral.include_provider", by=EDITORS, cites="001:164-165")
async def include_provider(work: Work, number: int, provider_id: UUID) -> None:
    """Include a provider again; it is told when the referral is published the next time, not before."""
    referral = await referral_to_change(work, number)
    check_deletable(referral.status)
    ended = await ReferralExclusion.filter(referral_id=referral.id, provider_id=provider_id, included_at=None).update(
        included_at=work.now, included_by_id=work.actor.person()
    )
    if not ended:
        raise Conflict("This provider is not excluded.", code="NOT_EXCLUDED")
    await save_version(work, referral, "provider included")
    work.touches("provider", [provider_id])


async def is_excluded(referral: Referral, provider_id: UUID) -> bool:
    """Say whether a provider is left out of a referral at this moment."""
    return await ReferralExclusion.exists(referral_id=referral.id, provider_id=provider_id, included_at=None)


async def check_not_excluded(referral: Referral, provider_id: UUID, *, field: str) -> None:
    """Refuse to choose a provider that the family has left out.

    Raises:
        Conflict: it is excluded.
    """
    if await is_excluded(referral, provider_id):
        sentence = "The family asked to leave this provider out; include it first."
        raise Conflict(sentence, code="PROVIDER_EXCLUDED", field=field)
