"""What can be done with providers: record, contracts, homes, taking part, No Referral Status."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import strawberry

from resolvers.no_referral_status import lift_no_referral_status, set_no_referral_status
from resolvers.provider_views import view_provider_profile
from resolvers.providers import (
    ContractData,
    ProviderData,
    SiteData,
    activate_provider,
    add_site,
    deactivate_provider,
    remove_site,
    upsert_contract,
    upsert_provider,
)
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered
from schema.ids import key_of
from schema.provider_inputs import (
    ActivateProviderInput,
    AddSiteInput,
    DeactivateProviderInput,
    LiftNoReferralStatusInput,
    RemoveSiteInput,
    SetNoReferralStatusInput,
    UpsertContractInput,
    UpsertProviderInput,
)
from schema.provider_payloads import (
    ActivateProviderPayload,
    AddSitePayload,
    DeactivateProviderPayload,
    LiftNoReferralStatusPayload,
    RemoveSitePayload,
    SetNoReferralStatusPayload,
    UpsertContractPayload,
    UpsertProviderPayload,
)
from schema.selection import wanted


@described_type
class ProviderMutations:
    """Providers: for Provider Relations and the central office."""

    @strawberry.mutation
    async def upsert_provider(self, info: Info, input: UpsertProviderInput) -> UpsertProviderPayload:
        """Enter a provider, or write its record anew (000:66-72).

        Args:
            input: The whole record.
        """
        data = ProviderData(
            input.name,
            input.kind,
            input.address,
            input.city,
            input.zip_code,
            input.phone,
            input.fax,
            input.regional_office,
        )

        async def save() -> Any:
            known = _provider(input.provider_id) if input.provider_id else None
            return await _shown(info, await upsert_provider(caller_of(info), known, data))

        return await answered(UpsertProviderPayload, save())

    @strawberry.mutation
    async def upsert_contract(self, info: Info, input: UpsertContractInput) -> UpsertContractPayload:
        """Enter a contract period, or write it anew; periods of one provider share no day (002:355-357).

        Args:
            input: The contract.
        """
        data = ContractData(input.number, input.begins_on, input.ends_on)

        async def save() -> Any:
            key = _provider(input.provider_id)
            known = key_of("Contract", input.contract_id, field="contractId") if input.contract_id else None
            await upsert_contract(caller_of(info), key, known, data)
            return await _shown(info, key)

        return await answered(UpsertContractPayload, save())

    @strawberry.mutation
    async def add_site(self, info: Info, input: AddSiteInput) -> AddSitePayload:
        """Enter a home; contacts are warned of counties in which there is none (001:99-101).

        Args:
            input: The home.
        """
        data = SiteData(input.kind, input.county, input.city, input.beds)
        return await answered(AddSitePayload, _done(info, input.provider_id, lambda key: _add(info, key, data)))

    @strawberry.mutation
    async def remove_site(self, info: Info, input: RemoveSiteInput) -> RemoveSitePayload:
        """Remove a home that is no more.

        Args:
            input: Which home.
        """

        async def remove() -> Any:
            key = key_of("Site", input.site_id, field="siteId")
            return await _shown(info, await remove_site(caller_of(info), key))

        return await answered(RemoveSitePayload, remove())

    @strawberry.mutation
    async def activate_provider(self, info: Info, input: ActivateProviderInput) -> ActivateProviderPayload:
        """Let a provider take part: it joins the open referrals that match, and is told of all at once (001:167-168).

        Args:
            input: Which provider.
        """
        work = _done(info, input.provider_id, lambda key: activate_provider(caller_of(info), key))
        return await answered(ActivateProviderPayload, work)

    @strawberry.mutation
    async def deactivate_provider(self, info: Info, input: DeactivateProviderInput) -> DeactivateProviderPayload:
        """Let a provider take part no more; its record, answers and contacts stay.

        Args:
            input: Which provider, and why.
        """
        work = _done(info, input.provider_id, lambda key: deactivate_provider(caller_of(info), key, input.reason))
        return await answered(DeactivateProviderPayload, work)

    @strawberry.mutation
    async def set_no_referral_status(self, info: Info, input: SetNoReferralStatusInput) -> SetNoReferralStatusPayload:
        """Suspend referrals to a provider until the status is lifted (001:152).

        Args:
            input: Which provider, and why.
        """
        work = _done(info, input.provider_id, lambda key: set_no_referral_status(caller_of(info), key, input.reason))
        return await answered(SetNoReferralStatusPayload, work)

    @strawberry.mutation
    async def lift_no_referral_status(
        self, info: Info, input: LiftNoReferralStatusInput
    ) -> LiftNoReferralStatusPayload:
        """Lift the status: open referrals show at once, and the contacts are told of all withheld ones (001:161-162).

        Args:
            input: Which provider.
        """
        work = _done(info, input.provider_id, lambda key: lift_no_referral_status(caller_of(info), key))
        return await answered(LiftNoReferralStatusPayload, work)


def _provider(text: str) -> UUID:
    return key_of("Provider", text, field="providerId")


async def _add(info: Info, provider_id: UUID, data: SiteData) -> None:
    await add_site(caller_of(info), provider_id, data)


async def _done(info: Info, provider_id: str, work: Callable[[UUID], Awaitable[None]]) -> Any:
    """Do the work on a provider, then show the profile as the caller may see it afterwards."""
    key = _provider(provider_id)
    await work(key)
    return await _shown(info, key)


async def _shown(info: Info, key: UUID) -> Any:
    paths = wanted(info, "provider")
    return await view_provider_profile(caller_of(info), key, wanted=paths) if paths else None
