"""Known devices: where a person has signed in before, wrong entries are counted apart (000:9-11, POL-07).

A stranger who keeps guessing closes the door for devices that nobody knows; the owner's own device still gets in. Only
the hash of a device's token is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from orm.models import Credential, KnownDevice, Session
from resolvers.desk import Work
from resolvers.tokens import hash_token
from rules.passwords import is_known_device, is_locked_after
from rules.policy import Policy
from rules.roles import Role

MOST_DEVICES = 10
"""Known devices of one person; the one not seen for longest is forgotten for a new one."""


async def find_device(user_pk: UUID, token: str | None, now: datetime, policy: Policy) -> KnownDevice | None:
    """Find the device that a token belongs to, if the person has signed in there and not too long ago."""
    if not token:
        return None
    device = await KnownDevice.filter(user_id=user_pk, token_hash=hash_token(token), ended_at=None).first()
    return device if device is not None and is_known_device(device.last_seen_at, now, policy) else None


async def device_of_session(session_id: UUID | None) -> KnownDevice | None:
    """Find the known device on which a session was begun; None once the person has signed in there again since."""
    session = await Session.filter(id=session_id).first() if session_id is not None else None
    if session is None:
        return None
    begun_on = KnownDevice.filter(user_id=session.user_id, last_seen_at=session.created_at, ended_at=None)
    return await begun_on.order_by("id").first()


async def remember_device(work: Work, user_pk: UUID, device: KnownDevice | None) -> str | None:
    """Note that the person has signed in on a device; give the token of a new one, this once.

    The caller holds the person's credential under its lock.
    """
    if device is not None:
        await KnownDevice.filter(id=device.id).update(failures=0, last_seen_at=work.now)
        return None
    token = work.caller.desk.secrets.token()
    live = await KnownDevice.filter(user_id=user_pk, ended_at=None).order_by("-last_seen_at", "id")
    await KnownDevice.filter(id__in=[one.id for one in live[MOST_DEVICES - 1 :]]).update(ended_at=work.now)
    known = await KnownDevice.create(
        id=uuid4(),
        user_id=user_pk,
        token_hash=hash_token(token),
        first_seen_at=work.now,
        last_seen_at=work.now,
    )
    work.touches("known_device", [known.id])
    return token


async def forget_devices(work: Work, user_pk: UUID) -> None:
    """Forget every device of a person: each is a stranger's again."""
    await KnownDevice.filter(user_id=user_pk, ended_at=None).update(ended_at=work.now)


async def forgive_devices(user_pk: UUID) -> None:
    """Count wrong entries on a person's devices anew: the person has just proven to know the password."""
    await KnownDevice.filter(user_id=user_pk, ended_at=None).update(failures=0)


async def count_on_device(work: Work, credential: Credential, device: KnownDevice, roles: Iterable[Role]) -> bool:
    """Count a wrong entry on a known device; too many lock the account wholly, which is answered."""
    device.failures += 1
    await KnownDevice.filter(id=device.id).update(failures=device.failures)
    if not is_locked_after(device.failures, roles, work.policy):
        return False
    await lock_wholly(work, credential)
    return True


async def lock_wholly(work: Work, credential: Credential) -> None:
    """Lock an account for every device, known or not; the caller keeps the count."""
    credential.locked_at = work.now
    await forget_devices(work, credential.user_id)
    work.note(locked=True)
