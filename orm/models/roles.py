"""The role catalogue, what does not go together, and the outside systems some roles open (000:176-177, 002:244-245)."""

from __future__ import annotations

from uuid import uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation

from orm.models.optional import optional_choice
from orm.record import Record
from rules.organizations import Division, Under
from rules.segregation import PairVerdict


class OutsideSystem(Record):
    """A system of another agency in which people of the department have accounts (002:278-285, 002:303-305)."""

    code = fields.CharField(20, primary_key=True)
    name = fields.CharField(100)
    agency = fields.CharField(100)
    mainframe = fields.BooleanField(default=False)
    active = fields.BooleanField(default=True)

    class Meta:
        table = "outside_system"


class CatalogueRole(Record):
    """A role that can be asked for (000:176-185). A grant holds its code; ``rules.roles`` knows some of them."""

    code = fields.CharField(40, primary_key=True)
    name = fields.CharField(80, unique=True)
    description = fields.CharField(400, default="")
    division = optional_choice(Division, 8)
    available_to: list[str] = fields.JSONField(default=list)
    under = fields.CharEnumField(Under, description="Under", max_length=20, default=Under.REGIONAL_OFFICE)
    training = fields.CharField(80, default="")
    limits = fields.CharField(120, default="")
    includes: list[str] = fields.JSONField(default=list)
    optional = fields.BooleanField(default=False)
    administrative = fields.BooleanField(default=False)
    is_duty = fields.BooleanField(default=False)
    inactivity_exempt = fields.BooleanField(default=False)
    system: ForeignKeyNullableRelation[OutsideSystem] = fields.ForeignKeyField(
        "homeward.OutsideSystem", related_name="roles", on_delete=fields.RESTRICT, null=True
    )
    system_id: str | None
    active_from = fields.DateField()
    withdrawn_on = fields.DateField(null=True)
    source = fields.CharField(80, default="")

    class Meta:
        table = "catalogue_role"


class IncompatiblePair(Record):
    """Two roles whose functions do not go together (002:244-245). ``one_role`` sorts before ``other_role``."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    one_role = fields.CharField(40)
    other_role = fields.CharField(40)
    verdict = fields.CharEnumField(PairVerdict, description="PairVerdict", max_length=24)
    why = fields.CharField(300, default="")
    set_at = fields.DatetimeField()
    set_by_id = fields.UUIDField(null=True)
    ended_at = fields.DatetimeField(null=True)
    ended_by_id = fields.UUIDField(null=True)

    class Meta:
        table = "incompatible_pair"
        indexes = (("one_role", "other_role"),)
