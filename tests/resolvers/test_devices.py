"""Known devices: a stranger who guesses keeps strangers out, and the owner still gets in (000:9-11, POL-07)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from orm.models import Credential, KnownDevice, Outcome, Session
from orm.sql import fetch
from resolvers.accounts import change_password
from resolvers.devices import MOST_DEVICES
from resolvers.sessions import SignedIn, authenticate, sign_in
from resolvers.tokens import hash_token
from rules.errors import Invalid, Unauthenticated
from rules.roles import Role
from tests.world.world import PASSWORD, STATEMENT, World

OTHERS = Role.PLACEMENT_COORDINATOR
WRONG = "Wrong-Horse-7"


async def _on(world: World, password: str = PASSWORD, *, device: str | None = None, user: str = "OWNER") -> SignedIn:
    return await sign_in(
        world.desk, user, password, device="a browser", request_id="r", device_token=device, accepts=STATEMENT
    )


async def _refused(attempt: Awaitable[object]) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as refused:
        await attempt
    return refused.value


async def _owner(world: World, role: Role = OTHERS) -> str:
    """Make a person who has signed in on a device; give the device's token."""
    await world.user(role, user_id="OWNER")
    token = (await _on(world)).device_token
    assert token is not None
    return token


async def _credential() -> Credential:
    return await Credential.get(user__user_id="OWNER")


@pytest.mark.requirement("PWD-08")
async def test_the_first_sign_on_gives_a_device_its_token_and_keeps_only_the_hash(world: World) -> None:
    token = await _owner(world)

    again = await _on(world, device=token)

    assert again.device_token is None, "a known device keeps the token it has"
    device = await KnownDevice.get()
    assert (device.token_hash, device.first_seen_at, device.ended_at) == (hash_token(token), world.clock(), None)
    for table in ("known_device", "session", "audit_entry", "outbox"):
        assert token not in str(await fetch(f"SELECT * FROM {table}"))
    told = [entry.facts["known_device"] for entry in await world.entries("account.sign_in")]
    assert told == [False, True]


@pytest.mark.requirement("PWD-08")
@pytest.mark.requirement("POL-07")
@pytest.mark.parametrize(("role", "limit"), [(Role.LSO, 3), (OTHERS, 4)])
async def test_strangers_lock_the_door_for_strangers_and_the_owners_device_still_gets_in(
    world: World, role: Role, limit: int
) -> None:
    token = await _owner(world, role)
    for _ in range(limit):
        await _refused(_on(world, WRONG))
    world.clock.forward(minutes=1)

    assert (await _refused(_on(world))).code == "INVALID_CREDENTIALS"
    await _on(world, device=token)
    assert (await _credential()).locked_at is not None, "strangers stay outside until the reset"
    await _refused(_on(world))


@pytest.mark.requirement("PWD-08")
@pytest.mark.parametrize(("role", "limit"), [(Role.LSO, 3), (OTHERS, 4)])
async def test_wrong_entries_on_the_owners_device_lock_the_account_for_every_device(
    world: World, role: Role, limit: int
) -> None:
    token = await _owner(world, role)
    other = (await _on(world)).device_token
    for _ in range(limit - 1):
        await _refused(_on(world, WRONG, device=token))
    assert (await _credential()).failures == 0, "strangers have their own count"
    await _on(world, device=token)
    for _ in range(limit):
        await _refused(_on(world, WRONG, device=token))

    credential = await _credential()
    assert (credential.locked_at, await KnownDevice.filter(ended_at=None).count()) == (world.clock(), 0)
    for device in (token, other, None):
        assert (await _refused(_on(world, device=device))).code == "INVALID_CREDENTIALS"
    entries = [entry for entry in await world.entries("account.sign_in") if entry.facts.get("locked")]
    assert [entry.outcome for entry in entries] == [Outcome.REFUSED]


@pytest.mark.requirement("PWD-08")
async def test_wrong_entries_at_once_on_a_known_device_are_all_counted(world: World) -> None:
    token = await _owner(world)
    await asyncio.gather(*(_refused(_on(world, WRONG, device=token)) for _ in range(3)))
    assert (await KnownDevice.get()).failures == 3
    await asyncio.gather(*(_refused(_on(world, WRONG, device=token)) for _ in range(3)))
    assert (await _credential()).locked_at is not None


@pytest.mark.requirement("PWD-08")
async def test_the_device_of_another_person_is_a_strangers(world: World) -> None:
    token = await _owner(world)
    await world.user(OTHERS, user_id="OTHER")

    signed_in = await _on(world, device=token, user="OTHER")

    assert signed_in.device_token not in (None, token)
    await _refused(_on(world, WRONG, device=signed_in.device_token))
    assert (await _credential()).failures == 1


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "x" * 100_000])
async def test_a_device_token_that_was_never_given_knows_nobody(world: World, token: str) -> None:
    await _owner(world)
    assert (await _on(world, device=token)).device_token is not None


@pytest.mark.requirement("PWD-08")
async def test_a_device_that_was_not_used_for_180_days_is_a_strangers_again(world: World) -> None:
    token = await _owner(world)
    await _later_with_a_young_password(world, timedelta(days=180) - timedelta(seconds=1))
    assert (await _on(world, device=token)).device_token is None
    await _later_with_a_young_password(world, timedelta(days=180))
    assert (await _on(world, device=token)).device_token is not None


async def _later_with_a_young_password(world: World, step: timedelta) -> None:
    world.clock.now += step
    await Credential.all().update(changed_at=world.clock())


async def test_the_device_not_seen_for_longest_is_forgotten_for_a_new_one(world: World) -> None:
    token = await _owner(world)
    for _ in range(MOST_DEVICES):
        world.clock.forward(seconds=1)
        await _on(world)

    live = await KnownDevice.filter(ended_at=None).order_by("first_seen_at")
    assert len(live) == MOST_DEVICES
    assert hash_token(token) not in [device.token_hash for device in live]


@pytest.mark.requirement("PWD-08")
async def test_after_a_wrong_entry_a_stranger_waits_and_a_known_device_does_not(world: World) -> None:
    token = await _owner(world)
    await _refused(_on(world, WRONG))
    sessions = await Session.all().count()

    soon = await _refused(_on(world))
    wrong = await _refused(_on(world, WRONG))
    await _on(world, device=token)
    world.clock.forward(seconds=3.999)
    again = await _refused(_on(world))
    world.clock.forward(seconds=0.001)
    await _on(world)

    assert (soon.code, soon.message) == (wrong.code, wrong.message) == (again.code, again.message)
    assert await Session.all().count() == sessions + 2
    early = [entry for entry in await world.entries("account.sign_in") if entry.facts.get("too_soon")]
    assert [(entry.outcome, entry.code) for entry in early] == [(Outcome.REFUSED, "INVALID_CREDENTIALS")] * 2
    assert (await _credential()).failures == 0, "the owner has signed in; a right entry too soon counted for nothing"


@pytest.mark.requirement("PWD-08")
async def test_a_slip_of_the_owner_inside_does_not_add_up_with_what_strangers_tried(world: World) -> None:
    token = await _owner(world)
    signed_in = await _on(world, device=token)
    caller = await authenticate(world.desk, signed_in.token, "r")
    for _ in range(4):
        await _refused(_on(world, WRONG))
    for _ in range(3):
        with pytest.raises(Invalid):
            await change_password(caller, WRONG, "Another-Horse-8")
    assert (await KnownDevice.get()).failures == 3

    await change_password(caller, PASSWORD, "Another-Horse-8")

    assert ((await KnownDevice.get()).failures, (await Credential.get()).failures) == (0, 0)
    await _on(world, "Another-Horse-8", device=token)


@pytest.mark.requirement("PWD-08")
async def test_guessing_the_current_password_inside_closes_the_known_devices_too(world: World) -> None:
    token = await _owner(world)
    caller = await authenticate(world.desk, (await _on(world, device=token)).token, "r")
    for _ in range(4):
        with pytest.raises(Invalid):
            await change_password(caller, WRONG, "Another-Horse-8")

    assert (await _refused(_on(world, device=token))).code == "INVALID_CREDENTIALS"
    assert not await KnownDevice.filter(ended_at=None).exists()
