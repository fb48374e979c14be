"""Tickets: what somebody of the department has to do for an account, and by when (000:15-20, 002:299-305)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from rules.errors import Conflict
from rules.roles import Role


class TicketKind(StrEnum):
    """Say what a ticket asks for."""

    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - the name of a kind
    """The support desk gives a temporary password to whoever proves who they are (000:15-20)."""
    ACCOUNT_MANAGEMENT = "ACCOUNT_MANAGEMENT"
    """Account management ends what a person had outside of Homeward (002:299-300)."""
    AGENCY_NOTICE = "AGENCY_NOTICE"
    """The agency that owns another system is asked to end a person's access there (002:303-305)."""


class TicketState(StrEnum):
    """Say where a ticket stands."""

    OPEN = "OPEN"
    """Nobody has answered it."""
    DONE = "DONE"
    """It was done."""
    REFUSED = "REFUSED"
    """It was not done; the caller could not prove who they are, or it was no longer needed."""


class TicketChannel(StrEnum):
    """Say how a ticket came."""

    PHONE = "PHONE"
    """Somebody called the desk."""
    WEB = "WEB"
    """Asked for at the sign-in page."""
    HOUSE = "HOUSE"
    """Opened by the house itself."""


class TicketOutcome(StrEnum):
    """Say how a ticket is closed."""

    DONE = "DONE"
    """It was done."""
    REFUSED = "REFUSED"
    """It was not done, or was not needed."""

    @property
    def as_state(self) -> TicketState:
        """Give the state in which the ticket ends."""
        return TicketState(self.value)


_OUTSIDE = frozenset({TicketKind.ACCOUNT_MANAGEMENT, TicketKind.AGENCY_NOTICE})

QUEUES: Mapping[Role, frozenset[TicketKind]] = MappingProxyType(
    {
        Role.SUPPORT_DESK: frozenset({TicketKind.PASSWORD_RESET}),
        Role.ITSD_ACCOUNT_MGMT: _OUTSIDE,
        Role.CSO: frozenset(TicketKind),
        Role.ADMINISTRATOR: frozenset(TicketKind),
    }
)
"""Which tickets an office sees (000:15-20, 002:299-305)."""

CLOSED_BY: Mapping[Role, frozenset[TicketKind]] = MappingProxyType({Role.ITSD_ACCOUNT_MGMT: _OUTSIDE})
"""Which tickets an office closes with a word; password resets have a way of their own."""


def kinds_of(roles: Collection[Role], queues: Mapping[Role, frozenset[TicketKind]] = QUEUES) -> frozenset[TicketKind]:
    """Tell which kinds of tickets the holder of these roles has to do with."""
    return frozenset().union(*(queues[role] for role in roles if role in queues))


def check_open(state: TicketState) -> None:
    """Close only what is open. Raises Conflict TICKET_CLOSED."""
    if state is not TicketState.OPEN:
        raise Conflict("Somebody has closed this ticket already.", code="TICKET_CLOSED")
