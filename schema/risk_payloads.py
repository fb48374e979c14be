"""What the mutations of the risk-management programme answer: the object, or why it was refused."""

from __future__ import annotations

from datetime import datetime

from schema.described import described_type
from schema.errors import UserError
from schema.risk_types import House, LsoCollection, Obligation, RiskRegisters, Sanction


@described_type
class CompleteObligationPayload:
    """The obligation with its evidence, or why it stays open."""

    obligation: Obligation | None
    """The obligation."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RegisterSystemPayload:
    """The registers with the new system, or why it was not registered."""

    registers: RiskRegisters | None
    """The registers."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RecordSystemChangePayload:
    """The assessment that is due, or why the change was not recorded."""

    obligation: Obligation | None
    """The assessment."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RetireSystemPayload:
    """The registers, or why the system stays in use."""

    registers: RiskRegisters | None
    """The registers."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class UpsertRegulationPayload:
    """The registers, or why the regulation was not saved."""

    registers: RiskRegisters | None
    """The registers."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RecordPlanPayload:
    """The registers with the plan, or why it was not recorded."""

    registers: RiskRegisters | None
    """The registers."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ApprovePlanPayload:
    """The registers with the approved plan, or why it was not approved."""

    registers: RiskRegisters | None
    """The registers."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RecordThreatLevelPayload:
    """The house with its threat level, or why it was not recorded."""

    house: House | None
    """The house's own state."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RecordSanctionPayload:
    """The sanctions of the incident, or why none was recorded."""

    sanctions: list[Sanction] | None
    """The sanctions of the incident."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class AnswerLsoCollectionPayload:
    """The collection with the facility's answers, or why they were not taken."""

    lso_collection: LsoCollection | None
    """The collection."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class CreateCalendarFeedPayload:
    """The path of the private link, this once, or why there is none."""

    path: str | None
    """The path below the address of the house, such as /calendar/….ics; it is the key, and is not shown again."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RevokeCalendarFeedPayload:
    """When the private link ended, or why it did not."""

    revoked_at: datetime | None
    """When it ended."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
