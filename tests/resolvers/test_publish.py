"""Publishing: exactly whom the manual names hears of it, once, and it is written down (001:137-174)."""

from __future__ import annotations

import asyncio

import pytest

from orm.models import Mailbox, Notification, Outcome, ProviderKind, Publication, ReferralReach, ReferralVersion
from orm.sql import dialect
from resolvers.frozen_audiences import audiences_of
from resolvers.referral_entry import create_referral
from resolvers.referrals import publish_referral
from rules.audience import Reason
from rules.errors import Denied, Invalid, NotFound
from rules.notices import NotificationKind
from rules.referrals import ReferralStatus
from rules.roles import Role
from tests.world.counting import counting
from tests.world.world import World

PUBLISHED = NotificationKind.REFERRAL_PUBLISHED


@pytest.mark.requirement("NOT-06")
async def test_a_county_referral_reaches_only_providers_who_serve_that_county(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    near, far = await world.provider("Boone"), await world.provider("Adair")

    number = await world.published(coordinator, "Boone")

    assert await world.lines(near.mailbox_id) == [(PUBLISHED, number)]
    assert await world.lines(far.mailbox_id) == []
    assert [letter.contact_id for letter in await world.letters(contact_id__isnull=False)] == [near.contact_id]


@pytest.mark.requirement("NOT-05")
async def test_a_statewide_referral_reaches_every_residential_provider_whatever_its_counties(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    homes = [await world.provider("Adair"), await world.provider()]
    tcm = await world.provider("Boone", kind=ProviderKind.TARGETED_CASE_MANAGEMENT)

    number = await world.published(coordinator)

    for home in homes:
        assert await world.lines(home.mailbox_id) == [(PUBLISHED, number)]
    assert await world.lines(tcm.mailbox_id) == []


@pytest.mark.requirement("NOT-07")
async def test_a_provider_in_no_referral_status_is_not_told(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.suspend(home.id)

    await world.published(coordinator, "Boone")

    assert await world.lines(home.mailbox_id) == []
    [publication] = await Publication.all()
    assert await audiences_of([publication.id]) == {publication.id: {home.id: Reason.NO_REFERRAL_STATUS}}
    assert not await ReferralReach.exists(provider_id=home.id)


@pytest.mark.requirement("NOT-16")
async def test_placement_and_transition_coordinators_of_the_county_are_told_and_no_others(world: World) -> None:
    placement = await world.coordinator("Boone")
    transition = await world.coordinator("Boone", role=Role.TRANSITION_COORDINATOR)
    elsewhere = await world.coordinator("Adair")

    number = await world.published(placement, "Boone")

    for coordinator in (placement, transition):
        assert await world.lines(coordinator.actor.mailbox_id) == [(PUBLISHED, number)]
    assert await world.lines(elsewhere.actor.mailbox_id) == []


@pytest.mark.requirement("NOT-02")
async def test_publishing_again_tells_that_it_was_published_again_and_counts(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")

    await publish_referral(coordinator, number)

    assert await world.lines(home.mailbox_id) == [
        (PUBLISHED, number),
        (NotificationKind.REFERRAL_REPUBLISHED, number),
    ]
    referral = await world.referral(number)
    assert referral.publications == 2
    acts = await ReferralVersion.filter(referral_id=referral.id).order_by("version").values_list("act", flat=True)
    assert list(acts) == ["created", "published", "republished"]


async def test_reach_is_written_in_the_order_of_names_and_publishing_again_adds_whom_it_had_not_reached(
    world: World,
) -> None:
    coordinator = await world.coordinator("Boone")
    homes = [await world.provider("Boone", name=name) for name in ("Mint", "Cedar", "Zinnia")]
    await world.provider("Adair", name="Elder")
    number = await world.published(coordinator, "Boone")
    late = await world.provider("Boone", name="Aster")

    await publish_referral(coordinator, number)

    mint, cedar, zinnia = homes
    reached = await ReferralReach.all().order_by("id").values_list("provider_id", "waits")
    assert list(reached) == [(cedar.id, True), (mint.id, True), (zinnia.id, True), (late.id, True)]


async def test_publishing_without_a_primary_coordinator_is_refused_and_changes_nothing(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await create_referral(coordinator, await world.new_referral("Boone"))

    with pytest.raises(Invalid) as refused:
        await publish_referral(coordinator, number)

    assert (refused.value.code, refused.value.field) == ("PRIMARY_COORDINATOR_REQUIRED", "primaryCoordinatorId")
    assert (await world.referral(number)).status is ReferralStatus.DRAFT
    assert await world.lines(home.mailbox_id) == []
    entry = (await world.entries("referral.publish"))[-1]
    assert (entry.outcome, entry.code, entry.facts["number"]) == (
        Outcome.REFUSED,
        "PRIMARY_COORDINATOR_REQUIRED",
        number,
    )


async def test_a_provider_cannot_publish(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.draft(coordinator, "Boone")

    with pytest.raises(Denied):
        await publish_referral(home.staff, number)

    assert (await world.referral(number)).status is ReferralStatus.DRAFT
    assert [entry.outcome for entry in await world.entries("referral.publish")] == [Outcome.REFUSED]


async def test_a_coordinator_of_another_county_does_not_find_the_referral(world: World) -> None:
    coordinator, stranger = await world.coordinator("Boone"), await world.coordinator("Adair")
    number = await world.draft(coordinator, "Boone")

    with pytest.raises(NotFound):
        await publish_referral(stranger, number)


async def test_publishing_to_thirty_providers_takes_as_many_statements_as_publishing_to_three(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    statements: list[list[str]] = []
    for homes in (3, 27):
        for _ in range(homes):
            home = await world.provider("Boone")
            await world.contact(home.id, "Boone")
        number = await world.draft(coordinator, "Boone")
        with counting() as heard:
            await publish_referral(coordinator, number)
        statements.append(heard)
    assert len(await world.letters(contact_id__isnull=False)) == 2 * 3 + 2 * 30
    few, many = statements
    assert [text.split(" ", 3)[:3] for text in few] == [text.split(" ", 3)[:3] for text in many]
    assert len(few) <= 22


async def test_mailboxes_are_held_by_the_last_statements_of_a_publishing_only(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    await world.provider("Boone")
    number = await world.draft(coordinator, "Boone")
    with counting() as heard:
        await publish_referral(coordinator, number)
    locking = ("UPDATE mailbox", "FOR NO KEY UPDATE OF m\n) AS held")
    first = next(at for at, text in enumerate(heard) if any(words in text for words in locking))
    from_then_on = "\n".join(heard[first:])
    assert len(heard) - first == (2 if dialect() == "postgres" else 3)
    assert all(f"INSERT INTO {table}" in from_then_on for table in ("notification", "outbox"))


async def test_two_who_publish_at_once_to_the_same_readers_leave_every_line_once_and_none_out(world: World) -> None:
    coordinators = [await world.coordinator("Boone", "Adair") for _ in range(4)]
    homes = [await world.provider("Boone", "Adair") for _ in range(12)]
    numbers = [await world.draft(coordinator, "Boone", "Adair") for coordinator in coordinators for _ in range(2)]
    async with asyncio.timeout(60):
        await asyncio.gather(
            *(publish_referral(coordinators[place // 2], number) for place, number in enumerate(numbers))
        )
    for home in homes:
        rows = await Notification.filter(mailbox_id=home.mailbox_id).order_by("line")
        assert [row.line for row in rows] == list(range(1, len(numbers) + 1))
        assert {row.referral_number for row in rows} == set(numbers)
        assert (await Mailbox.get(id=home.mailbox_id)).last_line == len(numbers)
    lines = await Notification.filter(mailbox_id__in=[home.mailbox_id for home in homes])
    letters = await world.letters(contact_id__isnull=False)
    assert sorted(letter.id for letter in letters) == sorted(line.letter_id for line in lines)
