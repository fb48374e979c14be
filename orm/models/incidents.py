"""Incidents and tickets: what may have been a breach, and what somebody has to do for an account."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation

from orm.models.accounts import User
from orm.models.forms import AccessForm
from orm.models.optional import optional_choice
from orm.models.providers import Provider
from orm.models.requests import AccessRequest
from orm.models.roles import OutsideSystem
from orm.record import Record
from rules.incidents import Finding, IncidentKind, IncidentState, LsoAnswer
from rules.tickets import TicketChannel, TicketKind, TicketState


class Incident(Record):
    """What may have been a breach of security, who is concerned, and how it ended (000:34-39, 002:15-19)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    kind = fields.CharEnumField(IncidentKind, description="IncidentKind", max_length=24)
    state = fields.CharEnumField(IncidentState, description="IncidentState", max_length=8, default=IncidentState.OPEN)
    user: ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="incidents", on_delete=fields.RESTRICT, null=True
    )
    user_id: UUID | None
    provider: ForeignKeyNullableRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="incidents", on_delete=fields.RESTRICT, null=True
    )
    provider_id: UUID | None
    request: ForeignKeyNullableRelation[AccessRequest] = fields.ForeignKeyField(
        "homeward.AccessRequest", related_name="incidents", on_delete=fields.RESTRICT, null=True
    )
    request_id: UUID | None
    facts: dict[str, Any] = fields.JSONField(default=dict)
    report = fields.CharField(1000, default="")
    suspended = fields.BooleanField(default=False)
    opened_at = fields.DatetimeField()
    opened_by_id = fields.UUIDField(null=True)
    lso_answer = optional_choice(LsoAnswer, 16)
    lso_answered_at = fields.DatetimeField(null=True)
    lso_answered_by_id = fields.UUIDField(null=True)
    finding = optional_choice(Finding, 16)
    closed_at = fields.DatetimeField(null=True)
    closed_by_id = fields.UUIDField(null=True)
    note = fields.CharField(1000, default="")

    class Meta:
        table = "incident"
        indexes = (("state", "number"), ("user_id", "kind"), ("provider_id", "state"))


class Ticket(Record):
    """What somebody of the department has to do for an account, and by when (000:15-20, 002:299-305)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    kind = fields.CharEnumField(TicketKind, description="TicketKind", max_length=24)
    state = fields.CharEnumField(TicketState, description="TicketState", max_length=8, default=TicketState.OPEN)
    channel = fields.CharEnumField(TicketChannel, description="TicketChannel", max_length=8)
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="tickets", on_delete=fields.RESTRICT
    )
    user_id: UUID
    form: ForeignKeyNullableRelation[AccessForm] = fields.ForeignKeyField(
        "homeward.AccessForm", related_name="tickets", on_delete=fields.RESTRICT, null=True
    )
    form_id: UUID | None
    system: ForeignKeyNullableRelation[OutsideSystem] = fields.ForeignKeyField(
        "homeward.OutsideSystem", related_name="tickets", on_delete=fields.RESTRICT, null=True
    )
    system_id: str | None
    on_call = fields.BooleanField(default=False)
    opened_at = fields.DatetimeField()
    opened_by_id = fields.UUIDField(null=True)
    due_at = fields.DatetimeField(null=True)
    overdue_told_at = fields.DatetimeField(null=True)
    answered_at = fields.DatetimeField(null=True)
    answered_by_id = fields.UUIDField(null=True)
    proof = fields.CharField(40, default="")
    note = fields.CharField(300, default="")

    class Meta:
        table = "ticket"
        indexes = (("state", "kind", "number"), ("user_id", "state"), ("state", "due_at"))
