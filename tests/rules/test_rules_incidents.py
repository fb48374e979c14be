"""Incidents: who answers, who decides, and who comes back (000:34-39, POL-08)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from rules.accounts import AccountState
from rules.errors import Conflict, Denied, TooMany
from rules.incidents import (
    MOST_OPEN_REPORTS,
    Finding,
    IncidentState,
    LsoAnswer,
    check_closing,
    check_may_report,
    check_not_concerned,
    check_not_self,
    check_open,
    check_reinstatable,
    check_suspendable,
    check_unanswered,
)

ME, OTHER = uuid4(), uuid4()


def test_only_an_open_incident_is_changed() -> None:
    check_open(IncidentState.OPEN)
    with pytest.raises(Conflict) as refused:
        check_open(IncidentState.CLOSED)
    assert refused.value.code == "INCIDENT_CLOSED"


def test_nobody_decides_about_themselves() -> None:
    check_not_concerned(ME, OTHER)
    check_not_concerned(ME, None)
    check_not_self(ME, OTHER)
    with pytest.raises(Denied) as refused:
        check_not_concerned(ME, ME)
    assert refused.value.code == "OWN_INCIDENT"
    with pytest.raises(Denied) as refused:
        check_not_self(ME, ME)
    assert refused.value.code == "SELF_SUSPENSION"


@pytest.mark.parametrize("answer", list(LsoAnswer))
def test_an_organization_answers_once(answer: LsoAnswer) -> None:
    check_unanswered(None)
    with pytest.raises(Conflict) as refused:
        check_unanswered(answer)
    assert refused.value.code == "ALREADY_ANSWERED"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (AccountState.SUSPENDED, "ALREADY_SUSPENDED"),
        (AccountState.DISABLED, "ALREADY_DISABLED"),
        (AccountState.DELETED, "ALREADY_DELETED"),
    ],
)
def test_only_an_account_in_use_is_suspended(state: AccountState, code: str) -> None:
    check_suspendable(AccountState.ACTIVE, others_left=True)
    with pytest.raises(Conflict) as refused:
        check_suspendable(state, others_left=True)
    assert refused.value.code == code


def test_the_last_chief_security_officer_is_not_suspended() -> None:
    with pytest.raises(Conflict) as refused:
        check_suspendable(AccountState.ACTIVE, others_left=False)
    assert refused.value.code == "LAST_CSO"


@pytest.mark.requirement("POL-08")
@pytest.mark.parametrize("finding", list(Finding))
def test_a_person_comes_back_after_every_finding_but_a_breach(finding: Finding) -> None:
    check_closing(finding, reinstate=False)
    if finding is not Finding.BREACH:
        check_closing(finding, reinstate=True)
        check_reinstatable(AccountState.SUSPENDED, open_suspensions=False, findings=[finding])
        return
    with pytest.raises(Conflict) as refused:
        check_closing(finding, reinstate=True)
    assert refused.value.code == "BREACH_FOUND"
    with pytest.raises(Conflict) as refused:
        check_reinstatable(AccountState.SUSPENDED, open_suspensions=False, findings=[Finding.UNFOUNDED, finding])
    assert refused.value.code == "BREACH_FOUND"


@pytest.mark.requirement("ACC-19")
@pytest.mark.parametrize(
    ("state", "code"),
    [
        (AccountState.DISABLED, "FORM_NEEDED"),
        (AccountState.DELETED, "ALREADY_DELETED"),
        (AccountState.ACTIVE, "NOT_SUSPENDED"),
    ],
)
def test_only_a_suspended_account_is_reinstated_and_a_disabled_one_needs_a_form(state: AccountState, code: str) -> None:
    with pytest.raises(Conflict) as refused:
        check_reinstatable(state, open_suspensions=False, findings=[])
    assert refused.value.code == code


def test_nobody_comes_back_while_an_incident_is_open() -> None:
    with pytest.raises(Conflict) as refused:
        check_reinstatable(AccountState.SUSPENDED, open_suspensions=True, findings=[None])
    assert refused.value.code == "INCIDENT_OPEN"


def test_a_person_has_at_most_ten_reports_waiting() -> None:
    check_may_report(MOST_OPEN_REPORTS - 1)
    with pytest.raises(TooMany) as refused:
        check_may_report(MOST_OPEN_REPORTS)
    assert refused.value.code == "TOO_MANY_REPORTS"
