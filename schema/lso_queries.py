"""What can be asked of Local Security Officers."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.lso_health import list_lso_health
from resolvers.lso_views import view_lso_designation
from rules.lso import LsoScope
from schema.context import Info, caller_of
from schema.described import described_type
from schema.lso_inputs import organization_named
from schema.lso_types import LsoDesignation, LsoHealth
from schema.nodes import Connection, connection_of
from schema.selection import is_wanted


@described_type
class LsoQueries:
    """Local Security Officers (000:26-106)."""

    @strawberry.field
    async def lso_designation(
        self, info: Info, provider_id: strawberry.ID | None = None, facility_code: str | None = None
    ) -> LsoDesignation | None:
        """The LSO of a provider or facility, with the letter; null while nobody is designated (000:106).

        Args:
            provider_id: The provider; or a facility.
            facility_code: The facility, by its code.
        """
        organization = organization_named(provider_id, facility_code)
        return cast("LsoDesignation | None", await view_lso_designation(caller_of(info), organization))

    @strawberry.field
    async def lso_health(
        self,
        info: Info,
        scope: LsoScope = LsoScope.PROVIDER,
        vacant: bool | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[LsoHealth]:
        """Every organization that needs an LSO, by name, with what keeps requests from reaching the officer.

        Args:
            scope: Providers under contract, or facilities.
            vacant: Only those without an officer who has a user ID, or only those with one.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_lso_health(
                caller_of(info),
                scope,
                vacant=vacant,
                first=first,
                after=after,
                count=is_wanted(info, "totalCount"),
            )
        )
