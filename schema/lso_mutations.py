"""What can be done with Local Security Officers: designate, end, let somebody stand in (000:51-106, 000:269-270)."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers.lso import designate_lso, end_lso
from resolvers.lso_deputies import appoint_deputy, end_deputy
from resolvers.lso_views import view_lso_designation
from resolvers.officers import Organization
from resolvers.signing import Hand, hand_of
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered
from schema.ids import key_of
from schema.lso_inputs import (
    AppointDeputyInput,
    DesignateLsoInput,
    EndDeputyInput,
    EndLsoInput,
    organization_named,
)
from schema.lso_payloads import AppointDeputyPayload, DesignateLsoPayload, EndDeputyPayload, EndLsoPayload
from schema.selection import wanted


@described_type
class LsoMutations:
    """Local Security Officers: one for each provider or facility (000:51-106)."""

    @strawberry.mutation
    async def designate_lso(self, info: Info, input: DesignateLsoInput) -> DesignateLsoPayload:
        """Designate the LSO; a former designation ends at the same moment, and what was held goes on (000:64-106).

        Args:
            input: Who, by which letter, signed by whom.
        """

        async def designate() -> Any:
            organization = organization_named(input.provider_id, input.facility_code)
            hand = await _hand(info, input.user_id, input.password)
            await designate_lso(caller_of(info), organization, input.as_new(), hand)
            return await _shown(info, organization)

        return await answered(DesignateLsoPayload, designate())

    @strawberry.mutation
    async def end_lso(self, info: Info, input: EndLsoInput) -> EndLsoPayload:
        """End a designation, with its successor at the same moment or leaving the office vacant (000:105-106).

        Args:
            input: Whose, why, and who follows.
        """

        async def end() -> Any:
            organization = organization_named(input.provider_id, input.facility_code)
            hand = await _hand(info, input.user_id, input.password)
            successor = input.successor.as_new() if input.successor else None
            await end_lso(caller_of(info), organization, input.why, successor, hand)
            return await _shown(info, organization)

        return await answered(EndLsoPayload, end())

    @strawberry.mutation
    async def appoint_deputy(self, info: Info, input: AppointDeputyInput) -> AppointDeputyPayload:
        """Let a person of the organization stand in for its LSO between two days.

        Args:
            input: Who, and when.
        """

        async def appoint() -> Any:
            organization = organization_named(input.provider_id, input.facility_code)
            await appoint_deputy(caller_of(info), organization, input.user_id, input.begins_on, input.ends_on)
            return await _shown(info, organization)

        return await answered(AppointDeputyPayload, appoint())

    @strawberry.mutation
    async def end_deputy(self, info: Info, input: EndDeputyInput) -> EndDeputyPayload:
        """Let a deputy stand in no more.

        Args:
            input: Which deputy.
        """

        async def end() -> Any:
            key = key_of("LsoDeputy", input.deputy_id, field="deputyId")
            return await _shown(info, await end_deputy(caller_of(info), key))

        return await answered(EndDeputyPayload, end())


async def _hand(info: Info, user_id: str | None, password: str | None) -> Hand | None:
    """Prove the signer's hand, when something is signed here."""
    return await hand_of(caller_of(info), user_id or "", password) if password is not None else None


async def _shown(info: Info, organization: Organization) -> Any:
    return await view_lso_designation(caller_of(info), organization) if wanted(info, "lsoDesignation") else None
