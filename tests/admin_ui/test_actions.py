"""Every form keeps what was typed, is asked for again where it cannot be undone, and does its work once."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from admin_ui import AdminOffice, cookie_name
from admin_ui.actions import Action, Ask, Field, show_action
from admin_ui.doors import Visit, door
from admin_ui.forms import Fields
from admin_ui.routes import ACTIONS
from orm.models import User
from resolvers.desk import EVERYONE
from resolvers.sessions import sign_in
from rules.errors import Conflict
from tests.admin_ui.browser import Browser, SignsIn
from tests.world.world import PASSWORD, STATEMENT, World

Done = list[Fields]


@pytest.fixture
async def closing(world: World, office: AdminOffice) -> tuple[Browser, Done]:
    """A browser before a form that closes something for good."""
    done: Done = []

    async def close(visit: Visit, given: Fields) -> str:
        if given.raw("reason") == "never":
            raise Conflict("It was closed already.", code="CLOSED")
        done.append(given)
        if given.raw("reason") == "slowly":
            for _ in range(20):
                await User.all().count()
        return "/closed?number=7"

    action = Action(
        path="/close",
        of=None,
        title="Close it",
        button="Close it for good",
        confirm="It cannot be opened again.",
        done="It was closed.",
        do=close,
        fields=(
            Field("reason", "Reason", Ask.AREA, required=True),
            Field("how", "How", Ask.RADIO, choices=(("A", "At once"), ("L", "Later"))),
            Field("password", "Password", Ask.PASSWORD),
        ),
    )
    app = Starlette(
        routes=[Route("/close", door(office, lambda visit: show_action(visit, action)), methods=["GET", "POST"])]
    )
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://homeward.test")
    await world.user(user_id="ADA")
    signed = await sign_in(world.desk, "ADA", PASSWORD, device="test", request_id="test", accepts=STATEMENT)
    client.cookies.set(cookie_name(secure=True), signed.token, domain="homeward.test")
    return Browser(office, client), done


def once(page: Browser) -> str:
    """The token of the form on the page."""
    found = re.search(r'name="once" value="([^"]+)"', page.page)
    assert found
    return found[1]


async def test_what_cannot_be_undone_is_asked_for_once_more_and_then_done_once(closing: tuple[Browser, Done]) -> None:
    page, done = closing
    await page.get("/close")
    assert 'type="password"' not in page.page, "a password is asked for in the last step"
    form = {"once": once(page), "reason": "Moved <away>", "how": "L"}

    assert (await page.post("/close", form)).status_code == 200
    assert done == []
    assert "It cannot be opened again." in page.text
    assert "Reason Moved <away>" in page.text
    assert "How Later" in page.text
    assert 'type="password"' in page.page
    await page.post("/close", form | {"confirmed": "back"})
    assert "Moved &lt;away&gt;</textarea>" in page.page
    for _ in range(2):
        answer = await page.post("/close", form | {"confirmed": "yes", "password": "x"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/closed?number=7&done=close")
        await page.get("/close")

    assert [given.raw("reason") for given in done] == ["Moved <away>"]


async def test_a_double_click_does_the_work_once_and_both_are_led_to_the_same_place(
    closing: tuple[Browser, Done],
) -> None:
    page, done = closing
    await page.get("/close")
    form = {"once": once(page), "reason": "slowly", "confirmed": "yes"}
    answers = await asyncio.gather(*(page.post("/close", form) for _ in range(3)))
    assert [(one.status_code, one.headers["location"]) for one in answers] == [(303, "/closed?number=7&done=close")] * 3
    assert len(done) == 1


async def test_a_refused_form_comes_back_with_everything_but_the_password(closing: tuple[Browser, Done]) -> None:
    page, done = closing
    await page.get("/close")

    answer = await page.post("/close", {"reason": " ", "how": "L", "confirmed": "yes", "password": "secret"})
    assert answer.status_code == 422
    assert 'id="reason-wrong"' in page.page
    assert 'value="L" checked' in page.page
    assert "secret" not in page.page
    assert re.search(r'id="fault" tabindex="-1" autofocus', page.page)
    answer = await page.post("/close", {"reason": "never", "confirmed": "yes"})
    assert answer.status_code == 409
    assert "It was closed already." in page.text
    assert ">\nnever</textarea>" in page.page
    assert done == []


async def test_a_form_is_not_shown_to_whom_its_use_case_would_refuse(world: World, signed_in: SignsIn) -> None:
    page = await signed_in(await world.user())
    opened = {}
    for action in ACTIONS:
        assert action.of is not None, action.path
        path = re.sub(r"{\w+:uuid}", "00000000-0000-4000-8000-000000000000", action.path)
        answer = await page.get(re.sub(r"{\w+}", "X", re.sub(r"{\w+:int}", "1001", path)))
        if answer.status_code != 403 and action.of.by < EVERYONE and not action.is_read:
            opened[action.path] = answer.status_code

    assert opened == {}, "nobody types what will not be taken"


async def test_who_is_not_known_gets_no_news(closing: tuple[Browser, Done], signed_in: SignsIn, world: World) -> None:
    page = await signed_in(await world.user(must_change=True))
    assert (await page.get("/events")).status_code == 204
    page.client.cookies.clear()
    assert (await page.get("/events")).status_code == 204
