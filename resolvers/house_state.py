"""The house's own state: the threat level for everybody, and for the offices what it lacks (RSK-01, RSK-21)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from orm.models import SweepState, ThreatNotice
from orm.readings import fetch_often
from orm.sql import to_instant
from resolvers.desk import EVERYONE, Reading, Work, access, operation
from resolvers.register import recorded_changes
from rules.calendar import local_date
from rules.policy import values_in_force
from rules.policy_conflicts import policy_conflicts
from rules.roles import Role
from rules.text import clean_text
from rules.threat import ThreatLevel

WARNED = frozenset({Role.CSO, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR})
"""Who sees what the house lacks."""

NOTE_LIMIT = 300


class HouseWarning(StrEnum):
    """Say what the house lacks to work as the documents ask."""

    NO_CSO = "NO_CSO"
    """No Chief Security Officer is assigned (002:54-57)."""
    NO_PRIVACY_OFFICER = "NO_PRIVACY_OFFICER"
    """No Privacy Officer is assigned (002:27-32)."""
    POLICY_CONTRADICTS = "POLICY_CONTRADICTS"
    """Two numbers of the policy register contradict each other (POL-34)."""
    SWEEP_PARKED = "SWEEP_PARKED"
    """A timed duty was given up after its last try (SWP-01)."""


@dataclass(frozen=True, slots=True)
class ThreatView:
    """A threat level as it was notified."""

    level: ThreatLevel
    note: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class HouseView:
    """The house's own state; ``warnings`` is None for whoever is not warned."""

    threat: ThreatView | None
    warnings: list[HouseWarning] | None


@access("house.view", by=EVERYONE, cites="002:39-42; 002:54-57")
async def view_house(reading: Reading) -> HouseView:
    """Show the threat level that was notified last, and to the offices what the house lacks."""
    threat = await current_threat()
    warned = reading.actor.has_any(WARNED)
    reading.note(threat=str(threat.level) if threat else None)
    return HouseView(threat, await house_warnings(reading.now) if warned else None)


async def current_threat() -> ThreatView | None:
    """Give the threat level that was notified last, for the frame of every page: it is told to all, and of nobody."""
    found = await fetch_often(
        "SELECT level, note, recorded_at FROM threat_notice ORDER BY recorded_at DESC, id DESC LIMIT 1"
    )
    return ThreatView(ThreatLevel(found[0][0]), found[0][1], to_instant(found[0][2])) if found else None


@operation("threat.record", by={Role.CSO, Role.ADMINISTRATOR}, cites="002:39-42")
async def record_threat_level(work: Work, level: ThreatLevel, note: str = "") -> UUID:
    """Record the threat level as the Information Security Management Office notified it.

    Raises:
        Invalid: a note that is too long.
    """
    notice = await ThreatNotice.create(
        level=level,
        note=clean_text(note, field="note", limit=NOTE_LIMIT, multiline=True),
        recorded_at=work.now,
        recorded_by_id=work.actor.person(),
    )
    work.about("threat_notice", notice.id)
    work.note(level=str(level))
    return notice.id


async def house_warnings(now: datetime) -> list[HouseWarning]:
    """Say what the house lacks at this moment; asked at its start, too."""
    [standing] = await fetch_often(_STANDING, parked=SweepState.PARKED)
    values, _ = values_in_force(await recorded_changes(), local_date(now))
    lacks = {
        HouseWarning.NO_CSO: not standing["has_cso"],
        HouseWarning.NO_PRIVACY_OFFICER: not standing["has_privacy_officer"],
        HouseWarning.POLICY_CONTRADICTS: any(one.contradicts for one in policy_conflicts(values)),
        HouseWarning.SWEEP_PARKED: bool(standing["has_parked"]),
    }
    return [warning for warning, holds in lacks.items() if holds]


def _is_held(role: Role) -> str:
    """Say in SQL whether somebody holds a role whose account is in use, as :func:`resolvers.officers.holders_of`."""
    return (
        "EXISTS (SELECT 1 FROM role_grant g JOIN user_account u ON u.id = g.user_id "
        f"WHERE g.role = '{role}' AND g.ended_at IS NULL AND u.state = 'ACTIVE')"
    )


_STANDING = (
    f"SELECT {_is_held(Role.CSO)} AS has_cso, {_is_held(Role.PRIVACY_OFFICER)} AS has_privacy_officer, "
    "EXISTS (SELECT 1 FROM sweep_run WHERE state = :parked) AS has_parked"
)
