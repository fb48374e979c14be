"""The reviews of employee user IDs, and the lists of users that other systems give (002:105-110, 002:271-314)."""

from __future__ import annotations

from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation

from orm.models.accounts import User
from orm.models.optional import optional_choice
from orm.models.places import Facility
from orm.models.roles import OutsideSystem
from orm.record import Record
from rules.employee_review import Employment, ReviewState
from rules.user_lists import ListFinding


class EmployeeReview(Record):
    """The review of one quarter, by its first day. ``sent`` says whether Human Resources are asked (POL-05)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    quarter_from = fields.DateField(unique=True)
    quarter_to = fields.DateField()
    state = fields.CharEnumField(ReviewState, description="ReviewState", max_length=10, default=ReviewState.OPEN)
    sent = fields.BooleanField()
    opened_at = fields.DatetimeField()
    accounts = fields.IntField()
    policy_version = fields.CharField(40, default="")
    completed_at = fields.DatetimeField(null=True)
    evidence_number = fields.IntField(null=True)

    class Meta:
        table = "employee_review"


class EmployeeReviewLine(Record):
    """One employee ID that was not used and is still enabled, and what was answered about its owner."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    review: ForeignKeyRelation[EmployeeReview] = fields.ForeignKeyField(
        "homeward.EmployeeReview", related_name="lines", on_delete=fields.RESTRICT
    )
    review_id: UUID
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="review_lines", on_delete=fields.RESTRICT
    )
    user_id: UUID
    facility: ForeignKeyNullableRelation[Facility] = fields.ForeignKeyField(
        "homeward.Facility", related_name="review_lines", on_delete=fields.RESTRICT, null=True
    )
    facility_id: str | None
    last_used_on = fields.DateField()
    ever_used = fields.BooleanField()
    days_unused = fields.IntField()
    answer = optional_choice(Employment, 10)
    answered_at = fields.DatetimeField(null=True)
    answered_by_id = fields.UUIDField(null=True)
    ticket_numbers: list[int] = fields.JSONField(default=list)

    class Meta:
        table = "employee_review_line"
        unique_together = (("review", "user"),)
        indexes = (("review_id", "facility_id"),)


class ReviewedFacility(Record):
    """That the Human Resources contacts of a facility were told that a list waits: once a review."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    review: ForeignKeyRelation[EmployeeReview] = fields.ForeignKeyField(
        "homeward.EmployeeReview", related_name="facilities", on_delete=fields.RESTRICT
    )
    review_id: UUID
    place = fields.CharField(8)
    told_at = fields.DatetimeField()
    readers = fields.IntField()

    class Meta:
        table = "reviewed_facility"
        unique_together = (("review", "place"),)


class UserList(Record):
    """A list of the users of another system, as it was imported (002:307-308). Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    system: ForeignKeyRelation[OutsideSystem] = fields.ForeignKeyField(
        "homeward.OutsideSystem", related_name="user_lists", on_delete=fields.RESTRICT
    )
    system_id: str
    imported_at = fields.DatetimeField()
    imported_by_id = fields.UUIDField()
    rows = fields.IntField()
    sha256 = fields.CharField(64)

    class Meta:
        table = "user_list"
        indexes = (("system_id", "imported_at"),)


class UserListRow(Record):
    """One row of an imported list, and what its comparison with the accounts has found. Written once."""

    id = fields.BigIntField(primary_key=True)
    list: ForeignKeyRelation[UserList] = fields.ForeignKeyField(
        "homeward.UserList", related_name="row_set", on_delete=fields.RESTRICT
    )
    list_id: UUID
    line = fields.IntField()
    user_id = fields.CharField(64)
    name = fields.CharField(100)
    last_used_on = fields.DateField(null=True)
    finding = fields.CharEnumField(ListFinding, description="ListFinding", max_length=16)
    account: ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="listed", on_delete=fields.RESTRICT, null=True
    )
    account_id: UUID | None

    class Meta:
        table = "user_list_row"
        unique_together = (("list", "line"),)


class MainframeReview(Record):
    """The audit of the IDs of one mainframe system in one quarter, and its report (002:108-110). Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    system: ForeignKeyRelation[OutsideSystem] = fields.ForeignKeyField(
        "homeward.OutsideSystem", related_name="mainframe_reviews", on_delete=fields.RESTRICT
    )
    system_id: str
    quarter_from = fields.DateField()
    lists = fields.IntField()
    listed = fields.IntField()
    done_at = fields.DatetimeField()
    evidence_number = fields.IntField()

    class Meta:
        table = "mainframe_review"
        unique_together = (("system", "quarter_from"),)


class MainframeDeletion(Record):
    """A mainframe ID that account management is asked to delete: the ticket of an account, or of an ID without one."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    system: ForeignKeyRelation[OutsideSystem] = fields.ForeignKeyField(
        "homeward.OutsideSystem", related_name="deletions", on_delete=fields.RESTRICT
    )
    system_id: str
    quarter_from = fields.DateField()
    user_id = fields.CharField(64)
    last_used_on = fields.DateField()
    ticket_number = fields.IntField(null=True)
    asked_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)
    done_by_id = fields.UUIDField(null=True)

    class Meta:
        table = "mainframe_deletion"
        unique_together = (("system", "user_id", "quarter_from"),)
        indexes = (("done_at", "system_id"),)
