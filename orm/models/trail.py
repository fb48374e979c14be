"""The permanent record of every record accessed, updated, changed or deleted (002:221-223)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tortoise import fields

from orm.record import Record


class Outcome(StrEnum):
    """How an attempt ended."""

    DONE = "DONE"
    """It was done, or it was shown."""
    REFUSED = "REFUSED"
    """It was refused by a rule; ``code`` says which."""
    FAILED = "FAILED"
    """It failed by a fault of the house; nothing was changed."""


class AuditEntry(Record):
    """One act on one or more records: who, when, what, which fields, how it ended. Written once, never changed."""

    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField()
    actor_id = fields.UUIDField(null=True)
    actor = fields.CharField(80)
    session_id = fields.UUIDField(null=True)
    request_id = fields.CharField(64)
    act = fields.CharField(60)
    outcome = fields.CharEnumField(Outcome, description="Outcome", max_length=8)
    code = fields.CharField(60, default="")
    about_id = fields.UUIDField(null=True)
    subjects: dict[str, list[str]] = fields.JSONField(default=dict)
    shown: list[str] = fields.JSONField(default=list)
    facts: dict[str, Any] = fields.JSONField(default=dict)
    policy_version = fields.CharField(40, default="")
    leaf = fields.CharField(64)

    class Meta:
        table = "audit_entry"
        indexes = (("about_id", "id"), ("actor_id", "id"), ("act", "id"), ("actor_id", "at", "id"))


class AuditSheet(Record):
    """Entries of one act at one moment that are committed and not yet rows of the trail each. Never changed.

    It goes with the transaction that makes rows of its entries; ``after_entry`` is a number below all of theirs.
    """

    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField()
    act = fields.CharField(60)
    policy_version = fields.CharField(40, default="")
    size = fields.IntField()
    after_entry = fields.BigIntField()
    content = fields.TextField()

    class Meta:
        table = "audit_sheet"


class AuditTrace(Record):
    """The entries under one seal that name one record: a finding aid, made from what was sealed. Written once.

    Each seal that was gone through has one row more, of no record (the nil UUID).
    """

    id = fields.BigIntField(primary_key=True)
    seal_number = fields.BigIntField()
    subject_id = fields.UUIDField()
    entries: list[int] = fields.JSONField(default=list)

    class Meta:
        table = "audit_trace"
        unique_together = (("subject_id", "seal_number"),)
