"""The calendar as its people walk it: the Chief Security Officer through the year, with a script and without."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from orm.models import DatedObligation, OutsideSystem, PolicyVersion, SweepRun, SweepState, UserList
from resolvers.inactivity_sweep import INACTIVITY
from resolvers.risk_sweep import RISK_CALENDAR
from resolvers.sweeps import BELL, run_now
from rules.obligations import ObligationState
from rules.roles import Role
from tests.browser.conftest import Opens
from tests.browser.looking import check_accessible
from tests.world.world import World


@pytest.mark.requirement("RSK-01")
@pytest.mark.requirement("POL-35")
async def test_the_cso_completes_an_obligation_and_changes_a_number_without_a_script(
    opens: Opens, world: World
) -> None:
    cso = await world.user(Role.CSO)
    await run_now(world.desk, RISK_CALENDAR)
    page = await opens(cso, script=False)
    await page.goto("/obligations/year")
    await page.get_by_role("link", name="Inventory of computing equipment").click()
    await page.get_by_role("link", name="Inventory of computing equipment").click()
    await page.get_by_role("link", name="Complete it").click()
    await page.get_by_role("button", name="Complete it").click()
    await expect(page.locator("#note-wrong")).to_have_text("Say what was done, or name its report.")
    await page.get_by_label("What was done").fill("Counted: 312 machines.")
    await page.get_by_role("button", name="Complete it").click()
    await expect(page.get_by_role("status").last).to_have_text(
        "The obligation is done; its report is kept as evidence."
    )
    await page.reload()
    assert (await DatedObligation.get(code="RSK-INV")).state is ObligationState.DONE

    await page.goto("/policies/password.max_age_days/change")
    await page.get_by_label("New value, in days").fill("45")
    await page.get_by_label("From when it holds").fill("2026-04-01")
    await page.get_by_label("Why").fill("Stricter than the guide.")
    await page.get_by_role("button", name="Decide it").click()
    await expect(page.locator("#comes + p")).to_contain_text("60 becomes 45")
    await page.get_by_role("button", name="Decide it").click()
    await expect(page.get_by_role("status").last).to_have_text("The change was decided.")
    assert (await PolicyVersion.get()).value == 45


@pytest.mark.requirement("SWP-01")
async def test_a_run_moves_by_itself(opens: Opens, world: World) -> None:
    run = await SweepRun.create(
        name=INACTIVITY.name, due_on=world.clock().date(), state=SweepState.RUNNING, subjects=40, hit=10, attempts=1
    )
    page = await opens(await world.user(Role.CSO, Role.ITSD_ACCOUNT_MGMT))
    await page.goto(f"/sweeps/runs/{run.name}/{run.due_on}")
    await expect(page.locator("#run")).to_contain_text("10 of 40 subjects treated")
    await SweepRun.filter(id=run.id).update(state=SweepState.DONE, hit=40, finished_at=world.clock())
    await world.desk.doorbell.ring([BELL], letters=False)
    await expect(page.locator("#run")).to_contain_text("40 of 40 subjects treated")


@pytest.mark.requirement("EMP-06")
@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
async def test_a_list_of_users_is_chosen_as_a_file(opens: Opens, world: World, script: bool) -> None:
    await OutsideSystem.create(code="SAM", name="Finance", agency="An agency")
    page = await opens(await world.user(Role.ITSD_ACCOUNT_MGMT), script=script)

    await page.goto("/user-lists/import")
    await page.get_by_label("System").select_option("SAM")
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": b"user_id,name\nGHOST,Some Body\n"}
    await page.get_by_label("Or choose a text file instead").set_input_files([file])  # type: ignore[list-item]
    await page.get_by_role("button", name="Import it").click()
    await expect(page.get_by_role("status").last).to_have_text("The list was imported and compared.")
    assert (await UserList.get()).rows == 1
    if script:
        await check_accessible(page)


@pytest.mark.requirement("RSK-01")
async def test_a_private_link_to_the_calendar_is_shown_once(opens: Opens, world: World) -> None:
    page = await opens(await world.user(Role.CSO))

    await page.goto("/calendar-link")
    await page.get_by_role("button", name="Make a private link").click()
    await expect(page.locator("main")).to_contain_text("/calendar/")
    await check_accessible(page)
