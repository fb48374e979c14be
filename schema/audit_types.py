"""Audits of provider accounts and the accounts on their lists (002:141-203)."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from resolvers.provider_audit_views import AuditLineView, AuditView
from rules.provider_audit import AuditAnswer, AuditOutcome, AuditState, AuditVerdict
from schema.described import described_enum, described_type
from schema.ids import to_global
from schema.referral_types import Provider

described_enum(AuditState, name="ProviderAuditState")
described_enum(AuditVerdict)
described_enum(AuditAnswer)
described_enum(AuditOutcome)


@described_type
class ProviderAudit:
    """An audit of provider accounts (002:145-163)."""

    @strawberry.field
    def id(root: strawberry.Parent[AuditView]) -> strawberry.ID:
        """The global id."""
        return to_global("ProviderAudit", root.id)

    number: int
    """The number of the audit."""

    period_from: date
    """The first day of the month in which it was due: February, June or October."""

    state: AuditState
    """Where it stands."""

    opened_at: datetime
    """When it was opened."""

    window_ends_on: date
    """The last business day on which the officers may answer (POL-33)."""

    accounts: int
    """How many active accounts of providers were audited."""

    listed: int
    """How many accounts on the list the caller sees."""

    waiting: int
    """How many of them wait for an answer, a sign-on, or the end of the window."""

    policy_version: str
    """The policy that it was opened with."""

    completed_at: datetime | None
    """When it was completed."""

    evidence_number: int | None
    """The number of the kept report."""


@described_type
class ProviderAuditLine:
    """An account on the list of an audit."""

    @strawberry.field
    def id(root: strawberry.Parent[AuditLineView]) -> strawberry.ID:
        """The global id."""
        return to_global("ProviderAuditLine", root.id)

    user_id: str
    """The user ID."""

    name: str
    """The full name of its owner."""

    provider: Provider | None
    """The provider that the owner works for."""

    last_used_on: date
    """The day of the last use; where it was never used, the day from which it counts."""

    ever_used: bool
    """Whether it was ever used."""

    verdict: AuditVerdict
    """Why it is on the list."""

    why: str
    """The same in a sentence."""

    answer: AuditAnswer | None
    """What the Local Security Officer answered."""

    answered_at: datetime | None
    """When it was answered."""

    held_why: str
    """Why account management holds it; empty where it does not."""

    outcome: AuditOutcome
    """What became of it."""

    settled_at: datetime | None
    """When that was decided."""
