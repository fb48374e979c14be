"""What a provider's profile shows, and what is wrong with it (001:66-129)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from orm.models import ProviderKind
from resolvers.referral_shapes import CountyView
from rules.profiles import ProfileWarning
from rules.referrals import SiteKind

__all__ = [
    "ContactView",
    "ContractView",
    "NoReferralPeriodView",
    "ProviderKind",
    "ProviderProfileView",
    "RegionalOfficeView",
    "SiteView",
    "WarningView",
]


@dataclass(slots=True)
class WarningView:
    """Something that keeps a provider or a contact from getting its referrals."""

    code: ProfileWarning
    sentence: str
    cites: str
    contact_name: str | None
    counties: list[CountyView]


@dataclass(slots=True)
class ContactView:
    """A person of a provider who is told of referrals (001:74-99)."""

    id: UUID
    name: str
    first_name: str
    last_name: str
    title: str
    email: str | None
    email_confirmed_at: datetime | None
    email_bounced_at: datetime | None
    phone: str
    user_id: str | None
    active: bool
    verified_at: datetime | None
    counties: list[CountyView] = field(default_factory=list)
    warnings: list[WarningView] = field(default_factory=list)


@dataclass(slots=True)
class SiteView:
    """A home."""

    id: UUID
    kind: SiteKind
    county: CountyView
    city: str
    beds: int


@dataclass(slots=True)
class ContractView:
    """A contract period."""

    id: UUID
    number: str
    begins_on: date
    ends_on: date | None
    in_force: bool


@dataclass(slots=True)
class NoReferralPeriodView:
    """A period in No Referral Status."""

    reason: str
    begins_at: datetime
    lifted_at: datetime | None


@dataclass(slots=True)
class RegionalOfficeView:
    """The regional office that a provider belongs to."""

    code: str
    name: str
    city: str
    address: str
    phone: str


@dataclass(slots=True)
class ProviderProfileView:
    """A provider's record and profile."""

    id: UUID
    name: str
    kind: ProviderKind
    active: bool
    address: str
    city: str
    zip_code: str
    phone: str
    fax: str
    regional_office: RegionalOfficeView | None
    in_no_referral_status: bool = False
    no_referral_periods: list[NoReferralPeriodView] = field(default_factory=list)
    contacts: list[ContactView] = field(default_factory=list)
    sites: list[SiteView] = field(default_factory=list)
    contracts: list[ContractView] = field(default_factory=list)
    reachable: bool = False
    warnings: list[WarningView] = field(default_factory=list)
