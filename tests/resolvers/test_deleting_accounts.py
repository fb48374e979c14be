"""A disabled account is deleted: a tombstone stays, so that the log still says who it was (000:22-24, 002:120)."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from orm.models import (
    AccessForm,
    AddressChange,
    AuditEntry,
    Contact,
    Credential,
    KnownDevice,
    Letter,
    Mailbox,
    Notification,
    RoleGrant,
    Session,
    Ticket,
    User,
)
from orm.sql import fetch
from resolvers.access_forms import submit_access_form
from resolvers.account_views import view_account
from resolvers.accounts import NewAccount, create_account
from resolvers.callers import Caller
from resolvers.deletion import delete_account, erase_account
from resolvers.form_entry import FormEntry
from resolvers.incident_views import list_incidents
from resolvers.incidents import report_incident
from resolvers.office_reads import list_outbox
from resolvers.receipts import referral_receipts
from resolvers.referral_views import list_referrals, view_referral
from resolvers.resets import open_reset, resolve_reset
from resolvers.responses import Answer, respond_to_referral
from resolvers.revocation import Revocation, revoke_access
from resolvers.sessions import sign_in
from resolvers.tickets import list_tickets
from resolvers.trail_reads import list_trail
from rules.access_forms import FormKind, FormState
from rules.accounts import AccountState
from rules.errors import Conflict, Denied, NotFound, Unauthenticated
from rules.leaving import DisabledReason, RevocationReason
from rules.referrals import ResponseKind
from rules.resets import Proof
from rules.roles import Role
from rules.tickets import TicketState
from tests.world.forms import newcomer
from tests.world.office import Office
from tests.world.world import PASSWORD, STATEMENT, World


async def gone(world: World, who: Caller, by: Caller) -> User:
    """Revoke and delete a person; give the tombstone."""
    await revoke_access(by, Revocation(who.actor.label, RevocationReason.LEFT, note="Moved to another state."))
    world.clock.forward(days=60)
    assert await delete_account(world.house, who.actor.person()) is True
    return await User.get(id=who.actor.id)


@pytest.mark.requirement("ACC-11")
async def test_what_tells_of_the_person_goes_and_the_id_the_dates_and_the_reason_stay(world: World) -> None:
    cso, home = await world.user(Role.CSO), await world.provider("Boone")
    person = home.staff
    await sign_in(world.desk, person.actor.label, PASSWORD, device="Browser on a desk", request_id="test")
    await AddressChange.create(
        user_id=person.actor.id,
        email="new@example.org",
        token_hash="0" * 64,
        asked_at=world.clock(),
        expires_at=world.clock(),
    )
    was = await User.get(id=person.actor.id)
    entries = await AuditEntry.filter(actor_id=person.actor.id).count()
    roles = await RoleGrant.filter(user_id=person.actor.id).count()

    user = await gone(world, person, cso)

    assert (user.state, user.deleted_at) == (AccountState.DELETED, world.clock())
    assert (user.user_id, user.name, user.created_at) == (was.user_id, was.user_id, was.created_at)
    assert (user.disabled_reason, user.last_sign_in_at) == (DisabledReason.LEFT, was.last_sign_in_at)
    assert user.terminated_on is not None
    assert user.disabled_at is not None
    whole_row = str((await fetch("SELECT * FROM user_account WHERE user_id = :id", id=was.user_id))[0])
    for told in (was.first_name, was.last_name, was.email, was.phone, "another state"):
        assert str(told) not in whole_row
    assert await RoleGrant.filter(user_id=user.id).count() == roles
    assert await AuditEntry.filter(actor_id=user.id).count() >= entries
    assert {session.device for session in await Session.filter(user_id=user.id)} == {""}
    for model in (KnownDevice, AddressChange):
        assert not await model.filter(user_id=user.id).exists()


@pytest.mark.requirement("ACC-11")
async def test_a_deleted_id_opens_no_door_and_is_never_given_again(world: World) -> None:
    cso, person = await world.user(Role.CSO), await world.user()
    before = await Credential.get(user_id=person.actor.id)
    await gone(world, person, cso)
    with pytest.raises(Unauthenticated) as refused:
        await sign_in(world.desk, person.actor.label, PASSWORD, device="", request_id="test")
    assert refused.value.code == "INVALID_CREDENTIALS"
    after = await Credential.get(user_id=person.actor.id)
    assert (after.version, after.password_hash != before.password_hash) == (before.version + 1, True)
    assert after.password_hash.startswith("$argon2"), "a guess at it has to cost what any guess costs"
    with pytest.raises(Conflict) as taken:
        await create_account(
            world.house, NewAccount(person.actor.label, "New", "Comer", frozenset()), before.password_hash
        )
    assert taken.value.code == "USER_ID_TAKEN"


async def test_the_contact_of_a_deleted_id_stays_inactive_without_a_user_id_and_the_mailbox_stays_apart(
    world: World,
) -> None:
    cso, coordinator, home = await world.user(Role.CSO), await world.coordinator("Boone"), await world.provider("Boone")
    await world.published(coordinator, "Boone")
    lines = await Notification.filter(mailbox_id=home.mailbox_id).count()
    user = await gone(world, home.staff, cso)
    contact = await Contact.get(id=home.contact_id)
    assert (contact.user_id, contact.active) == (None, False)
    assert contact.mailbox_id != user.mailbox_id
    assert await Notification.filter(mailbox_id=user.mailbox_id).count() == lines > 0
    assert await Mailbox.exists(id=user.mailbox_id)


async def test_the_address_to_which_letters_went_is_erased_from_the_outbox(world: World) -> None:
    cso, person = await world.user(Role.CSO), await world.coordinator("Boone")
    await world.published(person, "Boone")
    await Letter.filter(user_id=person.actor.id).update(sent_to="person@example.org")
    assert await Letter.filter(user_id=person.actor.id).count() > 0
    await gone(world, person, cso)
    assert {letter.sent_to for letter in await Letter.filter(user_id=person.actor.id)} == {""}


@pytest.mark.requirement("ACC-11")
async def test_deleting_twice_changes_nothing_and_is_no_fault(world: World) -> None:
    cso, person = await world.user(Role.CSO), await world.user()
    user = await gone(world, person, cso)
    world.clock.forward(days=1)
    assert await delete_account(world.house, person.actor.person()) is False
    again = await User.get(id=user.id)
    assert (again.deleted_at, again.epoch) == (user.deleted_at, user.epoch)
    assert (await world.entries("account.delete"))[-1].facts["changed"] is False


@pytest.mark.parametrize("state", [AccountState.ACTIVE, AccountState.SUSPENDED])
async def test_only_a_disabled_account_is_deleted_and_only_by_the_house(world: World, state: AccountState) -> None:
    person = await world.user()
    await User.filter(id=person.actor.id).update(state=state)
    with pytest.raises(Conflict) as refused:
        await delete_account(world.house, person.actor.person())
    assert refused.value.code == "ACCOUNT_NOT_DISABLED"
    with pytest.raises(NotFound):
        await delete_account(world.house, uuid4())
    with pytest.raises(Denied):
        await delete_account(await world.user(Role.CSO), person.actor.person())
    assert (await User.get(id=person.actor.id)).state is state
    assert [entry.code for entry in await world.entries("account.delete")] == [
        "ACCOUNT_NOT_DISABLED",
        "ACCOUNT_NOT_FOUND",
        "DENIED",
    ]


@pytest.mark.requirement("ACC-10")
async def test_one_that_was_enabled_and_disabled_again_meanwhile_has_its_sixty_days_anew(world: World) -> None:
    cso, person = await world.user(Role.CSO), await world.user()
    await revoke_access(cso, Revocation(person.actor.label, RevocationReason.LEFT))
    world.clock.forward(days=60)
    await User.filter(id=person.actor.id).update(disabled_at=world.clock())
    world.clock.forward(days=59)
    before = await User.get(id=person.actor.id)
    with pytest.raises(Conflict) as refused:
        await delete_account(world.house, person.actor.person())
    assert refused.value.code == "TOO_EARLY_TO_DELETE"
    user = await User.get(id=person.actor.id)
    assert (user.state, user.name, user.epoch) == (AccountState.DISABLED, before.name, before.epoch)
    assert [entry.code for entry in await world.entries("account.delete")] == ["TOO_EARLY_TO_DELETE"]
    world.clock.forward(days=1)
    assert await delete_account(world.house, person.actor.person()) is True


async def test_a_form_that_asks_for_a_deleted_id_is_withdrawn_and_its_address_is_free_again(world: World) -> None:
    office = await Office.of(world)
    email = (await User.get(id=office.employee.actor.id)).email
    label = office.employee.actor.label
    await revoke_access(office.lso, Revocation(label, RevocationReason.LEFT))
    entry = FormEntry(FormKind.ENABLE, user_id=label, confidentiality_version=STATEMENT)
    number = await submit_access_form(office.lso, entry)
    world.clock.forward(days=60)
    await delete_account(world.house, office.employee.actor.person())
    assert (await AccessForm.get(number=number)).state is FormState.WITHDRAWN
    assert (await world.entries("account.delete"))[-1].facts["forms_withdrawn"] == [number]
    again = await submit_access_form(office.supervisor, newcomer(email=email))
    assert (await AccessForm.get(number=again)).state is FormState.AWAITING_SIGNATURES


async def test_nobody_is_called_back_about_the_password_of_an_account_that_was_disabled(world: World) -> None:
    cso, desk, person = await world.user(Role.CSO), await world.user(Role.SUPPORT_DESK), await world.user()
    other = await world.user()
    number, kept = await open_reset(desk, person.actor.label), await open_reset(desk, other.actor.label)
    await revoke_access(cso, Revocation(person.actor.label, RevocationReason.LEFT))
    ticket = await Ticket.get(number=number)
    assert (ticket.state, ticket.answered_at) == (TicketState.REFUSED, world.clock())
    assert (await Ticket.get(number=kept)).state is TicketState.OPEN
    with pytest.raises(Conflict) as refused:
        await resolve_reset(desk, number, Proof.CALL_BACK)
    assert refused.value.code == "TICKET_CLOSED"
    world.clock.forward(days=60)
    # One from before resets were closed with the account.
    await Ticket.filter(number=number).update(state=TicketState.OPEN)
    await delete_account(world.house, person.actor.person())
    assert (await Ticket.get(number=number)).state is TicketState.REFUSED


async def test_of_two_who_delete_at_the_same_moment_one_does_it(world: World) -> None:
    cso, person = await world.user(Role.CSO), await world.user()
    await revoke_access(cso, Revocation(person.actor.label, RevocationReason.LEFT))
    world.clock.forward(days=60)
    answers = await asyncio.gather(*(erase_account(world.house, person.actor.person(), "hash") for _ in range(2)))
    assert sorted(answers) == [False, True]


@pytest.mark.requirement("ACC-11")
async def test_every_view_that_names_people_shows_the_id_of_a_deleted_one(world: World) -> None:
    cso, admin = await world.user(Role.CSO), await world.user(Role.ADMINISTRATOR)
    itsd, staff = await world.user(Role.ITSD_ACCOUNT_MGMT), await world.user(Role.CENTRAL_STAFF)
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await view_referral(home.staff, number=number)
    await respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT))
    await report_incident(home.staff, "Something.", coordinator.actor.label)
    for person in (coordinator, home.staff):
        await gone(world, person, cso)
    deleted = {coordinator.actor.label, home.staff.actor.label}

    everything = {"responses", "responses.versions", "publications", "timeline", "exclusions", "attachments"}
    referral = await view_referral(staff, number=number, wanted=everything)
    assert referral.primary_coordinator is not None
    assert referral.primary_coordinator.name == coordinator.actor.label
    assert [one.answered_by for one in referral.responses] == [home.staff.actor.label]
    assert {entry.by for entry in referral.timeline} == deleted
    assert [one.by for one in referral.publications] == [coordinator.actor.label]
    assert len((await list_referrals(staff)).nodes) == 1
    receipts = await referral_receipts(staff, number)
    assert home.staff.actor.label in str(receipts)
    incidents = (await list_incidents(cso)).nodes
    assert (incidents[0].name, incidents[0].reported_by) == (coordinator.actor.label, home.staff.actor.label)
    assert {ticket.name for ticket in (await list_tickets(itsd)).nodes} == deleted
    account = await view_account(cso, coordinator.actor.label)
    assert (account.name, account.email, account.disabled_note) == (coordinator.actor.label, None, None)
    assert (await list_trail(cso)).nodes
    assert (await list_outbox(admin)).letters.nodes
