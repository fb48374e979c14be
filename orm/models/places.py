"""Counties, regional offices and the state facilities that originate referrals."""

from __future__ import annotations

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation

from orm.record import Record


class RegionalOffice(Record):
    """A regional office of the division, or one of its satellites (000:79-80)."""

    code = fields.CharField(8, primary_key=True)
    name = fields.CharField(100)
    kind = fields.CharField(16)
    city = fields.CharField(60)
    address = fields.CharField(120, default="")
    phone = fields.CharField(30, default="")

    class Meta:
        table = "regional_office"


class County(Record):
    """One of the 115 counties (114 counties and the City of St. Louis), by its five-digit FIPS code."""

    fips = fields.CharField(5, primary_key=True)
    name = fields.CharField(60, unique=True)
    full_name = fields.CharField(80)
    kind = fields.CharField(24)
    regional_office: ForeignKeyNullableRelation[RegionalOffice] = fields.ForeignKeyField(
        "homeward.RegionalOffice", related_name="counties", on_delete=fields.RESTRICT, null=True
    )
    regional_office_id: str | None

    class Meta:
        table = "county"


class Facility(Record):
    """A state facility, known by its three-digit code (001:203)."""

    code = fields.CharField(3, primary_key=True)
    name = fields.CharField(100)
    regional_office: ForeignKeyNullableRelation[RegionalOffice] = fields.ForeignKeyField(
        "homeward.RegionalOffice", related_name="facilities", on_delete=fields.RESTRICT, null=True
    )
    regional_office_id: str | None
    active = fields.BooleanField(default=True)

    class Meta:
        table = "facility"
