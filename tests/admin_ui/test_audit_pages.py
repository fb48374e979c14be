"""Audits, reviews, imported lists and the report to SSA as pages: from the list to the evidence, and who sees what."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from orm.models import Evidence, OutsideSystem, ProviderAuditLine, SsaReport, User, UserList
from resolvers.employee_review import OPEN_EMPLOYEE_REVIEW
from resolvers.provider_audit import AUDIT_PROVIDER_ACCOUNTS
from resolvers.ssa_report import REPORT_SSA
from rules.accounts import AccountState
from rules.roles import Role
from rules.ssa import SsaState
from tests.admin_ui.browser import SignsIn
from tests.world.audits import decided, due_now, unused_for
from tests.world.office import Office, at_facility
from tests.world.world import World

NO_FILE = ("", b"")
YES, NO = {"answer": "EMPLOYED"}, {"answer": "TERMINATED", "terminatedOn": ""}


@pytest.mark.requirement("PAA-02")
@pytest.mark.requirement("PAA-07")
async def test_an_officer_answers_for_the_own_people_and_account_management_holds_with_a_reason(
    world: World, signed_in: SignsIn
) -> None:
    world.clock.now = datetime(2026, 6, 1, 15, tzinfo=UTC)
    await decided("inactivity.provider_90", "false")
    office, other = await Office.of(world), await world.provider("Boone")
    people = [await office.hire(Role.CONSUMER_REFERRAL_DB) for _ in range(3)]
    for who in (*people, other.staff):
        await unused_for(world, who, 181)
    await due_now(world, AUDIT_PROVIDER_ACCOUNTS)
    names = [who.actor.label for who in people]

    page = await signed_in(office.lso)
    await page.get("/")
    assert "3 unused user IDs in an audit" in page.text
    await page.get("/audits")
    path = "/audits/1001" if "/audits/1001" in page.page else f"/audits/{page.rows()[0].split()[0]}"
    await page.get(path)
    assert [row.split()[0] for row in page.rows()] == sorted(names)
    assert other.staff.actor.label not in page.text
    await page.get(f"{path}/{names[0]}/answer")
    await page.post(f"{path}/{names[0]}/answer", NO)
    assert "loses all access at once" in page.text
    assert (await User.get(user_id=names[0])).state is AccountState.ACTIVE
    await page.post(f"{path}/{names[0]}/answer", {**NO, "confirmed": "yes"})
    assert (await User.get(user_id=names[0])).state is AccountState.DISABLED
    await page.get(f"{path}/{other.staff.actor.label}/answer")
    stranger = await page.post(f"{path}/{other.staff.actor.label}/answer", {**YES, "confirmed": "yes"})
    assert stranger.status_code == 404
    assert "Hold" not in page.text

    manager = await signed_in(await world.user(Role.ITSD_ACCOUNT_MGMT))
    await manager.get(f"{path}?outcome=WAITING")
    assert len(manager.rows()) == 3
    await manager.get(f"{path}/{names[1]}/hold")
    assert (await manager.post(f"{path}/{names[1]}/hold", {"why": " "})).status_code == 422
    await manager.post(f"{path}/{names[1]}/hold", {"why": "On military leave."})
    held = await ProviderAuditLine.get(user__user_id=names[1])
    assert held.held_why == "On military leave."
    auditor = await signed_in(await world.user(Role.AUDITOR))
    await auditor.get(path)
    assert "On military leave." in auditor.text
    assert "To do" not in auditor.text


@pytest.mark.requirement("EMP-04")
async def test_human_resources_answer_about_their_own_facility_and_the_cso_sees_all(
    world: World, signed_in: SignsIn
) -> None:
    world.clock.now = datetime(2027, 1, 1, 15, tzinfo=UTC)
    hr, gone = [await at_facility(world, "101", role) for role in (Role.HR_CONTACT, Role.CENTRAL_STAFF)]
    elsewhere = await at_facility(world, "202", Role.CENTRAL_STAFF)
    for who in (gone, elsewhere):
        await unused_for(world, who, 60)
    await due_now(world, OPEN_EMPLOYEE_REVIEW)
    page = await signed_in(hr)
    await page.get("/")
    assert "1 employee to be verified" in page.text
    await page.get("/reviews/employees")
    path = f"/reviews/employees/{page.rows()[0].split()[0]}"
    await page.get(path)
    assert [row.split()[0] for row in page.rows()] == [gone.actor.label]
    await page.get(f"{path}/{gone.actor.label}/answer")
    await page.post(f"{path}/{gone.actor.label}/answer", {**NO, "confirmed": "yes"})
    assert (await User.get(user_id=gone.actor.label)).state is AccountState.DISABLED
    await page.get(f"{path}?unanswered=yes")
    assert "Every line is answered." in page.text
    again = await page.get(f"{path}/{gone.actor.label}/answer")
    assert (await page.post(f"{path}/{gone.actor.label}/answer", {**YES, "confirmed": "yes"})).status_code == 409
    assert again.status_code == 200
    cso = await signed_in(await world.user(Role.CSO))
    await cso.get(path)
    assert len(cso.rows()) == 2


@pytest.mark.requirement("EMP-06")
async def test_a_list_is_imported_whole_or_not_at_all_and_what_is_bad_is_named_by_its_line(
    world: World, signed_in: SignsIn
) -> None:
    await OutsideSystem.create(code="SAM", name="Finance", agency="An agency")
    manager = await world.user(Role.ITSD_ACCOUNT_MGMT)
    page = await signed_in(manager)
    await page.get("/user-lists")
    assert "No list is imported yet" in page.text
    await page.get("/user-lists/import")
    many = "\n".join(f"GHOST{number:04},Somebody Else,2026-01-01" for number in range(900))
    known = f"{manager.actor.label},{(await User.get(user_id=manager.actor.label)).name},"
    typed = {"system": "SAM", "csv": f"user_id,name,last_used\n{known}\nBAD,,"}
    bad = await page.post("/user-lists/import", typed, file=NO_FILE)
    assert bad.status_code == 422
    assert "Lines that cannot be read: 3" in page.text
    assert "BAD,," in page.page, "what was typed is kept"
    assert await UserList.all().count() == 0
    typed = {"system": "SAM", "csv": f"user_id,name,last_used\n{known}\n{many}"}
    done = await page.post("/user-lists/import", typed, file=NO_FILE)
    assert (await UserList.get()).rows == 901, "longer than any other form may be"
    path = done.headers["location"].partition("?")[0]
    await page.get(f"{path}?finding=EMPLOYED")
    assert len(page.rows()) == 1
    await page.get(f"{path}?finding=UNKNOWN")
    assert len(page.rows()) == 50
    assert "Next page" in page.text
    await page.get("/user-lists/deletions")
    assert "No ID waits." in page.text


@pytest.mark.requirement("EMP-06")
async def test_a_list_comes_as_a_file_too_and_what_is_no_text_is_refused(world: World, signed_in: SignsIn) -> None:
    await OutsideSystem.create(code="SAM", name="Finance", agency="An agency")
    page = await signed_in(await world.user(Role.ITSD_ACCOUNT_MGMT))
    await page.get("/user-lists/import")

    for content, said in (
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"x" * 3_300_000, "too large"),
        (b"user\nA", "user_id"),
    ):
        refused = await page.post("/user-lists/import", {"system": "SAM", "csv": ""}, file=("list.csv", content))
        assert refused.status_code == 422
        assert said in page.text
    assert await UserList.all().count() == 0

    content = "\ufeffuser_id,name\r\nGHOST,Zoë Body\r\n".encode()
    done = await page.post("/user-lists/import", {"system": "SAM", "csv": "not this"}, file=("list.csv", content))
    assert done.status_code == 303
    assert (await UserList.get()).rows == 1


@pytest.mark.requirement("SSA-04")
@pytest.mark.requirement("SSA-05")
async def test_a_report_to_ssa_is_checked_approved_and_delivered_step_by_step(world: World, signed_in: SignsIn) -> None:
    world.clock.now = datetime(2026, 3, 15, 15, tzinfo=UTC)
    ended = await world.provider(contract_ends=date(2026, 3, 14), name="Ended Homes")
    await due_now(world, REPORT_SSA)
    manager, cso = [await signed_in(await world.user(role)) for role in (Role.ITSD_ACCOUNT_MGMT, Role.CSO)]
    report = await SsaReport.get()
    path = f"/ssa/{report.number}"

    await manager.get("/")
    assert "1 provider to check off for SSA" in manager.text
    await cso.get(f"{path}/approve")
    refused = await cso.post(f"{path}/approve", {"confirmed": "yes"})
    assert refused.status_code == 409
    assert "not checked yet" in cso.text
    await manager.get(f"{path}/{ended.id}/check")
    await manager.post(f"{path}/{ended.id}/check", {"note": "Compared.", "confirmed": "yes"})
    await manager.get(path)
    assert "disabled" in manager.rows()[0]
    await cso.get(f"{path}/{ended.id}/correct")
    await cso.post(f"{path}/{ended.id}/correct", {"text": "Ended on the 13th."})
    await cso.get("/")
    assert "report to SSA to approve" in cso.text
    await cso.get(f"{path}/approve")
    await cso.post(f"{path}/approve", {"confirmed": "yes"})
    assert (await Evidence.filter(about_id=report.id).count()) == 2

    step = {"doneOn": "2026-03-15", "document": "Definitions 3", "note": ""}
    await cso.get(f"{path}/deliver")
    assert "Record: Sent to SSA" in cso.text
    assert (await cso.post(f"{path}/deliver", {**step, "step": "SENT_TO_SSA"})).status_code == 409
    assert "Set the recipients" in cso.text
    for purpose in ("SSA", "DIRECTOR_OFFICE", "LETTER"):
        await cso.get(f"/ssa/recipients/{purpose}")
        await cso.post(f"/ssa/recipients/{purpose}", {"recipients": "Pat Example <pat@example.org>"})
    await cso.get("/ssa/recipients/SSA")
    assert (await cso.post("/ssa/recipients/SSA", {"recipients": "nobody"})).status_code == 422
    for name in ("SENT_TO_SSA", "FORWARDED", "LETTER_SENT"):
        await cso.get(f"{path}/deliver")
        await cso.post(f"{path}/deliver", {**step, "step": name})
    await report.refresh_from_db()
    assert report.state is SsaState.DELIVERED
    await cso.get(path)
    assert "Pat Example <pat@example.org>" in cso.text
    taken = await cso.post(f"{path}/file", {"form": "CSV", "persons": ""})
    assert taken.headers["content-disposition"].endswith(f'homeward-ssa-{report.number}.csv"')
    assert "Ended Homes" in taken.text
    await cso.get(f"{path}/persons")
    assert ended.staff.actor.label in cso.text
    outsider = await signed_in(await world.user(Role.SUPPORT_DESK))
    assert (await outsider.get(path)).status_code == 404
    assert (await outsider.get(f"{path}/persons")).status_code == 403
