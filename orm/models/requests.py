"""Access requests: what is asked for, who decided, and the way it went (000:134-240)."""

from __future__ import annotations

from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation

from orm.models.accounts import User
from orm.models.optional import optional_choice
from orm.models.places import Facility, RegionalOffice
from orm.models.providers import Provider
from orm.models.roles import CatalogueRole
from orm.record import Record
from rules.approvals import RequestState, Stage, StandsInAs
from rules.organizations import Division, Under
from rules.signatures import Meaning


class Signature(Record):
    """A signature by user ID and password, over the hash of what was shown (000:199-200). Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    signer_id = fields.UUIDField()
    signer = fields.CharField(64)
    signer_name = fields.CharField(201)
    meaning = fields.CharEnumField(Meaning, description="Meaning", max_length=32)
    about_id = fields.UUIDField()
    content_hash = fields.CharField(64)
    at = fields.DatetimeField()
    session_id = fields.UUIDField(null=True)

    class Meta:
        table = "signature"
        indexes = (("about_id", "at"),)


class AccessRequest(Record):
    """A request for roles by one person, for one organization (000:134-191). ``version`` counts its changes."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    requester: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="access_requests", on_delete=fields.RESTRICT
    )
    requester_id: UUID
    state = fields.CharEnumField(RequestState, description="RequestState", max_length=24, default=RequestState.DRAFT)
    version = fields.IntField(default=0)
    email = fields.CharField(254, default="")
    terms_version = fields.CharField(20, default="")
    division = optional_choice(Division, 8)
    under = optional_choice(Under, 20)
    regional_office: ForeignKeyNullableRelation[RegionalOffice] = fields.ForeignKeyField(
        "homeward.RegionalOffice", related_name="access_requests", on_delete=fields.RESTRICT, null=True
    )
    regional_office_id: str | None
    provider: ForeignKeyNullableRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="access_requests", on_delete=fields.RESTRICT, null=True
    )
    provider_id: UUID | None
    facility: ForeignKeyNullableRelation[Facility] = fields.ForeignKeyField(
        "homeward.Facility", related_name="access_requests", on_delete=fields.RESTRICT, null=True
    )
    facility_id: str | None
    follows: ForeignKeyNullableRelation[AccessRequest] = fields.ForeignKeyField(
        "homeward.AccessRequest", related_name="followed_by", on_delete=fields.RESTRICT, null=True
    )
    follows_id: UUID | None
    created_at = fields.DatetimeField()
    submitted_at = fields.DatetimeField(null=True)
    submission_key = fields.CharField(80, default="")
    content_hash = fields.CharField(64, default="")
    addressee_id = fields.UUIDField(null=True)
    addressed_as = optional_choice(StandsInAs, 24)
    state_since = fields.DatetimeField()
    due_at = fields.DatetimeField(null=True)
    overdue_told_at = fields.DatetimeField(null=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        table = "access_request"
        indexes = (
            ("requester_id", "number"),
            ("state", "number"),
            ("provider_id", "state"),
            ("addressee_id", "state"),
        )


class AccessRequestRole(Record):
    """A role on an access request, why it is asked for, and why it was denied, if it was (000:174, 000:205)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    request: ForeignKeyRelation[AccessRequest] = fields.ForeignKeyField(
        "homeward.AccessRequest", related_name="roles", on_delete=fields.RESTRICT
    )
    request_id: UUID
    role: ForeignKeyRelation[CatalogueRole] = fields.ForeignKeyField(
        "homeward.CatalogueRole", related_name="requests", on_delete=fields.RESTRICT
    )
    role_id: str
    reason = fields.CharField(300, default="")
    denied_because = fields.CharField(40, default="")

    class Meta:
        table = "access_request_role"
        unique_together = (("request", "role"),)


class AccessDecision(Record):
    """A signed decision of one stage on one request. Written once; a second one for the same stage cannot exist."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    request: ForeignKeyRelation[AccessRequest] = fields.ForeignKeyField(
        "homeward.AccessRequest", related_name="decisions", on_delete=fields.RESTRICT
    )
    request_id: UUID
    stage = fields.CharEnumField(Stage, description="Stage", max_length=16)
    approved = fields.BooleanField()
    decider_id = fields.UUIDField()
    for_id = fields.UUIDField(null=True)
    capacity = optional_choice(StandsInAs, 24)
    reason = fields.CharField(500, default="")
    at = fields.DatetimeField()
    signature_id = fields.UUIDField()

    class Meta:
        table = "access_decision"
        unique_together = (("request", "stage"),)


class AccessRequestStep(Record):
    """A step of the way of a request: since when it is where, who holds it, until when (000:229). Written once."""

    id = fields.BigIntField(primary_key=True)
    request: ForeignKeyRelation[AccessRequest] = fields.ForeignKeyField(
        "homeward.AccessRequest", related_name="steps", on_delete=fields.RESTRICT
    )
    request_id: UUID
    line = fields.IntField()
    state = fields.CharEnumField(RequestState, description="RequestState", max_length=24)
    at = fields.DatetimeField()
    by_id = fields.UUIDField(null=True)
    holder_id = fields.UUIDField(null=True)
    why = fields.CharField(40, default="")
    due_at = fields.DatetimeField(null=True)

    class Meta:
        table = "access_request_step"
        unique_together = (("request", "line"),)


class StageNotice(Record):
    """That a request or form has waited too long at one stage was told: once for each stage (SWP-05).

    ``since`` is when the stage began. Written once.
    """

    id = fields.UUIDField(primary_key=True, default=uuid4)
    subject_id = fields.UUIDField()
    since = fields.DatetimeField()
    told_at = fields.DatetimeField()

    class Meta:
        table = "stage_notice"
        unique_together = (("subject_id", "since"),)
