"""What was settled long before the story begins: most addresses are confirmed, most duties of a provider are held.

So that what is not in order stands out: a few addresses that wait to be confirmed, a few duties that nobody holds.
"""

from __future__ import annotations

from homeward.demo import cast
from homeward.demo.stage import Stage
from orm.models import Contact, ProviderKind, RoleGrant, User
from resolvers.duties import HEALTH_INVENTORIES, HI_REPRESENTATIVE

_ONE_IN = 9
_UNSETTLED = frozenset({cast.MARIGOLD, cast.LANTERN})
"""Whose duties the story is about."""


async def settle(stage: Stage) -> None:
    """Confirm addresses and give the duties to somebody, but for one in nine."""
    contacts = await Contact.exclude(email=None).order_by("email", "created_at").values_list("id", flat=True)
    users = await User.exclude(email=None).order_by("user_id").values_list("id", flat=True)
    for table, keys in ((Contact, contacts), (User, users)):
        confirmed = [key for place, key in enumerate(keys, start=1) if place % _ONE_IN]
        await table.filter(id__in=confirmed).update(email_confirmed_at=stage.clock.now)
    homes = [home for home in stage.homes.values() if home.plan.kind is ProviderKind.RESIDENTIAL and home.staff]
    await RoleGrant.bulk_create(
        RoleGrant(
            user_id=stage.people[home.staff[-1]].key, role=role, granted_at=stage.clock.now, why="before the exchange"
        )
        for place, home in enumerate(homes, start=1)
        if place % _ONE_IN and home.plan.name not in _UNSETTLED
        for role in (HEALTH_INVENTORIES, HI_REPRESENTATIVE)
    )
