"""The way through the house as a person goes it: sign in, home, a list, a record, a form; with a script and without."""

from __future__ import annotations

import pytest
from playwright.async_api import Route, expect

from orm.models import Letter, User
from resolvers.contacts import NewContact, add_contact
from resolvers.promises import CONFIRM_TOKEN
from resolvers.referrals import publish_referral
from rules.notices import NotificationKind
from rules.roles import Role
from tests.browser.conftest import Opens
from tests.browser.looking import check_accessible, hears_news
from tests.world.world import PASSWORD, World


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
async def test_a_coordinator_signs_in_finds_a_referral_and_mends_the_own_profile(
    opens: Opens, world: World, script: bool
) -> None:
    ada = await world.user(Role.PLACEMENT_COORDINATOR, user_id="ADA", counties=["Boone"], email="ada@example.org")
    numbers = [await world.published(ada, "Boone") for _ in range(2)]
    page = await opens(script=script)

    await page.goto("/")
    await page.get_by_label("User ID").fill("ada")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="I have read this and accept it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Good to see you, First1 Last1")

    rooms = page.get_by_role("navigation", name="Rooms")
    await rooms.get_by_text("Exchange").click()
    await rooms.get_by_role("link", name="Referrals").click()
    await page.get_by_label("Number", exact=True).fill(str(numbers[1]))
    await page.get_by_role("button", name="Search").click()
    await expect(page).to_have_url(f"/referrals?number={numbers[1]}")
    await page.get_by_role("link", name=f"View referral {numbers[1]}").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(str(numbers[1]))
    await page.go_back()
    await expect(page.get_by_label("Number", exact=True)).to_have_value(str(numbers[1]))

    await page.goto("/profile")
    await page.get_by_label("E-mail address").fill("nobody")
    await page.get_by_label("Title").fill("Coordinator")
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#fault")).to_be_focused()
    if script:
        await check_accessible(page)
    await expect(page.get_by_label("E-mail address")).to_have_value("nobody")
    await expect(page.get_by_label("Title")).to_have_value("Coordinator")
    assert (await User.get(user_id="ADA")).title == ""
    await page.get_by_label("E-mail address").fill("ada@example.org")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status").last).to_have_text("Your profile was changed.")
    await page.reload()
    await page.reload()
    assert (await User.get(user_id="ADA")).title == "Coordinator"
    said = [entry.outcome for entry in await world.entries("account.update_profile")]
    assert said == ["REFUSED", "DONE"], "reloading and going back change nothing"


async def test_the_badge_moves_by_itself_and_the_keys_go_along_the_rows(opens: Opens, world: World) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    numbers = [await world.published(coordinator, "Boone") for _ in range(2)]
    page = await opens(home.staff)
    await page.goto("/notifications")
    await page.goto("/")
    waits = page.locator("#waiting")
    await expect(waits).to_contain_text("2 referrals not answered yet")
    await hears_news(page)

    numbers.append(await world.draft(coordinator, "Boone"))
    await publish_referral(coordinator, numbers[-1])

    await expect(page.locator("#bell")).to_have_text("1 new")
    await expect(waits).to_contain_text("3 referrals not answered yet")
    await page.goto("/referrals")
    await page.keyboard.press("/")
    await expect(page.get_by_label("Last name")).to_be_focused()
    await page.get_by_label("Last name").blur()
    for key in "jjk":
        await page.keyboard.press(key)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"/referrals/{numbers[0]}")


async def test_news_that_come_between_the_page_and_its_stream_are_on_the_page_all_the_same(
    opens: Opens, world: World
) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    number = await world.draft(coordinator, "Boone")
    page = await opens(home.staff)

    async def first_something_happens(route: Route) -> None:
        await publish_referral(coordinator, number)
        await route.continue_()

    await page.route("**/events?*", first_something_happens, times=1)
    await page.goto("/")

    await expect(page.locator("#waiting")).to_contain_text("1 referral not answered yet")


async def test_whoever_has_the_letter_confirms_an_address_with_one_button(opens: Opens, world: World) -> None:
    home = await world.provider("Boone", name="Harbor Light")
    await add_contact(home.staff, home.id, NewContact("Ann", "Example", "ann@example.org"))
    letter = await Letter.get(kind=NotificationKind.CONFIRM_ADDRESS)
    page = await opens()

    await page.goto(f"/confirm-address/{letter.facts[CONFIRM_TOKEN]}")
    await check_accessible(page)
    await page.get_by_role("button", name="Yes, this is my address").click()
    await expect(page.locator("main")).to_contain_text("is confirmed")
    await check_accessible(page)


async def test_the_sentences_of_a_table_stay_readable_on_a_telephone(opens: Opens, world: World) -> None:
    page = await opens(await world.user(user_id="ADA"))
    await page.set_viewport_size({"width": 390, "height": 800})

    await page.goto("/your-account")

    sentence = page.get_by_role("cell", name="A password is good for 60 days.")
    assert await sentence.evaluate("(cell) => cell.offsetWidth") > 200, "a word on each line is no sentence"
