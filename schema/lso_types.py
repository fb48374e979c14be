"""Local Security Officers as they are shown (000:26-106, 002:44-46)."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

import schema.access_form_types  # noqa: F401 - the enums are described before they are used
from resolvers.lso_views import LsoDeputyView, LsoDesignationView
from rules.access_forms import Channel
from rules.lso import LsoEnd, LsoProblem, LsoScope
from schema.described import described_enum, described_type
from schema.ids import to_global
from schema.referral_types import Provider

described_enum(LsoScope)
described_enum(LsoEnd, name="LsoEndReason")
described_enum(LsoProblem)


@described_type
class LsoDeputy:
    """A person who stands in for an LSO between two days, both included."""

    @strawberry.field
    def id(root: strawberry.Parent[LsoDeputyView]) -> strawberry.ID:
        """The global id, as `deputyId` takes it."""
        return to_global("LsoDeputy", root.id)

    user_id: str
    """The user ID."""

    name: str
    """The full name."""

    begins_on: date
    """The first day."""

    ends_on: date
    """The last day."""

    stands_in_today: bool
    """Whether the person answers for the LSO today."""


@described_type
class LsoDesignation:
    """Who is the Local Security Officer of a provider or facility, and by which letter (000:51-84)."""

    @strawberry.field
    def id(root: strawberry.Parent[LsoDesignationView]) -> strawberry.ID:
        """The global id."""
        return to_global("LsoDesignation", root.id)

    scope: LsoScope
    """Whether it is for a provider or a facility."""

    provider: Provider | None
    """The provider."""

    facility_code: str | None
    """The facility, by its code."""

    user_id: str | None
    """The officer's user ID; null while none was issued yet."""

    name: str
    """The officer's name."""

    email: str
    """The officer's e-mail address."""

    begins_at: datetime
    """Since when."""

    channel: Channel
    """How the letter came."""

    signed_by: str
    """Who signed the letter, and how."""

    letter: str
    """The letter, written out (000:64-84)."""

    content_hash: str
    """SHA-256 over what the letter says."""

    unreachable_at: datetime | None
    """Since when the officer is out of reach, if so; new requests are held (POL-02)."""

    deputies: list[LsoDeputy]
    """Who stands in, today or later."""


@described_type
class LsoHealth:
    """How well the officer of one organization can be reached (000:26-29)."""

    scope: LsoScope
    """Whether it is a provider or a facility."""

    provider: Provider | None
    """The provider."""

    facility_code: str | None
    """The facility, by its code."""

    organization: str
    """The name of the organization."""

    user_id: str | None
    """The officer's user ID."""

    name: str | None
    """The officer's name."""

    email: str | None
    """The officer's e-mail address."""

    email_confirmed_at: datetime | None
    """When the address was confirmed."""

    email_bounced_at: datetime | None
    """When letters to it came back, if they did."""

    last_sign_in_at: datetime | None
    """The last sign-in; once in 60 days is asked for (000:26)."""

    designated_at: datetime | None
    """When the officer was designated."""

    unreachable_at: datetime | None
    """Since when the officer is out of reach, if so."""

    problems: list[LsoProblem]
    """What is wrong; empty when requests reach the officer."""
