"""A letter that comes back marks its address, and the coordinator hears when a provider cannot be reached (001:70)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from homeward.demo_postbox import Behaviour
from orm.models import Contact, Letter, Outcome, User
from resolvers.bounces import bounce_letter, forget_bounce
from resolvers.callers import Caller, Desk, house
from resolvers.exclusions import exclude_provider
from resolvers.outbox import ClaimedLetter, claim_letters, mark_failed, mark_sent, retry_letter
from resolvers.previews import preview_publish
from rules.errors import Conflict, NotFound
from rules.notices import DeliveryState, NotificationKind
from rules.roles import Role
from tests.servers import smtp_sink
from tests.workers.posting import send_due
from tests.world.world import ProviderHome, World

UNREACHABLE = NotificationKind.PROVIDER_UNREACHABLE


async def sent_letter(world: World, home: ProviderHome) -> Letter:
    """Send everything that is promised; give the newest letter to the provider's first contact."""
    for letter in await claim_letters(world.desk, 100):
        await mark_sent(world.desk, letter)
    return (await world.letters(contact_id=home.contact_id))[-1]


async def alerts(world: World, coordinator: Caller) -> list[int | None]:
    lines = await world.lines(coordinator.actor.mailbox_id)
    return [number for kind, number in lines if kind is UNREACHABLE]


def mail_server(world: World) -> Caller:
    return house(world.desk, "bounces")


@pytest.mark.requirement("PRF-01")
@pytest.mark.requirement("NOT-09")
async def test_the_coordinator_hears_at_once_when_the_only_address_of_a_provider_bounces(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    letter = await sent_letter(world, home)
    world.clock.forward(hours=1)

    assert await bounce_letter(mail_server(world), letter.id, "5.1.1")

    kept = await Letter.get(id=letter.id)
    assert (kept.state, kept.bounced_at, kept.last_error) == (DeliveryState.BOUNCED, world.clock(), "5.1.1")
    assert (await Contact.get(id=home.contact_id)).email_bounced_at == world.clock()
    assert await alerts(world, coordinator) == [number]
    assert [one.user_id for one in await world.letters(kind=UNREACHABLE)] == [coordinator.actor.id]
    entry = (await world.entries("letter.bounce"))[-1]
    assert (entry.outcome, entry.facts["status"], entry.facts["marked"]) == (Outcome.DONE, "5.1.1", True)
    assert "@" not in str(entry.facts)


async def test_a_bounce_that_is_reported_twice_is_told_once(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    letter = await sent_letter(world, home)
    assert await bounce_letter(mail_server(world), letter.id, "5.1.1")
    first = world.clock()
    world.clock.forward(hours=1)

    assert not await bounce_letter(mail_server(world), letter.id, "5.2.1")

    kept = await Letter.get(id=letter.id)
    assert (kept.bounced_at, kept.last_error) == (first, "5.1.1")
    assert len(await alerts(world, coordinator)) == 1


async def test_a_second_letter_to_the_same_dead_address_alerts_nobody_again(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    first = await sent_letter(world, home)
    await world.published(coordinator, "Boone")
    second = await sent_letter(world, home)
    await bounce_letter(mail_server(world), first.id, "5.1.1")
    told = await alerts(world, coordinator)

    await bounce_letter(mail_server(world), second.id, "5.1.1")

    assert len(told) == 2  # one for each open referral
    assert await alerts(world, coordinator) == told
    assert (await Letter.get(id=second.id)).state is DeliveryState.BOUNCED


async def test_while_another_contact_of_the_provider_can_be_reached_nobody_is_alerted(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    other = await world.contact(home.id, "Boone")
    await world.contact(home.id, "Boone", email=None)
    await world.contact(home.id, "Boone", active=False)
    number = await world.published(coordinator, "Boone")
    letter = await sent_letter(world, home)

    await bounce_letter(mail_server(world), letter.id, "5.1.1")
    assert await alerts(world, coordinator) == []

    last = (await world.letters(contact_id=other.id))[0]
    await bounce_letter(mail_server(world), last.id, "5.1.1")
    assert await alerts(world, coordinator) == [number]


async def test_a_late_bounce_of_a_contact_who_is_not_active_any_more_is_no_news(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    letter = await sent_letter(world, home)
    await Contact.filter(id=home.contact_id).update(active=False)

    await bounce_letter(mail_server(world), letter.id, "5.1.1")

    assert (await Contact.get(id=home.contact_id)).email_bounced_at is not None
    assert await alerts(world, coordinator) == []


async def test_a_bounce_that_is_not_about_the_address_marks_none(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    letter = await sent_letter(world, home)

    await bounce_letter(mail_server(world), letter.id, "5.7.1")

    assert (await Letter.get(id=letter.id)).state is DeliveryState.BOUNCED
    assert (await Contact.get(id=home.contact_id)).email_bounced_at is None
    assert await alerts(world, coordinator) == []


async def test_a_bounce_of_an_address_that_was_changed_meanwhile_marks_nothing(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    letter = await sent_letter(world, home)
    await Contact.filter(id=home.contact_id).update(email="another@example.org")

    await bounce_letter(mail_server(world), letter.id, "5.1.1")

    assert (await Contact.get(id=home.contact_id)).email_bounced_at is None
    assert await alerts(world, coordinator) == []


@pytest.mark.parametrize(("confirmed_after", "marked"), [(timedelta(seconds=1), False), (-timedelta(seconds=1), True)])
async def test_an_address_confirmed_after_the_letter_went_out_stays_good(
    world: World, confirmed_after: timedelta, marked: bool
) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    letter = await sent_letter(world, home)
    await Contact.filter(id=home.contact_id).update(email_confirmed_at=world.clock() + confirmed_after)

    await bounce_letter(mail_server(world), letter.id, "5.1.1")

    assert ((await Contact.get(id=home.contact_id)).email_bounced_at is not None) is marked


async def test_an_address_that_was_put_right_counts_as_good_again(world: World) -> None:
    home = await world.provider("Boone")
    contact = await Contact.get(id=home.contact_id)
    contact.email_bounced_at = world.clock()
    forget_bounce(contact)
    assert contact.email_bounced_at is None


async def test_a_bounced_letter_of_a_coordinator_is_kept_and_alerts_nobody(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    await world.provider("Boone")
    await world.published(coordinator, "Boone")
    for claimed in await claim_letters(world.desk, 100):
        await mark_sent(world.desk, claimed)
    letter = (await world.letters(user_id=coordinator.actor.id))[0]

    assert await bounce_letter(mail_server(world), letter.id, "5.1.1")

    assert (await Letter.get(id=letter.id)).state is DeliveryState.BOUNCED
    assert await alerts(world, coordinator) == []
    assert await Contact.filter(email_bounced_at__isnull=False).count() == 0


async def test_a_letter_that_came_back_before_it_was_marked_as_sent_is_bounced(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    in_the_air = next(one for one in await claim_letters(world.desk, 100) if one.to_provider)

    assert await bounce_letter(mail_server(world), in_the_air.id, "5.1.1")
    await mark_sent(world.desk, in_the_air)

    assert (await Letter.get(id=in_the_air.id)).state is DeliveryState.BOUNCED
    assert (await Contact.get(id=home.contact_id)).email_bounced_at is not None


async def test_a_letter_that_was_never_sent_or_never_written_cannot_come_back(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    waiting = (await world.letters(contact_id=home.contact_id))[0]

    with pytest.raises(Conflict) as never_sent:
        await bounce_letter(mail_server(world), waiting.id, "5.1.1")
    with pytest.raises(NotFound) as never_written:
        await bounce_letter(mail_server(world), uuid4(), "5.1.1")

    assert (never_sent.value.code, never_written.value.code) == ("LETTER_NEVER_SENT", "LETTER_NOT_FOUND")
    assert (await Letter.get(id=waiting.id)).state is DeliveryState.QUEUED
    assert (await Contact.get(id=home.contact_id)).email_bounced_at is None
    assert await alerts(world, coordinator) == []
    refused = [(one.outcome, one.code) for one in await world.entries("letter.bounce")]
    assert refused == [(Outcome.REFUSED, "LETTER_NEVER_SENT"), (Outcome.REFUSED, "LETTER_NOT_FOUND")]


async def test_a_family_that_excluded_the_provider_is_not_told_about_it(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    letter = await sent_letter(world, home)
    await exclude_provider(coordinator, number, home.id, "Too far.")

    await bounce_letter(mail_server(world), letter.id, "5.1.1")

    assert await alerts(world, coordinator) == []


async def _claimed(world: World, home: ProviderHome) -> ClaimedLetter:
    letters = await claim_letters(world.desk, 100)
    mine = await Letter.get(contact_id=home.contact_id)
    return next(letter for letter in letters if letter.id == mine.id)


@pytest.mark.parametrize(("status", "marked"), [("5.1.1", True), ("5.7.1", False), ("", False)])
async def test_a_refusal_at_the_door_alerts_only_when_it_is_the_recipient_who_is_refused(
    world: World, status: str, marked: bool
) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    letter = await _claimed(world, home)

    state = await mark_failed(
        world.desk, letter, f"The mail server refused it: 550 {status}.", for_good=True, status=status
    )

    kept = await Letter.get(id=letter.id)
    assert state is kept.state is DeliveryState.PARKED
    assert kept.last_error == f"The mail server refused it: 550 {status}."
    assert ((await Contact.get(id=home.contact_id)).email_bounced_at is not None) is marked
    assert await alerts(world, coordinator) == ([number] if marked else [])


async def test_a_refusal_for_now_says_nothing_against_the_address(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    letter = await _claimed(world, home)

    await mark_failed(world.desk, letter, "Later.", for_good=False, status="5.1.1")

    assert (await Letter.get(id=letter.id)).state is DeliveryState.QUEUED
    assert (await Contact.get(id=home.contact_id)).email_bounced_at is None


async def test_who_lost_the_claim_on_a_letter_neither_parks_it_nor_alerts(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    letter = await _claimed(world, home)

    await mark_failed(world.desk, replace(letter, claim=uuid4()), "Refused.", for_good=True, status="5.1.1")

    assert (await Letter.get(id=letter.id)).state is DeliveryState.QUEUED
    assert await alerts(world, coordinator) == []


async def test_a_parked_letter_may_be_retried_and_its_bounce_is_heard_again(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    letter = await _claimed(world, home)
    await mark_failed(world.desk, letter, "Refused.", for_good=True, status="5.1.1")
    admin = await world.user(Role.ADMINISTRATOR)

    await retry_letter(admin, letter.id)
    with pytest.raises(Conflict):
        await bounce_letter(mail_server(world), letter.id, "5.1.1")
    await mark_sent(world.desk, (await claim_letters(world.desk, 10))[0])
    assert await bounce_letter(mail_server(world), letter.id, "5.1.1")

    assert len(await alerts(world, coordinator)) == 1


@pytest.mark.requirement("NOT-09")
async def test_a_real_mail_server_that_knows_no_such_mailbox_raises_the_alert(world: World, desk: Desk) -> None:
    coordinator = await world.user(Role.PLACEMENT_COORDINATOR, counties=["Boone"], email=None)
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    async with smtp_sink() as postbox:
        postbox.behaviour = Behaviour(refuse_recipients=True)
        await send_due(desk, postbox, handled=1)

    assert (await Contact.get(id=home.contact_id)).email_bounced_at == world.clock()
    assert await alerts(world, coordinator) == [number]


@pytest.mark.requirement("PRF-01")
async def test_a_bounced_address_makes_its_county_unreachable_in_the_preview(world: World) -> None:
    coordinator = await world.coordinator("Boone", "Cole")
    home = await world.provider("Boone", "Cole")
    await world.contact(home.id, "Cole")
    number = await world.draft(coordinator, "Boone", "Cole")
    assert (await preview_publish(coordinator, number)).unreachable_counties == []

    await Contact.filter(id=home.contact_id).update(email_bounced_at=world.clock())

    preview = await preview_publish(coordinator, number)
    assert [county.name for county in preview.unreachable_counties] == ["Boone"]
    assert [(one.contact_count, one.reachable_contact_count) for one in preview.verdicts] == [(2, 1)]


async def test_a_person_without_an_active_account_is_not_alerted(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    letter = await sent_letter(world, home)
    await User.filter(id=coordinator.actor.id).update(state="DISABLED")

    await bounce_letter(mail_server(world), letter.id, "5.1.1")

    assert await alerts(world, coordinator) == []
