"""The audits of provider accounts: each with its list, and who was told of it (002:141-203)."""

from __future__ import annotations

from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation

from orm.models.accounts import User
from orm.models.optional import optional_choice
from orm.models.providers import Provider
from orm.record import Record
from rules.provider_audit import AuditAnswer, AuditOutcome, AuditState, AuditVerdict


class ProviderAudit(Record):
    """One audit of the accounts of the provider domain, by the due date of its period."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    period_from = fields.DateField(unique=True)
    state = fields.CharEnumField(AuditState, description="AuditState", max_length=10, default=AuditState.OPEN)
    opened_at = fields.DatetimeField()
    window_ends_on = fields.DateField()
    accounts = fields.IntField()
    policy_version = fields.CharField(40, default="")
    completed_at = fields.DatetimeField(null=True)
    evidence_number = fields.IntField(null=True)

    class Meta:
        table = "provider_audit"


class ProviderAuditLine(Record):
    """One account on the list of an audit: why it is there, what was answered, and what became of it."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    audit: ForeignKeyRelation[ProviderAudit] = fields.ForeignKeyField(
        "homeward.ProviderAudit", related_name="lines", on_delete=fields.RESTRICT
    )
    audit_id: UUID
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="audit_lines", on_delete=fields.RESTRICT
    )
    user_id: UUID
    provider: ForeignKeyNullableRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="audit_lines", on_delete=fields.RESTRICT, null=True
    )
    provider_id: UUID | None
    last_used_on = fields.DateField()
    ever_used = fields.BooleanField()
    verdict = fields.CharEnumField(AuditVerdict, description="AuditVerdict", max_length=8)
    why = fields.CharField(200)
    listed_at = fields.DatetimeField()
    answer = optional_choice(AuditAnswer, 10)
    answered_at = fields.DatetimeField(null=True)
    answered_by_id = fields.UUIDField(null=True)
    held_why = fields.CharField(300, default="")
    held_by_id = fields.UUIDField(null=True)
    outcome = fields.CharEnumField(AuditOutcome, description="AuditOutcome", max_length=10)
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "provider_audit_line"
        unique_together = (("audit", "user"),)
        indexes = (("audit_id", "outcome"), ("provider_id", "audit_id"))


class AuditedProvider(Record):
    """That the officers of a provider were told of the list, and later of what was disabled: once each."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    audit: ForeignKeyRelation[ProviderAudit] = fields.ForeignKeyField(
        "homeward.ProviderAudit", related_name="providers", on_delete=fields.RESTRICT
    )
    audit_id: UUID
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="audits", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    told_at = fields.DatetimeField()
    told = fields.IntField()
    disabled_told_at = fields.DatetimeField(null=True)

    class Meta:
        table = "audited_provider"
        unique_together = (("audit", "provider"),)
