"""System activity reviews: what was drawn, which rows of the log were judged, what was found (SAR; 002:214-265)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation, OneToOneRelation

from orm.models.accounts import User
from orm.models.forms import AccessForm
from orm.models.optional import optional_choice
from orm.record import Record
from rules.activity_reviews import AccessVerdict, FindingKind, NeedAnswer, Remedy, ReviewState, Severity


class ActivityReview(Record):
    """The review of one quarter, with everything that is needed to draw again; unchanged once it is completed."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    quarter = fields.CharField(7, unique=True)
    state = fields.CharEnumField(ReviewState, description="ReviewState", max_length=12, default=ReviewState.OPEN)
    opened_at = fields.DatetimeField()
    due_on = fields.DateField()
    window_from = fields.DateField()
    window_to = fields.DateField()
    policy_version = fields.CharField(40)
    sample_size = fields.IntField()
    list_size = fields.IntField()
    list_hash = fields.CharField(64)
    seed = fields.CharField(80)
    numbers: list[int] = fields.JSONField(default=list)
    overdue_told_at = fields.DatetimeField(null=True)
    completed_at = fields.DatetimeField(null=True)
    completed_by_id = fields.UUIDField(null=True)
    evidence_id = fields.UUIDField(null=True)

    class Meta:
        table = "activity_review"


class ActivityReviewList(Record):
    """The numbered list that a review was drawn from, a line for each user ID. Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    review: OneToOneRelation[ActivityReview] = fields.OneToOneField(
        "homeward.ActivityReview", related_name="drawn_from", on_delete=fields.RESTRICT
    )
    review_id: UUID
    lines = fields.TextField()

    class Meta:
        table = "activity_review_list"


class ActivityReviewMember(Record):
    """A user ID that was drawn: the account and its roles at that moment, and how far its log is labelled."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    review: ForeignKeyRelation[ActivityReview] = fields.ForeignKeyField(
        "homeward.ActivityReview", related_name="members", on_delete=fields.RESTRICT
    )
    review_id: UUID
    place = fields.IntField()
    list_number = fields.IntField()
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="activity_reviews", on_delete=fields.RESTRICT
    )
    user_id: UUID
    drawn_user_id = fields.CharField(64)
    organization = fields.CharField(120)
    was_cso = fields.BooleanField()
    account: dict[str, Any] = fields.JSONField(default=dict)
    labelled_to = fields.BigIntField(default=0)
    labelled_at = fields.DatetimeField(null=True)
    log_rows = fields.IntField(default=0)
    log_hash = fields.CharField(64, default="")
    unheard_reason = fields.CharField(500, default="")
    unheard_by_id = fields.UUIDField(null=True)
    unheard_at = fields.DatetimeField(null=True)

    class Meta:
        table = "activity_review_member"
        unique_together = (("review", "place"), ("review", "user"))


class ActivityReviewRow(Record):
    """A row of the log in the window of a review, with the label it got. Written once."""

    id = fields.BigIntField(primary_key=True)
    member: ForeignKeyRelation[ActivityReviewMember] = fields.ForeignKeyField(
        "homeward.ActivityReviewMember", related_name="rows", on_delete=fields.RESTRICT
    )
    member_id: UUID
    entry_id = fields.BigIntField()
    ground = fields.CharField(24)
    explained = fields.BooleanField()

    class Meta:
        table = "activity_review_row"
        unique_together = (("member", "entry_id"),)
        indexes = (("member_id", "explained", "entry_id"),)


class AccessJudgement(Record):
    """What a reviewer found of one row; a later one stands beside it. Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    member: ForeignKeyRelation[ActivityReviewMember] = fields.ForeignKeyField(
        "homeward.ActivityReviewMember", related_name="judgements", on_delete=fields.RESTRICT
    )
    member_id: UUID
    entry_id = fields.BigIntField()
    revision = fields.IntField()
    verdict = fields.CharEnumField(AccessVerdict, description="AccessVerdict", max_length=12)
    note = fields.CharField(500)
    by_id = fields.UUIDField()
    by = fields.CharField(80)
    at = fields.DatetimeField()

    class Meta:
        table = "access_judgement"
        unique_together = (("member", "entry_id", "revision"),)


class SupervisorQuestion(Record):
    """Whether a person's access is needed, as asked of the supervisor, who answers signed (002:248-249)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    member: ForeignKeyRelation[ActivityReviewMember] = fields.ForeignKeyField(
        "homeward.ActivityReviewMember", related_name="questions", on_delete=fields.RESTRICT
    )
    member_id: UUID
    supervisor: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="supervisor_questions", on_delete=fields.RESTRICT
    )
    supervisor_id: UUID
    content_hash = fields.CharField(64)
    asked_at = fields.DatetimeField()
    asked_by_id = fields.UUIDField()
    withdrawn_at = fields.DatetimeField(null=True)
    answered_at = fields.DatetimeField(null=True)
    answer = optional_choice(NeedAnswer, 16)
    note = fields.CharField(500, default="")
    signature_id = fields.UUIDField(null=True)

    class Meta:
        table = "supervisor_question"
        indexes = (("supervisor_id", "answered_at"), ("member_id", "asked_at"))


class ReviewFinding(Record):
    """A discrepancy, the access form that carries it out, and by when (002:252-254)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    member: ForeignKeyRelation[ActivityReviewMember] = fields.ForeignKeyField(
        "homeward.ActivityReviewMember", related_name="findings", on_delete=fields.RESTRICT
    )
    member_id: UUID
    kind = fields.CharEnumField(FindingKind, description="FindingKind", max_length=24)
    severity = fields.CharEnumField(Severity, description="Severity", max_length=8)
    remedy = fields.CharEnumField(Remedy, description="Remedy", max_length=8)
    role = fields.CharField(40, default="")
    text = fields.CharField(500)
    form: ForeignKeyNullableRelation[AccessForm] = fields.ForeignKeyField(
        "homeward.AccessForm", related_name="findings", on_delete=fields.RESTRICT, null=True
    )
    form_id: UUID | None
    due_on = fields.DateField(null=True)
    opened_at = fields.DatetimeField()
    opened_by_id = fields.UUIDField()
    overdue_told_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    closed_by_id = fields.UUIDField(null=True)
    closed_note = fields.CharField(500, default="")

    class Meta:
        table = "review_finding"
        indexes = (("member_id", "number"), ("closed_at", "due_on"), ("form_id",))


class ProcedureNote(Record):
    """What the findings of the reviews say about a procedure (002:257-259). Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    review: ForeignKeyNullableRelation[ActivityReview] = fields.ForeignKeyField(
        "homeward.ActivityReview", related_name="notes", on_delete=fields.RESTRICT, null=True
    )
    review_id: UUID | None
    text = fields.CharField(1000)
    at = fields.DatetimeField()
    by_id = fields.UUIDField()
    by = fields.CharField(80)

    class Meta:
        table = "procedure_note"
        indexes = (("at",),)
