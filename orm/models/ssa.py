"""The report of providers to the Social Security Administration: snapshot, checks and delivery (002:322-367)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation

from orm.models.accounts import User
from orm.models.providers import Provider
from orm.record import Record
from rules.ssa import ContractStanding, DeliveryStep, RecipientPurpose, SsaState


class SsaReport(Record):
    """One report by its due date: where it stands, and the hash of its snapshot."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    period_from = fields.DateField(unique=True)
    state = fields.CharEnumField(SsaState, description="SsaState", max_length=12, default=SsaState.BEING_TAKEN)
    run_at = fields.DatetimeField()
    policy_version = fields.CharField(40, default="")
    providers = fields.IntField(default=0)
    persons = fields.IntField(default=0)
    snapshot_hash = fields.CharField(64, default="")
    whole_at = fields.DatetimeField(null=True)
    changes_evidence = fields.IntField(null=True)
    approved_at = fields.DatetimeField(null=True)
    approved_by_id = fields.UUIDField(null=True)
    evidence_number = fields.IntField(null=True)

    class Meta:
        table = "ssa_report"


class SsaProvider(Record):
    """One provider as it stood on the day of a report (002:349-350). Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    report: ForeignKeyRelation[SsaReport] = fields.ForeignKeyField(
        "homeward.SsaReport", related_name="provider_lines", on_delete=fields.RESTRICT
    )
    report_id: UUID
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="ssa_lines", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    name = fields.CharField(120)
    contract_number = fields.CharField(40, default="")
    begins_on = fields.DateField(null=True)
    ends_on = fields.DateField(null=True)
    standing = fields.CharEnumField(ContractStanding, description="ContractStanding", max_length=12)
    accounts = fields.IntField()

    class Meta:
        table = "ssa_provider"
        unique_together = (("report", "provider"),)


class SsaPerson(Record):
    """One person with access on the day of a report (002:329-332, POL-28). Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    report: ForeignKeyRelation[SsaReport] = fields.ForeignKeyField(
        "homeward.SsaReport", related_name="person_lines", on_delete=fields.RESTRICT
    )
    report_id: UUID
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="ssa_lines", on_delete=fields.RESTRICT
    )
    user_id: UUID
    provider: ForeignKeyNullableRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="ssa_persons", on_delete=fields.RESTRICT, null=True
    )
    provider_id: UUID | None
    login = fields.CharField(64)
    name = fields.CharField(201)
    roles: list[str] = fields.JSONField(default=list)

    class Meta:
        table = "ssa_person"
        unique_together = (("report", "user"),)


class SsaCheck(Record):
    """That account management has checked a line, and how many accounts were disabled for it. Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    report: ForeignKeyRelation[SsaReport] = fields.ForeignKeyField(
        "homeward.SsaReport", related_name="checks", on_delete=fields.RESTRICT
    )
    report_id: UUID
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="ssa_checks", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    note = fields.CharField(300, default="")
    disabled = fields.IntField(default=0)
    checked_at = fields.DatetimeField()
    checked_by_id = fields.UUIDField()

    class Meta:
        table = "ssa_check"
        unique_together = (("report", "provider"),)


class SsaCorrection(Record):
    """What the Chief Security Officer has put right about a line before it is sent (002:360). Written once."""

    id = fields.BigIntField(primary_key=True)
    report: ForeignKeyRelation[SsaReport] = fields.ForeignKeyField(
        "homeward.SsaReport", related_name="corrections", on_delete=fields.RESTRICT
    )
    report_id: UUID
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="ssa_corrections", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    text = fields.CharField(300)
    at = fields.DatetimeField()
    by_id = fields.UUIDField()

    class Meta:
        table = "ssa_correction"
        indexes = (("report_id", "provider_id"),)


class SsaDelivery(Record):
    """A recorded step of the delivery, with its recipients as they were set then (002:360-367). Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    report: ForeignKeyRelation[SsaReport] = fields.ForeignKeyField(
        "homeward.SsaReport", related_name="deliveries", on_delete=fields.RESTRICT
    )
    report_id: UUID
    step = fields.CharEnumField(DeliveryStep, description="DeliveryStep", max_length=12)
    done_on = fields.DateField()
    document = fields.CharField(120, default="")
    note = fields.CharField(300, default="")
    recipients: list[dict[str, Any]] = fields.JSONField(default=list)
    recorded_at = fields.DatetimeField()
    recorded_by_id = fields.UUIDField()

    class Meta:
        table = "ssa_delivery"
        unique_together = (("report", "step"),)


class ReportRecipient(Record):
    """Somebody who gets the report, or is told of it: data of the installation, set by the Chief Security Officer."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    purpose = fields.CharEnumField(RecipientPurpose, description="RecipientPurpose", max_length=16)
    user: ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="report_purposes", on_delete=fields.RESTRICT, null=True
    )
    user_id: UUID | None
    name = fields.CharField(100)
    email = fields.CharField(254, default="")
    since = fields.DatetimeField()
    set_by_id = fields.UUIDField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "report_recipient"
        indexes = (("purpose", "ended_at"),)
