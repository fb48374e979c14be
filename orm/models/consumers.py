"""The people who look for a home, and their guardians (001:246). Protected data: never in e-mail, logs or URLs."""

from __future__ import annotations

from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyRelation

from orm.record import Record
from rules.referrals import Gender


class Consumer(Record):
    """A person with a developmental disability, known to the department by the DMH ID (001:205-211)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    dmh_id = fields.CharField(20, unique=True)
    first_name = fields.CharField(100)
    last_name = fields.CharField(100)
    birth_date = fields.DateField()
    gender = fields.CharEnumField(Gender, description="Gender", max_length=16)
    address = fields.CharField(120, default="")
    city = fields.CharField(60, default="")
    zip_code = fields.CharField(10, default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "consumer"
        indexes = (("last_name", "first_name"),)

    @property
    def name(self) -> str:
        """Give the full name as the grid shows it."""
        return f"{self.first_name} {self.last_name}"


class Guardian(Record):
    """A guardian of a consumer (001:246)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    consumer: ForeignKeyRelation[Consumer] = fields.ForeignKeyField(
        "homeward.Consumer", related_name="guardians", on_delete=fields.RESTRICT
    )
    consumer_id: UUID
    name = fields.CharField(100)
    relationship = fields.CharField(60, default="")
    phone = fields.CharField(30, default="")
    email = fields.CharField(254, default="")
    position = fields.IntField(default=0)

    class Meta:
        table = "guardian"
        indexes = (("consumer_id", "position"),)
