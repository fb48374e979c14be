"""Which roles a person may ask for, and why not the others (000:167-185, 000:209-220)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from rules.eligibility import (
    Ineligibility,
    ReviewWarning,
    RoleFacts,
    ineligible,
    may_ask_under,
    review_warnings,
)
from rules.organizations import Division, OrganizationKind, Under

TODAY = date(2026, 3, 2)
NOBODY_HOLDS_HI = ReviewWarning.HEALTH_INVENTORIES_WITHOUT_HOLDER
DAY = timedelta(days=1)
PROVIDERS = frozenset({OrganizationKind.TCM, OrganizationKind.RESIDENTIAL, OrganizationKind.OTHER_PROVIDER})
ROLE = RoleFacts(
    "SOME_ROLE", Division.MRDD, frozenset({OrganizationKind.TCM}), Under.REGIONAL_OFFICE, date(2000, 1, 1), None
)


def _verdict(
    role: RoleFacts,
    organization: OrganizationKind = OrganizationKind.TCM,
    division: Division = Division.MRDD,
    under: Under = Under.REGIONAL_OFFICE,
    held: frozenset[str] = frozenset(),
) -> Ineligibility | None:
    return ineligible(role, organization, division, under, TODAY, held)


@pytest.mark.requirement("ARA-21")
def test_a_role_of_the_own_kind_division_and_office_can_be_asked_for() -> None:
    assert _verdict(ROLE) is None
    assert _verdict(replace(ROLE, division=None), division=Division.ADA) is None


@pytest.mark.requirement("ROL-02")
@pytest.mark.parametrize("kind", list(OrganizationKind))
def test_a_role_for_others_is_refused_and_providers_are_told_when_it_is_for_no_provider(kind: OrganizationKind) -> None:
    offices_only = replace(ROLE, available_to=frozenset({OrganizationKind.OFFICE}))
    tcm_only = ROLE
    if kind is OrganizationKind.OFFICE:
        assert _verdict(offices_only, kind) is None
    elif kind in PROVIDERS:
        assert _verdict(offices_only, kind) is Ineligibility.NOT_AVAILABLE_TO_PROVIDERS
    else:
        assert _verdict(offices_only, kind) is Ineligibility.NOT_FOR_THIS_ORGANIZATION
    expected = None if kind is OrganizationKind.TCM else Ineligibility.NOT_FOR_THIS_ORGANIZATION
    assert _verdict(tcm_only, kind) is expected


def test_a_role_of_another_division_is_refused() -> None:
    assert _verdict(ROLE, division=Division.CPS) is Ineligibility.OTHER_DIVISION


@pytest.mark.requirement("ARA-19")
@pytest.mark.requirement("ARA-20")
def test_roles_under_the_own_organization_and_under_the_regional_office_are_two_requests() -> None:
    own = replace(ROLE, under=Under.OWN)
    assert _verdict(own, under=Under.OWN) is None
    assert _verdict(own) is Ineligibility.OWN_ORGANIZATION_NEEDED
    assert _verdict(ROLE, under=Under.OWN) is Ineligibility.REGIONAL_OFFICE_NEEDED


@pytest.mark.requirement("ROL-09")
def test_a_role_can_be_asked_for_from_its_first_day_on_and_not_on_the_day_it_is_withdrawn() -> None:
    assert _verdict(replace(ROLE, active_from=TODAY)) is None
    assert _verdict(replace(ROLE, active_from=TODAY + DAY)) is Ineligibility.NOT_YET_ACTIVE
    assert _verdict(replace(ROLE, withdrawn_on=TODAY + DAY)) is None
    assert _verdict(replace(ROLE, withdrawn_on=TODAY)) is Ineligibility.WITHDRAWN
    assert _verdict(replace(ROLE, withdrawn_on=TODAY - DAY)) is Ineligibility.WITHDRAWN


def test_a_role_that_is_held_is_not_asked_for_again() -> None:
    assert _verdict(ROLE, held=frozenset({"SOME_ROLE"})) is Ineligibility.ALREADY_HELD
    assert _verdict(ROLE, held=frozenset({"OTHER"})) is None


def test_nobody_asks_to_be_lso_it_comes_with_a_letter() -> None:
    lso = replace(ROLE, code="LSO", available_to=frozenset())
    assert _verdict(lso) is Ineligibility.BY_DESIGNATION_ONLY


@pytest.mark.requirement("ARA-19")
@pytest.mark.parametrize("kind", list(OrganizationKind))
def test_only_tcm_entities_ask_under_their_own_organization(kind: OrganizationKind) -> None:
    assert may_ask_under(kind, Under.REGIONAL_OFFICE)
    assert may_ask_under(kind, Under.OWN) is (kind is OrganizationKind.TCM)


@pytest.mark.requirement("ROL-04")
@pytest.mark.parametrize(
    ("kind", "under", "has_hi", "has_lso", "expected"),
    [
        (OrganizationKind.RESIDENTIAL, Under.REGIONAL_OFFICE, False, True, (NOBODY_HOLDS_HI,)),
        (OrganizationKind.RESIDENTIAL, Under.REGIONAL_OFFICE, True, True, ()),
        (OrganizationKind.TCM, Under.REGIONAL_OFFICE, False, True, (ReviewWarning.OWN_ORGANIZATION_REQUEST,)),
        (OrganizationKind.TCM, Under.OWN, False, True, ()),
        (OrganizationKind.OFFICE, Under.REGIONAL_OFFICE, False, False, (ReviewWarning.NO_LSO,)),
    ],
)  # fmt: skip
def test_the_review_warns_of_what_a_requester_should_know(
    kind: OrganizationKind, under: Under, has_hi: bool, has_lso: bool, expected: tuple[ReviewWarning, ...]
) -> None:
    assert review_warnings(kind, under, has_health_inventories=has_hi, has_lso=has_lso) == expected


def test_every_reason_has_a_sentence_and_every_warning_its_lines() -> None:
    assert all(reason.sentence.endswith(".") for reason in Ineligibility)
    assert all(warning.sentence.endswith(".") and warning.cites.startswith("000:") for warning in ReviewWarning)
