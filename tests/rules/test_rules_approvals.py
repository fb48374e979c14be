"""The approval chain: who is asked, who may answer, and where a request can go (000:191-206)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.approvals import (
    DECIDED_IN,
    HOLDERS,
    MOVES,
    NEXT_STEPS,
    Deputy,
    Officers,
    RequestState,
    Stage,
    StandsInAs,
    addressee,
    answers_for_lso,
    check_as_shown,
    check_not_own,
    check_open_at,
    check_second_person,
    still_stands,
)
from rules.errors import Conflict, Denied

LSO, DIRECTOR, OTHER_DIRECTOR, CSO, OTHER_CSO, STAFF = (UUID(int=number) for number in range(1, 7))
PEOPLE = (LSO, DIRECTOR, OTHER_DIRECTOR, CSO, OTHER_CSO, STAFF)
ALL = Officers(has_lso=True, lso=LSO, executive_directors=(DIRECTOR, OTHER_DIRECTOR), csos=(CSO, OTHER_CSO))
VACANT = Officers(has_lso=True, lso=None, executive_directors=(DIRECTOR,), csos=(CSO,))
ITSELF_DIRECTOR = Officers(has_lso=True, lso=LSO, executive_directors=(LSO, DIRECTOR), csos=())
OFFICE = Officers(has_lso=False, lso=None, executive_directors=(), csos=(CSO, OTHER_CSO))

officers = st.builds(
    Officers,
    has_lso=st.booleans(),
    lso=st.none() | st.sampled_from(PEOPLE),
    executive_directors=st.lists(st.sampled_from(PEOPLE), unique=True).map(tuple),
    csos=st.lists(st.sampled_from(PEOPLE), unique=True).map(tuple),
)


@pytest.mark.requirement("POL-21")
@pytest.mark.parametrize(
    ("requester", "asked", "to"),
    [
        (STAFF, ALL, (LSO, StandsInAs.LSO)),
        (DIRECTOR, ALL, (LSO, StandsInAs.LSO)),
        (LSO, ALL, (DIRECTOR, StandsInAs.EXECUTIVE_DIRECTOR)),
        (LSO, ITSELF_DIRECTOR, (DIRECTOR, StandsInAs.EXECUTIVE_DIRECTOR)),
        (LSO, Officers(has_lso=True, lso=LSO, executive_directors=(), csos=(CSO,)), (CSO, StandsInAs.CSO)),
        (LSO, Officers(has_lso=True, lso=LSO, executive_directors=(LSO,), csos=(LSO, CSO)), (CSO, StandsInAs.CSO)),
        (LSO, Officers(has_lso=True, lso=LSO, executive_directors=(), csos=()), None),
        (STAFF, VACANT, None),
        (STAFF, OFFICE, (CSO, StandsInAs.CSO)),
        (CSO, OFFICE, (OTHER_CSO, StandsInAs.CSO)),
        (CSO, Officers(has_lso=False, lso=None, executive_directors=(DIRECTOR,), csos=(CSO,)), None),
    ],
)  # fmt: skip
def test_the_first_approval_is_asked_of_whom_the_rules_name(
    requester: UUID, asked: Officers, to: tuple[UUID, StandsInAs] | None
) -> None:
    found = addressee(requester, asked)
    assert (found and (found.user_id, found.capacity)) == to


@pytest.mark.requirement("ARA-22")
@given(requester=st.sampled_from(PEOPLE), asked=officers)
def test_nobody_is_ever_asked_about_the_own_request_and_whoever_is_asked_holds_the_office(
    requester: UUID, asked: Officers
) -> None:
    found = addressee(requester, asked)
    if found is not None:
        assert found.user_id != requester
        assert still_stands(found.user_id, found.capacity, asked)


@pytest.mark.parametrize("capacity", list(StandsInAs))
def test_an_office_that_was_lost_counts_no_more(capacity: StandsInAs) -> None:
    holder = {StandsInAs.LSO: LSO, StandsInAs.EXECUTIVE_DIRECTOR: OTHER_DIRECTOR, StandsInAs.CSO: CSO}[capacity]
    assert still_stands(holder, capacity, ALL)
    assert not still_stands(STAFF, capacity, ALL)
    assert not still_stands(holder, capacity, Officers(has_lso=True, lso=None, executive_directors=(), csos=()))


@pytest.mark.requirement("LSO-09")
@pytest.mark.parametrize(
    ("on", "stands_in"),
    [(date(2026, 3, 8), False), (date(2026, 3, 9), True), (date(2026, 3, 13), True), (date(2026, 3, 14), False)],
)
def test_a_deputy_stands_in_from_the_first_day_to_the_last(on: date, stands_in: bool) -> None:
    deputy = Deputy(STAFF, date(2026, 3, 9), date(2026, 3, 13))
    assert answers_for_lso(STAFF, LSO, (deputy,), on) is stands_in
    assert answers_for_lso(LSO, LSO, (deputy,), on)
    assert not answers_for_lso(CSO, LSO, (deputy,), on)
    assert not answers_for_lso(STAFF, None, (deputy,), on)


@pytest.mark.requirement("ARA-24")
def test_a_stage_decides_in_its_own_state_only_and_says_what_is_the_matter_otherwise() -> None:
    for stage in Stage:
        for state in RequestState:
            if state is DECIDED_IN[stage]:
                check_open_at(state, stage)
                continue
            with pytest.raises(Conflict) as refused:
                check_open_at(state, stage)
            late = state.is_final or (stage is Stage.LSO and state is RequestState.AWAITING_PROVISIONING)
            assert refused.value.code == ("ALREADY_DECIDED" if late else "NOT_AT_THIS_STAGE")


def test_a_closed_request_never_moves_and_roles_come_only_from_provisioning() -> None:
    assert {state for state in RequestState if state.is_final} == {
        RequestState.GRANTED, RequestState.DENIED, RequestState.WITHDRAWN,
    }  # fmt: skip
    assert [state for state in RequestState if RequestState.GRANTED in MOVES[state]] == [
        RequestState.AWAITING_PROVISIONING
    ]
    assert [state for state in RequestState if RequestState.AWAITING_PROVISIONING in MOVES[state]] == [
        RequestState.WITH_LSO
    ]


@pytest.mark.requirement("TRK-01")
def test_every_state_says_who_has_it_and_what_comes_next() -> None:
    assert set(NEXT_STEPS) == set(RequestState)
    assert set(HOLDERS) == {state for state in RequestState if not state.is_final}


@pytest.mark.requirement("ARA-22")
def test_nobody_approves_the_own_request_nor_twice_nor_what_was_not_shown() -> None:
    check_not_own(CSO, STAFF)
    check_second_person(CSO, LSO)
    check_as_shown("hash", "hash")
    with pytest.raises(Denied, match="own request"):
        check_not_own(CSO, CSO)
    with pytest.raises(Denied, match="again"):
        check_second_person(CSO, CSO)
    with pytest.raises(Conflict, match="shown"):
        check_as_shown("hash", "other")
