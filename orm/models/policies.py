"""Changes to the policy register: versioned, effective-dated, never overwritten (POL-35)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from orm.record import Record


class PolicyVersion(Record):
    """One change of one number from a date on, and who decided it."""

    number = fields.IntField(primary_key=True)
    key = fields.CharField(60)
    value: Any = fields.JSONField()
    effective_from = fields.DateField()
    decided_by_id: UUID | None = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField()
    reason = fields.CharField(500, default="")

    class Meta:
        table = "policy_version"
        indexes = (("key", "effective_from"),)
