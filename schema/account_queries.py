"""The own account, passwords and the support desk (000:3-20, 000:284-317)."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.profile import view_profile
from resolvers.reset_views import list_resets
from resolvers.statements import view_statement
from rules.tickets import TicketState
from schema.account_types import ConfidentialityStatement, PasswordReset, Profile
from schema.context import Info, caller_of
from schema.described import described_type
from schema.nodes import Connection, connection_of
from schema.selection import is_wanted


@described_type
class AccountQueries:
    """The own account, passwords and the support desk (000:3-20, 000:284-317)."""

    @strawberry.field
    async def confidentiality_statement(self, info: Info) -> ConfidentialityStatement:
        """The confidentiality statement in force, to be read before it is accepted (000:253)."""
        return cast("ConfidentialityStatement", await view_statement(caller_of(info)))

    @strawberry.field
    async def profile(self, info: Info) -> Profile:
        """What the caller keeps current of the own account (000:302-310)."""
        return cast("Profile", await view_profile(caller_of(info)))

    @strawberry.field
    async def password_resets(
        self, info: Info, state: TicketState = TicketState.OPEN, first: int = 50, after: str | None = None
    ) -> Connection[PasswordReset]:
        """The support desk's queue of password resets, the oldest first (000:15-20).

        Args:
            state: Open ones, unless said otherwise.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        count = is_wanted(info, "totalCount")
        return connection_of(await list_resets(caller_of(info), state, first=first, after=after, count=count))
