"""Before a person leaves: the duties that need a successor, and what a revocation will cut (000:258-270)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from orm.models import AccessRequest, Contact, RoleGrant, Session, User
from resolvers.account_reach import account_in_reach
from resolvers.desk import EVERYONE, Reading, access
from resolvers.duties import duty_facts
from resolvers.revocation import outside_systems, revoker_reach
from rules.accounts import AccountState, session_is_live
from rules.approvals import RequestState
from rules.leaving import HANDED_OVER, Duty, HeldDuty, check_not_self, duties_held


@dataclass(slots=True)
class HeldDutyView:
    """A duty that stays without a holder when the person leaves, and what has to be done then."""

    duty: Duty
    next_step: str
    cites: str
    handed_over: bool
    referral_numbers: list[int]


def shown_duty(held: HeldDuty) -> HeldDutyView:
    """Show a held duty."""
    return HeldDutyView(held.duty, held.duty.next_step, held.duty.cites, held.duty in HANDED_OVER, list(held.referrals))


@dataclass(slots=True)
class RevocationPreview:
    """What a revocation would cut and leave open at this moment."""

    id: UUID
    user_id: str
    name: str
    state: AccountState
    terminated_on: date | None
    duties: list[HeldDutyView]
    roles: list[str]
    live_sessions: int
    contacts: int
    open_requests: list[int]
    outside_systems: list[str]


@access("account.preview_revocation", by=EVERYONE, cites="000:258-270")
async def preview_revocation(reading: Reading, user_id: str) -> RevocationPreview:
    """Show the duties a person holds and all that a revocation would end; nothing is changed.

    Raises:
        NotFound: there is no such account for this person.
        Denied: ``SELF_REVOCATION``.
        Invalid: ``USER_ID_MALFORMED``.
    """
    user = await account_in_reach(await revoker_reach(reading.actor, reading.today), user_id)
    check_not_self(reading.actor.person(), user.id)
    reading.about("user", user.id)
    roles = await RoleGrant.filter(user_id=user.id, ended_at=None).order_by("role").values_list("role", flat=True)
    return RevocationPreview(
        id=user.id,
        user_id=user.user_id,
        name=user.name,
        state=user.state,
        terminated_on=user.terminated_on,
        duties=[shown_duty(held) for held in duties_held(await duty_facts(user))],
        roles=[str(role) for role in roles],
        live_sessions=await _live_sessions(reading, user),
        contacts=await Contact.filter(user_id=user.id, active=True).count(),
        open_requests=await _open_requests(user),
        outside_systems=[system.name for system in await outside_systems(user)],
    )


async def _live_sessions(reading: Reading, user: User) -> int:
    sessions = await Session.filter(user_id=user.id, ended_at=None, epoch=user.epoch)
    return sum(session_is_live(one.created_at, one.last_seen_at, reading.now, reading.policy) for one in sessions)


async def _open_requests(user: User) -> list[int]:
    open_states = [state for state in RequestState if not state.is_final]
    numbers = (
        await AccessRequest.filter(requester_id=user.id, state__in=open_states)
        .order_by("number")
        .values_list("number", flat=True)
    )
    return [int(str(number)) for number in numbers]
