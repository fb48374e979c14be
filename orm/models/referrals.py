"""Referrals: versions, publications with their audience, exclusions, reach, responses, pending placement."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from tortoise import fields
from tortoise.fields import ForeignKeyNullableRelation, ForeignKeyRelation

from orm.models.accounts import User
from orm.models.consumers import Consumer
from orm.models.optional import optional_choice
from orm.models.places import County, Facility
from orm.models.providers import Provider
from orm.record import Record
from rules.referrals import CloseOutcome, DeclineReason, Provision, ReferralStatus, ResponseKind


class Counter(Record):
    """A number that is given out once, under a row lock: gapless on both engines."""

    name = fields.CharField(40, primary_key=True)
    value = fields.BigIntField()

    class Meta:
        table = "counter"


class Referral(Record):
    """A person's search for a home, from draft to closed (001:197-223)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    number = fields.IntField(unique=True)
    status = fields.CharEnumField(
        ReferralStatus, description="ReferralStatus", max_length=16, default=ReferralStatus.DRAFT
    )
    statewide = fields.BooleanField()
    version = fields.IntField(default=1)
    publications = fields.IntField(default=0)
    consumer: ForeignKeyRelation[Consumer] = fields.ForeignKeyField(
        "homeward.Consumer", related_name="referrals", on_delete=fields.RESTRICT
    )
    consumer_id: UUID
    facility: ForeignKeyRelation[Facility] = fields.ForeignKeyField(
        "homeward.Facility", related_name="referrals", on_delete=fields.RESTRICT
    )
    facility_id: str
    primary_coordinator: ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="primary_referrals", on_delete=fields.RESTRICT, null=True
    )
    primary_coordinator_id: UUID | None
    pending_provider: ForeignKeyNullableRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="pending_referrals", on_delete=fields.RESTRICT, null=True
    )
    pending_provider_id: UUID | None
    created_at = fields.DatetimeField()
    created_by_id = fields.UUIDField()
    first_published_at = fields.DatetimeField(null=True)
    last_published_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    close_outcome = optional_choice(CloseOutcome, 24)
    placed_with: ForeignKeyNullableRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="placements", on_delete=fields.RESTRICT, null=True
    )
    placed_with_id: UUID | None
    deleted_at = fields.DatetimeField(null=True)
    delete_reason = fields.CharField(500, default="")
    acceptances = fields.IntField(default=0)
    """How many answers accept it as they stand, with a provision or without: triggers of the answers count."""

    class Meta:
        table = "referral"
        indexes = (("status", "first_published_at", "number"), ("primary_coordinator_id", "status"))


class ReferralCounty(Record):
    """A county that the family prefers (001:105-107)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    referral: ForeignKeyRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="preferred_counties", on_delete=fields.RESTRICT
    )
    referral_id: UUID
    county: ForeignKeyRelation[County] = fields.ForeignKeyField(
        "homeward.County", related_name="referrals", on_delete=fields.RESTRICT
    )
    county_id: str

    class Meta:
        table = "referral_county"
        unique_together = (("referral", "county"),)
        indexes = (("county_id", "referral_id"),)


class ReferralVersion(Record):
    """What a referral was after each change: ids and states, no protected data. Written once."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    referral: ForeignKeyRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="versions", on_delete=fields.RESTRICT
    )
    referral_id: UUID
    version = fields.IntField()
    act = fields.CharField(60)
    at = fields.DatetimeField()
    by_id = fields.UUIDField()
    facts: dict[str, Any] = fields.JSONField()

    class Meta:
        table = "referral_version"
        unique_together = (("referral", "version"),)


class Publication(Record):
    """One publishing of a referral, with the audience frozen at that moment (001:139)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    referral: ForeignKeyRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="published", on_delete=fields.RESTRICT
    )
    referral_id: UUID
    number = fields.IntField()
    at = fields.DatetimeField()
    by_id = fields.UUIDField()
    audience = fields.TextField()
    """For each reason the keys of the providers, as JSON. Written once with the row, as all of it."""

    class Meta:
        table = "publication"
        unique_together = (("referral", "number"),)


class ReferralReach(Record):
    """A provider that has received a referral, and since when: it hears of the deletion, and keeps the closed one."""

    id = fields.BigIntField(primary_key=True)
    referral: ForeignKeyRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="reach", on_delete=fields.RESTRICT
    )
    referral_id: UUID
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="reach", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    at = fields.DatetimeField()
    waits = fields.BooleanField(default=True)
    """Whether the referral is open and the provider has not answered it: triggers see to it."""

    class Meta:
        table = "referral_reach"
        unique_together = (("referral", "provider"),)
        indexes = (("provider_id", "referral_id"),)


class ReferralExclusion(Record):
    """A provider that the family does not want, until it is included again (001:153, 001:164-165)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    referral: ForeignKeyRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="exclusions", on_delete=fields.RESTRICT
    )
    referral_id: UUID
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="exclusions", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    reason = fields.CharField(500)
    excluded_at = fields.DatetimeField()
    excluded_by_id = fields.UUIDField()
    included_at = fields.DatetimeField(null=True)
    included_by_id = fields.UUIDField(null=True)

    class Meta:
        table = "referral_exclusion"
        indexes = (("provider_id", "referral_id"),)


class Response(Record):
    """The one answer of a provider to a referral, visible to its whole organization (001:221-223, 001:273-279)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    referral: ForeignKeyRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="responses", on_delete=fields.RESTRICT
    )
    referral_id: UUID
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="responses", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    version = fields.IntField(default=1)
    kind = fields.CharEnumField(ResponseKind, description="ResponseKind", max_length=16)
    provision = optional_choice(Provision, 24)
    decline_reason = optional_choice(DeclineReason, 24)
    comments = fields.TextField(default="")
    answered_by: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="answers", on_delete=fields.RESTRICT
    )
    answered_by_id: UUID
    first_answered_at = fields.DatetimeField()
    answered_at = fields.DatetimeField()

    class Meta:
        table = "response"
        unique_together = (("referral", "provider"),)
        indexes = (("provider_id", "referral_id"),)


class ResponseVersion(Record):
    """An answer as it was given each time. Written once (001:275)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    response: ForeignKeyRelation[Response] = fields.ForeignKeyField(
        "homeward.Response", related_name="versions", on_delete=fields.RESTRICT
    )
    response_id: UUID
    version = fields.IntField()
    kind = fields.CharEnumField(ResponseKind, description="ResponseKind", max_length=16)
    provision = optional_choice(Provision, 24)
    decline_reason = optional_choice(DeclineReason, 24)
    comments = fields.TextField(default="")
    answered_by: ForeignKeyRelation[User] = fields.ForeignKeyField(
        "homeward.User", related_name="answer_versions", on_delete=fields.RESTRICT
    )
    answered_by_id: UUID
    answered_at = fields.DatetimeField()

    class Meta:
        table = "response_version"
        unique_together = (("response", "version"),)


class PendingPlacement(Record):
    """A provider that was chosen while the referral is still open (001:213-217)."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    referral: ForeignKeyRelation[Referral] = fields.ForeignKeyField(
        "homeward.Referral", related_name="pending_placements", on_delete=fields.RESTRICT
    )
    referral_id: UUID
    provider: ForeignKeyRelation[Provider] = fields.ForeignKeyField(
        "homeward.Provider", related_name="pending_placements", on_delete=fields.RESTRICT
    )
    provider_id: UUID
    set_at = fields.DatetimeField()
    set_by_id = fields.UUIDField()
    ended_at = fields.DatetimeField(null=True)
    ended_by_id = fields.UUIDField(null=True)
    ended_why = fields.CharField(40, default="")

    class Meta:
        table = "pending_placement"
