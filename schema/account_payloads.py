"""What the mutations of the own account and of the support desk answer."""

from __future__ import annotations

from schema.account_types import PasswordReset, Profile, TemporaryPassword
from schema.described import described_type
from schema.errors import UserError
from schema.people_types import Viewer


@described_type
class AcknowledgeConfidentialityPayload:
    """The viewer, who may go on, or why not."""

    viewer: Viewer | None
    """The person who is signed on."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class UpdateProfilePayload:
    """The profile as it is now, or why it stays."""

    profile: Profile | None
    """The profile; a new address waits there until it is confirmed."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class OpenPasswordResetPayload:
    """The ticket, or why there is none."""

    password_reset: PasswordReset | None
    """The ticket."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ResolvePasswordResetPayload:
    """The temporary password, shown this once, or why there is none."""

    temporary_password: TemporaryPassword | None
    """The password for one sign-on."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RefusePasswordResetPayload:
    """The ticket, or why it stays open."""

    password_reset: PasswordReset | None
    """The ticket."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
