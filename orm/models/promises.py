"""What the house has promised to tell: mailboxes with a cursor that cannot skip, and the letters in the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation

from orm.record import Record
from rules.audience import Reason
from rules.notices import DeliveryState, NotificationKind

if TYPE_CHECKING:
    from orm.models.accounts import User
    from orm.models.providers import Contact, Provider
    from orm.models.referrals import Referral


class Mailbox(Record):
    """One reader's mailbox. ``last_line`` is counted up under the row's lock, so a cursor never skips a line."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    last_line = fields.BigIntField(default=0)

    class Meta:
        table = "mailbox"


class Notification(Record):
    """A line in a mailbox (NOT-24): ids and a number, nothing about the person."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    mailbox: ForeignKeyRelation[Mailbox] = fields.ForeignKeyField(
        "homeward.Mailbox", related_name="lines", on_delete=fields.RESTRICT
    )
    mailbox_id: UUID
    line = fields.BigIntField()
    kind = fields.CharEnumField(NotificationKind, description="NotificationKind", max_length=32)
    referral: ForeignKeyNullableRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="notifications", on_delete=fields.RESTRICT, null=True
    )
    referral_id: UUID | None
    referral_number = fields.IntField(null=True)
    subject_number = fields.IntField(null=True)
    numbers: list[int] = fields.JSONField(default=list)
    at = fields.DatetimeField()
    older_letter_id = fields.UUIDField(null=True)
    """The letter of a line from before the two shared a key, if there was one."""

    class Meta:
        table = "notification"
        unique_together = (("mailbox", "line"),)
        indexes = (("referral_id", "at"),)

    @property
    def letter_id(self) -> UUID:
        """Give the key of the letter that was promised with the line; there is none where there was no address."""
        return self.older_letter_id or self.id


class WithheldNotice(Record):
    """News that a provider did not get because of its No Referral Status, until it is lifted (001:152, 001:161-162)."""

    id = fields.BigIntField(primary_key=True)
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="withheld", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    referral: ForeignKeyRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="withheld", on_delete=fields.RESTRICT
    )
    referral_id: UUID
    kind = fields.CharEnumField(NotificationKind, description="NotificationKind", max_length=32)
    reason = fields.CharEnumField(Reason, description="Reason", max_length=32)
    at = fields.DatetimeField()
    released_at = fields.DatetimeField(null=True)

    class Meta:
        table = "withheld_notice"
        indexes = (("provider_id", "released_at"), ("referral_id", "at"))


class SilenceAlert(Record):
    """That a coordinator was told of a provider which had not answered a referral in time: once for each pair."""

    id = fields.BigIntField(primary_key=True)
    referral: ForeignKeyRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="silence_alerts", on_delete=fields.RESTRICT
    )
    referral_id: UUID
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="silence_alerts", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    at = fields.DatetimeField()

    class Meta:
        table = "silence_alert"
        unique_together = (("referral", "provider"),)


class Letter(Record):
    """An e-mail that was promised in the transaction of the change itself, under the key of the line it came with.

    A ``key`` besides names a promise that must not be made twice.
    """

    id = fields.UUIDField(primary_key=True, default=uuid4)
    key = fields.CharField(160, null=True)
    kind = fields.CharEnumField(NotificationKind, description="NotificationKind", max_length=32)
    contact: ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "homeward.Contact", related_name="letters", on_delete=fields.RESTRICT, null=True
    )
    contact_id: UUID | None
    user: ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="letters", on_delete=fields.RESTRICT, null=True
    )
    user_id: UUID | None
    referral: ForeignKeyNullableRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="letters", on_delete=fields.RESTRICT, null=True
    )
    referral_id: UUID | None
    facts: dict[str, Any] = fields.JSONField(default=dict)
    state = fields.CharEnumField(
        DeliveryState, description="DeliveryState", max_length=16, default=DeliveryState.QUEUED
    )
    attempts = fields.IntField(default=0)
    created_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    claim = fields.UUIDField(null=True)
    sent_at = fields.DatetimeField(null=True)
    sent_to = fields.CharField(254, default="")
    bounced_at = fields.DatetimeField(null=True)
    last_error = fields.CharField(300, default="")

    class Meta:
        table = "outbox"
        indexes = (("referral_id",), ("created_at", "id"), ("contact_id", "created_at"))
