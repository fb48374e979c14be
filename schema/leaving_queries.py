"""Leaving, incidents and tickets (000:34-39, 000:258-278)."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.account_views import list_accounts, view_account
from resolvers.ending_contracts import list_ending_contracts
from resolvers.incident_views import list_incidents, view_incident
from resolvers.leaving_views import preview_revocation
from resolvers.open_duties import list_open_duties
from resolvers.outside_systems import list_outside_systems
from resolvers.tickets import list_tickets, view_ticket
from rules.incidents import IncidentKind, IncidentState
from rules.leaving import Duty
from rules.tickets import TicketKind, TicketState
from schema.context import Info, caller_of
from schema.described import described_type
from schema.incident_types import Incident, OutsideSystem, Ticket
from schema.leaving_types import EndingContract, OpenDuty, RevocationPreview
from schema.nodes import Connection, connection_of
from schema.selection import is_wanted
from schema.user_account_types import AccountFilterInput, UserAccount


@described_type
class LeavingQueries:
    """Leaving, incidents and tickets (000:34-39, 000:258-278)."""

    @strawberry.field
    async def preview_revocation(self, info: Info, user_id: str) -> RevocationPreview:
        """The duties that a person holds, and what a revocation would cut (000:258-270).

        Args:
            user_id: The person's user ID, with or without its domain.
        """
        return cast("RevocationPreview", await preview_revocation(caller_of(info), user_id))

    @strawberry.field
    async def open_duties(
        self, info: Info, duty: Duty | None = None, first: int = 50, after: str | None = None
    ) -> Connection[OpenDuty]:
        """Duties that nobody holds at this moment; an organization's officers get those of their own.

        Args:
            duty: Only this duty.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_open_duties(
                caller_of(info), duty=duty, first=first, after=after, count=is_wanted(info, "totalCount")
            )
        )

    @strawberry.field
    async def ending_contracts(
        self, info: Info, first: int = 50, after: str | None = None
    ) -> Connection[EndingContract]:
        """Providers whose contract ends soon or has ended lately, the earliest end first (002:355-358).

        An organization's officers get their own; whoever looks after no provider gets none.

        Args:
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_ending_contracts(caller_of(info), first=first, after=after, count=is_wanted(info, "totalCount"))
        )

    @strawberry.field
    async def account(self, info: Info, user_id: str) -> UserAccount:
        """One account; an error with the code ACCOUNT_NOT_FOUND when there is none for the caller.

        Args:
            user_id: The person's user ID, with or without its domain.
        """
        return cast("UserAccount", await view_account(caller_of(info), user_id))

    @strawberry.field
    async def accounts(
        self, info: Info, filter: AccountFilterInput | None = None, first: int = 50, after: str | None = None
    ) -> Connection[UserAccount]:
        """The accounts that the caller looks after, by user ID; an organization's officers get those of their own.

        Args:
            filter: Any combination of filters.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_accounts(
                caller_of(info),
                where=filter.as_filter() if filter else None,
                first=first,
                after=after,
                count=is_wanted(info, "totalCount"),
            )
        )

    @strawberry.field
    async def incident(self, info: Info, number: int) -> Incident:
        """One incident; an error with the code INCIDENT_NOT_FOUND when there is none for the caller.

        Args:
            number: The number of the incident.
        """
        return cast("Incident", await view_incident(caller_of(info), number))

    @strawberry.field
    async def incidents(
        self,
        info: Info,
        state: IncidentState | None = None,
        kind: IncidentKind | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[Incident]:
        """Incidents, the newest first; a Local Security Officer gets those of the own organization.

        Args:
            state: Only those that are open, or closed.
            kind: Only those of a kind.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_incidents(
                caller_of(info), state=state, kind=kind, first=first, after=after, count=is_wanted(info, "totalCount")
            )
        )

    @strawberry.field
    async def ticket(self, info: Info, number: int) -> Ticket:
        """One ticket of the caller's office; an error with the code TICKET_NOT_FOUND when there is none.

        Args:
            number: The number of the ticket.
        """
        return cast("Ticket", await view_ticket(caller_of(info), number))

    @strawberry.field
    async def tickets(
        self,
        info: Info,
        kind: TicketKind | None = None,
        state: TicketState | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[Ticket]:
        """The tickets of the caller's office, the oldest first (000:15-20, 002:299-305).

        Args:
            kind: Only those of a kind.
            state: Only those in a state.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_tickets(
                caller_of(info), kind=kind, state=state, first=first, after=after, count=is_wanted(info, "totalCount")
            )
        )

    @strawberry.field
    async def outside_systems(self, info: Info) -> list[OutsideSystem]:
        """The systems of other agencies in which people of the department have accounts (002:278-285)."""
        return cast("list[OutsideSystem]", await list_outside_systems(caller_of(info)))
