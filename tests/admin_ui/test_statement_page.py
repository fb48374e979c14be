"""The statement's page: after signing in it comes first, and one button accepts it (000:253)."""

from __future__ import annotations

import pytest

from orm.models import StatementAcceptance
from rules.roles import Role
from tests.admin_ui.browser import Opens
from tests.world.world import STATEMENT, World


@pytest.mark.requirement("ACC-14")
async def test_after_signing_in_the_statement_comes_before_every_page_and_leads_on_when_it_is_accepted(
    browser: Opens, world: World
) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser()
    answer = await someone.sign_in("ADA", accepts=False, next="/trail?actor=ADA")
    assert answer.headers["location"] == "/statement?next=%2Ftrail%3Factor%3DADA"

    for page in ("/", "/trail", "/referrals/1001"):
        assert (await someone.get(page)).headers["location"].startswith("/statement?next=%2F")
    shown = await someone.get(answer.headers["location"])
    assert shown.status_code == 200
    assert "The records in this system are about people who receive services." in someone.text
    assert "Audit trail" not in someone.text, "no room is open yet"
    assert not await StatementAcceptance.exists(), "reading accepts nothing"
    fields = {"version": STATEMENT, "next": "/trail?actor=ADA"}
    accepted = await someone.post("/statement", fields)

    assert (accepted.status_code, accepted.headers["location"]) == (303, "/trail?actor=ADA")
    assert (await someone.get("/trail?actor=ADA")).status_code == 200
    await someone.get("/statement")
    assert "You have accepted it." in someone.text


@pytest.mark.parametrize("trick", ["another site", "no token", "elsewhere", "another version"])
async def test_a_form_that_is_not_ours_or_not_of_this_text_accepts_nothing(
    browser: Opens, world: World, trick: str
) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser()
    await someone.sign_in("ADA", accepts=False)
    await someone.get("/statement")
    fields = {"version": STATEMENT}
    if trick == "elsewhere":
        answer = await someone.post("/statement", fields | {"next": "https://elsewhere.test/"})
        assert answer.headers["location"] == "/"
        return
    if trick == "another version":
        assert (await someone.post("/statement", {"version": "2025-1"})).status_code == 409
        assert "Another version" in someone.text
        assert f'value="{STATEMENT}"' in someone.page, "the text in force can be accepted right there"
    elif trick == "no token":
        assert (await someone.post("/statement", fields, csrf="")).status_code == 403
    else:
        assert (await someone.post("/statement", fields, origin="https://elsewhere.test")).status_code == 403
    assert not await StatementAcceptance.exists()


async def test_who_does_not_accept_can_still_sign_out_and_find_help(browser: Opens, world: World) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser()
    await someone.sign_in("ADA", accepts=False)
    assert (await someone.get("/help")).status_code == 200
    await someone.get("/statement")
    assert (await someone.post("/sign-out", {})).headers["location"] == "/sign-in?done=signed-out"


async def test_nobody_sees_the_page_without_signing_in(browser: Opens, world: World) -> None:
    assert world
    assert (await browser().get("/statement")).headers["location"] == "/sign-in?next=%2F"
