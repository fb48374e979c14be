"""The pages on which access is followed and decided: looking decides nothing, and only the addressee is asked."""

from __future__ import annotations

import re
from html import unescape

import pytest

from orm.models import AccessDecision, AccessRequest, Incident, RoleGrant, User
from resolvers.access_request_drafts import NewAccessRequest, WantedRole, create_access_request, set_requested_roles
from resolvers.access_request_facts import terms_in_force
from resolvers.access_requests import submit_access_request
from resolvers.callers import Caller
from rules.approvals import RequestState
from rules.calendar import local_date
from rules.organizations import Division
from tests.admin_ui.browser import Browser, SignsIn
from tests.world.office import Office
from tests.world.world import PASSWORD, World


async def _submitted(office: Office, requester: Caller, *codes: str) -> int:
    world = office.world
    number = await create_access_request(
        requester,
        NewAccessRequest(await _email(requester), Division.MRDD, regional_office=office.regional_office),
    )
    await set_requested_roles(requester, number, [WantedRole(code, "Supervises TCM logging.") for code in codes])
    terms = await terms_in_force(local_date(world.clock()))
    await submit_access_request(requester, number, f"key-{number}", terms.version)
    return number


async def _email(person: Caller) -> str:
    return (await User.get(id=person.actor.person())).email or ""


def _hash_shown(page: Browser) -> str:
    found = re.search(r'name="contentHash" value="([0-9a-f]{64})"', page.page)
    assert found, "the page offers no decision"
    return unescape(found[1])


@pytest.mark.requirement("ARA-13", "LSO-14")
async def test_the_link_in_the_letter_only_opens_the_page_and_the_officer_decides_there_by_signing(
    world: World,
    signed_in: SignsIn,
) -> None:
    office = await Office.of(world)
    number = await _submitted(office, office.employee, "CONSUMER_REFERRAL_DB")
    page = await signed_in(office.lso)

    for _ in range(2):
        answer = await page.get(f"/access-requests/{number}")
        assert answer.status_code == 200
    assert not await AccessDecision.exists()
    assert "Consumer Referral DB" in page.page
    assert "Approve and sign" in page.page

    form = {"stage": "LSO", "contentHash": _hash_shown(page), "userId": office.lso.actor.label, "reason": "Known well"}
    answer = await page.post(f"/access-requests/{number}", {**form, "password": "Wrong-Horse-7", "decision": "approve"})
    assert answer.status_code == 422
    assert 'value="Known well"' in page.page
    assert "Wrong-Horse-7" not in page.page
    assert not await AccessDecision.exists()

    answer = await page.post(f"/access-requests/{number}", {**form, "password": PASSWORD, "decision": "approve"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/access-requests/{number}?done=decided")
    await page.get(f"/access-requests/{number}")
    assert "Awaiting provisioning" in page.page
    assert "Approve and sign" not in page.page


@pytest.mark.requirement("ARA-14", "TRK-01", "TRK-02", "TRK-03")
async def test_provisioning_finds_its_queue_and_the_requester_follows_to_the_granted_role(
    world: World,
    signed_in: SignsIn,
) -> None:
    office = await Office.of(world)
    number = await _submitted(office, office.employee, "CONSUMER_REFERRAL_DB")
    officer, desk, person = [await signed_in(who) for who in (office.lso, office.provisioning, office.employee)]
    await desk.get("/provisioning")
    assert "Nothing waits for ITSD Provisioning." in desk.page
    assert (await desk.get(f"/access-requests/{number}")).status_code == 404

    await _decide(officer, office.lso, number, "LSO", "approve")
    await desk.get("/provisioning")
    assert f'href="/access-requests/{number}"' in desk.page
    await _decide(desk, office.provisioning, number, "PROVISIONING", "approve")

    await person.get("/access-requests")
    assert "Granted" in person.page
    assert "Consumer Referral DB" in person.page
    assert await RoleGrant.exists(user_id=office.employee.actor.id, role="CONSUMER_REFERRAL_DB", ended_at=None)


@pytest.mark.requirement("LSO-09", "LSO-10", "ARA-22")
async def test_nobody_but_the_addressee_is_offered_the_decision(world: World, signed_in: SignsIn) -> None:
    office = await Office.of(world)
    number = await _submitted(office, office.employee, "CONSUMER_REFERRAL_DB")

    for who in (office.employee, office.cso):
        page = await signed_in(who)
        answer = await page.get(f"/access-requests/{number}")
        assert answer.status_code == 200
        assert "Approve and sign" not in page.page
    for who in (office.supervisor, office.provisioning, office.liaison):
        page = await signed_in(who)
        assert (await page.get(f"/access-requests/{number}")).status_code == 404
    assert not await Incident.exists(), "looking is no answer"


async def test_a_denial_needs_a_reason_and_keeps_what_was_typed(world: World, signed_in: SignsIn) -> None:
    office = await Office.of(world)
    number = await _submitted(office, office.employee, "CONSUMER_REFERRAL_DB")
    page = await signed_in(office.lso)
    await page.get(f"/access-requests/{number}")
    form = {"stage": "LSO", "contentHash": _hash_shown(page), "userId": office.lso.actor.label, "password": PASSWORD}

    answer = await page.post(f"/access-requests/{number}", {**form, "decision": "deny"})
    assert answer.status_code == 422
    assert "Say why it is denied" in page.page
    answer = await page.post(f"/access-requests/{number}", {**form, "decision": "maybe"})
    assert answer.status_code == 422
    assert (await AccessRequest.get(number=number)).state is RequestState.WITH_LSO

    answer = await page.post(f"/access-requests/{number}", {**form, "decision": "deny", "reason": "Not her work."})
    assert answer.status_code == 303
    await page.get(f"/access-requests/{number}")
    assert "Not her work." in page.page


async def test_a_number_that_leads_nowhere_says_so(world: World, signed_in: SignsIn) -> None:
    page = await signed_in(await world.user())
    for number in ("1", "99999999999999999999"):
        assert (await page.get(f"/access-requests/{number}")).status_code == 404


async def _decide(page: Browser, who: Caller, number: int, stage: str, decision: str) -> None:
    await page.get(f"/access-requests/{number}")
    form = {"stage": stage, "contentHash": _hash_shown(page), "userId": who.actor.label, "password": PASSWORD}
    answer = await page.post(f"/access-requests/{number}", {**form, "decision": decision})
    assert answer.status_code == 303, page.page
