"""How big the demonstration world is, and how the searches in it end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """How far a search has come at the end of the history."""

    DRAFT = "DRAFT"
    """Entered, not yet published."""
    YOUNG = "YOUNG"
    """Open for up to 60 days."""
    OVERDUE = "OVERDUE"
    """Open for more than 60 days: red in the list (001:225-227)."""
    PENDING = "PENDING"
    """Open, with a provider chosen (001:213-217)."""
    PLACED = "PLACED"
    PLACED_ELSEWHERE = "PLACED_ELSEWHERE"
    WITHDRAWN = "WITHDRAWN"
    OTHER = "OTHER"
    """Closed for another reason."""
    DELETED = "DELETED"
    """Deleted after it was published."""
    DELETED_DRAFT = "DELETED_DRAFT"


@dataclass(frozen=True, slots=True)
class DemoSize:
    """How many of each.

    ``desk_people`` people sit at each desk of the department; ``users`` is reached by adding provider staff.
    """

    providers: int
    users: int
    desk_people: int
    counties_per_placement_coordinator: int
    counties_per_transition_coordinator: int
    fates: Mapping[Fate, int]

    @property
    def referrals(self) -> int:
        """Say how many referrals there are, in whatever state."""
        return sum(self.fates.values()) + 1  # and the one of the finale


FULL = DemoSize(
    providers=40,
    users=200,
    desk_people=3,
    counties_per_placement_coordinator=5,
    counties_per_transition_coordinator=12,
    fates={
        Fate.DRAFT: 10,
        Fate.YOUNG: 41,
        Fate.OVERDUE: 20,
        Fate.PENDING: 9,
        Fate.PLACED: 20,
        Fate.PLACED_ELSEWHERE: 4,
        Fate.WITHDRAWN: 5,
        Fate.OTHER: 2,
        Fate.DELETED: 5,
        Fate.DELETED_DRAFT: 3,
    },
)
"""The world of ``homeward demo``."""

SMALL = DemoSize(
    providers=6,
    users=0,
    desk_people=1,
    counties_per_placement_coordinator=20,
    counties_per_transition_coordinator=20,
    fates={
        Fate.DRAFT: 1,
        Fate.YOUNG: 2,
        Fate.OVERDUE: 2,
        Fate.PENDING: 1,
        Fate.PLACED: 2,
        Fate.WITHDRAWN: 1,
        Fate.DELETED: 1,
        Fate.DELETED_DRAFT: 1,
    },
)
"""A world for tests: everything occurs in it, as few times as possible."""
