"""Access forms and the designation of Local Security Officers (000:51-131, 001:8-44)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation

from orm.models.accounts import User
from orm.models.optional import optional_choice
from orm.models.places import Facility, RegionalOffice
from orm.models.providers import Provider
from orm.record import Record
from rules.access_forms import Channel, FormKind, FormSigner, FormState
from rules.organizations import Division


class LsoDesignation(Record):
    """Who is the Local Security Officer of a provider or a facility, by which letter, and until when (000:51-84).

    One at a time. ``user`` is empty while the person named has no user ID yet.
    """

    id = fields.UUIDField(primary_key=True, default=uuid4)
    provider: ForeignKeyNullableRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="lso_designations", on_delete=fields.RESTRICT, null=True
    )
    provider_id: UUID | None
    facility: ForeignKeyNullableRelation[Facility] = fields.ForeignKeyField(
        "homeward.Facility", related_name="lso_designations", on_delete=fields.RESTRICT, null=True
    )
    facility_id: str | None
    user: ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="lso_designations", on_delete=fields.RESTRICT, null=True
    )
    user_id: UUID | None
    letter: dict[str, Any] = fields.JSONField(default=dict)
    channel = fields.CharEnumField(Channel, description="Channel", max_length=8)
    content_hash = fields.CharField(64)
    signature_id = fields.UUIDField(null=True)
    signed_on_paper_by = fields.CharField(100, default="")
    recorded_by_id = fields.UUIDField()
    begins_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ended_by_id = fields.UUIDField(null=True)
    ended_why = fields.CharField(40, default="")
    warned_for_days = fields.IntField(null=True)
    unreachable_at = fields.DatetimeField(null=True)

    class Meta:
        table = "lso_designation"
        indexes = (("provider_id", "ended_at"), ("facility_id", "ended_at"), ("user_id", "ended_at"))


class LsoDeputy(Record):
    """A person who stands in for an LSO between two days, both included."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    designation: ForeignKeyRelation[LsoDesignation] = fields.ForeignKeyField(
        "homeward.LsoDesignation", related_name="deputies", on_delete=fields.RESTRICT
    )
    designation_id: UUID
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="deputyships", on_delete=fields.RESTRICT
    )
    user_id: UUID
    begins_on = fields.DateField()
    ends_on = fields.DateField()
    appointed_by_id = fields.UUIDField()
    appointed_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "lso_deputy"
        indexes = (("designation_id", "ends_on"),)


class AccessForm(Record):
    """A Contract Provider Access Request Form (000:57-131, 001:8-44). ``user`` is empty until an ID is issued."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    kind = fields.CharEnumField(FormKind, description="FormKind", max_length=8)
    state = fields.CharEnumField(FormState, description="FormState", max_length=24)
    state_since = fields.DatetimeField()
    user: ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="access_forms", on_delete=fields.RESTRICT, null=True
    )
    user_id: UUID | None
    first_name = fields.CharField(100, default="")
    middle_initial = fields.CharField(1, default="")
    last_name = fields.CharField(100, default="")
    title = fields.CharField(100, default="")
    city = fields.CharField(60, default="")
    phone = fields.CharField(30, default="")
    email = fields.CharField(254, default="")
    division = optional_choice(Division, 8)
    provider: ForeignKeyNullableRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="access_forms", on_delete=fields.RESTRICT, null=True
    )
    provider_id: UUID | None
    facility: ForeignKeyNullableRelation[Facility] = fields.ForeignKeyField(
        "homeward.Facility", related_name="access_forms", on_delete=fields.RESTRICT, null=True
    )
    facility_id: str | None
    regional_office: ForeignKeyNullableRelation[RegionalOffice] = fields.ForeignKeyField(
        "homeward.RegionalOffice", related_name="access_forms", on_delete=fields.RESTRICT, null=True
    )
    regional_office_id: str | None
    for_lso = fields.BooleanField(default=False)
    tcm_supervisor = fields.BooleanField(default=False)
    create_user_id = fields.BooleanField(default=False)
    applications: list[str] = fields.JSONField(default=list)
    change_request = fields.CharField(500, default="")
    effective_on = fields.DateField(null=True)
    edition = fields.CharField(20, default="")
    channel = fields.CharEnumField(Channel, description="Channel", max_length=8)
    confidentiality_version = fields.CharField(20, default="")
    content_hash = fields.CharField(64, default="")
    submitted_by_id = fields.UUIDField(null=True)
    submitted_at = fields.DatetimeField()
    forwarded_by_id = fields.UUIDField(null=True)
    forwarded_at = fields.DatetimeField(null=True)
    issued_by_id = fields.UUIDField(null=True)
    issued_at = fields.DatetimeField(null=True)
    released_by_id = fields.UUIDField(null=True)
    released_at = fields.DatetimeField(null=True)
    returned_why = fields.CharField(300, default="")

    class Meta:
        table = "access_form"
        indexes = (("state", "number"), ("provider_id", "state"), ("regional_office_id", "state"), ("user_id", "kind"))


class FormSignature(Record):
    """A signature on a form: made here by user ID and password, or seen on a paper by the regional office.

    Written once; one for each capacity.
    """

    id = fields.UUIDField(primary_key=True, default=uuid4)
    form: ForeignKeyRelation[AccessForm] = fields.ForeignKeyField(
        "homeward.AccessForm", related_name="signatures", on_delete=fields.RESTRICT
    )
    form_id: UUID
    capacity = fields.CharEnumField(FormSigner, description="FormSigner", max_length=24)
    signature_id = fields.UUIDField(null=True)
    signer_id = fields.UUIDField(null=True)
    on_paper_by = fields.CharField(100, default="")
    on_paper_on = fields.DateField(null=True)
    recorded_by_id = fields.UUIDField()
    at = fields.DatetimeField()

    class Meta:
        table = "form_signature"
        unique_together = (("form", "capacity"),)
