"""What the mutations of the risk-management programme take. Only what may be set is listed."""

from __future__ import annotations

from datetime import date

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.obligations import Completion
from resolvers.risk_register import NewPlan, NewSystem
from rules.lso_collection import CollectionAnswer, CollectionQuestion
from rules.obligations import PlanKind, SystemChange
from rules.sanctions import SanctionKind
from rules.threat import ThreatLevel
from schema.described import described_input


@described_input
class CompleteObligationInput:
    """An obligation that was done: with a note, a kept report, or both."""

    number: int
    """The number of the obligation."""

    note: str = ""
    """What was done and found, up to 4,000 characters; it becomes part of the kept report."""

    evidence_number: int | None = None
    """The number of a report that is kept already."""

    def as_completion(self) -> Completion:
        """Say it to the use case."""
        return Completion(self.number, self.note, self.evidence_number)


@described_input
class RegisterSystemInput:
    """A system whose risks are assessed."""

    code: str
    """Its short code, up to 20 letters, digits, dots and hyphens."""

    name: str
    """Its name."""

    in_use: bool = False
    """Whether it is in use; a new one is assessed while its project begins (002:79-80)."""

    last_assessed_on: date | None = None
    """When it was assessed last, if it is in use."""

    def as_system(self) -> NewSystem:
        """Say it to the use case."""
        return NewSystem(self.code, self.name, self.in_use, self.last_assessed_on)


@described_input
class RecordSystemChangeInput:
    """A change that makes an assessment due (002:68-76)."""

    code: str
    """The code of the system."""

    kind: SystemChange
    """What changed."""

    note: str
    """What changed, in words, up to 500 characters."""


@described_input
class RetireSystemInput:
    """A system that is not in use any more."""

    code: str
    """The code of the system."""


@described_input
class UpsertRegulationInput:
    """An operating regulation."""

    code: str
    """Its number, such as DOR 8.370; a new one enters a new regulation."""

    title: str
    """What it is about."""

    effective_on: date
    """Since when it is in force."""

    last_reviewed_on: date | None = None
    """When it was reviewed last."""

    active: bool = True
    """Whether it is in force."""


@described_input
class RecordPlanInput:
    """A version of a continuity or recovery plan, to be approved."""

    kind: PlanKind
    """Which plan."""

    version: str
    """The version, up to 20 characters."""

    prepared_by: str
    """Who prepared it."""

    prepared_on: date
    """When."""

    document_sha256: str
    """The SHA-256 of its document, in 64 hexadecimal digits."""

    def as_plan(self) -> NewPlan:
        """Say it to the use case."""
        return NewPlan(self.kind, self.version, self.prepared_by, self.prepared_on, self.document_sha256)


@described_input
class ApprovePlanInput:
    """A version of a plan that is approved."""

    kind: PlanKind
    """Which plan."""

    version: str
    """The version."""

    expires_on: date
    """The last day on which the approval holds: at most a year from today, unless the policy says otherwise."""


@described_input
class RecordThreatLevelInput:
    """The state's threat level as it was notified (002:39-42)."""

    level: ThreatLevel
    """The level."""

    note: str = ""
    """What everybody should know, up to 300 characters; it is shown to everyone who is signed on."""


@described_input
class RecordSanctionInput:
    """What a closed incident led to (002:130-131)."""

    incident_number: int
    """The number of the incident."""

    kind: SanctionKind
    """Which action was taken."""

    decided_on: date
    """When it was decided."""

    note: str = ""
    """A note for very few eyes, up to 1,000 characters."""


@described_input
class CollectedAnswerInput:
    """An answer to a question of the yearly collection."""

    question: CollectionQuestion
    """The question."""

    answer: CollectionAnswer
    """The answer."""


@described_input
class AnswerLsoCollectionInput:
    """The answers of a facility to the collection of April (002:127-128)."""

    year: int
    """The year."""

    answers: list[CollectedAnswerInput]
    """An answer to every question."""

    note: str = ""
    """What is done about a no, up to 1,000 characters."""

    def as_answers(self) -> dict[CollectionQuestion, CollectionAnswer]:
        """Say it to the use case."""
        return {one.question: one.answer for one in self.answers}


@described_input
class CreateCalendarFeedInput:
    """A new private link."""

    replace: bool = False
    """Whether an earlier link ends, if there is one."""


@described_input
class RevokeCalendarFeedInput:
    """The end of the private link."""

    user_id: str = ""
    """Whose link, for a Chief Security Officer or an administrator; the caller's own, unless said otherwise."""
