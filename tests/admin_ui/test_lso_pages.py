"""The office of a Local Security Officer: the letter, deputies, a vacancy, and how each officer can be reached."""

from __future__ import annotations

import pytest

from orm.models import LsoDeputy, LsoDesignation, User
from tests.admin_ui.browser import SignsIn
from tests.world.office import Office
from tests.world.world import PASSWORD, World


@pytest.mark.requirement("LSO-02", "LSO-12", "LSO-13", "LSO-16")
async def test_a_director_fills_an_empty_office_by_a_letter_that_the_house_has_begun(
    world: World, signed_in: SignsIn
) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    director, officer = await signed_in(office.director), office.supervisor
    assert (await director.get("/lso")).headers["location"] == f"/lso/provider/{office.provider_id}"
    at = f"/lso/provider/{office.provider_id}"
    await director.get(at)
    assert "Nobody is designated." in director.text

    await director.get(f"{at}/designate")
    assert f'value="{office.provider_name}"' in director.page
    assert 'value="555-0110"' in director.page
    letter: dict[str, str | list[str]] = {
        "lsoUserId": officer.actor.label,
        "letter.dated": "2026-03-02",
        "letter.organization": office.provider_name,
        "letter.fax": "555-0199",
        "userId": office.director.actor.label,
    }
    assert (await director.fill(f"{at}/designate", letter)).status_code == 422, "nothing without a signature"
    assert 'value="555-0199"' in director.page
    assert not await LsoDesignation.exists(provider_id=office.provider_id, ended_at=None)
    assert (await director.fill(f"{at}/designate", {**letter, "password": PASSWORD})).status_code == 303
    await director.get(at)
    assert "Fax: 555-0199" in director.page
    assert (await User.get(id=officer.actor.person())).name in director.text

    stranger = await signed_in(await world.user())
    assert (await stranger.get(at)).status_code == 404
    assert (await stranger.post(f"{at}/designate", letter)).status_code == 403
    ended = await director.fill(f"{at}/end", {"why": "NEW_DUTIES"})
    assert ended.status_code == 303
    assert not await LsoDesignation.exists(provider_id=office.provider_id, ended_at=None)


@pytest.mark.requirement("LSO-07", "LSO-12")
async def test_an_officer_names_who_stands_in_and_the_offices_see_who_cannot_be_reached(
    world: World, signed_in: SignsIn
) -> None:
    office = await Office.of(world)
    lso, liaison = await signed_in(office.lso), await signed_in(office.liaison)
    at = f"/lso/provider/{office.provider_id}"
    days = {"userId": office.supervisor.actor.label, "beginsOn": "2026-04-06", "endsOn": "2026-04-01"}
    assert (await lso.fill(f"{at}/deputy", days)).status_code == 422
    assert 'id="endsOn-wrong"' in lso.page
    assert (await lso.fill(f"{at}/deputy", {**days, "endsOn": "2026-04-10"})).status_code == 303
    await lso.get(at)
    assert "04/10/2026" in lso.page
    deputy = await LsoDeputy.get(user_id=office.supervisor.actor.person())
    await lso.fill(f"/lso/deputies/{deputy.id}/end")
    assert (await LsoDeputy.get(id=deputy.id)).ended_at is not None

    await User.filter(id=office.lso.actor.person()).update(email_bounced_at=world.clock())
    await liaison.get("/lso/health")
    assert "Email bounced" in liaison.text
    assert f'href="{at}"' in liaison.page
    await liaison.get("/lso/health?vacant=yes")
    assert office.provider_name not in liaison.text
    assert (await liaison.get(at)).status_code == 200
    assert "Record a paper form" in liaison.text
