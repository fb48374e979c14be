"""Both sides of every boundary of the audits, reviews and reports (002:105-116, 002:141-203, 002:271-367)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from rules.accounts import AccountState
from rules.calendar import business_day_after, months_after, quarter_of
from rules.contract_end import must_disable_after
from rules.employee_review import REVIEWED, days_unused, is_over, is_sent
from rules.errors import Conflict, Invalid
from rules.inactivity import InactivityFacts
from rules.leaving import DisabledReason
from rules.policy import DEFAULTS
from rules.provider_audit import (
    AUDITED,
    AuditOutcome,
    AuditVerdict,
    LineFacts,
    check_answerable,
    judge_at_audit,
    settle,
    window_ends_on,
)
from rules.ssa import (
    REPORTED,
    ContractStanding,
    DeliveryStep,
    SsaState,
    check_approvable,
    check_delivery,
    contract_line,
)
from rules.user_lists import ROWS_LIMIT, TEXT_LIMIT, ListFinding, compare, must_delete, read_user_list

TODAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 17, tzinfo=UTC)


def used(days_ago: int, **more: object) -> InactivityFacts:
    begun = NOON - timedelta(days=1000)
    facts = InactivityFacts("EXTLCL", AccountState.ACTIVE, begun, NOON - timedelta(days=days_ago))
    return replace(facts, **more)  # type: ignore[arg-type]


@pytest.mark.requirement("PAA-03")
@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (used(180), None),
        (used(181), AuditVerdict.UNUSED),
        (used(999, usable_since=NOON - timedelta(days=180)), None),
        (used(0, last_sign_in_at=None, usable_since=NOON - timedelta(days=180)), None),
        (used(0, last_sign_in_at=None, usable_since=NOON - timedelta(days=181)), AuditVerdict.UNUSED),
        (used(181, exempt_role=True), AuditVerdict.EXEMPT),
        (used(181, exempt_role=True, terminated_on=TODAY), AuditVerdict.UNUSED),
        (used(181, state=AccountState.SUSPENDED), AuditVerdict.HELD),
        (used(181, state=AccountState.DISABLED), None),
        (used(181, domain="DMH"), None),
    ],
)
def test_an_account_is_on_the_list_of_an_audit_from_its_181st_unused_day(
    facts: InactivityFacts, verdict: AuditVerdict | None
) -> None:
    listed = judge_at_audit(facts, TODAY, DEFAULTS)
    assert (listed.verdict if listed else None) == verdict
    if listed is not None:
        waits = verdict is AuditVerdict.UNUSED
        assert listed.outcome is (AuditOutcome.WAITING if waits else AuditOutcome(str(verdict)))


def line(facts: InactivityFacts, reason: DisabledReason | None = None, *, held: bool = False) -> LineFacts:
    return LineFacts(facts, reason, NOON - timedelta(days=20), held)


GONE = used(200, state=AccountState.DISABLED)
ENDS = TODAY - timedelta(days=1)


@pytest.mark.requirement("POL-33")
@pytest.mark.parametrize(
    ("facts", "window_ends", "outcome"),
    [
        (line(used(200)), TODAY, None),
        (line(used(200)), ENDS, AuditOutcome.DISABLED),
        (line(used(19)), TODAY, AuditOutcome.SIGNED_IN),
        (line(used(20)), TODAY, None),
        (line(used(20)), ENDS, AuditOutcome.DISABLED),
        (line(used(200), held=True), TODAY, None),
        (line(used(200), held=True), ENDS, AuditOutcome.HELD),
        (line(used(200, state=AccountState.SUSPENDED)), ENDS, AuditOutcome.HELD),
        (line(used(200, exempt_role=True)), ENDS, AuditOutcome.EXEMPT),
        (line(used(200, exempt_role=True, terminated_on=TODAY)), ENDS, AuditOutcome.DISABLED),
        (line(GONE, DisabledReason.TERMINATED), TODAY, AuditOutcome.REVOKED),
        (line(GONE, DisabledReason.LEFT), TODAY, AuditOutcome.REVOKED),
        (line(GONE, DisabledReason.INACTIVITY), TODAY, AuditOutcome.DISABLED),
        (line(GONE, DisabledReason.CONTRACT_ENDED), TODAY, AuditOutcome.ENDED),
        (line(used(200, state=AccountState.DELETED)), TODAY, AuditOutcome.ENDED),
    ],
)
def test_a_line_waits_to_the_end_of_the_last_day_and_ends_by_what_became_of_the_account(
    facts: LineFacts, window_ends: date, outcome: AuditOutcome | None
) -> None:
    assert settle(facts, TODAY, window_ends) == outcome


@pytest.mark.requirement("POL-33")
@pytest.mark.parametrize(
    ("opened", "ends"),
    [
        (date(2026, 2, 1), date(2026, 2, 13)),  # a Sunday
        (date(2026, 6, 1), date(2026, 6, 15)),  # a Monday
        (date(2026, 10, 1), date(2026, 10, 15)),  # a Thursday
        (date(2026, 10, 2), date(2026, 10, 16)),  # a Friday
        (date(2026, 10, 3), date(2026, 10, 16)),  # a Saturday
    ],
)
def test_the_window_ends_on_the_tenth_business_day(opened: date, ends: date) -> None:
    assert window_ends_on(opened, DEFAULTS) == ends
    assert business_day_after(opened, 0) == opened


@pytest.mark.requirement("PAA-01", "EMP-01", "SSA-02", "CON-01", "POL-32")
def test_audit_review_and_report_are_due_on_their_dates_and_belong_to_the_newest_of_them() -> None:
    year = (date(2025, 12, 31), date(2026, 12, 31))
    assert [(on.month, on.day) for on in AUDITED.due_dates(*year)] == [(2, 1), (6, 1), (10, 1)]
    assert [(on.month, on.day) for on in REVIEWED.due_dates(*year)] == [(1, 1), (4, 1), (7, 1), (10, 1)]
    assert [(on.month, on.day) for on in REPORTED.due_dates(*year)] == [(month, 15) for month in (1, 3, 5, 7, 9, 11)]
    assert [AUDITED.latest(on) for on in (date(2026, 1, 31), date(2026, 2, 1), date(2026, 5, 31))] == [
        date(2025, 10, 1),
        date(2026, 2, 1),
        date(2026, 2, 1),
    ]
    assert REPORTED.latest(date(2026, 1, 14)) == date(2025, 11, 15)
    assert quarter_of(date(2026, 3, 31)) == (date(2026, 1, 1), date(2026, 3, 31))
    assert quarter_of(date(2026, 4, 1)) == (date(2026, 4, 1), date(2026, 6, 30))


@pytest.mark.requirement("EMP-03", "POL-03")
@pytest.mark.parametrize(
    ("facts", "days"),
    [
        (used(59, domain="DMH"), None),
        (used(60, domain="DMH"), 60),
        (used(60, domain="DMH", state=AccountState.DISABLED), None),
        (used(60), None),
    ],
)
def test_an_enabled_employee_id_is_listed_from_its_60th_unused_day(facts: InactivityFacts, days: int | None) -> None:
    assert days_unused(facts, TODAY, DEFAULTS) == days


@pytest.mark.requirement("POL-05")
def test_the_list_of_january_is_sent_and_each_one_where_the_cso_says_so() -> None:
    each = replace(DEFAULTS, employee_list_each_quarter=True)
    quarters = [date(2026, month, 1) for month in (1, 4, 7, 10)]
    assert [is_sent(quarter, DEFAULTS) for quarter in quarters] == [True, False, False, False]
    assert [is_sent(quarter, each) for quarter in quarters] == [True] * 4
    assert is_over(TODAY, TODAY, 0)
    assert not is_over(TODAY, TODAY, 1)
    assert is_over(TODAY, TODAY + timedelta(days=1), 1)


@pytest.mark.requirement("EMP-10")
@pytest.mark.parametrize(
    ("last_used", "deleted"),
    [(date(2024, 6, 1), True), (date(2024, 6, 2), False), (None, False), (date(2000, 1, 1), True)],
)
def test_a_mainframe_id_is_deleted_on_the_day_that_completes_its_24th_unused_month(
    last_used: date | None, deleted: bool
) -> None:
    assert must_delete(last_used, TODAY, DEFAULTS) is deleted
    assert months_after(date(2024, 2, 29), 24) == date(2026, 2, 28)
    assert months_after(date(2025, 11, 30), 3) == date(2026, 2, 28)


GOOD = '\ufeffUser_ID, name ,last_used\r\nDMH\\mybest,"Best, My",2026-06-01\r\n\r\nOTHER1,Other One,\r\n'


@pytest.mark.requirement("EMP-02", "EMP-07")
def test_a_list_is_read_whole_or_refused_with_the_lines_that_are_bad() -> None:
    rows = read_user_list(GOOD, TODAY)
    assert [(row.line, row.user_id, row.name, row.last_used_on) for row in rows] == [
        (2, "MYBEST", "Best, My", TODAY),
        (4, "OTHER1", "Other One", None),
    ]
    assert [row.last_used_on for row in read_user_list("user_id,name\nA1,B C\n", TODAY)] == [None]
    head = "user_id,name,last_used\n"
    many = "".join(f"U{number},A B,\n" for number in range(ROWS_LIMIT))
    assert len(read_user_list(head + many, TODAY)) == ROWS_LIMIT
    for text, code, told in (
        ("", "USER_LIST_EMPTY", ""),
        (head, "USER_LIST_EMPTY", ""),
        (head + "x" * TEXT_LIMIT, "USER_LIST_TOO_LARGE", ""),
        (head + many + "LAST,A B,\n", "USER_LIST_TOO_LARGE", ""),
        ("id,name\nA1,B C\n", "USER_LIST_MALFORMED", "read: 1."),
        (head + "A1,B C,2026-06-02\nA2,B C,2026-06-01\n", "USER_LIST_MALFORMED", "read: 2."),
        (head + "A1,B C,\na1,B C,\n", "USER_LIST_MALFORMED", "read: 3."),
        (head + "A1,B C\n,B C,\nA3,,\nA4,B C,yesterday\n", "USER_LIST_MALFORMED", "read: 2, 3, 4, 5."),
        (head + 'A1,"B C,\n', "USER_LIST_MALFORMED", "read: 2."),
        (head + "?,x,\n" * 12, "USER_LIST_MALFORMED", "10, 11 and 2 more"),
    ):
        with pytest.raises(Invalid) as refused:
            read_user_list(text, TODAY)
        assert told in refused.value.message
        assert (refused.value.code, refused.value.field) == (code, "csv")


@pytest.mark.parametrize(
    ("name", "account", "finding"),
    [
        ("Best, My", (AccountState.ACTIVE, "My Best"), ListFinding.EMPLOYED),
        ("My Other", (AccountState.ACTIVE, "My Best"), ListFinding.NAME_MISMATCH),
        ("My Best", (AccountState.DISABLED, "My Best"), ListFinding.NOT_ENABLED),
        ("My Best", None, ListFinding.UNKNOWN),
    ],
)
def test_a_listed_user_is_compared_with_the_account_of_the_id(
    name: str, account: tuple[AccountState, str] | None, finding: ListFinding
) -> None:
    assert compare(name, account) is finding


BEGAN = date(2020, 1, 1)


@pytest.mark.requirement("CON-03", "POL-27")
@pytest.mark.parametrize(
    ("periods", "standing", "ends_on", "disables", "literally"),
    [
        ([], ContractStanding.NONE, None, None, None),
        ([(TODAY + timedelta(days=1), None)], ContractStanding.NONE, None, None, None),
        ([(BEGAN, None)], ContractStanding.CURRENT, None, None, None),
        ([(BEGAN, TODAY)], ContractStanding.ENDS_LATER, TODAY, None, TODAY),
        ([(BEGAN, ENDS)], ContractStanding.ENDED, ENDS, ENDS, ENDS),
        ([(BEGAN, ENDS), (TODAY, None)], ContractStanding.CURRENT, None, None, None),
        ([(BEGAN, TODAY), (TODAY + timedelta(days=1), None)], ContractStanding.CURRENT, None, None, None),
    ],
)
def test_a_contract_counts_to_its_last_day_and_literally_its_noted_end_is_enough(
    periods: list[tuple[date, date | None]],
    standing: ContractStanding,
    ends_on: date | None,
    disables: date | None,
    literally: date | None,
) -> None:
    found = contract_line(periods, TODAY)
    assert (found.standing, found.ends_on) == (standing, ends_on)
    assert must_disable_after(periods, TODAY, DEFAULTS) == disables
    assert must_disable_after(periods, TODAY, replace(DEFAULTS, contract_literal_end=True)) == literally


def test_nothing_is_approved_unchecked_and_no_step_of_the_delivery_is_skipped() -> None:
    check_approvable(SsaState.OPEN, 0)
    sent, forwarded, letter = DeliveryStep
    check_delivery(SsaState.APPROVED, [], sent)
    check_delivery(SsaState.APPROVED, [sent, forwarded], letter)
    for refused, code in (
        (lambda: check_approvable(SsaState.OPEN, 1), "SSA_LINES_UNCHECKED"),
        (lambda: check_approvable(SsaState.APPROVED, 0), "SSA_REPORT_NOT_OPEN"),
        (lambda: check_delivery(SsaState.OPEN, [], sent), "SSA_REPORT_NOT_APPROVED"),
        (lambda: check_delivery(SsaState.APPROVED, [sent], sent), "SSA_STEP_RECORDED"),
        (lambda: check_delivery(SsaState.APPROVED, [sent], letter), "SSA_STEP_OUT_OF_ORDER"),
        (lambda: check_answerable(AuditOutcome.SIGNED_IN), "AUDIT_LINE_SETTLED"),
    ):
        with pytest.raises(Conflict) as no:
            refused()
        assert no.value.code == code
