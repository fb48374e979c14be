"""The lines of one record go out as a file: all of them, as narrowed as they are shown, by whoever sees them, noted."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from httpx import Response
from openpyxl import load_workbook

from admin_ui.lines import Lines
from admin_ui.routes import LINES
from orm.models import OutsideSystem, ProviderAudit, SsaReport
from resolvers.employee_review import OPEN_EMPLOYEE_REVIEW
from resolvers.provider_audit import AUDIT_PROVIDER_ACCOUNTS
from resolvers.ssa_report import REPORT_SSA
from resolvers.user_lists import import_user_list
from rules.roles import Role
from tests.admin_ui.browser import SignsIn
from tests.world.audits import decided, due_now, unused_for
from tests.world.office import Office, at_facility
from tests.world.reviews import midnight, opened_review, user_id_of, wrote
from tests.world.world import World


def rows_of(file: Response) -> list[list[str]]:
    """Read a CSV file that was taken out."""
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))


@pytest.mark.requirement("PAA-02")
async def test_the_lines_of_an_audit_go_out_narrowed_as_shown_and_an_officer_gets_those_of_the_own_people(
    world: World, signed_in: SignsIn
) -> None:
    world.clock.now = datetime(2026, 6, 1, 15, tzinfo=UTC)
    await decided("inactivity.provider_90", "false")
    office, other = await Office.of(world), await world.provider("Boone")
    own = await office.hire(Role.CONSUMER_REFERRAL_DB)
    for who in (own, other.staff):
        await unused_for(world, who, 181)
    await due_now(world, AUDIT_PROVIDER_ACCOUNTS)
    number = (await ProviderAudit.get()).number
    path = f"/audits/{number}"
    officer = await signed_in(office.lso)
    await officer.get(f"{path}?outcome=WAITING")
    assert f'action="{path}/export"' in officer.page
    assert 'name="outcome" value="WAITING"' in officer.page

    waiting = await officer.post(f"{path}/export", {"as": "csv", "outcome": "WAITING"})
    await officer.get(path)
    disabled = await officer.post(f"{path}/export", {"as": "csv", "outcome": "DISABLED"})
    auditor = await signed_in(await world.user(Role.AUDITOR))
    await auditor.get(path)
    everybody = await auditor.post(f"{path}/export", {"as": "xlsx"})

    headings, line = rows_of(waiting)
    assert headings[:2] == ["User ID", "Name"]
    assert headings[-3:] == ["Answered", "Held because", "Settled"], "what the page says in small letters has a column"
    assert (line[0], line[6]) == (own.actor.label, "Waiting")
    assert waiting.headers["content-disposition"] == f'attachment; filename="audit-{number}.csv"'
    assert rows_of(disabled) == [headings]
    sheet = load_workbook(io.BytesIO(everybody.content)).active
    assert sheet is not None
    assert {row[0].value for row in sheet.iter_rows(min_row=2)} == {own.actor.label, other.staff.actor.label}
    written = [(entry.facts["list"], entry.facts["narrowed"]) for entry in await world.entries("list.export")]
    assert written == [(f"audit-{number}", True), (f"audit-{number}", True), (f"audit-{number}", False)]


@pytest.mark.requirement("EMP-04")
async def test_the_lines_of_an_employee_review_go_out_for_the_own_facility(world: World, signed_in: SignsIn) -> None:
    world.clock.now = datetime(2027, 1, 1, 15, tzinfo=UTC)
    hr, gone = [await at_facility(world, "101", role) for role in (Role.HR_CONTACT, Role.CENTRAL_STAFF)]
    elsewhere = await at_facility(world, "202", Role.CENTRAL_STAFF)
    for who in (gone, elsewhere):
        await unused_for(world, who, 60)
    await due_now(world, OPEN_EMPLOYEE_REVIEW)
    page = await signed_in(hr)
    await page.get("/reviews/employees")
    path = f"/reviews/employees/{page.rows()[0].split()[0]}"

    await page.get(path)
    taken = await page.post(f"{path}/export", {"as": "csv", "unanswered": "yes"})

    assert [row[0] for row in rows_of(taken)] == ["User ID", gone.actor.label]


@pytest.mark.requirement("SAR-04")
async def test_a_review_and_every_row_of_a_drawn_person_go_out_as_files(world: World, signed_in: SignsIn) -> None:
    home = await world.provider("Boone")
    entry = await wrote(home.staff, "account.no_such_act", midnight(world, 3))
    review, user_id = await opened_review(world), await user_id_of(home.staff)
    path = f"/reviews/activity/{review.number}"
    page = await signed_in(await world.user(Role.CSO))

    await page.get(path)
    drawn = rows_of(await page.post(f"{path}/export", {"as": "csv"}))
    await page.get(f"{path}/members/{user_id}")
    assert "Take every row of this person out" in page.text
    rows = rows_of(await page.post(f"{path}/members/{user_id}/export", {"as": "csv"}))

    assert user_id in {row[0] for row in drawn[1:]}
    assert rows[0][:4] == ["Entry", "When", "Act", "Outcome"]
    (unexplained,) = [row for row in rows if row[2] == "account.no_such_act"]
    assert (unexplained[0], unexplained[6], unexplained[9]) == (str(entry), "No", "")
    named = {entry.facts["list"] for entry in await world.entries("list.export")}
    assert named == {f"activity-review-{review.number}", f"activity-review-{review.number}-rows"}, "nobody is named"


@pytest.mark.requirement("SSA-04")
async def test_the_lines_and_the_persons_of_a_report_to_ssa_go_out_as_they_stand(
    world: World, signed_in: SignsIn
) -> None:
    world.clock.now = datetime(2026, 3, 15, 15, tzinfo=UTC)
    ended = await world.provider(contract_ends=date(2026, 3, 14), name="Ended Homes")
    await due_now(world, REPORT_SSA)
    path = f"/ssa/{(await SsaReport.get()).number}"
    page = await signed_in(await world.user(Role.ITSD_ACCOUNT_MGMT))

    await page.get(path)
    lines = rows_of(await page.post(f"{path}/export", {"as": "csv", "unchecked": "yes"}))
    await page.get(f"{path}/persons")
    persons = rows_of(await page.post(f"{path}/persons/export", {"as": "csv"}))

    assert "Ended Homes" in {line[0] for line in lines}
    assert ended.staff.actor.label in {line[0] for line in persons}


@pytest.mark.requirement("EMP-06")
async def test_an_imported_list_goes_out_whole_with_what_was_found(world: World, signed_in: SignsIn) -> None:
    await OutsideSystem.create(code="SAM", name="Finance", agency="An agency")
    manager = await world.user(Role.ITSD_ACCOUNT_MGMT)
    ghosts = "\n".join(f"GHOST{number:04},Somebody Else,2026-01-01" for number in range(130))
    number = await import_user_list(manager, "SAM", f"user_id,name,last_used\n{ghosts}")
    page = await signed_in(manager)
    await page.get(f"/user-lists/{number}")
    assert len(page.rows()) == 50

    taken = rows_of(await page.post(f"/user-lists/{number}/export", {"as": "csv", "finding": "UNKNOWN"}))
    await page.get("/user-lists/deletions")

    assert len(taken) == 131, "all of them, not a page"
    assert "No ID waits." in page.text
    assert "Take all of this list out" not in page.text, "there is nothing to take out"


@pytest.mark.parametrize("one", LINES, ids=lambda one: one.name)
async def test_who_may_not_see_the_lines_takes_nothing_out_and_nothing_is_written_as_taken(
    one: Lines[Any], world: World, signed_in: SignsIn
) -> None:
    page = await signed_in(await world.user(Role.OA))
    await page.get("/")
    path = re.sub(r"{\w+(:int)?}", "1", one.export_path)

    assert (await page.post(path, {"as": "csv"})).status_code in {403, 404}
    assert (await page.get(path)).status_code == 405
    assert await world.entries("list.export") == []
