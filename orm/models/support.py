"""Whom to call and when: settings of the installation, effective-dated (001:286-294, 000:15-20, POL-29)."""

from __future__ import annotations

from enum import StrEnum
from uuid import uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation

from orm.models.places import RegionalOffice
from orm.record import Record


class HelpKind(StrEnum):
    """What a helper helps with."""

    PROVIDER_RELATIONS = "PROVIDER_RELATIONS"
    """Anything about the exchange (001:286-288)."""
    ITSD_HELP_DESK = "ITSD_HELP_DESK"
    """Technical difficulties: security clearance, system downtime (001:292-294)."""
    CUSTOMER_SUPPORT = "CUSTOMER_SUPPORT"
    """Password resets (000:15-20)."""


class HelpContact(Record):
    """A helper at an office, or for the whole state, from a day on and until a day."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    kind = fields.CharEnumField(HelpKind, description="HelpKind", max_length=24)
    regional_office: ForeignKeyNullableRelation[RegionalOffice] = fields.ForeignKeyField(
        "homeward.RegionalOffice", related_name="helpers", on_delete=fields.RESTRICT, null=True
    )
    regional_office_id: str | None
    name = fields.CharField(100)
    phone = fields.CharField(30, default="")
    email = fields.CharField(254, default="")
    begins_on = fields.DateField()
    ends_on = fields.DateField(null=True)

    class Meta:
        table = "help_contact"
        indexes = (("kind", "regional_office_id"),)


class SupportHours(Record):
    """Which number answers on which weekday between which Chicago times (000:15-20), from a day on."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    label = fields.CharField(100)
    phone = fields.CharField(30)
    on_call = fields.BooleanField(default=False)
    weekday = fields.SmallIntField()
    opens_minute = fields.SmallIntField()
    closes_minute = fields.SmallIntField()
    begins_on = fields.DateField()
    ends_on = fields.DateField(null=True)

    class Meta:
        table = "support_hours"
        indexes = (("weekday", "opens_minute"),)
