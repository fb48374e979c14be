"""The steps of a referral as its coordinator goes them on the pages, and what the pages refuse."""

from __future__ import annotations

import re

import pytest

from orm.models import Publication, ReferralExclusion
from resolvers.responses import Answer, respond_to_referral
from rules.referrals import CloseOutcome, DeclineReason, ReferralStatus, ResponseKind
from tests.admin_ui.browser import Browser, SignsIn
from tests.world.world import World


def once(page: Browser) -> str:
    """The token of the form last shown."""
    return re.findall(r'name="once" value="([^"]*)"', page.page)[0]


@pytest.mark.requirement("REF-02")
async def test_a_draft_is_entered_with_counties_by_box_and_by_name_and_what_was_typed_stays(
    world: World, signed_in: SignsIn
) -> None:
    coordinator = await world.coordinator("Boone")
    await world.facility()
    page = await signed_in(coordinator)
    await page.get("/referrals/new")
    boone, city = await world.county("Boone"), await world.county("St. Louis City")
    typed: dict[str, str | list[str]] = {
        "dmhId": "D900001",
        "firstName": "Invented",
        "lastName": "Person",
        "birthDate": "1990-05-17",
        "gender": "FEMALE",
        "guardians": "Some Guardian",
        "guardianPhone": "555-0100",
        "statewide": "COUNTIES",
        "preferredCounties": [boone],
        "preferredCountiesNamed": "saint louis city, Nowhere",
        "facilityCode": "101",
        "primaryCoordinatorId": str(coordinator.actor.id),
        "once": once(page),
    }

    refused = await page.post("/referrals/new", typed)

    assert refused.status_code == 422
    assert "There is no county named “Nowhere”." in page.text
    assert 'value="saint louis city, Nowhere"' in page.page
    assert f'value="{boone}" checked' in page.page
    answer = await page.post("/referrals/new", {**typed, "preferredCountiesNamed": "saint louis city"})
    assert answer.status_code == 303
    number = int(re.findall(r"/referrals/(\d+)", answer.headers["location"])[0])
    referral = await world.referral(number)
    assert referral.status is ReferralStatus.DRAFT
    await page.get(f"/referrals/{number}")
    assert "Preferred counties Boone, St. Louis City" in page.text
    assert "Some Guardian" in page.text
    assert city != boone
    sent_again = await page.post("/referrals/new", {**typed, "preferredCountiesNamed": "saint louis city"})
    assert sent_again.headers["location"] == answer.headers["location"], "the same form makes one draft"


@pytest.mark.requirement("REF-03")
async def test_publishing_shows_every_verdict_first_and_refuses_a_page_that_has_become_old(
    world: World, signed_in: SignsIn
) -> None:
    coordinator = await world.coordinator("Boone")
    near, far = await world.provider("Boone", name="Maple Ridge"), await world.provider("Adair", name="Far Away")
    number = await world.draft(coordinator, "Boone")
    page = await signed_in(coordinator)

    await page.get(f"/referrals/{number}/publish")

    assert "Maple Ridge Yes" in page.rows()[0]
    assert "Far Away No No active contact of the provider serves a preferred county." in page.rows()[1]
    assert "1 provider No active contact of the provider serves a preferred county." in page.text, "how many, and why"
    assert await Publication.all().count() == 0, "looking tells nobody"
    version = re.findall(r'name="version" value="(\d+)"', page.page)[0]
    first, again, token = once(page), "another form", page.form_token
    assert (await page.post(f"/referrals/{number}/publish", {"version": version, "once": first})).status_code == 303
    assert [kind for kind, _ in await world.lines(near.mailbox_id)] == ["REFERRAL_PUBLISHED"]
    assert await world.lines(far.mailbox_id) == []
    refused = await page.post(f"/referrals/{number}/publish", {"version": version, "once": again}, csrf=token)
    assert refused.status_code == 409
    assert "The referral has changed meanwhile." in page.text
    assert await Publication.all().count() == 1


async def test_a_preview_of_many_providers_counts_them_by_reason_and_shows_those_who_are_looked_for(
    world: World, signed_in: SignsIn
) -> None:
    coordinator = await world.coordinator("Boone")
    for number in range(55):
        await world.provider("Boone" if number % 11 else "Adair", name=f"Home {number:02}")
    draft = await world.draft(coordinator, "Boone")
    page = await signed_in(coordinator)

    await page.get(f"/referrals/{draft}/publish")
    assert "50 providers get it, of 55" in page.text
    assert "50 providers An active contact of the provider serves a preferred county." in page.text
    assert "5 providers No active contact of the provider serves a preferred county." in page.text
    assert len(page.rows()) == 50
    assert "5 more providers; narrow by name to see them." in page.text
    await page.get(f"/referrals/{draft}/publish?name=home+33")
    assert [row.split(" No ")[0] for row in page.rows()] == ["Home 33"]
    assert "50 providers get it, of 55" in page.text, "whoever is looked for, the counts are of all"


@pytest.mark.requirement("REF-10")
@pytest.mark.requirement("REF-12")
async def test_a_provider_is_left_out_another_chosen_and_the_search_ends_after_being_asked_once_more(
    world: World, signed_in: SignsIn
) -> None:
    coordinator = await world.coordinator("Boone")
    chosen, unwanted = await world.provider("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await respond_to_referral(chosen.staff, number, Answer(ResponseKind.ACCEPT))
    page = await signed_in(coordinator)
    at = f"/referrals/{number}"

    await page.get(f"{at}/exclude?provider={unwanted.id}")
    assert unwanted.name in page.text
    await page.post(f"{at}/exclude", {"provider": str(unwanted.id), "reason": ""})
    assert "this is needed" in page.text
    await page.post(f"{at}/exclude", {"provider": str(unwanted.id), "reason": "too near"})
    assert await ReferralExclusion.filter(provider_id=unwanted.id, included_at=None).count() == 1
    await page.get(f"{at}/why?provider={unwanted.id}")
    assert "Does not get it The family asked to leave this provider out." in page.text
    await page.get(f"{at}/include?provider={unwanted.id}")
    await page.post(f"{at}/include", {"provider": str(unwanted.id)})
    assert await ReferralExclusion.filter(included_at=None).count() == 0

    await page.get(f"{at}/pending")
    assert chosen.name in page.text
    assert unwanted.name not in page.text, "who has not accepted is not offered"
    await page.post(f"{at}/pending", {"providerId": str(chosen.id)})
    assert (await world.referral(number)).pending_provider_id == chosen.id

    end = {"outcome": "PLACED", "placedWithId": str(chosen.id)}
    await page.get(f"{at}/close")
    await page.post(f"{at}/close", end)
    assert "is not opened again" in page.text
    assert (await world.referral(number)).status is ReferralStatus.OPEN, "nothing happens before it is confirmed"
    await page.post(f"{at}/close", {**end, "confirmed": "yes"})
    closed = await world.referral(number)
    assert (closed.status, closed.close_outcome) == (ReferralStatus.CLOSED, CloseOutcome.PLACED)
    await page.get(at)
    assert "Publish again" not in page.text, "what cannot be done any more is not offered"


@pytest.mark.requirement("RSP-01")
@pytest.mark.requirement("RSP-02")
async def test_a_provider_answers_and_a_reason_that_is_missing_is_said_at_its_field(
    world: World, signed_in: SignsIn
) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    page = await signed_in(home.staff)
    at = f"/referrals/{number}/answer"
    await page.get(at)

    assert (await page.post(at, {"kind": "DECLINE", "comments": "full until May"})).status_code == 422
    assert 'id="declineReason-wrong"' in page.page
    assert "full until May</textarea>" in page.page
    await page.post(at, {"kind": "DECLINE", "declineReason": "NO_VACANCY", "comments": "full until May"})
    await page.get(f"/referrals/{number}")
    assert f"Declines Reason: {DeclineReason.NO_VACANCY.label} full until May" in page.text
    await page.get(at)
    assert "Edit the answer" in page.text
    assert 'value="DECLINE" checked' in page.page

    of_coordinator = await signed_in(coordinator)
    assert (await of_coordinator.get(at)).status_code == 403
    stranger = await signed_in((await world.provider("Adair")).staff)
    for path in (at, f"/referrals/{number}/publish", f"/referrals/{number}/receipts"):
        assert (await stranger.get(path)).status_code in {403, 404}
    assert (await page.get(f"/referrals/{number}/publish")).status_code == 403


async def test_a_coordinator_sees_how_far_it_got_and_who_is_silent(world: World, signed_in: SignsIn) -> None:
    coordinator = await world.coordinator("Boone")
    answered, silent = await world.provider("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await respond_to_referral(answered.staff, number, Answer(ResponseKind.ACCEPT))
    world.clock.forward(days=30)
    page = await signed_in(coordinator)

    await page.get(f"/referrals/{number}/receipts")
    assert silent.name in page.rows()[0]
    assert "no answer for 30 days" in page.rows()[0]
    assert "Answered" in page.rows()[1]
    await page.get("/silent-providers?days=29")
    assert [silent.name in row for row in page.rows()] == [True]
    await page.get("/silent-providers?days=30")
    assert page.rows() == []
    assert (await page.get("/silent-providers?days=many")).status_code == 422
    await page.get("/")
    assert "1 accepted referral without a placement" in page.text
    assert "1 answer that a provider owes" in page.text
