"""What the mutations and filters of provider profiles take. Only what may be set is listed."""

from __future__ import annotations

from datetime import date

import strawberry

import schema.provider_types  # noqa: F401 - the enums are described before they are used
from resolvers.provider_search import ProviderFilter
from resolvers.provider_shapes import ProviderKind
from rules.profiles import DeactivationReason
from rules.referrals import SiteKind
from schema.described import described_input


@described_input
class ProviderFilterInput:
    """Any combination of filters."""

    name_contains: str | None = None
    """A part of the name, without regard to capitals."""

    kind: ProviderKind | None = None
    """The kind of provider."""

    active: bool | None = None
    """Taking part in the exchange, or not."""

    county: str | None = None
    """A county that one of its active contacts covers, by FIPS code."""

    no_referral_status: bool | None = None
    """In No Referral Status, or not."""

    unreachable: bool | None = None
    """Without a contact whom a letter can reach, or with one."""

    def as_filter(self) -> ProviderFilter:
        """Say it to the use case."""
        return ProviderFilter(
            self.name_contains, self.kind, self.active, self.county, self.no_referral_status, self.unreachable
        )


@described_input
class UpsertProviderInput:
    """A provider's whole record. A new provider takes part once it is activated."""

    provider_id: strawberry.ID | None = None
    """The provider whose record is written anew; left out for a new one."""

    name: str
    """The name of the organization, up to 120 characters; no two have the same."""

    kind: ProviderKind
    """What it is to the exchange."""

    address: str = ""
    """The street address."""

    city: str = ""
    """The city."""

    zip_code: str = ""
    """The ZIP code."""

    phone: str = ""
    """The telephone number."""

    fax: str = ""
    """The fax number."""

    regional_office: str | None = None
    """The code of its regional office."""


@described_input
class UpsertContractInput:
    """A contract period. No two of a provider share a day."""

    provider_id: strawberry.ID
    """The provider."""

    contract_id: strawberry.ID | None = None
    """The contract that is written anew; left out for a new one."""

    number: str
    """The number of the contract, up to 40 characters; no two have the same."""

    begins_on: date
    """The first day."""

    ends_on: date | None = None
    """The last day; null while it is current (002:355)."""


@described_input
class AddSiteInput:
    """A home of a provider (001:101)."""

    provider_id: strawberry.ID
    """The provider."""

    kind: SiteKind
    """Individualized Supported Living or a group home."""

    county: str
    """The county it is in, by FIPS code."""

    city: str = ""
    """The city it is in."""

    beds: int = 0
    """How many people it has room for, up to 500; 0 when that is not known."""


@described_input
class RemoveSiteInput:
    """A home that is no more."""

    site_id: strawberry.ID
    """The home."""


@described_input
class ActivateProviderInput:
    """Which provider takes part from now on (001:167-168)."""

    provider_id: strawberry.ID
    """The provider."""


@described_input
class DeactivateProviderInput:
    """Which provider takes part no more, and why."""

    provider_id: strawberry.ID
    """The provider."""

    reason: DeactivationReason
    """Why."""


@described_input
class SetNoReferralStatusInput:
    """Which provider gets no referrals, and why (001:152)."""

    provider_id: strawberry.ID
    """The provider."""

    reason: str
    """Why, up to 500 characters."""


@described_input
class LiftNoReferralStatusInput:
    """Which provider gets referrals again (001:161-162)."""

    provider_id: strawberry.ID
    """The provider."""


@described_input
class AddContactInput:
    """A new contact of a provider (001:87-99)."""

    provider_id: strawberry.ID
    """The provider."""

    first_name: str
    """The first name, up to 100 characters."""

    last_name: str
    """The last name, up to 100 characters."""

    email: str
    """The e-mail address; be sure that it is typed accurately. A letter asks to confirm it."""

    title: str = ""
    """What the person does at the provider."""

    phone: str = ""
    """The telephone number."""

    user_id: str = ""
    """The user ID, if the person has one: not required, but appreciated (001:95)."""

    counties: list[str] = strawberry.field(default_factory=list)
    """FIPS codes of the counties in which it has homes; not all of them (001:99)."""


@described_input
class UpdateContactInput:
    """A change of a contact's data; what is left out stays."""

    contact_id: strawberry.ID
    """The contact."""

    first_name: str | None = None
    """The first name, up to 100 characters."""

    last_name: str | None = None
    """The last name, up to 100 characters."""

    email: str | None = None
    """The e-mail address; a new one is asked for confirmation, an empty one takes it off the file."""

    title: str | None = None
    """What the person does at the provider."""

    phone: str | None = None
    """The telephone number."""


@described_input
class VerifyContactInput:
    """Whose data were looked at and are right (001:70-72)."""

    contact_id: strawberry.ID
    """The contact."""


@described_input
class ActivateContactInput:
    """Who is told of referrals again (001:154)."""

    contact_id: strawberry.ID
    """The contact."""


@described_input
class DeactivateContactInput:
    """Who is told of no referral any more (001:154)."""

    contact_id: strawberry.ID
    """The contact."""


@described_input
class SetContactCountiesInput:
    """All counties of a contact (001:99, 001:121-129)."""

    contact_id: strawberry.ID
    """The contact."""

    counties: list[str]
    """FIPS codes: the whole set, but not all counties of the state."""


@described_input
class LinkContactUserInput:
    """Which user ID a contact has (001:95)."""

    contact_id: strawberry.ID
    """The contact."""

    user_id: str | None = None
    """A user ID of the same provider; null when the contact has none any more."""


@described_input
class ConfirmContactEmailInput:
    """The end of the link in the letter that asks to confirm an address."""

    token: str
    """What the link ends with."""
