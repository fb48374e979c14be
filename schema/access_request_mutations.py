"""What can be done with access requests: ask, review, submit, take back, decide, submit again (000:134-206)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import strawberry

from resolvers.access_request_decisions import Answer, decide_access_request
from resolvers.access_request_drafts import (
    NewAccessRequest,
    WantedRole,
    create_access_request,
    resubmit_access_request,
    set_requested_roles,
)
from resolvers.access_request_views import view_access_request
from resolvers.access_requests import submit_access_request, withdraw_access_request
from schema.access_request_inputs import (
    CreateAccessRequestInput,
    DecideAccessRequestInput,
    ResubmitAccessRequestInput,
    SetRequestedRolesInput,
    SubmitAccessRequestInput,
    WithdrawAccessRequestInput,
)
from schema.access_request_payloads import (
    CreateAccessRequestPayload,
    DecideAccessRequestPayload,
    ResubmitAccessRequestPayload,
    SetRequestedRolesPayload,
    SubmitAccessRequestPayload,
    WithdrawAccessRequestPayload,
)
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered
from schema.ids import key_of
from schema.selection import wanted


@described_type
class AccessRequestMutations:
    """Access requests: from the draft to the grant (000:134-240)."""

    @strawberry.mutation
    async def create_access_request(self, info: Info, input: CreateAccessRequestInput) -> CreateAccessRequestPayload:
        """Begin a request as a draft, which nobody else sees (000:139-169).

        Args:
            input: What is chosen before the roles.
        """

        async def begin() -> Any:
            employer = key_of("Provider", input.employer_id, field="employerId") if input.employer_id else None
            new = NewAccessRequest(input.email, input.division, input.under, input.regional_office, employer)
            return await _shown(info, create_access_request(caller_of(info), new))

        return await answered(CreateAccessRequestPayload, begin())

    @strawberry.mutation
    async def set_requested_roles(self, info: Info, input: SetRequestedRolesInput) -> SetRequestedRolesPayload:
        """Write the whole set of roles of a draft anew; its review tells what stands against them (000:174-191).

        Args:
            input: The draft and its roles.
        """
        roles = [WantedRole(role.code, role.reason) for role in input.roles]
        work = set_requested_roles(caller_of(info), input.number, roles)
        return await answered(SetRequestedRolesPayload, _shown(info, work))

    @strawberry.mutation
    async def submit_access_request(self, info: Info, input: SubmitAccessRequestInput) -> SubmitAccessRequestPayload:
        """Submit a draft, once: it goes to the LSO, or waits until there is one (000:191-206).

        Args:
            input: The draft, a key of the caller's own, and the terms agreed to.
        """
        work = submit_access_request(
            caller_of(info), input.number, input.idempotency_key, input.agreed_terms_version, input.content_hash
        )
        return await answered(SubmitAccessRequestPayload, _shown(info, work))

    @strawberry.mutation
    async def withdraw_access_request(
        self, info: Info, input: WithdrawAccessRequestInput
    ) -> WithdrawAccessRequestPayload:
        """Take a request back before it is decided.

        Args:
            input: Which request.
        """
        work = withdraw_access_request(caller_of(info), input.number)
        return await answered(WithdrawAccessRequestPayload, _shown(info, work))

    @strawberry.mutation
    async def resubmit_access_request(
        self, info: Info, input: ResubmitAccessRequestInput
    ) -> ResubmitAccessRequestPayload:
        """Make a corrected draft from a denied request; it needs all approvals anew (000:178-179, 000:206).

        Args:
            input: Which request.
        """
        work = resubmit_access_request(caller_of(info), input.number)
        return await answered(ResubmitAccessRequestPayload, _shown(info, work))

    @strawberry.mutation
    async def decide_access_request(self, info: Info, input: DecideAccessRequestInput) -> DecideAccessRequestPayload:
        """Approve or deny a request by signing with user ID and password (000:31-36, 000:198-206).

        At stage LSO only whoever it is addressed to may sign: an answer by anybody else suspends that person's account.

        Args:
            input: The request, the decision, and the signature.
        """
        work = decide_access_request(
            caller_of(info),
            input.number,
            input.stage,
            Answer(input.approve, input.content_hash, input.reason),
            user_id=input.user_id,
            password=input.password,
        )
        return await answered(DecideAccessRequestPayload, _shown(info, work))


async def _shown(info: Info, work: Awaitable[int]) -> Any:
    """Do the work, then show the request as the caller may see it afterwards."""
    number = await work
    paths = wanted(info, "accessRequest")
    return await view_access_request(caller_of(info), number, wanted=paths) if paths else None
