"""Incidents and tickets."""

from __future__ import annotations

from datetime import datetime

import schema.enums  # noqa: F401 - the enums are described before they are used
from rules.breach import BreachQuestion
from rules.incidents import Finding, IncidentKind, IncidentState, LsoAnswer
from rules.tickets import TicketChannel, TicketKind, TicketState
from schema.described import described_type
from schema.referral_types import Provider
from schema.user_account_types import UserAccount


@described_type
class BreachAnswer:
    """A part of the definition of a breach, and whether it is met (002:15-19)."""

    question: BreachQuestion
    """The part of the definition."""

    answer: bool
    """The answer."""


@described_type
class Incident:
    """What may have been a breach of security, whom it concerns, and how it ended (000:34-39)."""

    number: int
    """The number that people say on the telephone."""

    kind: IncidentKind
    """What happened."""

    state: IncidentState
    """Where it stands."""

    user_id: str | None
    """The user ID of the person it concerns."""

    name: str | None
    """The name of the person it concerns."""

    provider: Provider | None
    """The provider whose Local Security Officer is asked."""

    request_number: int | None
    """The access request that it came from."""

    devices: int | None
    """On how many devices the user ID was in use at once, where that is what happened."""

    suspended: bool
    """Whether the account was suspended by it."""

    opened_at: datetime
    """When it was opened."""

    report: str | None
    """What was reported, in the reporter's words; for the security offices only."""

    reported_by: str | None
    """Who reported it; for the security offices only."""

    lso_answer: LsoAnswer | None
    """What the Local Security Officer answered."""

    lso_answered_at: datetime | None
    """When the Local Security Officer answered."""

    finding: Finding | None
    """What it turned out to be."""

    closed_at: datetime | None
    """When it was closed."""

    note: str | None
    """What was found, in words; for the security offices only."""

    breach_answers: list[BreachAnswer] | None
    """The answers that decided whether it was a breach; for the security offices only (002:15-19)."""


@described_type
class AccountSuspension:
    """An account that was suspended, and the incident that decides about it."""

    account: UserAccount | None
    """The account as it is now; null, if it is not the caller's to see any more."""

    incident_number: int
    """The number of the incident."""


@described_type
class OutsideSystem:
    """A system of another agency in which people of the department have accounts (002:278-285)."""

    code: str
    """Its short code."""

    name: str
    """Its name."""

    agency: str
    """The agency that owns it."""

    mainframe: bool
    """Whether it runs on the mainframe."""

    active: bool
    """Whether it is in use."""

    roles: list[str]
    """The codes of the catalogue roles that open it."""


@described_type
class Ticket:
    """What somebody of the department has to do for an account (000:15-20, 002:299-305)."""

    number: int
    """The number that people say on the telephone."""

    kind: TicketKind
    """What is asked for."""

    state: TicketState
    """Where it stands."""

    channel: TicketChannel
    """How it came."""

    user_id: str
    """The user ID that it is about."""

    name: str
    """The name of the person that it is about."""

    form_number: int | None
    """The access form that it came with."""

    system: OutsideSystem | None
    """The system of another agency that it is about."""

    on_call: bool
    """Whether a technician on call answers it (000:18-19)."""

    opened_at: datetime
    """When it was opened."""

    due_at: datetime | None
    """By when it has to be answered, where there is such a time."""

    answered_at: datetime | None
    """When it was closed."""

    answered_by: str | None
    """Who closed it."""

    note: str
    """What was noted with it."""
