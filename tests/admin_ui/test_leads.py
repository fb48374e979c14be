"""News lead on: a line of the mailbox is a link to what it is about, and no link ends in a refusal."""

from __future__ import annotations

import re
from datetime import timedelta

from orm.models import Contract, User
from resolvers.contract_end_sweep import CONTRACT_END
from resolvers.lso import end_lso
from resolvers.officers import Organization
from resolvers.referrals import delete_referral
from resolvers.reminders import REMINDERS
from resolvers.revocation import Revocation, revoke_access
from resolvers.sweeps import run_now
from rules.calendar import local_date
from rules.leaving import RevocationReason
from rules.lso import LsoEnd
from rules.roles import Role
from tests.admin_ui.browser import Browser, SignsIn
from tests.world.office import Office, at_facility, designated
from tests.world.world import World


async def links_of_news(page: Browser) -> dict[str, str]:
    """Give what the home page says was told last, with where it leads; what leads nowhere is not among it."""
    await page.get("/")
    told = page.page.partition('aria-labelledby="news"')[2].partition("</section>")[0]
    return {text: href for href, text in re.findall(r'<li><span><a href="([^"]+)">([^<]+)</a>', told)}


async def test_a_line_leads_to_its_referral_for_as_long_as_the_reader_may_open_it(
    world: World, signed_in: SignsIn
) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    number, other = [await world.published(coordinator, "Boone") for _ in range(2)]
    page = await signed_in(home.staff)
    expected = {f"Referral {one} was published": f"/referrals/{one}" for one in (number, other)}
    assert await links_of_news(page) == expected
    await page.get("/notifications")
    assert all(f'<a href="{href}">{text}</a>' in page.page for text, href in expected.items())
    for href in expected.values():
        assert (await page.get(href)).status_code == 200

    await delete_referral(coordinator, other, "Entered twice.")

    assert await links_of_news(page) == {
        f"Referral {number} was published": f"/referrals/{number}",
        f"Referral {other} was deleted": "/referrals",
    }, "the record is gone for this reader: the old line is a sentence"
    assert f"Referral {other} was published" in page.text
    assert (await page.get(f"/referrals/{other}")).status_code == 404
    await page.get("/notifications")
    assert f"/referrals/{other}" not in page.page


async def test_a_digest_leads_to_the_list_and_its_numbers_promise_nothing(world: World, signed_in: SignsIn) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    kept, gone = [await world.published(coordinator, "Boone") for _ in range(2)]
    world.clock.forward(days=31)
    await run_now(world.desk, REMINDERS)
    await delete_referral(coordinator, gone, "Entered twice.")
    page = await signed_in(home.staff)

    await page.get("/notifications")

    assert any(f"{kept}, {gone}" in row for row in page.rows())
    assert '<a href="/referrals">Referrals that still look for a home</a>' in page.page
    for href in set(re.findall(r'href="(/referrals[^"]*)"', page.page)):
        assert (await page.get(href)).status_code == 200


async def test_news_without_a_number_lead_to_where_their_matter_is_worked_on_for_everybody_who_is_told(
    world: World, signed_in: SignsIn
) -> None:
    office = await Office.of(world)
    world.clock.forward(days=7)  # the deputy stands in
    await Contract.filter(provider_id=office.provider_id).update(ends_on=local_date(world.clock()) + timedelta(days=30))
    await run_now(world.desk, CONTRACT_END)

    for who in (office.liaison, office.lso, office.deputy):
        page = await signed_in(who)
        assert await links_of_news(page) == {"The contract of a provider ends": "/ending-contracts"}
        assert (await page.get("/ending-contracts")).status_code == 200
        assert len(page.rows()) == 1
        leads = re.findall(r'<a href="(/providers/[^"]+|/accounts)"', page.page.partition("<tbody>")[2])
        for href in leads:
            assert (await page.get(href)).status_code == 200
    liaison = await signed_in(office.liaison)
    await liaison.get("/")
    assert "1 contract that ends or has ended" in liaison.text
    await liaison.get("/ending-contracts")
    taken = await liaison.post("/ending-contracts/export", {"as": "csv"})
    assert "have the new contract entered" in taken.text


async def test_the_central_office_finds_the_referrals_without_a_coordinator_of_which_it_is_told(
    world: World, signed_in: SignsIn
) -> None:
    leaver, central = await world.coordinator("Boone"), await world.user(Role.CENTRAL_STAFF)
    number = await world.published(leaver, "Boone")
    await revoke_access(await world.user(Role.ITSD_ACCOUNT_MGMT), Revocation(leaver.actor.label, RevocationReason.LEFT))
    page = await signed_in(central)

    links = await links_of_news(page)
    assert links["A duty needs a new holder"] == "/open-duties"
    await page.get(links["A duty needs a new holder"])

    assert [row.split()[0] for row in page.rows()] == ["Primary"]
    assert f'href="/referrals/{number}"' in page.page


async def test_the_news_of_a_vacancy_lead_to_the_organization_that_has_no_officer(
    world: World, signed_in: SignsIn
) -> None:
    """The liaison is of a facility that has an officer; who answers for one organization only is led to that one."""
    office = await Office.of(world)
    await designated(world, Organization(facility_id="102"), await at_facility(world, "102", Role.LSO))
    await User.filter(id=office.liaison.actor.person()).update(facility_id="102")
    title = "An organization has no Local Security Officer"

    await end_lso(office.liaison, office.organization, LsoEnd.LEFT)
    for who in (office.liaison, office.cso):
        page = await signed_in(who)
        led = (await page.get((await links_of_news(page))[title])).headers["location"]
        await page.get(led)
        assert [row.startswith(office.provider_name) for row in page.rows()] == [True]
    director = await signed_in(office.director)
    led = (await director.get((await links_of_news(director))[title])).headers["location"]
    assert led == f"/lso/provider/{office.provider_id}"

    await designated(world, office.organization, office.supervisor)
    await end_lso(office.cso, Organization(facility_id="102"), LsoEnd.LEFT)
    page = await signed_in(office.cso)
    await page.get((await page.get((await links_of_news(page))[title])).headers["location"])
    assert [row.startswith("Facility 102") for row in page.rows()] == [True]
