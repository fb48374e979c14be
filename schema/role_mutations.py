"""What can be done with the role catalogue, by the Chief Security Officer."""

from __future__ import annotations

from datetime import date

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.role_catalogue import set_incompatible_roles, withdraw_role
from rules.segregation import PairVerdict
from schema.context import Info, caller_of
from schema.described import described_input, described_type
from schema.errors import UserError, answered
from schema.role_types import CatalogueRole, IncompatibleRoles


@described_input
class SetIncompatibleRolesInput:
    """Two roles that do not go together, or do again (002:244-245)."""

    first: str
    """The code of a role."""

    second: str
    """The code of another role."""

    verdict: PairVerdict | None = None
    """What becomes of the two in one hand; null when they go together from now on."""

    why: str
    """Why, up to 300 characters."""


@described_type
class SetIncompatibleRolesPayload:
    """The pair as it is in force, or why nothing was changed."""

    pair: IncompatibleRoles | None
    """The pair; null as well when the two go together from now on."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_input
class WithdrawRoleInput:
    """Which role can be asked for no more, and from when on."""

    code: str
    """The code of the role."""

    on: date | None = None
    """The day from which it is withdrawn, today or later; null takes it into the catalogue again."""


@described_type
class WithdrawRolePayload:
    """The role, or why it stays as it is."""

    role: CatalogueRole | None
    """The role."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RoleMutations:
    """The role catalogue: for the Chief Security Officer."""

    @strawberry.mutation
    async def set_incompatible_roles(self, info: Info, input: SetIncompatibleRolesInput) -> SetIncompatibleRolesPayload:
        """Say that two roles do not go together in one hand, or that they do again (002:244-245).

        Args:
            input: The two roles, the verdict, and why.
        """
        work = set_incompatible_roles(caller_of(info), input.first, input.second, input.verdict, input.why)
        return await answered(SetIncompatibleRolesPayload, work)

    @strawberry.mutation
    async def withdraw_role(self, info: Info, input: WithdrawRoleInput) -> WithdrawRolePayload:
        """Withdraw a role: from that day on a request that asks for it is denied as a whole (000:177-179).

        Args:
            input: The role and the day.
        """
        return await answered(WithdrawRolePayload, withdraw_role(caller_of(info), input.code, input.on))
