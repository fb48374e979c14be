"""What the mutations of the own account and of the support desk take."""

from __future__ import annotations

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from rules.resets import Proof
from schema.described import described_input


@described_input
class AcknowledgeConfidentialityInput:
    """The statement that was read."""

    version: str
    """The version of the statement, as `confidentialityStatement` gives it."""


@described_input
class UpdateProfileInput:
    """What a person keeps current of the own account; what is left out stays (000:26-27, 000:302-310)."""

    phone: str | None = strawberry.UNSET
    """The telephone number, up to 30 characters; empty takes it away."""

    title: str | None = strawberry.UNSET
    """The job title, up to 100 characters; empty takes it away."""

    email: str | None = strawberry.UNSET
    """A new e-mail address. It takes effect when the link of the letter that is sent there is followed."""

    current_password: str | None = None
    """The current password; needed when the telephone number or the e-mail address changes."""


@described_input
class OpenPasswordResetInput:
    """Who called the support desk."""

    user_id: str
    """The user ID, with or without its domain."""


@described_input
class ResolvePasswordResetInput:
    """Which reset is carried out, and how the caller proved who they are."""

    number: int
    """The ticket's number."""

    proof: Proof
    """How the identity was proven."""


@described_input
class RefusePasswordResetInput:
    """Which reset is not carried out."""

    number: int
    """The ticket's number."""

    why: str
    """The reason, up to 300 characters; without the personal data of anybody."""
