"""The one audience: exactly the providers, contacts and coordinators of the manual, and the reason for each."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.audience import (
    ContactFacts,
    CoordinatorFacts,
    CoordinatorKind,
    ProviderFacts,
    Reason,
    ReferralFacts,
    Verdict,
    audience,
    contract_in_force,
    coordinator_hears,
    coordinator_sees,
    reachable,
    would_be_audience,
)
from rules.referrals import ReferralStatus

ADAIR, BOONE, COLE = "29001", "29019", "29051"
TODAY = date(2026, 7, 1)
DAY = timedelta(days=1)

IN_ADAIR = ContactFacts(UUID(int=1), active=True, email=True, counties=frozenset({ADAIR}))
IN_BOONE_AND_COLE = ContactFacts(UUID(int=2), active=True, email=True, counties=frozenset({BOONE, COLE}))
HOME = ProviderFacts(
    provider_id=UUID(int=100),
    residential=True,
    active=True,
    contract_begins=date(2020, 1, 1),
    contract_ends=None,
    no_referral_status=False,
    contacts=(IN_ADAIR, IN_BOONE_AND_COLE),
)
COUNTY = ReferralFacts(
    referral_id=UUID(int=200),
    status=ReferralStatus.OPEN,
    statewide=False,
    preferred_counties=frozenset({ADAIR}),
    excluded_providers=frozenset(),
)
STATEWIDE = replace(COUNTY, statewide=True, preferred_counties=frozenset())


def no(reason: Reason) -> Verdict:
    return Verdict(eligible=False, reason=reason)


@pytest.mark.requirement("NOT-06", "REF-18")
def test_a_county_referral_reaches_only_providers_who_serve_that_county() -> None:
    assert audience(COUNTY, HOME, TODAY) == Verdict(
        eligible=True, reason=Reason.COUNTY, counties=frozenset({ADAIR}), contacts=(IN_ADAIR.contact_id,)
    )
    elsewhere = replace(HOME, contacts=(IN_BOONE_AND_COLE,))
    assert audience(COUNTY, elsewhere, TODAY) == no(Reason.OTHER_COUNTIES)


@pytest.mark.requirement("NOT-05", "NOT-19")
def test_a_statewide_referral_reaches_every_active_contact_whatever_its_counties() -> None:
    nowhere = ContactFacts(UUID(int=3), active=True, email=True, counties=frozenset())
    gone = ContactFacts(UUID(int=4), active=False, email=True, counties=frozenset({ADAIR}))
    home = replace(HOME, contacts=(IN_BOONE_AND_COLE, gone, nowhere, IN_ADAIR))
    assert audience(STATEWIDE, home, TODAY) == Verdict(
        eligible=True,
        reason=Reason.STATEWIDE,
        contacts=(IN_BOONE_AND_COLE.contact_id, nowhere.contact_id, IN_ADAIR.contact_id),
    )


@pytest.mark.requirement("NOT-19", "PRF-12")
def test_a_contact_is_told_of_its_own_counties_only() -> None:
    three = replace(COUNTY, preferred_counties=frozenset({ADAIR, BOONE, "29510"}))
    verdict = audience(three, HOME, TODAY)
    assert verdict.contacts == (IN_ADAIR.contact_id, IN_BOONE_AND_COLE.contact_id)
    assert verdict.counties == {ADAIR, BOONE}
    two = replace(COUNTY, preferred_counties=frozenset({BOONE, COLE}))
    assert audience(two, HOME, TODAY).contacts == (IN_BOONE_AND_COLE.contact_id,)


def test_a_county_referral_without_counties_reaches_nobody() -> None:
    assert would_be_audience(replace(COUNTY, preferred_counties=frozenset()), HOME, TODAY) == no(Reason.OTHER_COUNTIES)


@pytest.mark.requirement("NOT-09", "PRF-14")
def test_a_provider_whose_contacts_left_is_not_reached() -> None:
    left = replace(IN_ADAIR, active=False)
    for referral in (COUNTY, STATEWIDE):
        assert audience(referral, replace(HOME, contacts=(left,)), TODAY) == no(Reason.NO_ACTIVE_CONTACT)
        assert audience(referral, replace(HOME, contacts=()), TODAY) == no(Reason.NO_ACTIVE_CONTACT)


@pytest.mark.requirement("REV-10")
def test_the_county_of_a_contact_who_left_no_longer_counts() -> None:
    home = replace(HOME, contacts=(replace(IN_ADAIR, active=False), IN_BOONE_AND_COLE))
    assert audience(COUNTY, home, TODAY) == no(Reason.OTHER_COUNTIES)


@pytest.mark.requirement("NOT-07", "PRF-13")
def test_no_referral_status_suspends_every_referral() -> None:
    resting = replace(HOME, no_referral_status=True)
    assert audience(COUNTY, resting, TODAY) == no(Reason.NO_REFERRAL_STATUS)
    assert audience(STATEWIDE, resting, TODAY) == no(Reason.NO_REFERRAL_STATUS)


@pytest.mark.requirement("NOT-08", "REF-12")
def test_an_excluded_provider_gets_nothing_and_another_is_not_touched_by_it() -> None:
    for referral in (COUNTY, STATEWIDE):
        excluding = replace(referral, excluded_providers=frozenset({HOME.provider_id}))
        assert audience(excluding, HOME, TODAY) == no(Reason.EXCLUDED)
        assert audience(excluding, replace(HOME, provider_id=UUID(int=101)), TODAY).eligible


@pytest.mark.requirement("NOT-01", "PRF-17")
def test_only_active_residential_providers_are_reached() -> None:
    assert audience(STATEWIDE, replace(HOME, residential=False), TODAY) == no(Reason.NOT_RESIDENTIAL)
    assert audience(STATEWIDE, replace(HOME, active=False), TODAY) == no(Reason.NOT_ACTIVE)


@pytest.mark.requirement("CON-03")
def test_a_provider_is_reached_from_the_first_to_the_last_day_of_its_contract() -> None:
    year = replace(HOME, contract_begins=TODAY, contract_ends=TODAY + 364 * DAY)
    assert audience(COUNTY, year, TODAY - DAY) == no(Reason.NO_CONTRACT)
    assert audience(COUNTY, year, TODAY).eligible
    assert audience(COUNTY, year, TODAY + 364 * DAY).eligible
    assert audience(COUNTY, year, TODAY + 365 * DAY) == no(Reason.NO_CONTRACT)


@pytest.mark.requirement("CON-03")
def test_a_contract_without_an_end_is_current_and_no_contract_is_none() -> None:
    assert contract_in_force(TODAY, None, date.max)
    assert not contract_in_force(None, None, TODAY)
    assert not contract_in_force(None, date.max, TODAY)
    assert audience(COUNTY, replace(HOME, contract_begins=None), TODAY) == no(Reason.NO_CONTRACT)


@pytest.mark.requirement("REF-17")
@pytest.mark.parametrize("status", [ReferralStatus.DRAFT, ReferralStatus.CLOSED, ReferralStatus.DELETED])
def test_only_an_open_referral_reaches_anybody_but_a_preview_shows_whom_it_would(status: ReferralStatus) -> None:
    referral = replace(COUNTY, status=status)
    assert audience(referral, HOME, TODAY) == no(Reason.NOT_PUBLISHED)
    assert would_be_audience(referral, HOME, TODAY) == audience(COUNTY, HOME, TODAY)


def test_the_first_obstacle_is_the_one_named() -> None:
    referral = replace(
        COUNTY,
        status=ReferralStatus.DRAFT,
        preferred_counties=frozenset({COLE}),
        excluded_providers=frozenset({HOME.provider_id}),
    )
    provider = replace(
        HOME, residential=False, active=False, contract_begins=None, no_referral_status=True, contacts=()
    )
    named = [audience(referral, provider, TODAY).reason]
    referral = replace(referral, status=ReferralStatus.OPEN)
    for repaired in (
        {"residential": True},
        {"active": True},
        {"contract_begins": TODAY},
        {"no_referral_status": False},
    ):
        named.append(audience(referral, provider, TODAY).reason)
        provider = replace(provider, **repaired)
    named.append(audience(referral, provider, TODAY).reason)
    referral = replace(referral, excluded_providers=frozenset())
    named.append(audience(referral, provider, TODAY).reason)
    provider = replace(provider, contacts=(IN_ADAIR,))
    named.append(audience(referral, provider, TODAY).reason)
    assert named == [
        Reason.NOT_PUBLISHED,
        Reason.NOT_RESIDENTIAL,
        Reason.NOT_ACTIVE,
        Reason.NO_CONTRACT,
        Reason.NO_REFERRAL_STATUS,
        Reason.EXCLUDED,
        Reason.NO_ACTIVE_CONTACT,
        Reason.OTHER_COUNTIES,
    ]


def test_every_reason_has_a_sentence_and_a_source() -> None:
    assert len({reason.sentence for reason in Reason}) == len(Reason)
    assert all(reason.cites.startswith(("001:", "002:")) for reason in Reason)
    verdict = audience(COUNTY, HOME, TODAY)
    assert verdict.sentence == Reason.COUNTY.sentence
    assert verdict.cites == "001:146-147"


@pytest.mark.requirement("PRF-01")
def test_a_letter_reaches_only_an_active_contact_with_an_address() -> None:
    assert reachable(IN_ADAIR)
    assert not reachable(replace(IN_ADAIR, email=False))
    assert not reachable(replace(IN_ADAIR, active=False))


@pytest.mark.requirement("PRF-01")
def test_a_contact_without_an_address_still_belongs_to_the_audience() -> None:
    home = replace(HOME, contacts=(replace(IN_ADAIR, email=False),))
    assert audience(COUNTY, home, TODAY).contacts == (IN_ADAIR.contact_id,)


# --- any world ---

COUNTIES = st.frozensets(st.sampled_from([ADAIR, BOONE, COLE, "29510"]), max_size=4)
PROVIDER_IDS = st.integers(100, 102).map(lambda number: UUID(int=number))
contacts = st.lists(
    st.builds(
        ContactFacts,
        contact_id=st.integers(1, 1000).map(lambda number: UUID(int=number)),
        active=st.booleans(),
        email=st.booleans(),
        counties=COUNTIES,
    ),
    max_size=4,
    unique_by=lambda contact: contact.contact_id,
).map(tuple)
near_days = st.integers(-3, 3).map(lambda days: TODAY + days * DAY)
mostly = st.sampled_from([True, True, True, False])
providers = st.builds(
    ProviderFacts,
    provider_id=PROVIDER_IDS,
    residential=mostly,
    active=mostly,
    contract_begins=st.none() | near_days,
    contract_ends=st.none() | near_days,
    no_referral_status=mostly.map(lambda yes: not yes),
    contacts=contacts,
)
referrals = st.builds(
    ReferralFacts,
    referral_id=st.just(UUID(int=200)),
    status=st.sampled_from([ReferralStatus.OPEN, *ReferralStatus]),
    statewide=st.booleans(),
    preferred_counties=COUNTIES,
    excluded_providers=st.frozensets(PROVIDER_IDS, max_size=1),
)


def obstacles(referral: ReferralFacts, provider: ProviderFacts) -> set[Reason]:
    """List every rule of the manual that speaks against the pair, each on its own."""
    active = [contact for contact in provider.contacts if contact.active]
    begins, ends = provider.contract_begins or date.max, provider.contract_ends or date.max
    against = {
        Reason.NOT_PUBLISHED: referral.status is not ReferralStatus.OPEN,
        Reason.NOT_RESIDENTIAL: not provider.residential,
        Reason.NOT_ACTIVE: not provider.active,
        Reason.NO_CONTRACT: not begins <= TODAY <= ends,
        Reason.NO_REFERRAL_STATUS: provider.no_referral_status,
        Reason.EXCLUDED: provider.provider_id in referral.excluded_providers,
        Reason.NO_ACTIVE_CONTACT: not active,
        Reason.OTHER_COUNTIES: not referral.statewide
        and all(contact.counties.isdisjoint(referral.preferred_counties) for contact in active),
    }
    return {reason for reason, holds in against.items() if holds}


@given(referrals, providers)
def test_a_provider_is_reached_exactly_when_no_rule_speaks_against_it(
    referral: ReferralFacts, provider: ProviderFacts
) -> None:
    verdict = audience(referral, provider, TODAY)
    against = obstacles(referral, provider)
    assert verdict.eligible == verdict.reason.eligible == (not against)
    if against:
        assert verdict.reason in against
        assert verdict == no(verdict.reason)
    else:
        assert verdict.reason is (Reason.STATEWIDE if referral.statewide else Reason.COUNTY)


@given(referrals, providers)
def test_exactly_the_active_contacts_with_a_shared_county_or_all_of_a_statewide_one_are_told(
    referral: ReferralFacts, provider: ProviderFacts
) -> None:
    verdict = audience(referral, provider, TODAY)
    if not verdict.eligible:
        return
    told = set(verdict.contacts)
    assert told
    for contact in provider.contacts:
        shares = any(county in referral.preferred_counties for county in contact.counties)
        assert (contact.contact_id in told) == (contact.active and (referral.statewide or shares))
    served = {county for contact in provider.contacts if contact.active for county in contact.counties}
    assert verdict.counties == (set() if referral.statewide else served & referral.preferred_counties)


@pytest.mark.requirement("REF-12", "REF-13")
@given(referrals, providers, PROVIDER_IDS)
def test_excluding_a_provider_never_adds_an_audience_and_touches_no_other(
    referral: ReferralFacts, provider: ProviderFacts, excluded: UUID
) -> None:
    before = audience(referral, provider, TODAY)
    after = audience(replace(referral, excluded_providers=referral.excluded_providers | {excluded}), provider, TODAY)
    assert after.eligible == (before.eligible and provider.provider_id != excluded)
    if provider.provider_id != excluded:
        assert after == before


@pytest.mark.requirement("NOT-07")
@given(referrals, providers)
def test_a_provider_in_no_referral_status_is_never_reached(referral: ReferralFacts, provider: ProviderFacts) -> None:
    assert not audience(referral, replace(provider, no_referral_status=True), TODAY).eligible


@given(referrals, providers, COUNTIES)
def test_more_preferred_counties_never_lose_an_audience(
    referral: ReferralFacts, provider: ProviderFacts, more: frozenset[str]
) -> None:
    before = audience(referral, provider, TODAY)
    after = audience(replace(referral, preferred_counties=referral.preferred_counties | more), provider, TODAY)
    assert set(before.contacts) <= set(after.contacts)


@given(referrals, providers)
def test_the_preview_of_a_draft_is_what_publishing_it_brings(referral: ReferralFacts, provider: ProviderFacts) -> None:
    opened = audience(replace(referral, status=ReferralStatus.OPEN), provider, TODAY)
    assert would_be_audience(referral, provider, TODAY) == opened


# --- coordinators ---

PLACEMENT = CoordinatorFacts(UUID(int=300), frozenset({CoordinatorKind.PLACEMENT}), frozenset({ADAIR}))
TRANSITION = CoordinatorFacts(UUID(int=301), frozenset({CoordinatorKind.TRANSITION}), frozenset({ADAIR}))
ELSEWHERE = replace(PLACEMENT, counties=frozenset({BOONE}))
NOT_A_COORDINATOR = replace(PLACEMENT, kinds=frozenset())


@pytest.mark.requirement("NOT-15", "NOT-16")
def test_a_county_referral_is_told_to_placement_and_transition_coordinators_of_its_counties() -> None:
    assert coordinator_hears(COUNTY, PLACEMENT)
    assert coordinator_hears(COUNTY, TRANSITION)
    assert not coordinator_hears(COUNTY, ELSEWHERE)
    assert not coordinator_hears(COUNTY, NOT_A_COORDINATOR)


@pytest.mark.requirement("NOT-17")
def test_a_statewide_referral_is_told_to_all_coordinators_and_to_nobody_else() -> None:
    assert coordinator_hears(STATEWIDE, ELSEWHERE)
    assert coordinator_hears(STATEWIDE, replace(ELSEWHERE, counties=frozenset()))
    assert not coordinator_hears(STATEWIDE, NOT_A_COORDINATOR)


@pytest.mark.requirement("REF-20")
@pytest.mark.parametrize("status", list(ReferralStatus))
def test_a_coordinator_sees_own_counties_statewide_and_where_primary(status: ReferralStatus) -> None:
    county, statewide = replace(COUNTY, status=status), replace(STATEWIDE, status=status)
    assert coordinator_sees(county, PLACEMENT, primary=False)
    assert coordinator_sees(statewide, ELSEWHERE, primary=False)
    assert not coordinator_sees(county, ELSEWHERE, primary=False)
    assert coordinator_sees(county, ELSEWHERE, primary=True)
    assert not coordinator_sees(statewide, NOT_A_COORDINATOR, primary=False)
