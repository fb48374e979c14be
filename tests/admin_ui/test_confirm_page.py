"""The page behind the link that confirms an address: opening it shows, only the button confirms (001:70; 001:95)."""

from __future__ import annotations

import pytest

from admin_ui.page_session import form_token
from orm.models import AuditEntry, Contact, Letter
from resolvers.contacts import ContactChange, NewContact, add_contact, update_contact
from resolvers.promises import CONFIRM_TOKEN
from rules.notices import NotificationKind
from tests.admin_ui.browser import Opens
from tests.world.world import ProviderHome, World


async def ann(world: World) -> tuple[ProviderHome, Contact, str]:
    """Add a contact and give the address of the page that the letter leads to."""
    home = await world.provider("Boone", name="Harbor Light")
    key = await add_contact(home.staff, home.id, NewContact("Ann", "Example", "ann@example.org"))
    letter = await Letter.get(contact_id=key, kind=NotificationKind.CONFIRM_ADDRESS)
    return home, await Contact.get(id=key), f"/confirm-address/{letter.facts[CONFIRM_TOKEN]}"


async def is_confirmed(contact: Contact) -> bool:
    return (await Contact.get(id=contact.id)).email_confirmed_at is not None


@pytest.mark.requirement("PRF-06")
async def test_whoever_has_the_letter_confirms_with_one_button_and_without_signing_in(
    browser: Opens, world: World
) -> None:
    _, contact, link = await ann(world)
    someone = browser()

    shown = await someone.get(link, sec_fetch_site="cross-site")
    assert shown.status_code == 200
    assert "Harbor Light" in someone.text
    assert "ann@example.org" in someone.text
    assert not await is_confirmed(contact), "opening a link confirms nothing"
    done = await someone.post(link, {})

    assert done.status_code == 200
    assert "Your e-mail address is confirmed" in someone.text
    assert await is_confirmed(contact)
    assert (await someone.get(link)).status_code == 409
    assert (await browser().client.head(link)).status_code == 409


async def test_a_form_of_another_site_or_of_another_browser_confirms_nothing(browser: Opens, world: World) -> None:
    _, contact, link = await ann(world)
    someone, stranger = browser(), browser()
    await someone.get(link)
    token = someone.form_token

    for attempt in (
        someone.post(link, {}, origin="https://elsewhere.test", csrf=token),
        someone.post(link, {}, origin=None, csrf=token),
        someone.post(link, {}, csrf=""),
        stranger.post(link, {}, csrf=token),
        stranger.post(link, {}, csrf=form_token("")),
    ):
        assert (await attempt).status_code == 403
    assert not await is_confirmed(contact)


async def test_a_link_that_has_expired_or_was_not_made_here_says_so_and_shows_nobody(
    browser: Opens, world: World
) -> None:
    home, contact, link = await ann(world)
    someone = browser()
    for strange in ("/confirm-address/nothing", "/confirm-address/%00", f"/confirm-address/{'x' * 3000}"):
        assert (await someone.get(strange)).status_code == 404
        assert "example.org" not in someone.page

    world.clock.forward(days=7)
    assert (await someone.get(link)).status_code == 409
    assert "expired" in someone.text
    await update_contact(home.staff, contact.id, ContactChange(email="other@example.org"))
    assert (await someone.get(link)).status_code == 404
    assert "other@example.org" not in someone.page


async def test_no_cache_and_no_other_site_learns_the_link(browser: Opens, world: World) -> None:
    _, _, link = await ann(world)
    shown = await browser().get(link)
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "same-origin"
    entries = await AuditEntry.filter(act="contact.view_confirmation").values()
    assert entries
    assert link.rpartition("/")[2] not in str(entries)
