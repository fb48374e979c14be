"""Providers: contract, sites, contacts and their counties, and No Referral Status."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation

from orm.models.places import County, RegionalOffice
from orm.models.promises import Mailbox
from orm.record import Record
from rules.referrals import SiteKind

if TYPE_CHECKING:
    from orm.models.accounts import User


class ProviderKind(StrEnum):
    """What a provider is to the exchange: referral notices are for residential providers (001:139)."""

    RESIDENTIAL = "RESIDENTIAL"
    """Runs homes: Individualized Supported Living or group homes (001:101)."""
    TARGETED_CASE_MANAGEMENT = "TARGETED_CASE_MANAGEMENT"
    """A TCM entity: coordinates support, offers no home (000:51)."""
    OTHER = "OTHER"
    """Any other contracted provider."""


class Provider(Record):
    """An organization under contract with the department (000:66-72)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    name = fields.CharField(120, unique=True)
    kind = fields.CharEnumField(ProviderKind, description="ProviderKind", max_length=32)
    address = fields.CharField(120, default="")
    city = fields.CharField(60, default="")
    zip_code = fields.CharField(10, default="")
    phone = fields.CharField(30, default="")
    fax = fields.CharField(30, default="")
    regional_office: ForeignKeyNullableRelation[RegionalOffice] = fields.ForeignKeyField(
        "homeward.RegionalOffice", related_name="providers", on_delete=fields.RESTRICT, null=True
    )
    regional_office_id: str | None
    active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "provider"


class Contract(Record):
    """A contract period of a provider, current while it has no end date (002:355)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="contracts", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    number = fields.CharField(40, unique=True)
    begins_on = fields.DateField()
    ends_on = fields.DateField(null=True)

    class Meta:
        table = "contract"
        indexes = (("provider_id", "begins_on"),)


class Site(Record):
    """A home of a provider in a county (001:101, 001:121)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="sites", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    kind = fields.CharEnumField(SiteKind, description="SiteKind", max_length=16)
    county: ForeignKeyRelation[County] = fields.ForeignKeyField(
        "homeward.County", related_name="sites", on_delete=fields.RESTRICT
    )
    county_id: str
    city = fields.CharField(60, default="")
    beds = fields.IntField(default=0)

    class Meta:
        table = "site"
        indexes = (("provider_id", "county_id"),)


class Contact(Record):
    """A person of a provider who is told of referrals, with or without a user ID (001:74-99)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="contacts", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    user: ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="contacts", on_delete=fields.RESTRICT, null=True
    )
    user_id: UUID | None
    mailbox: ForeignKeyRelation[Mailbox] = fields.ForeignKeyField(
        "homeward.Mailbox", related_name="contacts", on_delete=fields.RESTRICT
    )
    mailbox_id: UUID
    first_name = fields.CharField(100)
    last_name = fields.CharField(100)
    title = fields.CharField(100, default="")
    email = fields.CharField(254, null=True)
    email_confirmed_at = fields.DatetimeField(null=True)
    email_bounced_at = fields.DatetimeField(null=True)
    phone = fields.CharField(30, default="")
    active = fields.BooleanField(default=True)
    verified_at = fields.DatetimeField(null=True)
    last_reminded_on = fields.DateField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "contact"
        indexes = (("provider_id", "active"),)

    @property
    def name(self) -> str:
        """Give the name as people say it."""
        return f"{self.first_name} {self.last_name}"


class ContactCounty(Record):
    """A county that a contact covers (001:99, 001:125-129)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    contact: ForeignKeyRelation[Contact] = fields.ForeignKeyField(
        "homeward.Contact", related_name="counties", on_delete=fields.RESTRICT
    )
    contact_id: UUID
    county: ForeignKeyRelation[County] = fields.ForeignKeyField(
        "homeward.County", related_name="contacts", on_delete=fields.RESTRICT
    )
    county_id: str
    since = fields.DatetimeField()

    class Meta:
        table = "contact_county"
        unique_together = (("contact", "county"),)
        indexes = (("county_id",),)


class NoReferralStatus(Record):
    """A period in which a provider gets no referrals, until it is lifted (001:152, 001:161-162)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="no_referral_periods", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    reason = fields.CharField(500)
    begins_at = fields.DatetimeField()
    set_by_id = fields.UUIDField(null=True)
    lifted_at = fields.DatetimeField(null=True)
    lifted_by_id = fields.UUIDField(null=True)

    class Meta:
        table = "no_referral_status"


class EmailConfirmation(Record):
    """A letter that asks a contact to confirm the address. Only the hash of its token is kept (PRF-06)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    contact: ForeignKeyRelation[Contact] = fields.ForeignKeyField(
        "homeward.Contact", related_name="confirmations", on_delete=fields.RESTRICT
    )
    contact_id: UUID
    email = fields.CharField(254)
    token_hash = fields.CharField(64, unique=True)
    asked_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "email_confirmation"
        indexes = (("contact_id", "asked_at"),)
