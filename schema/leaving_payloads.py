"""What the mutations of leaving, incidents and tickets answer: the object, or why it was refused."""

from __future__ import annotations

from schema.described import described_type
from schema.errors import UserError
from schema.incident_types import AccountSuspension, Incident, OutsideSystem, Ticket
from schema.leaving_types import AccessRevocation
from schema.user_account_types import UserAccount


@described_type
class RevokeAccessPayload:
    """The revocation, or why nothing was revoked."""

    revocation: AccessRevocation | None
    """What was revoked, and what follows."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ReportIncidentPayload:
    """The number of the incident, or why nothing was reported."""

    incident_number: int | None
    """The number of the incident."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class AnswerIncidentPayload:
    """The answered incident, or why the answer was not taken."""

    incident: Incident | None
    """The incident."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class CloseIncidentPayload:
    """The closed incident, or why it stays open."""

    incident: Incident | None
    """The incident."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class SuspendAccountPayload:
    """The suspended account, or why it is not suspended."""

    suspension: AccountSuspension | None
    """The account with its incident."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ReinstateAccountPayload:
    """The account that is in use again, or why it is not."""

    account: UserAccount | None
    """The account."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class CloseTicketPayload:
    """The closed ticket, or why it stays open."""

    ticket: Ticket | None
    """The ticket."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class UpsertOutsideSystemPayload:
    """The system, or why it was not saved."""

    outside_system: OutsideSystem | None
    """The system."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
