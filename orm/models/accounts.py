"""User IDs, credentials, sessions, roles, and the counties a coordinator works for."""

from __future__ import annotations

from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation, OneToOneRelation

from orm.models.optional import optional_choice
from orm.models.places import County, Facility, RegionalOffice
from orm.models.promises import Mailbox
from orm.models.providers import Provider
from orm.record import Record
from rules.accounts import AccountState
from rules.audience import CoordinatorKind
from rules.leaving import DisabledReason
from rules.text import full_name


class User(Record):
    """A person with a user ID issued by the department (000:54-55, 001:3-5). IDs are never reused."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    user_id = fields.CharField(64, unique=True)
    domain = fields.CharField(16)
    first_name = fields.CharField(100)
    last_name = fields.CharField(100)
    title = fields.CharField(100, default="")
    email = fields.CharField(254, null=True)
    phone = fields.CharField(30, default="")
    state = fields.CharEnumField(AccountState, description="AccountState", max_length=16, default=AccountState.ACTIVE)
    provider: ForeignKeyNullableRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="users", on_delete=fields.RESTRICT, null=True
    )
    provider_id: UUID | None
    facility: ForeignKeyNullableRelation[Facility] = fields.ForeignKeyField(
        "homeward.Facility", related_name="users", on_delete=fields.RESTRICT, null=True
    )
    facility_id: str | None
    regional_office: ForeignKeyNullableRelation[RegionalOffice] = fields.ForeignKeyField(
        "homeward.RegionalOffice", related_name="users", on_delete=fields.RESTRICT, null=True
    )
    regional_office_id: str | None
    mailbox: OneToOneRelation[Mailbox] = fields.OneToOneField(
        "homeward.Mailbox", related_name="user", on_delete=fields.RESTRICT
    )
    mailbox_id: UUID
    epoch = fields.IntField(default=0)
    created_at = fields.DatetimeField()
    last_sign_in_at = fields.DatetimeField(null=True)
    email_confirmed_at = fields.DatetimeField(null=True)
    email_bounced_at = fields.DatetimeField(null=True)
    disabled_at = fields.DatetimeField(null=True)
    disabled_reason = optional_choice(DisabledReason, 24)
    disabled_note = fields.CharField(300, null=True)
    terminated_on = fields.DateField(null=True)
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "user_account"

    @property
    def name(self) -> str:
        """Give the name as people say it; the user ID where the account was deleted."""
        return full_name(self.first_name, self.last_name)


class Credential(Record):
    """The password of one user, and how often it was entered wrongly (000:9-11)."""

    user: OneToOneRelation[User] = fields.OneToOneField(
        "homeward.User", related_name="credential", on_delete=fields.RESTRICT, primary_key=True
    )
    user_id: UUID
    password_hash = fields.CharField(200)
    changed_at = fields.DatetimeField()
    must_change = fields.BooleanField(default=True)
    failures = fields.IntField(default=0)
    locked_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=0)
    secret_expires_at = fields.DatetimeField(null=True)
    secret_used_at = fields.DatetimeField(null=True)
    last_failure_at = fields.DatetimeField(null=True)
    reminded_for_days = fields.IntField(null=True)

    class Meta:
        table = "credential"


class PasswordHistory(Record):
    """A password that was in use: none of the last 24 may come back (000:287)."""

    id = fields.BigIntField(primary_key=True)
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="password_history", on_delete=fields.RESTRICT
    )
    user_id: UUID
    password_hash = fields.CharField(200)
    set_at = fields.DatetimeField()

    class Meta:
        table = "password_history"
        indexes = (("user_id", "set_at"),)


class Session(Record):
    """A signed-on person on one device. Only the hash of its token is kept."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="sessions", on_delete=fields.RESTRICT
    )
    user_id: UUID
    token_hash = fields.CharField(64, unique=True)
    device = fields.CharField(200, default="")
    epoch = fields.IntField()
    created_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ended_why = fields.CharField(40, default="")

    class Meta:
        table = "session"
        indexes = (("user_id", "ended_at"),)


class RoleGrant(Record):
    """A role of the catalogue that a user holds or held, by its code. A grant is ended, never erased."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="role_grants", on_delete=fields.RESTRICT
    )
    user_id: UUID
    role = fields.CharField(40, description="Role")
    granted_at = fields.DatetimeField()
    granted_by_id = fields.UUIDField(null=True)
    ended_at = fields.DatetimeField(null=True)
    ended_by_id = fields.UUIDField(null=True)
    why = fields.CharField(200, default="")
    request_id = fields.UUIDField(null=True)

    class Meta:
        table = "role_grant"
        indexes = (("role", "ended_at"),)


class CoordinatorCounty(Record):
    """A county that a coordinator works for, as Placement or Transition Coordinator (001:171)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    user: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="coordinator_counties", on_delete=fields.RESTRICT
    )
    user_id: UUID
    county: ForeignKeyRelation[County] = fields.ForeignKeyField(
        "homeward.County", related_name="coordinators", on_delete=fields.RESTRICT
    )
    county_id: str
    kind = fields.CharEnumField(CoordinatorKind, description="CoordinatorKind", max_length=16)

    class Meta:
        table = "coordinator_county"
        unique_together = (("user", "county", "kind"),)
        indexes = (("county_id", "kind"),)
