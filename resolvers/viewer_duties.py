"""What is due for a person, and what the person does next, from the same facts as the sweeps (000:229-240, POL-34)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from orm.models import (
    AccessRequest,
    AddressChange,
    Contact,
    Contract,
    LsoDesignation,
    ProviderAuditLine,
    RoleGrant,
    User,
)
from resolvers.account_duties import use_of
from resolvers.desk import Reading
from resolvers.lso_reach import facts_of
from resolvers.officers import deputyships_of
from rules.approvals import RequestState
from rules.calendar import local_date
from rules.contract_end import covered_until
from rules.deadlines import AccountDates, Deadline, deadlines
from rules.inactivity import unreachable_on
from rules.next_step import NextStep, Standing, next_step
from rules.policy import Policy
from rules.provider_audit import AuditOutcome, AuditState
from rules.roles import Role

_KEEPERS = frozenset({Role.PROVIDER_PROFILE_UPDATE, Role.CONSUMER_REFERRAL_DB})
"""Who verifies the contacts of the own provider (001:87-91)."""


async def deadlines_of(
    user: User, now: datetime, policy: Policy, *, password_changed_at: datetime | None, session_began: datetime | None
) -> list[Deadline]:
    """List what is due for an account, the nearest first; without a session nothing is said of one."""
    designations = await LsoDesignation.filter(user_id=user.id, ended_at=None)
    lso = min((facts_of(one, user) for one in designations), key=lambda one: unreachable_on(one, policy), default=None)
    contracts = await Contract.filter(provider_id=user.provider_id) if user.provider_id else []
    dates = AccountDates(
        inactivity=await use_of(user.id),
        password_changed_at=password_changed_at,
        disabled_at=user.disabled_at,
        lso=lso,
        contract_ends_on=covered_until([(one.begins_on, one.ends_on) for one in contracts], local_date(now)),
        session_created_at=session_began,
        audit_window_ends_on=await _audit_to_answer(user, designations, local_date(now)),
    )
    return deadlines(dates, policy)


async def _audit_to_answer(user: User, in_office: Sequence[LsoDesignation], on: date) -> date | None:
    """Find the last day to answer an audit that waits for an LSO, or for the deputy of the day: nothing is kept."""
    providers = {one.provider_id for one in in_office}
    providers |= {one.organization.provider_id for one in await deputyships_of(user.id, on)}
    asked = [one for one in providers if one]
    if not asked:
        return None
    waiting = ProviderAuditLine.filter(
        provider_id__in=asked,
        outcome=AuditOutcome.WAITING,
        answer=None,
        audit__state=AuditState.OPEN,
    ).select_related("audit")
    line = await waiting.order_by("audit__window_ends_on").first()
    return line.audit.window_ends_on if line is not None else None


async def next_step_of(
    reading: Reading, user: User, *, must_change_password: bool, must_accept_statement: bool
) -> NextStep:
    """Say what the caller, who is this user, does next."""
    own = {one.state for one in await AccessRequest.filter(requester_id=user.id, decided_at=None)}
    return next_step(
        Standing(
            must_change_password=must_change_password,
            must_accept_statement=must_accept_statement,
            email_works=await _email_works(user, reading.now),
            has_roles=await RoleGrant.filter(user_id=user.id, ended_at=None).exists(),
            with_lso=bool(own & {RequestState.WITH_LSO, RequestState.AWAITING_LSO}),
            with_provisioning=RequestState.AWAITING_PROVISIONING in own,
            decisions_waiting=await _decisions_waiting(reading),
            contacts_to_verify=await _contacts_to_verify(reading),
        )
    )


async def _email_works(user: User, now: datetime) -> bool:
    """Say whether letters reach the person, and no new address waits to be confirmed."""
    if not user.email or user.email_bounced_at is not None:
        return False
    return not await AddressChange.filter(user_id=user.id, confirmed_at=None, expires_at__gt=now).exists()


async def _decisions_waiting(reading: Reading) -> bool:
    """Say whether an access request of somebody else waits for the caller, as addressed, deputy or Provisioning."""
    person = reading.actor.person()
    deputyships = await deputyships_of(person, reading.today)
    addressed = [person, *(one.lso_id for one in deputyships if one.lso_id)]
    others = AccessRequest.exclude(requester_id=person)
    if await others.filter(state=RequestState.WITH_LSO, addressee_id__in=addressed).exists():
        return True
    provisions = Role.ITSD_PROVISIONING in reading.actor.roles
    return provisions and await others.filter(state=RequestState.AWAITING_PROVISIONING).exists()


async def _contacts_to_verify(reading: Reading) -> bool:
    """Say whether the caller keeps a profile in which nobody is a contact, or a contact was never verified."""
    provider_id = reading.actor.provider_id
    if provider_id is None or not reading.actor.has_any(_KEEPERS):
        return False
    active = await Contact.filter(provider_id=provider_id, active=True)
    return not active or any(contact.verified_at is None for contact in active)
