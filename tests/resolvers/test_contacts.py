"""Contacts: who is told, where and for which counties; a user ID, a confirmed address (001:70-129)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from orm.models import (
    AuditEntry,
    Contact,
    ContactCounty,
    County,
    EmailConfirmation,
    Letter,
    Mailbox,
    Notification,
    Site,
)
from resolvers.callers import Caller, house
from resolvers.contacts import (
    ContactChange,
    NewContact,
    activate_contact,
    add_contact,
    deactivate_contact,
    link_contact_user,
    set_contact_counties,
    update_contact,
    verify_contact,
)
from resolvers.email_confirmations import confirm_contact_email, view_confirmation
from resolvers.mailboxes import read_mailbox
from resolvers.no_referral_status import set_no_referral_status
from resolvers.outbox import claim_letters, mark_sent
from resolvers.promises import CONFIRM_TOKEN
from resolvers.provider_views import view_contact
from resolvers.referrals import publish_referral
from rules.errors import Conflict, Denied, Invalid, NotFound
from rules.notices import DeliveryState, NotificationKind
from rules.profiles import ProfileWarning
from rules.referrals import SiteKind
from rules.roles import Role
from tests.world.older_letters import make_letters_older
from tests.world.world import ProviderHome, World

PUBLISHED = NotificationKind.REFERRAL_PUBLISHED
CONFIRM = NotificationKind.CONFIRM_ADDRESS
ANN = NewContact("Ann", "Example", "ann@Example.ORG", title="Intake", phone="555-0177")


async def token_of(contact_id: UUID) -> str:
    """Read the token of the newest letter, as only the letter carries it."""
    letters = await Letter.filter(contact_id=contact_id, kind=CONFIRM, state=DeliveryState.QUEUED)
    return str(letters[0].facts[CONFIRM_TOKEN])


def page(world: World) -> Caller:
    return house(world.desk, "confirm-page")


@pytest.mark.requirement("PRF-04")
@pytest.mark.requirement("PRF-07")
async def test_a_person_who_is_not_in_the_list_is_added_with_counties_and_user_id(world: World) -> None:
    home = await world.provider("Boone")
    newcomer = await world.user(Role.PROVIDER_PROFILE_UPDATE, provider_id=home.id, user_id="NEWCOMER")
    boone = await world.county("Boone")

    new = NewContact("Ann", "Example", "ann@Example.ORG", user_id="extlcl\\newcomer", counties=frozenset([boone]))
    key = await add_contact(newcomer, home.id, new)

    contact = await Contact.get(id=key)
    assert (contact.user_id, contact.mailbox_id) == (newcomer.actor.id, newcomer.actor.mailbox_id)
    assert (contact.email, contact.active, contact.email_confirmed_at) == ("ann@example.org", True, None)
    shown = await view_contact(newcomer, key)
    assert (shown.name, shown.user_id, [county.name for county in shown.counties]) == (
        "Ann Example",
        "NEWCOMER",
        ["Boone"],
    )


@pytest.mark.requirement("PRF-05")
async def test_a_contact_edits_and_verifies_the_own_data(world: World) -> None:
    home = await world.provider("Boone")

    await update_contact(home.staff, home.contact_id, ContactChange(first_name="Beatrix", phone="555-0123"))
    await verify_contact(home.staff, home.contact_id)

    contact = await Contact.get(id=home.contact_id)
    assert (contact.first_name, contact.phone, contact.last_name) == ("Beatrix", "555-0123", "Example")
    assert contact.verified_at == world.clock()
    assert await world.letters(kind=CONFIRM) == [], "the address is the same"


@pytest.mark.requirement("PRF-18")
@pytest.mark.parametrize("role", [Role.PROVIDER_PROFILE_UPDATE, Role.CONSUMER_REFERRAL_DB])
async def test_the_staff_of_one_provider_does_not_find_the_contacts_of_another(world: World, role: Role) -> None:
    home, other = await world.provider("Boone"), await world.provider("Boone")
    staff = await world.user(role, provider_id=home.id)
    before = await Contact.filter(provider_id=other.id).values()

    for attempt in (
        add_contact(staff, other.id, ANN),
        update_contact(staff, other.contact_id, ContactChange(email="mine@example.org")),
        verify_contact(staff, other.contact_id),
        deactivate_contact(staff, other.contact_id),
        activate_contact(staff, other.contact_id),
        set_contact_counties(staff, other.contact_id, []),
        link_contact_user(staff, other.contact_id, staff.actor.label),
        view_contact(staff, other.contact_id),
    ):
        with pytest.raises(NotFound):
            await attempt
    with pytest.raises(NotFound):
        await verify_contact(staff, uuid4())

    assert await Contact.filter(provider_id=other.id).values() == before
    await verify_contact(staff, home.contact_id)


@pytest.mark.requirement("PRF-18")
async def test_staff_without_a_provider_keeps_no_profile_and_the_office_keeps_all(world: World) -> None:
    home = await world.provider("Boone")
    loose = await world.user(Role.PROVIDER_PROFILE_UPDATE)
    with pytest.raises(NotFound):
        await verify_contact(loose, home.contact_id)
    with pytest.raises(Denied):
        await verify_contact(await world.coordinator("Boone"), home.contact_id)
    for role in (Role.PROVIDER_RELATIONS, Role.CENTRAL_STAFF):
        await verify_contact(await world.user(role), home.contact_id)


@pytest.mark.requirement("PRF-08")
async def test_the_counties_of_a_contact_are_set_as_a_whole(world: World) -> None:
    home = await world.provider("Boone", "Adair")
    since = {row.county_id: row.id for row in await ContactCounty.filter(contact_id=home.contact_id)}
    boone, pike = await world.county("Boone"), await world.county("Pike")

    await set_contact_counties(home.staff, home.contact_id, [pike, boone, pike])

    rows = {row.county_id: row.id for row in await ContactCounty.filter(contact_id=home.contact_id)}
    assert set(rows) == {boone, pike}
    assert rows[boone] == since[boone], "a county that stays keeps its date"
    await set_contact_counties(home.staff, home.contact_id, [])
    assert not await ContactCounty.exists(contact_id=home.contact_id)


@pytest.mark.requirement("PRF-09")
@pytest.mark.requirement("POL-11")
async def test_all_counties_are_refused_and_nothing_changes(world: World) -> None:
    home = await world.provider("Boone")
    every = [county.fips for county in await County.all()]

    for counties, code in ((every, "COUNTIES_ALL"), (["29999"], "UNKNOWN_COUNTY"), (["\0", "x"], "UNKNOWN_COUNTY")):
        with pytest.raises(Invalid) as refused:
            await set_contact_counties(home.staff, home.contact_id, counties)
        assert (refused.value.code, refused.value.field) == (code, "counties")
    with pytest.raises(Invalid):
        await add_contact(home.staff, home.id, NewContact("Ann", "E", "a@b.example", counties=frozenset(every)))

    assert await ContactCounty.filter(contact_id=home.contact_id).count() == 1
    assert await Contact.filter(provider_id=home.id).count() == 1
    await set_contact_counties(home.staff, home.contact_id, every[1:])


@pytest.mark.requirement("PRF-10")
async def test_a_county_without_a_home_of_the_provider_is_saved_and_warned_of(world: World) -> None:
    home = await world.provider("Boone")
    boone, pike = await world.county("Boone"), await world.county("Pike")
    await Site.create(provider_id=home.id, kind=SiteKind.ISL, county_id=boone)

    await set_contact_counties(home.staff, home.contact_id, [boone, pike])

    shown = await view_contact(home.staff, home.contact_id)
    [warned] = [one for one in shown.warnings if one.code is ProfileWarning.COUNTY_WITHOUT_SITE]
    assert [county.name for county in warned.counties] == ["Pike"]
    assert {county.name for county in shown.counties} == {"Boone", "Pike"}


@pytest.mark.requirement("PRF-06")
async def test_a_new_address_is_asked_for_and_confirmed_by_the_link_once(world: World) -> None:
    home = await world.provider("Boone")
    key = await add_contact(home.staff, home.id, ANN)
    token = await token_of(key)
    assert token not in str(await EmailConfirmation.all().values()), "only its hash is kept"
    shown = await view_confirmation(page(world), token)
    assert (shown.email, shown.provider) == ("ann@example.org", home.name)
    assert (await Contact.get(id=key)).email_confirmed_at is None, "looking confirms nothing"

    await confirm_contact_email(page(world), token)

    assert (await Contact.get(id=key)).email_confirmed_at == world.clock()
    for attempt in (confirm_contact_email(page(world), token), view_confirmation(page(world), token)):
        with pytest.raises(Conflict) as refused:
            await attempt
        assert refused.value.code == "CONFIRMATION_USED"


async def test_a_link_that_was_used_twice_at_once_is_used_once(world: World) -> None:
    home = await world.provider("Boone")
    token = await token_of(await add_contact(home.staff, home.id, ANN))

    answers = await asyncio.gather(
        confirm_contact_email(page(world), token), confirm_contact_email(home.staff, token), return_exceptions=True
    )

    [refused] = [answer for answer in answers if answer is not None]
    assert isinstance(refused, Conflict)


@pytest.mark.requirement("PRF-06")
async def test_a_link_works_to_the_last_moment_of_its_week_and_not_after(world: World) -> None:
    home = await world.provider("Boone")
    first = await add_contact(home.staff, home.id, ANN)
    tokens = [await token_of(first)]
    world.clock.forward(days=7)
    with pytest.raises(Conflict) as refused:
        await confirm_contact_email(page(world), tokens[0])
    assert refused.value.code == "CONFIRMATION_EXPIRED"

    second = await add_contact(home.staff, home.id, NewContact("Bob", "E", "bob@example.org"))
    token = await token_of(second)
    world.clock.now += timedelta(days=7) - timedelta(microseconds=1)
    await confirm_contact_email(page(world), token)


@pytest.mark.requirement("PRF-06")
async def test_a_link_for_another_address_or_from_nowhere_confirms_nothing(world: World) -> None:
    home = await world.provider("Boone")
    key = await add_contact(home.staff, home.id, ANN)
    old = await token_of(key)
    await update_contact(home.staff, key, ContactChange(email="new@example.org"))
    new = await token_of(key)

    for token in (old, "", "x" * 5000, "\0", "\ud800", await EmailConfirmation.first().values_list("token_hash")):
        with pytest.raises(NotFound):
            await confirm_contact_email(page(world), str(token))
    assert (await Contact.get(id=key)).email_confirmed_at is None
    await confirm_contact_email(page(world), new)
    await update_contact(home.staff, key, ContactChange(email="third@example.org"))
    assert (await Contact.get(id=key)).email_confirmed_at is None, "a new address is a new question"


async def test_the_token_leaves_the_outbox_with_the_letter_and_a_void_one_at_once(world: World) -> None:
    home = await world.provider("Boone")
    key = await add_contact(home.staff, home.id, ANN)
    await update_contact(home.staff, key, ContactChange(email="new@example.org"))
    [void] = await world.letters(kind=CONFIRM, state=DeliveryState.CANCELLED)
    assert void.facts == {}
    [letter] = [one for one in await claim_letters(world.desk, 10) if one.kind is CONFIRM]
    assert (letter.address, CONFIRM_TOKEN in letter.facts) == ("new@example.org", True)

    await mark_sent(world.desk, letter)

    assert CONFIRM_TOKEN not in (await Letter.get(id=letter.id)).facts
    await deactivate_contact(home.staff, key)
    await update_contact(home.staff, key, ContactChange(email="third@example.org"))
    await activate_contact(home.staff, key)
    await Contact.filter(id=key).update(active=False)
    assert [one for one in await claim_letters(world.desk, 10) if one.kind is CONFIRM] == []
    assert not [one for one in await world.letters(kind=CONFIRM) if CONFIRM_TOKEN in one.facts]


async def test_no_referral_status_does_not_hold_the_question_back(world: World) -> None:
    home, office = await world.provider("Boone"), await world.user(Role.PROVIDER_RELATIONS)
    key = await add_contact(home.staff, home.id, ANN)
    await set_no_referral_status(office, home.id, "Full.")
    assert [letter.address for letter in await claim_letters(world.desk, 10)] == ["ann@example.org"]
    await confirm_contact_email(page(world), await token_of(key))


@pytest.mark.requirement("PRF-01")
async def test_an_address_that_is_not_confirmed_yet_gets_referrals_and_none_gets_a_line_only(world: World) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    key = await add_contact(home.staff, home.id, ANN)
    await update_contact(home.staff, home.contact_id, ContactChange(email=""))

    number = await world.published(coordinator)

    assert [letter.contact_id for letter in await world.letters(kind=PUBLISHED, user_id=None)] == [key]
    assert (PUBLISHED, number) in await world.lines(home.mailbox_id)


async def test_a_new_address_forgets_that_letters_to_the_old_one_came_back(world: World) -> None:
    home = await world.provider("Boone")
    await Contact.filter(id=home.contact_id).update(email_bounced_at=world.clock(), email_confirmed_at=world.clock())
    await update_contact(home.staff, home.contact_id, ContactChange(email="better@example.org"))
    contact = await Contact.get(id=home.contact_id)
    assert (contact.email_bounced_at, contact.email_confirmed_at) == (None, None)


@pytest.mark.requirement("PRF-06")
@pytest.mark.parametrize("older", [False, True], ids=["letters share the key of their line", "older letters"])
async def test_linking_a_user_id_later_loses_and_doubles_no_line(world: World, older: bool) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    contact = await world.contact(home.id, "Boone")
    early = [await world.published(coordinator, "Boone") for _ in range(3)]
    reader = await world.user(Role.CONSUMER_REFERRAL_DB, provider_id=home.id, user_id="READER")
    await Notification.create(
        mailbox_id=reader.actor.mailbox_id, line=1, kind=NotificationKind.CONFIRM_ADDRESS, at=world.clock()
    )
    await Mailbox.filter(id=reader.actor.mailbox_id).update(last_line=1)
    cursor = (await read_mailbox(reader)).cursors[0]
    if older:
        assert await make_letters_older()
    letters = {letter.id: letter.referral_id for letter in await world.letters(contact_id=contact.id)}

    await link_contact_user(home.staff, contact.id, "reader")
    late = await world.published(coordinator, "Boone")

    assert await world.lines(contact.mailbox_id) == []
    beyond = await read_mailbox(reader, after=cursor, newest_first=False)
    assert [line.referral_number for line in beyond.nodes] == [*early, late]
    assert len(await world.letters(contact_id=contact.id)) == len(letters) + 1, "no second letter for the old news"
    for line in await Notification.filter(mailbox_id=reader.actor.mailbox_id, kind=PUBLISHED):
        letter = await Letter.get(id=line.letter_id)
        assert (letter.id == line.id) is not (older and line.referral_number in early)
        assert (letter.contact_id, letter.referral_id) == (contact.id, line.referral_id)


async def test_publishing_while_a_user_id_is_linked_loses_no_line(world: World) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    contact = await world.contact(home.id, "Boone")
    reader = await world.user(Role.CONSUMER_REFERRAL_DB, provider_id=home.id, user_id="READER")
    before = await world.published(coordinator, "Boone")

    numbers = [await world.draft(coordinator, "Boone") for _ in range(6)]
    await asyncio.gather(
        *(publish_referral(coordinator, number) for number in numbers[:3]),
        link_contact_user(home.staff, contact.id, "READER"),
        *(publish_referral(coordinator, number) for number in numbers[3:]),
    )

    told = [number for _, number in await world.lines(reader.actor.mailbox_id) if number]
    assert sorted(told) == [before, *numbers]
    assert await world.lines(contact.mailbox_id) == []


async def test_news_that_the_person_was_told_as_another_contact_is_not_told_twice(world: World) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    second = await world.contact(home.id, "Boone")
    number = await world.published(coordinator, "Boone")
    await deactivate_contact(home.staff, home.contact_id)

    await link_contact_user(home.staff, second.id, home.staff.actor.label)

    assert [line for line in await world.lines(home.mailbox_id) if line[0] is PUBLISHED] == [(PUBLISHED, number)]


async def test_a_user_id_is_taken_back_and_its_person_keeps_the_old_lines(world: World) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    successor = await world.user(Role.CONSUMER_REFERRAL_DB, provider_id=home.id, user_id="SUCCESSOR")

    await link_contact_user(home.staff, home.contact_id, "successor")
    assert await world.lines(successor.actor.mailbox_id) == [], "another person's lines stay with that person"
    await link_contact_user(home.staff, home.contact_id, None)
    await world.published(coordinator, "Boone")

    assert await world.lines(home.mailbox_id) == [(PUBLISHED, number)]
    assert await world.lines(successor.actor.mailbox_id) == []
    contact = await Contact.get(id=home.contact_id)
    assert contact.user_id is None
    assert len(await world.lines(contact.mailbox_id)) == 1


async def test_only_a_free_user_id_of_the_same_provider_can_be_linked(world: World) -> None:
    home, other = await world.provider("Boone"), await world.provider("Boone")
    contact = await world.contact(home.id, "Boone")
    for user_id in (other.staff.actor.label, "NOBODY1", "not a user id!"):
        with pytest.raises(Invalid):
            await link_contact_user(home.staff, contact.id, user_id)
    with pytest.raises(Conflict) as refused:
        await link_contact_user(home.staff, contact.id, home.staff.actor.label)
    assert refused.value.code == "USER_ID_TAKEN"
    await deactivate_contact(home.staff, home.contact_id)
    await link_contact_user(home.staff, contact.id, home.staff.actor.label)
    with pytest.raises(Conflict):
        await activate_contact(home.staff, home.contact_id)


@pytest.mark.parametrize(
    "new",
    [
        NewContact("", "Example", "a@b.example"),
        NewContact("Ann", "Exa\nmple", "a@b.example"),
        NewContact("Ann", "Example", ""),
        NewContact("Ann", "Example", "a@b.example\r\nBcc: c@d.example"),
        NewContact("A" * 101, "Example", "a@b.example"),
        NewContact("Ann", "Example", "a@b.example", phone="5" * 31),
    ],
)
async def test_what_cannot_stand_on_file_is_refused_and_leaves_nothing(world: World, new: NewContact) -> None:
    home = await world.provider("Boone")
    mailboxes = await Mailbox.all().count()
    with pytest.raises(Invalid):
        await add_contact(home.staff, home.id, new)
    assert await Contact.filter(provider_id=home.id).count() == 1
    assert await Mailbox.all().count() == mailboxes
    assert await world.letters() == []


@pytest.mark.requirement("AUD-05")
async def test_the_trail_names_records_and_fields_and_no_person(world: World) -> None:
    home = await world.provider("Boone")
    key = await add_contact(home.staff, home.id, NewContact("Zebulon", "Quillfeather", "zq@nettlebed.example"))
    await update_contact(
        home.staff, key, ContactChange(last_name="Quillfeather-Overbrook", email="zqo@nettlebed.example")
    )
    token = await token_of(key)
    await confirm_contact_email(page(world), token)
    await view_contact(home.staff, key)
    await link_contact_user(home.staff, key, None)

    entries = await AuditEntry.filter(about_id=key)
    assert {entry.act for entry in entries} >= {
        "contact.add",
        "contact.update",
        "contact.confirm_email",
        "contact.link_user",
    }
    [update] = [entry for entry in entries if entry.act == "contact.update"]
    assert update.facts["fields"] == ["last_name", "email"]
    written = str(await AuditEntry.all().values())
    for secret in ("Quillfeather", "Zebulon", "nettlebed", token):
        assert secret not in written


async def test_a_contact_of_a_provider_is_shown_to_coordinators(world: World) -> None:
    home: ProviderHome = await world.provider("Boone")
    shown = await view_contact(await world.coordinator("Adair"), home.contact_id)
    assert shown.email is not None
