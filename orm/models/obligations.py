"""The dated obligations of the risk-management programme, each with its evidence (RSK-01; 002:54-133)."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation

from orm.models.evidence import Evidence
from orm.record import Record
from rules.obligations import ObligationState


class DatedObligation(Record):
    """One obligation with its due date. Its key is made from code, subject and first due date: opened once.

    ``subject`` is the code of the system, regulation, facility or plan, or the number of the incident; empty for the
    house. ``moved_by`` names what happened, where that opened it or brought its due date forward.
    """

    id = fields.UUIDField(primary_key=True)
    number = fields.IntField(unique=True)
    code = fields.CharField(12)
    subject = fields.CharField(40, default="")
    title = fields.CharField(200)
    opens_on = fields.DateField()
    due_on = fields.DateField()
    state = fields.CharEnumField(
        ObligationState, description="ObligationState", max_length=8, default=ObligationState.OPEN
    )
    opened_at = fields.DatetimeField()
    moved_by = fields.CharField(40, default="")
    reminded_on = fields.DateField(null=True)
    escalated_on = fields.DateField(null=True)
    done_at = fields.DatetimeField(null=True)
    done_by_id: UUID | None = fields.UUIDField(null=True)
    evidence: ForeignKeyNullableRelation[Evidence] = fields.ForeignKeyField(
        "homeward.Evidence", related_name="obligations", on_delete=fields.RESTRICT, null=True
    )
    evidence_id: UUID | None

    class Meta:
        table = "dated_obligation"
        indexes = (("state", "due_on"), ("code", "subject", "due_on"))
