"""Change the policy register: the Chief Security Officer alone (POL-35)."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers.policies import change_policy, policy_of, view_register
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered
from schema.policy_types import ChangePolicyInput, ChangePolicyPayload


@described_type
class PolicyMutations:
    """Change the policy register: the Chief Security Officer alone (POL-35)."""

    @strawberry.mutation
    async def change_policy(self, info: Info, input: ChangePolicyInput) -> ChangePolicyPayload:
        """Decide a number from a later day on, for the whole house; never laxer than the regulation (002:124-133).

        Args:
            input: Which number, from when on, and why.
        """

        async def change() -> Any:
            caller = caller_of(info)
            await change_policy(caller, input.key, input.value, input.effective_from, input.reason, seen=input.seen)
            return policy_of(await view_register(caller), input.key)

        return await answered(ChangePolicyPayload, change())
