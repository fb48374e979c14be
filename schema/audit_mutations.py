"""Audits of provider accounts (002:141-203)."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers.provider_audit_answers import answer_audit, hold_in_audit
from resolvers.provider_audit_views import view_provider_audit
from schema.audit_inputs import AnswerProviderAuditInput, HoldAuditedAccountInput
from schema.audit_payloads import AnswerProviderAuditPayload, HoldAuditedAccountPayload
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered


@described_type
class AuditMutations:
    """Audits of provider accounts (002:141-203)."""

    @strawberry.mutation
    async def answer_provider_audit(self, info: Info, input: AnswerProviderAuditInput) -> AnswerProviderAuditPayload:
        """Say of the owner of a listed account whether they are still employed; who is not loses access at once.

        Args:
            input: The account and the answer.
        """

        async def answer() -> Any:
            caller = caller_of(info)
            await answer_audit(caller, input.number, input.user_id, input.answer, input.terminated_on)
            return await view_provider_audit(caller, input.number)

        return await answered(AnswerProviderAuditPayload, answer())

    @strawberry.mutation
    async def hold_audited_account(self, info: Info, input: HoldAuditedAccountInput) -> HoldAuditedAccountPayload:
        """Keep a listed account from being disabled by this audit; for account management (002:146-149).

        Args:
            input: The account and the reason.
        """

        async def hold() -> Any:
            await hold_in_audit(caller_of(info), input.number, input.user_id, input.why)
            return await view_provider_audit(caller_of(info), input.number)

        return await answered(HoldAuditedAccountPayload, hold())
