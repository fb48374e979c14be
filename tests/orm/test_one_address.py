"""An e-mail address belongs to one person, however it is written and however many ask for it at once."""

from __future__ import annotations

import pytest
from tortoise.exceptions import IntegrityError

from orm.models import User
from rules.accounts import AccountState
from tests.world.world import World


@pytest.mark.requirement("CPF-15")
async def test_no_two_accounts_have_the_same_address_until_one_is_deleted(world: World) -> None:
    first = await world.user(email="One.Person@example.org")
    second = await world.user(email=None)
    await world.user(email=None)

    with pytest.raises(IntegrityError):
        await User.filter(id=second.actor.id).update(email="one.person@EXAMPLE.org")
    assert (await User.get(id=second.actor.id)).email is None

    await User.filter(id=first.actor.id).update(state=AccountState.DELETED, deleted_at=world.clock())
    await User.filter(id=second.actor.id).update(email="one.person@example.org")
    assert (await User.get(id=second.actor.id)).email == "one.person@example.org"
