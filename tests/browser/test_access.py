"""The access office in a real browser: a request from the wish to the role, and every page for everybody."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from orm.models import AccessRequest, RoleGrant, User
from resolvers.callers import Caller
from rules.approvals import RequestState
from rules.roles import Role
from tests.browser.conftest import Opens
from tests.browser.looking import check_accessible
from tests.world.duties import reset_for
from tests.world.office import Office
from tests.world.requests import REGIONAL_OFFICE_USER
from tests.world.world import PASSWORD, World


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
async def test_a_role_is_asked_for_step_by_step_approved_by_signing_and_granted(
    opens: Opens, world: World, script: bool
) -> None:
    office = await Office.of(world)
    page = await opens(office.employee, script=script)
    await page.goto("/your-account")
    await page.get_by_role("link", name="Ask for the roles that you need").click()
    await page.get_by_label("I have read the terms").check()
    await page.get_by_label("The local regional office").check()
    await page.get_by_role("button", name="Go on to the roles").click()
    if script:
        await check_accessible(page)
    await page.get_by_label("DD Private TCM Provider Regional Office User").first.check()
    await page.get_by_label("Reason for DD Private TCM").fill("Logs what support coordinators did.")
    await page.get_by_role("button", name="Go on to the review").click()
    await expect(page.get_by_text("Logs what support coordinators did.")).to_be_visible()
    if script:
        await check_accessible(page)
    await page.get_by_role("button", name="Submit the request").click()
    await expect(page.get_by_role("region", name="Where the request is")).to_contain_text("Local Security Officer now")
    await page.go_back()
    await page.goto(page.url)
    number = (await AccessRequest.get()).number

    for who, home in ((office.lso, "for your decision"), (office.provisioning, "for the final approval")):
        desk = await opens(who, script=script)
        await desk.goto("/")
        await desk.get_by_role("link", name=f"access request {home}").click()
        await desk.get_by_role("link", name=str(number)).first.click()
        await desk.get_by_label("Your user ID").fill(who.actor.label)
        await desk.get_by_label("Your password").fill("Wrong-Horse-7")
        await desk.get_by_role("button", name="Approve and sign").click()
        await expect(desk.locator("#fault")).to_contain_text("The password is not right.")
        await _sign(desk, who)
        await expect(desk.get_by_role("status").last).to_have_text("Your decision was signed and kept.")
    assert (await AccessRequest.get()).state is RequestState.GRANTED
    assert await RoleGrant.exists(user_id=office.employee.actor.person(), role=REGIONAL_OFFICE_USER, ended_at=None)
    await page.goto("/my-roles")
    await expect(page.get_by_role("table")).to_contain_text(str(number))


async def _sign(page: Page, who: Caller) -> None:
    await page.get_by_label("Your user ID").fill(who.actor.label)
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Approve and sign").click()


async def test_a_person_who_leaves_is_cut_off_after_a_second_question(opens: Opens, world: World) -> None:
    office = await Office.of(world)
    page = await opens(office.lso)
    await page.goto("/accounts")
    await page.get_by_label("User ID or name").fill(office.deputy.actor.label)
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("link", name=office.deputy.actor.label).click()
    await page.get_by_role("link", name="Revoke access").click()
    await page.get_by_label("The person has left").check()
    await page.get_by_role("button", name="Revoke access now").click()
    await page.get_by_role("button", name="Back to the form").click()
    await expect(page.get_by_label("The person has left")).to_be_checked()
    await page.get_by_role("button", name="Revoke access now").click()
    await check_accessible(page)
    await page.get_by_role("button", name="Revoke access now").click()
    await expect(page.get_by_role("status").last).to_contain_text("Access was revoked.")
    await page.reload()
    assert (await User.get(id=office.deputy.actor.person())).state == "DISABLED"


async def test_a_reset_ends_in_a_password_that_is_shown_once(opens: Opens, world: World) -> None:
    office = await Office.of(world)
    reset = await reset_for(office.employee, world)
    page = await opens(await world.user(Role.SUPPORT_DESK))

    await page.goto(f"/resets/{reset.number}/resolve")
    await page.get_by_role("radio").first.check()
    await page.get_by_role("button", name="Reset and show the password").click()
    await check_accessible(page)
    secret = await page.locator(".copy").last.text_content()
    await page.reload()
    await expect(page.locator("main")).not_to_contain_text(secret or "nothing was shown")
    await page.goto("/outside-systems/new")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Not allowed")
    await check_accessible(page)
