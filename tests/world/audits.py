"""What audits and reviews look for: accounts that were not used, and policies that the CSO has changed."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

from orm.models import PolicyVersion, RoleGrant, User
from resolvers.callers import Caller
from resolvers.sweeps import Sweep, run_due
from tests.world.world import World


async def unused_for(world: World, who: Caller, days: int) -> None:
    """Let a person have signed on so many days ago, and never since."""
    at = world.clock() - timedelta(days=days)
    await User.filter(id=who.actor.person()).update(created_at=at - timedelta(days=1), last_sign_in_at=at)


async def reviews_mortality(world: World, who: Caller) -> None:
    """Give a person the role that is exempt from the rules on inactivity."""
    await RoleGrant.create(
        id=uuid4(), user_id=who.actor.person(), role="MORTALITY_REVIEW", granted_at=world.clock(), why="test"
    )


async def decided(key: str, value: object, *, number: int = 1) -> None:
    """Let the CSO have changed a number of the register long ago."""
    await PolicyVersion.create(
        number=number, key=key, value=value, effective_from=date(2020, 1, 1), decided_at="2020-01-01T00:00:00+00:00"
    )


async def due_now(world: World, *sweeps: Sweep) -> int:
    """Do the tick of these sweeps; answer how many runs were carried out."""
    return await run_due(world.desk, {sweep.name: sweep for sweep in sweeps})
