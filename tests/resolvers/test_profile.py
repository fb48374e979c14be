"""The own profile: what everybody keeps current, and an address that counts once its letter was followed (ACC-12)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tortoise.transactions import in_transaction

from orm.models import AddressChange, Credential, Letter, Outcome, User
from orm.sql import fetch
from resolvers.accounts import change_password
from resolvers.bounces import bounce_letter, refuse_letter
from resolvers.callers import Caller, house
from resolvers.desk import Work
from resolvers.endings import disable
from resolvers.incidents import suspend_account
from resolvers.outbox import claim_letters, mark_sent
from resolvers.profile import (
    ProfileChange,
    confirm_address,
    is_address_change,
    keep_profile,
    update_profile,
    view_address_change,
    view_profile,
)
from resolvers.promises import CONFIRM_TOKEN
from resolvers.register import current_policy
from resolvers.resets import carry_out_reset, open_reset
from rules.accounts import AccountState
from rules.errors import Conflict, Invalid, NotFound, Refusal
from rules.leaving import DisabledReason
from rules.notices import DeliveryState, NotificationKind
from rules.resets import Proof
from rules.roles import Role
from tests.world.world import PASSWORD, World

CONFIRM = NotificationKind.CONFIRM_USER_ADDRESS


async def _person(world: World) -> Caller:
    return await world.user(user_id="MYTESTA", email="old@example.org")


async def _user() -> User:
    return await User.get(user_id="MYTESTA")


async def _asked(world: World, person: Caller, email: str = "new@example.org") -> str:
    """Ask for a new address; give the token of the letter."""
    await update_profile(person, ProfileChange(email=email), PASSWORD)
    return str((await world.letters(kind=CONFIRM, state=DeliveryState.QUEUED))[-1].facts[CONFIRM_TOKEN])


async def _refused(world: World, token: str) -> Refusal:
    with pytest.raises(Refusal) as refused:
        await confirm_address(world.house, token)
    return refused.value


@pytest.mark.requirement("ACC-12")
async def test_telephone_and_title_change_at_once(world: World) -> None:
    person = await _person(world)

    await update_profile(person, ProfileChange(phone=" 555-0188 ", title="Case manager"), PASSWORD)

    shown = await view_profile(person)
    assert (shown.phone, shown.title, shown.email, shown.new_email) == (
        "555-0188",
        "Case manager",
        "old@example.org",
        None,
    )
    assert await world.letters() == []
    [entry] = await world.entries("account.update_profile")
    assert (entry.outcome, entry.facts["changed"]) == (Outcome.DONE, ["phone", "title"])
    await update_profile(person, ProfileChange(title=""))
    assert (await view_profile(person)).title == ""


@pytest.mark.requirement("ACC-12")
@pytest.mark.requirement("LSO-07")
async def test_a_new_address_takes_effect_when_the_link_in_its_letter_is_followed(world: World) -> None:
    person = await _person(world)
    token = await _asked(world, person)

    shown = await view_profile(person)
    assert (shown.email, shown.new_email) == ("old@example.org", "new@example.org")
    assert shown.new_email_expires_at == world.clock() + timedelta(days=7)
    assert await is_address_change(token)
    assert (await view_address_change(world.house, token)).email == "new@example.org"
    assert (await _user()).email == "old@example.org", "looking changes nothing"

    await confirm_address(world.house, token)

    user = await _user()
    assert (user.email, user.email_confirmed_at) == ("new@example.org", world.clock())
    assert (await view_profile(person)).new_email is None
    again = await _refused(world, token)
    assert (again.code, type(again)) == ("CONFIRMATION_USED", Conflict)
    entries = await world.entries("account.confirm_address")
    assert [(entry.outcome, entry.about_id) for entry in entries] == [
        (Outcome.DONE, user.id),
        (Outcome.REFUSED, user.id),
    ]


async def test_the_letter_goes_to_the_new_address_and_its_secret_leaves_the_house_with_it(world: World) -> None:
    person = await _person(world)
    token = await _asked(world, person)

    [letter] = [one for one in await claim_letters(world.desk, 10) if one.kind is CONFIRM]
    assert letter.address == "new@example.org"
    await mark_sent(world.desk, letter)

    for table in ("outbox", "address_change", "audit_entry", "notification"):
        assert token not in str(await fetch(f"SELECT * FROM {table}"))
    assert "example.org" not in str(await fetch("SELECT * FROM audit_entry"))
    await confirm_address(world.house, token)


async def test_a_person_without_an_address_gets_one_this_way(world: World) -> None:
    person = await world.user(user_id="MYTESTA", email=None)
    await confirm_address(world.house, await _asked(world, person))
    assert (await _user()).email == "new@example.org"


async def test_asking_again_voids_the_link_before_and_its_letter(world: World) -> None:
    person = await _person(world)
    first = await _asked(world, person, "first@example.org")
    second = await _asked(world, person, "second@example.org")

    assert (await _refused(world, first)).code == "CONFIRMATION_EXPIRED"
    [letter] = [one for one in await claim_letters(world.desk, 10) if one.kind is CONFIRM]
    assert letter.address == "second@example.org"
    assert first not in str(await fetch("SELECT * FROM outbox"))
    await confirm_address(world.house, second)


@pytest.mark.parametrize("minutes", [-1, 0])
async def test_a_link_is_good_for_a_week(world: World, minutes: int) -> None:
    person = await _person(world)
    token = await _asked(world, person)
    world.clock.forward(days=7, minutes=minutes)
    if minutes:
        await confirm_address(world.house, token)
        return
    assert (await _refused(world, token)).code == "CONFIRMATION_EXPIRED"
    with pytest.raises(Conflict):
        await view_address_change(world.house, token)
    assert (await _user()).email == "old@example.org"
    assert (await view_profile(person)).new_email is None


@pytest.mark.parametrize("token", ["", "nothing", "\0", "\ud800", "x" * 5000])
async def test_a_link_that_was_not_made_here_confirms_nothing(world: World, token: str) -> None:
    await _person(world)
    refused = await _refused(world, token)
    assert (refused.code, type(refused)) == ("CONFIRMATION_NOT_FOUND", NotFound)
    with pytest.raises(NotFound):
        await view_address_change(world.house, token)
    assert not await is_address_change(token)


async def test_that_an_address_is_taken_is_told_only_to_who_holds_its_letter(world: World) -> None:
    await world.user(user_id="OTHER", email="Taken@example.org")
    person = await _person(world)
    token = await _asked(world, person, "taken@Example.org")

    refused = await _refused(world, token)

    assert (refused.code, type(refused)) == ("EMAIL_TAKEN", Conflict)
    assert ((await _user()).email, (await AddressChange.get()).confirmed_at) == ("old@example.org", None)
    await User.filter(user_id="OTHER").update(state=AccountState.DELETED)
    await confirm_address(world.house, token)


@pytest.mark.parametrize("state", [AccountState.SUSPENDED, AccountState.DISABLED, AccountState.DELETED])
async def test_the_address_of_an_account_that_is_not_in_use_stays(world: World, state: AccountState) -> None:
    token = await _asked(world, await _person(world))
    await User.filter(user_id="MYTESTA").update(state=state)
    assert (await _refused(world, token)).code == "CONFIRMATION_NOT_FOUND"
    assert (await _user()).email == "old@example.org"
    assert [one for one in await claim_letters(world.desk, 10) if one.kind is CONFIRM] == []


async def test_followed_twice_at_once_a_link_confirms_once(world: World) -> None:
    token = await _asked(world, await _person(world))
    answers = await asyncio.gather(*(confirm_address(world.house, token) for _ in range(2)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "NoneType"]


@pytest.mark.requirement("LSO-07")
async def test_a_bounce_marks_the_address_until_a_new_one_is_confirmed_or_the_same_one_again(world: World) -> None:
    person = await _person(world)
    letter = await _other_letter(world, person)
    assert await bounce_letter(house(world.desk, "bounces"), letter.id, "5.1.1")
    assert (await view_profile(person)).email_bounced_at == world.clock()

    token = await _asked(world, person, "old@example.org")
    await confirm_address(world.house, token)

    shown = await view_profile(person)
    assert (shown.email, shown.email_bounced_at, shown.email_confirmed_at) == ("old@example.org", None, world.clock())
    await update_profile(person, ProfileChange(email="old@example.org"), PASSWORD)
    assert (await view_profile(person)).new_email is None, "an address in order is not asked about again"


async def test_what_says_nothing_of_the_address_on_file_marks_nothing(world: World) -> None:
    person = await _person(world)
    mail = house(world.desk, "bounces")
    moved = await _other_letter(world, person)
    await confirm_address(world.house, await _asked(world, person))
    assert await bounce_letter(mail, moved.id, "5.1.1")
    full = await _other_letter(world, person)
    assert await bounce_letter(mail, full.id, "5.7.1")
    assert (await view_profile(person)).email_bounced_at is None

    before = await _other_letter(world, person)
    world.clock.forward(hours=1)
    await User.filter(user_id="MYTESTA").update(email_confirmed_at=world.clock())
    assert await bounce_letter(mail, before.id, "5.1.1")
    assert (await view_profile(person)).email_bounced_at is None


async def test_a_refusal_of_the_new_address_leaves_the_one_on_file_unmarked(world: World) -> None:
    person = await _person(world)
    await _asked(world, person)
    [letter] = [one for one in await claim_letters(world.desk, 10) if one.kind is CONFIRM]
    assert await refuse_letter(house(world.desk, "relay"), letter.id, letter.claim, letter.address, "Refused.", "5.1.1")
    assert (await view_profile(person)).email_bounced_at is None


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        (ProfileChange(), "NOTHING_TO_CHANGE", None),
        (ProfileChange(phone="5" * 31), "TEXT_TOO_LONG", "phone"),
        (ProfileChange(phone="555-0188", title="x" * 101), "TEXT_TOO_LONG", "title"),
        (ProfileChange(phone="555-0188", email="nobody"), "EMAIL_MALFORMED", "email"),
    ],
)
async def test_what_cannot_be_kept_is_refused_and_nothing_of_it_is_kept(
    world: World, change: ProfileChange, code: str, field: str | None
) -> None:
    person = await _person(world)
    before = await fetch("SELECT * FROM user_account")

    with pytest.raises(Invalid) as refused:
        await update_profile(person, change, PASSWORD)

    assert (refused.value.code, refused.value.field) == (code, field)
    assert await fetch("SELECT * FROM user_account") == before
    assert not await AddressChange.exists()
    assert (await world.entries("account.update_profile"))[-1].code == code


async def _other_letter(world: World, person: Caller) -> Letter:
    """Send a letter to the address on file."""
    letter = await Letter.create(
        kind=NotificationKind.PASSWORD_EXPIRES,
        user_id=person.actor.id,
        created_at=world.clock(),
        due_at=world.clock(),
    )
    for claimed in await claim_letters(world.desk, 10):
        await mark_sent(world.desk, claimed)
    return await Letter.get(id=letter.id)


@pytest.mark.requirement("ACC-12")
@pytest.mark.parametrize("change", [ProfileChange(phone="555-0666"), ProfileChange(email="thief@example.org")])
@pytest.mark.parametrize(("password", "code"), [("", "PASSWORD_REQUIRED"), ("Wrong-Horse-7", "PASSWORD_WRONG")])
async def test_whoever_finds_an_open_session_changes_neither_the_number_nor_the_address(
    world: World, change: ProfileChange, password: str, code: str
) -> None:
    person = await _person(world)
    before = await fetch("SELECT * FROM user_account")

    with pytest.raises(Invalid) as refused:
        await update_profile(person, change, password)

    assert (refused.value.code, refused.value.field) == (code, "currentPassword")
    assert await fetch("SELECT * FROM user_account") == before
    assert not await AddressChange.exists()
    assert await world.letters() == []
    act = "account.update_profile" if not password else "account.count_wrong_password"
    [entry] = await world.entries(act)
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, code)
    assert (await Credential.get(user_id=person.actor.id)).failures == (1 if password else 0)


async def test_what_stays_needs_no_password_and_the_title_neither(world: World) -> None:
    person = await _person(world)
    await update_profile(person, ProfileChange(phone="555-0100", title="Clerk", email="old@example.org"))
    assert (await view_profile(person)).title == "Clerk"
    assert (await world.entries("account.update_profile"))[-1].facts["changed"] == ["title"]


async def test_a_password_that_was_replaced_meanwhile_changes_no_number(world: World) -> None:
    person = await _person(world)
    await Credential.filter(user_id=person.actor.id).update(version=1)
    with pytest.raises(Conflict):
        await keep_profile(person, ProfileChange(phone="555-0666"), seen=0)
    assert (await _user()).phone == "555-0100"
    [entry] = await world.entries("account.update_profile")
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, "CONFLICT")


async def _cut_off(world: World, person: Caller, how: str) -> None:
    key = person.actor.person()
    match how:
        case "disabled":
            async with in_transaction():
                work = Work(world.house, "account.disable", world.clock(), await current_policy(world.clock()))
                await disable(work, await User.get(id=key), DisabledReason.LEFT)
        case "suspended":
            await suspend_account(await world.user(Role.CSO), "MYTESTA", "Seen on two screens.")
        case "new password":
            await change_password(person, PASSWORD, "Another-Horse-8")
        case "reset":
            desk = await world.user(Role.SUPPORT_DESK)
            await carry_out_reset(desk, await open_reset(desk, "MYTESTA"), Proof.IN_PERSON, "hash")


@pytest.mark.requirement("LSO-07")
@pytest.mark.parametrize("how", ["disabled", "suspended", "new password", "reset"])
async def test_an_address_that_waits_does_not_outlive_the_account_or_its_password(world: World, how: str) -> None:
    person = await _person(world)
    token = await _asked(world, person)

    await _cut_off(world, person, how)

    [letter] = await world.letters(kind=CONFIRM)
    assert (letter.state, letter.facts) == (DeliveryState.CANCELLED, {})
    await User.filter(user_id="MYTESTA").update(state=AccountState.ACTIVE)
    assert (await _refused(world, token)).code == "CONFIRMATION_EXPIRED"
    assert (await _user()).email == "old@example.org"
    assert (await world.entries("account.confirm_address"))[-1].outcome is Outcome.REFUSED
