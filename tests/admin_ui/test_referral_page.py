"""The view of one referral: each sees what the manual shows to them, and no more."""

from __future__ import annotations

import pytest

from resolvers.exclusions import exclude_provider
from resolvers.pending_placements import set_pending_placement
from resolvers.referrals import publish_referral
from resolvers.responses import Answer, respond_to_referral
from rules.referrals import DeclineReason, Provision, ResponseKind
from rules.roles import Role
from tests.admin_ui.browser import Opens, SignsIn
from tests.world.world import ProviderHome, World

Story = tuple[int, ProviderHome, ProviderHome]


@pytest.fixture
async def story(world: World) -> Story:
    """A referral that two providers answered, one of them twice; another is excluded; one is pending."""
    coordinator = await world.coordinator("Boone")
    first, second, unwanted = [
        await world.provider("Boone", name=name) for name in ("Maple Ridge", "Prairie Lantern", "Harbor Hearth")
    ]
    number = await world.published(coordinator, "Boone")
    await respond_to_referral(first.staff, number, Answer(ResponseKind.TENTATIVE, Provision.STAFFING, None, "in May"))
    await respond_to_referral(first.staff, number, Answer(ResponseKind.ACCEPT, comments="now"))
    await respond_to_referral(second.staff, number, Answer(ResponseKind.DECLINE, None, DeclineReason.RATE, "secret"))
    await exclude_provider(coordinator, number, unwanted.id, "a visit went wrong")
    await publish_referral(coordinator, number)
    await set_pending_placement(coordinator, number, first.id)
    return number, first, second


async def test_an_administrator_sees_the_whole_story(world: World, signed_in: SignsIn, story: Story) -> None:
    number, _, _ = story
    page = await signed_in(await world.user(Role.ADMINISTRATOR))

    assert (await page.get(f"/referrals/{number}")).status_code == 200

    for said in (
        "12 Invented Street, Sampleton, 00000",
        "Preferred counties Boone",
        "Pending placement Maple Ridge",
        "1 earlier version",
        "Tentatively accept (needs a provision) · When staffing is in place in May",
        "Prairie Lantern Declines Reason: Rate",
        "Harbor Hearth a visit went wrong",
    ):
        assert said in page.text
    await page.get(f"/referrals/{number}/publications")
    assert "Publication 2 · 2 providers of 3" in page.text
    assert "The family asked to leave this provider out." in page.text
    await page.get(f"/referrals/{number}/house")
    assert "referral.set_pending_placement" in page.text
    assert "letters queued" in page.text
    assert (await world.entries("referral.view"))[0].shown


async def test_a_coordinator_sees_the_answers_but_not_the_house_s_own_records(
    world: World, signed_in: SignsIn, story: Story
) -> None:
    number, _, _ = story
    page = await signed_in(await world.coordinator("Boone"))

    await page.get(f"/referrals/{number}")

    assert "Prairie Lantern Declines" in page.text
    assert "Audit trail" not in page.text
    assert "Who was told" not in page.text
    assert await world.entries("outbox.of_referral") == []


async def test_a_provider_sees_its_own_answer_and_nothing_of_the_others(
    world: World, signed_in: SignsIn, story: Story
) -> None:
    number, _, second = story
    page = await signed_in(second.staff)

    await page.get(f"/referrals/{number}")

    assert "Your answer Prairie Lantern Declines" in page.text
    assert "A provider has been chosen" in page.text
    for hidden in ("Maple Ridge", "Harbor Hearth", "Publication", "a visit went wrong", "Audit trail", "in May"):
        assert hidden not in page.text


@pytest.mark.parametrize("number", [1, 99999999999999999999])
async def test_a_referral_that_is_not_there_reads_like_one_that_is_not_yours(
    world: World, signed_in: SignsIn, story: Story, number: int
) -> None:
    theirs, _, _ = story
    page = await signed_in((await world.provider("Adair")).staff)

    assert (await page.get(f"/referrals/{number}")).status_code == 404
    missing = page.text.partition("request")[0]
    assert (await page.get(f"/referrals/{theirs}")).status_code == 404
    assert page.text.partition("request")[0] == missing


async def test_a_number_of_thousands_of_digits_leads_nowhere_for_anybody(
    signed_in: SignsIn, browser: Opens, story: Story
) -> None:
    _, home, _ = story
    address = f"/referrals/{'9' * 5000}"
    assert (await (await signed_in(home.staff)).get(address)).status_code == 404
    assert (await browser().get(address)).status_code == 404


async def test_every_instant_is_said_in_chicago_with_its_zone(world: World, signed_in: SignsIn) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    page = await signed_in(coordinator)

    await page.get(f"/referrals/{number}")

    assert "Mar 2, 2026, 9:00 AM CST" in page.text
    assert 'datetime="2026-03-02T15:00:00+00:00"' in page.page
