"""No Referral Status withholds, writes down what it withheld, and tells all of it at once when lifted (001:152-162)."""

from __future__ import annotations

import asyncio

import pytest

from orm.models import Letter, NoReferralStatus, Notification, Outcome, ReferralReach, WithheldNotice
from resolvers.callers import Caller
from resolvers.contacts import deactivate_contact, set_contact_counties
from resolvers.no_referral_status import lift_no_referral_status, set_no_referral_status
from resolvers.outbox import claim_letters, mark_sent
from resolvers.pending_placements import clear_pending_placement, set_pending_placement
from resolvers.referral_views import list_referrals
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.responses import Answer, respond_to_referral
from rules.audience import Reason
from rules.errors import Conflict, Invalid
from rules.notices import DeliveryState, NotificationKind
from rules.referrals import CloseOutcome, ResponseKind
from rules.roles import Role
from tests.world.world import ProviderHome, World

PUBLISHED = NotificationKind.REFERRAL_PUBLISHED
REPUBLISHED = NotificationKind.REFERRAL_REPUBLISHED
LIFTED = NotificationKind.NO_REFERRAL_STATUS_LIFTED


async def scene(world: World) -> tuple[Caller, Caller, ProviderHome]:
    """Give a coordinator, the office of Provider Relations, and a home."""
    return (
        await world.coordinator("Boone", "Adair"),
        await world.user(Role.PROVIDER_RELATIONS),
        await world.provider("Boone"),
    )


async def lifted(world: World, home: ProviderHome) -> list[list[int]]:
    rows = await Notification.filter(mailbox_id=home.mailbox_id, kind=LIFTED).order_by("line")
    return [row.numbers for row in rows]


async def ledger(home: ProviderHome, *, released: bool) -> list[tuple[NotificationKind, int]]:
    rows = await WithheldNotice.filter(provider_id=home.id, released_at__isnull=not released).select_related("referral")
    assert {row.reason for row in rows} <= {Reason.NO_REFERRAL_STATUS}
    return [(row.kind, row.referral.number) for row in sorted(rows, key=lambda row: row.id)]


@pytest.mark.requirement("NOT-12")
async def test_lifting_tells_what_is_still_open_in_one_notice_and_one_letter_for_each_contact(world: World) -> None:
    coordinator, office, home = await scene(world)
    colleague = await world.contact(home.id)
    await set_no_referral_status(office, home.id, "No vacancies this spring.")
    numbers = [await world.published(coordinator, "Boone"), await world.published(coordinator)]
    closed = await world.published(coordinator, "Boone")
    elsewhere = await world.published(coordinator, "Adair")
    await close_referral(coordinator, closed, CloseOutcome.OTHER, None)
    assert await world.lines(home.mailbox_id) == []
    assert list((await list_referrals(home.staff)).nodes) == []

    await lift_no_referral_status(office, home.id)

    assert {view.number for view in (await list_referrals(home.staff)).nodes} == set(numbers)
    assert await lifted(world, home) == [numbers]
    [mine] = await world.letters(contact_id=home.contact_id)
    [theirs] = await world.letters(contact_id=colleague.id)
    assert (mine.kind, mine.facts["numbers"]) == (LIFTED, numbers)
    assert theirs.facts["numbers"] == numbers[1:], "the colleague covers no county: statewide only"
    assert await ledger(home, released=False) == []
    assert elsewhere not in {number for _, number in await ledger(home, released=True)}


@pytest.mark.requirement("NOT-07")
@pytest.mark.requirement("PRF-13")
async def test_whatever_is_withheld_is_kept_in_the_ledger_with_its_reason(world: World) -> None:
    coordinator, office, home = await scene(world)
    other = await world.provider("Boone")
    known = await world.published(coordinator, "Boone")
    await respond_to_referral(other.staff, known, Answer(ResponseKind.ACCEPT))
    await _send_everything(world)
    lines = await world.lines(home.mailbox_id)
    await set_no_referral_status(office, home.id, "Full.")

    new = await world.published(coordinator, "Boone")
    await publish_referral(coordinator, known)
    await set_pending_placement(coordinator, known, other.id)
    await clear_pending_placement(coordinator, known)
    await close_referral(coordinator, known, CloseOutcome.OTHER, None)
    await delete_referral(coordinator, new, "A double.")

    assert await world.lines(home.mailbox_id) == lines
    assert await ledger(home, released=False) == [
        (PUBLISHED, new),
        (REPUBLISHED, known),
        (NotificationKind.PENDING_PLACEMENT_SET, known),
        (NotificationKind.PENDING_PLACEMENT_CLEARED, known),
        (NotificationKind.REFERRAL_CLOSED, known),
        (NotificationKind.REFERRAL_DELETED, new),
    ]
    assert await WithheldNotice.filter(provider_id=other.id).count() == 0
    await lift_no_referral_status(office, home.id)
    assert await lifted(world, home) == [], "nothing of it is open any more"


async def test_what_a_contact_knew_before_is_told_again_only_if_there_was_news_of_it(world: World) -> None:
    coordinator, office, home = await scene(world)
    quiet, republished = await world.published(coordinator, "Boone"), await world.published(coordinator, "Boone")
    await _send_everything(world)
    await set_no_referral_status(office, home.id, "Full.")
    await publish_referral(coordinator, republished)

    await lift_no_referral_status(office, home.id)

    assert await lifted(world, home) == [[republished]]
    assert quiet in {view.number for view in (await list_referrals(home.staff)).nodes}


@pytest.mark.requirement("NOT-12")
async def test_two_who_lift_at_once_lift_once_and_tell_once(world: World) -> None:
    coordinator, office, home = await scene(world)
    central = await world.user(Role.CENTRAL_STAFF)
    await set_no_referral_status(office, home.id, "Full.")
    number = await world.published(coordinator, "Boone")

    answers = await asyncio.gather(
        lift_no_referral_status(office, home.id), lift_no_referral_status(central, home.id), return_exceptions=True
    )

    [refused] = [answer for answer in answers if answer is not None]
    assert isinstance(refused, Conflict)
    assert refused.code == "NOT_IN_NO_REFERRAL_STATUS"
    assert await lifted(world, home) == [[number]]
    assert len(await world.letters(kind=LIFTED)) == 1
    outcomes = [entry.outcome for entry in await world.entries("provider.lift_no_referral_status")]
    assert sorted(outcomes) == [Outcome.DONE, Outcome.REFUSED]


async def test_publishing_while_the_status_is_lifted_is_told_exactly_once(world: World) -> None:
    coordinator, office, home = await scene(world)
    await set_no_referral_status(office, home.id, "Full.")
    numbers = [await world.draft(coordinator, "Boone") for _ in range(4)]

    await asyncio.gather(
        *(publish_referral(coordinator, number) for number in numbers[:2]),
        lift_no_referral_status(office, home.id),
        *(publish_referral(coordinator, number) for number in numbers[2:]),
    )

    published = [number for kind, number in await world.lines(home.mailbox_id) if kind is PUBLISHED and number]
    listed = [number for numbers_told in await lifted(world, home) for number in numbers_told]
    assert sorted([*published, *listed]) == numbers
    assert await ledger(home, released=False) == []


async def test_letters_that_have_not_left_are_withheld_and_told_when_it_is_lifted(world: World) -> None:
    coordinator, office, home = await scene(world)
    number = await world.published(coordinator, "Boone")
    await set_no_referral_status(office, home.id, "Full.")

    [letter] = await world.letters(contact_id=home.contact_id)
    assert (letter.state, await ledger(home, released=False)) == (DeliveryState.CANCELLED, [(PUBLISHED, number)])
    await lift_no_referral_status(office, home.id)

    assert await lifted(world, home) == [[number]]
    waiting = await Letter.filter(contact_id=home.contact_id, state=DeliveryState.QUEUED)
    assert [one.kind for one in waiting] == [LIFTED]


async def test_who_lost_the_county_or_left_meanwhile_is_not_told(world: World) -> None:
    coordinator, office, home = await scene(world)
    colleague = await world.contact(home.id, "Boone")
    await set_no_referral_status(office, home.id, "Full.")
    await world.published(coordinator, "Boone")
    await set_contact_counties(office, home.contact_id, [await world.county("Adair")])
    await deactivate_contact(office, colleague.id)

    await lift_no_referral_status(office, home.id)

    assert await world.letters(kind=LIFTED) == []
    assert not await ReferralReach.exists(provider_id=home.id)
    assert await ledger(home, released=False) == []


@pytest.mark.requirement("PRF-13")
async def test_each_period_is_kept_with_reason_begin_and_end(world: World) -> None:
    _, office, home = await scene(world)
    for reason in ("Full.", "Moving house."):
        await set_no_referral_status(office, home.id, reason)
        world.clock.forward(days=3)
        await lift_no_referral_status(office, home.id)

    periods = await NoReferralStatus.filter(provider_id=home.id).order_by("begins_at")
    assert [(one.reason, one.set_by_id, one.lifted_by_id) for one in periods] == [
        (reason, office.actor.id, office.actor.id) for reason in ("Full.", "Moving house.")
    ]
    assert all(one.lifted_at and (one.lifted_at - one.begins_at).days == 3 for one in periods)


async def test_setting_it_twice_or_without_a_reason_is_refused(world: World) -> None:
    _, office, home = await scene(world)
    with pytest.raises(Invalid):
        await set_no_referral_status(office, home.id, "  ")
    await set_no_referral_status(office, home.id, "Full.")
    with pytest.raises(Conflict) as refused:
        await set_no_referral_status(office, home.id, "Full.")
    assert refused.value.code == "IN_NO_REFERRAL_STATUS"
    assert await NoReferralStatus.filter(provider_id=home.id).count() == 1


@pytest.mark.requirement("AUD-05")
async def test_the_reason_does_not_stand_in_the_trail(world: World) -> None:
    _, office, home = await scene(world)
    await set_no_referral_status(office, home.id, "Ask Quillfeather.")
    [entry] = await world.entries("provider.set_no_referral_status")
    assert (entry.about_id, entry.outcome) == (home.id, Outcome.DONE)
    assert "Quillfeather" not in str(entry.facts)


async def _send_everything(world: World) -> None:
    for letter in await claim_letters(world.desk, 1000):
        await mark_sent(world.desk, letter)
