"""What a failure to comply led to, kept under seal (RSK-18; 002:130-131)."""

from __future__ import annotations

from enum import StrEnum

from rules.errors import Conflict
from rules.incidents import Finding, IncidentState


class SanctionKind(StrEnum):
    """Say which disciplinary action was taken."""

    COUNSELLING = "COUNSELLING"
    """A talk, or further training."""
    WRITTEN_WARNING = "WRITTEN_WARNING"
    """A warning in writing."""
    SUSPENSION = "SUSPENSION"
    """Suspended from work."""
    DISMISSAL = "DISMISSAL"
    """Dismissed."""


def check_sanctionable(state: IncidentState, finding: Finding | None) -> None:
    """Record a sanction only where a failure was found. Raises Conflict INCIDENT_OPEN, NOTHING_FOUND."""
    if state is not IncidentState.CLOSED:
        raise Conflict("Close the incident with a finding first.", code="INCIDENT_OPEN")
    if finding is Finding.UNFOUNDED:
        raise Conflict("Nothing was found in this incident.", code="NOTHING_FOUND")
