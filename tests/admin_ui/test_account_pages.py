"""Users: found, looked at, suspended, let in again, revoked; only by who looks after them, and never by looking."""

from __future__ import annotations

import re

import pytest

from orm.models import AccessForm, Incident, User
from rules.accounts import AccountState
from rules.incidents import IncidentState
from rules.roles import Role
from tests.admin_ui.browser import SignsIn
from tests.world.office import Office
from tests.world.requests import REGIONAL_OFFICE_USER, decide, provision, submitted
from tests.world.world import World


@pytest.mark.requirement("ACC-08", "TRK-03")
async def test_who_looks_after_people_finds_one_with_roles_sessions_deadlines_and_papers(
    world: World, signed_in: SignsIn
) -> None:
    office = await Office.of(world)
    number = await submitted(office.employee, REGIONAL_OFFICE_USER, reason="Logs TCM.")
    await decide(office.lso, number)
    await provision(office.provisioning, number)
    employee, lso = await signed_in(office.employee), await signed_in(office.lso)
    name = (await User.get(id=office.employee.actor.person())).name

    await lso.get("/accounts")
    assert "Users" in lso.text
    answer = await lso.post("/accounts", {"person": name})
    assert answer.status_code == 200, "a name never enters an address"
    assert len(lso.rows()) == 1
    at = f"/accounts/{office.employee.actor.label}"
    await lso.get(at)
    for said in (
        "DD Private TCM Provider Regional Office User",
        "Password expires",
        "000:6",
        f"Access request {number}",
    ):
        assert said in lso.text
    assert re.search(rf'href="/access-requests/{number}"', lso.page)
    assert "Revoke access" in lso.text
    director = await signed_in(office.director)
    await director.get(at)
    assert f"Access request {number}" not in director.text, "what is out of sight is not listed"

    await employee.get("/your-account")
    assert "Nothing waits for you." in employee.text
    assert "A password is good for 60 days." in employee.text
    assert "000:22-24" in employee.text
    assert (await employee.get(at)).status_code == 404
    await employee.get("/accounts")
    assert "No user fits." in employee.text


@pytest.mark.requirement("REV-01", "REV-05", "REV-06")
async def test_revoking_is_looked_at_first_asked_for_twice_and_done_once(world: World, signed_in: SignsIn) -> None:
    office = await Office.of(world)
    lso, at = await signed_in(office.lso), f"/accounts/{office.deputy.actor.label}"
    await lso.get(f"{at}/revoke")
    assert "What it ends" in lso.text
    gone = {"reason": "LEFT", "terminatedOn": "2027-01-01", "note": "Moved."}
    assert (await lso.fill(f"{at}/revoke", gone)).status_code == 422, "a last day is not to come"
    assert ">\nMoved.</textarea>" in lso.page
    await lso.post(f"{at}/revoke", {"reason": "LEFT", "once": "o"})
    assert (await User.get(id=office.deputy.actor.person())).state is AccountState.ACTIVE
    assert "comes back only by a new access form" in lso.text
    assert (await lso.fill(f"{at}/revoke", {"reason": "LEFT", "note": "Moved."})).status_code == 303

    await lso.get(at)
    assert "Disabled" in lso.text
    assert f"Access form {(await AccessForm.get()).number}" in lso.text
    assert f"{at}/revoke" not in lso.page
    assert f"/forms/enable?userId={office.deputy.actor.label}" in lso.page
    assert (await lso.fill(f"/accounts/{office.lso.actor.label}/revoke", {"reason": "LEFT"})).status_code == 403
    assert (await lso.fill(f"/accounts/{office.cso.actor.label}/revoke", {"reason": "LEFT"})).status_code == 404


@pytest.mark.requirement("ACC-13", "LSO-10")
async def test_a_suspended_person_is_answered_for_and_let_in_again_by_the_finding(
    world: World, signed_in: SignsIn
) -> None:
    office = await Office.of(world)
    boss, lso, cso = await signed_in(office.account_mgmt), await signed_in(office.lso), await signed_in(office.cso)
    at = f"/accounts/{office.employee.actor.label}"
    assert (await boss.fill(f"{at}/suspend", {"why": " "})).status_code == 422
    answer = await boss.fill(f"{at}/suspend", {"why": "Seen in two places."})
    incident = await Incident.get()
    assert answer.headers["location"].startswith(f"/incidents/{incident.number}")
    assert (await User.get(id=office.employee.actor.person())).state is AccountState.SUSPENDED
    assert (await boss.get(f"/incidents/{incident.number}")).status_code == 404, "who suspends does not judge"

    await lso.get("/incidents")
    assert "Seen in two places" not in lso.text
    await lso.get(f"/incidents/{incident.number}")
    assert "Answer for the person" in lso.text
    assert "Close with a finding" not in lso.text
    await lso.fill(f"/incidents/{incident.number}/answer", {"answer": "EXPLAINED"})
    await cso.get(f"/incidents/{incident.number}")
    assert "Says there is an explanation" in cso.text
    assert "Seen in two places" in cso.text
    finding = {"finding": "BREACH", "reinstate": "yes", "note": "Not so."}
    assert (await cso.fill(f"/incidents/{incident.number}/close", finding)).status_code == 409
    assert 'value="BREACH" checked' in cso.page
    await cso.fill(f"/incidents/{incident.number}/close", {**finding, "finding": "UNFOUNDED"})
    assert (await Incident.get()).state is IncidentState.CLOSED
    assert (await User.get(id=office.employee.actor.person())).state is AccountState.ACTIVE

    page = await signed_in(await world.user(Role.AUDITOR))
    assert (await page.fill("/incidents/report", {"report": "A page was left open."})).status_code == 303
    assert await Incident.filter(state=IncidentState.OPEN).count() == 1
