"""The life of a referral: what may be done to it when, and how old it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Conflict, Invalid, Refusal
from rules.policy import DEFAULTS, PolicyChange, policy_in_force
from rules.referrals import (
    ACCEPTANCES,
    AttachmentKind,
    CloseOutcome,
    DeclineReason,
    Gender,
    Provision,
    ReferralStatus,
    ResponseKind,
    SiteKind,
    age_in_days,
    age_in_years,
    check_birth_date,
    check_closable,
    check_counties,
    check_deletable,
    check_facility_code,
    check_pending_placement,
    check_publishable,
    check_response,
    is_overdue,
)
from tests.rules.verdicts import TAKEN, verdict

ADAIR, BOONE = "29001", "29019"
KNOWN = frozenset({ADAIR, BOONE})
SOME_PROVIDER = UUID(int=7)
DRAFT, OPEN, CLOSED, DELETED = ReferralStatus


@contextmanager
def refusal(kind: type[Refusal], code: str, field: str | None = None) -> Iterator[None]:
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.field == field
    assert caught.value.message.endswith(".")


@pytest.mark.requirement("DAT-04")
@pytest.mark.parametrize(
    "codes",
    [ReferralStatus, ResponseKind, Provision, DeclineReason, AttachmentKind, SiteKind, CloseOutcome, Gender],
)
def test_every_code_has_words_of_its_own(codes: type[Provision]) -> None:
    assert all(code.value == code.name for code in codes)
    assert all(code.label for code in codes)
    assert len({code.label for code in codes}) == len(codes)
    assert all(codes(code.value) is code for code in codes)


@pytest.mark.requirement("RSP-01", "RSP-02", "RSP-06")
def test_the_codes_are_those_of_the_reference_data() -> None:
    assert set(ResponseKind) == {"ACCEPT", "DECLINE", "TENTATIVE"}
    assert len(Provision) == 7
    assert len(DeclineReason) == 10
    assert set(AttachmentKind) == {"CONSUMER_PROFILE", "PCP", "BSP", "NURSING_REVIEW"}
    assert set(SiteKind) == {"ISL", "GROUP_HOME"}
    assert ResponseKind.TENTATIVE.label == "Tentatively accept (needs a provision)"
    assert Provision.STAFFING.label == "When staffing is in place"
    assert DeclineReason.STAFFING.label == "Staffing"


@pytest.mark.requirement("REF-03", "REF-04")
@pytest.mark.parametrize("status", [DRAFT, OPEN])
def test_a_complete_draft_is_published_and_an_open_referral_is_published_again(status: ReferralStatus) -> None:
    assert verdict(check_publishable, status, has_primary=True, statewide=False, counties={ADAIR}) == TAKEN
    assert verdict(check_publishable, status, has_primary=True, statewide=True, counties=()) == TAKEN


@pytest.mark.parametrize("status", [CLOSED, DELETED])
def test_a_closed_or_deleted_referral_is_not_published_again(status: ReferralStatus) -> None:
    with refusal(Conflict, "REFERRAL_NOT_OPEN"):
        check_publishable(status, has_primary=True, statewide=True, counties=())


@pytest.mark.requirement("REF-14")
def test_nothing_is_published_without_a_primary_coordinator() -> None:
    with refusal(Invalid, "PRIMARY_COORDINATOR_REQUIRED", "primaryCoordinatorId"):
        check_publishable(DRAFT, has_primary=False, statewide=True, counties=())


@pytest.mark.requirement("REF-02")
def test_a_county_referral_is_not_published_without_a_county() -> None:
    with refusal(Invalid, "COUNTIES_REQUIRED", "preferredCounties"):
        check_publishable(DRAFT, has_primary=True, statewide=False, counties=frozenset())


@pytest.mark.requirement("REF-02")
def test_counties_that_exist_are_taken_and_a_draft_may_have_none_yet() -> None:
    assert verdict(check_counties, statewide=False, fips=[ADAIR, BOONE], known=KNOWN) == TAKEN
    assert verdict(check_counties, statewide=False, fips=[], known=KNOWN) == TAKEN
    assert verdict(check_counties, statewide=True, fips=[], known=KNOWN) == TAKEN


@pytest.mark.requirement("REF-02")
def test_an_unknown_county_is_refused() -> None:
    with refusal(Invalid, "UNKNOWN_COUNTY", "preferredCounties"):
        check_counties(statewide=False, fips=[ADAIR, "17001"], known=KNOWN)


@pytest.mark.requirement("REF-02")
def test_a_statewide_referral_has_no_counties() -> None:
    with refusal(Invalid, "STATEWIDE_HAS_NO_COUNTIES", "preferredCounties"):
        check_counties(statewide=True, fips=[ADAIR], known=KNOWN)


@pytest.mark.requirement("RSP-01", "RSP-02", "RSP-03")
@pytest.mark.parametrize("comments", [None, "", "We would like to meet first."])
def test_complete_answers_are_taken_with_and_without_a_comment(comments: str | None) -> None:
    for kind, provision, reason in (
        (ResponseKind.ACCEPT, None, None),
        (ResponseKind.TENTATIVE, Provision.SITE_VISIT, None),
        (ResponseKind.DECLINE, None, DeclineReason.NO_VACANCY),
    ):
        assert verdict(check_response, OPEN, kind, provision, reason, comments) == TAKEN


@pytest.mark.requirement("RSP-02")
def test_a_tentative_answer_needs_a_provision_and_no_other_has_one() -> None:
    with refusal(Invalid, "PROVISION_REQUIRED", "provision"):
        check_response(OPEN, ResponseKind.TENTATIVE, None, None, None)
    with refusal(Invalid, "PROVISION_NOT_ALLOWED", "provision"):
        check_response(OPEN, ResponseKind.ACCEPT, Provision.BUDGET, None, None)
    with refusal(Invalid, "PROVISION_NOT_ALLOWED", "provision"):
        check_response(OPEN, ResponseKind.DECLINE, Provision.BUDGET, DeclineReason.RATE, None)


@pytest.mark.requirement("RSP-06")
def test_a_declining_answer_needs_a_reason_and_no_other_has_one() -> None:
    with refusal(Invalid, "DECLINE_REASON_REQUIRED", "declineReason"):
        check_response(OPEN, ResponseKind.DECLINE, None, None, "no")
    with refusal(Invalid, "DECLINE_REASON_NOT_ALLOWED", "declineReason"):
        check_response(OPEN, ResponseKind.ACCEPT, None, DeclineReason.RATE, None)
    with refusal(Invalid, "DECLINE_REASON_NOT_ALLOWED", "declineReason"):
        check_response(OPEN, ResponseKind.TENTATIVE, Provision.BUDGET, DeclineReason.RATE, None)


@pytest.mark.requirement("RSP-06")
@pytest.mark.parametrize("comments", [None, "", " \n "])
def test_another_reason_is_told_in_a_comment(comments: str | None) -> None:
    check_response(OPEN, ResponseKind.DECLINE, None, DeclineReason.OTHER, "The home is being sold.")
    with refusal(Invalid, "COMMENT_REQUIRED", "comments"):
        check_response(OPEN, ResponseKind.DECLINE, None, DeclineReason.OTHER, comments)


@pytest.mark.requirement("RSP-04")
def test_a_referral_that_is_not_open_takes_no_answer() -> None:
    with refusal(Conflict, "REFERRAL_CLOSED"):
        check_response(CLOSED, ResponseKind.ACCEPT, None, None, None)
    for status in (DRAFT, DELETED):
        with refusal(Conflict, "REFERRAL_NOT_OPEN"):
            check_response(status, ResponseKind.ACCEPT, None, None, None)


@pytest.mark.requirement("REF-10", "REF-19")
@pytest.mark.parametrize("kind", [ResponseKind.ACCEPT, ResponseKind.TENTATIVE])
def test_a_provider_that_accepted_tentatively_or_not_can_be_chosen(kind: ResponseKind) -> None:
    assert kind in ACCEPTANCES
    check_pending_placement(OPEN, kind, None)


@pytest.mark.requirement("REF-19")
@pytest.mark.parametrize("kind", [ResponseKind.DECLINE, None])
def test_a_provider_that_declined_or_is_silent_cannot_be_chosen(kind: ResponseKind | None) -> None:
    with refusal(Conflict, "PROVIDER_HAS_NOT_ACCEPTED", "providerId"):
        check_pending_placement(OPEN, kind, None)


@pytest.mark.requirement("REF-19")
def test_only_one_placement_is_pending_at_a_time() -> None:
    with refusal(Conflict, "PENDING_PLACEMENT_SET"):
        check_pending_placement(OPEN, ResponseKind.ACCEPT, SOME_PROVIDER)


@pytest.mark.parametrize("status", [DRAFT, CLOSED, DELETED])
def test_a_placement_is_pending_only_on_an_open_referral(status: ReferralStatus) -> None:
    with refusal(Conflict, "REFERRAL_NOT_OPEN"):
        check_pending_placement(status, ResponseKind.ACCEPT, None)


@pytest.mark.requirement("REF-05", "REF-06")
@pytest.mark.parametrize(
    ("check", "allowed"), [(check_closable, {OPEN}), (check_deletable, {DRAFT, OPEN})], ids=["close", "delete"]
)
def test_a_referral_ends_once(check: Callable[[ReferralStatus], None], allowed: set[ReferralStatus]) -> None:
    for status in ReferralStatus:
        if status in allowed:
            check(status)
        else:
            with refusal(Conflict, "REFERRAL_NOT_OPEN"):
                check(status)


def test_a_person_may_be_born_today_but_not_tomorrow() -> None:
    check_birth_date(date(2026, 7, 1), date(2026, 7, 1))
    with refusal(Invalid, "BIRTH_DATE_IN_FUTURE", "birthDate"):
        check_birth_date(date(2026, 7, 2), date(2026, 7, 1))


def test_a_person_may_be_130_years_old_but_not_131() -> None:
    check_birth_date(date(1895, 7, 2), date(2026, 7, 1))
    with refusal(Invalid, "BIRTH_DATE_TOO_OLD", "birthDate"):
        check_birth_date(date(1895, 7, 1), date(2026, 7, 1))


@pytest.mark.requirement("REF-08")
@pytest.mark.parametrize("code", ["000", "123", "999"])
def test_a_facility_code_has_three_digits(code: str) -> None:
    assert verdict(check_facility_code, code) == TAKEN


@pytest.mark.requirement("REF-08")
@pytest.mark.parametrize("code", ["", "12", "1234", "12a", " 12", "123\n", "١٢٣"])
def test_anything_else_is_no_facility_code(code: str) -> None:
    with refusal(Invalid, "FACILITY_CODE_MALFORMED", "facilityCode"):
        check_facility_code(code)


@pytest.mark.requirement("REF-11")
def test_a_referral_ages_at_midnight_in_chicago() -> None:
    late_evening = datetime(2026, 7, 2, 4, 59, tzinfo=UTC)
    assert age_in_days(late_evening, None, late_evening) == 0
    assert age_in_days(late_evening, None, late_evening + timedelta(seconds=59)) == 0
    assert age_in_days(late_evening, None, late_evening + timedelta(minutes=1)) == 1


@pytest.mark.requirement("REF-11")
def test_a_draft_has_no_age_and_a_closed_referral_stops_ageing() -> None:
    published = datetime(2026, 1, 1, 18, tzinfo=UTC)
    now = published + timedelta(days=90)
    assert age_in_days(None, None, now) is None
    assert age_in_days(published, None, now) == 90
    assert age_in_days(published, published + timedelta(days=40), now) == 40


@given(st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)), st.integers(0, 400))  # noqa: DTZ001 - drawn naive
def test_a_referral_ages_a_day_a_day_through_every_clock_change(published: datetime, days: int) -> None:
    started = published.replace(hour=18, tzinfo=UTC)
    assert age_in_days(started, None, started + timedelta(days=days)) == days


@pytest.mark.requirement("SRC-05")
def test_a_referral_is_red_from_day_61() -> None:
    assert not is_overdue(60, DEFAULTS)
    assert is_overdue(61, DEFAULTS)
    assert not is_overdue(None, DEFAULTS)
    sooner = policy_in_force([PolicyChange("referral.red_days", 10, date.min, 1)], date(2026, 7, 1))
    assert not is_overdue(10, sooner)
    assert is_overdue(11, sooner)


@pytest.mark.requirement("REF-09")
def test_a_person_is_a_year_older_on_the_birthday() -> None:
    assert age_in_years(date(2000, 7, 2), date(2026, 7, 1)) == 25
    assert age_in_years(date(2000, 7, 1), date(2026, 7, 1)) == 26
    assert age_in_years(date(2026, 7, 1), date(2026, 7, 1)) == 0


def test_a_person_born_on_leap_day_is_a_year_older_on_the_first_of_march() -> None:
    assert age_in_years(date(2004, 2, 29), date(2026, 2, 28)) == 21
    assert age_in_years(date(2004, 2, 29), date(2026, 3, 1)) == 22
    assert age_in_years(date(2004, 2, 29), date(2028, 2, 29)) == 24
