"""The profile of a provider: kept by its own people and by the office, and seen by nobody else's (001:66-129)."""

from __future__ import annotations

import re

import pytest

from admin_ui.county_map import county_shapes
from orm.models import Contact, ContactCounty, Contract, NoReferralStatus, Provider, ProviderKind, Site
from resolvers.coverage import list_coverage
from resolvers.previews import preview_publish
from rules.roles import Role
from tests.admin_ui.browser import SignsIn
from tests.world.world import World


@pytest.mark.requirement("PRF-03")
@pytest.mark.requirement("PRF-05")
@pytest.mark.requirement("PRF-08")
@pytest.mark.requirement("PRF-09")
async def test_the_people_of_a_provider_keep_their_contacts_and_counties(world: World, signed_in: SignsIn) -> None:
    home, other = await world.provider("Boone"), await world.provider("Adair")
    page = await signed_in(home.staff)
    at = f"/providers/{home.id}"
    await page.get("/provider")
    assert f"{home.name} Takes part" in page.text
    assert "The contact has not verified this profile yet." in page.text

    await page.post(f"{at}/contacts/{home.contact_id}/verify", {})
    assert (await Contact.get(id=home.contact_id)).verified_at == world.clock()

    counties = f"{at}/contacts/{home.contact_id}/counties"
    await page.get(counties)
    assert 'id="c29019" fill="url(#map-' not in page.page
    assert '<path class="s" id="c29019"' in page.page
    everything = [one.fips for one in county_shapes()]
    assert (await page.post(counties, {"counties": everything})).status_code == 422
    assert await ContactCounty.filter(contact_id=home.contact_id).count() == 1, "all 115 are refused"
    await page.post(counties, {"counties": [await world.county("Cole")], "countiesNamed": "Boone, Osage"})
    assert await ContactCounty.filter(contact_id=home.contact_id).count() == 3

    await page.get(f"{at}/contacts/new")
    token = page.form_token
    new: dict[str, str | list[str]] = {"firstName": "New", "lastName": "Person", "email": "nobody", "counties": []}
    assert (await page.post(f"{at}/contacts/new", new)).status_code == 422
    assert 'id="email-wrong"' in page.page
    await page.post(f"{at}/contacts/new", {**new, "email": "new@example.org"}, csrf=token)
    added = await Contact.get(email="new@example.org")
    await page.get(f"{at}/contacts/{added.id}/deactivate")
    await page.post(f"{at}/contacts/{added.id}/deactivate", {})
    assert not (await Contact.get(id=added.id)).active

    for theirs in (f"/providers/{other.id}", f"/providers/{other.id}/contacts/{other.contact_id}/edit"):
        assert (await page.get(theirs)).status_code == 404
    token = page.form_token
    assert (await page.get(f"{at}/no-referral-status")).status_code == 403, "nobody types what will not be taken"
    assert (await page.post(f"{at}/no-referral-status", {"reason": "full"}, csrf=token)).status_code == 403
    assert await NoReferralStatus.all().count() == 0


@pytest.mark.requirement("PRF-13")
@pytest.mark.requirement("PRF-16")
async def test_the_office_enters_a_provider_and_lets_it_take_part(world: World, signed_in: SignsIn) -> None:
    page = await signed_in(await world.user(Role.PROVIDER_RELATIONS))
    await page.get("/providers/new")
    token = page.form_token

    made = await page.post("/providers/new", {"name": "Maple Ridge", "kind": "RESIDENTIAL", "city": "Sampleton"})

    at = made.headers["location"].partition("?")[0]
    assert re.fullmatch(r"/providers/[0-9a-f-]{36}", at)
    contract = {"number": "C-1", "beginsOn": "2026-01-01", "endsOn": "2025-01-01"}
    assert (await page.post(f"{at}/contracts/new", contract, csrf=token)).status_code == 422
    await page.post(f"{at}/contracts/new", {**contract, "endsOn": ""}, csrf=token)
    assert await Contract.filter(number="C-1").count() == 1
    site = {"kind": "ISL", "county": await world.county("Boone"), "city": "Sampleton", "beds": "3"}
    await page.post(f"{at}/sites/new", site, csrf=token)
    assert (await Site.get()).beds == 3
    await page.post(f"{at}/activate", {}, csrf=token)
    provider = await Provider.get(name="Maple Ridge")
    assert (provider.active, provider.kind) == (True, ProviderKind.RESIDENTIAL)
    await page.get("/providers?unreachable=yes")
    assert "No letter reaches it" in page.rows()[0]
    assert "Maple Ridge" in page.rows()[0]
    await page.get(at)
    assert "Without an active contact no referral reaches the provider." in page.text

    await page.post(f"{at}/no-referral-status", {"reason": "renovation"}, csrf=token)
    await page.get(at)
    assert "In No Referral Status" in page.text
    await page.post(f"{at}/no-referral-status/lift", {}, csrf=token)
    assert await NoReferralStatus.filter(lifted_at=None).count() == 0
    await page.get("/")
    assert "1 provider that no letter reaches" in page.text


@pytest.mark.requirement("PRF-11")
async def test_the_map_of_counties_served_says_what_the_audience_rule_says(world: World, signed_in: SignsIn) -> None:
    coordinator = await world.coordinator("Boone", "Adair", "Cole")
    await world.provider("Boone")
    suspended, silent = await world.provider("Adair"), await world.provider("Cole")
    number = await world.published(coordinator, "Boone", "Adair", "Cole")
    await world.suspend(suspended.id)
    await Contact.filter(id=silent.contact_id).update(email=None)

    coverage = await list_coverage(coordinator)
    preview = await preview_publish(coordinator, number)

    assert {one.name for one in coverage if one.lacking} == {one.name for one in preview.unreachable_counties}
    assert {one.name: one.providers for one in coverage if one.open_referrals.count} == {
        "Adair": 0,
        "Boone": 1,
        "Cole": 0,
    }
    page = await signed_in(coordinator)
    await page.get("/coverage")
    assert "no letter reaches a provider in Adair, Cole." in page.text
    assert [row.split()[0] for row in page.rows()[:2]] == ["Adair", "Cole"]
    assert ["none reached" in row for row in page.rows()[:3]] == [True, True, False]
    assert (await (await signed_in(suspended.staff)).get("/coverage")).status_code == 403


@pytest.mark.requirement("RSP-07")
async def test_who_sees_no_referrals_is_not_told_how_many_there_are_where_they_are_few(
    world: World, signed_in: SignsIn
) -> None:
    coordinator = await world.coordinator("Boone", "Cole")
    for counties in (["Cole"], ["Boone"], ["Boone"]):
        await world.published(coordinator, *counties)
    page = await signed_in(coordinator)
    await page.get("/coverage")
    assert page.rows()[:2] == ["Boone 0 none reached 2", "Cole 0 none reached 1"]
    assert "kept back" not in page.text
    page = await signed_in(await world.user(Role.PROVIDER_RELATIONS))
    await page.get("/coverage")
    assert page.rows()[:2] == ["Boone 0 none reached kept back", "Cole 0 none reached kept back"]
    assert "no letter reaches a provider in Boone, Cole." in page.text
    assert "1 to 10 of them are kept back" in page.text
