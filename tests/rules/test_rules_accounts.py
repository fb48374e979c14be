"""Accounts: who gets in after the right password, how long a session lives, and what a user ID looks like."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.accounts import (
    AccountFacts,
    AccountState,
    SignInVerdict,
    may_sign_in,
    normalize_user_id,
    session_expires_at,
    session_is_live,
)
from rules.errors import Invalid
from rules.policy import DEFAULTS
from rules.roles import Role

NOW = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)
READY = AccountFacts(
    state=AccountState.ACTIVE,
    password_changed_at=NOW - timedelta(days=10),
    must_change_password=False,
    failures=0,
    locked=False,
    roles=frozenset({Role.CONSUMER_REFERRAL_DB}),
    contract_active=True,
)


def verdict(facts: AccountFacts) -> SignInVerdict:
    return may_sign_in(facts, NOW, DEFAULTS)


@pytest.mark.requirement("ACC-15")
def test_an_account_in_order_is_let_in() -> None:
    assert verdict(READY) is SignInVerdict.OPEN


def test_a_person_without_a_provider_needs_no_contract() -> None:
    assert verdict(replace(READY, contract_active=None)) is SignInVerdict.OPEN


@pytest.mark.requirement("ACC-21", "CON-02")
def test_the_end_of_the_contract_closes_sign_on() -> None:
    assert verdict(replace(READY, contract_active=False)) is SignInVerdict.DISABLED


@pytest.mark.requirement("ACC-05", "PWD-13")
def test_a_first_password_opens_only_the_change_of_password() -> None:
    assert verdict(replace(READY, must_change_password=True)) is SignInVerdict.MUST_CHANGE_PASSWORD


@pytest.mark.requirement("PWD-04", "PWD-07")
def test_a_password_of_60_days_locks_its_owner_out_and_a_second_earlier_it_does_not() -> None:
    at_limit = replace(READY, password_changed_at=NOW - timedelta(days=60))
    just_before = replace(READY, password_changed_at=NOW - timedelta(days=60) + timedelta(seconds=1))
    assert verdict(at_limit) is SignInVerdict.PASSWORD_EXPIRED
    assert verdict(just_before) is SignInVerdict.OPEN


@pytest.mark.requirement("PWD-07")
def test_an_expired_first_password_leads_to_the_support_desk() -> None:
    forgotten = replace(READY, must_change_password=True, password_changed_at=NOW - timedelta(days=61))
    assert verdict(forgotten) is SignInVerdict.PASSWORD_EXPIRED


SECRET = replace(READY, must_change_password=True, secret_expires_at=NOW + timedelta(hours=1))


@pytest.mark.requirement("PWD-13", "ACC-04")
def test_a_password_for_one_sign_on_opens_the_change_of_password_until_it_expires() -> None:
    assert verdict(replace(SECRET, secret_expires_at=NOW + timedelta(seconds=1))) is SignInVerdict.MUST_CHANGE_PASSWORD
    assert verdict(replace(SECRET, secret_expires_at=NOW)) is SignInVerdict.SECRET_EXPIRED


@pytest.mark.requirement("ACC-06")
def test_who_used_it_and_did_not_change_it_needs_a_reset() -> None:
    assert verdict(replace(SECRET, secret_used=True)) is SignInVerdict.RESET_REQUIRED
    assert verdict(replace(SECRET, secret_used=True, secret_expires_at=NOW)) is SignInVerdict.RESET_REQUIRED
    assert verdict(replace(SECRET, secret_used=True, locked=True)) is SignInVerdict.LOCKED


@pytest.mark.requirement("ACC-16")
def test_only_what_a_new_password_cures_is_told_to_who_knows_the_right_one() -> None:
    assert {verdict for verdict in SignInVerdict if verdict.is_told} == {
        SignInVerdict.PASSWORD_EXPIRED,
        SignInVerdict.SECRET_EXPIRED,
        SignInVerdict.RESET_REQUIRED,
    }
    assert not any(verdict.is_told and verdict.opens_a_session for verdict in SignInVerdict)


def test_a_password_of_unknown_age_counts_as_expired() -> None:
    assert verdict(replace(READY, password_changed_at=None)) is SignInVerdict.PASSWORD_EXPIRED


@pytest.mark.requirement("PWD-08")
def test_wrong_entries_lock_out_even_who_then_knows_the_password() -> None:
    assert verdict(replace(READY, failures=3)) is SignInVerdict.OPEN
    assert verdict(replace(READY, failures=4)) is SignInVerdict.LOCKED
    assert verdict(replace(READY, failures=3, roles=frozenset({Role.LSO}))) is SignInVerdict.LOCKED
    assert verdict(replace(READY, locked=True)) is SignInVerdict.LOCKED


def test_a_suspended_a_disabled_and_a_deleted_account_stay_outside() -> None:
    assert verdict(replace(READY, state=AccountState.SUSPENDED)) is SignInVerdict.SUSPENDED
    assert verdict(replace(READY, state=AccountState.DISABLED)) is SignInVerdict.DISABLED
    assert verdict(replace(READY, state=AccountState.DELETED)) is SignInVerdict.DISABLED


def test_nobody_signs_on_as_the_sweeps() -> None:
    assert verdict(replace(READY, roles=frozenset({Role.SYSTEM, Role.CENTRAL_STAFF}))) is SignInVerdict.DISABLED


def test_the_gravest_obstacle_is_the_one_named() -> None:
    facts = replace(
        READY, locked=True, must_change_password=True, password_changed_at=None, state=AccountState.SUSPENDED
    )
    assert verdict(replace(facts, state=AccountState.DISABLED)) is SignInVerdict.DISABLED
    assert verdict(replace(facts, contract_active=False)) is SignInVerdict.DISABLED
    assert verdict(facts) is SignInVerdict.SUSPENDED
    assert verdict(replace(facts, state=AccountState.ACTIVE)) is SignInVerdict.LOCKED
    assert verdict(replace(facts, state=AccountState.ACTIVE, locked=False)) is SignInVerdict.PASSWORD_EXPIRED


facts_of_any_account = st.builds(
    AccountFacts,
    state=st.sampled_from(AccountState),
    password_changed_at=st.none() | st.integers(0, 100).map(lambda days: NOW - timedelta(days=days)),
    must_change_password=st.booleans(),
    failures=st.integers(0, 6),
    locked=st.booleans(),
    roles=st.frozensets(st.sampled_from(Role), max_size=3),
    contract_active=st.none() | st.booleans(),
)


@given(facts_of_any_account)
def test_only_an_active_unlocked_account_with_a_young_password_opens_a_session(facts: AccountFacts) -> None:
    if verdict(facts).opens_a_session:
        assert facts.state is AccountState.ACTIVE
        assert not facts.locked
        assert facts.failures < 4
        assert facts.contract_active is not False
        assert facts.password_changed_at is not None
        assert NOW - facts.password_changed_at < timedelta(days=60)
        assert (verdict(facts) is SignInVerdict.MUST_CHANGE_PASSWORD) == facts.must_change_password


@pytest.mark.requirement("PWD-10")
def test_each_verdict_says_what_to_do() -> None:
    assert {verdict for verdict in SignInVerdict if verdict.opens_a_session} == {
        SignInVerdict.OPEN,
        SignInVerdict.MUST_CHANGE_PASSWORD,
    }
    assert len({verdict.sentence for verdict in SignInVerdict}) == len(SignInVerdict)
    assert "Customer Support Center" in SignInVerdict.PASSWORD_EXPIRED.sentence
    assert "Customer Support Center" in SignInVerdict.LOCKED.sentence


def test_a_session_ends_after_15_idle_minutes() -> None:
    seen = NOW + timedelta(hours=1)
    assert session_expires_at(NOW, seen, DEFAULTS) == seen + timedelta(minutes=15)
    assert session_is_live(NOW, seen, seen + timedelta(minutes=15, microseconds=-1), DEFAULTS)
    assert not session_is_live(NOW, seen, seen + timedelta(minutes=15), DEFAULTS)


def test_a_busy_session_ends_after_12_hours() -> None:
    end = NOW + timedelta(hours=12)
    seen = end - timedelta(minutes=1)
    assert session_expires_at(NOW, seen, DEFAULTS) == end
    assert session_is_live(NOW, seen, end - timedelta(microseconds=1), DEFAULTS)
    assert not session_is_live(NOW, seen, end, DEFAULTS)


def test_a_session_without_an_offset_is_a_bug() -> None:
    with pytest.raises(ValueError, match="offset"):
        session_expires_at(NOW.replace(tzinfo=None), NOW, DEFAULTS)
    with pytest.raises(ValueError, match="offset"):
        session_expires_at(NOW, NOW.replace(tzinfo=None), DEFAULTS)


@pytest.mark.requirement("ACC-03")
@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("EXTLCL\\mytesta", ("EXTLCL", "MYTESTA")),
        ("extlcl\\MyTestA", ("EXTLCL", "MYTESTA")),
        ("mytesta", (None, "MYTESTA")),
        ("  mytesta\n", (None, "MYTESTA")),
        ("m", (None, "M")),
        ("my.test-a_1", (None, "MY.TEST-A_1")),
        ("9lives", (None, "9LIVES")),
        ("A" * 64, (None, "A" * 64)),
        ("D" * 15 + "\\" + "a" * 64, ("D" * 15, "A" * 64)),
    ],
)
def test_a_user_id_is_taken_with_and_without_its_domain_in_any_case(typed: str, read: tuple[str | None, str]) -> None:
    assert normalize_user_id(typed) == read


@pytest.mark.requirement("ACC-03")
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "\\",
        "\\mytesta",
        "EXTLCL\\",
        "a\\b\\c",
        "A" * 65,
        "D" * 16 + "\\mytesta",
        "my testa",
        "mytesta@example.org",
        "EXTLCL/mytesta",
        ".mytesta",
        "mytesta.",
        "my\x00testa",
        "mytesta\n\nx",
        "mytéstа",
        "ſam",
        "ı",
        "\u212aim",
        "mytesta\u200b",
        "'; drop table",
    ],
)
def test_a_malformed_user_id_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        normalize_user_id(typed)
    assert refusal.value.code == "USER_ID_MALFORMED"
    assert refusal.value.field == "userId"


@given(st.text(max_size=80))
def test_a_user_id_is_refused_or_read_the_same_again(typed: str) -> None:
    try:
        domain, user_id = normalize_user_id(typed)
    except Invalid:
        return
    assert user_id.isascii()
    assert user_id == user_id.upper()
    assert normalize_user_id(f"{domain}\\{user_id}" if domain else user_id) == (domain, user_id)
