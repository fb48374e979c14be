"""Leaving, incidents and tickets (000:34-39, 000:258-278)."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

import strawberry

from resolvers.account_views import view_account
from resolvers.incident_views import view_incident
from resolvers.incidents import (
    answer_incident,
    close_incident,
    reinstate_account,
    report_incident,
    suspend_account,
)
from resolvers.leaving_views import shown_duty
from resolvers.outside_systems import upsert_outside_system, view_outside_system
from resolvers.revocation import revoke_access
from resolvers.tickets import close_ticket, view_ticket
from rules.errors import NotFound
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered
from schema.incident_types import AccountSuspension
from schema.leaving_inputs import (
    AnswerIncidentInput,
    CloseIncidentInput,
    CloseTicketInput,
    ReinstateAccountInput,
    ReportIncidentInput,
    RevokeAccessInput,
    SuspendAccountInput,
    UpsertOutsideSystemInput,
)
from schema.leaving_payloads import (
    AnswerIncidentPayload,
    CloseIncidentPayload,
    CloseTicketPayload,
    ReinstateAccountPayload,
    ReportIncidentPayload,
    RevokeAccessPayload,
    SuspendAccountPayload,
    UpsertOutsideSystemPayload,
)
from schema.leaving_types import AccessRevocation


@described_type
class LeavingMutations:
    """Leaving, incidents and tickets (000:34-39, 000:258-278)."""

    @strawberry.mutation
    async def revoke_access(self, info: Info, input: RevokeAccessInput) -> RevokeAccessPayload:
        """Revoke a person's access at once: sessions, roles and open connections end now (000:41-42, 000:258-263).

        Args:
            input: Who leaves, why, and who takes over.
        """

        async def revoke() -> Any:
            told = input.as_told()
            done = await revoke_access(caller_of(info), told)
            shown: Any = AccessRevocation(
                account=await _account(info, told.user_id),
                access_form_number=done.form_number,
                ticket_numbers=done.tickets,
                open_duties=[_any(shown_duty(held)) for held in done.open_duties],
                incident_number=done.incident_number,
            )
            return shown

        return await answered(RevokeAccessPayload, revoke())

    @strawberry.mutation
    async def report_incident(self, info: Info, input: ReportIncidentInput) -> ReportIncidentPayload:
        """Report what may be a breach of security (000:34-39, 002:15-19).

        Args:
            input: What was seen.
        """
        work = report_incident(caller_of(info), input.report, input.about_user_id)
        return await answered(ReportIncidentPayload, work)

    @strawberry.mutation
    async def answer_incident(self, info: Info, input: AnswerIncidentInput) -> AnswerIncidentPayload:
        """Answer, as Local Security Officer, about a suspended person of the organization (POL-08).

        Args:
            input: The answer.
        """
        work = answer_incident(caller_of(info), input.number, input.answer)
        return await answered(AnswerIncidentPayload, _incident(info, work))

    @strawberry.mutation
    async def close_incident(self, info: Info, input: CloseIncidentInput) -> CloseIncidentPayload:
        """Close an incident with a finding; for the Chief Security Officer.

        Args:
            input: What it turned out to be.
        """
        work = close_incident(
            caller_of(info),
            input.number,
            input.finding,
            reinstate=input.reinstate,
            note=input.note,
            answers=input.breach.as_answers() if input.breach else None,
        )
        return await answered(CloseIncidentPayload, _incident(info, work))

    @strawberry.mutation
    async def suspend_account(self, info: Info, input: SuspendAccountInput) -> SuspendAccountPayload:
        """Suspend an account at once; sessions and open connections end now, roles stay (000:34-39).

        Args:
            input: Whose account, and why.
        """

        async def suspend() -> Any:
            number = await suspend_account(caller_of(info), input.user_id, input.why)
            shown: Any = AccountSuspension(account=await _account(info, input.user_id), incident_number=number)
            return shown

        return await answered(SuspendAccountPayload, suspend())

    @strawberry.mutation
    async def reinstate_account(self, info: Info, input: ReinstateAccountInput) -> ReinstateAccountPayload:
        """Let a suspended person back in, once the incident was closed; a disabled account needs a new access form.

        Args:
            input: Whose account.
        """

        async def reinstate() -> Any:
            await reinstate_account(caller_of(info), input.user_id)
            return await _account(info, input.user_id)

        return await answered(ReinstateAccountPayload, reinstate())

    @strawberry.mutation
    async def close_ticket(self, info: Info, input: CloseTicketInput) -> CloseTicketPayload:
        """Close a ticket of account management, or to an agency that owns another system (002:299-305).

        Args:
            input: Which ticket, and whether it was done.
        """

        async def close() -> Any:
            number = await close_ticket(caller_of(info), input.number, input.outcome, input.note)
            return await view_ticket(caller_of(info), number)

        return await answered(CloseTicketPayload, close())

    @strawberry.mutation
    async def upsert_outside_system(self, info: Info, input: UpsertOutsideSystemInput) -> UpsertOutsideSystemPayload:
        """Enter a system of another agency, or write it anew, with all roles that open it (002:278-285).

        Args:
            input: The whole record.
        """

        async def save() -> Any:
            code = await upsert_outside_system(caller_of(info), input.as_data())
            return await view_outside_system(caller_of(info), code)

        return await answered(UpsertOutsideSystemPayload, save())


async def _account(info: Info, user_id: str) -> Any:
    """Show the account as the caller may see it afterwards; None, if that is past: what was done is done."""
    with suppress(NotFound):
        return await view_account(caller_of(info), user_id)
    return None


async def _incident(info: Info, work: Awaitable[int]) -> Any:
    return await view_incident(caller_of(info), await work)


def _any(view: object) -> Any:
    return view
