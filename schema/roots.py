"""The roots of the schema, put together from a class for each group of use cases."""

from __future__ import annotations

from schema.access_form_mutations import AccessFormMutations
from schema.access_form_queries import AccessFormQueries
from schema.access_log_queries import AccessLogQueries
from schema.access_request_mutations import AccessRequestMutations
from schema.access_request_queries import AccessRequestQueries
from schema.access_request_subscriptions import AccessRequestSubscriptions
from schema.account_mutations import AccountMutations
from schema.account_queries import AccountQueries
from schema.attachment_mutations import AttachmentMutations
from schema.audit_mutations import AuditMutations
from schema.audit_queries import AuditQueries
from schema.break_glass_mutations import BreakGlassMutations
from schema.contact_mutations import ContactMutations
from schema.described import described_type
from schema.employee_review_mutations import EmployeeReviewMutations
from schema.employee_review_queries import EmployeeReviewQueries
from schema.evidence_queries import EvidenceQueries
from schema.help_queries import HelpQueries
from schema.insight_queries import InsightQueries
from schema.leaving_mutations import LeavingMutations
from schema.leaving_queries import LeavingQueries
from schema.lso_mutations import LsoMutations
from schema.lso_queries import LsoQueries
from schema.mutations import ReferralMutations
from schema.policy_mutations import PolicyMutations
from schema.policy_queries import PolicyQueries
from schema.provider_mutations import ProviderMutations
from schema.provider_queries import ProviderQueries
from schema.queries import CoreQueries
from schema.receipt_queries import ReceiptQueries
from schema.review_mutations import ReviewMutations
from schema.review_queries import ReviewQueries
from schema.risk_mutations import RiskMutations
from schema.risk_queries import RiskQueries
from schema.role_mutations import RoleMutations
from schema.role_queries import RoleQueries
from schema.ssa_mutations import SsaMutations
from schema.ssa_queries import SsaQueries
from schema.subscriptions import MailboxSubscriptions
from schema.sweep_mutations import SweepMutations
from schema.sweep_queries import SweepQueries
from schema.sweep_subscriptions import SweepSubscriptions


@described_type
class Query(
    CoreQueries,
    ProviderQueries,
    HelpQueries,
    InsightQueries,
    ReceiptQueries,
    AccessRequestQueries,
    RoleQueries,
    AccessFormQueries,
    LsoQueries,
    LeavingQueries,
    AccountQueries,
    ReviewQueries,
    EvidenceQueries,
    AccessLogQueries,
    PolicyQueries,
    SweepQueries,
    RiskQueries,
    AuditQueries,
    EmployeeReviewQueries,
    SsaQueries,
):
    """What can be asked."""


@described_type
class Mutation(
    ReferralMutations,
    ProviderMutations,
    ContactMutations,
    AttachmentMutations,
    AccessRequestMutations,
    RoleMutations,
    AccessFormMutations,
    LsoMutations,
    LeavingMutations,
    AccountMutations,
    ReviewMutations,
    BreakGlassMutations,
    PolicyMutations,
    SweepMutations,
    RiskMutations,
    AuditMutations,
    EmployeeReviewMutations,
    SsaMutations,
):
    """What can be done."""


@described_type
class Subscription(MailboxSubscriptions, AccessRequestSubscriptions, SweepSubscriptions):
    """What can be followed live."""
