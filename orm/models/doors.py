"""What stands between a password and the house: statements, known devices, addresses to be confirmed."""

from __future__ import annotations

from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyRelation

from orm.models.accounts import User
from orm.record import Record
from rules.statements import StatementKind


class StatementText(Record):
    """One version of a text that people accept (000:161-163, 000:253). Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    kind = fields.CharEnumField(StatementKind, description="StatementKind", max_length=16)
    version = fields.CharField(20)
    text = fields.TextField()
    effective_from = fields.DateField()

    class Meta:
        table = "statement_text"
        unique_together = (("kind", "version"),)


class StatementAcceptance(Record):
    """That a person accepted a version of the confidentiality statement in a session (000:253). Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="acceptances", on_delete=fields.RESTRICT
    )
    user_id: UUID
    session_id = fields.UUIDField(null=True)
    kind = fields.CharEnumField(StatementKind, description="StatementKind", max_length=16)
    version = fields.CharField(20)
    at = fields.DatetimeField()

    class Meta:
        table = "statement_acceptance"
        indexes = (("session_id", "version"), ("user_id", "version"))


class KnownDevice(Record):
    """A device on which a person has signed in before: it counts its wrong entries for itself."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="devices", on_delete=fields.RESTRICT
    )
    user_id: UUID
    token_hash = fields.CharField(64, unique=True)
    failures = fields.IntField(default=0)
    first_seen_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "known_device"
        indexes = (("user_id", "ended_at"),)


class AddressChange(Record):
    """A new e-mail address of a user, until the letter's link is followed (000:302-310); a hash of its token."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="address_changes", on_delete=fields.RESTRICT
    )
    user_id: UUID
    email = fields.CharField(254)
    token_hash = fields.CharField(64, unique=True)
    asked_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "address_change"
        indexes = (("user_id", "asked_at"),)
