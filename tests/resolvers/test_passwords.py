"""Changing the password: who may, into what, and what ends with the old one (000:3-6, 000:284-310)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

import pytest

from homeward.doorbell import LocalDoorbell
from orm.models import Credential, Outcome, PasswordHistory, Session
from orm.sql import fetch
from resolvers.accounts import NewAccount, change_password, create_account, set_password
from resolvers.callers import Caller
from resolvers.referral_entry import create_referral
from resolvers.sessions import authenticate, sign_in
from rules.errors import Conflict, Denied, Invalid, Unauthenticated
from rules.roles import Role
from tests.world.world import PASSWORD, STATEMENT, World

NEW = "Another-Horse-8"


async def _signed_in(world: World, user_id: str = "MYTESTA", password: str = PASSWORD) -> Caller:
    signed_in = await sign_in(world.desk, user_id, password, device="", request_id="r", accepts=STATEMENT)
    return await authenticate(world.desk, signed_in.token, "r")


async def _person(world: World, *roles: Role, must_change: bool = False) -> Caller:
    await world.user(*(roles or (Role.PLACEMENT_COORDINATOR,)), user_id="MYTESTA", must_change=must_change)
    return await _signed_in(world)


async def _refused(caller: Caller, current: str, new: str) -> Invalid:
    with pytest.raises(Invalid) as refused:
        await change_password(caller, current, new)
    return refused.value


@pytest.mark.requirement("PWD-09")
async def test_the_new_password_signs_on_and_the_old_one_does_not(world: World) -> None:
    caller = await _person(world)
    world.clock.forward(minutes=1)

    await change_password(caller, PASSWORD, NEW)

    await _signed_in(world, password=NEW)
    with pytest.raises(Unauthenticated):
        await _signed_in(world)
    credential = await Credential.get(user_id=caller.actor.id)
    assert (credential.changed_at, credential.must_change, credential.failures) == (world.clock(), False, 1)
    [entry] = await world.entries("account.set_password")
    assert (entry.outcome, entry.about_id) == (Outcome.DONE, caller.actor.id)


@pytest.mark.requirement("PWD-05")
async def test_a_changed_password_is_good_for_another_sixty_days(world: World) -> None:
    caller = await _person(world)
    world.clock.now += timedelta(minutes=10)
    await change_password(caller, PASSWORD, NEW)
    world.clock.now += timedelta(days=60) - timedelta(seconds=1)
    await _signed_in(world, password=NEW)
    world.clock.now += timedelta(seconds=1)
    with pytest.raises(Unauthenticated) as refused:
        await _signed_in(world, password=NEW)
    assert refused.value.code == "PASSWORD_EXPIRED"


@pytest.mark.requirement("ACC-05")
async def test_the_first_act_after_the_first_sign_on_is_the_change_of_the_password(world: World) -> None:
    caller = await _person(world, must_change=True)
    with pytest.raises(Denied) as denied:
        await create_referral(caller, await world.new_referral("Boone"))
    assert denied.value.code == "PASSWORD_CHANGE_REQUIRED"

    await change_password(caller, PASSWORD, NEW)

    await create_referral(await _signed_in(world, password=NEW), await world.new_referral("Boone"))


@pytest.mark.requirement("PWD-01")
@pytest.mark.requirement("PWD-02")
@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ("Abc-1x", "TOO_SHORT"),
        ("abcdefg-", "TOO_FEW_GROUPS"),
        ("ABCDEFG1", "TOO_FEW_GROUPS"),
        ("Ab1" + "x" * 254, "TOO_LONG"),
        ("Abcdef-1\0", "MALFORMED"),
        ("Abcdef-1\n", "MALFORMED"),
        ("", "TOO_SHORT"),
    ],
)
async def test_a_weak_password_is_refused_and_the_refusal_is_written_down(world: World, new: str, fault: str) -> None:
    caller = await _person(world)
    before = await fetch("SELECT * FROM credential")

    refused = await _refused(caller, PASSWORD, new)

    assert (refused.code, refused.field) == (fault, "newPassword")
    assert await fetch("SELECT * FROM credential") == before
    [entry] = await world.entries("account.refuse_new_password")
    assert (entry.outcome, entry.code, entry.about_id) == (Outcome.REFUSED, fault, caller.actor.id)


@pytest.mark.requirement("PWD-01")
@pytest.mark.requirement("PWD-02")
@pytest.mark.parametrize("new", ["Abc-1xy", "ABCDEF1-", "abcdefG1", "Ab1" + "x" * 253, "Abc 1öé", "\ud800Abcdef1"])
async def test_a_strong_enough_password_is_taken(world: World, new: str) -> None:
    person = await _person(world)
    await change_password(person, PASSWORD, new)
    assert (await _signed_in(world, password=new)).actor == person.actor


async def test_an_accent_may_be_composed_by_any_keyboard(world: World) -> None:
    person = await _person(world)
    await change_password(person, PASSWORD, "Caf\u00e9-Horse-9")
    assert (await _signed_in(world, password="Cafe\u0301-Horse-9")).actor == person.actor


async def test_what_comes_after_the_longest_password_counts_too(world: World) -> None:
    longest = "Ab1" + "x" * 253
    await change_password(await _person(world), PASSWORD, longest)
    for longer in (longest + "x", longest + "x" * 100, longest + "x" * 10_000):
        with pytest.raises(Unauthenticated):
            await _signed_in(world, password=longer)
        world.clock.forward(seconds=2)
        await _signed_in(world, password=longest)


@pytest.mark.requirement("PWD-03")
async def test_none_of_the_last_twenty_four_passwords_may_come_back_and_the_one_before_may(world: World) -> None:
    caller = await _person(world)
    used = [PASSWORD]
    for turn in range(24):
        world.clock.forward(seconds=1 if turn % 2 else 0)  # some within the same second
        await change_password(caller, used[-1], f"Another-Horse-{turn}")
        used.append(f"Another-Horse-{turn}")

    for former in (used[-1], used[-2], used[-23], used[-24]):
        refused = await _refused(caller, used[-1], former)
        assert (refused.code, refused.field) == ("PASSWORD_REUSED", "newPassword"), former
    assert used[-25] == PASSWORD
    await change_password(caller, used[-1], PASSWORD)
    assert await PasswordHistory.filter(user_id=caller.actor.id).count() == 26


@pytest.mark.requirement("PWD-03")
async def test_other_people_may_have_used_the_same_password(world: World) -> None:
    await world.user(user_id="OTHER")
    other, person = await _signed_in(world, "OTHER"), await _person(world)
    await change_password(other, PASSWORD, NEW)
    await change_password(person, PASSWORD, NEW)
    assert (await _signed_in(world, "OTHER", NEW)).actor == other.actor
    assert (await _signed_in(world, password=NEW)).actor == person.actor


@pytest.mark.requirement("PWD-08")
@pytest.mark.parametrize(("role", "limit"), [(Role.CSO, 3), (Role.PLACEMENT_COORDINATOR, 4)])
async def test_guessing_the_current_password_locks_the_account_and_ends_its_sessions(
    world: World, role: Role, limit: int
) -> None:
    caller = await _person(world, role)
    other = await _signed_in(world)
    ended: list[UUID] = []

    async def tell(sessions: Collection[UUID]) -> None:
        ended.extend(sessions)

    assert isinstance(world.desk.doorbell, LocalDoorbell)
    world.desk.doorbell.when_sessions_end(tell)
    for turn in range(limit):
        assert ended == [], f"after {turn} wrong entries"
        refused = await _refused(caller, "Wrong-Horse-7", NEW)
        assert (refused.code, refused.field) == ("PASSWORD_WRONG", "currentPassword")

    assert set(ended) == {caller.session_id, other.session_id}
    assert not await Session.filter(ended_at=None).exists()
    credential = await Credential.get(user_id=caller.actor.id)
    assert (credential.failures, credential.locked_at) == (0, world.clock()), "strangers have their own count"
    entries = await world.entries("account.count_wrong_password")
    assert [(entry.outcome, entry.code) for entry in entries] == [(Outcome.REFUSED, "PASSWORD_WRONG")] * limit
    with pytest.raises(Unauthenticated):
        await _signed_in(world)


@pytest.mark.requirement("PWD-08")
async def test_wrong_entries_at_sign_on_and_at_the_change_count_together_on_one_device(world: World) -> None:
    await world.user(Role.PLACEMENT_COORDINATOR, user_id="MYTESTA")
    signed_in = await sign_in(world.desk, "MYTESTA", PASSWORD, device="", request_id="r", accepts=STATEMENT)
    caller = await authenticate(world.desk, signed_in.token, "r")
    own = signed_in.device_token
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await sign_in(world.desk, "MYTESTA", "Wrong-Horse-7", device="", request_id="r", device_token=own)
        await _refused(caller, "Wrong-Horse-7", NEW)
    with pytest.raises(Unauthenticated):
        await sign_in(world.desk, "MYTESTA", PASSWORD, device="", request_id="r", device_token=own)


async def test_a_change_ends_the_other_sessions_and_keeps_its_own(world: World) -> None:
    await world.user(user_id="STRANGER")
    stranger = await _signed_in(world, "STRANGER")
    caller = await _person(world)
    tokens = [await sign_in(world.desk, "MYTESTA", PASSWORD, device="", request_id="r") for _ in range(2)]
    ended: list[UUID] = []

    async def tell(sessions: Collection[UUID]) -> None:
        ended.extend(sessions)

    assert isinstance(world.desk.doorbell, LocalDoorbell)
    world.desk.doorbell.when_sessions_end(tell)
    await change_password(caller, PASSWORD, NEW)

    assert set(ended) == {token.session_id for token in tokens}
    for token in tokens:
        with pytest.raises(Unauthenticated):
            await authenticate(world.desk, token.token, "r")
    alive = await Session.filter(ended_at=None).values_list("id", flat=True)
    assert {str(key) for key in alive} == {str(caller.session_id), str(stranger.session_id)}


async def test_of_two_changes_at_once_one_is_told_to_sign_in_again(world: World) -> None:
    caller = await _person(world)

    answers = await asyncio.gather(
        change_password(caller, PASSWORD, "Another-Horse-1"),
        change_password(caller, PASSWORD, "Another-Horse-2"),
        return_exceptions=True,
    )

    [refused] = [answer for answer in answers if answer is not None]
    assert isinstance(refused, Conflict | Invalid), refused
    assert await PasswordHistory.filter(user_id=caller.actor.id).count() == 2


async def test_a_password_that_was_checked_against_an_older_one_is_not_kept(world: World) -> None:
    caller = await _person(world)
    await set_password(caller, "one hash", seen=0)
    with pytest.raises(Conflict):
        await set_password(caller, "another hash", seen=0)
    assert (await Credential.get(user_id=caller.actor.id)).password_hash == "one hash"


async def test_no_password_is_ever_written_down(world: World) -> None:
    caller = await _person(world)
    await _refused(caller, "Wrong-Secret-7", NEW)
    await _refused(caller, PASSWORD, "secret")
    await change_password(caller, PASSWORD, "Fresh-Secret-8")

    record = str(await fetch("SELECT * FROM audit_entry")).lower()
    assert "secret" not in record
    assert "horse" not in record
    assert "argon2" not in record


@pytest.mark.requirement("ACC-04")
async def test_a_user_id_is_made_once_and_never_with_the_house_role(world: World) -> None:
    await world.user(user_id="MYTESTA")
    with pytest.raises(Conflict) as taken:
        await create_account(world.house, NewAccount("extlcl\\mytesta", "A", "B", frozenset()), "hash")
    assert taken.value.code == "USER_ID_TAKEN"
    with pytest.raises(Invalid) as refused:
        await create_account(world.house, NewAccount("ROBOT", "A", "B", frozenset({Role.SYSTEM})), "hash")
    assert refused.value.code == "ROLE_NOT_FOR_PEOPLE"
    assert await Credential.all().count() == 1
