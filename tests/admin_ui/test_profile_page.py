"""The profile's page: telephone and title at once, an address by the link in a letter (000:302-310)."""

from __future__ import annotations

import pytest

from orm.models import Letter, User
from resolvers.promises import CONFIRM_TOKEN
from rules.notices import NotificationKind
from rules.roles import Role
from tests.admin_ui.browser import Opens, SignsIn
from tests.world.world import PASSWORD, World


async def _link() -> str:
    letter = await Letter.get(kind=NotificationKind.CONFIRM_USER_ADDRESS)
    return f"/confirm-address/{letter.facts[CONFIRM_TOKEN]}"


@pytest.mark.requirement("ACC-12")
async def test_a_person_keeps_the_own_profile_current_and_confirms_the_new_address(
    signed_in: SignsIn, browser: Opens, world: World
) -> None:
    person = await world.user(Role.AUDITOR, user_id="ADA", email="old@example.org")
    ada = await signed_in(person)
    await ada.get("/profile")
    assert 'value="old@example.org"' in ada.page

    fields = {"email": "new@example.org", "phone": "555-0188", "title": "Auditor", "currentPassword": PASSWORD}
    saved = await ada.post("/profile", fields)
    assert saved.headers["location"] == "/profile?done=address"
    await ada.get("/profile?done=address")
    assert "A letter waits at new@example.org" in ada.text
    assert (await User.get(user_id="ADA")).email == "old@example.org"
    anybody = browser()
    await anybody.get(await _link(), sec_fetch_site="cross-site")
    assert "Should letters for your user ID go to new@example.org" in anybody.text
    assert (await User.get(user_id="ADA")).email == "old@example.org", "opening a link confirms nothing"
    confirmed = await anybody.post(await _link(), {})

    assert confirmed.status_code == 200
    assert "Letters will reach you there" in anybody.text
    user = await User.get(user_id="ADA")
    assert (user.email, user.phone, user.title) == ("new@example.org", "555-0188", "Auditor")


async def test_what_will_not_do_is_refused_next_to_its_field_and_what_was_typed_stays(
    signed_in: SignsIn, world: World
) -> None:
    ada = await signed_in(await world.user(Role.AUDITOR, user_id="ADA", email="old@example.org"))
    await ada.get("/profile")

    answer = await ada.post(
        "/profile", {"email": "nobody", "phone": "555-0188", "title": "", "currentPassword": PASSWORD}
    )

    assert answer.status_code == 422
    assert 'id="email-wrong"' in ada.page
    assert 'value="nobody"' in ada.page
    assert (await User.get(user_id="ADA")).phone == "555-0100"


async def test_an_unchanged_address_is_not_asked_about_unless_letters_come_back(
    signed_in: SignsIn, world: World
) -> None:
    person = await world.user(Role.AUDITOR, user_id="ADA", email="old@example.org")
    ada = await signed_in(person)
    await ada.get("/profile")
    fields = {"email": "old@example.org", "phone": "555-0188", "title": "", "currentPassword": PASSWORD}
    assert (await ada.post("/profile", fields)).headers["location"] == "/profile?done=profile"
    assert not await Letter.exists(kind=NotificationKind.CONFIRM_USER_ADDRESS)

    await User.filter(user_id="ADA").update(email_bounced_at=world.clock())
    await ada.get("/profile")
    assert "come back since" in ada.text
    assert (await ada.post("/profile", fields)).headers["location"] == "/profile?done=address"
    assert await Letter.exists(kind=NotificationKind.CONFIRM_USER_ADDRESS)


async def test_without_the_password_the_number_stays_and_the_page_says_what_is_missing(
    signed_in: SignsIn, world: World
) -> None:
    ada = await signed_in(await world.user(Role.AUDITOR, user_id="ADA", email="old@example.org"))
    await ada.get("/profile")
    fields = {"email": "old@example.org", "phone": "555-0666", "title": ""}

    for password in ("", "Wrong-Horse-7"):
        answer = await ada.post("/profile", {**fields, "currentPassword": password})
        assert answer.status_code == 422
        assert 'id="currentPassword-wrong"' in ada.page
        assert "Wrong-Horse-7" not in ada.page

    assert (await User.get(user_id="ADA")).phone == "555-0100"
    saved = await ada.post("/profile", {**fields, "phone": "555-0100", "title": "Auditor"})
    assert saved.headers["location"] == "/profile?done=profile"
