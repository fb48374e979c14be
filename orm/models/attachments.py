"""Documents of a referral, encrypted at rest under random names, and the short-lived links that open them."""

from __future__ import annotations

from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyRelation

from orm.models.accounts import Session
from orm.models.referrals import Referral
from orm.record import Record
from rules.attachments import AttachmentState
from rules.referrals import AttachmentKind


class Attachment(Record):
    """A document of a referral (001:250-252). The content is a file under ``storage_id``, outside the web root."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    referral: ForeignKeyRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="attachments", on_delete=fields.RESTRICT
    )
    referral_id: UUID
    kind = fields.CharEnumField(AttachmentKind, description="AttachmentKind", max_length=24)
    state = fields.CharEnumField(AttachmentState, description="AttachmentState", max_length=16)
    file_name = fields.CharField(200)
    media_type = fields.CharField(120)
    size = fields.BigIntField()
    sha256 = fields.CharField(64)
    storage_id = fields.CharField(64, unique=True)
    key_id = fields.CharField(40)
    wrapped_key = fields.CharField(200)
    uploaded_by_id = fields.UUIDField()
    uploaded_at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)
    settled_why = fields.CharField(200, default="")

    class Meta:
        table = "attachment"
        indexes = (("referral_id", "uploaded_at"), ("state", "uploaded_at"))


class AttachmentLink(Record):
    """A link that opens one document once, for one session, for a minute. Only the hash of its token is kept."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    attachment: ForeignKeyRelation[Attachment] = fields.ForeignKeyField(
        "homeward.Attachment", related_name="links", on_delete=fields.RESTRICT
    )
    attachment_id: UUID
    session: ForeignKeyRelation[Session] = fields.ForeignKeyField(
        "homeward.Session", related_name="attachment_links", on_delete=fields.RESTRICT
    )
    session_id: UUID
    token_hash = fields.CharField(64, unique=True)
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "attachment_link"
