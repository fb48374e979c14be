"""The kept reports of the procedures, as they were made: content, prints and hashes (RSK-24; 002:262, 002:314)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from tortoise import fields

from orm.record import Record
from rules.reports import Procedure


class Evidence(Record):
    """One kept report with its prints. Written once.

    ``about_kind`` and ``about_id`` name the review, audit or obligation whose report it is.
    """

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    procedure = fields.CharEnumField(Procedure, description="Procedure", max_length=24)
    title = fields.CharField(200)
    period_from = fields.DateField()
    period_to = fields.DateField()
    cites = fields.CharField(80)
    made_at = fields.DatetimeField()
    made_by_id: UUID | None = fields.UUIDField(null=True)
    made_by = fields.CharField(80)
    about_kind = fields.CharField(40, default="")
    about_id: UUID | None = fields.UUIDField(null=True)
    policy_version = fields.CharField(40, default="")
    sources: list[dict[str, Any]] = fields.JSONField(default=list)
    content = fields.TextField()
    content_hash = fields.CharField(64)
    html = fields.BinaryField()
    html_hash = fields.CharField(64)
    pdf = fields.BinaryField()
    pdf_hash = fields.CharField(64)

    class Meta:
        table = "evidence"
        indexes = (("procedure", "number"), ("about_id",))
