"""The state's threat level, as the Information Security Management Office notifies it (RSK-21; 002:39-42)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ThreatLevel(StrEnum):
    """Say how threatened the state's network is, the calmest first."""

    LOW = "LOW"
    """Nothing beyond the usual."""
    GUARDED = "GUARDED"
    """More than the usual, without a known effect."""
    ELEVATED = "ELEVATED"
    """Systems may be affected: look twice before opening what was not expected."""
    HIGH = "HIGH"
    """Systems are affected: report at once whatever is unusual."""
    SEVERE = "SEVERE"
    """Services fail: follow what the Chief Security Officer says."""


ADVICE: Mapping[ThreatLevel, str] = MappingProxyType(
    {
        ThreatLevel.LOW: "Nothing beyond the usual.",
        ThreatLevel.GUARDED: "More than the usual, without a known effect.",
        ThreatLevel.ELEVATED: "Systems may be affected: look twice before opening what you did not expect.",
        ThreatLevel.HIGH: "Systems are affected: report at once whatever is unusual.",
        ThreatLevel.SEVERE: "Services fail: follow what the Chief Security Officer says.",
    }
)
"""What a level means for whoever works with the systems."""


def is_raised(level: ThreatLevel) -> bool:
    """Say whether everybody is told of a level, until it is lowered again."""
    return level is not ThreatLevel.LOW
