"""The offices: each named once, described, and sorted into the sets that the rules ask for."""

import pytest

from rules.roles import COORDINATORS, GRANTABLE, PRIVILEGED, PROVIDER_ROLES, STAFF_SEEING_ALL, TITLES, Role


def test_a_role_is_stored_under_its_own_name() -> None:
    assert all(role.value == role.name for role in Role)


def test_every_role_says_what_it_is() -> None:
    assert set(TITLES) == set(Role)
    assert all(title.strip() for title in TITLES.values())
    assert len(set(TITLES.values())) == len(Role)


def test_no_person_can_hold_the_role_of_the_sweeps() -> None:
    assert Role.SYSTEM not in GRANTABLE
    assert GRANTABLE | {Role.SYSTEM} == set(Role)


@pytest.mark.requirement("REF-20")
def test_only_central_staff_and_administrators_see_every_county() -> None:
    assert {Role.CENTRAL_STAFF, Role.ADMINISTRATOR} == STAFF_SEEING_ALL
    assert STAFF_SEEING_ALL.isdisjoint(COORDINATORS | PROVIDER_ROLES)


def test_nobody_is_coordinator_and_provider_by_one_role() -> None:
    assert {Role.PLACEMENT_COORDINATOR, Role.TRANSITION_COORDINATOR} == COORDINATORS
    assert COORDINATORS.isdisjoint(PROVIDER_ROLES)


@pytest.mark.requirement("PWD-08")
def test_who_decides_about_access_is_privileged_and_who_answers_referrals_is_not() -> None:
    assert {Role.LSO, Role.CSO, Role.ADMINISTRATOR, Role.PRIVACY_OFFICER, Role.SUPPORT_DESK, Role.OA} <= PRIVILEGED
    assert {Role.ITSD_PROVISIONING, Role.ITSD_ACCOUNT_MGMT} <= PRIVILEGED
    assert PRIVILEGED.isdisjoint(COORDINATORS | {Role.CONSUMER_REFERRAL_DB, Role.AUDITOR, Role.SYSTEM})
