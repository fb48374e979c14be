"""The screen against passwords that are guessed first: off as shipped, never laxer than the guide when on."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.guessed_passwords import is_common
from rules.passwords import PasswordFault, password_faults
from rules.policy import DEFAULTS, PolicyChange, policy_in_force

SCREENED = policy_in_force([PolicyChange("password.screen_common", True, date.min, 1)], date(2026, 7, 1))
OWN = ("EXT.MYTESTA", "Mary-Ann", "Müller")


@pytest.mark.parametrize(
    "password",
    [
        "Password1!",
        "P@ssw0rd1",
        "1Password!",
        "pASSWORD-2026",
        "Summer2026!",
        "December-24",
        "Friday#13",
        "Qwerty123!",
        "Ytrewq-1",
        "1Q2w3e4r!",
        "Abc12345",
        "Aaaa-1111",
        "Welcome-1",
        "L3tm31n!!",
        "Pa55word-Pa55word",
        "Missouri#1",
        "Mytesta-99",
        "Muller-123",
        "MaryAnn.1",
        "Müller-123",
        "Ｐａｓｓｗｏｒｄ-1",
        "12345-67!",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    assert is_common(password, OWN)


@pytest.mark.parametrize(
    "password", ["Correct-Horse-7", "Xk4-tpQ9", "Lantern.Gravel7", "Passwords-Are-Odd-3", "Mu-Xelery5", "Abd-Efh-1"]
)
def test_what_is_not_guessed_first_is_taken(password: str) -> None:
    assert not is_common(password, OWN)


def test_own_names_count_for_their_owner_only_and_initials_for_nobody() -> None:
    assert is_common("Applegarth-7", ("Applegarth",))
    assert not is_common("Applegarth-7", OWN)
    assert not is_common("Jo-Zx-77", ("Jo", "Zx"))
    assert is_common("Joe-Zxy-77", ("Joe", "Zxy"))


def test_the_screen_is_off_as_shipped_and_switched_on_by_policy() -> None:
    assert password_faults("Password1!", DEFAULTS) == ()
    assert password_faults("Password1!", SCREENED) == (PasswordFault.PASSWORD_COMMON,)
    assert password_faults("Mytesta-99", SCREENED) == ()
    assert password_faults("Mytesta-99", SCREENED, OWN) == (PasswordFault.PASSWORD_COMMON,)
    assert "guessed" in PasswordFault.PASSWORD_COMMON.sentence(SCREENED)


def test_the_screen_comes_on_top_of_the_guide() -> None:
    assert password_faults("Pass1", SCREENED) == (PasswordFault.TOO_SHORT,)
    assert password_faults("password", SCREENED) == (PasswordFault.TOO_FEW_GROUPS, PasswordFault.PASSWORD_COMMON)


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=3))
def test_any_entry_gets_a_verdict(password: str, own: list[str]) -> None:
    assert is_common(password, own) in (True, False)
