"""From a wish to a request that is on its way: each step keeps what was typed, and it is sent once."""

from __future__ import annotations

import pytest

from orm.models import AccessRequest, AccessRequestRole, User
from rules.approvals import RequestState
from tests.admin_ui.browser import SignsIn
from tests.world.office import Office
from tests.world.requests import REGIONAL_OFFICE_USER, decide
from tests.world.world import World


@pytest.mark.requirement("ARA-02", "ARA-04", "ARA-07", "ARA-09", "TRK-01", "TRK-02")
async def test_a_person_asks_for_roles_step_by_step_and_sees_where_the_request_is(
    world: World, signed_in: SignsIn
) -> None:
    office = await Office.of(world)
    page = await signed_in(office.employee)
    email = (await User.get(id=office.employee.actor.person())).email or ""

    answer = await page.fill("/access-requests/new", {"email": email, "division": "MRDD"})
    assert answer.status_code == 422, "the terms come first"
    assert 'id="agreed-wrong"' in page.page
    answer = await page.fill("/access-requests/new", {"email": "else@example.org", "agreed": "yes", "division": "CPS"})
    assert answer.status_code == 422
    assert 'value="else@example.org"' in page.page
    assert 'value="CPS" checked' in page.page
    assert not await AccessRequest.exists()
    answer = await page.fill(
        "/access-requests/new", {"email": email, "agreed": "yes", "division": "MRDD", "under": "REGIONAL_OFFICE"}
    )
    roles = answer.headers["location"]
    assert roles.endswith("/roles")

    await page.get(roles)
    assert "DD Private TCM Provider Regional Office User" in page.text
    assert f'value="{REGIONAL_OFFICE_USER}"' in page.page
    assert 'value="ADMINISTRATOR"' not in page.page, "what cannot be held is not offered"
    assert "This role is not available to providers." in page.text
    answer = await page.post(roles, {"role": REGIONAL_OFFICE_USER, f"reason-{REGIONAL_OFFICE_USER}": "x" * 301})
    assert answer.status_code == 422
    assert "x" * 301 in page.page
    answer = await page.post(roles, {"role": []})
    review = answer.headers["location"]
    await page.get(review)
    assert "Choose at least one role." in page.text
    assert "Submit the request" not in page.text
    await page.get(roles)
    await page.post(roles, {"role": REGIONAL_OFFICE_USER, f"reason-{REGIONAL_OFFICE_USER}": "Logs TCM."})

    await page.get(review)
    assert "Logs TCM." in page.text
    sent = page.hidden
    for _ in range(2):
        answer = await page.post(review, sent)
        assert answer.status_code == 303
        await page.get(answer.headers["location"])
    assert (await AccessRequest.get()).state is RequestState.WITH_LSO
    assert "Your request was submitted." in page.text
    assert 'aria-current="step"' in page.page
    assert (await User.get(id=office.lso.actor.person())).name in page.text, "it says with whom it is"
    assert (await page.get(roles)).status_code == 409, "what was sent is not changed"


@pytest.mark.requirement("ARA-18", "TRK-03")
async def test_a_denied_request_is_corrected_and_one_that_is_not_wanted_is_taken_back(
    world: World, signed_in: SignsIn
) -> None:
    office = await Office.of(world)
    page = await signed_in(office.employee)
    email = (await User.get(id=office.employee.actor.person())).email or ""
    begun = await page.fill("/access-requests/new", {"email": email, "agreed": "yes", "division": "MRDD"})
    await page.get(begun.headers["location"])
    await page.post(begun.headers["location"], {"role": REGIONAL_OFFICE_USER})
    number = (await AccessRequest.get()).number
    await page.fill(f"/access-requests/{number}/review")
    await decide(office.lso, number, approve=False, reason="Not her work.")

    await page.get(f"/access-requests/{number}")
    assert "Correct and submit again" in page.text
    answer = await page.fill(f"/access-requests/{number}/resubmit")
    corrected = await AccessRequest.get(follows_id=(await AccessRequest.get(number=number)).id)
    assert answer.headers["location"].startswith(f"/access-requests/{corrected.number}/roles")
    assert await AccessRequestRole.filter(request_id=corrected.id).count() == 1
    assert (await page.fill(f"/access-requests/{number}/resubmit")).status_code == 409

    await page.get(f"/access-requests/{corrected.number}/withdraw")
    assert (await AccessRequest.get(id=corrected.id)).state is RequestState.DRAFT, "looking takes nothing back"
    await page.fill(f"/access-requests/{corrected.number}/withdraw")
    assert (await AccessRequest.get(id=corrected.id)).state is RequestState.WITHDRAWN
    await page.get("/my-roles")
    assert "You hold no role." in page.text
    other = await signed_in(office.supervisor)
    assert (await other.get(f"/access-requests/{number}/review")).status_code == 404
    assert (await other.fill(f"/access-requests/{number}/withdraw")).status_code == 404
