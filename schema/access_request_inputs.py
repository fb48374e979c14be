"""What the mutations of access requests take. Only what may be set is listed."""

from __future__ import annotations

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from rules.approvals import Stage
from rules.organizations import Division, Under
from schema.described import described_input


@described_input
class CreateAccessRequestInput:
    """What is chosen before the roles (000:160-169)."""

    email: str
    """The e-mail address: the one on file."""

    division: Division
    """The division (000:167)."""

    under: Under = Under.REGIONAL_OFFICE
    """The organization under which roles are asked for (000:167-168, 000:209-216)."""

    regional_office: str | None = None
    """The code of the local regional office; left out, it is taken from the organization."""

    employer_id: strawberry.ID | None = None
    """The provider that the requester works for; left out, it is taken from the account (000:169)."""


@described_input
class RequestedRoleInput:
    """A role that is asked for."""

    code: str
    """The code of the role."""

    reason: str = ""
    """Why, up to 300 characters; needed where two roles go together with a reason only."""


@described_input
class SetRequestedRolesInput:
    """All roles of a draft (000:174, 000:188-189)."""

    number: int
    """The number of the draft."""

    roles: list[RequestedRoleInput]
    """The whole set."""


@described_input
class SubmitAccessRequestInput:
    """The submission of a draft (000:191)."""

    number: int
    """The number of the draft."""

    idempotency_key: str
    """A key of the caller's own, up to 80 characters: the same key again answers the same request."""

    agreed_terms_version: str
    """The version of the terms that the requester has read and agrees to (000:161-163)."""

    content_hash: str | None = None
    """The hash of the review, so that nothing else is sent than what was reviewed."""


@described_input
class WithdrawAccessRequestInput:
    """Which request is taken back."""

    number: int
    """The number of the request."""


@described_input
class ResubmitAccessRequestInput:
    """From which denied request a corrected draft is made (000:206)."""

    number: int
    """The number of the denied request."""


@described_input
class DecideAccessRequestInput:
    """A decision, signed by user ID and password (000:198-206)."""

    number: int
    """The number of the request."""

    stage: Stage
    """The approval that is given or denied."""

    approve: bool
    """True to approve; false denies the request as a whole."""

    reason: str = ""
    """Why, up to 500 characters; a denial needs it, and the requester reads it."""

    content_hash: str
    """The hash of the request as it was shown: the signature is for exactly that."""

    user_id: str
    """The signer's own user ID."""

    password: str
    """The signer's password."""
