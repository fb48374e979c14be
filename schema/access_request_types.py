"""Access requests as they are shown: roles, decisions, timeline, review (000:134-240)."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.access_request_review import MetPairView, RoleProblemView
from resolvers.access_request_views import Inbox, RequestedRoleView
from rules.approvals import RequestState, Stage, StandsInAs
from rules.eligibility import Ineligibility, ReviewWarning
from rules.organizations import Division, Under
from rules.segregation import PairVerdict
from schema.described import described_enum, described_type
from schema.referral_types import Person
from schema.role_types import CatalogueRole

described_enum(Inbox, name="AccessRequestInbox")


@described_type
class RequestedRole:
    """A role on an access request (000:174)."""

    role: CatalogueRole
    """The role."""

    reason: str
    """Why it is asked for."""

    denied_because: Ineligibility | None
    """Why it cannot be granted, if that denied the request (000:205)."""

    @strawberry.field
    def denied_sentence(root: strawberry.Parent[RequestedRoleView]) -> str | None:
        """The same in a sentence."""
        return root.denied_because.sentence if root.denied_because else None


@described_type
class AccessDecision:
    """A signed decision on an access request (000:198-206)."""

    stage: Stage
    """The approval that it is."""

    approved: bool
    """Whether it was approved."""

    decider: Person
    """Who signed."""

    on_behalf_of: Person | None
    """The LSO for whom a deputy signed."""

    capacity: StandsInAs | None
    """In which capacity the first approval was given; null for the final one."""

    reason: str
    """What the decider said; a denial says why."""

    at: datetime
    """When it was signed."""


@described_type
class AccessRequestStep:
    """A step of the way of an access request (000:229)."""

    line: int
    """The number of the step, from 1 on: pass it as `after` to go on from here."""

    state: RequestState
    """Where the request was."""

    since: datetime
    """Since when."""

    until: datetime | None
    """Until when; null for the step at which it is."""

    held_by: str
    """The office that had it; empty once it moved no more."""

    holder: Person | None
    """The person who had it, where it was one person."""

    by: Person | None
    """Who made it move."""

    why: str
    """Why it moved, as a stable code such as SUBMITTED, LSO_VACANT or APPROVED_BY_LSO."""

    due_at: datetime | None
    """When it was due (000:203)."""


@described_type
class RoleProblem:
    """A role that would deny the whole request (000:177-179)."""

    role: CatalogueRole
    """The role."""

    because: Ineligibility
    """Why it cannot be granted."""

    @strawberry.field
    def sentence(root: strawberry.Parent[RoleProblemView]) -> str:
        """The same in a sentence."""
        return root.because.sentence


@described_type
class MetPair:
    """Two roles that do not go together, of this request or held already (002:244-245)."""

    first: CatalogueRole
    """The role whose code comes first."""

    second: CatalogueRole
    """The other role."""

    verdict: PairVerdict
    """What becomes of the two in one hand."""

    reason_given: bool
    """Whether the request says why on one of them."""

    @strawberry.field
    def refused(root: strawberry.Parent[MetPairView]) -> bool:
        """Whether the request cannot be submitted like this."""
        return root.verdict is PairVerdict.FORBIDDEN or not root.reason_given


@described_type
class AccessRequestReview:
    """The review before submitting: nothing is changed by it, and nobody is told (000:189-191)."""

    ready: bool
    """Whether nothing would refuse the request, and no role would deny it."""

    missing: list[str]
    """What is still to be done, in sentences."""

    problems: list[RoleProblem]
    """The roles that would deny the whole request."""

    pairs: list[MetPair]
    """The roles that do not go together."""

    warnings: list[ReviewWarning]
    """What the requester should know; none of it stops the request."""

    content_hash: str
    """The hash of what is shown: pass it to submit exactly this."""

    terms_version: str
    """The version of the terms to be agreed to (000:161-163)."""


@described_type
class AccessRequestTerms:
    """The terms that a requester agrees to with each request (000:161-163)."""

    version: str
    """The version, as `agreedTermsVersion` takes it."""

    text: str
    """The text."""

    effective_from: date
    """Since when it is in force."""


@described_type
class AccessRequest:
    """A request for roles by one person, for one organization (000:134-240)."""

    number: int
    """The number by which people speak of it."""

    state: RequestState
    """Where it stands."""

    requester: Person
    """Who asks."""

    email: str
    """The address that the requester stated (000:160-161)."""

    division: Division | None
    """The division (000:167)."""

    under: Under | None
    """The organization under which the roles are asked for (000:167-168)."""

    regional_office: str | None
    """The regional office, where they are asked for under one."""

    employer: str
    """The organization that the requester works for (000:169)."""

    terms_version: str
    """The version of the terms that was agreed to; empty on a draft."""

    roles: list[RequestedRole]
    """The roles, by their codes."""

    decisions: list[AccessDecision]
    """The signed decisions, the first approval first."""

    timeline: list[AccessRequestStep]
    """The way that it went: where, who had it, since when, due when (000:229)."""

    review: AccessRequestReview | None
    """What a draft still lacks; null once it was submitted."""

    content_hash: str
    """The hash of what it asks for: a decision signs exactly this (000:199-200)."""

    held_by: str
    """The office that has it now; empty once it moves no more."""

    holder: Person | None
    """The person who has it now, where it is one person."""

    addressed_as: StandsInAs | None
    """In which capacity that person is asked for the first approval."""

    next_step: str
    """What comes next, in a sentence."""

    created_at: datetime
    """When it was begun."""

    submitted_at: datetime | None
    """When it was submitted."""

    state_since: datetime
    """Since when it is where it is."""

    due_at: datetime | None
    """When it is due: 48 hours after the first approval (000:203)."""

    decided_at: datetime | None
    """When it was closed."""

    follows: int | None
    """The denied request from which this one was made."""


@described_type
class AccessRequestEvent:
    """A step that an access request has taken, as it is delivered live."""

    number: int
    """The number of the request."""

    line: int
    """The number of the step: pass it as `after` to go on from here."""

    step: AccessRequestStep
    """The step."""

    request: AccessRequest
    """The request as the caller may see it at this moment."""
