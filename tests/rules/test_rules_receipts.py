"""How far a referral got at a provider, when silence is too long, and what a bounce says (001:70, 001:271)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from rules.audience import ContactFacts, ProviderFacts, Reason, ReferralFacts, Verdict
from rules.notices import DeliveryState
from rules.policy import DEFAULTS, PolicyChange, policy_in_force
from rules.receipts import (
    LetterFacts,
    ReceiptVerdict,
    SilenceFacts,
    Stage,
    Step,
    Telling,
    blames_the_address,
    chain,
    is_failure,
    receipt_verdict,
    refuses_the_address,
    silence,
    unreachable_counties,
)
from rules.referrals import ReferralStatus

TODAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

WAITING = LetterFacts(DeliveryState.QUEUED, NOON, None, None, NOON, "")
SENT = replace(WAITING, state=DeliveryState.SENT, sent_at=NOON + MINUTE)
BOUNCED = replace(SENT, state=DeliveryState.BOUNCED, bounced_at=NOON + 2 * MINUTE, reason="5.1.1")
PARKED = replace(WAITING, state=DeliveryState.PARKED, settled_at=NOON + MINUTE, reason="Refused.")
CANCELLED = replace(PARKED, state=DeliveryState.CANCELLED, reason="Excluded.")

ELIGIBLE = Verdict(eligible=True, reason=Reason.COUNTY)


def told(letter: LetterFacts | None) -> Telling:
    return Telling("Referral 7 was published", NOON, letter)


def stages(letter: LetterFacts | None) -> list[Stage]:
    return [step.stage for step in chain([told(letter)], [])]


@pytest.mark.requirement("NOT-24")
def test_a_chain_says_how_far_a_letter_got() -> None:
    assert stages(WAITING) == [Stage.TOLD, Stage.QUEUED]
    assert stages(SENT) == [Stage.TOLD, Stage.QUEUED, Stage.ACCEPTED]
    assert stages(BOUNCED) == [Stage.TOLD, Stage.QUEUED, Stage.ACCEPTED, Stage.BOUNCED]
    assert stages(PARKED) == [Stage.TOLD, Stage.QUEUED, Stage.PARKED]
    assert stages(CANCELLED) == [Stage.TOLD, Stage.QUEUED, Stage.CANCELLED]
    assert stages(None) == [Stage.TOLD]


def test_the_end_of_a_letter_carries_its_moment_and_its_reason() -> None:
    assert chain([told(BOUNCED)], [])[-1] == Step(Stage.BOUNCED, NOON + 2 * MINUTE, "5.1.1")
    assert chain([told(PARKED)], [])[-1] == Step(Stage.PARKED, NOON + MINUTE, "Refused.")
    assert chain([told(CANCELLED)], [])[-1] == Step(Stage.CANCELLED, NOON + MINUTE, "Excluded.")
    assert "no address" in chain([told(None)], [])[0].detail


def test_a_bounce_without_its_moment_is_put_where_the_letter_stood_last() -> None:
    early = replace(BOUNCED, sent_at=None, bounced_at=None)
    assert chain([told(early)], [])[-1].at == NOON


def test_a_chain_is_in_the_order_of_time_and_of_its_stages_in_one_moment() -> None:
    answered = Step(Stage.ANSWERED, NOON + MINUTE, "Accepted")
    viewed = Step(Stage.VIEWED, NOON + MINUTE, "Somebody")
    again = Telling("Referral 7 was published again", NOON + 3 * MINUTE, None)
    assert [step.stage for step in chain([again, told(SENT)], [answered, viewed])] == [
        Stage.TOLD,
        Stage.QUEUED,
        Stage.ACCEPTED,
        Stage.VIEWED,
        Stage.ANSWERED,
        Stage.TOLD,
    ]


@pytest.mark.parametrize(
    ("letters", "viewed", "answered", "verdict"),
    [
        ([], False, False, ReceiptVerdict.NOBODY_TOLD),
        ([None], False, False, ReceiptVerdict.UNDELIVERED),
        ([WAITING, BOUNCED, PARKED, CANCELLED], False, False, ReceiptVerdict.UNDELIVERED),
        ([BOUNCED, SENT], False, False, ReceiptVerdict.DELIVERED),
        ([BOUNCED], True, False, ReceiptVerdict.VIEWED),
        ([SENT], True, True, ReceiptVerdict.ANSWERED),
        ([], False, True, ReceiptVerdict.ANSWERED),
    ],
)
def test_a_verdict_is_the_farthest_that_a_referral_got(
    letters: list[LetterFacts | None], viewed: bool, answered: bool, verdict: ReceiptVerdict
) -> None:
    assert receipt_verdict([told(letter) for letter in letters], viewed=viewed, answered=answered) is verdict


def pair(days: int) -> SilenceFacts:
    return SilenceFacts(TODAY - timedelta(days=days), answered=False, audience=ELIGIBLE, told_of_on=None)


@pytest.mark.requirement("RSP-08")
def test_seven_days_without_an_answer_are_patience_and_eight_are_silence() -> None:
    assert not silence(pair(7), TODAY, DEFAULTS).silent
    verdict = silence(pair(8), TODAY, DEFAULTS)
    assert (verdict.silent, verdict.why) == (True, "It has not answered for 8 days.")


def test_the_policy_decides_how_long_silence_may_last() -> None:
    shorter = policy_in_force([PolicyChange("referral.silent_days", 3, TODAY, 1)], TODAY)
    assert silence(pair(4), TODAY, shorter).silent
    assert not silence(pair(3), TODAY, shorter).silent


def test_who_answered_or_may_not_answer_or_was_named_already_is_exempt_and_the_reason_is_said() -> None:
    answered = silence(replace(pair(30), answered=True), TODAY, DEFAULTS)
    excluded = silence(replace(pair(30), audience=Verdict(eligible=False, reason=Reason.EXCLUDED)), TODAY, DEFAULTS)
    named = silence(replace(pair(30), told_of_on=date(2026, 3, 1)), TODAY, DEFAULTS)
    assert [verdict.silent for verdict in (answered, excluded, named)] == [False, False, False]
    assert answered.why == "It has answered."
    assert excluded.why == Reason.EXCLUDED.sentence
    assert "2026-03-01" in named.why


@pytest.mark.parametrize(
    ("action", "status", "failed"),
    [
        ("failed", "5.1.1", True),
        (" Failed ", "5.0.0", True),
        ("failed", "4.4.7", False),
        ("failed", "2.0.0", False),
        ("failed", "5", False),
        ("failed", "5.1.1.1", False),
        ("delayed", "5.1.1", False),
        ("relayed", "5.1.1", False),
        ("delivered", "2.1.5", False),
        ("expanded", "2.1.5", False),
        ("", "5.1.1", False),
    ],
)
def test_only_what_failed_for_good_is_a_bounce(action: str, status: str, failed: bool) -> None:
    assert is_failure(action, status) is failed


@pytest.mark.parametrize(
    ("status", "bounced", "at_the_door"),
    [
        ("5.1.1", True, True),
        ("5.1.10", True, True),
        ("5.2.1", True, True),
        ("5.0.0", True, False),
        ("5.2.2", True, False),
        ("5.4.4", True, False),
        ("5.1.8", False, False),
        ("5.2.3", False, False),
        ("5.5.2", False, False),
        ("5.6.1", False, False),
        ("5.7.1", False, False),
    ],
)
def test_a_status_blames_the_address_or_something_else(status: str, bounced: bool, at_the_door: bool) -> None:
    assert blames_the_address(status) is bounced
    assert refuses_the_address(status) is at_the_door


def test_a_refusal_without_a_status_says_nothing_against_the_address() -> None:
    assert not refuses_the_address("")


BOONE, COLE, ADAIR = "29019", "29051", "29001"


def provider(*contacts: ContactFacts, residential: bool = True) -> ProviderFacts:
    return ProviderFacts(
        provider_id=uuid4(),
        residential=residential,
        active=True,
        contract_begins=date(2020, 1, 1),
        contract_ends=None,
        no_referral_status=False,
        contacts=contacts,
    )


def contact(*counties: str, email: bool = True, active: bool = True) -> ContactFacts:
    return ContactFacts(uuid4(), active, email, frozenset(counties))


def referral(*counties: str) -> ReferralFacts:
    return ReferralFacts(uuid4(), ReferralStatus.OPEN, not counties, frozenset(counties), frozenset())


@pytest.mark.requirement("PRF-11")
def test_a_county_that_no_contact_has_chosen_is_named() -> None:
    near = provider(contact(BOONE))
    assert unreachable_counties(referral(BOONE, COLE), [near, provider(contact())], TODAY) == {COLE}


@pytest.mark.requirement("PRF-01")
def test_a_county_is_reached_only_by_a_contact_of_that_county_whose_address_works() -> None:
    mixed = provider(contact(BOONE), contact(COLE, email=False))
    assert unreachable_counties(referral(BOONE, COLE), [mixed], TODAY) == {COLE}


def test_a_county_is_not_reached_by_inactive_contacts_or_by_who_offers_no_home() -> None:
    idle = provider(contact(BOONE, active=False), contact(ADAIR))
    tcm = provider(contact(BOONE), residential=False)
    assert unreachable_counties(referral(BOONE), [idle, tcm], TODAY) == {BOONE}


def test_a_statewide_referral_names_no_county() -> None:
    assert unreachable_counties(referral(), [], TODAY) == frozenset()
