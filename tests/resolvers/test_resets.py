"""The support desk: asking tells nobody anything, and a reset gives a password for one sign-on (000:5-20)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from homeward.doorbell import LocalDoorbell
from orm.models import Contract, Credential, KnownDevice, Outcome, Session, Ticket, User
from orm.sql import fetch
from resolvers.accounts import change_password
from resolvers.callers import Caller
from resolvers.help import replace_help
from resolvers.mailboxes import read_mailbox
from resolvers.profile import ProfileChange, update_profile
from resolvers.reset_views import list_resets, view_reset
from resolvers.resets import ask_for_reset, carry_out_reset, open_reset, refuse_reset, resolve_reset
from resolvers.sessions import SignedIn, authenticate, sign_in
from rules.accounts import AccountState
from rules.errors import Conflict, Denied, Invalid, NotFound, Refusal, TooMany, Unauthenticated
from rules.notices import NotificationKind
from rules.resets import Proof
from rules.roles import Role
from rules.support_hours import SupportWindow
from rules.tickets import TicketChannel, TicketState
from tests.world.world import PASSWORD, STATEMENT, World

SINCE = date(2020, 1, 1)
HOURS = [SupportWindow("Desk", "555-0100", False, day, 7 * 60, 17 * 60 + 30, SINCE) for day in range(5)] + [
    SupportWindow("On call", "555-0200", True, day, 17 * 60 + 30, 20 * 60, SINCE) for day in range(5)
]
NEW = "Another-Horse-8"


async def _on(world: World, password: str, *, device: str | None = None, user: str = "MYTESTA") -> SignedIn:
    return await sign_in(world.desk, user, password, device="", request_id="r", device_token=device, accepts=STATEMENT)


async def _refused(attempt: Awaitable[object]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        await attempt
    return refused.value


async def _desk(world: World) -> Caller:
    await replace_help(world.house, [], HOURS)
    return await world.user(Role.SUPPORT_DESK, user_id="DESK")


async def _secret(world: World, desk: Caller) -> str:
    """Reset the password of MYTESTA; give the password for one sign-on."""
    number = await open_reset(desk, "mytesta")
    return (await resolve_reset(desk, number, Proof.CALL_BACK)).one_time_secret


async def _nothing_changed() -> list[object]:
    tables = ("ticket", "credential", "session", "known_device", "notification", "outbox", "password_history")
    return [await fetch(f"SELECT * FROM {table}") for table in tables]


@pytest.mark.requirement("PWD-10")
@pytest.mark.requirement("ACC-06")
async def test_who_cannot_sign_in_asks_at_the_door_and_the_desk_hears_of_it(world: World) -> None:
    desk = await _desk(world)
    person = await world.user(user_id="MYTESTA")

    await ask_for_reset(world.desk, "extlcl\\mytesta", "request-1")

    ticket = await Ticket.get()
    assert (ticket.user_id, ticket.channel, ticket.state) == (person.actor.id, TicketChannel.WEB, TicketState.OPEN)
    assert (ticket.opened_at, ticket.due_at, ticket.on_call) == (
        world.clock(),
        world.clock() + timedelta(hours=2),
        False,
    )
    letter = (await world.letters(user_id=desk.actor.id))[-1]
    assert (letter.kind, letter.facts["number"]) == (NotificationKind.TICKET_OPENED, ticket.number)
    [entry] = await world.entries("reset.ask")
    assert (entry.outcome, entry.about_id, entry.actor) == (Outcome.DONE, person.actor.id, "system:reset-door")


@pytest.mark.requirement("ACC-16")
async def test_asking_tells_nobody_which_user_ids_exist_and_opens_one_ticket_an_account(world: World) -> None:
    await _desk(world)
    await world.user(user_id="MYTESTA")
    for state in (AccountState.SUSPENDED, AccountState.DISABLED, AccountState.DELETED):
        await world.user(user_id=str(state))
        await User.filter(user_id=str(state)).update(state=state)
    home = await world.provider("Boone")
    await world.user(user_id="ENDED", provider_id=home.id)
    await Contract.filter(provider_id=home.id).update(ends_on=date(2026, 3, 1))
    typed = ["MYTESTA", "MYTESTA", "NOBODY", "no id", "", "\0", "\ud800", "A" * 9000]
    typed += ["SUSPENDED", "DISABLED", "DELETED", "ENDED"]

    for user_id in typed:
        assert await ask_for_reset(world.desk, user_id, "r") is None  # type: ignore[func-returns-value]

    assert await Ticket.all().count() == 1
    entries = await world.entries("reset.ask")
    assert [entry.code for entry in entries] == [
        "",
        "RESET_OPEN",
        *["USER_NOT_FOUND"] * 6,
        "ACCOUNT_SUSPENDED",
        "ACCOUNT_DISABLED",
        "ACCOUNT_DELETED",
        "CONTRACT_ENDED",
    ]
    assert "NOBODY" not in str(await fetch("SELECT * FROM audit_entry")), "what was typed is not written down"


class _FullPasswords:
    """A hasher that has no place left."""

    async def hash(self, password: str) -> str:
        raise TooMany("Full.")

    async def verify(self, password_hash: str, password: str) -> bool:
        raise TooMany("Full.")

    async def verify_nobody(self, password: str) -> None:
        raise TooMany("Full.")


async def test_asking_takes_no_place_where_passwords_are_hashed(world: World) -> None:
    await world.user(user_id="KNOWN")
    desk = replace(world.desk, passwords=_FullPasswords())
    await ask_for_reset(desk, "KNOWN", "r")
    await ask_for_reset(desk, "UNKNOWN", "r")
    assert await Ticket.all().count() == 1


async def test_asked_for_at_once_there_is_one_ticket(world: World) -> None:
    await world.user(user_id="MYTESTA")
    await asyncio.gather(*(ask_for_reset(world.desk, "MYTESTA", "r") for _ in range(4)))
    assert await Ticket.all().count() == 1


@pytest.mark.requirement("PWD-11")
@pytest.mark.requirement("PWD-12")
async def test_a_call_in_the_evening_falls_to_the_technician_on_call_and_is_due_in_their_time(world: World) -> None:
    desk = await _desk(world)
    colleague = await world.user(Role.SUPPORT_DESK)
    await world.user(user_id="MYTESTA")
    world.clock.now = world.clock.now.replace(hour=1, minute=30) + timedelta(days=1)  # Monday 19:30 in Chicago

    number = await open_reset(desk, "MYTESTA")

    shown = await view_reset(desk, number)
    assert (shown.on_call, shown.channel) == (True, TicketChannel.PHONE)
    assert shown.due_at == world.clock() + timedelta(hours=13), "half an hour tonight, the rest from 7:00 to 8:30"
    assert not shown.overdue
    world.clock.now = shown.due_at
    assert not (await view_reset(desk, number)).overdue
    world.clock.forward(seconds=1)
    assert (await view_reset(desk, number)).overdue
    assert [letter.user_id for letter in await world.letters(kind=NotificationKind.TICKET_OPENED)] == [
        colleague.actor.id
    ], "who took the call knows of it"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (AccountState.SUSPENDED, "ACCOUNT_SUSPENDED"),
        (AccountState.DISABLED, "ACCOUNT_DISABLED"),
        (AccountState.DELETED, "ACCOUNT_DELETED"),
    ],
)
async def test_an_account_that_a_password_does_not_help_is_not_reset_and_the_desk_hears_what_helps(
    world: World, state: AccountState, code: str
) -> None:
    desk = await _desk(world)
    await world.user(user_id="MYTESTA")
    number = await open_reset(desk, "MYTESTA")
    await User.filter(user_id="MYTESTA").update(state=state)
    before = await _nothing_changed()

    opened = await _refused(open_reset(desk, "MYTESTA"))
    resolved = await _refused(resolve_reset(desk, number, Proof.CALL_BACK))

    assert (opened.code, resolved.code) == (code, code)
    assert await _nothing_changed() == before
    assert (await world.entries("reset.resolve"))[-1].code == code


async def test_an_open_reset_and_an_unknown_user_id_are_told_to_the_desk(world: World) -> None:
    desk = await _desk(world)
    await world.user(user_id="MYTESTA")
    number = await open_reset(desk, "MYTESTA")
    before = await _nothing_changed()

    again, nobody = await _refused(open_reset(desk, "MYTESTA")), await _refused(open_reset(desk, "NOBODY"))

    assert (again.code, type(again), str(number) in again.message) == ("RESET_OPEN", Conflict, True)
    assert (nobody.code, type(nobody)) == ("USER_NOT_FOUND", NotFound)
    assert await _nothing_changed() == before


@pytest.mark.requirement("PWD-13")
@pytest.mark.requirement("PWD-08")
async def test_a_reset_unlocks_gives_a_password_for_one_sign_on_and_ends_what_was_open(world: World) -> None:
    desk = await _desk(world)
    person = await world.user(user_id="MYTESTA")
    known = await _on(world, PASSWORD)
    for _ in range(4):
        await _refused(_on(world, "Wrong-Horse-7"))
    ended: list[UUID] = []

    async def tell(sessions: Collection[UUID]) -> None:
        ended.extend(sessions)

    assert isinstance(world.desk.doorbell, LocalDoorbell)
    world.desk.doorbell.when_sessions_end(tell)
    number = await open_reset(desk, "MYTESTA")
    assert (await view_reset(desk, number)).locked

    given = await resolve_reset(desk, number, Proof.LSO_VOUCHED)

    assert ended == [known.session_id]
    assert not await KnownDevice.filter(ended_at=None).exists()
    assert (given.user_id, given.expires_at) == ("MYTESTA", world.clock() + timedelta(hours=24))
    shown = await view_reset(desk, number)
    assert (shown.state, shown.proof, shown.locked) == (TicketState.DONE, Proof.LSO_VOUCHED, False)
    signed_in = await _on(world, given.one_time_secret)
    caller = await authenticate(world.desk, signed_in.token, "r")
    assert signed_in.must_change_password
    assert (await _refused(read_mailbox(caller))).code == "PASSWORD_CHANGE_REQUIRED"
    await change_password(caller, given.one_time_secret, NEW)
    credential = await Credential.get(user_id=person.actor.id)
    assert (credential.secret_expires_at, credential.secret_used_at, credential.must_change) == (None, None, False)
    await read_mailbox(await authenticate(world.desk, (await _on(world, NEW)).token, "r"))
    [entry] = await world.entries("reset.resolve")
    assert (entry.outcome, entry.facts["proof"], entry.facts["unlocked"]) == (Outcome.DONE, "LSO_VOUCHED", True)


@pytest.mark.requirement("PWD-13")
async def test_the_password_for_one_sign_on_is_written_nowhere(world: World) -> None:
    desk = await _desk(world)
    await world.user(user_id="MYTESTA")
    secret = await _secret(world, desk)
    for table in ("ticket", "credential", "audit_entry", "outbox", "notification", "password_history"):
        assert secret not in str(await fetch(f"SELECT * FROM {table}"))


@pytest.mark.requirement("ACC-06")
@pytest.mark.requirement("ACC-16")
async def test_who_signed_in_once_and_did_not_change_it_needs_another_reset(world: World) -> None:
    desk = await _desk(world)
    await world.user(user_id="MYTESTA")
    secret = await _secret(world, desk)
    first = await _on(world, secret)

    again = await _refused(_on(world, secret))
    wrong = await _refused(_on(world, "Wrong-Horse-7"))

    assert (again.code, wrong.code) == ("RESET_REQUIRED", "INVALID_CREDENTIALS")
    assert "Customer Support Center" in again.message
    assert await Session.all().count() == 1
    caller = await authenticate(world.desk, first.token, "r")
    await change_password(caller, secret, NEW)
    world.clock.forward(minutes=1)
    await _on(world, NEW)


@pytest.mark.requirement("ACC-04")
@pytest.mark.requirement("PWD-13")
async def test_the_password_for_one_sign_on_expires_and_only_its_owner_learns_so(world: World) -> None:
    desk = await _desk(world)
    await world.user(user_id="MYTESTA")
    secret = await _secret(world, desk)
    world.clock.forward(hours=24)

    expired = await _refused(_on(world, secret))
    wrong = await _refused(_on(world, "Wrong-Horse-7"))

    assert (expired.code, type(expired), wrong.code) == ("SECRET_EXPIRED", Unauthenticated, "INVALID_CREDENTIALS")
    assert not await Session.exists()
    world.clock.now -= timedelta(seconds=1)
    await Credential.all().update(failures=0)
    signed_in = await _on(world, secret)
    world.clock.forward(minutes=1)
    caller = await authenticate(world.desk, signed_in.token, "r")
    await change_password(caller, secret, NEW)


@pytest.mark.requirement("PWD-10")
async def test_a_number_that_was_changed_in_the_last_week_is_not_called_back(world: World) -> None:
    desk = await _desk(world)
    person = await world.user(user_id="MYTESTA")
    number = await open_reset(desk, "MYTESTA")
    assert (await view_reset(desk, number)).phone_changed_at is None
    await update_profile(person, ProfileChange(phone="555-0666"), PASSWORD)
    changed_at = world.clock()
    world.clock.forward(days=7, seconds=-1)
    await update_profile(person, ProfileChange(phone="555-0666", title="Clerk"))
    before = await _nothing_changed()

    refused = await _refused(resolve_reset(desk, number, Proof.CALL_BACK))

    assert (refused.code, type(refused)) == ("NUMBER_TOO_NEW", Conflict)
    assert await _nothing_changed() == before
    assert [entry.code for entry in await world.entries("reset.resolve")] == ["NUMBER_TOO_NEW"]
    shown = await view_reset(desk, number)
    assert (shown.phone, shown.phone_changed_at) == ("555-0666", changed_at)
    world.clock.forward(seconds=1)
    await resolve_reset(desk, number, Proof.CALL_BACK)


async def test_with_another_proof_a_new_number_does_not_matter(world: World) -> None:
    desk = await _desk(world)
    person = await world.user(user_id="MYTESTA")
    await update_profile(person, ProfileChange(phone="555-0666"), PASSWORD)
    number = await open_reset(desk, "MYTESTA")
    await resolve_reset(desk, number, Proof.IN_PERSON)
    assert (await view_reset(desk, number)).proof is Proof.IN_PERSON


@pytest.mark.requirement("PWD-10")
async def test_nobody_at_the_desk_resets_the_own_password(world: World) -> None:
    desk = await _desk(world)
    number = await open_reset(desk, "DESK")
    before = await _nothing_changed()

    for attempt in (resolve_reset(desk, number, Proof.IN_PERSON), refuse_reset(desk, number, "Mine.")):
        refused = await _refused(attempt)
        assert (refused.code, type(refused)) == ("OWN_RESET", Denied)

    assert await _nothing_changed() == before
    assert [entry.code for entry in await world.entries("reset.resolve")] == ["OWN_RESET"]


async def test_a_reset_is_refused_with_a_reason_and_then_it_is_closed(world: World) -> None:
    desk = await _desk(world)
    await world.user(user_id="MYTESTA")
    number = await open_reset(desk, "MYTESTA")
    for why, code in (("", "TEXT_REQUIRED"), ("x" * 301, "TEXT_TOO_LONG")):
        refused = await _refused(refuse_reset(desk, number, why))
        assert (type(refused), refused.code, refused.field) == (Invalid, code, "why")

    await refuse_reset(desk, number, "Could not say who she is.")

    shown = await view_reset(desk, number)
    assert (shown.state, shown.note, shown.proof) == (TicketState.REFUSED, "Could not say who she is.", None)
    before = await _nothing_changed()
    for attempt in (resolve_reset(desk, number, Proof.CALL_BACK), refuse_reset(desk, number, "Again.")):
        assert (await _refused(attempt)).code == "TICKET_CLOSED"
    assert await _nothing_changed() == before
    assert await open_reset(desk, "MYTESTA") == number + 1


async def test_of_two_at_the_desk_one_carries_the_reset_out(world: World) -> None:
    desk, colleague = await _desk(world), await world.user(Role.SUPPORT_DESK)
    await world.user(user_id="MYTESTA")
    number = await open_reset(desk, "MYTESTA")

    answers = await asyncio.gather(
        carry_out_reset(desk, number, Proof.CALL_BACK, "one hash"),
        carry_out_reset(colleague, number, Proof.CALL_BACK, "another hash"),
        return_exceptions=True,
    )

    [refused] = [answer for answer in answers if isinstance(answer, BaseException)]
    assert isinstance(refused, Conflict), refused
    credential = await Credential.get(user__user_id="MYTESTA")
    assert (credential.version, credential.password_hash in ("one hash", "another hash")) == (1, True)


@pytest.mark.parametrize("number", [0, -1, 1, 2**31, 10**30])
async def test_a_number_that_is_no_reset_is_not_found(world: World, number: int) -> None:
    desk = await _desk(world)
    attempts = (
        view_reset(desk, number),
        refuse_reset(desk, number, "No."),
        carry_out_reset(desk, number, Proof.CALL_BACK, "hash"),
    )
    for attempt in attempts:
        assert (await _refused(attempt)).code == "TICKET_NOT_FOUND"


@pytest.mark.requirement("PWD-10")
async def test_the_queue_shows_what_is_open_page_by_page(world: World) -> None:
    desk = await _desk(world)
    home = await world.provider("Boone", name="Harbor Light")
    numbers = [await open_reset(desk, (await world.user(provider_id=home.id)).actor.label) for _ in range(3)]
    await refuse_reset(desk, numbers[0], "Not needed any more.")

    first = await list_resets(desk, first=1, count=True)
    second = await list_resets(desk, first=1, after=first.cursors[-1])

    assert [view.number for view in [*first.nodes, *second.nodes]] == numbers[1:]
    assert (first.total_count, first.has_next_page, second.has_next_page) == (2, True, False)
    assert (first.nodes[0].organization, first.nodes[0].phone) == ("Harbor Light", "555-0100")
    assert [view.number for view in (await list_resets(desk, TicketState.REFUSED)).nodes] == numbers[:1]
    assert (await _refused(list_resets(desk, first=0))).code == "PAGE_SIZE"
    assert (await _refused(list_resets(desk, after="zzz"))).code == "CURSOR_MALFORMED"
