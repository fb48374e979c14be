"""Access forms as they are shown (000:57-131, 001:8-44)."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.access_form_views import AccessFormView
from rules.access_forms import Application, Channel, FormKind, FormSigner, FormState
from rules.form_entries import Edition, LiaisonKind
from rules.organizations import Division
from schema.described import described_enum, described_type
from schema.ids import to_global
from schema.referral_types import Provider

described_enum(FormKind, name="AccessFormKind")
described_enum(FormState, name="AccessFormState")
described_enum(FormSigner)
described_enum(Channel, name="FormChannel")
described_enum(Application, name="FormApplication")
described_enum(Edition, name="FormEdition")
described_enum(LiaisonKind)


@described_type
class AccessFormSignature:
    """A signature on an access form (001:34-37)."""

    capacity: FormSigner
    """In which capacity it was given."""

    signer_name: str
    """Who signed."""

    on_paper: bool
    """Whether it was read on a paper by the regional office."""

    signed_on: date
    """The day of the signature."""

    at: datetime
    """When it was made or recorded here."""


@described_type
class MarkedApplication:
    """An application or duty that is marked "Add" on the form (000:59-63, 001:27)."""

    application: Application
    """Which one."""

    printed_part: str
    """In which part of the printed form it stands; the editions differ (POL-17)."""


@described_type
class PrintedForm:
    """A copy to print, to sign by hand, or to keep (001:40)."""

    html: str
    """The copy as one HTML document without scripts or links."""

    content_hash: str
    """SHA-256 over the content that is signed."""


@described_type
class AccessForm:
    """A Contract Provider Access Request Form (000:57-131)."""

    @strawberry.field
    def id(root: strawberry.Parent[AccessFormView]) -> strawberry.ID:
        """The global id."""
        return to_global("AccessForm", root.id)

    number: int
    """The number of the form."""

    kind: FormKind
    """What it asks for."""

    state: FormState
    """Where it stands."""

    state_since: datetime
    """Since when."""

    user_id: str | None
    """The user ID of the person; null until one is issued."""

    first_name: str
    """The first name."""

    middle_initial: str
    """The middle initial."""

    last_name: str
    """The last name."""

    title: str
    """What the person does."""

    city: str
    """The city."""

    phone: str
    """The telephone number."""

    email: str
    """The person's own e-mail address."""

    division: Division | None
    """The division."""

    provider: Provider | None
    """The provider that the person works for."""

    facility_code: str | None
    """The facility that the person works for."""

    organization: str
    """The name of the provider, the facility, or the department."""

    regional_office: str | None
    """The regional office that forwards it and hands out the user ID."""

    liaison: LiaisonKind
    """Which liaison hands out the user ID and password (000:124-128)."""

    for_lso: bool
    """Whether the person is, or is to be, the Local Security Officer."""

    tcm_supervisor: bool
    """Whether the person has TCM supervisor responsibilities (000:62-63)."""

    create_user_id: bool
    """Whether "Create User ID and Password" is marked (000:121)."""

    applications: list[MarkedApplication]
    """What is marked "Add"."""

    change_request: str
    """What is to be changed, in words."""

    effective_on: date | None
    """From when on, if that was said."""

    edition: Edition
    """The edition of the printed form."""

    channel: Channel
    """How it came (001:43-44)."""

    confidentiality_version: str
    """The version of the confidentiality statement that was accepted with it."""

    content_hash: str
    """SHA-256 over what is signed: pass it as `contentHash` when you sign."""

    submitted_at: datetime
    """When it was submitted."""

    submitted_by: str | None
    """Who submitted it."""

    forwarded_at: datetime | None
    """When it was forwarded to the Office of Administration."""

    issued_at: datetime | None
    """When it was carried out there."""

    released_at: datetime | None
    """When the credentials were last released."""

    returned_why: str
    """Why it was sent back, if it was."""

    signatures: list[AccessFormSignature]
    """The signatures that it bears."""

    missing: list[FormSigner]
    """The signatures that it still needs; it cannot be forwarded without them (000:125)."""

    finding_number: int | None
    """The finding of a system activity review that it carries out, by its number (002:252-253)."""

    printed: PrintedForm | None
    """The copy to print."""


@described_type
class ReleasedCredentials:
    """Credentials to hand to their owner. The secret is shown this once: write it down, or release anew."""

    user_id: str
    """The user ID."""

    one_time_secret: str
    """What the person signs on with once, to choose a password."""

    expires_at: datetime
    """Until when it signs on."""
