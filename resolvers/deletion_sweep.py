"""Disabled user IDs are deleted 60 days after, and never come back; the trail keeps who it was (002:120, 002:311)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from orm.models import User
from resolvers.callers import Caller
from resolvers.deletion import delete_account
from resolvers.register import current_policy
from resolvers.sweeps import Subject, Sweep
from rules.accounts import AccountState
from rules.calendar import Daily, local_date, local_instant
from rules.errors import Conflict
from rules.inactivity import delete_on
from rules.policy import Policy

_DAY = timedelta(days=1)


async def plan_delete_disabled(now: datetime, policy: Policy) -> list[Subject]:
    """List the IDs that were disabled so long ago that they are deleted."""
    tomorrow = local_instant(local_date(now) - policy.disabled_delete + _DAY, time(0))
    rows = (
        await User.filter(state=AccountState.DISABLED, disabled_at__lt=tomorrow)
        .order_by("user_id")
        .values_list("id", "domain", "user_id", "disabled_at", "disabled_reason")
    )
    return [
        Subject(
            id=UUID(str(key)),
            label=f"{domain}\\{user_id}",
            hit=True,
            why=f"Disabled on {local_date(disabled_at)}.",
            facts={"reason": str(reason)},
        )
        for key, domain, user_id, disabled_at, reason in rows
    ]


async def delete_disabled(caller: Caller, user_id: UUID) -> bool:
    """Delete an ID whose days have passed; answer whether that was still to be done."""
    now = caller.desk.clock()
    user = await User.filter(id=user_id, state=AccountState.DISABLED).first()
    if user is None or user.disabled_at is None:
        return False
    if local_date(now) < delete_on(user.disabled_at, await current_policy(now)):
        return False
    try:
        return await delete_account(caller, user_id)
    except Conflict:  # enabled again at this moment: it says so in the trail, and nothing is left to do
        return False


DELETE_DISABLED = Sweep(
    name="delete_disabled",
    title="Disabled user IDs that are deleted",
    cites="002:120; 002:311",
    cadence=Daily(time(6, 0)),
    plan=plan_delete_disabled,
    treat=delete_disabled,
)
