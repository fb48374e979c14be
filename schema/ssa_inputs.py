"""What reports to the Social Security Administration take."""

from __future__ import annotations

from datetime import date

import strawberry

import schema.ssa_types  # noqa: F401 - the enums are described before they are used
from resolvers.report_recipients import NewRecipient
from rules.ssa import DeliveryStep, RecipientPurpose
from schema.described import described_input


@described_input
class CheckSsaReportLineInput:
    """A provider in a report that account management has checked (002:353-357)."""

    number: int
    """The number of the report."""

    provider_id: strawberry.ID
    """The provider."""

    note: str = ""
    """What was found, up to 300 characters; it stands in the report of all changes."""


@described_input
class CorrectSsaReportLineInput:
    """A line that the Chief Security Officer puts right (002:360)."""

    number: int
    """The number of the report."""

    provider_id: strawberry.ID
    """The provider."""

    text: str
    """What is right, up to 300 characters; the snapshot stays as it was."""


@described_input
class ApproveSsaReportInput:
    """A report of which every line is checked."""

    number: int
    """The number of the report."""


@described_input
class RecordSsaDeliveryInput:
    """A step of the delivery that was done outside of the house (002:360-367)."""

    number: int
    """The number of the report."""

    step: DeliveryStep
    """What was done; the steps are recorded in their order."""

    done_on: date
    """On which day."""

    document: str = ""
    """The document that went along; needed where the report was sent: the definitions of the service categories."""

    note: str = ""
    """What is to be noted, up to 300 characters."""


@described_input
class ReportRecipientInput:
    """A recipient: somebody with a user ID, or a name with an address."""

    name: str = ""
    """The name."""

    email: str = ""
    """The address."""

    user_id: str = ""
    """The user ID; report programmers have one, as the file stays behind the sign-on."""

    def as_new(self) -> NewRecipient:
        """Say it to the use case."""
        return NewRecipient(self.name, self.email, self.user_id)


@described_input
class SetReportRecipientsInput:
    """All recipients for one purpose."""

    purpose: RecipientPurpose
    """For what."""

    recipients: list[ReportRecipientInput]
    """All of them; whoever is not named is none any more."""
