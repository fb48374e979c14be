"""The person who is signed on, and the lines of a mailbox."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.line_views import NotificationView
from resolvers.people import ViewerView
from rules.deadlines import DeadlineKind
from rules.next_step import NextStep
from rules.notices import NotificationKind, Subject
from rules.roles import Role
from schema.described import described_type
from schema.ids import to_global
from schema.nodes import Node, shows
from schema.referral_types import Provider, Referral


@described_type
class Deadline:
    """Something that ends or falls due for an account (000:6, 000:22-27, 002:120, 002:356-357)."""

    kind: DeadlineKind
    """What ends or happens."""

    due_on: date
    """The first day, in Missouri, on which it has."""

    due_at: datetime | None
    """The instant, where it does not happen with the run of a day."""

    sentence: str
    """What happens, and what can be done before."""

    cites: str
    """The lines of the source documents that it stands on."""


@described_type
class NextStepAdvice:
    """What a person does next, in a sentence."""

    @strawberry.field
    def step(root: strawberry.Parent[NextStep]) -> NextStep:
        """The step."""
        return root

    sentence: str
    """The same in a sentence."""

    cites: str
    """The lines of the source documents that it stands on; empty where there is nothing to do."""


@described_type
class Viewer:
    """The person who is signed on, and what the house knows of the account."""

    @strawberry.field
    def id(root: strawberry.Parent[ViewerView]) -> strawberry.ID:
        """The global id, as `primaryCoordinatorId` takes it."""
        return to_global("Person", root.id)

    user_id: str
    """The user ID issued by the department (000:54-55)."""

    name: str
    """The full name."""

    email: str | None
    """The e-mail address on file."""

    roles: list[Role]
    """The roles held at this moment (000:235-240)."""

    provider: Provider | None
    """The provider that the person works for."""

    must_change_password: bool
    """Whether nothing else can be done before the password is changed (000:3-5)."""

    must_accept_statement: bool
    """Whether nothing else can be done before the confidentiality statement is accepted (000:253)."""

    password_expires_at: datetime
    """When the password expires: 60 days after it was set (000:6)."""

    session_ends_at: datetime | None
    """When this session ends at the latest."""

    deadlines: list[Deadline]
    """What ends or falls due for the account, the nearest first: the same days on which the sweeps act."""

    next_step: NextStepAdvice
    """What the person does next: the way from a new user ID to the daily work (000:130-131, 001:70-72)."""

    mailbox_cursor: str
    """The end of the caller's mailbox at this moment: followed from here, not a line is missed."""


@described_type
class Notification(Node):
    """A line of the caller's own mailbox (001:139-174)."""

    is_type_of = shows(NotificationView)

    cursor: str
    """The place of this line in the mailbox: pass it as `after` to go on from here without missing one."""

    kind: NotificationKind
    """What happened."""

    title: str
    """What happened, in a sentence without a name."""

    at: datetime
    """When it happened."""

    referral_number: int | None
    """The number of the referral that it is about."""

    referral_numbers: list[int]
    """The numbers of the referrals that a reminder lists, the oldest first."""

    subject: Subject
    """What the number of this line belongs to."""

    subject_number: int | None
    """The number of the access request, access form, incident or ticket that it is about."""

    referral: Referral | None
    """The referral, while it exists for the caller; null once it does not."""
