"""Password resets: whom they help, and that nobody carries out the own one."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from rules.accounts import AccountState
from rules.errors import Conflict, Denied
from rules.resets import NUMBER_SETTLES, Proof, check_not_own, check_proof, check_resettable
from tests.rules.verdicts import TAKEN, verdict


@pytest.mark.requirement("PWD-10")
@pytest.mark.parametrize("contract_active", [True, None])
def test_an_account_in_use_can_be_reset(contract_active: bool | None) -> None:
    assert verdict(check_resettable, AccountState.ACTIVE, contract_active=contract_active) == TAKEN


@pytest.mark.requirement("PWD-10")
@pytest.mark.parametrize(
    ("state", "code", "helps"),
    [
        (AccountState.SUSPENDED, "ACCOUNT_SUSPENDED", "Chief Security Officer"),
        (AccountState.DISABLED, "ACCOUNT_DISABLED", "access form"),
        (AccountState.DELETED, "ACCOUNT_DELETED", "access form"),
    ],
)
def test_where_a_password_does_not_help_it_is_said_what_does(state: AccountState, code: str, helps: str) -> None:
    with pytest.raises(Conflict) as refused:
        check_resettable(state, contract_active=True)
    assert refused.value.code == code
    assert helps in refused.value.message


def test_after_the_end_of_the_contract_a_password_does_not_help() -> None:
    with pytest.raises(Conflict) as refused:
        check_resettable(AccountState.ACTIVE, contract_active=False)
    assert refused.value.code == "CONTRACT_ENDED"


def test_what_the_regional_office_has_still_to_release_is_not_the_desks_to_reset() -> None:
    with pytest.raises(Conflict) as refused:
        check_resettable(AccountState.ACTIVE, contract_active=True, release_pending=True)
    assert refused.value.code == "RELEASE_PENDING"


def test_nobody_resets_the_own_password_at_the_desk() -> None:
    person = uuid4()
    check_not_own(person, uuid4())
    with pytest.raises(Denied) as refused:
        check_not_own(person, person)
    assert refused.value.code == "OWN_RESET"


def test_only_a_number_that_has_been_on_file_for_a_week_is_called_back() -> None:
    now = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    check_proof(Proof.CALL_BACK, None, now)
    check_proof(Proof.CALL_BACK, now - NUMBER_SETTLES, now)
    check_proof(Proof.IN_PERSON, now, now)
    with pytest.raises(Conflict) as refused:
        check_proof(Proof.CALL_BACK, now - NUMBER_SETTLES + timedelta(seconds=1), now)
    assert refused.value.code == "NUMBER_TOO_NEW"
