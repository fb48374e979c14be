"""The own account and the support desk, as GraphQL shows them."""

from __future__ import annotations

from datetime import datetime

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.profile import ProfileView
from resolvers.reset_views import ResetView
from rules.resets import Proof
from rules.tickets import TicketChannel, TicketState
from schema.described import described_type
from schema.ids import to_global


@described_type
class ConfidentialityStatement:
    """The text that is accepted at sign-on, before anything else is seen (000:253)."""

    version: str
    """The version, to be named when it is accepted."""

    text: str
    """The text; paragraphs are parted by an empty line."""


@described_type
class Profile:
    """What a person keeps current of the own account (000:302-310)."""

    @strawberry.field
    def id(root: strawberry.Parent[ProfileView]) -> strawberry.ID:
        """The person's global id."""
        return to_global("Person", root.id)

    user_id: str
    """The user ID."""

    name: str
    """The full name; it is changed by an access form."""

    title: str
    """The job title, empty when it is not on file."""

    phone: str
    """The telephone number, empty when it is not on file."""

    email: str | None
    """The e-mail address that letters go to."""

    email_confirmed_at: datetime | None
    """When the address was confirmed by following the link of a letter; null when it never was."""

    email_bounced_at: datetime | None
    """Since when letters to the address come back; null while they arrive."""

    new_email: str | None
    """An address that waits to be confirmed."""

    new_email_expires_at: datetime | None
    """Until when the link in the letter to the new address can be followed."""


@described_type
class PasswordReset:
    """A ticket of the support desk: somebody cannot sign in (000:15-20)."""

    @strawberry.field
    def person_id(root: strawberry.Parent[ResetView]) -> strawberry.ID:
        """The global id of the person who cannot sign in."""
        return to_global("Person", root.person_id)

    number: int
    """The ticket's number."""

    state: TicketState
    """Where it stands."""

    channel: TicketChannel
    """How it came."""

    user_id: str
    """The user ID of the person."""

    name: str
    """The person's name, to be asked for on the telephone."""

    phone: str
    """The telephone number on file, to call back."""

    phone_changed_at: datetime | None
    """When the person last changed the number; null if never. It is not called back for 7 days after that."""

    organization: str
    """The provider that the person works for, empty for the department."""

    locked: bool
    """Whether the account is locked after wrong entries."""

    on_call: bool
    """Whether it fell to the technician on call, or to nobody until the next opening."""

    opened_at: datetime
    """When it was asked for."""

    due_at: datetime | None
    """When it has to be answered: 2 hours of the desk's or the technician's time later (000:18-19)."""

    overdue: bool
    """Whether it is open past that time."""

    answered_at: datetime | None
    """When it was carried out or refused."""

    proof: Proof | None
    """How the person's identity was proven; null until it is carried out."""

    note: str
    """Why it was refused; empty otherwise."""


@described_type
class TemporaryPassword:
    """A password for one sign-on, shown this once; it has to be changed there (000:5, PWD-13)."""

    user_id: str
    """Whose it is."""

    one_time_secret: str
    """The password. It is kept only as a hash: note nothing down, read it to the person."""

    expires_at: datetime
    """Until when it signs on."""
