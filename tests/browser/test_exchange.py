"""The exchange as its people go through it: a coordinator, a provider, the office; with a script and without."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from orm.models import Response
from resolvers.callers import Desk
from rules.referrals import ReferralStatus
from rules.roles import Role
from tests.browser.conftest import Opens
from tests.browser.looking import check_accessible, hears_news
from tests.world.clock import Clock
from tests.world.documents import PDF, pdf
from tests.world.file_room import with_files
from tests.world.world import World


@pytest.fixture
def desk(desk: Desk, tmp_path: Path, clock: Clock) -> Desk:
    """A desk with a real place for documents."""
    return with_files(desk, tmp_path, clock)


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
async def test_a_referral_goes_from_its_draft_to_a_home_on_the_pages_alone(
    opens: Opens, world: World, script: bool
) -> None:
    coordinator = await world.coordinator("Boone", "Cole")
    home = await world.provider("Boone", name="Maple Ridge")
    other = await world.provider("Boone", name="Harbor Hearth")
    await world.facility()
    # axe is a script itself: only one of the two walks looks.
    mine, theirs = await opens(coordinator, script=script), await opens(home.staff, script=script)

    await mine.goto("/referrals")
    await mine.get_by_role("link", name="New referral").click()
    await mine.get_by_label("DMH ID").fill("D900001")
    await mine.get_by_label("First name").fill("Invented")
    await mine.get_by_label("Last name").fill("Person")
    await mine.get_by_label("Birth date").fill("1990-05-17")
    await mine.get_by_label("Female").check()
    await mine.get_by_label("Boone", exact=True).check()
    await mine.get_by_label("State facility").select_option("101")
    await mine.get_by_role("button", name="Create the draft").click()
    await expect(mine.get_by_role("status").last).to_contain_text("The draft was created.")
    at = mine.url.partition("?")[0]

    await mine.get_by_role("link", name="Add a document").click()
    await mine.get_by_label("Person Centered Plan").check()
    plan = {"name": "plan.pdf", "mimeType": PDF, "buffer": pdf(2000)}
    await mine.locator("#document").set_input_files(plan)  # type: ignore[arg-type]
    await mine.get_by_role("button", name="Add the document").click()
    await expect(mine.get_by_text("plan.pdf", exact=True)).to_be_visible()

    await mine.get_by_role("link", name="Publish …").click()
    await expect(mine.get_by_role("row", name="Maple Ridge")).to_contain_text("Yes")
    await mine.get_by_role("row", name="Harbor Hearth").get_by_role("link", name="Leave out").click()
    await mine.get_by_label("What the family said").fill("too near")
    await mine.get_by_role("button", name="Leave it out").click()
    await mine.get_by_role("link", name="Publish …").click()
    await mine.get_by_role("button", name="Publish and tell them").click()
    await expect(mine.get_by_role("status").last).to_contain_text("The referral was published.")
    assert await world.lines(other.mailbox_id) == []

    await theirs.goto("/referrals?unanswered=yes")
    await theirs.get_by_role("link", name="View referral").click()
    await theirs.get_by_role("link", name="Answer this referral").click()
    await theirs.get_by_label("Tentatively accept").check()
    await theirs.get_by_role("button", name="Save the answer").click()
    await expect(theirs.locator("#provision-wrong")).to_be_visible()
    if script:
        await check_accessible(theirs)
    await theirs.get_by_label("Provision", exact=True).select_option(label="When staffing is in place")
    await theirs.get_by_role("button", name="Save the answer").click()
    await expect(theirs.get_by_text("Tentatively accepts")).to_be_visible()
    await theirs.reload()
    assert (await Response.get()).version == 1, "reloading answers nothing"

    await mine.goto(at)
    await mine.get_by_role("link", name="Choose Maple Ridge").click()
    await expect(mine.get_by_label("Maple Ridge")).to_be_checked()
    await mine.get_by_role("button", name="Set the pending placement").click()
    await mine.get_by_role("link", name="Close …").click()
    await mine.get_by_role("button", name="Close it …").click()
    await expect(mine.get_by_text("is not opened again")).to_be_visible()
    await mine.get_by_role("button", name="Close it").click()
    await expect(mine.get_by_role("status").last).to_contain_text("The referral was closed")
    number = int(at.rpartition("/")[2])
    assert (await world.referral(number)).status is ReferralStatus.CLOSED


async def test_the_notifications_are_asked_for_again_when_news_come(opens: Opens, world: World) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    page = await opens(home.staff)
    await page.goto("/notifications")
    await expect(page.locator("#rows")).to_contain_text("Nothing yet.")
    await hears_news(page)

    number = await world.published(coordinator, "Boone")

    await expect(page.locator("#rows")).to_contain_text(f"Referral {number} was published")


async def test_a_view_is_kept_and_the_grid_is_taken_out_without_a_script(opens: Opens, world: World) -> None:
    coordinator = await world.coordinator("Boone")
    await world.published(coordinator, "Boone")
    page = await opens(coordinator, script=False)

    await page.goto("/referrals")
    await page.get_by_label("No provider accepts").check()
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("link", name="Number").click()
    await page.get_by_text("Keep this view").click()
    await page.get_by_label("Name of the view").fill("Nobody yet")
    await page.get_by_role("button", name="Keep").click()
    await expect(page.get_by_role("link", name="Nobody yet")).to_be_visible()
    await page.goto("/referrals")
    await page.get_by_role("link", name="Nobody yet").click()
    await expect(page).to_have_url("/referrals?unaccepted=yes&order=NUMBER_ASC")
    async with page.expect_download() as taken:
        await page.get_by_role("button", name="CSV").click()
    assert (await taken.value).suggested_filename.endswith(".csv")
    assert [entry.facts["kind"] for entry in await world.entries("list.export")] == ["csv"]


async def test_a_provider_chooses_its_counties_by_name_and_by_box(opens: Opens, world: World) -> None:
    home = await world.provider("Boone", name="Maple Ridge")
    page = await opens(await world.user(Role.CONSUMER_REFERRAL_DB, provider_id=home.id))

    await page.goto("/provider")
    await page.get_by_role("link", name="Counties of").click()
    await page.get_by_label("Counties, by name").fill("Cole county")
    await page.get_by_label("Adair", exact=True).check()
    await page.get_by_role("button", name="Save the counties").click()
    await expect(page.get_by_label("Cole", exact=True)).to_be_checked()
    await expect(page.get_by_label("Adair", exact=True)).to_be_checked()
