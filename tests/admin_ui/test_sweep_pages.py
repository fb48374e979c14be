"""Timed duties as pages: next dates, runs, a dry run that touches nobody, a new start for what was given up."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from datetime import date
from html import unescape
from urllib.parse import quote

import pytest

from orm.models import SweepRun, SweepState, User
from resolvers.inactivity_sweep import INACTIVITY
from resolvers.office_reads import list_sweep_runs, show_run
from resolvers.sweep_views import begin_to_follow, follow_run, view_sweep_run
from resolvers.sweeps import BELL, retry_run, run_now
from rules.accounts import AccountState
from rules.errors import NotFound
from rules.roles import Role
from tests.admin_ui.browser import SignsIn
from tests.world.file_room import in_session
from tests.world.world import World


@pytest.mark.requirement("SWP-02")
async def test_a_dry_run_shows_who_would_be_hit_and_why_at_any_day_and_touches_nobody(
    world: World, signed_in: SignsIn
) -> None:
    home = await world.provider("Boone")
    unused = await User.get(id=home.staff.actor.person())
    page = await signed_in(await world.user(Role.ITSD_ACCOUNT_MGMT))
    await page.get("/sweeps")
    assert any(row.startswith(INACTIVITY.title) and "every day" in row for row in page.rows())
    path = f"/sweeps/dry-run?name={INACTIVITY.name}"
    await page.get(f"{path}&asOf=2027-03-01")
    assert any(unused.user_id in row and "Acted on" in row for row in page.rows())
    taken = await page.post("/sweeps/dry-run/export", {"name": INACTIVITY.name, "asOf": "2027-03-01", "as": "csv"})
    assert unused.user_id in taken.text
    assert (await world.entries("list.export"))[-1].facts["kind"] == "csv"
    await page.get("/sweeps/dry-run")
    assert "Choose a duty and press Search." in page.text
    await page.get("/sweeps/dry-run?name=contract_end")
    assert "On that day this duty has nobody to act on." in page.text
    assert (await page.get(f"{path}&asOf=someday")).status_code == 422
    assert (await page.get(f"{path}&asOf=2099-01-01")).status_code == 422
    assert (await page.get("/sweeps/dry-run?name=nothing")).status_code == 404
    await unused.refresh_from_db()
    assert unused.state is AccountState.ACTIVE
    auditor = await signed_in(await world.user(Role.AUDITOR))
    assert (await auditor.get(path)).status_code == 403
    assert (await auditor.get("/sweeps")).status_code == 200
    assert "Who would be hit" not in auditor.text


@pytest.mark.requirement("SWP-02")
async def test_the_year_shows_each_duty_in_its_months_and_a_day_leads_to_its_dry_run(
    world: World, signed_in: SignsIn
) -> None:
    page = await signed_in(await world.user(Role.ITSD_ACCOUNT_MGMT))
    await page.get("/sweeps")
    assert 'href="/sweeps/year"' in page.page
    await page.get("/sweeps/year")
    assert "Mar 2026 (this month)" in page.text
    (audit,) = [row for row in page.rows() if row.startswith("Audit of provider accounts")]
    assert audit == "Audit of provider accounts 06/01 10/01 02/01"
    assert any(row.startswith(INACTIVITY.title) and "every day at" in row for row in page.rows())
    for href in re.findall(r'href="(/sweeps/dry-run[^"]+)"', page.page):
        assert (await page.get(unescape(href))).status_code == 200
    auditor = await signed_in(await world.user(Role.AUDITOR))
    await auditor.get("/sweeps/year")
    assert "/sweeps/dry-run" not in auditor.page
    assert (await (await signed_in(await world.user(Role.OA))).get("/sweeps/year")).status_code == 403


@pytest.mark.requirement("SWP-01")
async def test_a_run_is_seen_with_its_failures_and_one_that_was_given_up_gets_a_new_start(
    world: World, signed_in: SignsIn
) -> None:
    run = await SweepRun.create(
        name=INACTIVITY.name,
        due_on=world.clock().date(),
        state=SweepState.PARKED,
        attempts=5,
        subjects=7,
        hit=6,
        failures={"somebody": "TimeoutError"},
        finished_at=world.clock(),
    )
    page = await signed_in(await world.user(Role.CSO))
    await page.get("/")
    assert "A timed duty was given up" in page.text
    await page.get("/sweeps")
    assert "1 run given up" in page.text
    await page.get("/sweeps/runs?state=PARKED")
    assert len(page.rows()) == 1
    path = f"/sweeps/runs/{run.name}/{run.due_on}"
    await page.get(path)
    assert "7 of 7 subjects treated, 1 of them failed" in page.text
    await page.get(f"{path}/retry")
    await page.post(f"{path}/retry", {})
    await run.refresh_from_db()
    assert run.state is SweepState.PENDING
    await page.get(path)
    assert "/events" in page.page, "it moves by itself"
    assert (await page.post(f"{path}/retry", {})).status_code in (403, 409)
    assert (await page.get("/sweeps/runs/nothing/2026-03-02")).status_code == 404
    assert (await page.get("/sweeps/runs/nothing/today")).status_code == 404
    assert (await run_now(world.desk, INACTIVITY)).hit == 0


@pytest.mark.requirement("SWP-01")
async def test_the_stream_of_a_run_tells_at_once_what_the_page_has_not_shown_and_ends_with_the_run(
    world: World, signed_in: SignsIn
) -> None:
    run = await SweepRun.create(name=INACTIVITY.name, due_on=world.clock().date(), state=SweepState.RUNNING, subjects=2)
    page = await signed_in(await world.user(Role.CSO))
    path = f"/sweeps/runs/{run.name}/{run.due_on}"
    await page.get(path)
    (stream,) = re.findall(rf'hx-sse:connect="({path}/events[^"]*)"', page.page)
    await SweepRun.filter(id=run.id).update(state=SweepState.DONE, hit=2, finished_at=world.clock())
    world.clock.forward(minutes=1)

    told = await page.get(stream)
    await page.get(path)

    assert told.text == "event: moved\ndata: DONE\n\nevent: ended\ndata: -\n\n"
    assert "2 of 2 subjects treated" in page.text
    assert "hx-sse:connect" not in page.page.partition('id="run"')[0].partition('id="content"')[2], "it moves no more"
    assert (await page.get(f"{path}/events?seen=DONE-0-2-2-0")).text == "event: ended\ndata: -\n\n", "nothing new"
    assert (await page.get("/sweeps/runs/nothing/today/events")).text == "event: ended\ndata: -\n\n"
    refused = await signed_in(await world.user(Role.SUPPORT_DESK))
    assert (await refused.get(f"{path}/events")).text == "event: ended\ndata: -\n\n"


async def moves_on(world: World, run: SweepRun, **to: object) -> None:
    """Let a run move on as the worker does: in the ledger, then with a ring."""
    await SweepRun.filter(id=run.id).update(**to)
    await world.desk.doorbell.ring([BELL], letters=False)


@pytest.mark.requirement("SWP-01")
async def test_a_run_that_goes_on_is_told_step_by_step_and_each_step_once(world: World) -> None:
    run = await SweepRun.create(name=INACTIVITY.name, due_on=world.clock().date(), state=SweepState.PENDING)
    cso = await in_session(await world.user(Role.CSO))
    seen = show_run(run).mark
    async with aclosing(follow_run(cso, run.name, run.due_on, seen)) as looks, asyncio.timeout(30):
        coming = asyncio.ensure_future(anext(looks))
        await moves_on(world, run, state=SweepState.RUNNING, subjects=3)
        assert (await coming).state is SweepState.RUNNING
        await moves_on(world, run, hit=1)
        assert (await anext(looks)).hit == 1
        await moves_on(world, run, state=SweepState.DONE, hit=3)
        assert [look.hit async for look in looks] == [3], "and that is the end"


@pytest.mark.parametrize("name", ["nothing", "\0", "inactivity\0", "\ud800"])
async def test_a_name_that_no_duty_can_have_names_no_run_wherever_it_is_asked_for(
    world: World, signed_in: SignsIn, name: str
) -> None:
    officer = await world.user(Role.CSO)
    assert (await list_sweep_runs(officer, name=name)).nodes == []
    with pytest.raises(NotFound, match="no such run"):
        await view_sweep_run(officer, name, date(2026, 3, 2))
    with pytest.raises(NotFound, match="no such run"):
        await retry_run(officer, name, date(2026, 3, 2))
    with pytest.raises(NotFound, match="no sweep of this name"):
        await begin_to_follow(officer, name)
    page = await signed_in(officer)
    path = quote(name, errors="surrogatepass")
    assert (await page.get(f"/sweeps/runs/{path}/2026-03-02")).status_code == 404
