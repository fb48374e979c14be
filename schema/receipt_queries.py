"""Asking what became of referrals at their providers."""

from __future__ import annotations

from datetime import date
from typing import cast

import strawberry

from resolvers.engagement import view_engagement
from resolvers.receipts import referral_receipts
from resolvers.silent_list import list_silent_providers
from resolvers.why_not import why_not
from schema.context import Info, caller_of
from schema.described import described_type
from schema.ids import key_of
from schema.nodes import Connection, connection_of
from schema.receipt_types import Engagement, ProviderReceipt, SilentProvider, WhyNot
from schema.selection import is_wanted


@described_type
class ReceiptQueries:
    """Whether referrals arrive, are read and are answered."""

    @strawberry.field
    async def referral_receipts(self, info: Info, number: int) -> list[ProviderReceipt]:
        """What became of a referral at each provider that it has reached, by name; for staff of the department.

        Args:
            number: The referral number.
        """
        return cast("list[ProviderReceipt]", await referral_receipts(caller_of(info), number))

    @strawberry.field
    async def silent_providers(
        self, info: Info, first: int = 50, after: str | None = None, older_than_days: int | None = None
    ) -> Connection[SilentProvider]:
        """Who has had an open referral for too long and could answer it, the longest silence first (001:271).

        Args:
            first: How many rows, at most 100.
            after: The cursor after which to go on.
            older_than_days: More than so many days; those of the policy, unless said otherwise.
        """
        return connection_of(
            await list_silent_providers(
                caller_of(info),
                first=first,
                after=after,
                older_than_days=older_than_days,
                count=is_wanted(info, "totalCount"),
            )
        )

    @strawberry.field
    async def why_not(self, info: Info, number: int, provider_id: strawberry.ID) -> WhyNot:
        """Why a provider got a referral or did not: frozen at each publishing, and what happened since (001:137-172).

        Args:
            number: The referral number.
            provider_id: The global id of the provider.
        """
        provider = key_of("Provider", provider_id, field="providerId")
        return cast("WhyNot", await why_not(caller_of(info), number, provider))

    @strawberry.field
    async def engagement(self, info: Info, provider_id: strawberry.ID, since: date | None = None) -> Engagement:
        """Whether a provider receives and uses the exchange; its own people see their own (001:271).

        Args:
            provider_id: The global id of the provider.
            since: The first day that counts; 90 days ago, unless said otherwise.
        """
        provider = key_of("Provider", provider_id, field="providerId")
        return cast("Engagement", await view_engagement(caller_of(info), provider, since))
