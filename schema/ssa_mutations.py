"""Reports of providers to the Social Security Administration (002:322-367)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import strawberry

from resolvers.report_recipients import list_report_recipients, set_report_recipients
from resolvers.ssa_checks import check_off_line
from resolvers.ssa_delivery import approve_ssa_report, correct_ssa_line, record_ssa_delivery
from resolvers.ssa_views import view_ssa_report
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered
from schema.ids import key_of
from schema.ssa_inputs import (
    ApproveSsaReportInput,
    CheckSsaReportLineInput,
    CorrectSsaReportLineInput,
    RecordSsaDeliveryInput,
    SetReportRecipientsInput,
)
from schema.ssa_payloads import (
    ApproveSsaReportPayload,
    CheckSsaReportLinePayload,
    CorrectSsaReportLinePayload,
    RecordSsaDeliveryPayload,
    SetReportRecipientsPayload,
)


@described_type
class SsaMutations:
    """Reports of providers to the Social Security Administration (002:322-367)."""

    @strawberry.mutation
    async def check_ssa_report_line(self, info: Info, input: CheckSsaReportLineInput) -> CheckSsaReportLinePayload:
        """Check a line off; where the contract has ended, all user IDs of the provider are disabled (002:353-357).

        Args:
            input: The line.
        """

        async def check() -> Any:
            provider = key_of("Provider", input.provider_id, field="providerId")
            await check_off_line(caller_of(info), input.number, provider, input.note)
            return await view_ssa_report(caller_of(info), input.number)

        return await answered(CheckSsaReportLinePayload, check())

    @strawberry.mutation
    async def correct_ssa_report_line(
        self, info: Info, input: CorrectSsaReportLineInput
    ) -> CorrectSsaReportLinePayload:
        """Put a line right before the report is approved; the snapshot stays as it was (002:360).

        Args:
            input: The line and what is right.
        """

        async def correct() -> Any:
            provider = key_of("Provider", input.provider_id, field="providerId")
            await correct_ssa_line(caller_of(info), input.number, provider, input.text)
            return await view_ssa_report(caller_of(info), input.number)

        return await answered(CorrectSsaReportLinePayload, correct())

    @strawberry.mutation
    async def approve_ssa_report(self, info: Info, input: ApproveSsaReportInput) -> ApproveSsaReportPayload:
        """Approve a report of which every line is checked; for the Chief Security Officer (002:360-362).

        Args:
            input: The report.
        """
        work = approve_ssa_report(caller_of(info), input.number)
        return await answered(ApproveSsaReportPayload, _report(info, work, input.number))

    @strawberry.mutation
    async def record_ssa_delivery(self, info: Info, input: RecordSsaDeliveryInput) -> RecordSsaDeliveryPayload:
        """Record a step of the delivery, with its recipients as they are set now (002:360-367).

        Args:
            input: The step.
        """
        work = record_ssa_delivery(caller_of(info), input.number, input.step, input.done_on, input.document, input.note)
        return await answered(RecordSsaDeliveryPayload, _report(info, work, input.number))

    @strawberry.mutation
    async def set_report_recipients(self, info: Info, input: SetReportRecipientsInput) -> SetReportRecipientsPayload:
        """Set all recipients of the report for one purpose; for the Chief Security Officer (002:350-351).

        Args:
            input: The purpose and its recipients.
        """

        async def save() -> Any:
            await set_report_recipients(caller_of(info), input.purpose, [one.as_new() for one in input.recipients])
            return await list_report_recipients(caller_of(info))

        return await answered(SetReportRecipientsPayload, save())


async def _report(info: Info, work: Awaitable[None], number: int) -> Any:
    await work
    return await view_ssa_report(caller_of(info), number)
