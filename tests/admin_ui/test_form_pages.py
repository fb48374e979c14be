"""Access forms as pages: from the person's data to a password that is shown once, each step by the right hand."""

from __future__ import annotations

import re

import pytest

from orm.models import AccessForm, Credential, User
from rules.access_forms import FormState
from tests.admin_ui.browser import Browser, SignsIn
from tests.world.office import Office
from tests.world.world import PASSWORD, World

PERSON: dict[str, str | list[str]] = {
    "firstName": "Nova",
    "lastName": "Newcomer",
    "title": "Support Coordinator",
    "city": "Sampleton",
    "phone": "555-0142",
    "email": "nova.newcomer@example.org",
    "division": "MRDD",
    "createUserId": "yes",
    "accepted": "yes",
}


def offered(page: Browser) -> list[str]:
    """What the page of a form lets one do."""
    return re.findall(r'href="/forms/\d+/(sign/[A-Z_]+|paper|forward|issue|release|return|withdraw)"', page.page)


@pytest.mark.requirement("CPF-01", "LSO-03", "CPF-09")
async def test_a_form_goes_from_hand_to_hand_and_ends_with_a_password_that_is_shown_once(
    world: World, signed_in: SignsIn
) -> None:
    office = await Office.of(world)
    employee, supervisor, lso, liaison, oa = [
        await signed_in(who) for who in (office.employee, office.supervisor, office.lso, office.liaison, office.oa)
    ]
    answer = await employee.fill("/forms/new", {**PERSON, "email": "info@example.org"})
    assert answer.status_code == 422
    assert 'id="email-wrong"' in employee.page
    assert 'value="Newcomer"' in employee.page
    at = (await employee.fill("/forms/new", PERSON)).headers["location"].partition("?")[0]

    await employee.get(at)
    assert offered(employee) == ["sign/SUPERVISOR", "withdraw"]
    await lso.get("/forms")
    assert "Newcomer, Nova" in lso.text
    for page, who, capacity in ((supervisor, office.supervisor, "SUPERVISOR"), (lso, office.lso, "LSO")):
        await page.get(at)
        assert f"sign/{capacity}" in offered(page)
        signature = {"userId": who.actor.label, "password": "Wrong-Horse-7"}
        assert (await page.fill(f"{at}/sign/{capacity}", signature)).status_code == 422
        assert "Wrong-Horse-7" not in page.page
        signature["password"] = PASSWORD
        assert (await page.fill(f"{at}/sign/{capacity}", signature)).status_code == 303
    assert (await lso.get(f"{at}/sign/NOBODY")).status_code == 404

    await liaison.get(at)
    assert offered(liaison) == ["forward", "return"]
    await liaison.fill(f"{at}/forward")
    await oa.get(at)
    assert offered(oa) == ["issue", "return"]
    assert (await oa.fill(f"{at}/issue", {"userId": "NNEWCOMER"})).status_code == 303
    await liaison.get(f"{at}/release")
    form = liaison.hidden
    assert (await AccessForm.get()).state is FormState.ISSUED, "looking releases nothing"
    answer = await liaison.post(f"{at}/release", form)
    assert answer.status_code == 200
    secret = re.search(r'<dt>Password</dt><dd><code class="copy big">([^<]+)<', liaison.page)
    assert secret
    user = await User.get(user_id="NNEWCOMER")
    kept = await Credential.get(user_id=user.id)
    assert await world.desk.passwords.verify(kept.password_hash, secret[1])
    again = await liaison.post(f"{at}/release", form)
    assert again.headers["location"] == at, "the same form shows no second secret"
    assert (await Credential.get(user_id=user.id)).password_hash == kept.password_hash

    copy = await employee.get(f"{at}/print")
    assert "Newcomer" in employee.page
    assert "script-src" not in copy.headers["content-security-policy"]
    assert "sandbox" in copy.headers["content-security-policy"]


@pytest.mark.requirement("CPF-10")
async def test_the_regional_office_records_papers_and_sends_back_what_cannot_be_used(
    world: World, signed_in: SignsIn
) -> None:
    office = await Office.of(world)
    liaison = await signed_in(office.liaison)
    address = f"/forms/new?providerId={office.provider_id}"
    assert (await liaison.fill(address, {**PERSON, "middleInitial": "Q"})).status_code == 422, "how did it come?"
    await liaison.get(address)
    assert "How the paper came" in liaison.text
    at = (await liaison.fill(address, {**PERSON, "channel": "FAX"})).headers["location"].partition("?")[0]

    signature = {"capacity": "SUPERVISOR", "name": "A Supervisor", "signedOn": "2026-03-01"}
    assert (await liaison.fill(f"{at}/paper", {**signature, "signedOn": "soon"})).status_code == 422
    assert 'value="A Supervisor"' in liaison.page
    assert (await liaison.fill(f"{at}/paper", signature)).status_code == 303
    await liaison.get(at)
    assert "A Supervisor 03/01/2026 , on paper" in liaison.text
    await liaison.get(f"{at}/return")
    answer = await liaison.post(f"{at}/return", {"reason": "Unreadable.", "once": "o"})
    assert "goes no further" in liaison.text
    assert (await AccessForm.get()).state is FormState.AWAITING_SIGNATURES, "it is asked for once more"
    answer = await liaison.post(f"{at}/return", {"reason": "Unreadable.", "confirmed": "yes"})
    assert answer.status_code == 303
    await liaison.get(at)
    assert "Sent back: Unreadable." in liaison.text
    assert offered(liaison) == []
