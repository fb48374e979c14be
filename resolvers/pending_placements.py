"""A placement that is pending: a provider was chosen, and the referral is not closed yet (001:213-217)."""

from __future__ import annotations

from uuid import UUID

from orm.models import PendingPlacement, Referral, Response
from resolvers.desk import Work, operation
from resolvers.exclusions import check_not_excluded
from resolvers.news import tell_reached_providers
from resolvers.referral_versions import save_version
from resolvers.scope import EDITORS, referral_to_change
from rules.errors import Conflict
from rules.notices import NotificationKind
from rules.referrals import ReferralStatus, check_pending_placement


@operation("referral.set_pending_placement", by=EDITORS, cites="001:213-217")
async def set_pending_placement(work: Work, number: int, provider_id: UUID) -> None:
    """Choose a provider that accepted; the referral stays open, the others are told that a placement is pending."""
    referral = await referral_to_change(work, number)
    answer = await Response.filter(referral_id=referral.id, provider_id=provider_id).first()
    check_pending_placement(referral.status, answer.kind if answer else None, referral.pending_provider_id)
    await check_not_excluded(referral, provider_id, field="providerId")
    await PendingPlacement.create(
        referral_id=referral.id, provider_id=provider_id, set_at=work.now, set_by_id=work.actor.person()
    )
    referral.pending_provider_id = provider_id
    await save_version(work, referral, "pending placement set")
    await tell_reached_providers(work, referral, NotificationKind.PENDING_PLACEMENT_SET)
    work.touches("provider", [provider_id])


@operation("referral.clear_pending_placement", by=EDITORS, cites="001:213-217")
async def clear_pending_placement(work: Work, number: int) -> None:
    """Take the pending placement back: something did not work out; the others are told."""
    referral = await referral_to_change(work, number)
    if referral.status is not ReferralStatus.OPEN or referral.pending_provider_id is None:
        raise Conflict("There is no pending placement.", code="NO_PENDING_PLACEMENT")
    work.touches("provider", [referral.pending_provider_id])
    await end_pending(work, referral, "cleared")
    await save_version(work, referral, "pending placement cleared")
    await tell_reached_providers(work, referral, NotificationKind.PENDING_PLACEMENT_CLEARED)


async def end_pending(work: Work, referral: Referral, why: str) -> None:
    """End the pending placement of a referral, if there is one; the referral is not saved yet."""
    await PendingPlacement.filter(referral_id=referral.id, ended_at=None).update(
        ended_at=work.now, ended_by_id=work.actor.person(), ended_why=why
    )
    referral.pending_provider_id = None
