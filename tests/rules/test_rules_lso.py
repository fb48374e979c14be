"""The letter that designates an LSO, the days of a deputy, and what keeps requests from an officer (000:26-106)."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Conflict, Invalid
from rules.lso import (
    SUBJECT,
    DesignationLetter,
    LsoProblem,
    LsoReach,
    LsoScope,
    check_deputy_period,
    check_letter,
    letter_text,
    lso_problems,
    names_this_person,
)

DAY = date(2026, 3, 2)
LETTER = DesignationLetter(
    organization="Harbor Light",
    address="2 Invented Street",
    city_state_zip="Sampleton, MO 00000",
    phone="555-0110",
    fax="555-0111",
    dated=DAY,
    attention="Lia Liaison",
    regional_office="Example Regional Office",
    regional_office_address="1 Office Square, Sampleton",
    subject=SUBJECT,
    lso_name="Olive Officer",
    lso_email="olive@example.org",
)
ONLY_OF_PROVIDERS = {"address", "city_state_zip", "phone", "fax", "regional_office", "regional_office_address"}
TEXTS = sorted({field.name for field in fields(DesignationLetter)} - {"dated", "lso_email"})


@pytest.mark.requirement("LSO-02")
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("scope", list(LsoScope))
def test_a_providers_letter_lacks_nothing_of_the_example_and_a_facilitys_only_the_letterhead(
    name: str, scope: LsoScope
) -> None:
    letter = replace(LETTER, **{name: "  "})  # type: ignore[arg-type]
    if scope is LsoScope.FACILITY and name in ONLY_OF_PROVIDERS:
        assert getattr(check_letter(letter, scope, DAY), name) == ""
        return
    with pytest.raises(Invalid) as no:
        check_letter(letter, scope, DAY)
    assert no.value.code == "TEXT_REQUIRED"
    assert (no.value.field or "").startswith("letter.")


@pytest.mark.requirement("LSO-02")
def test_a_letter_bears_a_date_that_has_come_and_a_complete_address() -> None:
    assert check_letter(LETTER, LsoScope.PROVIDER, DAY) == LETTER
    with pytest.raises(Invalid) as no:
        check_letter(replace(LETTER, dated=DAY + timedelta(days=1)), LsoScope.PROVIDER, DAY)
    assert (no.value.code, no.value.field) == ("LETTER_FROM_FUTURE", "letter.dated")
    with pytest.raises(Invalid) as no:
        check_letter(replace(LETTER, lso_email="olive"), LsoScope.PROVIDER, DAY)
    assert (no.value.code, no.value.field) == ("EMAIL_MALFORMED", "letter.lsoEmail")


@pytest.mark.requirement("LSO-02")
def test_the_letter_stands_as_in_the_example_and_leaves_out_empty_lines() -> None:
    assert letter_text(LETTER, "Dora Director").splitlines() == [
        "Harbor Light",
        "2 Invented Street",
        "Sampleton, MO 00000",
        "Phone: 555-0110",
        "Fax: 555-0111",
        "",
        "March 2, 2026",
        "",
        "Attention: Lia Liaison, Example Regional Office",
        "1 Office Square, Sampleton",
        "",
        "Lia Liaison:",
        "",
        "RE: LSO and Provider Staff w/ Access to CIMOR",
        "",
        "Our Local Security Officer (HIPAA) is: Olive Officer, olive@example.org",
        "",
        "Sincerely,",
        "Dora Director",
    ]
    bare = replace(LETTER, **dict.fromkeys(ONLY_OF_PROVIDERS, ""))  # type: ignore[arg-type]
    assert letter_text(bare, "Carl Chief").splitlines()[:6] == [
        "Harbor Light",
        "",
        "March 2, 2026",
        "",
        "Attention: Lia Liaison",
        "",
    ]


def test_addresses_name_a_person_without_regard_to_capitals() -> None:
    assert names_this_person("Olive@Example.org", "olive@example.ORG")
    assert not names_this_person("olive@example.org", "oliver@example.org")


@pytest.mark.parametrize(
    ("begins", "ends", "code"),
    [
        (0, 0, None),
        (-5, 0, None),
        (-5, -1, "DEPUTY_IN_PAST"),
        (3, 2, "DEPUTY_ENDS_BEFORE_IT_BEGINS"),
        (1, 9, None),
        (1, 10, "ALREADY_DEPUTY"),
        (12, 12, "ALREADY_DEPUTY"),
        (14, 20, "ALREADY_DEPUTY"),
        (15, 20, None),
        (5, 20, "ALREADY_DEPUTY"),
        (15, 106, None),
        (15, 107, "DEPUTY_TOO_LONG"),
    ],
)
def test_a_deputy_stands_in_on_days_to_come_that_are_not_covered_yet(begins: int, ends: int, code: str | None) -> None:
    def check() -> None:
        known = [(DAY + timedelta(days=10), DAY + timedelta(days=14))]
        check_deputy_period(DAY + timedelta(days=begins), DAY + timedelta(days=ends), DAY, known)

    if code is None:
        check()
        return
    with pytest.raises((Invalid, Conflict)) as no:
        check()
    assert no.value.code == code


WELL = LsoReach(
    has_user=True, active=True, email=True, bounced=False, confirmed=True, has_signed_in=True, unreachable=False
)


@pytest.mark.requirement("LSO-07")
@pytest.mark.parametrize(
    ("facts", "problems"),
    [
        (None, [LsoProblem.VACANT]),
        (replace(WELL, has_user=False, active=False, email=False), [LsoProblem.NO_USER_ID]),
        (WELL, []),
        (replace(WELL, active=False), [LsoProblem.ACCOUNT_NOT_ACTIVE]),
        (replace(WELL, email=False, confirmed=False), [LsoProblem.EMAIL_MISSING]),
        (replace(WELL, bounced=True, confirmed=False), [LsoProblem.EMAIL_BOUNCED]),
        (replace(WELL, confirmed=False), [LsoProblem.EMAIL_UNCONFIRMED]),
        (replace(WELL, has_signed_in=False), [LsoProblem.NEVER_SIGNED_IN]),
        (replace(WELL, unreachable=True), [LsoProblem.UNREACHABLE]),
    ],
)
def test_each_obstacle_between_a_request_and_an_officer_has_a_name(
    facts: LsoReach | None, problems: list[LsoProblem]
) -> None:
    assert list(lso_problems(facts)) == problems


@given(st.builds(LsoReach, *([st.booleans()] * 7)))
def test_an_officer_without_a_problem_can_be_reached(facts: LsoReach) -> None:
    if not lso_problems(facts):
        assert facts.has_user
        assert facts.active
        assert facts.email
        assert facts.confirmed
        assert not facts.bounced
        assert not facts.unreachable
