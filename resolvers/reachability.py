"""Whether a provider can still be reached by e-mail, and who is told when it cannot any more (001:70, 001:154)."""

from __future__ import annotations

from uuid import UUID

from orm.models import Contact, Provider, Referral, ReferralExclusion, ReferralReach, User
from resolvers.desk import Work
from resolvers.promises import Reader, about_referral
from rules.accounts import AccountState
from rules.notices import NotificationKind
from rules.profiles import takes_letters
from rules.referrals import ReferralStatus


def can_be_written_to(contact: Contact) -> bool:
    """Say whether letters reach a contact as far as the house knows; an address not confirmed yet counts (001:70)."""
    return takes_letters(active=contact.active, email=bool(contact.email), bounced=contact.email_bounced_at is not None)


async def can_be_reached(provider_id: UUID) -> bool:
    """Say whether letters reach at least one contact of a provider."""
    return any(can_be_written_to(contact) for contact in await Contact.filter(provider_id=provider_id, active=True))


async def provider_became_unreachable(work: Work, provider_id: UUID) -> bool:
    """Alert, if letters reach no contact of an active provider any more; answer whether they do not.

    Call it in the transaction in which a contact that could be written to no longer can: who calls it again without
    such a change alerts again. The provider's row is locked, so that of two last contacts who are lost at the same
    moment the second one is noticed. The primary coordinator of each open referral that had reached the provider, and
    still concerns it, gets one line and one letter a referral (NOT-09).
    """
    provider = await Provider.filter(id=provider_id).select_for_update(no_key=True).get()
    if not provider.active or await can_be_reached(provider_id):
        return False
    reached = await ReferralReach.filter(provider_id=provider_id, referral__status=ReferralStatus.OPEN).values_list(
        "referral_id", flat=True
    )
    excluded = await ReferralExclusion.filter(provider_id=provider_id, included_at=None).values_list(
        "referral_id", flat=True
    )
    referrals = await Referral.filter(id__in=list(set(reached) - set(excluded))).order_by("number")
    primaries = {one.primary_coordinator_id for one in referrals if one.primary_coordinator_id}
    coordinators = {
        user.id: Reader.user(user) for user in await User.filter(id__in=list(primaries), state=AccountState.ACTIVE)
    }
    alerted = 0
    for referral in referrals:
        reader = coordinators.get(referral.primary_coordinator_id) if referral.primary_coordinator_id else None
        if reader is not None:
            work.promise(about_referral([reader], NotificationKind.PROVIDER_UNREACHABLE, referral))
            alerted += 1
    work.touches("provider", [provider_id])
    work.note(unreachable=True, alerts=alerted)
    return True
