"""The own account, passwords and the support desk (000:3-20, 000:284-317)."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers.people import view_viewer
from resolvers.profile import ProfileChange, update_profile, view_profile
from resolvers.reset_views import view_reset
from resolvers.resets import open_reset, refuse_reset, resolve_reset
from resolvers.statements import accept_statement
from schema.account_inputs import (
    AcknowledgeConfidentialityInput,
    OpenPasswordResetInput,
    RefusePasswordResetInput,
    ResolvePasswordResetInput,
    UpdateProfileInput,
)
from schema.account_payloads import (
    AcknowledgeConfidentialityPayload,
    OpenPasswordResetPayload,
    RefusePasswordResetPayload,
    ResolvePasswordResetPayload,
    UpdateProfilePayload,
)
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered


@described_type
class AccountMutations:
    """The own account, passwords and the support desk (000:3-20, 000:284-317)."""

    @strawberry.mutation
    async def acknowledge_confidentiality(
        self, info: Info, input: AcknowledgeConfidentialityInput
    ) -> AcknowledgeConfidentialityPayload:
        """Accept the confidentiality statement for this session; until then nothing else can be done (000:253).

        Args:
            input: The version that was read.
        """

        async def accept() -> Any:
            await accept_statement(caller_of(info), input.version)
            return await view_viewer(caller_of(info))

        return await answered(AcknowledgeConfidentialityPayload, accept())

    @strawberry.mutation
    async def update_profile(self, info: Info, input: UpdateProfileInput) -> UpdateProfilePayload:
        """Keep the own profile current; a new e-mail address has to be confirmed first (000:302-310).

        Args:
            input: What changes.
        """
        change = ProfileChange(phone=_given(input.phone), title=_given(input.title), email=_given(input.email) or None)

        async def update() -> Any:
            await update_profile(caller_of(info), change, input.current_password or "")
            return await view_profile(caller_of(info))

        return await answered(UpdateProfilePayload, update())

    @strawberry.mutation
    async def open_password_reset(self, info: Info, input: OpenPasswordResetInput) -> OpenPasswordResetPayload:
        """Write down that somebody called because of a password (000:15-20). Support desk only.

        Args:
            input: The user ID.
        """

        async def reset() -> Any:
            return await view_reset(caller_of(info), await open_reset(caller_of(info), input.user_id))

        return await answered(OpenPasswordResetPayload, reset())

    @strawberry.mutation
    async def resolve_password_reset(self, info: Info, input: ResolvePasswordResetInput) -> ResolvePasswordResetPayload:
        """Give a password for one sign-on to whoever proved who they are, and unlock the account. Support desk only.

        Args:
            input: The ticket and the proof.
        """
        return await answered(ResolvePasswordResetPayload, resolve_reset(caller_of(info), input.number, input.proof))

    @strawberry.mutation
    async def refuse_password_reset(self, info: Info, input: RefusePasswordResetInput) -> RefusePasswordResetPayload:
        """Refuse a reset: the caller could not prove who they are, or it is not needed any more. Support desk only.

        Args:
            input: The ticket and the reason.
        """

        async def refuse() -> Any:
            await refuse_reset(caller_of(info), input.number, input.why)
            return await view_reset(caller_of(info), input.number)

        return await answered(RefusePasswordResetPayload, refuse())


def _given(text: str | None) -> str | None:
    """Give what was sent: None for what was left out, an empty text for null."""
    if text is strawberry.UNSET:
        return None
    return text or ""
