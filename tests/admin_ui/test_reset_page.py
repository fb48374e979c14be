"""Cannot sign in? The number to call, a form that tells nobody anything, a device that is known again (000:9-20)."""

from __future__ import annotations

from datetime import date

import pytest

from admin_ui.page_session import form_token
from orm.models import Ticket
from resolvers.help import replace_help
from rules.roles import Role
from rules.support_hours import SupportWindow
from tests.admin_ui.browser import HERE, Opens
from tests.world.world import PASSWORD, World


@pytest.mark.requirement("PWD-10")
@pytest.mark.requirement("PWD-11")
async def test_who_cannot_sign_in_finds_the_number_to_call_and_asks_for_a_reset(browser: Opens, world: World) -> None:
    await replace_help(world.house, [], [SupportWindow("Desk", "555-0142", False, 0, 420, 1050, date(2020, 1, 1))])
    await world.user(user_id="ADA")
    someone = browser()
    await someone.get("/sign-in")
    assert 'href="/cannot-sign-in"' in someone.page

    assert (await someone.get("/cannot-sign-in")).status_code == 200
    assert "Call Desk , 555-0142" in someone.text.replace("Desk,", "Desk ,")
    known = await someone.post("/cannot-sign-in", {"userId": "ada"})
    told = someone.text
    stranger = browser()
    await stranger.get("/cannot-sign-in")
    unknown = await stranger.post("/cannot-sign-in", {"userId": "nobody"})

    assert (known.status_code, unknown.status_code) == (202, 202)
    assert told.partition("request")[0] == stranger.text.partition("request")[0]
    assert "calls back" in told
    assert await Ticket.all().count() == 1


async def test_at_night_the_next_opening_is_told(browser: Opens, world: World) -> None:
    await replace_help(world.house, [], [SupportWindow("Desk", "555-0142", False, 1, 420, 1050, date(2020, 1, 1))])
    someone = browser()
    await someone.get("/cannot-sign-in")
    assert "The next opening is Mar 3, 2026, 7:00 AM CST" in someone.text


async def test_a_form_of_another_site_or_of_another_browser_asks_for_nothing(browser: Opens, world: World) -> None:
    await world.user(user_id="ADA")
    someone, stranger = browser(), browser()
    await someone.get("/cannot-sign-in")
    token = someone.form_token
    for attempt in (
        someone.post("/cannot-sign-in", {"userId": "ADA"}, origin="https://elsewhere.test", csrf=token),
        someone.post("/cannot-sign-in", {"userId": "ADA"}, csrf=""),
        stranger.post("/cannot-sign-in", {"userId": "ADA"}, csrf=token),
    ):
        assert (await attempt).status_code == 403
    assert not await Ticket.exists()


@pytest.mark.requirement("PWD-08")
async def test_the_browser_of_the_owner_is_known_again_after_strangers_have_locked_the_door(
    browser: Opens, world: World
) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    own, stranger = browser(), browser()
    answer = await own.sign_in("ADA", accepts=False)
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-homeward-device=")]
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"path=/", "secure", "httponly", "samesite=strict", f"max-age={180 * 86_400}"} <= flags
    await own.get("/statement")
    await own.post("/sign-out", {})
    for _ in range(3):
        assert (await stranger.sign_in("ADA", "Wrong-Horse-7")).status_code == 401
    world.clock.forward(minutes=1)

    assert (await stranger.sign_in("ADA")).status_code == 401
    again = await own.sign_in("ADA", accepts=False)

    assert again.status_code == 303
    assert not [one for one in again.headers.get_list("set-cookie") if one.startswith("__Host-homeward-device=")]
    assert PASSWORD not in own.page
    assert own.client.base_url.host == HERE.removeprefix("https://")


async def test_a_form_without_the_cookie_of_a_browser_asks_for_nothing(browser: Opens, world: World) -> None:
    await world.user(user_id="ADA")
    someone = browser()
    answer = await someone.post("/cannot-sign-in", {"userId": "ADA"}, csrf=form_token(""))
    assert answer.status_code == 403
    assert not await Ticket.exists()
