"""A provider's answer: accept, decline, accept with a provision; editable while the referral is open (001:273-279)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from orm.models import Referral, ReferralReach, Response, ResponseVersion, User
from resolvers.desk import Work, operation
from resolvers.promises import Promise, Reader
from resolvers.scope import referral_to_answer
from rules.accounts import AccountState
from rules.notices import NotificationKind
from rules.referrals import DeclineReason, Provision, ResponseKind, check_response
from rules.roles import Role
from rules.text import COMMENT_LIMIT, clean_text


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answers."""

    kind: ResponseKind
    provision: Provision | None = None
    decline_reason: DeclineReason | None = None
    comments: str = ""


@operation("referral.respond", by={Role.CONSUMER_REFERRAL_DB}, cites="001:273-279")
async def respond_to_referral(work: Work, number: int, answer: Answer) -> None:
    """Answer for the caller's provider, or edit the answer; every version is kept, the primary coordinator is told.

    Saving the same answer again changes nothing and tells nobody.
    """
    comments = clean_text(answer.comments, field="comments", limit=COMMENT_LIMIT, multiline=True)
    referral = await referral_to_answer(work, number)
    check_response(referral.status, answer.kind, answer.provision, answer.decline_reason, comments)
    response = await Response.filter(referral_id=referral.id, provider_id=work.actor.provider_id).first()
    if response is not None and _same(response, answer, comments):
        work.note(changed=False)
        return
    first = response is None
    if response is None:
        response = Response(
            id=uuid4(),
            referral_id=referral.id,
            provider_id=work.actor.provider_id,
            version=0,
            first_answered_at=work.now,
        )
    response.version += 1
    response.kind = answer.kind
    response.provision = answer.provision
    response.decline_reason = answer.decline_reason
    response.comments = comments
    response.answered_by_id = work.actor.person()
    response.answered_at = work.now
    if first:
        await _has_received(work, referral)
    await response.save(force_create=first)
    await ResponseVersion.create(
        response_id=response.id,
        version=response.version,
        kind=answer.kind,
        provision=answer.provision,
        decline_reason=answer.decline_reason,
        comments=comments,
        answered_by_id=work.actor.person(),
        answered_at=work.now,
    )
    work.touches("response", [response.id])
    work.note(kind=str(answer.kind), version=response.version)
    await _tell_primary_coordinator(work, referral, first=first)


async def _has_received(work: Work, referral: Referral) -> None:
    """Write down that the provider has the referral, if no publishing did: it may see one whose counties were changed.

    So it hears of the pending placement and of the end, and keeps the closed referral, like all who received it.
    """
    await ReferralReach.bulk_create(
        [ReferralReach(referral_id=referral.id, provider_id=work.actor.provider_id, at=work.now)], ignore_conflicts=True
    )


def _same(response: Response, answer: Answer, comments: str) -> bool:
    return (response.kind, response.provision, response.decline_reason, response.comments) == (
        answer.kind,
        answer.provision,
        answer.decline_reason,
        comments,
    )


async def _tell_primary_coordinator(work: Work, referral: Referral, *, first: bool) -> None:
    primary = await User.filter(id=referral.primary_coordinator_id, state=AccountState.ACTIVE).first()
    if primary is None:
        return
    kind = NotificationKind.RESPONSE_RECEIVED if first else NotificationKind.RESPONSE_EDITED
    work.promise([Promise([Reader.user(primary)], kind, referral.id, referral.number)])
