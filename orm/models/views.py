"""Lists as people like to see them: a person's own ways of looking at a register."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyRelation

from orm.record import Record

if TYPE_CHECKING:
    from orm.models.accounts import User


class SavedView(Record):
    """What a person asked of a list, under a name: filters and order as they stand in an address, no more."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="saved_views", on_delete=fields.RESTRICT
    )
    user_id: UUID
    register = fields.CharField(80)
    name = fields.CharField(60)
    query = fields.CharField(500, default="")
    saved_at = fields.DatetimeField()

    class Meta:
        table = "saved_view"
        unique_together = (("user", "register", "name"),)
