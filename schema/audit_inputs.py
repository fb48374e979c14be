"""What audits of provider accounts take."""

from __future__ import annotations

from datetime import date

import schema.audit_types  # noqa: F401 - the enums are described before they are used
from rules.provider_audit import AuditAnswer
from schema.described import described_input


@described_input
class AnswerProviderAuditInput:
    """What is known of the owner of an account on the list (002:147-149)."""

    number: int
    """The number of the audit."""

    user_id: str
    """The user ID, with or without its domain."""

    answer: AuditAnswer
    """Whether the person is still employed; who is not loses all access at once."""

    terminated_on: date | None = None
    """The last day of employment, where it ended; today, unless said otherwise."""


@described_input
class HoldAuditedAccountInput:
    """An account on the list that is not to be disabled by this audit."""

    number: int
    """The number of the audit."""

    user_id: str
    """The user ID, with or without its domain."""

    why: str
    """Why, up to 300 characters; it stands in the report."""
