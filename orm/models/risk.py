"""The registers of the risk programme: systems, regulations, plans, threat levels, sanctions (002:15-133)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation

from orm.models.accounts import User
from orm.models.evidence import Evidence
from orm.models.incidents import Incident
from orm.models.places import Facility
from orm.record import Record
from rules.obligations import PlanKind, SystemChange
from rules.sanctions import SanctionKind
from rules.threat import ThreatLevel


class RiskSystem(Record):
    """An information system whose risks are assessed (002:63-80)."""

    code = fields.CharField(20, primary_key=True)
    name = fields.CharField(100)
    registered_at = fields.DatetimeField()
    registered_by_id = fields.UUIDField()
    last_assessed_on = fields.DateField(null=True)
    retired_at = fields.DatetimeField(null=True)

    class Meta:
        table = "risk_system"


class SystemChangeNote(Record):
    """A change that makes an assessment due (002:68-76). Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    system: ForeignKeyRelation[RiskSystem] = fields.ForeignKeyField(
        "homeward.RiskSystem", related_name="changes", on_delete=fields.RESTRICT
    )
    system_id: str
    kind = fields.CharEnumField(SystemChange, description="SystemChange", max_length=24)
    note = fields.CharField(500)
    recorded_at = fields.DatetimeField()
    recorded_by_id = fields.UUIDField()

    class Meta:
        table = "system_change"
        indexes = (("system_id", "recorded_at"),)


class Regulation(Record):
    """An operating regulation that is reviewed (002:83)."""

    code = fields.CharField(20, primary_key=True)
    title = fields.CharField(100)
    effective_on = fields.DateField()
    last_reviewed_on = fields.DateField(null=True)
    active = fields.BooleanField(default=True)

    class Meta:
        table = "regulation"


class Plan(Record):
    """A version of a continuity or recovery plan, who prepared it, and until when its approval holds (002:93-99)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    kind = fields.CharEnumField(PlanKind, description="PlanKind", max_length=24)
    version = fields.CharField(20)
    prepared_by = fields.CharField(100)
    prepared_on = fields.DateField()
    document_sha256 = fields.CharField(64)
    recorded_at = fields.DatetimeField()
    recorded_by_id = fields.UUIDField()
    approved_at = fields.DatetimeField(null=True)
    approved_by_id: UUID | None = fields.UUIDField(null=True)
    expires_on = fields.DateField(null=True)

    class Meta:
        table = "plan"
        unique_together = (("kind", "version"),)


class ThreatNotice(Record):
    """A threat level as it was notified (002:39-42). Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    level = fields.CharEnumField(ThreatLevel, description="ThreatLevel", max_length=8)
    note = fields.CharField(300, default="")
    recorded_at = fields.DatetimeField()
    recorded_by_id = fields.UUIDField()

    class Meta:
        table = "threat_notice"
        indexes = (("recorded_at",),)


class Sanction(Record):
    """What an incident led to for whom it concerned; for few eyes (002:130-131). Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    incident: ForeignKeyRelation[Incident] = fields.ForeignKeyField(
        "homeward.Incident", related_name="sanctions", on_delete=fields.RESTRICT
    )
    incident_id: UUID
    kind = fields.CharEnumField(SanctionKind, description="SanctionKind", max_length=24)
    decided_on = fields.DateField()
    note = fields.CharField(1000, default="")
    recorded_at = fields.DatetimeField()
    recorded_by_id = fields.UUIDField()

    class Meta:
        table = "sanction"
        indexes = (("incident_id", "recorded_at"),)


class LsoCollection(Record):
    """The collection from the facility LSOs of one April (002:127-128)."""

    year = fields.IntField(primary_key=True, generated=False)
    opened_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    evidence: ForeignKeyNullableRelation[Evidence] = fields.ForeignKeyField(
        "homeward.Evidence", related_name="collections", on_delete=fields.RESTRICT, null=True
    )
    evidence_id: UUID | None

    class Meta:
        table = "lso_collection"


class LsoCollectionAnswer(Record):
    """What one facility was asked and has answered; ``told_on`` is the day its LSO was asked last."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    collection: ForeignKeyRelation[LsoCollection] = fields.ForeignKeyField(
        "homeward.LsoCollection", related_name="asked", on_delete=fields.RESTRICT
    )
    collection_id: int
    facility: ForeignKeyRelation[Facility] = fields.ForeignKeyField(
        "homeward.Facility", related_name="collections", on_delete=fields.RESTRICT
    )
    facility_id: str
    told_on = fields.DateField(null=True)
    answered_at = fields.DatetimeField(null=True)
    answered_by_id: UUID | None = fields.UUIDField(null=True)
    answers: dict[str, Any] = fields.JSONField(default=dict)
    note = fields.CharField(1000, default="")

    class Meta:
        table = "lso_collection_answer"
        unique_together = (("collection", "facility"),)


class CalendarFeed(Record):
    """A private link to the obligations that one person may see; the token is kept only as a hash."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="calendar_feeds", on_delete=fields.RESTRICT
    )
    user_id: UUID
    token_hash = fields.CharField(64, unique=True)
    made_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "calendar_feed"
        indexes = (("user_id", "revoked_at"),)
