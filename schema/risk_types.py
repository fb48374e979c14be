"""The risk-management programme: obligations, registers, the yearly collection, the house's own state (002:15-133)."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.house_state import HouseWarning
from resolvers.lso_collection import FacilityAnswerView
from rules.lso_collection import QUESTIONS, CollectionAnswer, CollectionQuestion
from rules.obligations import ObligationState, PlanKind, SubjectKind, SystemChange
from rules.roles import Role
from rules.sanctions import SanctionKind
from rules.threat import ThreatLevel
from schema.described import described_type


@described_type
class Obligation:
    """A dated obligation of the risk-management programme."""

    number: int
    """The number that people say on the telephone."""

    code: str
    """Which obligation of the documents it is."""

    title: str
    """What is to be done, and about what."""

    subject: str
    """The code or number of what it is about; empty for the department as a whole."""

    subject_kind: SubjectKind
    """What kind of thing it is about."""

    owners: list[Role]
    """Who answers for it in the house."""

    performed_by: str
    """Who does it, in the words of the documents."""

    output: str
    """What it leaves behind."""

    cites: str
    """The lines of the source documents that it stands on."""

    opens_on: date
    """From when it can be done."""

    due_on: date
    """The last day on which it is in time."""

    state: ObligationState
    """Where it stands."""

    overdue: bool
    """Whether it is open and its due date has passed."""

    moved_by: str
    """What happened that opened it or brought it forward; empty for the calendar."""

    opened_at: datetime
    """When it was opened."""

    reminded_on: date | None
    """On which day its owners were reminded last."""

    escalated_on: date | None
    """On which day its lateness was told last."""

    done_at: datetime | None
    """When it was done."""

    done_by: str
    """Who did it; empty where another procedure of the house did."""

    evidence_number: int | None
    """The number of the report that is its evidence."""

    may_complete: bool
    """Whether the caller may complete it now."""


@described_type
class ObligationRule:
    """What the documents ask for, whether or not a date is open."""

    code: str
    """Which obligation it is."""

    title: str
    """What is to be done."""

    cadence: str
    """How often, in words."""

    owners: list[Role]
    """Who answers for it in the house."""

    performed_by: str
    """Who does it, in the words of the documents."""

    output: str
    """What it leaves behind."""

    cites: str
    """The lines of the source documents that it stands on."""

    next_due_on: date | None
    """When it is due next, as far as that is known."""


@described_type
class SystemChangeNote:
    """A change of a system that made its assessment due (002:68-76)."""

    kind: SystemChange
    """What changed."""

    note: str
    """What changed, in words."""

    recorded_at: datetime
    """When it was recorded."""


@described_type
class RiskSystem:
    """An information system whose risks are assessed (002:63-80)."""

    code: str
    """Its short code."""

    name: str
    """Its name."""

    registered_at: datetime
    """When it was registered."""

    last_assessed_on: date | None
    """When it was assessed before it was registered, if it was."""

    retired_at: datetime | None
    """When it went out of use."""

    changes: list[SystemChangeNote]
    """Its changes, the newest first."""


@described_type
class Regulation:
    """An operating regulation that is reviewed at least every three years (002:83)."""

    code: str
    """Its number."""

    title: str
    """What it is about."""

    effective_on: date
    """Since when it is in force (002:133)."""

    last_reviewed_on: date | None
    """When it was reviewed before it was registered, if it was."""

    active: bool
    """Whether it is in force."""


@described_type
class Plan:
    """A version of a continuity or recovery plan (002:93-99)."""

    kind: PlanKind
    """Which plan."""

    version: str
    """The version."""

    prepared_by: str
    """Who prepared it."""

    prepared_on: date
    """When."""

    document_sha256: str
    """The SHA-256 of its document, which is kept where the plan is kept."""

    approved_at: datetime | None
    """When it was approved."""

    approved_by: str
    """Who approved it."""

    expires_on: date | None
    """The last day on which the approval holds."""

    in_force: bool
    """Whether the approval holds today."""


@described_type
class RiskRegisters:
    """What the obligations are about: systems, regulations and plans."""

    systems: list[RiskSystem]
    """The systems, by code."""

    regulations: list[Regulation]
    """The regulations, by code."""

    plans: list[Plan]
    """The plans, the newest version of each first."""


@described_type
class Sanction:
    """What an incident led to for whom it concerned (002:130-131)."""

    kind: SanctionKind
    """Which action was taken."""

    decided_on: date
    """When it was decided."""

    note: str
    """What was noted with it."""

    recorded_at: datetime
    """When it was recorded."""


@described_type
class CollectedAnswer:
    """A question of the yearly collection, and its answer."""

    question: CollectionQuestion
    """The question."""

    sentence: str
    """The question in words."""

    answer: CollectionAnswer
    """The answer."""


@described_type
class FacilityCollection:
    """What a facility was asked in April, and what it has answered."""

    facility: str
    """The code of the facility."""

    facility_name: str
    """Its name."""

    asked_on: date | None
    """On which day its Local Security Officer was asked last."""

    answered_at: datetime | None
    """When it answered."""

    answered_by: str
    """Who answered."""

    note: str
    """What was added in words."""

    @strawberry.field
    def answers(root: strawberry.Parent[FacilityAnswerView]) -> list[CollectedAnswer]:
        """The answers; none before it has answered."""
        return [
            CollectedAnswer(question=question, sentence=sentence, answer=CollectionAnswer(root.answers[question]))
            for question, sentence in QUESTIONS.items()
            if question in root.answers
        ]


@described_type
class LsoCollection:
    """What the Chief Security Officer collects from the facility LSOs in April of a year (002:127-128)."""

    year: int
    """The year."""

    opened_at: datetime
    """When it was opened."""

    closed_at: datetime | None
    """When it was closed with its report."""

    facilities: list[FacilityCollection]
    """The facilities that the caller sees, by code."""


@described_type
class ThreatNotice:
    """The state's threat level as it was notified (002:39-42)."""

    level: ThreatLevel
    """The level."""

    note: str
    """What everybody should know."""

    recorded_at: datetime
    """When it was recorded."""


@described_type
class House:
    """The house's own state at this moment."""

    threat: ThreatNotice | None
    """The threat level that was notified last, for a banner; null before the first."""

    warnings: list[HouseWarning] | None
    """What the house lacks to work as the documents ask; null for whoever is not warned."""
