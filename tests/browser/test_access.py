"""The access office in a real browser: a request from the wish to the role, and every page for everybody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from orm.models import AccessRequest, Incident, RoleGrant, User
from resolvers.access_forms import submit_access_form
from resolvers.callers import Caller
from resolvers.incidents import suspend_account
from rules.approvals import RequestState
from rules.roles import Role
from rules.tickets import TicketKind
from tests.browser.conftest import Opens
from tests.browser.looking import check_accessible, shoot
from tests.world.duties import reset_for
from tests.world.forms import PAPER_FORM, SIGNED_FORM, newcomer, plant_forms
from tests.world.office import Office
from tests.world.requests import REGIONAL_OFFICE_USER, decide, draft, submitted
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
    await page.get_by_label("DD Private TCM Provider Regional Office User").first.check()
    await page.get_by_label("Reason for DD Private TCM").fill("Logs what support coordinators did.")
    await page.get_by_role("button", name="Go on to the review").click()
    await expect(page.get_by_text("Logs what support coordinators did.")).to_be_visible()
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


@pytest.mark.parametrize("rooms", ["requests", "forms and officers", "users and incidents", "desks"])
async def test_every_page_of_the_access_office_can_be_used_by_everybody(opens: Opens, world: World, rooms: str) -> None:
    office = await Office.of(world)
    pages: dict[str, Page] = {}
    for who, path, name in await _PAGES[rooms](world, office):
        page = pages[who.actor.label] = pages.get(who.actor.label) or await opens(who)
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        try:
            await check_accessible(page)
        finally:
            await shoot(page, name)


Stop = tuple[Caller, str, str]
"""Who opens which page, and what its picture is called."""


async def _requests(_: World, office: Office) -> list[Stop]:
    number = await submitted(office.employee, REGIONAL_OFFICE_USER, reason="Logs TCM.")
    second = await draft(office.supervisor, REGIONAL_OFFICE_USER)
    await decide(office.lso, await submitted(office.deputy, REGIONAL_OFFICE_USER, reason="Logs TCM."))
    return [
        (office.supervisor, "/access-requests/new", "request-new"),
        (office.supervisor, f"/access-requests/{second}/roles", "request-roles"),
        (office.supervisor, f"/access-requests/{second}/review", "request-review"),
        (office.supervisor, f"/access-requests/{second}", "request-draft"),
        (office.supervisor, "/my-roles", "my-roles"),
        (office.supervisor, "/your-account", "your-account"),
        (office.lso, "/access-requests", "requests"),
        (office.lso, f"/access-requests/{number}", "request-decide"),
        (office.provisioning, "/provisioning", "provisioning"),
    ]


async def _forms(world: World, office: Office) -> list[Stop]:
    other = await world.provider()
    await plant_forms(world, other.id, await world.user(provider_id=other.id))
    form = await submit_access_form(office.employee, newcomer())
    return [
        (office.lso, f"/forms/{form}", "form"),
        (office.lso, "/lso", "lso"),
        (office.lso, "/forms/new", "form-new"),
        (office.director, f"/lso/provider/{office.provider_id}/designate", "lso-designate"),
        (office.director, f"/lso/provider/{office.provider_id}/end", "lso-end"),
        (office.liaison, "/forms", "forms"),
        (office.liaison, f"/forms/{PAPER_FORM}/paper", "form-paper"),
        (office.liaison, f"/forms/{SIGNED_FORM}/forward", "form-forward"),
        (office.liaison, "/lso/health", "lso-health"),
    ]


async def _users(_: World, office: Office) -> list[Stop]:
    leaver = await office.hire()
    await suspend_account(office.cso, leaver.actor.label, "Seen in two places.")
    incident = (await Incident.get()).number
    return [
        (office.lso, "/", "home-lso"),
        (office.lso, f"/incidents/{incident}", "incident"),
        (office.lso, "/accounts", "accounts"),
        (office.lso, f"/accounts/{office.employee.actor.label}", "account"),
        (office.lso, f"/accounts/{office.lso.actor.label}", "account-own"),
        (office.lso, f"/accounts/{office.employee.actor.label}/revoke", "revoke"),
        (office.cso, "/incidents", "incidents"),
        (office.cso, f"/incidents/{incident}/close", "incident-close"),
        (office.cso, "/incidents/report", "incident-report"),
    ]


async def _desks(world: World, office: Office) -> list[Stop]:
    reset = await reset_for(office.employee, world)
    ticket = await reset_for(office.employee, world, TicketKind.ACCOUNT_MANAGEMENT)
    support = await world.user(Role.SUPPORT_DESK)
    return [
        (office.cso, "/roles", "roles"),
        (office.cso, "/roles/DATA_ENTRY", "role"),
        (office.cso, "/roles/incompatible", "matrix"),
        (office.cso, "/open-duties", "open-duties"),
        (office.account_mgmt, f"/tickets/{ticket.number}", "ticket"),
        (office.account_mgmt, "/tickets", "tickets"),
        (office.account_mgmt, "/outside-systems/new", "outside-system"),
        (support, f"/resets/{reset.number}/resolve", "reset-resolve"),
        (support, "/resets", "resets"),
    ]


_PAGES: dict[str, Callable[[World, Office], Awaitable[list[Stop]]]] = {
    "requests": _requests,
    "forms and officers": _forms,
    "users and incidents": _users,
    "desks": _desks,
}
