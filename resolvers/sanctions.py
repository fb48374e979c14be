"""What an incident led to for whom it concerned: recorded by the CSO, read by very few (RSK-18; 002:130-131)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from orm.models import Incident, Sanction
from resolvers.desk import Reading, Work, access, operation
from resolvers.incidents import no_such_incident
from resolvers.numbers import LAST_NUMBER
from rules.errors import Invalid
from rules.incidents import check_not_concerned
from rules.roles import Role
from rules.sanctions import SanctionKind, check_sanctionable
from rules.text import clean_text

SANCTION_READERS = frozenset({Role.CSO, Role.PRIVACY_OFFICER})
"""Who reads sanctions; not even an auditor: they are matters of personnel."""

NOTE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class SanctionView:
    """A recorded sanction."""

    id: UUID
    kind: SanctionKind
    decided_on: date
    note: str
    recorded_at: datetime


@operation("incident.record_sanction", by={Role.CSO}, cites="002:130-131")
async def record_sanction(work: Work, number: int, kind: SanctionKind, decided_on: date, note: str = "") -> int:
    """Record which disciplinary action a closed incident led to; nobody does so about themselves.

    Raises:
        NotFound: there is no such incident.
        Denied: ``OWN_INCIDENT``.
        Conflict: ``INCIDENT_OPEN``, ``NOTHING_FOUND``.
        Invalid: ``DATE_IN_FUTURE``, or a note that is too long.
    """
    words = clean_text(note, field="note", limit=NOTE_LIMIT, multiline=True)
    incident = await _incident(number)
    work.about("incident", incident.id)
    check_not_concerned(work.actor.person(), incident.user_id)
    check_sanctionable(incident.state, incident.finding)
    if decided_on > work.today:
        raise Invalid("This day is still to come.", code="DATE_IN_FUTURE", field="decidedOn")
    await Sanction.create(
        incident_id=incident.id,
        kind=kind,
        decided_on=decided_on,
        note=words,
        recorded_at=work.now,
        recorded_by_id=work.actor.person(),
    )
    work.note(number=number)
    return number


@access("incident.sanctions", by=SANCTION_READERS, cites="002:130-131")
async def list_sanctions(reading: Reading, number: int) -> list[SanctionView]:
    """List the sanctions of an incident, but to nobody their own.

    Raises:
        NotFound: there is no such incident.
        Denied: ``OWN_INCIDENT``.
    """
    incident = await _incident(number)
    reading.about("incident", incident.id)
    check_not_concerned(reading.actor.person(), incident.user_id)
    rows = await Sanction.filter(incident_id=incident.id).order_by("recorded_at")
    reading.shows("sanction", [row.id for row in rows], ["sanctions"])
    return [SanctionView(row.id, row.kind, row.decided_on, row.note, row.recorded_at) for row in rows]


async def _incident(number: int) -> Incident:
    incident = await Incident.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if incident is None:
        raise no_such_incident()
    return incident
