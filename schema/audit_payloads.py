"""What the mutations of audits answer: the object, or why it was refused."""

from __future__ import annotations

from schema.audit_types import ProviderAudit
from schema.described import described_type
from schema.errors import UserError


@described_type
class AnswerProviderAuditPayload:
    """The audit with the answer, or why it was not taken."""

    provider_audit: ProviderAudit | None
    """The audit."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class HoldAuditedAccountPayload:
    """The audit with the held account, or why it is not held."""

    provider_audit: ProviderAudit | None
    """The audit."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
