"""What the rules have to know of an account: read from the tables at the moment of the call."""

from __future__ import annotations

from datetime import datetime

from orm.models import Contract, Credential, KnownDevice, RoleGrant, User
from rules.accounts import AccountFacts
from rules.audience import contract_in_force
from rules.calendar import local_date
from rules.roles import Role, house_roles


async def facts_at_the_door(
    user: User, credential: Credential, device: KnownDevice | None, now: datetime
) -> AccountFacts:
    """Describe an account to which somebody signs on from a device: a known one has a count and a door of its own."""
    return AccountFacts(
        state=user.state,
        password_changed_at=credential.changed_at,
        must_change_password=credential.must_change,
        failures=credential.failures if device is None else device.failures,
        locked=device is None and credential.locked_at is not None,
        roles=await _roles_of(user),
        contract_active=await contract_in_force_for(user, now),
        secret_expires_at=credential.secret_expires_at,
        secret_used=credential.secret_used_at is not None,
    )


async def _roles_of(user: User) -> frozenset[Role]:
    return house_roles(grant.role for grant in await RoleGrant.filter(user_id=user.id, ended_at=None))


async def contract_in_force_for(user: User, now: datetime) -> bool | None:
    """Say whether a person's provider is under contract today; None for people without a provider."""
    if user.provider_id is None:
        return None
    today = local_date(now)
    periods = await Contract.filter(provider_id=user.provider_id)
    return any(contract_in_force(period.begins_on, period.ends_on, today) for period in periods)
