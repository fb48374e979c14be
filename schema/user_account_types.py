"""User IDs and their owners, as those see them who look after them."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.account_views import AccountFilter, AccountView
from rules.accounts import AccountState
from rules.leaving import DisabledReason
from schema.described import described_input, described_type
from schema.ids import key_of, to_global
from schema.referral_types import Facility, Provider


@described_type
class UserAccount:
    """A user ID issued by the department, and its owner (000:54-55)."""

    @strawberry.field
    def id(root: strawberry.Parent[AccountView]) -> strawberry.ID:
        """The global id of the person."""
        return to_global("Person", root.id)

    user_id: str
    """The user ID; it is never given to anybody else."""

    domain: str
    """The domain in which the user ID lives: EXTLCL for providers (000:145-150)."""

    name: str
    """The full name; the user ID, where the account was deleted."""

    title: str
    """What the person does."""

    email: str | None
    """The e-mail address on file."""

    phone: str
    """The telephone number on file."""

    state: AccountState
    """Whether the account is in use."""

    provider: Provider | None
    """The provider that the person works for; null for people of the department."""

    facility: Facility | None
    """The facility that the person works for."""

    regional_office: str | None
    """The code of the regional office that the person works for."""

    roles: list[str]
    """The codes of the roles held at this moment, as the role catalogue has them."""

    created_at: datetime
    """When the user ID was created."""

    last_sign_in_at: datetime | None
    """When the person signed on last."""

    locked: bool
    """Whether wrong entries have locked the account (000:9-11)."""

    open_incidents: int
    """How many open incidents concern the person."""

    disabled_at: datetime | None
    """When the account was disabled."""

    disabled_reason: DisabledReason | None
    """Why it was disabled (002:181-185)."""

    disabled_note: str | None
    """What was noted with it; null for the support desk."""

    terminated_on: date | None
    """The last day of employment, where it was told."""

    deleted_at: datetime | None
    """When the account was deleted; the user ID and the dates stay."""


@described_input
class AccountFilterInput:
    """Any combination of filters."""

    provider_id: strawberry.ID | None = None
    """People of this provider."""

    facility: str | None = None
    """People of the facility with this code."""

    state: AccountState | None = None
    """Accounts in this state."""

    search: str | None = None
    """The beginning of a user ID, or a part of a name, without regard to capitals."""

    role: str | None = None
    """Who holds this role of the catalogue, by its code."""

    def as_filter(self) -> AccountFilter:
        """Say it to the use case. Raises Invalid ID_MALFORMED."""
        provider = key_of("Provider", self.provider_id, field="providerId") if self.provider_id else None
        return AccountFilter(provider, self.facility, self.state, self.search, self.role)
