"""Two people with the same form open: nobody writes over, unseen, what the other one has saved meanwhile."""

from __future__ import annotations

import pytest

from orm.models import CatalogueRole, Contact, OutsideSystem, Referral, ReferralCounty, Regulation
from resolvers.contacts import ContactChange, update_contact
from resolvers.referral_entry import ReferralChange, update_referral
from rules.roles import Role
from tests.admin_ui.browser import Browser, SignsIn
from tests.world.world import ProviderHome, World


async def _opened(home: ProviderHome, signed_in: SignsIn) -> tuple[Browser, str]:
    """Open the form of a provider's contact; give the page and the form's address."""
    page = await signed_in(home.staff)
    edit = f"/providers/{home.id}/contacts/{home.contact_id}/edit"
    await page.get(edit)
    return page, edit


@pytest.mark.requirement("PRF-03")
async def test_an_address_that_a_colleague_corrected_is_not_set_back_by_a_page_that_was_open_before(
    world: World, signed_in: SignsIn
) -> None:
    home = await world.provider("Boone")
    page, edit = await _opened(home, signed_in)
    before = await Contact.get(id=home.contact_id)
    form: dict[str, str | list[str]] = {
        **page.hidden,
        "firstName": before.first_name,
        "lastName": before.last_name,
        "title": before.title,
        "email": before.email or "",
        "phone": "555-0177",
    }
    await update_contact(home.staff, home.contact_id, ContactChange(email="corrected@example.org", phone="555-0188"))

    answer = await page.post(edit, form)

    assert answer.status_code == 409
    contact = await Contact.get(id=home.contact_id)
    assert (contact.email, contact.phone) == ("corrected@example.org", "555-0188"), "nothing was written"
    assert "Somebody else has changed this since you opened the form: E-mail address, Telephone." in page.text
    assert 'value="corrected@example.org"' in page.page, "what was not touched is shown as it is now"
    assert 'value="555-0177"' in page.page, "what was typed stays"
    assert "Meanwhile it was changed to: 555-0188." in page.text
    await page.post(edit, {**form, **page.hidden, "email": "corrected@example.org"})
    contact = await Contact.get(id=home.contact_id)
    assert (contact.email, contact.phone) == ("corrected@example.org", "555-0177")


@pytest.mark.requirement("REF-02")
async def test_counties_that_a_colleague_has_added_stay_when_an_older_page_changes_the_facility(
    world: World, signed_in: SignsIn
) -> None:
    coordinator = await world.coordinator("Boone", "Cole")
    number = await world.published(coordinator, "Boone")
    page = await signed_in(coordinator)
    change = f"/referrals/{number}/change"
    await page.get(change)
    boone, cole = await world.county("Boone"), await world.county("Cole")
    referral = await Referral.get(number=number)
    form: dict[str, str | list[str]] = {
        **page.hidden,
        "statewide": "COUNTIES",
        "preferredCounties": [boone],
        "facilityCode": referral.facility_id,
        "primaryCoordinatorId": str(referral.primary_coordinator_id),
    }
    central = await world.user(Role.CENTRAL_STAFF)
    await update_referral(central, number, ReferralChange(preferred_counties=frozenset({boone, cole})))

    assert (await page.post(change, form)).status_code == 409

    assert await ReferralCounty.filter(referral_id=referral.id).count() == 2
    assert f'value="{cole}" checked' in page.page
    assert (await page.post(change, {**form, **page.hidden, "preferredCounties": [boone, cole]})).status_code == 303
    assert await ReferralCounty.filter(referral_id=referral.id).count() == 2


async def test_a_page_that_was_refused_for_another_reason_does_not_forget_what_it_began_with(
    world: World, signed_in: SignsIn
) -> None:
    home = await world.provider("Boone")
    page, edit = await _opened(home, signed_in)
    contact = await Contact.get(id=home.contact_id)
    form: dict[str, str | list[str]] = {"firstName": "Ada", "lastName": "", "email": contact.email or "", "title": "x"}
    assert (await page.post(edit, {**page.hidden, **form})).status_code == 422
    await update_contact(home.staff, home.contact_id, ContactChange(title="Director"))

    assert (await page.post(edit, {**page.hidden, **form, "lastName": "Byron"})).status_code == 409

    assert (await Contact.get(id=home.contact_id)).title == "Director"


async def test_what_is_entered_writes_over_nothing_that_is_there(world: World, signed_in: SignsIn) -> None:
    """The number of a regulation or the code of a system may be taken by what a colleague has entered."""
    registrar = await signed_in(await world.user(Role.ADMINISTRATOR))
    regulation: dict[str, str | list[str]] = {"code": "DOR 8.370", "title": "Access", "effectiveOn": "2013-07-01"}
    assert (await registrar.fill("/risk/regulations/new", regulation)).status_code == 303
    assert (await registrar.fill("/risk/regulations/new", {**regulation, "title": "Another"})).status_code == 409
    assert "There is a regulation of this number already." in registrar.text
    assert (await Regulation.get(code="DOR 8.370")).title == "Access"

    manager = await signed_in(await world.user(Role.ITSD_ACCOUNT_MGMT))
    system: dict[str, str | list[str]] = {"code": "SYS-A", "name": "System A", "agency": "One", "roles": ["BILLING"]}
    assert (await manager.fill("/outside-systems/new", system)).status_code == 303
    taken = await manager.fill("/outside-systems/new", {"code": "sys-a", "name": "System B", "agency": "Two"})
    assert taken.status_code == 409
    assert "There is a system of this code already." in manager.text
    assert (await OutsideSystem.get(code="SYS-A")).agency == "One"
    assert await CatalogueRole.exists(system_id="SYS-A")
