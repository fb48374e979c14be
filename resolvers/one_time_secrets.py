"""One-time secrets: what a new or enabled person signs on with once, to choose a password of their own (000:3-6)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from orm.models import AccessForm, Credential, PasswordHistory
from resolvers.desk import Work
from rules.access_forms import FormState


async def make_unusable(work: Work, user_pk: UUID, password_hash: str) -> None:
    """Replace a password by one that nobody knows, until a secret is released; ``password_hash`` is of a token."""
    credential = await Credential.filter(user_id=user_pk).select_for_update(no_key=True).get()
    await _replace(work, credential, password_hash, expires_at=None)


async def give_secret(work: Work, credential: Credential, password_hash: str, expires_at: datetime) -> None:
    """Let a secret sign on once until it expires; what was valid before is so no more.

    The caller holds the credential under its lock.
    """
    await _replace(work, credential, password_hash, expires_at=expires_at)
    await PasswordHistory.create(user_id=credential.user_id, password_hash=password_hash, set_at=work.now)


async def waits_for_release(user_pk: UUID) -> bool:
    """Say whether a password is still the one that nobody knows, made when OA issued the user ID or enabled it."""
    credential = await Credential.filter(user_id=user_pk).first()
    if credential is None:
        return False
    return await AccessForm.exists(user_id=user_pk, state=FormState.ISSUED, issued_at=credential.changed_at)


async def _replace(work: Work, credential: Credential, password_hash: str, *, expires_at: datetime | None) -> None:
    # Not by save(): Tortoise cannot write a row by a key that is itself a relation on SQLite.
    await Credential.filter(user_id=credential.user_id).update(
        password_hash=password_hash,
        changed_at=work.now,
        must_change=True,
        failures=0,
        locked_at=None,
        last_failure_at=None,
        reminded_for_days=None,
        version=credential.version + 1,
        secret_expires_at=expires_at,
        secret_used_at=None,
    )
