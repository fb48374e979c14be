"""What a person does next: one step, the first that counts."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.next_step import NextStep, Standing, next_step

AT_WORK = Standing()
NEW = Standing(has_roles=False)


def test_a_person_at_work_has_nothing_to_do_first() -> None:
    assert next_step(AT_WORK) is NextStep.NOTHING


@pytest.mark.requirement("CPF-14")
def test_the_way_of_a_new_user_id_goes_over_password_statement_address_and_access_request() -> None:
    standing = Standing(
        must_change_password=True, must_accept_statement=True, email_works=False, has_roles=False, with_lso=False
    )
    way = []
    for done in (
        {"must_change_password": False},
        {"must_accept_statement": False},
        {"email_works": True},
        {"with_lso": True},
        {"with_lso": False, "with_provisioning": True},
        {"with_provisioning": False, "has_roles": True, "contacts_to_verify": True},
        {"contacts_to_verify": False},
    ):
        way.append(next_step(standing))
        standing = replace(standing, **done)
    assert [*way, next_step(standing)] == [
        NextStep.CHANGE_PASSWORD,
        NextStep.ACCEPT_STATEMENT,
        NextStep.CONFIRM_EMAIL,
        NextStep.REQUEST_ROLES,
        NextStep.AWAIT_LSO,
        NextStep.AWAIT_PROVISIONING,
        NextStep.VERIFY_CONTACTS,
        NextStep.NOTHING,
    ]


def test_what_keeps_others_waiting_comes_before_what_is_ones_own() -> None:
    officer = Standing(has_roles=False, decisions_waiting=True, with_lso=True, contacts_to_verify=True)
    assert next_step(officer) is NextStep.DECIDE_REQUESTS


@pytest.mark.requirement("PRF-02")
def test_contacts_are_verified_before_waiting_for_more_roles_and_only_by_who_has_some() -> None:
    assert next_step(replace(AT_WORK, contacts_to_verify=True, with_lso=True)) is NextStep.VERIFY_CONTACTS
    assert next_step(replace(NEW, contacts_to_verify=True)) is NextStep.REQUEST_ROLES


def test_every_step_has_a_sentence_and_names_its_lines() -> None:
    for step in NextStep:
        assert step.sentence.endswith(".")
        assert bool(step.cites) is (step is not NextStep.NOTHING)


@given(st.builds(Standing, **{field.name: st.booleans() for field in fields(Standing)}))
def test_nothing_is_said_only_to_who_can_work_and_owes_nothing(standing: Standing) -> None:
    owes = standing.must_change_password or standing.must_accept_statement or standing.decisions_waiting
    waits = standing.with_lso or standing.with_provisioning or standing.contacts_to_verify
    free = standing.has_roles and standing.email_works and not owes and not waits
    assert (next_step(standing) is NextStep.NOTHING) is free
