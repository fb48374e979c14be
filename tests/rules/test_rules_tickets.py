"""Tickets: which office has to do with which, and how one ends (000:15-20, 002:299-305)."""

from __future__ import annotations

import pytest

from rules.errors import Conflict
from rules.roles import Role
from rules.tickets import CLOSED_BY, TicketKind, TicketOutcome, TicketState, check_open, kinds_of

OUTSIDE = {TicketKind.ACCOUNT_MANAGEMENT, TicketKind.AGENCY_NOTICE}


@pytest.mark.requirement("REV-09")
@pytest.mark.parametrize(
    ("roles", "kinds"),
    [
        ({Role.SUPPORT_DESK}, {TicketKind.PASSWORD_RESET}),
        ({Role.ITSD_ACCOUNT_MGMT}, OUTSIDE),
        ({Role.SUPPORT_DESK, Role.ITSD_ACCOUNT_MGMT}, set(TicketKind)),
        ({Role.CSO}, set(TicketKind)),
        ({Role.ADMINISTRATOR}, set(TicketKind)),
        ({Role.LSO}, set()),
        (set(), set()),
    ],
)
def test_an_office_has_to_do_with_its_own_tickets(roles: set[Role], kinds: set[TicketKind]) -> None:
    assert kinds_of(roles) == kinds


def test_only_account_management_closes_with_a_word_and_no_password_reset() -> None:
    assert {role: set(kinds) for role, kinds in CLOSED_BY.items()} == {Role.ITSD_ACCOUNT_MGMT: OUTSIDE}


@pytest.mark.parametrize("state", list(TicketState))
def test_only_an_open_ticket_is_closed(state: TicketState) -> None:
    if state is TicketState.OPEN:
        check_open(state)
        return
    with pytest.raises(Conflict) as refused:
        check_open(state)
    assert refused.value.code == "TICKET_CLOSED"


def test_an_outcome_is_the_state_in_which_the_ticket_ends() -> None:
    assert [outcome.as_state for outcome in TicketOutcome] == [TicketState.DONE, TicketState.REFUSED]
