"""The policy register as pages: every number with its history, a change with what comes of it, where numbers meet."""

from __future__ import annotations

import pytest

from orm.models import PolicyVersion
from resolvers.policies import change_policy
from rules.policy_register import REGISTER
from rules.roles import Role
from tests.admin_ui.browser import SignsIn
from tests.world.world import World

KEY = "password.max_age_days"


@pytest.mark.requirement("POL-35")
@pytest.mark.requirement("POL-34")
@pytest.mark.requirement("RSK-19")
async def test_a_change_is_looked_at_before_it_is_decided_and_one_that_contradicts_is_refused(
    world: World, signed_in: SignsIn
) -> None:
    cso = await world.user(Role.CSO)
    page = await signed_in(cso)
    await page.get("/policies")
    assert len(page.rows()) == len(REGISTER)
    path = f"/policies/{KEY}"
    await page.get(path)
    assert "It was never changed" in page.text
    await page.get(f"{path}/change")
    typed = {"value": "10", "effectiveFrom": "2026-04-01", "reason": "Stricter.", "seen": "0"}
    assert (await page.post(f"{path}/change", {**typed, "effectiveFrom": "2026-03-02"})).status_code == 422
    assert 'id="effectiveFrom-wrong"' in page.page
    await page.post(f"{path}/change", typed)
    assert "60 becomes 10" in page.text
    assert "This change contradicts another number" in page.text
    await page.post(f"{path}/change", {**typed, "confirmed": "yes"})
    assert await PolicyVersion.all().count() == 0

    await page.post(f"{path}/change", {**typed, "value": "45"})
    assert "contradicts" not in page.text
    await page.post(f"{path}/change", {**typed, "value": "45", "confirmed": "yes"})
    assert await PolicyVersion.all().count() == 1
    await page.get("/policies?changed=yes")
    assert len(page.rows()) == 1
    assert "45 from 04/01/2026" in page.rows()[0]

    await page.get(f"{path}/change")
    await change_policy(cso, KEY, "50", (await PolicyVersion.get()).effective_from, "Softer.", seen=1)
    refused = await page.post(f"{path}/change", {**typed, "value": "40", "seen": "1", "confirmed": "yes"})
    assert refused.status_code == 409
    assert "Somebody else has changed this number" in page.text
    assert 'value="40"' in page.page


async def test_a_yes_or_a_no_is_said_as_one(world: World, signed_in: SignsIn) -> None:
    page = await signed_in(await world.user(Role.CSO))
    await page.get("/policies")
    assert any(row.startswith("Refuse common passwords No No") for row in page.rows())
    key = next(key for key, one in REGISTER.items() if one.title == "Refuse common passwords")
    await page.get(f"/policies/{key}")
    assert "yes/no" not in page.text
    assert "In the documents No" in page.text


async def test_everybody_of_the_offices_reads_the_register_and_only_the_cso_is_offered_a_change(
    world: World, signed_in: SignsIn
) -> None:
    page = await signed_in(await world.user(Role.SUPPORT_DESK))
    await page.get(f"/policies/{KEY}")
    assert "Change it" not in page.text
    await page.get(f"/policies/{KEY}/change")
    assert (
        await page.post(f"/policies/{KEY}/change", {"value": "45", "effectiveFrom": "2026-04-01", "reason": "No."})
    ).status_code == 403
    await page.get("/policies/conflicts")
    assert "They meet" in page.text
    assert (await page.get("/policies/no.such")).status_code == 404
    staff = await signed_in((await world.provider("Boone")).staff)
    assert (await staff.get("/policies")).status_code == 403
