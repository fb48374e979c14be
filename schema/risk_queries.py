"""The risk-management programme (002:54-133)."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.house_state import view_house
from resolvers.lso_collection import view_collection
from resolvers.obligation_views import list_obligation_rules, list_obligations, view_obligation
from resolvers.risk_register import view_registers
from resolvers.sanctions import list_sanctions
from rules.obligations import ObligationState
from schema.context import Info, caller_of
from schema.described import described_type
from schema.nodes import Connection, connection_of
from schema.risk_types import House, LsoCollection, Obligation, ObligationRule, RiskRegisters, Sanction
from schema.selection import is_wanted


@described_type
class RiskQueries:
    """The risk-management programme (002:54-133)."""

    @strawberry.field
    async def house(self, info: Info) -> House:
        """The house's own state: the threat level, and warnings for the offices (002:39-42, 002:54-57)."""
        return cast("House", await view_house(caller_of(info)))

    @strawberry.field
    async def obligation(self, info: Info, number: int) -> Obligation:
        """One obligation; an error with the code OBLIGATION_NOT_FOUND when there is none for the caller.

        Args:
            number: The number of the obligation.
        """
        return cast("Obligation", await view_obligation(caller_of(info), number))

    @strawberry.field
    async def obligations(
        self,
        info: Info,
        state: ObligationState | None = None,
        code: str | None = None,
        overdue: bool | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[Obligation]:
        """The dated obligations that the caller answers for or oversees, the earliest due first.

        Args:
            state: Only those that are open, or done.
            code: Only those of this obligation of the documents.
            overdue: Only those that are late, or that are not.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_obligations(
                caller_of(info),
                state=state,
                code=code,
                overdue=overdue,
                first=first,
                after=after,
                count=is_wanted(info, "totalCount"),
            )
        )

    @strawberry.field
    async def obligation_rules(self, info: Info) -> list[ObligationRule]:
        """What the documents ask for: every obligation with its owner, how often, and when next."""
        return cast("list[ObligationRule]", await list_obligation_rules(caller_of(info)))

    @strawberry.field
    async def risk_registers(self, info: Info) -> RiskRegisters:
        """The systems, regulations and plans that the obligations are about (002:63-99)."""
        return cast("RiskRegisters", await view_registers(caller_of(info)))

    @strawberry.field
    async def sanctions(self, info: Info, incident_number: int) -> list[Sanction]:
        """What an incident led to; for the Chief Security Officer and the Privacy Officer (002:130-131).

        Args:
            incident_number: The number of the incident.
        """
        return cast("list[Sanction]", await list_sanctions(caller_of(info), incident_number))

    @strawberry.field
    async def lso_collection(self, info: Info, year: int) -> LsoCollection:
        """The collection of April of a year: all facilities for the officers, the own for its LSO (002:127-128).

        Args:
            year: The year.
        """
        return cast("LsoCollection", await view_collection(caller_of(info), year))
