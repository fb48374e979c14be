"""The provider profile: which counties, periods and links are allowed, and what is warned of (001:66-129)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Invalid, NotFound, Refusal
from rules.policy import DEFAULTS
from rules.profiles import (
    ALL_COUNTIES,
    ContactProfile,
    ProfileWarning,
    check_beds,
    check_confirmation,
    check_contact_counties,
    check_contract_period,
    contact_warnings,
    is_reachable,
    profile_warnings,
)

KNOWN = [f"29{number:03}" for number in range(1, 2 * ALL_COUNTIES, 2)]
ANN = UUID(int=7)
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def contact(**but: object) -> ContactProfile:
    good = ContactProfile(
        ANN, active=True, email=True, confirmed=True, bounced=False, verified=True, counties=frozenset({"29019"})
    )
    return replace(good, **but)  # type: ignore[arg-type]


def warnings_of(profile: ContactProfile, sites: set[str]) -> set[ProfileWarning]:
    return {warned.warning for warned in contact_warnings(profile, sites)}


def code_of(attempt: object, *args: object, **named: object) -> str:
    with pytest.raises(Refusal) as refused:
        attempt(*args, **named)  # type: ignore[operator]
    return refused.value.code


@pytest.mark.requirement("PRF-09")
@pytest.mark.requirement("POL-11")
def test_all_counties_are_refused_and_all_but_one_are_not() -> None:
    assert len(KNOWN) == ALL_COUNTIES
    check_contact_counties(KNOWN[1:], KNOWN, DEFAULTS)
    check_contact_counties([], KNOWN, DEFAULTS)
    with pytest.raises(Invalid) as refused:
        check_contact_counties(KNOWN, KNOWN, DEFAULTS)
    assert (refused.value.code, refused.value.field) == ("COUNTIES_ALL", "counties")


def test_the_same_county_twice_counts_once_and_an_unknown_one_is_refused() -> None:
    check_contact_counties([*KNOWN[1:], KNOWN[1]], KNOWN, DEFAULTS)
    assert code_of(check_contact_counties, ["00000"], KNOWN, DEFAULTS) == "UNKNOWN_COUNTY"


def test_a_stricter_policy_is_kept_to_the_county() -> None:
    policy = replace(DEFAULTS, contact_most_counties=2)
    check_contact_counties(KNOWN[:2], KNOWN, policy)
    assert code_of(check_contact_counties, KNOWN[:3], KNOWN, policy) == "COUNTIES_TOO_MANY"


@pytest.mark.requirement("PRF-10")
def test_a_county_without_a_home_is_warned_of_by_name() -> None:
    [warned] = contact_warnings(contact(counties=frozenset({"29019", "29001"})), {"29019", "29095"})
    assert (warned.warning, warned.contact_id) == (ProfileWarning.COUNTY_WITHOUT_SITE, ANN)
    assert warned.counties == {"29001"}
    assert contact_warnings(contact(), {"29019"}) == ()


@pytest.mark.requirement("PRF-01")
@pytest.mark.requirement("PRF-11")
@pytest.mark.parametrize(
    ("but", "warning"),
    [
        ({"email": False, "confirmed": False}, ProfileWarning.NO_EMAIL),
        ({"confirmed": False}, ProfileWarning.EMAIL_UNCONFIRMED),
        ({"bounced": True}, ProfileWarning.EMAIL_BOUNCED),
        ({"verified": False}, ProfileWarning.NOT_VERIFIED),
        ({"counties": frozenset()}, ProfileWarning.NO_COUNTY),
    ],
)
def test_each_thing_that_is_wrong_with_a_contact_is_said_once_and_of_active_ones_only(
    but: dict[str, object], warning: ProfileWarning
) -> None:
    assert warnings_of(contact(**but), {"29019"}) == {warning}
    assert warnings_of(contact(active=False, **but), {"29019"}) == set()
    assert warning.sentence
    assert warning.cites.startswith("001:")


@pytest.mark.requirement("NOT-09")
def test_without_an_active_contact_that_is_the_one_warning() -> None:
    gone = contact(active=False, email=False)
    assert [warned.warning for warned in profile_warnings([gone], set())] == [ProfileWarning.NO_ACTIVE_CONTACT]
    assert profile_warnings([gone, contact()], {"29019"}) == ()


@given(st.lists(st.builds(contact, active=st.booleans(), email=st.booleans(), bounced=st.booleans()), max_size=4))
def test_a_provider_is_reachable_if_a_letter_can_reach_somebody(contacts: list[ContactProfile]) -> None:
    reached = [one for one in contacts if one.active and one.email and not one.bounced]
    assert is_reachable(contacts) is bool(reached)


def test_an_unconfirmed_address_reaches_its_contact() -> None:
    assert is_reachable([contact(confirmed=False)])


days = st.dates(date(2020, 1, 1), date(2020, 1, 20))
periods = st.tuples(days, days | st.none()).filter(lambda period: period[1] is None or period[0] <= period[1])


@pytest.mark.requirement("PRF-16")
@given(periods, periods)
def test_periods_that_share_a_day_are_refused_and_others_are_not(
    new: tuple[date, date | None], other: tuple[date, date | None]
) -> None:
    if _days(new) & _days(other):
        assert code_of(check_contract_period, *new, [other]) == "CONTRACT_OVERLAPS"
    else:
        check_contract_period(*new, [other])


def _days(period: tuple[date, date | None]) -> set[date]:
    begins, ends = period[0], period[1] or date(2020, 2, 1)
    return {begins + timedelta(days=step) for step in range((ends - begins).days + 1)}


def test_a_contract_may_last_one_day_but_not_end_before_it_begins() -> None:
    day = date(2026, 1, 1)
    check_contract_period(day, day, [])
    assert code_of(check_contract_period, day, day - timedelta(days=1), []) == "CONTRACT_ENDS_BEFORE_IT_BEGINS"
    assert code_of(check_contract_period, date(1, 1, 1), None, []) == "DATE_TOO_FAR"
    assert code_of(check_contract_period, day, date(9999, 12, 31), []) == "DATE_TOO_FAR"


@pytest.mark.parametrize(("beds", "fine"), [(-1, False), (0, True), (500, True), (501, False)])
def test_a_home_has_a_sensible_number_of_beds(beds: int, fine: bool) -> None:
    if fine:
        check_beds(beds)
    else:
        assert code_of(check_beds, beds) == "BEDS_OUT_OF_RANGE"


def confirm(**but: object) -> None:
    facts = {"asked_for": "a@b.example", "on_file": "a@b.example", "confirmed_at": None, "expires_at": NOW, "now": NOW}
    check_confirmation(**{**facts, **but})  # type: ignore[arg-type]


@pytest.mark.requirement("PRF-06")
def test_a_link_works_until_the_last_microsecond_once_and_for_the_address_on_file() -> None:
    confirm(now=NOW - timedelta(microseconds=1))
    assert code_of(confirm) == "CONFIRMATION_EXPIRED"
    assert code_of(confirm, confirmed_at=NOW) == "CONFIRMATION_USED"
    with pytest.raises(NotFound):
        confirm(now=NOW - timedelta(days=1), on_file="other@b.example")
    with pytest.raises(NotFound):
        confirm(now=NOW - timedelta(days=1), on_file=None)
