"""No Referral Status: referrals are suspended until it is lifted, then all come at once (001:152; 001:161-162)."""

from __future__ import annotations

from uuid import UUID

from orm.models import Contact, Letter, NoReferralStatus, Referral, WithheldNotice
from resolvers.desk import Work, operation
from resolvers.joining import profile_change
from resolvers.letter_bundles import untie_bundles
from resolvers.profile_scope import PROVIDER_OFFICE
from rules.audience import Reason
from rules.errors import Conflict
from rules.notices import DeliveryState, NotificationKind
from rules.text import REASON_LIMIT, clean_text

SUSPENDED = "The provider is in No Referral Status."


@operation("provider.set_no_referral_status", by=PROVIDER_OFFICE, cites="001:152")
async def set_no_referral_status(work: Work, provider_id: UUID, reason: str) -> None:
    """Suspend referrals to a provider: it sees no open one and hears nothing until the status is lifted.

    Letters that have not left the house are withheld too, and are told of when the status is lifted.

    Raises:
        NotFound: there is no such provider.
        Conflict: it is in No Referral Status already.
        Invalid: there is no reason, or it is too long.
    """
    why = clean_text(reason, field="reason", limit=REASON_LIMIT, required=True)
    work.about("provider", provider_id)
    async with profile_change(work, provider_id):
        if await NoReferralStatus.exists(provider_id=provider_id, lifted_at=None):
            raise Conflict("This provider is in No Referral Status already.", code="IN_NO_REFERRAL_STATUS")
        period = await NoReferralStatus.create(
            provider_id=provider_id, reason=why, begins_at=work.now, set_by_id=work.actor.person()
        )
        work.touches("no_referral_status", [period.id])
        await _withhold_letters(work, provider_id)


@operation("provider.lift_no_referral_status", by=PROVIDER_OFFICE, cites="001:161-162")
async def lift_no_referral_status(work: Work, provider_id: UUID) -> None:
    """Lift the status: the open referrals show at once, and each contact is told of all that were withheld, once.

    Whatever happened to a referral meanwhile, what counts is whether it is open and reaches the contact now.

    Raises:
        NotFound: there is no such provider.
        Conflict: it is not in No Referral Status; somebody else may have lifted it.
    """
    work.about("provider", provider_id)
    async with profile_change(work, provider_id) as change:
        lifted = await NoReferralStatus.filter(provider_id=provider_id, lifted_at=None).update(
            lifted_at=work.now, lifted_by_id=work.actor.person()
        )
        if not lifted:
            raise Conflict("This provider is not in No Referral Status.", code="NOT_IN_NO_REFERRAL_STATUS")
        notices = await WithheldNotice.filter(provider_id=provider_id, released_at=None)
        await WithheldNotice.filter(provider_id=provider_id, released_at=None).update(released_at=work.now)
        change.kind = NotificationKind.NO_REFERRAL_STATUS_LIFTED
        change.withheld = {notice.referral_id for notice in notices}
        work.note(released=len(notices))


async def _withhold_letters(work: Work, provider_id: UUID) -> None:
    """Enter in the ledger what waits in the outbox for the provider's contacts, and cancel it.

    A letter that a worker holds, or that waits for its next try, is left to the outbox, which asks again who may hear.
    """
    await untie_bundles()
    contacts = await Contact.filter(provider_id=provider_id)
    waiting = Letter.filter(contact_id__in=[contact.id for contact in contacts], state=DeliveryState.QUEUED).exclude(
        kind=NotificationKind.CONFIRM_ADDRESS
    )
    letters = await waiting
    listed = {number: letter.kind for letter in letters for number in letter.facts.get("numbers", ())}
    news = {(letter.referral_id, letter.kind) for letter in letters if letter.referral_id}
    news |= {(one.id, listed[one.number]) for one in await Referral.filter(number__in=sorted(listed))}
    await WithheldNotice.bulk_create(
        WithheldNotice(
            provider_id=provider_id, referral_id=referral_id, kind=kind, reason=Reason.NO_REFERRAL_STATUS, at=work.now
        )
        for referral_id, kind in sorted(news, key=str)
    )
    stopped = await waiting.filter(due_at__lte=work.now).update(
        state=DeliveryState.CANCELLED, due_at=work.now, last_error=SUSPENDED
    )
    work.note(letters_withheld=stopped)
