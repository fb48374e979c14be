"""Where a notice leads: the page of the record that it is about, or the page where its matter is worked on.

Letters and the lines of a mailbox lead to the same place. What a person may not open is not for these rules to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.notices import NotificationKind, Subject, subject_of

HOME = "/"

_RECORDS: Mapping[Subject, str] = MappingProxyType(
    {
        Subject.REFERRAL: "/referrals",
        Subject.ACCESS_REQUEST: "/access-requests",
        Subject.ACCESS_FORM: "/forms",
        Subject.INCIDENT: "/incidents",
        Subject.TICKET: "/tickets",
        Subject.ACTIVITY_REVIEW: "/reviews/activity",
        Subject.REVIEW_FINDING: "/reviews/activity/findings",
        Subject.BREAK_GLASS: "/break-glass",
        Subject.OBLIGATION: "/obligations",
        Subject.PROVIDER_AUDIT: "/audits",
        Subject.EMPLOYEE_REVIEW: "/reviews/employees",
        Subject.SSA_REPORT: "/ssa",
        Subject.EVIDENCE: "/evidence",
    }
)

_PAGES: Mapping[NotificationKind, str] = MappingProxyType(
    {
        NotificationKind.REFERRAL_DELETED: "/referrals",
        NotificationKind.REMINDER: "/referrals",
        NotificationKind.REFERRALS_JOINED: "/referrals",
        NotificationKind.NO_REFERRAL_STATUS_LIFTED: "/referrals",
        NotificationKind.PROVIDER_UNREACHABLE: "/referrals/{number}/receipts",
        NotificationKind.PROVIDERS_SILENT: "/referrals/{number}/receipts",
        NotificationKind.LSO_DESIGNATED: "/lso",
        NotificationKind.LSO_CHANGED: "/lso",
        NotificationKind.LSO_VACANT: "/lso/vacant",
        NotificationKind.LSO_SIGN_IN_DUE: "/your-account",
        NotificationKind.LSO_UNREACHABLE: "/lso/health",
        NotificationKind.SUCCESSOR_NEEDED: "/open-duties",
        NotificationKind.PASSWORD_EXPIRES: "/password",
        NotificationKind.ACCOUNT_INACTIVE: "/your-account",
        NotificationKind.ACCOUNTS_DISABLED: "/accounts?state=DISABLED",
        NotificationKind.MAINFRAME_LIST_MISSING: "/user-lists",
        NotificationKind.CONTRACT_ENDS: "/ending-contracts",
        NotificationKind.SUPERVISOR_ASKED: "/supervisor-questions",
        NotificationKind.SWEEP_PARKED: "/sweeps",
        NotificationKind.COLLECTION_TO_ANSWER: "/lso-collection",
    }
)
"""Of the kinds that lead elsewhere than to the page of the one record; ``{number}`` is the record's."""


def lead(kind: NotificationKind, number: int | None) -> str:
    """Give the address to which a notice leads, as a path; home where it is about nothing in particular."""
    if kind in _PAGES:
        return _PAGES[kind].format(number=number)
    return HOME if number is None else f"{_RECORDS[subject_of(kind)]}/{number}"
