"""What the mutations of access forms answer: the object, or why it was refused."""

from __future__ import annotations

from schema.access_form_types import AccessForm, ReleasedCredentials
from schema.described import described_type
from schema.errors import UserError


@described_type
class SubmitAccessFormPayload:
    """The form as it waits now, or why it was not submitted."""

    access_form: AccessForm | None
    """The form."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class SignAccessFormPayload:
    """The signed form, or why it was not signed."""

    access_form: AccessForm | None
    """The form."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RecordPaperSignaturePayload:
    """The form with the signature, or why it was not recorded."""

    access_form: AccessForm | None
    """The form."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ReturnAccessFormPayload:
    """The form that was sent back, or why it stays."""

    access_form: AccessForm | None
    """The form."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class WithdrawAccessFormPayload:
    """The form that was taken back, or why it goes on."""

    access_form: AccessForm | None
    """The form."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ForwardAccessFormPayload:
    """The forwarded form, or why it stays."""

    access_form: AccessForm | None
    """The form."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class IssueUserIdPayload:
    """The form that was carried out, or why it was not."""

    access_form: AccessForm | None
    """The form."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ReleaseCredentialsPayload:
    """The credentials, shown this once, or why they were not released."""

    credentials: ReleasedCredentials | None
    """What is handed to its owner."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
