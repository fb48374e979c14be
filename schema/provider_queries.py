"""What can be asked of providers."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.provider_views import list_provider_profiles, view_provider_profile
from schema.context import Info, caller_of
from schema.described import described_type
from schema.ids import key_of
from schema.nodes import Connection, connection_of
from schema.provider_inputs import ProviderFilterInput
from schema.provider_types import ProviderProfile
from schema.selection import is_wanted, wanted


@described_type
class ProviderQueries:
    """Providers and their profiles."""

    @strawberry.field
    async def provider(self, info: Info, id: strawberry.ID) -> ProviderProfile | None:
        """One provider's profile; an error with the code PROVIDER_NOT_FOUND when there is none for the caller.

        Args:
            id: The provider's global id.
        """
        key = key_of("Provider", id, field="id")
        return cast("ProviderProfile", await view_provider_profile(caller_of(info), key, wanted=wanted(info)))

    @strawberry.field
    async def providers(
        self, info: Info, filter: ProviderFilterInput | None = None, first: int = 50, after: str | None = None
    ) -> Connection[ProviderProfile]:
        """Providers by name; a provider's staff get their own only.

        Args:
            filter: Any combination of filters.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_provider_profiles(
                caller_of(info),
                where=filter.as_filter() if filter else None,
                first=first,
                after=after,
                count=is_wanted(info, "totalCount"),
                wanted=wanted(info, "nodes", "edges.node"),
            )
        )
