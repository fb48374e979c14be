"""Referrals and what belongs to them (001:183-254, 001:273-279)."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.referral_shapes import ConsumerView, PersonView, ProviderRef, ReferralView, ResponseView
from rules.audience import Reason
from rules.referrals import CloseOutcome, DeclineReason, Gender, Provision, ReferralStatus, ResponseKind
from schema.attachment_types import Attachment
from schema.described import described_type
from schema.ids import to_global
from schema.nodes import Node, shows


@described_type
class County:
    """One of the 115 counties."""

    fips: str
    """The five-digit FIPS code."""

    name: str
    """The name without the word county."""


@described_type
class Facility:
    """The state facility that a referral comes from (001:242)."""

    code: str
    """The three-digit facility code (001:203)."""

    name: str
    """The name of the facility."""


@described_type
class Provider(Node):
    """A provider under contract with the department."""

    is_type_of = shows(ProviderRef)

    name: str
    """The name of the organization."""


@described_type
class Person:
    """A member of staff whom one may call or write to (001:244)."""

    @strawberry.field
    def id(root: strawberry.Parent[PersonView]) -> strawberry.ID:
        """The global id, as `primaryCoordinatorId` takes it."""
        return to_global("Person", root.id)

    name: str
    """The full name."""

    email: str | None
    """The e-mail address on file."""

    phone: str
    """The telephone number on file."""


@described_type
class Guardian:
    """A guardian of the consumer (001:246)."""

    name: str
    """The full name."""

    relationship: str
    """What the guardian is to the consumer."""

    phone: str
    """The telephone number."""

    email: str
    """The e-mail address."""


@described_type
class Consumer:
    """The person who looks for a home (001:205-211, 001:246). Protected health information."""

    @strawberry.field
    def id(root: strawberry.Parent[ConsumerView]) -> strawberry.ID:
        """The global id, opaque and stable."""
        return to_global("Consumer", root.id)

    name: str
    """The full name."""

    first_name: str
    """The first name."""

    last_name: str
    """The last name."""

    dmh_id: str
    """The id that the department knows the person by."""

    birth_date: date
    """The date of birth."""

    age: int
    """Completed years of life today, in Chicago."""

    gender: Gender
    """The gender on record."""

    address: str
    """The street address."""

    city: str
    """The city."""

    zip_code: str
    """The ZIP code."""

    guardians: list[Guardian]
    """The guardians."""


@described_type
class ResponseVersion:
    """An answer as it was given once; all are kept (001:275)."""

    version: int
    """1 for the first answer, counted up with each edit."""

    kind: ResponseKind
    """Accepted, declined, or accepted with a provision."""

    provision: Provision | None
    """What a tentative answer depends on."""

    decline_reason: DeclineReason | None
    """Why the provider declined."""

    comments: str
    """What the provider added."""

    answered_at: datetime
    """When it was given."""

    answered_by: str
    """Who gave it."""


@described_type
class Response:
    """The one answer of a provider to a referral (001:221-223, 001:273-279)."""

    @strawberry.field
    def id(root: strawberry.Parent[ResponseView]) -> strawberry.ID:
        """The global id, opaque and stable."""
        return to_global("Response", root.id)

    provider: Provider
    """The provider that answered."""

    kind: ResponseKind
    """Accepted, declined, or accepted with a provision."""

    provision: Provision | None
    """What a tentative answer depends on."""

    decline_reason: DeclineReason | None
    """Why the provider declined."""

    comments: str
    """What the provider added."""

    version: int
    """1 for the first answer, counted up with each edit."""

    answered_at: datetime
    """When the answer was last edited."""

    answered_by: str
    """Who edited it last."""

    versions: list[ResponseVersion]
    """Every version of the answer, the first one first."""


@described_type
class PendingPlacement:
    """A provider has been chosen, but the referral is not closed yet (001:213-217)."""

    since: datetime
    """When the provider was chosen."""

    provider: Provider | None
    """The chosen provider; shown to staff of the department and to the chosen provider, to nobody else."""


@described_type
class Exclusion:
    """A provider that the family does not want (001:153)."""

    provider: Provider
    """The provider."""

    reason: str
    """Why."""

    excluded_at: datetime
    """Since when."""


@described_type
class AudienceMember:
    """What a publication decided for one provider."""

    provider: Provider
    """The provider."""

    eligible: bool
    """Whether the provider got the referral."""

    reason: Reason
    """The rule that decided."""

    sentence: str
    """The rule in a sentence."""

    cites: str
    """The lines of the source documents that the rule stands on."""


@described_type
class Publication:
    """One publishing of a referral, with its audience frozen at that moment (001:139)."""

    number: int
    """1 for the first publishing, counted up with each re-publishing."""

    at: datetime
    """When it was published."""

    by: str
    """Who published it."""

    audience: list[AudienceMember]
    """Every provider with the decision, by name: who got it, who did not, and why."""


@described_type
class TimelineEntry:
    """Something that happened to a referral."""

    at: datetime
    """When."""

    act: str
    """What, in a word or two."""

    by: str
    """Who; empty where that is not for the caller to know."""

    detail: str
    """More about it, if there is more."""


@described_type
class Referral(Node):
    """A person's search for a home (001:183-254)."""

    is_type_of = shows(ReferralView)

    number: int
    """The referral number, unique and never changed (001:197)."""

    status: ReferralStatus
    """Open while a home is looked for, closed when placement is finished (001:199-201)."""

    statewide: bool
    """Whether the family has no county preference (001:101-107)."""

    version: int
    """Counted up with each change."""

    facility: Facility
    """The state facility that the referral comes from (001:203, 001:242)."""

    consumer: Consumer
    """The person who looks for a home."""

    preferred_counties: list[County]
    """The counties that the family prefers, by name; none on a statewide referral."""

    primary_coordinator: Person | None
    """The primary contact for working out the placement (001:244, 001:290)."""

    pending_placement: PendingPlacement | None
    """Set while a provider is chosen and the referral is not closed (001:213-217)."""

    age: int | None
    """Days since the first publishing; closing stops the count, a draft has none (001:219)."""

    overdue: bool
    """Whether it has been open for more than 60 days (001:225-227)."""

    created_at: datetime
    """When the draft was made."""

    published_at: datetime | None
    """When it was published for the first time."""

    republished_at: datetime | None
    """When it was last published again, if it was."""

    closed_at: datetime | None
    """When it was closed."""

    close_outcome: CloseOutcome | None
    """How the search ended."""

    own_response: Response | None
    """The answer of the caller's own provider, at a glance (001:221-223)."""

    responses: list[Response]
    """Every provider's answer; for staff of the department, empty for providers."""

    exclusions: list[Exclusion]
    """Providers that the family does not want; for staff of the department, empty for providers."""

    publications: list[Publication]
    """Each publishing with its audience; for staff of the department, empty for providers."""

    attachments: list[Attachment]
    """The documents that travel with the referral, by kind and the newest first (001:250-254)."""

    timeline: list[TimelineEntry]
    """What happened, the oldest first; a provider sees the referral's public life and its own answers."""
