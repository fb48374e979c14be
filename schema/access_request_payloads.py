"""What the mutations of access requests answer: the request, or why it was refused."""

from __future__ import annotations

from schema.access_request_types import AccessRequest
from schema.described import described_type
from schema.errors import UserError


@described_type
class CreateAccessRequestPayload:
    """The new draft, or why there is none."""

    access_request: AccessRequest | None
    """The draft."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class SetRequestedRolesPayload:
    """The draft with its roles and its review, or why they stay as they were."""

    access_request: AccessRequest | None
    """The draft."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class SubmitAccessRequestPayload:
    """The request with its number and next step, or why it was not submitted (000:196)."""

    access_request: AccessRequest | None
    """The request; one with a role that cannot be granted is denied as a whole, and its state says so (000:204-205)."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class WithdrawAccessRequestPayload:
    """The request that was taken back, or why it was not."""

    access_request: AccessRequest | None
    """The request."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ResubmitAccessRequestPayload:
    """The corrected draft, without any approval, or why there is none (000:206)."""

    access_request: AccessRequest | None
    """The draft."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class DecideAccessRequestPayload:
    """The request after the decision, or why it was not decided."""

    access_request: AccessRequest | None
    """The request; one with a role that can no longer be granted is denied as a whole, and its state says so."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
