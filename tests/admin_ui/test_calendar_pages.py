"""The calendar's pages: obligations with their evidence, the registers, April's collection, the threat level, links."""

from __future__ import annotations

import re
from datetime import date

import pytest

from orm.models import CalendarFeed, DatedObligation, Evidence, Incident, LsoCollectionAnswer, Plan, Sanction
from resolvers.incidents import report_incident
from resolvers.lso_collection import LSO_COLLECTION
from resolvers.obligations import Completion, complete_obligation
from resolvers.officers import Organization
from resolvers.risk_sweep import RISK_CALENDAR
from resolvers.sweeps import run_now
from rules.incidents import Finding, IncidentState
from rules.lso_collection import CollectionQuestion
from rules.roles import Role
from tests.admin_ui.browser import SignsIn
from tests.world.office import at_facility, designated
from tests.world.world import World


@pytest.mark.requirement("RSK-01")
@pytest.mark.requirement("RSK-03")
@pytest.mark.requirement("RSK-04")
async def test_an_obligation_is_seen_in_its_month_and_completed_with_its_evidence(
    world: World, signed_in: SignsIn
) -> None:
    await world.facility("101")
    cso = await world.user(Role.CSO)
    await run_now(world.desk, RISK_CALENDAR)
    page = await signed_in(cso)
    inventory = await DatedObligation.get(code="RSK-INV")

    await page.get("/")
    assert "open obligations" in page.text
    await page.get("/obligations/year")
    rows = page.rows()
    assert next(row for row in rows if row.startswith("Inventory")).endswith("Due 12/31")
    assert "Due 03/31 Later 06/30 Later 09/30 Later 12/31" in next(row for row in rows if row.startswith("System act"))
    await page.get("/obligations?code=RSK-INV")
    assert len(page.rows()) == 1

    path = f"/obligations/{inventory.number}"
    await page.get(f"{path}/complete")
    refused = await page.post(f"{path}/complete", {"note": "", "evidenceNumber": ""})
    assert refused.status_code == 422
    assert 'id="note-wrong"' in page.page
    assert await Evidence.all().count() == 0
    kept = await page.post(f"{path}/complete", {"note": "Counted: 312 machines."})
    assert kept.headers["location"].startswith(path)
    await page.get(path)
    report = await Evidence.get()
    assert f"Its evidence: report {report.number}" in page.text
    assert "Complete it" not in page.text
    await page.get("/obligations?code=RSK-INV")
    assert "No obligation is open here" in page.text
    await page.get("/obligations?code=RSK-INV&done=yes")
    assert "Done" in page.rows()[0]

    world.clock.forward(days=320)
    page = await signed_in(await world.user(Role.PRIVACY_OFFICER))
    await page.get("/obligations?overdue=yes")
    assert all("Overdue" in row for row in page.rows())
    await page.get("/")
    assert "overdue obligations" in page.text
    assert "Needs attention" in page.text
    assert (await page.get("/obligations/year?year=99")).status_code == 422
    assert (await (await signed_in(await world.user(Role.SUPPORT_DESK))).get("/obligations")).status_code == 403


@pytest.mark.requirement("RSK-05")
@pytest.mark.requirement("RSK-12")
async def test_systems_regulations_and_plans_are_entered_and_a_plan_is_approved_by_somebody_else(
    world: World, signed_in: SignsIn
) -> None:
    page = await signed_in(await world.user(Role.ADMINISTRATOR))
    await page.get("/risk")
    assert "No system is registered yet" in page.text

    await page.get("/risk/systems/new")
    await page.post("/risk/systems/new", {"code": "CIMOR", "name": "Intake", "lastAssessedOn": ""})
    await page.get("/risk/systems/CIMOR/change")
    led = await page.post("/risk/systems/CIMOR/change", {"kind": "NEW_CODE_SETS", "note": "New codes."})
    assert led.headers["location"].startswith("/obligations/")
    await page.get("/risk/regulations/new")
    await page.post("/risk/regulations/new", {"code": "DOR 8.370", "title": "Access", "effectiveOn": "2013-07-01"})
    await page.get("/risk/regulations/DOR%208.370")
    assert 'value="2013-07-01"' in page.page
    await page.get("/risk/plans/new")
    plan = {"kind": "DISASTER_RECOVERY", "version": "2026/1", "preparedBy": "Hosting", "preparedOn": "2026-03-01"}
    assert (await page.post("/risk/plans/new", {**plan, "documentSha256": "abc"})).status_code == 422
    assert 'value="2026/1"' in page.page
    await page.post("/risk/plans/new", {**plan, "documentSha256": "ab" * 32})
    await page.get("/risk")
    assert "Approve" not in page.text.replace("to be approved", "")

    cso = await signed_in(await world.user(Role.CSO))
    await cso.get("/risk")
    path = "/risk/plans/DISASTER_RECOVERY/approve/2026/1"
    assert path in cso.page
    await cso.get(path)
    await cso.post(path, {"expiresOn": "2026-12-31", "confirmed": "yes"})
    assert (await Plan.get()).expires_on == date(2026, 12, 31)
    await cso.get("/risk/systems/CIMOR/retire")
    await cso.post("/risk/systems/CIMOR/retire", {"confirmed": "yes"})
    await cso.get("/risk")
    assert "In force" in cso.text


@pytest.mark.requirement("RSK-17")
@pytest.mark.requirement("LSO-18")
async def test_an_officer_of_a_facility_answers_in_april_and_the_cso_sees_who_has_not(
    world: World, signed_in: SignsIn
) -> None:
    for code in ("101", "102"):
        await world.facility(code)
    lso, other = [await at_facility(world, code, Role.LSO) for code in ("101", "102")]
    await designated(world, Organization(facility_id="101"), lso)
    await designated(world, Organization(facility_id="102"), other)
    world.clock.forward(days=31)
    await run_now(world.desk, LSO_COLLECTION)

    page = await signed_in(lso)
    await page.get("/")
    assert "asks for your answer" in page.text
    await page.get("/lso-collection")
    assert "102" not in " ".join(page.rows())
    path = "/lso-collection/2026/answer"
    await page.get(path)
    answers = {str(question): "YES" for question in CollectionQuestion}
    await page.post(path, {**answers, "STAFF_TRAINED": "NO", "confirmed": "yes"})
    assert 'id="note-wrong"' in page.page
    assert (await LsoCollectionAnswer.get(facility_id="101")).answered_at is None
    await page.post(path, {**answers, "STAFF_TRAINED": "NO", "note": "A course in May.", "confirmed": "yes"})
    await page.get("/")
    assert "asks for your answer" not in page.text

    cso = await signed_in(await world.user(Role.CSO))
    await cso.get("/lso-collection")
    assert "1 of 2 facilities answered" in cso.text
    assert "A course in May." in cso.rows()[0]
    assert "No answer yet" in cso.rows()[1]


@pytest.mark.requirement("RSK-21")
async def test_a_raised_threat_level_stands_above_every_page_until_it_is_low_again(
    world: World, signed_in: SignsIn
) -> None:
    cso = await signed_in(await world.user(Role.CSO))
    clerk = await signed_in(await world.user(Role.SUPPORT_DESK))
    await cso.get("/threat")
    for level, seen in (("HIGH", True), ("LOW", False)):
        await cso.post("/threat", {"level": level, "note": "Watch for <odd> letters."})
        await clerk.get("/notifications")
        assert ("Threat level: High." in clerk.text) is seen
        assert ("Watch for <odd> letters." in clerk.text) is seen
        world.clock.forward(seconds=1)
        await cso.get("/threat")
    assert (await clerk.get("/risk")).status_code == 403


@pytest.mark.requirement("RSK-18")
@pytest.mark.requirement("RSK-20")
async def test_the_questions_of_the_definition_decide_and_a_sanction_is_seen_by_very_few(
    world: World, signed_in: SignsIn
) -> None:
    number = await report_incident(await world.user(Role.CENTRAL_STAFF), "Somebody read over my shoulder.")
    page = await signed_in(await world.user(Role.CSO))
    path = f"/incidents/{number}/breach"
    await page.get(path)
    assert "over my shoulder" in page.text
    yes = dict.fromkeys(("UNAUTHORIZED", "PROTECTED", "COMPROMISED", "RETAINABLE"), "yes")
    await page.post(path, {**yes, "RETAINABLE": "no"})
    assert 'id="finding-wrong"' in page.page
    assert (await Incident.get()).state is IncidentState.OPEN
    await page.post(path, yes)
    assert "opens a review of policies" in page.text
    await page.post(path, {**yes, "confirmed": "yes"})
    assert (await Incident.get()).finding is Finding.BREACH
    await page.get(path)
    assert "Closed: Breach" in page.text
    assert await DatedObligation.filter(code="RSK-INC", subject=str(number)).count() == 1

    await page.get(f"/incidents/{number}/sanctions")
    sanction = {"kind": "SUSPENSION", "decidedOn": "2026-03-02", "note": "Two days.", "confirmed": "yes"}
    await page.post(f"/incidents/{number}/sanctions", sanction)
    assert (await Sanction.get()).note == "Two days."
    officer = await signed_in(await world.user(Role.PRIVACY_OFFICER))
    await officer.get(f"/incidents/{number}/sanctions")
    assert "Two days." in officer.text
    assert "Record it" not in officer.text
    auditor = await signed_in(await world.user(Role.AUDITOR))
    assert (await auditor.get(f"/incidents/{number}/sanctions")).status_code == 403


@pytest.mark.requirement("RSK-01")
async def test_a_private_link_is_shown_once_replaced_only_when_asked_and_ended(
    world: World, signed_in: SignsIn
) -> None:
    page = await signed_in(await world.user(Role.CSO))
    await page.get("/calendar-link")
    await page.post("/calendar-link", {"once": "one"})
    link = re.search(r"https://homeward\.test/calendar/\S+\.ics", page.text)
    assert link is not None
    again = await page.post("/calendar-link", {"once": "one"}, csrf=page.form_token)
    assert again.headers["location"] == "/calendar-link", "a form that is sent twice makes one link"
    await page.get("/calendar-link")
    assert link[0] not in page.text
    assert (await page.post("/calendar-link", {})).status_code == 409
    await page.get("/calendar-link/end")
    await page.post("/calendar-link/end", {"userId": "", "confirmed": "yes"})
    assert [one.revoked_at is None for one in await CalendarFeed.all()] == [False]


async def test_what_was_completed_elsewhere_is_not_completed_twice(world: World, signed_in: SignsIn) -> None:
    cso = await world.user(Role.CSO)
    await run_now(world.desk, RISK_CALENDAR)
    row = await DatedObligation.get(code="RSK-TRN")
    page = await signed_in(cso)
    await page.get(f"/obligations/{row.number}/complete")
    await complete_obligation(cso, Completion(row.number, "Trained."))
    assert (await page.post(f"/obligations/{row.number}/complete", {"note": "Again."})).status_code == 409
    assert "its evidence is kept" in page.text
    assert await Evidence.all().count() == 1
