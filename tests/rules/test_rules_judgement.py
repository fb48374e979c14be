"""Whether an entry of the trail is explained, and by which rule (002:239-241)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rules.judgement import (
    UNEXPLAINED,
    EntryFacts,
    Ground,
    PersonalRecord,
    Purpose,
    ReferralSight,
    is_refused_access,
    judge,
    purpose_of,
)
from rules.roles import PROVIDER_ROLES, Role

pytestmark = pytest.mark.requirement("SAR-04")

READERS = frozenset({Role.CONSUMER_REFERRAL_DB, Role.PLACEMENT_COORDINATOR, Role.CENTRAL_STAFF, Role.ADMINISTRATOR})
EVERYONE = frozenset(Role) - {Role.SYSTEM}

A_READ = EntryFacts("referral.view", is_house=False, may=READERS, roles=frozenset({Role.PLACEMENT_COORDINATOR}))
ANYBODY = EntryFacts("access_request.view", is_house=False, by_everyone=True, may=EVERYONE)


def ground(facts: EntryFacts, **changes: Any) -> Ground:
    return judge(replace(facts, **changes), refusals_pattern=5).ground


def sees(role: Role, **sight: bool) -> Ground:
    return ground(A_READ, roles=frozenset({role}), referrals=(ReferralSight(**sight),))


def test_each_ground_says_why_and_on_which_lines_and_whether_it_explains() -> None:
    for one in Ground:
        assert one.sentence.endswith(".")
        assert one.cites
        assert one.explains is (one not in UNEXPLAINED)
    assert str(Ground.COUNTY) == Ground.COUNTY.name
    verdict = judge(A_READ, refusals_pattern=5)
    assert (verdict.explained, verdict.sentence, verdict.cites) == (True, Ground.ROLE.sentence, Ground.ROLE.cites)


def test_a_coordinator_is_explained_by_the_own_referral_the_county_or_a_statewide_one_and_by_nothing_else() -> None:
    for role in (Role.PLACEMENT_COORDINATOR,):
        assert sees(role, own=True, county=True) is Ground.PRIMARY_COORDINATOR
        assert sees(role, county=True, statewide=True) is Ground.COUNTY
        assert sees(role, statewide=True) is Ground.STATEWIDE
        assert sees(role) is Ground.NO_SCOPE
        assert sees(role, received=True) is Ground.NO_SCOPE


def test_provider_staff_are_explained_by_what_their_provider_received_unless_it_was_left_out() -> None:
    assert sees(Role.CONSUMER_REFERRAL_DB, received=True) is Ground.AUDIENCE
    assert sees(Role.CONSUMER_REFERRAL_DB, received=True, excluded=True) is Ground.NO_SCOPE
    assert sees(Role.CONSUMER_REFERRAL_DB, statewide=True, county=True, own=True) is Ground.NO_SCOPE


def test_the_central_office_sees_every_referral() -> None:
    assert sees(Role.CENTRAL_STAFF) is Ground.CENTRAL_OFFICE
    assert sees(Role.ADMINISTRATOR) is Ground.CENTRAL_OFFICE


def test_one_referral_out_of_scope_makes_the_whole_list_unexplained() -> None:
    mine, strange = ReferralSight(county=True), ReferralSight()
    assert ground(A_READ, referrals=(mine, mine)) is Ground.COUNTY
    assert ground(A_READ, referrals=(mine, strange, mine)) is Ground.NO_SCOPE


def test_without_the_role_at_that_time_nothing_else_explains() -> None:
    assert ground(A_READ, roles=PROVIDER_ROLES - READERS, referrals=(ReferralSight(own=True),)) is Ground.NO_ROLE
    assert ground(A_READ, roles=frozenset()) is Ground.NO_ROLE


def test_who_sees_numbers_only_is_explained_by_the_office() -> None:
    office = replace(A_READ, act="insights.view", may=frozenset({Role.PROVIDER_RELATIONS}))
    assert ground(office, roles=frozenset({Role.PROVIDER_RELATIONS}), referrals=(ReferralSight(),)) is Ground.ROLE


def test_reading_the_log_is_a_review_for_whoever_does_it_by_office() -> None:
    log = EntryFacts("trail.list", is_house=False, may=frozenset({Role.CSO}))
    assert ground(log, roles=frozenset({Role.CSO})) is Ground.REVIEW
    assert ground(log, roles=frozenset({Role.LSO})) is Ground.NO_ROLE


@pytest.mark.parametrize("kind", ["user", "access_request", "access_form", "incident"])
def test_records_about_people_are_explained_by_being_the_own_ones_by_office_or_by_answering_for_them(kind: str) -> None:
    assert ground(ANYBODY, people=(PersonalRecord(kind, own=True),)) is Ground.OWN
    others = (PersonalRecord(kind),)
    assert ground(ANYBODY, people=others) is Ground.OTHER_PERSON
    assert ground(ANYBODY, people=others, roles=frozenset({Role.CSO})) is Ground.ROLE
    assert ground(ANYBODY, people=others, roles=frozenset({Role.CENTRAL_STAFF})) is Ground.OTHER_PERSON
    answers = PersonalRecord(kind, own_organization=True)
    assert ground(ANYBODY, people=(PersonalRecord(kind, own=True), answers)) is Ground.OWN_ORGANIZATION
    assert ground(ANYBODY, people=(answers, *others)) is Ground.OTHER_PERSON


def test_what_names_nobody_is_the_own_mailbox_or_open_to_everyone() -> None:
    assert ground(ANYBODY, act="mailbox.read") is Ground.OWN
    assert ground(ANYBODY, act="account.viewer") is Ground.OWN
    assert ground(ANYBODY, act="help.view") is Ground.EVERYONE


def test_a_mailbox_that_showed_a_strange_referral_is_not_explained_by_being_the_own_one() -> None:
    mailbox = replace(ANYBODY, act="mailbox.read", roles=frozenset({Role.CONSUMER_REFERRAL_DB}))
    assert ground(mailbox, referrals=(ReferralSight(received=True),)) is Ground.AUDIENCE
    assert ground(mailbox, referrals=(ReferralSight(),)) is Ground.NO_SCOPE


def test_break_glass_explains_only_where_it_was_open() -> None:
    officer = replace(A_READ, roles=frozenset({Role.CSO}), referrals=(ReferralSight(),))
    assert ground(officer, break_glass=True) is Ground.BREAK_GLASS
    assert ground(officer, break_glass=False) is Ground.NO_BREAK_GLASS


def test_a_refusal_is_explained_until_refusals_are_a_pattern() -> None:
    no = replace(A_READ, refused=True)
    assert ground(no, refusals=0) is Ground.STOPPED
    assert ground(no, refusals=4) is Ground.STOPPED
    assert ground(no, refusals=5) is Ground.REFUSED_OFTEN


def test_only_a_refusal_that_kept_somebody_from_a_record_counts() -> None:
    assert is_refused_access("DENIED")
    assert is_refused_access("REFERRAL_NOT_FOUND")
    assert not is_refused_access("PASSWORD_TOO_SHORT")
    assert not is_refused_access("PASSWORD_CHANGE_REQUIRED")


def test_the_house_its_faults_and_acts_that_nobody_knows() -> None:
    assert ground(A_READ, is_house=True, may=None) is Ground.HOUSE
    assert ground(A_READ, failed=True, roles=frozenset()) is Ground.FAULT
    assert ground(A_READ, may=None) is Ground.UNKNOWN_ACT


def test_each_entry_has_its_purpose() -> None:
    assert purpose_of("referral.view", None, is_house=False) is Purpose.DUTY
    assert purpose_of("trail.report", None, is_house=False) is Purpose.REVIEW
    assert purpose_of("break_glass.view", None, is_house=False) is Purpose.REVIEW
    assert purpose_of("break_glass.read", "BREAK_GLASS", is_house=False) is Purpose.BREAK_GLASS
    assert purpose_of("trail.verify", None, is_house=True) is Purpose.HOUSE
