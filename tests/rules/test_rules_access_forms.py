"""The access form by its rules: where it goes, who signs, what may be entered (000:57-131, 001:8-44)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.access_forms import (
    MOVES,
    WITHDRAWN_FROM,
    Application,
    Channel,
    FormKind,
    FormSigner,
    FormState,
    check_first_hand,
    check_may_be_issued,
    check_move,
    check_no_incident,
    check_not_about,
    check_signed,
    needed_signatures,
)
from rules.accounts import AccountState
from rules.errors import Conflict, Denied, Invalid
from rules.form_entries import (
    Edition,
    LiaisonKind,
    check_applications,
    check_channel,
    check_own_address,
    default_applications,
    edition_for,
    liaison_for,
    printed_part,
)
from rules.form_signing import SignerFacts, check_awaits, check_paper_signature, check_signer, same_name
from rules.organizations import OrganizationKind

DAY = date(2026, 3, 2)
SUPERVISOR, LSO, DIRECTOR = FormSigner.SUPERVISOR, FormSigner.LSO, FormSigner.EXECUTIVE_DIRECTOR
REFERRALS, ENTRY, REVIEW = Application.CONSUMER_REFERRALS, Application.DATA_ENTRY, Application.REVIEWER


@pytest.mark.requirement("POL-18")
@pytest.mark.parametrize(
    ("kind", "for_lso", "needed"),
    [
        (FormKind.NEW, False, {SUPERVISOR, LSO}),
        (FormKind.NEW, True, {SUPERVISOR, DIRECTOR}),
        (FormKind.CHANGE, False, {SUPERVISOR, LSO}),
        (FormKind.CHANGE, True, {SUPERVISOR, DIRECTOR}),
        (FormKind.ENABLE, False, {LSO}),
        (FormKind.ENABLE, True, {DIRECTOR}),
        (FormKind.REVOKE, False, {LSO}),
    ],
)
def test_each_kind_needs_its_signatures_and_the_director_signs_for_the_lso(
    kind: FormKind,
    for_lso: bool,
    needed: set[FormSigner],
) -> None:
    assert needed_signatures(kind, for_lso=for_lso) == needed


@pytest.mark.parametrize("state", list(FormState))
@pytest.mark.parametrize("to", list(FormState))
def test_a_form_goes_only_where_its_state_lets_it(state: FormState, to: FormState) -> None:
    if to in MOVES[state]:
        check_move(state, to)
        return
    with pytest.raises(Conflict) as no:
        check_move(state, to)
    assert no.value.code == "FORM_STATE"


def test_a_form_ends_done_returned_or_withdrawn_and_nothing_leads_out_of_an_end() -> None:
    ends = {FormState.DONE, FormState.RETURNED, FormState.WITHDRAWN}
    assert {state for state in FormState if not MOVES[state]} == ends
    assert {state for state in FormState if state.is_final} == ends
    assert {state for state in FormState if FormState.WITHDRAWN in MOVES[state]} == WITHDRAWN_FROM
    assert {state for state in FormState if state.awaits_signers} == {
        FormState.AWAITING_LSO,
        FormState.AWAITING_SIGNATURES,
    }
    assert not FormKind.NEW.has_person
    assert FormKind.ENABLE.has_person


def test_an_unsigned_form_is_told_who_has_to_sign() -> None:
    check_signed(frozenset())
    with pytest.raises(Conflict, match=r"Missing: Local Security Officer, supervisor\.") as no:
        check_signed(frozenset({SUPERVISOR, LSO}))
    assert no.value.code == "FORM_UNSIGNED"
    with pytest.raises(Conflict, match="executive director"):
        check_signed(frozenset({DIRECTOR}))


@pytest.mark.parametrize(
    ("kind", "state", "code"),
    [
        (FormKind.CHANGE, AccountState.ACTIVE, None),
        (FormKind.CHANGE, AccountState.SUSPENDED, None),
        (FormKind.CHANGE, AccountState.DISABLED, "ENABLE_FIRST"),
        (FormKind.CHANGE, AccountState.DELETED, "ID_DELETED"),
        (FormKind.ENABLE, AccountState.ACTIVE, "NOT_DISABLED"),
        (FormKind.ENABLE, AccountState.SUSPENDED, "NOT_DISABLED"),
        (FormKind.ENABLE, AccountState.DISABLED, None),
        (FormKind.ENABLE, AccountState.DELETED, "ID_DELETED"),
    ],
)
@pytest.mark.requirement("ACC-09")
@pytest.mark.requirement("ACC-19")
def test_a_deleted_id_never_comes_back_and_only_a_disabled_one_is_enabled(
    kind: FormKind, state: AccountState, code: str | None
) -> None:
    if code is None:
        check_may_be_issued(kind, state)
        return
    with pytest.raises(Conflict) as no:
        check_may_be_issued(kind, state)
    assert no.value.code == code


def test_nobody_carries_out_their_own_form() -> None:
    person = uuid4()
    check_not_about(person, None)
    check_not_about(person, UUID(int=1))
    with pytest.raises(Denied) as no:
        check_not_about(person, person)
    assert no.value.code == "OWN_FORM"
    with pytest.raises(Denied) as no:
        check_not_about(person, None, namesake=True)
    assert no.value.code == "OWN_FORM"


def test_nobody_carries_out_what_they_had_in_hand_before() -> None:
    person = uuid4()
    check_first_hand(person, [None, uuid4()])
    with pytest.raises(Denied) as no:
        check_first_hand(person, [None, person])
    assert no.value.code == "SAME_PERSON"


@pytest.mark.requirement("POL-08")
@pytest.mark.parametrize("kind", list(FormKind))
def test_nobody_is_enabled_while_an_incident_that_suspended_them_is_open(kind: FormKind) -> None:
    check_no_incident(kind, suspended_by_open=False)
    if kind is not FormKind.ENABLE:
        check_no_incident(kind, suspended_by_open=True)
        return
    with pytest.raises(Conflict) as no:
        check_no_incident(kind, suspended_by_open=True)
    assert no.value.code == "INCIDENT_OPEN"


@pytest.mark.parametrize(
    ("capacity", "state", "given_already", "code"),
    [
        (LSO, FormState.AWAITING_SIGNATURES, (), None),
        (LSO, FormState.AWAITING_SIGNATURES, (SUPERVISOR,), None),
        (LSO, FormState.AWAITING_SIGNATURES, (LSO,), "ALREADY_SIGNED"),
        (LSO, FormState.WITH_REGIONAL_OFFICE, (LSO,), "ALREADY_SIGNED"),
        (LSO, FormState.RETURNED, (), "FORM_STATE"),
        (LSO, FormState.WITHDRAWN, (), "FORM_STATE"),
        (LSO, FormState.AWAITING_LSO, (), "FORM_HELD"),
        (SUPERVISOR, FormState.AWAITING_LSO, (), "FORM_HELD"),
        (DIRECTOR, FormState.AWAITING_SIGNATURES, (), "SIGNATURE_NOT_NEEDED"),
    ],
)
def test_a_signature_is_given_while_the_form_waits_for_it(
    capacity: FormSigner, state: FormState, given_already: tuple[FormSigner, ...], code: str | None
) -> None:
    needed = needed_signatures(FormKind.NEW, for_lso=False)
    if code is None:
        check_awaits(capacity, state, needed, frozenset(given_already))
        return
    with pytest.raises(Conflict) as no:
        check_awaits(capacity, state, needed, frozenset(given_already))
    assert no.value.code == code


def signer(**changes: bool) -> SignerFacts:
    facts = {
        "is_the_person": False,
        "of_the_organization": False,
        "acts_as_lso": False,
        "acts_as_director": False,
        "has_signed": False,
    }
    return SignerFacts(**{**facts, **changes})


@pytest.mark.parametrize(
    ("capacity", "who", "code"),
    [
        (LSO, signer(acts_as_lso=True), None),
        (LSO, signer(of_the_organization=True, acts_as_director=True), "NOT_THE_LSO"),
        (DIRECTOR, signer(acts_as_director=True), None),
        (DIRECTOR, signer(of_the_organization=True, acts_as_lso=True), "NOT_THE_DIRECTOR"),
        (SUPERVISOR, signer(of_the_organization=True), None),
        (SUPERVISOR, signer(acts_as_lso=True, acts_as_director=True), "NOT_OF_THIS_ORGANIZATION"),
        (LSO, signer(acts_as_lso=True, is_the_person=True), "OWN_FORM"),
        (SUPERVISOR, signer(of_the_organization=True, is_the_person=True), "OWN_FORM"),
        (LSO, signer(acts_as_lso=True, has_signed=True), "SAME_SIGNER"),
    ],
)
def test_only_the_right_person_signs_once_and_never_for_themselves(
    capacity: FormSigner, who: SignerFacts, code: str | None
) -> None:
    if code is None:
        check_signer(capacity, who)
        return
    with pytest.raises(Denied) as no:
        check_signer(capacity, who)
    assert no.value.code == code


@pytest.mark.parametrize(
    ("name", "on", "code"),
    [
        ("A Supervisor", DAY, None),
        ("A Supervisor", date(2026, 3, 3), "SIGNED_IN_FUTURE"),
        ("A Supervisor", date(2025, 12, 2), None),
        ("A Supervisor", date(2025, 12, 1), "SIGNED_TOO_LONG_AGO"),
        ("nova  NEWCOMER", DAY, "OWN_FORM"),
        ("nova married", DAY, "OWN_FORM"),
        ("A LIAISON", DAY, "SAME_PERSON"),
        ("an officer", DAY, "SAME_SIGNER"),
    ],
)
def test_a_paper_is_signed_by_another_person_on_a_day_that_has_come(name: str, on: date, code: str | None) -> None:
    def check() -> None:
        check_paper_signature(
            name, on, DAY, person=["Nova Newcomer", "Nova Married"], recorder="A Liaison", signed_by=["An Officer"]
        )

    if code is None:
        check()
        return
    with pytest.raises((Invalid, Denied)) as no:
        check()
    assert no.value.code == code


@given(st.text(), st.text())
def test_names_are_compared_without_capitals_and_spaces_and_the_same_way_round(one: str, other: str) -> None:
    assert same_name(one, other) is same_name(other, one)
    assert same_name(one, f"  {one} ")


@pytest.mark.requirement("POL-19")
@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("records_papers", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_people_enter_here_and_the_regional_office_records_papers(
    channel: Channel,
    records_papers: bool,
    own: bool,
) -> None:
    here = channel is Channel.PORTAL and own
    paper = channel in {Channel.SCAN, Channel.FAX, Channel.MAIL} and records_papers
    if here or paper:
        check_channel(channel, records_papers=records_papers, own=own)
        return
    with pytest.raises(Invalid) as no:
        check_channel(channel, records_papers=records_papers, own=own)
    assert no.value.code == "CHANNEL_NOT_YOURS"


@pytest.mark.requirement("CPF-15")
@pytest.mark.parametrize(
    ("email", "own"),
    [
        ("nova.newcomer@example.org", True),
        ("officeman@example.org", True),
        ("office@example.org", False),
        ("OFFICE2@example.org", False),
        ("front.desk@example.org", False),
    ],
)
def test_an_address_that_an_office_shares_is_refused(email: str, own: bool) -> None:
    if own:
        check_own_address(email)
        return
    with pytest.raises(Invalid) as no:
        check_own_address(email)
    assert no.value.code == "EMAIL_SHARED"


@pytest.mark.requirement("CPF-03")
@pytest.mark.requirement("CPF-04")
@pytest.mark.requirement("CPF-05", "LSO-05")
@pytest.mark.parametrize(
    ("kind", "supervisor", "marked"),
    [
        (OrganizationKind.TCM, False, (REFERRALS,)),
        (OrganizationKind.TCM, True, (REFERRALS, ENTRY, REVIEW)),
        (OrganizationKind.RESIDENTIAL, False, (REFERRALS,)),
        (OrganizationKind.OTHER_PROVIDER, False, ()),
        (OrganizationKind.FACILITY, False, ()),
        (OrganizationKind.OFFICE, False, ()),
    ],
)
def test_the_documents_say_what_is_marked_for_whom(
    kind: OrganizationKind,
    supervisor: bool,
    marked: tuple[Application, ...],
) -> None:
    assert default_applications(kind, tcm_supervisor=supervisor) == marked
    assert check_applications(marked, kind, tcm_supervisor=supervisor) == marked


@pytest.mark.parametrize(
    ("marked", "kind", "supervisor", "code"),
    [
        ((), OrganizationKind.RESIDENTIAL, True, "TCM_ONLY"),
        ((ENTRY,), OrganizationKind.TCM, False, "SUPERVISORS_ONLY"),
        ((REVIEW,), OrganizationKind.TCM, False, "SUPERVISORS_ONLY"),
        ((REFERRALS,), OrganizationKind.OFFICE, False, "NOT_OFFERED"),
        ((REFERRALS,), OrganizationKind.FACILITY, False, "NOT_OFFERED"),
    ],
)
def test_what_is_not_for_this_organization_is_not_marked(
    marked: Any,
    kind: OrganizationKind,
    supervisor: bool,
    code: str,
) -> None:
    with pytest.raises(Invalid) as no:
        check_applications(marked, kind, tcm_supervisor=supervisor)
    assert no.value.code == code


def test_marks_come_once_in_the_order_of_the_form() -> None:
    marked = check_applications([REVIEW, REFERRALS, REVIEW], OrganizationKind.TCM, tcm_supervisor=True)
    assert marked == (REFERRALS, REVIEW)


@pytest.mark.requirement("POL-17")
@pytest.mark.requirement("POL-30")
def test_each_edition_prints_an_application_in_its_part_and_names_its_liaison() -> None:
    assert {kind: edition_for(kind) for kind in OrganizationKind if edition_for(kind) is Edition.TCM} == {
        OrganizationKind.TCM: Edition.TCM
    }
    assert printed_part(REFERRALS, Edition.TCM) == "Part 4, second section"
    assert printed_part(REFERRALS, Edition.RESIDENTIAL) == "Part 5"
    assert {printed_part(one, edition) for one in (ENTRY, REVIEW) for edition in Edition} == {"Part 5"}
    assert liaison_for(Edition.TCM) is LiaisonKind.TCM_TAC
    assert liaison_for(Edition.RESIDENTIAL) is LiaisonKind.PROVIDER_RELATIONS
