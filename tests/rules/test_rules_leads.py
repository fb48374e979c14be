"""Each notice leads to the record that it is about, or to the page where its matter is worked on; hardly ever home."""

from __future__ import annotations

import pytest

from rules.leads import HOME, lead
from rules.notices import TITLES, NotificationKind, Subject, subject_of

ELSEWHERE = {
    NotificationKind.REFERRAL_DELETED: "/referrals",
    NotificationKind.REMINDER: "/referrals",
    NotificationKind.REFERRALS_JOINED: "/referrals",
    NotificationKind.NO_REFERRAL_STATUS_LIFTED: "/referrals",
    NotificationKind.PROVIDER_UNREACHABLE: "/referrals/1012/receipts",
    NotificationKind.PROVIDERS_SILENT: "/referrals/1012/receipts",
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
BY_A_SECRET_LINK = {NotificationKind.CONFIRM_ADDRESS, NotificationKind.CONFIRM_USER_ADDRESS}

PAGES = {
    Subject.REFERRAL: "/referrals/1012",
    Subject.ACCESS_REQUEST: "/access-requests/1012",
    Subject.ACCESS_FORM: "/forms/1012",
    Subject.INCIDENT: "/incidents/1012",
    Subject.TICKET: "/tickets/1012",
    Subject.OBLIGATION: "/obligations/1012",
    Subject.PROVIDER_AUDIT: "/audits/1012",
    Subject.EMPLOYEE_REVIEW: "/reviews/employees/1012",
    Subject.SSA_REPORT: "/ssa/1012",
    Subject.EVIDENCE: "/evidence/1012",
    Subject.ACTIVITY_REVIEW: "/reviews/activity/1012",
    Subject.REVIEW_FINDING: "/reviews/activity/findings/1012",
    Subject.BREAK_GLASS: "/break-glass/1012",
}


@pytest.mark.parametrize("kind", NotificationKind)
def test_every_kind_of_notice_leads_to_where_its_matter_is_worked_on(kind: NotificationKind) -> None:
    number = 1012 if "{number}" in TITLES[kind] else None
    if kind in ELSEWHERE:
        assert lead(kind, number) == ELSEWHERE[kind]
    elif number is None:
        assert kind in BY_A_SECRET_LINK, "it would lead home, where it is not said which record it was"
        assert lead(kind, None) == HOME
    else:
        assert lead(kind, number) == PAGES[subject_of(kind)]
