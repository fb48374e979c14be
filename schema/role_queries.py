"""What can be asked of the role catalogue."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.role_catalogue import (
    list_available_roles,
    list_current_roles,
    list_incompatible_roles,
    list_roles,
)
from rules.organizations import Division, Under
from schema.context import Info, caller_of
from schema.described import described_type
from schema.ids import key_of
from schema.role_types import CatalogueRole, HeldRole, IncompatibleRoles


@described_type
class RoleQueries:
    """The role catalogue (000:176-189)."""

    @strawberry.field
    async def roles(self, info: Info, withdrawn: bool = False) -> list[CatalogueRole]:
        """The roles of the catalogue by name (000:176-177).

        Args:
            withdrawn: True to list those that were withdrawn as well.
        """
        return cast("list[CatalogueRole]", await list_roles(caller_of(info), withdrawn=withdrawn))

    @strawberry.field
    async def available_roles(
        self,
        info: Info,
        division: Division,
        under: Under = Under.REGIONAL_OFFICE,
        employer_id: strawberry.ID | None = None,
    ) -> list[CatalogueRole]:
        """The roles that the caller can ask for: none of them would deny the request (000:167-178).

        Args:
            division: The division.
            under: The organization under which they are asked for.
            employer_id: The provider that the caller works for; left out, it is taken from the account.
        """
        employer = key_of("Provider", employer_id, field="employerId") if employer_id else None
        return cast(
            "list[CatalogueRole]", await list_available_roles(caller_of(info), division, under, employer)
        )  # fmt: skip

    @strawberry.field
    async def my_current_roles(self, info: Info) -> list[HeldRole]:
        """The roles that the caller holds at this moment (000:235-240)."""
        return cast("list[HeldRole]", await list_current_roles(caller_of(info)))

    @strawberry.field
    async def incompatible_roles(self, info: Info) -> list[IncompatibleRoles]:
        """The pairs of roles that do not go together in one hand (002:244-245)."""
        return cast("list[IncompatibleRoles]", await list_incompatible_roles(caller_of(info)))
