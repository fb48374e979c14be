"""End or suspend what an account may do, in the transaction of the reason (000:258-278, 002:181-203).

Whatever ends an account calls these: a revocation, a sweep, the end of a contract, an incident. Every session, token
and open subscription ends at the commit; roles never come back with the account (ACC-20). What waited for the person
is addressed to somebody else, or held.
"""

from __future__ import annotations

from uuid import UUID

from orm.models import CalendarFeed, KnownDevice, RoleGrant, Session, User
from resolvers.address_changes import forget_address_changes
from resolvers.desk import Work
from resolvers.loose_ends import stop_addressing, tie_up
from resolvers.request_steps import readdress
from resolvers.session_ends import end_sessions
from rules.accounts import AccountState
from rules.leaving import DisabledReason


async def disable(work: Work, user: User, reason: DisabledReason, note: str = "") -> None:
    """Disable an account that is held under its lock: no sign-on, role, session, link or office; why is kept."""
    user.state = AccountState.DISABLED
    user.disabled_at = work.now
    user.disabled_reason = reason
    user.disabled_note = note
    await _cut(work, user, "disabled")
    ended = await RoleGrant.filter(user_id=user.id, ended_at=None).values_list("role", flat=True)
    await RoleGrant.filter(user_id=user.id, ended_at=None).update(ended_at=work.now, ended_by_id=work.actor.id)
    await KnownDevice.filter(user_id=user.id, ended_at=None).update(ended_at=work.now)
    await CalendarFeed.filter(user_id=user.id, revoked_at=None).update(revoked_at=work.now)
    await tie_up(work, user)
    work.note(disabled=str(reason), roles_ended=sorted(str(role) for role in ended))


async def suspend(work: Work, user: User) -> None:
    """Suspend an account that is held under its lock: no sign-on and no session until it is decided; roles stay."""
    user.state = AccountState.SUSPENDED
    await _cut(work, user, "suspended")
    await stop_addressing(user)
    await readdress(work, user.id)


async def _cut(work: Work, user: User, why: str) -> None:
    user.epoch += 1
    await user.save()
    work.touches("user", [user.id])
    await forget_address_changes(work, user.id, f"The account was {why}.")
    sessions = await Session.filter(user_id=user.id, ended_at=None).values_list("id", flat=True)
    await end_sessions(work, [UUID(str(session)) for session in sessions], why)
