"""Every timed duty of the house, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from resolvers.activity_review_opening import OPEN_REVIEW
from resolvers.activity_review_overdue import REVIEW_OVERDUE
from resolvers.attachment_duties import ORPHANS, SCANS
from resolvers.contract_end_sweep import CONTRACT_END
from resolvers.contract_starts import CONTRACT_STARTS
from resolvers.deletion_sweep import DELETE_DISABLED
from resolvers.employee_review import OPEN_EMPLOYEE_REVIEW
from resolvers.employee_review_end import EMPLOYEE_REVIEW_END
from resolvers.inactivity_sweep import INACTIVITY
from resolvers.lso_collection import LSO_COLLECTION
from resolvers.lso_sweep import LSO_SIGNIN
from resolvers.mainframe_review import MAINFRAME_REVIEW
from resolvers.password_sweep import PASSWORDS
from resolvers.provider_audit import AUDIT_PROVIDER_ACCOUNTS
from resolvers.provider_audit_end import PROVIDER_AUDIT_END
from resolvers.reminders import REMINDERS
from resolvers.risk_sweep import RISK_CALENDAR
from resolvers.silence import SILENT_PROVIDERS
from resolvers.ssa_checks import AUDIT_CONTRACTS
from resolvers.ssa_report import REPORT_SSA
from resolvers.sweeps import Sweep
from resolvers.trail_purge import TRAIL_PURGE

SWEEPS: Mapping[str, Sweep] = MappingProxyType(
    {
        sweep.name: sweep
        for sweep in (
            REMINDERS,
            CONTRACT_STARTS,
            CONTRACT_END,
            SILENT_PROVIDERS,
            PASSWORDS,
            INACTIVITY,
            DELETE_DISABLED,
            LSO_SIGNIN,
            LSO_COLLECTION,
            RISK_CALENDAR,
            AUDIT_PROVIDER_ACCOUNTS,
            PROVIDER_AUDIT_END,
            OPEN_EMPLOYEE_REVIEW,
            EMPLOYEE_REVIEW_END,
            MAINFRAME_REVIEW,
            REPORT_SSA,
            AUDIT_CONTRACTS,
            SCANS,
            ORPHANS,
            OPEN_REVIEW,
            REVIEW_OVERDUE,
            TRAIL_PURGE,
        )
    }
)
