"""Where two numbers meet: what the documents know is shown, what cannot work is a contradiction."""

from __future__ import annotations

from datetime import date

import pytest

from rules.policy import values_in_force
from rules.policy_conflicts import MEETINGS, PRECEDENCE, policy_conflicts, precedence, shown_value
from rules.policy_register import REGISTER, Value

SHIPPED, _ = values_in_force((), date(2026, 1, 1))


def contradictions(**changed: Value) -> list[tuple[str, ...]]:
    values = SHIPPED | {key.replace("__", "."): value for key, value in changed.items()}
    return [one.keys for one in policy_conflicts(values) if one.contradicts]


@pytest.mark.requirement("POL-01")
@pytest.mark.requirement("POL-34")
def test_the_documents_as_shipped_meet_in_five_places_and_contradict_in_none() -> None:
    meetings = policy_conflicts(SHIPPED)
    assert not any(one.contradicts for one in meetings)
    assert {one.keys for one in meetings} == {
        ("password.max_age_days", "inactivity.delete_days"),
        ("inactivity.delete_days", "inactivity.audit_days"),
        ("inactivity.delete_days", "disabled.delete_days"),
        ("lso.signin_days", "inactivity.delete_days"),
        ("inactivity.employee_days", "inactivity.delete_days"),
    }
    sentences = " ".join(one.sentence for one in meetings)
    assert "A password ends after 60 days, an unused provider account after 90" in sentences
    assert "disabled at 90 unused days every day, so the audit at 180 days" in sentences
    assert all("POL-" in one.cites for one in meetings)


@pytest.mark.parametrize(
    ("fits", "contradicts"),
    [
        ({"password__max_age_days": 15}, {"password__max_age_days": 14}),
        ({"inactivity__delete_days": 15}, {"inactivity__delete_days": 14}),
        ({"lso__signin_days": 56}, {"lso__signin_days": 55}),
        ({"inactivity__audit_days": 90}, {"inactivity__audit_days": 89}),
        (
            {"session__idle_minutes": 59, "session__absolute_hours": 1},
            {"session__idle_minutes": 60, "session__absolute_hours": 1},
        ),
        ({"password__reminder_days": ()}, {"password__max_age_days": 1}),
    ],
)
def test_a_warning_that_comes_too_late_and_an_audit_that_comes_too_early_contradict(
    fits: dict[str, Value], contradicts: dict[str, Value]
) -> None:
    assert contradictions(**fits) == []
    assert len(contradictions(**contradicts)) == 1


@pytest.mark.requirement("POL-01")
def test_without_the_daily_rule_the_audit_alone_disables() -> None:
    values = SHIPPED | {"inactivity.provider_90": False, "inactivity.audit_days": 60}
    found = policy_conflicts(values)
    assert not any(one.contradicts for one in found)
    assert ("inactivity.provider_90", "inactivity.audit_days") in {one.keys for one in found}


@pytest.mark.requirement("POL-12")
def test_a_number_says_which_comes_first_where_it_meets_another() -> None:
    assert "POL-02" in precedence("lso.signin_days")
    assert precedence("attachment.link_seconds") == ""
    assert REGISTER["risk.vulnerability_months"].default == 6
    assert "twice a year" in precedence("risk.vulnerability_months")
    assert PRECEDENCE.keys() <= REGISTER.keys()
    assert {key for one in MEETINGS for key in one.keys} <= REGISTER.keys()


@pytest.mark.parametrize(
    ("value", "shown"), [(60, "60"), (True, "true"), (False, "false"), ((14, 7, 1), "14/7/1"), ((), "")]
)
def test_a_value_is_shown_as_it_is_entered(value: Value, shown: str) -> None:
    assert shown_value(value) == shown
