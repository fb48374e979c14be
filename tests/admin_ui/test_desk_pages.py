"""The desks: password resets on proof, tickets and outside systems, the catalogue and the matrix of roles."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from orm.models import CatalogueRole, Credential, IncompatiblePair, Outcome, OutsideSystem, Ticket
from resolvers.user_lists import import_user_list
from rules.errors import Refusal
from rules.roles import Role
from rules.tickets import TicketKind, TicketState
from tests.admin_ui.browser import SignsIn
from tests.world.duties import reset_for
from tests.world.office import Office
from tests.world.world import World


@pytest.mark.requirement("PWD-10", "PWD-12", "PWD-13")
async def test_the_desk_resets_a_password_on_proof_and_sees_it_once(world: World, signed_in: SignsIn) -> None:
    person = await world.user()
    desk = await signed_in(await world.user(Role.SUPPORT_DESK))
    await desk.get("/resets")
    assert "Nobody waits for a password." in desk.text
    assert (await desk.fill("/resets/new", {"userId": "NOBODY"})).status_code == 404
    at = (await desk.fill("/resets/new", {"userId": person.actor.label})).headers["location"]
    assert (await desk.fill("/resets/new", {"userId": person.actor.label})).status_code == 409
    number = (await Ticket.get()).number
    assert (await desk.get(f"/tickets/{number}")).headers["location"] == at
    await desk.get("/")
    assert "1 password reset due" in desk.text
    await desk.get(at)
    assert "555-0100" in desk.text

    before = await Credential.get(user_id=person.actor.person())
    assert (await desk.fill(f"{at}/resolve")).status_code == 422, "no proof, no password"
    await desk.get(f"{at}/resolve")
    form = {**desk.hidden, "proof": "CALL_BACK"}
    assert (await desk.post(f"{at}/resolve", form)).status_code == 200
    secret = re.search(r'<dt>Password</dt><dd><code class="copy big">([^<]+)<', desk.page)
    assert secret
    kept = await Credential.get(user_id=person.actor.person())
    assert kept.password_hash != before.password_hash
    assert await world.desk.passwords.verify(kept.password_hash, secret[1])
    assert (await desk.post(f"{at}/resolve", form)).headers["location"] == at
    assert (await Ticket.get()).state is TicketState.DONE

    other = await reset_for(await world.user(), world)
    await desk.fill(f"/resets/{other.number}/refuse", {"why": "No proof."})
    await desk.get("/resets?state=REFUSED")
    assert str(other.number) in desk.rows()[0]


async def test_a_character_that_no_record_holds_is_refused_and_is_no_fault(world: World, signed_in: SignsIn) -> None:
    manager = await world.user(Role.ITSD_ACCOUNT_MGMT)
    desk = await signed_in(manager)
    shown = await desk.get("/outside-systems/A%00B")
    assert shown.status_code in {404, 422}, "SQLite could hold it, and holds no such system"
    with pytest.raises(Refusal):
        await import_user_list(manager, "A\0B", "user_id,name,last_used\nGHOST,Somebody Else,2026-01-01")
    entries = [*await world.entries("outside_system.view"), *await world.entries("user_list.import")]
    assert [entry.outcome for entry in entries] == [Outcome.REFUSED] * 2


@pytest.mark.requirement("REV-08", "REV-09")
async def test_account_management_keeps_the_outside_systems_and_closes_its_tickets(
    world: World, signed_in: SignsIn
) -> None:
    desk = await signed_in(await world.user(Role.ITSD_ACCOUNT_MGMT))
    data: dict[str, str | list[str]] = {"code": "SYS-A", "name": "System A", "active": "yes", "roles": ["BILLING"]}
    assert (await desk.fill("/outside-systems/new", data)).status_code == 422
    assert 'value="BILLING" checked' in desk.page
    await desk.fill("/outside-systems/new", {**data, "agency": "An agency"})
    await desk.get("/outside-systems/SYS-A")
    assert 'value="BILLING" checked' in desk.page
    await desk.fill("/outside-systems/SYS-A", {"name": "System A", "agency": "Another agency"})
    system = await OutsideSystem.get(code="SYS-A")
    assert (system.agency, system.active) == ("Another agency", False)
    assert not await CatalogueRole.exists(system_id="SYS-A")

    ticket = await reset_for(await world.user(), world, TicketKind.ACCOUNT_MANAGEMENT)
    await desk.get(f"/tickets/{ticket.number}")
    assert "Close it" in desk.text
    assert (await desk.fill(f"/tickets/{ticket.number}/close", {"outcome": "REFUSED"})).status_code == 422
    await desk.fill(f"/tickets/{ticket.number}/close", {"outcome": "DONE"})
    await desk.get("/tickets?state=DONE")
    assert str(ticket.number) in desk.rows()[0]


@pytest.mark.requirement("ROL-01", "ROL-07")
async def test_the_catalogue_says_what_a_role_is_for_who_holds_it_and_what_it_does_not_go_with(
    world: World, signed_in: SignsIn
) -> None:
    office = await Office.of(world)
    holder = await office.hire(Role.CONSUMER_REFERRAL_DB)
    cso, person = await signed_in(office.cso), await signed_in(office.employee)
    await person.get("/roles")
    assert "Sees and answers the referrals of the own provider." in person.text
    await person.get("/roles/CONSUMER_REFERRAL_DB")
    assert "Nobody whom you look after holds it." in person.text
    await cso.get("/roles/CONSUMER_REFERRAL_DB")
    assert holder.actor.label in cso.text
    assert (await cso.get(f"/roles/{uuid4().hex}")).status_code == 404

    pair = {"first": "BILLING", "second": "AUDITOR", "verdict": "FORBIDDEN", "why": "Nobody checks the own bills."}
    assert (await person.fill("/roles/incompatible/set", pair)).status_code == 403
    assert (await cso.fill("/roles/incompatible/set", {**pair, "why": ""})).status_code == 422
    await cso.fill("/roles/incompatible/set", pair)
    await person.get("/roles/incompatible")
    assert "Nobody checks the own bills." in person.text
    assert "Change" not in person.text
    await cso.get("/roles/BILLING")
    assert "Never" in cso.text
    await cso.fill("/roles/incompatible/set", {**pair, "verdict": "TOGETHER"})
    assert not await IncompatiblePair.exists(one_role="AUDITOR", ended_at=None)
    assert (await cso.fill("/roles/BILLING/withdraw", {"on": "2020-01-01"})).status_code == 422
    await cso.fill("/roles/BILLING/withdraw", {"on": "2026-12-31"})
    await person.get("/roles/BILLING")
    assert "Withdrawn from 12/31/2026 on." in person.text
