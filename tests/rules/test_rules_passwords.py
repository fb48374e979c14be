"""Passwords: length, groups, age and wrong entries, on both sides of each boundary."""

import string
import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.passwords import (
    LONGEST,
    LONGEST_WAIT,
    PasswordFault,
    canonical_password,
    entered_password,
    expires_at,
    failures_until_locked,
    history_depth,
    is_expired,
    is_known_device,
    is_locked_after,
    is_too_soon,
    password_faults,
    spoken_secret,
)
from rules.policy import DEFAULTS, PolicyChange, policy_in_force
from rules.roles import COORDINATORS, PRIVILEGED, PROVIDER_ROLES, Role

STRICTER = policy_in_force(
    [
        PolicyChange("password.min_length", 12, date.min, 1),
        PolicyChange("password.min_groups", 4, date.min, 2),
        PolicyChange("password.history", 30, date.min, 3),
        PolicyChange("password.max_age_days", 30, date.min, 4),
        PolicyChange("password.max_failures.privileged", 2, date.min, 5),
        PolicyChange("password.max_failures.others", 3, date.min, 6),
    ],
    date(2026, 7, 1),
)
CHANGED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.requirement("PWD-01")
def test_seven_characters_are_enough_and_six_are_not() -> None:
    assert password_faults("Abcde-7", DEFAULTS) == ()
    assert password_faults("Abcd-7", DEFAULTS) == (PasswordFault.TOO_SHORT,)


def test_a_raised_length_is_asked_for() -> None:
    assert password_faults("Abcdefghij-7", STRICTER) == ()
    assert password_faults("Abcdefghi-7", STRICTER) == (PasswordFault.TOO_SHORT,)


@pytest.mark.requirement("PWD-02")
@pytest.mark.parametrize("password", ["ABCDabcd1234", "ABCDabcd!!!!", "ABCD1234!!!!", "abcd1234!!!!", "ABab12!!"])
def test_any_three_of_the_four_groups_are_enough(password: str) -> None:
    assert password_faults(password, DEFAULTS) == ()


@pytest.mark.requirement("PWD-02")
@pytest.mark.parametrize(
    "password", ["ABCDabcd", "ABCD1234", "ABCD!!!!", "abcd1234", "abcd!!!!", "1234!!!!", "abcdefgh", "        "]
)
def test_two_groups_are_too_few(password: str) -> None:
    assert password_faults(password, DEFAULTS) == (PasswordFault.TOO_FEW_GROUPS,)


@pytest.mark.requirement("PWD-02")
@pytest.mark.parametrize("letters", ["éÉßñ", "жЖяЯ", "漢字漢字", "e\u0301e\u0301e\u0301e\u0301"])
def test_a_letter_outside_english_counts_for_the_length_but_for_no_group(letters: str) -> None:
    assert password_faults(f"abc1{letters}", DEFAULTS) == (PasswordFault.TOO_FEW_GROUPS,)
    assert password_faults(f"aB1{letters}", DEFAULTS) == ()


def test_a_sign_or_a_foreign_numeral_is_non_alphabetic() -> None:
    assert password_faults("abcABC€€", DEFAULTS) == ()
    assert password_faults("abcdeA ", DEFAULTS) == ()
    assert password_faults("abcABC٢٢", DEFAULTS) == ()
    assert password_faults("abc123٢٢", DEFAULTS) == ()
    assert password_faults("ABC٢٢٢٢٢", DEFAULTS) == (PasswordFault.TOO_FEW_GROUPS,)


def test_a_password_of_256_characters_is_taken_and_one_of_257_is_not() -> None:
    assert password_faults("Aa1" + "x" * (LONGEST - 3), DEFAULTS) == ()
    assert password_faults("Aa1" + "x" * (LONGEST - 2), DEFAULTS) == (PasswordFault.TOO_LONG,)


@pytest.mark.parametrize("odd", ["\x00", "\n", "\x7f", "\ud800"])
def test_a_character_that_cannot_be_typed_is_refused(odd: str) -> None:
    assert password_faults(f"Abcdef1{odd}", DEFAULTS) == (PasswordFault.MALFORMED,)


def test_all_faults_are_named_at_once() -> None:
    assert password_faults("abc", DEFAULTS) == (PasswordFault.TOO_SHORT, PasswordFault.TOO_FEW_GROUPS)
    assert password_faults("", DEFAULTS) == (PasswordFault.TOO_SHORT, PasswordFault.TOO_FEW_GROUPS)


def test_each_fault_tells_the_number_in_force() -> None:
    assert "7" in PasswordFault.TOO_SHORT.sentence(DEFAULTS)
    assert "12" in PasswordFault.TOO_SHORT.sentence(STRICTER)
    assert "256" in PasswordFault.TOO_LONG.sentence(DEFAULTS)
    assert "least 3" in PasswordFault.TOO_FEW_GROUPS.sentence(DEFAULTS)
    assert "least 4" in PasswordFault.TOO_FEW_GROUPS.sentence(STRICTER)
    assert "typed" in PasswordFault.MALFORMED.sentence(DEFAULTS)


def test_the_same_password_from_another_keyboard_is_the_same() -> None:
    assert canonical_password("Cafe\u0301-77") == canonical_password("Caf\u00e9-77") == "Caf\u00e9-77"


@given(st.text(alphabet=st.characters(), max_size=40))
def test_any_entry_can_be_brought_to_the_form_that_is_hashed(entry: str) -> None:
    canonical = canonical_password(entry)
    canonical.encode()
    if not any("\ud800" <= character <= "\udfff" for character in entry):
        assert canonical == unicodedata.normalize("NFC", entry)


def test_an_entry_is_cut_where_no_password_is_as_long() -> None:
    assert entered_password("a" * LONGEST) == "a" * LONGEST
    assert len(entered_password("Cafe\u0301" * 1000)) == 300 > LONGEST


def test_the_longest_password_is_the_same_however_its_accents_are_typed() -> None:
    longest = "\u1f82" * LONGEST  # no letter has more accents
    assert len(unicodedata.normalize("NFD", longest)) == 4 * LONGEST
    assert entered_password(unicodedata.normalize("NFD", longest)) == longest


def test_of_an_entry_of_nothing_but_accents_only_so_much_is_composed_as_may_be_a_password() -> None:
    end = "\u0323"  # would come first, and make another letter, if all of it were put in order
    assert unicodedata.normalize("NFC", "a" + "\u0301" * 16_000 + end).startswith("\u1ea1")
    assert entered_password("a" + "\u0301" * 16_000 + end).startswith("\u00e1")


def test_half_a_surrogate_pair_can_be_verified_without_a_fault() -> None:
    assert canonical_password("abc\udc80").encode().startswith(b"abc")


@given(st.text(alphabet=string.printable, max_size=30))
def test_a_password_without_faults_has_the_length_and_the_groups(candidate: str) -> None:
    groups = [string.ascii_uppercase, string.ascii_lowercase, string.digits, string.punctuation + string.whitespace]
    used = sum(any(character in group for character in candidate) for group in groups)
    faults = password_faults(candidate, DEFAULTS)
    assert (PasswordFault.TOO_SHORT in faults) == (len(candidate) < 7)
    assert (PasswordFault.TOO_FEW_GROUPS in faults) == (used < 3)


@given(st.text(max_size=60))
def test_a_password_good_enough_for_a_stricter_policy_is_good_enough_for_the_guide(candidate: str) -> None:
    assert set(password_faults(candidate, DEFAULTS)) <= set(password_faults(candidate, STRICTER))


@pytest.mark.requirement("PWD-03")
def test_the_last_24_passwords_may_not_come_back() -> None:
    assert history_depth(DEFAULTS) == 24
    assert history_depth(STRICTER) == 30


@pytest.mark.requirement("PWD-04", "PWD-05", "PWD-07")
def test_a_password_is_good_for_60_days_to_the_second() -> None:
    end = CHANGED + timedelta(days=60)
    assert expires_at(CHANGED, DEFAULTS) == end
    assert not is_expired(CHANGED, end - timedelta(seconds=1), DEFAULTS)
    assert is_expired(CHANGED, end, DEFAULTS)
    assert is_expired(CHANGED, CHANGED + timedelta(days=30), STRICTER)


def test_the_change_of_clocks_does_not_lengthen_a_password() -> None:
    before_spring = datetime(2026, 3, 8, 7, 59, tzinfo=UTC)
    assert expires_at(before_spring, DEFAULTS) - before_spring == timedelta(days=60)


def test_an_age_without_an_offset_is_a_bug() -> None:
    with pytest.raises(ValueError, match="offset"):
        expires_at(datetime(2026, 3, 1), DEFAULTS)  # noqa: DTZ001 - that is the bug


@pytest.mark.requirement("PWD-08")
@pytest.mark.parametrize("role", sorted(PRIVILEGED))
def test_the_third_wrong_entry_locks_a_privileged_account(role: Role) -> None:
    roles = frozenset({role, Role.CONSUMER_REFERRAL_DB})
    assert failures_until_locked(roles, DEFAULTS) == 3
    assert not is_locked_after(2, roles, DEFAULTS)
    assert is_locked_after(3, roles, DEFAULTS)


@pytest.mark.requirement("PWD-08")
@pytest.mark.parametrize("role", [None, *sorted((COORDINATORS | PROVIDER_ROLES | {Role.AUDITOR}) - PRIVILEGED)])
def test_the_fourth_wrong_entry_locks_everybody_else(role: Role | None) -> None:
    roles = frozenset({role} if role else ())
    assert failures_until_locked(roles, DEFAULTS) == 4
    assert not is_locked_after(3, roles, DEFAULTS)
    assert is_locked_after(4, roles, DEFAULTS)
    assert is_locked_after(5, roles, DEFAULTS)


def test_a_stricter_policy_locks_earlier() -> None:
    assert failures_until_locked({Role.LSO}, STRICTER) == 2
    assert failures_until_locked({Role.AUDITOR}, STRICTER) == 3


@pytest.mark.requirement("PWD-08")
@pytest.mark.parametrize(("failures", "seconds"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 30), (6, 30), (10_000, 30)])
def test_each_wrong_entry_doubles_the_wait_up_to_half_a_minute(failures: int, seconds: int) -> None:
    again = CHANGED + timedelta(seconds=seconds)
    assert is_too_soon(CHANGED, failures, again - timedelta(microseconds=1))
    assert not is_too_soon(CHANGED, failures, again)
    assert timedelta(seconds=seconds) <= LONGEST_WAIT


def test_without_a_wrong_entry_nobody_waits() -> None:
    assert not is_too_soon(None, 0, CHANGED)
    assert not is_too_soon(None, 3, CHANGED)
    assert not is_too_soon(CHANGED, 0, CHANGED)


@pytest.mark.requirement("PWD-08")
def test_a_device_is_known_for_180_days_after_the_last_sign_on() -> None:
    end = CHANGED + timedelta(days=180)
    assert is_known_device(CHANGED, end - timedelta(seconds=1), DEFAULTS)
    assert not is_known_device(CHANGED, end, DEFAULTS)


@pytest.mark.requirement("PWD-13")
@given(st.text(min_size=1, max_size=60))
def test_a_password_for_one_sign_on_is_good_in_form_and_read_out_without_doubt(token: str) -> None:
    secret = spoken_secret(token)
    assert password_faults(secret, DEFAULTS) == ()
    assert len(secret) == 19
    assert not set(secret) & set("O0Il1")
    assert secret == spoken_secret(token)


def test_another_token_gives_another_secret() -> None:
    assert len({spoken_secret(str(number)) for number in range(1000)}) == 1000
