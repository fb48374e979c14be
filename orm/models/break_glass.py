"""Break-glass: who opened which referral in an emergency, why, until when, and what the review found."""

from __future__ import annotations

from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyRelation

from orm.models.accounts import User
from orm.models.optional import optional_choice
from orm.models.referrals import Referral
from orm.record import Record
from rules.break_glass import BreakGlassFinding


class BreakGlass(Record):
    """One referral opened to one person by break-glass, with the review that somebody else closes."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    referral: ForeignKeyRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="break_glasses", on_delete=fields.RESTRICT
    )
    referral_id: UUID
    opened_by: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="break_glasses", on_delete=fields.RESTRICT
    )
    opened_by_id: UUID
    reason = fields.CharField(1000)
    opened_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ended_by_id = fields.UUIDField(null=True)
    finding = optional_choice(BreakGlassFinding, 16)
    reviewed_at = fields.DatetimeField(null=True)
    reviewed_by_id = fields.UUIDField(null=True)
    review_note = fields.CharField(1000, default="")

    class Meta:
        table = "break_glass"
        indexes = (("opened_by_id", "referral_id"), ("referral_id", "opened_at"))
