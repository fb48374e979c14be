"""A provider's profile: contacts, homes, contracts, No Referral Status, and what is wrong (001:66-129)."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.provider_shapes import ContactView, ContractView, ProviderKind, ProviderProfileView, SiteView
from rules.profiles import DeactivationReason, ProfileWarning
from rules.referrals import SiteKind
from schema.described import described_enum, described_type
from schema.help_types import RegionalOffice
from schema.ids import to_global
from schema.referral_types import County

described_enum(ProviderKind)
described_enum(SiteKind)
described_enum(DeactivationReason)
described_enum(ProfileWarning, values={one: f"{one.sentence} ({one.cites})" for one in ProfileWarning})


@described_type
class ProfileProblem:
    """Something that keeps a provider, or one of its contacts, from getting its referrals."""

    code: ProfileWarning
    """What is wrong."""

    sentence: str
    """The same in a sentence."""

    cites: str
    """The lines of the source documents that it stands on."""

    contact_name: str | None
    """The contact it is about; null when it is the whole provider."""

    counties: list[County]
    """The counties it is about, if it is about counties."""


@described_type
class ProviderContact:
    """A person of a provider who is told of referrals (001:74-99)."""

    @strawberry.field
    def id(root: strawberry.Parent[ContactView]) -> strawberry.ID:
        """The global id, as `contactId` takes it."""
        return to_global("Contact", root.id)

    name: str
    """The full name."""

    first_name: str
    """The first name."""

    last_name: str
    """The last name."""

    title: str
    """What the person does at the provider."""

    email: str | None
    """The e-mail address on file; without one no letter is sent (001:70)."""

    email_confirmed_at: datetime | None
    """When the person confirmed the address. Letters are sent before that, too."""

    email_bounced_at: datetime | None
    """When letters to this address came back, if they did."""

    phone: str
    """The telephone number."""

    user_id: str | None
    """The user ID of the person, if it has one and said so (001:95)."""

    active: bool
    """Whether the person is told of referrals (001:154)."""

    verified_at: datetime | None
    """When these data were last looked at and found right (001:70-72)."""

    counties: list[County]
    """The counties that the person covers, by name (001:99)."""

    warnings: list[ProfileProblem]
    """What is wrong with this contact, such as counties in which the provider has no home."""


@described_type
class Site:
    """A home of a provider (001:101)."""

    @strawberry.field
    def id(root: strawberry.Parent[SiteView]) -> strawberry.ID:
        """The global id, as `siteId` takes it."""
        return to_global("Site", root.id)

    kind: SiteKind
    """Individualized Supported Living or a group home."""

    county: County
    """The county it is in."""

    city: str
    """The city it is in."""

    beds: int
    """How many people it has room for; 0 when that is not known."""


@described_type
class Contract:
    """A contract period of a provider (002:355-357)."""

    @strawberry.field
    def id(root: strawberry.Parent[ContractView]) -> strawberry.ID:
        """The global id, as `contractId` takes it."""
        return to_global("Contract", root.id)

    number: str
    """The number of the contract."""

    begins_on: date
    """The first day."""

    ends_on: date | None
    """The last day; null while it is current."""

    in_force: bool
    """Whether it covers today."""


@described_type
class NoReferralPeriod:
    """A period in which a provider got no referrals (001:152)."""

    reason: str
    """Why."""

    begins_at: datetime
    """Since when."""

    lifted_at: datetime | None
    """Until when; null while it lasts."""


@described_type
class ProviderProfile:
    """A provider with its whole profile (000:66-72; 001:66-129)."""

    @strawberry.field
    def id(root: strawberry.Parent[ProviderProfileView]) -> strawberry.ID:
        """The global id, as `providerId` takes it."""
        return to_global("Provider", root.id)

    name: str
    """The name of the organization."""

    kind: ProviderKind
    """Referrals go to residential providers (001:139)."""

    active: bool
    """Whether it takes part in the exchange (001:167-168)."""

    address: str
    """The street address."""

    city: str
    """The city."""

    zip_code: str
    """The ZIP code."""

    phone: str
    """The telephone number."""

    fax: str
    """The fax number."""

    regional_office: RegionalOffice | None
    """The regional office that it belongs to."""

    in_no_referral_status: bool
    """Whether referrals are suspended (001:152)."""

    no_referral_periods: list[NoReferralPeriod]
    """Every period in No Referral Status, the latest first."""

    contacts: list[ProviderContact]
    """Its contacts, the active ones first (001:74-83)."""

    sites: list[Site]
    """Its homes, by county."""

    contracts: list[Contract]
    """Its contract periods, the latest first."""

    reachable: bool
    """Whether letters reach at least one contact (001:70, 001:154)."""

    warnings: list[ProfileProblem]
    """What keeps it from getting its referrals; empty when the profile is in order."""
