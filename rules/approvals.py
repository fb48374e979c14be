"""The approval chain of an access request: LSO, then ITSD Provisioning, and nobody for themselves (000:191-206).

A request moves only along :data:`MOVES`. Who may decide at a stage, when a request waits for an LSO to be named, and
when a decision is void are pure questions here; the operations ask them under the lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from rules.errors import Conflict, Denied


class RequestState(StrEnum):
    """Where an access request stands."""

    DRAFT = "DRAFT"
    """The requester is still writing it; nobody else has it."""
    AWAITING_LSO = "AWAITING_LSO"
    """The organization has no LSO, so it is held until one is designated (000:106)."""
    WITH_LSO = "WITH_LSO"
    """It is addressed to the LSO, who approves or denies by signing (000:198-201)."""
    AWAITING_PROVISIONING = "AWAITING_PROVISIONING"
    """The LSO has approved; ITSD Provisioning has 48 hours (000:200-203)."""
    GRANTED = "GRANTED"
    """Approved twice: the roles are held."""
    DENIED = "DENIED"
    """Denied as a whole; a new request starts from the beginning (000:204-206)."""
    WITHDRAWN = "WITHDRAWN"
    """Taken back by the requester before it was decided."""

    @property
    def is_final(self) -> bool:
        """Say whether nothing moves the request any more."""
        return not MOVES[self]


class Stage(StrEnum):
    """Name an approval that a request needs, in their order."""

    LSO = "LSO"
    """The Local Security Officer, or whoever stands in by rule (000:198-201, POL-21)."""
    PROVISIONING = "PROVISIONING"
    """ITSD Provisioning, for the final approval (000:200-201)."""


MOVES: Mapping[RequestState, frozenset[RequestState]] = MappingProxyType(
    {
        RequestState.DRAFT: frozenset(
            {RequestState.AWAITING_LSO, RequestState.WITH_LSO, RequestState.DENIED, RequestState.WITHDRAWN}
        ),
        RequestState.AWAITING_LSO: frozenset({RequestState.WITH_LSO, RequestState.DENIED, RequestState.WITHDRAWN}),
        RequestState.WITH_LSO: frozenset(
            {
                RequestState.WITH_LSO,
                RequestState.AWAITING_LSO,
                RequestState.AWAITING_PROVISIONING,
                RequestState.DENIED,
                RequestState.WITHDRAWN,
            }
        ),
        RequestState.AWAITING_PROVISIONING: frozenset(
            {RequestState.GRANTED, RequestState.DENIED, RequestState.WITHDRAWN}
        ),
        RequestState.GRANTED: frozenset(),
        RequestState.DENIED: frozenset(),
        RequestState.WITHDRAWN: frozenset(),
    }
)

HOLDERS: Mapping[RequestState, str] = MappingProxyType(
    {
        RequestState.DRAFT: "Requester",
        RequestState.AWAITING_LSO: "Nobody yet: it waits for a Local Security Officer",
        RequestState.WITH_LSO: "Local Security Officer",
        RequestState.AWAITING_PROVISIONING: "ITSD Provisioning",
    }
)
"""Who has a request in each state in which it still moves (000:229)."""

NEXT_STEPS: Mapping[RequestState, str] = MappingProxyType(
    {
        RequestState.DRAFT: "Choose the roles, review them, and submit.",
        RequestState.AWAITING_LSO: "It goes on by itself as soon as a Local Security Officer is designated.",
        RequestState.WITH_LSO: "The Local Security Officer approves or denies it by signing.",
        RequestState.AWAITING_PROVISIONING: "ITSD Provisioning gives the final approval within 48 hours.",
        RequestState.GRANTED: "Nothing: the roles are in force.",
        RequestState.DENIED: "Read why, correct it, and submit it again; it needs all approvals anew.",
        RequestState.WITHDRAWN: "Nothing: it was taken back.",
    }
)
"""What comes next, in a sentence for the requester (000:196)."""

DECIDED_IN: Mapping[Stage, RequestState] = MappingProxyType(
    {Stage.LSO: RequestState.WITH_LSO, Stage.PROVISIONING: RequestState.AWAITING_PROVISIONING}
)
"""The state in which each stage decides."""


class StandsInAs(StrEnum):
    """Say in which capacity a person is addressed for the first approval."""

    LSO = "LSO"
    """The designated LSO of the provider or facility."""
    EXECUTIVE_DIRECTOR = "EXECUTIVE_DIRECTOR"
    """For the LSO's own request, where the director has an account (POL-21)."""
    CSO = "CSO"
    """For the LSO's own request otherwise, and for people of the central office (POL-21)."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is asked for the first approval, and in which capacity."""

    user_id: UUID
    capacity: StandsInAs


@dataclass(frozen=True, slots=True)
class Deputy:
    """A person who stands in for an LSO from one day to another, both included."""

    user_id: UUID
    begins_on: date
    ends_on: date

    def stands_in(self, on: date) -> bool:
        """Say whether the deputy stands in on a day."""
        return self.begins_on <= on <= self.ends_on


@dataclass(frozen=True, slots=True)
class Officers:
    """Who could be asked at an organization today; only people whose accounts are in use are named here.

    ``has_lso`` is False for the central office, whose people are approved by the CSO.
    """

    has_lso: bool
    lso: UUID | None
    executive_directors: tuple[UUID, ...]
    csos: tuple[UUID, ...]


def addressee(requester: UUID, officers: Officers) -> Addressee | None:
    """Tell who is asked first for a request, or None while the organization has nobody: then it is held (000:106).

    The LSO's own request goes to an executive director with an account, else to the CSO; never to the requester
    (POL-21, ARA-22).
    """
    if officers.has_lso and officers.lso is None:
        return None
    if officers.has_lso and officers.lso is not None and officers.lso != requester:
        return Addressee(officers.lso, StandsInAs.LSO)
    if officers.has_lso:
        for director in officers.executive_directors:
            if director != requester:
                return Addressee(director, StandsInAs.EXECUTIVE_DIRECTOR)
    for cso in officers.csos:
        if cso != requester:
            return Addressee(cso, StandsInAs.CSO)
    return None


def still_stands(addressed: UUID, capacity: StandsInAs, officers: Officers) -> bool:
    """Say whether a person still holds the office for which a request was addressed to them."""
    if capacity is StandsInAs.LSO:
        return addressed == officers.lso
    return addressed in (officers.executive_directors if capacity is StandsInAs.EXECUTIVE_DIRECTOR else officers.csos)


def check_open_at(state: RequestState, stage: Stage) -> None:
    """Let a stage decide while the request is before it. Raises Conflict ALREADY_DECIDED, NOT_AT_THIS_STAGE."""
    if state is DECIDED_IN[stage]:
        return
    if state.is_final or (stage is Stage.LSO and state is RequestState.AWAITING_PROVISIONING):
        raise Conflict("This request was decided by somebody else meanwhile.", code="ALREADY_DECIDED")
    raise Conflict("This request is not at this stage.", code="NOT_AT_THIS_STAGE")


def answers_for_lso(person: UUID, addressed: UUID | None, deputies: tuple[Deputy, ...], on: date) -> bool:
    """Say whether a person is the one who was addressed, or stands in for them today (000:31-32)."""
    if addressed is None:
        return False
    return person == addressed or any(deputy.user_id == person and deputy.stands_in(on) for deputy in deputies)


def check_not_own(decider: UUID, requester: UUID) -> None:
    """Let nobody approve their own request, in whatever capacity. Raises Denied SELF_APPROVAL (ARA-22)."""
    if decider == requester:
        raise Denied("Nobody decides on their own request.", code="SELF_APPROVAL")


def check_second_person(decider: UUID, first: UUID) -> None:
    """Let no one give both approvals. Raises Denied SAME_DECIDER."""
    if decider == first:
        raise Denied("Whoever approved it as LSO cannot approve it again.", code="SAME_DECIDER")


def check_as_shown(shown: str, current: str) -> None:
    """Void a signature that was made over other content than what would be decided. Raises Conflict CHANGED."""
    if shown != current:
        raise Conflict("The request is not the one that was shown. Read it again, then sign.", code="REQUEST_CHANGED")
