"""What the mutations of reports to SSA answer: the object, or why it was refused."""

from __future__ import annotations

from schema.described import described_type
from schema.errors import UserError
from schema.ssa_types import ReportRecipient, SsaReport


@described_type
class CheckSsaReportLinePayload:
    """The report with the checked line, or why it is not checked."""

    ssa_report: SsaReport | None
    """The report."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class CorrectSsaReportLinePayload:
    """The report with the correction, or why there is none."""

    ssa_report: SsaReport | None
    """The report."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ApproveSsaReportPayload:
    """The approved report, or why it is not approved."""

    ssa_report: SsaReport | None
    """The report."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class RecordSsaDeliveryPayload:
    """The report with the step, or why it was not recorded."""

    ssa_report: SsaReport | None
    """The report."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class SetReportRecipientsPayload:
    """The recipients that are set now, or why nothing was changed."""

    report_recipients: list[ReportRecipient] | None
    """All recipients for all purposes."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
