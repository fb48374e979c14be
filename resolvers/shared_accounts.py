"""A user ID in use on more devices than one person has: a sign that it is shared (000:38-39, ACC-13).

It is a sign and no proof, so nobody is suspended by it: the Chief Security Officer is told and decides.
"""

from __future__ import annotations

from orm.models import Incident, KnownDevice, Session, User
from resolvers.desk import Work
from resolvers.incident_opening import open_incident
from rules.accounts import session_is_live
from rules.incidents import IncidentKind, IncidentState


async def watch(work: Work, user: User) -> None:
    """Look at the devices on which a person is signed on; call it when another session was opened.

    While such an incident is open for the person, no second one is.
    """
    devices = await _devices_in_use(work, user)
    if devices <= work.policy.session_devices:
        return
    # Two sign-ons at once: both would open one, and the second would fail at the door.
    await User.filter(id=user.id).select_for_update(no_key=True).first()
    if await Incident.exists(user_id=user.id, kind=IncidentKind.SHARED_ACCOUNT, state=IncidentState.OPEN):
        return
    await open_incident(work, IncidentKind.SHARED_ACCOUNT, user, facts={"devices": devices})


async def _devices_in_use(work: Work, user: User) -> int:
    """Count devices with a live session; a device was last seen when its newest session began."""
    since = work.now - work.policy.session_absolute
    sessions = await Session.filter(user_id=user.id, ended_at=None, created_at__gt=since)
    begun = [
        one.created_at for one in sessions if session_is_live(one.created_at, one.last_seen_at, work.now, work.policy)
    ]
    # Two that began at the same instant look alike; there are never more devices in use than live sessions.
    return min(len(begun), await KnownDevice.filter(user_id=user.id, last_seen_at__in=begun).count()) if begun else 0
