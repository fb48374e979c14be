"""What may happen between two events to what a provider's follower sees of a referral."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from orm.models import RoleGrant
from resolvers.callers import Caller
from resolvers.exclusions import exclude_provider
from tests.world.world import ProviderHome, World

Change = Callable[[World, ProviderHome, Caller, int], Awaitable[object]]
"""Happens to a home, done by a coordinator, about the referral with a number."""


async def end_role(world: World, home: ProviderHome, _: Caller, __: int) -> None:
    """Take the role of the home's staff."""
    await RoleGrant.filter(user_id=home.staff.actor.id).update(ended_at=world.clock())


async def suspend(world: World, home: ProviderHome, _: Caller, __: int) -> None:
    """Put the home into No Referral Status."""
    await world.suspend(home.id)


async def exclude(_: World, home: ProviderHome, coordinator: Caller, number: int) -> None:
    """Exclude the home from the referral."""
    await exclude_provider(coordinator, number, home.id, "Too far.")


async def nothing(_: World, __: ProviderHome, ___: Caller, ____: int) -> None:
    """Leave all as it is."""


CHANGES: list[tuple[Change, bool]] = [(nothing, True), (end_role, False), (suspend, False), (exclude, False)]
"""Each with whether the follower still sees the referral afterwards."""
