"""Reports of providers to the Social Security Administration (002:322-367)."""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import cast

import strawberry

from resolvers.referral_shapes import ProviderRef
from resolvers.report_recipients import RecipientView
from resolvers.spreadsheets import SpreadsheetForm
from resolvers.ssa_views import ExportedFile, SsaLineView, SsaPersonView, SsaReportView
from rules.ssa import ContractStanding, DeliveryStep, RecipientPurpose, SsaState
from schema.described import described_enum, described_type
from schema.ids import to_global
from schema.referral_types import Provider

described_enum(SsaState, name="SsaReportState")
described_enum(ContractStanding)
described_enum(DeliveryStep, name="SsaDeliveryStep")
described_enum(RecipientPurpose, name="ReportRecipientPurpose")
described_enum(SpreadsheetForm)


@described_type
class SsaDelivery:
    """A recorded step of the delivery (002:360-367)."""

    step: DeliveryStep
    """What was done."""

    done_on: date
    """On which day."""

    document: str
    """The document that went along: the definitions of the service categories."""

    note: str
    """What was noted."""

    recipients: list[str]
    """The recipients as they were set then."""

    recorded_at: datetime
    """When it was recorded."""


@described_type
class SsaReport:
    """A report of providers, and how far it has come."""

    @strawberry.field
    def id(root: strawberry.Parent[SsaReportView]) -> strawberry.ID:
        """The global id."""
        return to_global("SsaReport", root.id)

    number: int
    """The number of the report."""

    period_from: date
    """The day on which it was due."""

    state: SsaState
    """Where it stands."""

    run_at: datetime
    """When the snapshot was begun."""

    providers: int
    """How many providers are in it."""

    persons: int
    """How many persons with access are in it."""

    checked: int
    """How many lines account management has checked."""

    snapshot_hash: str
    """The hash of the snapshot, in hex; empty while it is taken."""

    changes_evidence: int | None
    """The number of the kept report of all changes (002:358)."""

    approved_at: datetime | None
    """When the Chief Security Officer approved it."""

    evidence_number: int | None
    """The number of the report as it was approved."""

    deliveries: list[SsaDelivery]
    """The steps of the delivery that are recorded."""


@described_type
class SsaReportLine:
    """A provider in a report, as it stood on the day of the snapshot."""

    @strawberry.field
    def id(root: strawberry.Parent[SsaLineView]) -> strawberry.ID:
        """The global id."""
        return to_global("SsaReportLine", root.id)

    @strawberry.field
    def provider(root: strawberry.Parent[SsaLineView]) -> Provider:
        """The provider, with the name of that day."""
        return cast("Provider", ProviderRef(root.provider_id, root.name))

    contract_number: str
    """The number of the contract; empty where there was none."""

    begins_on: date | None
    """The first day of the contract."""

    ends_on: date | None
    """Its last day; null for a current provider (002:355)."""

    standing: ContractStanding
    """How the provider stood with its contract."""

    accounts: int
    """How many of its user IDs were in use."""

    checked_at: datetime | None
    """When account management checked the line."""

    checked_by: str | None
    """Who checked it."""

    disabled: int | None
    """How many user IDs were disabled by the check, because the contract had ended."""

    note: str
    """What was noted with the check."""

    correction: str
    """What the Chief Security Officer put right."""


@described_type
class SsaReportPerson:
    """A person with access, as it stood on the day of the snapshot (002:329-332, POL-28)."""

    @strawberry.field
    def id(root: strawberry.Parent[SsaPersonView]) -> strawberry.ID:
        """The global id."""
        return to_global("SsaReportPerson", root.id)

    user_id: str
    """The user ID."""

    name: str
    """The full name."""

    provider: str | None
    """The name of the provider; null for people of the department."""

    roles: list[str]
    """The codes of the roles held."""


@described_type
class ReportRecipient:
    """Somebody who gets the report, or is told of it: data of the installation."""

    @strawberry.field
    def id(root: strawberry.Parent[RecipientView]) -> strawberry.ID:
        """The global id."""
        return to_global("ReportRecipient", root.id)

    purpose: RecipientPurpose
    """For what."""

    name: str
    """The name."""

    email: str
    """The address; empty for people with a user ID."""

    user_id: str | None
    """The user ID, where the recipient has one."""

    since: datetime
    """Since when."""


@described_type
class SpreadsheetFile:
    """A list as a file."""

    name: str
    """What to call it."""

    media_type: str
    """Its media type."""

    sha256: str
    """The hash of its content, in hex; the export is written down with it."""

    @strawberry.field
    def content(root: strawberry.Parent[ExportedFile]) -> str:
        """The content in Base64."""
        return base64.b64encode(root.body).decode()
