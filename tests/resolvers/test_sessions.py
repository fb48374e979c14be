"""Signing on, and how long it lasts: the same answer to every stranger, and revocation at once (PWD, ACC)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import date, timedelta
from uuid import UUID

import pytest

from homeward.doorbell import LocalDoorbell
from orm.models import Contract, Credential, Outcome, RoleGrant, Session, User
from orm.sql import fetch
from resolvers.callers import Caller
from resolvers.sessions import SignedIn, authenticate, sign_in, sign_out, still_there
from resolvers.tokens import hash_token
from rules.accounts import AccountState
from rules.errors import Unauthenticated
from rules.roles import PRIVILEGED, Role
from tests.world.world import PASSWORD, World

IDLE, ABSOLUTE, AGE = timedelta(minutes=15), timedelta(hours=12), timedelta(days=60)
SECOND = timedelta(seconds=1)
OTHERS = Role.PLACEMENT_COORDINATOR


async def _on(world: World, user_id: str, password: str = PASSWORD) -> SignedIn:
    return await sign_in(world.desk, user_id, password, device="a browser", request_id="request-1")


async def _refused(attempt: Awaitable[object]) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as refused:
        await attempt
    return refused.value


async def _fails(world: World, user_id: str, times: int) -> None:
    for _ in range(times):
        await _refused(_on(world, user_id, "Wrong-Horse-7"))


def _told_of_ends(world: World) -> list[UUID]:
    ended: list[UUID] = []

    async def tell(sessions: Collection[UUID]) -> None:
        ended.extend(sessions)

    assert isinstance(world.desk.doorbell, LocalDoorbell)
    world.desk.doorbell.when_sessions_end(tell)
    return ended


@pytest.mark.requirement("ACC-03")
@pytest.mark.requirement("ACC-15")
@pytest.mark.requirement("POL-14")
@pytest.mark.parametrize("typed", ["MYTESTA", "mytesta", "EXTLCL\\mytesta", "  extlcl\\MyTestA "])
async def test_a_person_signs_on_with_or_without_the_domain(world: World, typed: str) -> None:
    await world.user(Role.LSO, user_id="MYTESTA")

    signed_in = await _on(world, typed)
    caller = await authenticate(world.desk, signed_in.token, "request-2")

    assert (caller.actor.label, caller.actor.roles) == ("MYTESTA", frozenset({Role.LSO}))
    assert (caller.session_id, caller.request_id) == (signed_in.session_id, "request-2")
    assert signed_in.expires_at == world.clock() + ABSOLUTE
    user = await User.get(user_id="MYTESTA")
    assert user.last_sign_in_at == world.clock()
    [entry] = await world.entries("account.sign_in")
    assert (entry.outcome, entry.about_id) == (Outcome.DONE, user.id)


async def test_a_token_is_kept_only_as_its_hash(world: World) -> None:
    await world.user(user_id="MYTESTA")

    signed_in = await _on(world, "MYTESTA")

    assert len(signed_in.token) >= 43, "256 bits"
    assert (await Session.get(id=signed_in.session_id)).token_hash == hash_token(signed_in.token)
    for table in ("session", "audit_entry", "user_account", "credential"):
        assert signed_in.token not in str(await fetch(f"SELECT * FROM {table}"))


@pytest.mark.requirement("ACC-16")
@pytest.mark.requirement("POL-13")
async def test_strangers_cannot_tell_which_user_ids_exist_or_how_they_stand(world: World) -> None:
    await world.user(OTHERS, user_id="WRONG")
    for state in (AccountState.SUSPENDED, AccountState.DISABLED, AccountState.DELETED):
        await world.user(OTHERS, user_id=str(state))
        await User.filter(user_id=str(state)).update(state=state)
    await world.user(OTHERS, user_id="LOCKED")
    await _fails(world, "LOCKED", 4)
    home = await world.provider("Boone")
    await world.user(Role.CONSUMER_REFERRAL_DB, user_id="ENDED", provider_id=home.id)
    await Contract.filter(provider_id=home.id).update(ends_on=date(2026, 3, 1))

    answers = [
        await _refused(_on(world, user_id, password))
        for user_id, password in [
            ("NOBODY", PASSWORD),
            ("WRONG", "Wrong-Horse-7"),
            ("LOCKED", PASSWORD),
            ("LOCKED", "Wrong-Horse-7"),
            ("SUSPENDED", PASSWORD),
            ("DISABLED", PASSWORD),
            ("DELETED", PASSWORD),
            ("ENDED", PASSWORD),
            ("no user id", PASSWORD),
            ("", ""),
            ("\0", PASSWORD),
            ("\ud800", "\ud800"),
            ("A" * 100_000, "B" * 100_000),
        ]
    ]

    assert {(answer.code, answer.message, answer.field) for answer in answers} == {
        ("INVALID_CREDENTIALS", answers[0].message, None)
    }
    assert await Session.all().count() == 0


class _CountingPasswords:
    """A hasher that counts how often it had to work."""

    def __init__(self) -> None:
        self.verified = 0

    async def hash(self, password: str) -> str:
        return password

    async def verify(self, password_hash: str, password: str) -> bool:
        self.verified += 1
        return password_hash == password

    async def verify_nobody(self, password: str) -> None:
        await self.verify("", password)


@pytest.mark.requirement("ACC-16")
async def test_an_unknown_user_id_costs_the_same_work_as_a_known_one(world: World) -> None:
    await world.user(user_id="KNOWN")
    await world.user(user_id="DISABLED")
    await User.filter(user_id="DISABLED").update(state=AccountState.DISABLED)
    for user_id in ("KNOWN", "UNKNOWN", "DISABLED", "not a user id"):
        passwords = _CountingPasswords()
        desk = type(world.desk)(world.desk.clock, world.desk.doorbell, passwords, world.desk.secrets)
        await _refused(sign_in(desk, user_id, "Wrong-Horse-7", device="", request_id="r"))
        assert passwords.verified == 1, user_id


async def test_what_was_typed_is_not_written_down(world: World) -> None:
    """People type passwords into the wrong field."""
    await _refused(_on(world, "Secret-Horse-7", "Other-Secret-7"))

    [entry] = await world.entries("account.sign_in")
    assert (entry.outcome, entry.code, entry.actor) == (Outcome.REFUSED, "INVALID_CREDENTIALS", "system:sign-in")
    assert "Secret" not in str(await fetch("SELECT * FROM audit_entry"))


@pytest.mark.requirement("PWD-08")
@pytest.mark.parametrize(("role", "limit"), [(role, 3) for role in sorted(PRIVILEGED)] + [(OTHERS, 4)])
async def test_three_or_four_wrong_entries_lock_the_account(world: World, role: Role, limit: int) -> None:
    await world.user(role, user_id="LUCKY")
    await world.user(role, user_id="LOCKED")

    for _ in range(2):
        await _fails(world, "LUCKY", limit - 1)
        world.clock.forward(seconds=30)
        await _on(world, "LUCKY")
    await _fails(world, "LOCKED", limit)

    assert (await _refused(_on(world, "LOCKED"))).code == "INVALID_CREDENTIALS"
    credential = await Credential.get(user__user_id="LOCKED")
    assert (credential.failures, credential.locked_at) == (limit, world.clock())
    refusals = [entry for entry in await world.entries("account.sign_in") if entry.outcome is Outcome.REFUSED]
    assert len(refusals) == 2 * (limit - 1) + limit + 1, "each wrong entry is written down"
    assert [entry.facts.get("locked") for entry in refusals].count(True) == 1


@pytest.mark.requirement("PWD-08")
async def test_time_does_not_unlock(world: World) -> None:
    await world.user(OTHERS, user_id="LOCKED")
    await _fails(world, "LOCKED", 4)
    world.clock.forward(days=30)
    assert (await _refused(_on(world, "LOCKED"))).code == "INVALID_CREDENTIALS"
    assert (await Credential.get(user__user_id="LOCKED")).failures == 4


@pytest.mark.requirement("PWD-08")
async def test_wrong_entries_at_once_are_all_counted(world: World) -> None:
    await world.user(OTHERS, user_id="MYTESTA")
    await asyncio.gather(*(_refused(_on(world, "MYTESTA", "Wrong-Horse-7")) for _ in range(4)))
    credential = await Credential.get(user__user_id="MYTESTA")
    assert (credential.failures, credential.locked_at) == (4, world.clock())


@pytest.mark.requirement("PWD-08")
async def test_a_stranger_who_locks_an_account_keeps_new_sign_ons_out_but_not_whoever_is_at_work(world: World) -> None:
    await world.user(OTHERS, user_id="MYTESTA")
    signed_in = await _on(world, "MYTESTA")
    await _fails(world, "MYTESTA", 4)
    await _refused(_on(world, "MYTESTA"))
    caller = await authenticate(world.desk, signed_in.token, "r")
    assert (await still_there(caller)).session_id == signed_in.session_id


async def test_a_domain_that_is_not_ours_opens_nothing(world: World) -> None:
    await world.user(OTHERS, user_id="MYTESTA")
    await _refused(_on(world, "EVIL\\MYTESTA"))


@pytest.mark.requirement("PWD-04")
@pytest.mark.requirement("PWD-07")
async def test_a_password_is_good_for_sixty_days_and_only_its_owner_learns_that_it_has_expired(world: World) -> None:
    await world.user(user_id="MYTESTA")
    changed_at = world.clock()

    world.clock.now = changed_at + AGE - SECOND
    signed_in = await _on(world, "MYTESTA")
    world.clock.now = changed_at + AGE

    assert (await _refused(_on(world, "MYTESTA"))).code == "PASSWORD_EXPIRED"
    assert (await _refused(_on(world, "MYTESTA", "Wrong-Horse-7"))).code == "INVALID_CREDENTIALS"
    await _refused(authenticate(world.desk, signed_in.token, "r"))


@pytest.mark.requirement("PWD-13")
async def test_a_first_or_reset_password_opens_a_session_that_has_to_change_it(world: World) -> None:
    await world.user(user_id="FRESH", must_change=True)
    signed_in = await _on(world, "FRESH")
    assert signed_in.must_change_password
    assert (await authenticate(world.desk, signed_in.token, "r")).actor.must_change_password
    assert not (await _on_ready(world)).must_change_password


async def _on_ready(world: World) -> SignedIn:
    await world.user(user_id="READY")
    return await _on(world, "READY")


async def test_an_idle_session_ends_after_fifteen_minutes(world: World) -> None:
    await world.user(user_id="MYTESTA")
    token = (await _on(world, "MYTESTA")).token

    world.clock.now += IDLE - SECOND
    await authenticate(world.desk, token, "r")
    world.clock.now += IDLE - SECOND
    await authenticate(world.desk, token, "r")
    world.clock.now += IDLE
    await _refused(authenticate(world.desk, token, "r"))


async def test_a_session_ends_twelve_hours_after_it_began_however_busy(world: World) -> None:
    await world.user(user_id="MYTESTA")
    token, began = (await _on(world, "MYTESTA")).token, world.clock()

    while world.clock() + timedelta(minutes=10) < began + ABSOLUTE:
        world.clock.forward(minutes=10)
        await authenticate(world.desk, token, "r")
    world.clock.now = began + ABSOLUTE - SECOND
    await authenticate(world.desk, token, "r")
    world.clock.now = began + ABSOLUTE
    await _refused(authenticate(world.desk, token, "r"))


async def test_who_only_listens_is_not_idle_but_ends_after_twelve_hours(world: World) -> None:
    await world.user(user_id="MYTESTA")
    caller = await authenticate(world.desk, (await _on(world, "MYTESTA")).token, "r")

    world.clock.now += ABSOLUTE - SECOND
    await still_there(caller)
    world.clock.now += SECOND
    await _refused(still_there(caller))


async def test_signing_out_ends_the_session_at_once_and_tells_its_connections(world: World) -> None:
    await world.user(user_id="MYTESTA")
    ended = _told_of_ends(world)
    first, second = await _on(world, "MYTESTA"), await _on(world, "MYTESTA")
    caller = await authenticate(world.desk, first.token, "r")

    await sign_out(caller)

    assert ended == [first.session_id]
    await _refused(authenticate(world.desk, first.token, "r"))
    await _refused(still_there(caller))
    await authenticate(world.desk, second.token, "r")
    session = await Session.get(id=first.session_id)
    assert (session.ended_at, session.ended_why) == (world.clock(), "signed out")


async def _disable(user_id: str) -> None:
    await User.filter(user_id=user_id).update(state=AccountState.DISABLED)


async def _suspend(user_id: str) -> None:
    await User.filter(user_id=user_id).update(state=AccountState.SUSPENDED)


async def _next_epoch(user_id: str) -> None:
    await User.filter(user_id=user_id).update(epoch=1)


async def _end_contract(user_id: str) -> None:
    await Contract.filter(provider__users__user_id=user_id).update(ends_on=date(2026, 3, 1))


@pytest.mark.requirement("ACC-21")
@pytest.mark.parametrize("revoke", [_disable, _suspend, _next_epoch, _end_contract])
async def test_whoever_may_not_sign_on_any_more_is_out_at_once(
    world: World, revoke: Callable[[str], Awaitable[None]]
) -> None:
    home = await world.provider("Boone")
    await world.user(Role.CONSUMER_REFERRAL_DB, user_id="MYTESTA", provider_id=home.id)
    token = (await _on(world, "MYTESTA")).token
    caller = await authenticate(world.desk, token, "r")

    await revoke("MYTESTA")

    await _refused(authenticate(world.desk, token, "r"))
    await _refused(still_there(caller))


@pytest.mark.requirement("ACC-21")
async def test_the_last_day_of_a_contract_is_a_day_to_sign_on(world: World) -> None:
    home = await world.provider("Boone", contract_ends=date(2026, 3, 2))
    await world.user(Role.CONSUMER_REFERRAL_DB, user_id="MYTESTA", provider_id=home.id)
    await _on(world, "MYTESTA")
    world.clock.now += timedelta(hours=14, minutes=59)  # 23:59 in Chicago
    await _on(world, "MYTESTA")
    world.clock.forward(minutes=1)
    await _refused(_on(world, "MYTESTA"))


async def test_roles_and_counties_are_those_of_the_moment(world: World) -> None:
    person = await world.user(Role.PLACEMENT_COORDINATOR, Role.LSO, user_id="MYTESTA", counties=["Boone"])
    token = (await _on(world, "MYTESTA")).token
    before = (await authenticate(world.desk, token, "r")).actor

    await RoleGrant.filter(user_id=person.actor.id, role=Role.PLACEMENT_COORDINATOR).update(ended_at=world.clock())

    after = (await authenticate(world.desk, token, "r")).actor
    assert (before.roles, before.coordinator_counties) == (
        frozenset({Role.PLACEMENT_COORDINATOR, Role.LSO}),
        frozenset({await world.county("Boone")}),
    )
    assert (after.roles, after.coordinator_counties) == (frozenset({Role.LSO}), frozenset[str]())


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "é", "x" * 1_000_000])
async def test_a_token_that_was_never_given_opens_nothing(world: World, token: str) -> None:
    assert (await _refused(authenticate(world.desk, token, "r"))).code == "UNAUTHENTICATED"


async def test_a_stored_hash_is_no_token(world: World) -> None:
    await world.user(user_id="MYTESTA")
    stored = (await Session.get(id=(await _on(world, "MYTESTA")).session_id)).token_hash
    await _refused(authenticate(world.desk, stored, "r"))


async def test_a_caller_without_a_session_is_not_still_there(world: World) -> None:
    person = await world.user(user_id="MYTESTA")
    await _refused(still_there(Caller(world.desk, person.actor)))


@pytest.mark.requirement("ACC-15")
async def test_among_many_who_call_together_a_session_that_has_just_ended_is_refused_at_the_very_next_call(
    world: World,
) -> None:
    for number in range(8):
        await world.user(OTHERS, user_id=f"MANY{number}")
    tokens = [(await _on(world, f"MANY{number}")).token for number in range(8)]

    async def together() -> list[object]:
        calls = (authenticate(world.desk, token, f"r{turn}") for turn, token in enumerate(tokens * 2))
        return await asyncio.gather(*calls, return_exceptions=True)

    assert [it.actor.label for it in await together() if isinstance(it, Caller)] == [
        f"MANY{number}" for number in range(8)
    ] * 2
    await sign_out(await authenticate(world.desk, tokens[3], "r"))
    user = await User.get(user_id="MANY5")
    await RoleGrant.filter(user_id=user.id).update(ended_at=world.clock())
    again = await together()
    assert [turn % 8 for turn, it in enumerate(again) if isinstance(it, Unauthenticated)] == [3, 3]
    assert [it.actor.roles for it in again if isinstance(it, Caller) and it.actor.id == user.id] == [frozenset()] * 2


async def test_whoever_gives_up_while_being_recognised_takes_nothing_from_those_who_came_along(world: World) -> None:
    await world.user(OTHERS, user_id="MYTESTA")
    token = (await _on(world, "MYTESTA")).token
    calls = [asyncio.create_task(authenticate(world.desk, token, f"r{turn}")) for turn in range(6)]
    await asyncio.sleep(0)
    calls[0].cancel()
    calls[4].cancel()
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(it, Caller) for it in found] == [False, True, True, True, False, True]
