"""What the mutations of provider profiles answer: the object, or why it was refused."""

from __future__ import annotations

from schema.described import described_type
from schema.errors import UserError
from schema.provider_types import ProviderContact, ProviderProfile


@described_type
class UpsertProviderPayload:
    """The provider, or why it was not saved."""

    provider: ProviderProfile | None
    """The provider."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class UpsertContractPayload:
    """The provider with its contracts, or why nothing was saved."""

    provider: ProviderProfile | None
    """The provider."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class AddSitePayload:
    """The provider with its homes, or why none was added."""

    provider: ProviderProfile | None
    """The provider."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RemoveSitePayload:
    """The provider with its homes, or why it stays."""

    provider: ProviderProfile | None
    """The provider."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ActivateProviderPayload:
    """The provider that takes part, or why it does not."""

    provider: ProviderProfile | None
    """The provider."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class DeactivateProviderPayload:
    """The provider that takes part no more, or why it still does."""

    provider: ProviderProfile | None
    """The provider."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class SetNoReferralStatusPayload:
    """The provider in No Referral Status, or why it is not."""

    provider: ProviderProfile | None
    """The provider."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class LiftNoReferralStatusPayload:
    """The provider that gets referrals again, or why it does not."""

    provider: ProviderProfile | None
    """The provider."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class AddContactPayload:
    """The new contact, or why there is none."""

    contact: ProviderContact | None
    """The contact."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class UpdateContactPayload:
    """The changed contact, or why it was not changed."""

    contact: ProviderContact | None
    """The contact."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class VerifyContactPayload:
    """The verified contact, or why it is not."""

    contact: ProviderContact | None
    """The contact."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ActivateContactPayload:
    """The active contact, or why it is not."""

    contact: ProviderContact | None
    """The contact."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class DeactivateContactPayload:
    """The inactive contact, or why it stays active."""

    contact: ProviderContact | None
    """The contact."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class SetContactCountiesPayload:
    """The contact with its counties, and with warnings of those without a home; or why they stay."""

    contact: ProviderContact | None
    """The contact."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class LinkContactUserPayload:
    """The contact with its user ID, or why it was not linked."""

    contact: ProviderContact | None
    """The contact."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ConfirmContactEmailPayload:
    """Whether the address is confirmed, or why it is not."""

    confirmed: bool | None
    """True when it is done."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
