"""A new e-mail address that waits to be confirmed: it does not outlive what ends or replaces the account's password."""

from __future__ import annotations

from uuid import UUID

from orm.models import AddressChange, Letter
from resolvers.desk import Work
from rules.notices import DeliveryState, NotificationKind


async def forget_address_changes(work: Work, user_pk: UUID, why: str) -> None:
    """Void the links that are open, and cancel their letters; ``why`` is kept with those."""
    await AddressChange.filter(user_id=user_pk, confirmed_at=None, expires_at__gt=work.now).update(expires_at=work.now)
    await Letter.filter(
        user_id=user_pk,
        kind=NotificationKind.CONFIRM_USER_ADDRESS,
        state__in=[DeliveryState.QUEUED, DeliveryState.PARKED],
    ).update(state=DeliveryState.CANCELLED, due_at=work.now, last_error=why, facts={})
