"""The first holders of the offices: with nobody to approve, an access request cannot be their way in."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable

from homeward.settings import Settings
from homeward.wiring import open_house
from resolvers.accounts import NewAccount, create_account
from resolvers.callers import house
from rules.errors import Refusal
from rules.roles import COORDINATORS, GRANTABLE, PROVIDER_ROLES, Role

OFFICES = tuple(sorted(GRANTABLE - PROVIDER_ROLES - COORDINATORS))
"""Offices of the department itself. Everybody else's roles come by access request (000:134-137)."""


async def create_first_admin(
    settings: Settings,
    user_id: str,
    first_name: str,
    last_name: str,
    email: str,
    say: Callable[[str], object],
    office: Role = Role.ADMINISTRATOR,
) -> int:
    """Create the account with a temporary password and say it once."""
    if office not in OFFICES:
        say(f"Only an office of the department is given this way: {', '.join(OFFICES)}.")
        return 2
    password = temporary_password()
    async with open_house(settings.model_copy(update={"redis_url": ""})) as opened:
        new = NewAccount(user_id, first_name, last_name, frozenset({office}), email=email)
        try:
            await create_account(
                house(opened.desk, "command line"), new, await opened.desk.passwords.hash(password), must_change=True
            )
        except Refusal as refusal:
            say(refusal.message)
            return 1
    say(f"Created {user_id}. Password for the first sign-on: {password}")
    return 0


def temporary_password() -> str:
    """Make a password of three groups that is read over the telephone without doubt: no O and 0, no l and 1."""
    letters = "".join(sorted(set(string.ascii_letters) - set("OIl")))
    drawn = "".join(secrets.choice(letters) for _ in range(10))
    return (
        f"{drawn[:5]}-{drawn[5:]}-{secrets.choice('23456789')}{secrets.choice('ABCDEFGH')}{secrets.choice('abcdefgh')}"
    )
