"""What is shown of a referral: plain values, which know nothing of the face that shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from resolvers.attachment_views import AttachmentView
from rules.audience import Reason
from rules.referrals import (
    CloseOutcome,
    DeclineReason,
    Gender,
    Provision,
    ReferralStatus,
    ResponseKind,
)


@dataclass(slots=True)
class CountyView:
    """A county."""

    fips: str
    name: str


@dataclass(slots=True)
class FacilityView:
    """The state facility that a referral comes from."""

    code: str
    name: str


@dataclass(slots=True)
class ProviderRef:
    """A provider by name."""

    id: UUID
    name: str


@dataclass(slots=True)
class PersonView:
    """A member of staff whom one may call or write to (001:244)."""

    id: UUID
    name: str
    email: str | None
    phone: str


@dataclass(slots=True)
class GuardianView:
    """A guardian (001:246)."""

    name: str
    relationship: str
    phone: str
    email: str


@dataclass(slots=True)
class ConsumerView:
    """The person who looks for a home (001:205-211, 001:246)."""

    id: UUID
    name: str
    first_name: str
    last_name: str
    dmh_id: str
    birth_date: date
    age: int
    gender: Gender
    address: str
    city: str
    zip_code: str
    guardians: list[GuardianView] = field(default_factory=list)


@dataclass(slots=True)
class ResponseVersionView:
    """An answer as it was given once."""

    version: int
    kind: ResponseKind
    provision: Provision | None
    decline_reason: DeclineReason | None
    comments: str
    answered_at: datetime
    answered_by: str


@dataclass(slots=True)
class ResponseView:
    """A provider's answer with its earlier versions, newest last."""

    id: UUID
    provider: ProviderRef
    kind: ResponseKind
    provision: Provision | None
    decline_reason: DeclineReason | None
    comments: str
    version: int
    answered_at: datetime
    answered_by: str
    versions: list[ResponseVersionView] = field(default_factory=list)


@dataclass(slots=True)
class ExclusionView:
    """A provider that the family does not want."""

    provider: ProviderRef
    reason: str
    excluded_at: datetime


@dataclass(slots=True)
class AudienceMemberView:
    """What a publication decided for one provider."""

    provider: ProviderRef
    eligible: bool
    reason: Reason

    @property
    def sentence(self) -> str:
        """Say the reason to a coordinator."""
        return self.reason.sentence

    @property
    def cites(self) -> str:
        """Name the source lines of the reason."""
        return self.reason.cites


@dataclass(slots=True)
class PublicationView:
    """One publishing with its frozen audience."""

    number: int
    at: datetime
    by: str
    audience: list[AudienceMemberView] = field(default_factory=list)


@dataclass(slots=True)
class TimelineEntry:
    """Something that happened to a referral."""

    at: datetime
    act: str
    by: str
    detail: str


@dataclass(slots=True)
class PendingPlacementView:
    """A pending placement; ``provider`` only for staff of the department and for the chosen provider itself."""

    since: datetime
    provider: ProviderRef | None


@dataclass(slots=True)
class ReferralView:
    """A referral as one person sees it."""

    id: UUID
    number: int
    status: ReferralStatus
    statewide: bool
    version: int
    facility: FacilityView
    consumer: ConsumerView
    primary_coordinator: PersonView | None
    pending_placement: PendingPlacementView | None
    age: int | None
    overdue: bool
    created_at: datetime
    published_at: datetime | None
    republished_at: datetime | None
    closed_at: datetime | None
    close_outcome: CloseOutcome | None
    own_response: ResponseView | None = None
    preferred_counties: list[CountyView] = field(default_factory=list)
    responses: list[ResponseView] = field(default_factory=list)
    exclusions: list[ExclusionView] = field(default_factory=list)
    publications: list[PublicationView] = field(default_factory=list)
    timeline: list[TimelineEntry] = field(default_factory=list)
    attachments: list[AttachmentView] = field(default_factory=list)
