"""The time of an answer tells nothing of user IDs, and strangers who want resets keep nobody out (ACC-16, POL-13)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import cast

import argon2
import pytest

from homeward.hashing import Argon2Pool
from orm.models import Ticket, User
from resolvers.callers import Desk
from resolvers.patience import STEP, WISHES_AT_ONCE, RealPatience, leaves_at
from resolvers.ports import PasswordHasher
from resolvers.resets import ask_for_reset
from resolvers.sessions import SignedIn, sign_in
from rules.accounts import AccountState
from rules.errors import TooMany, Unauthenticated
from rules.roles import Role
from tests.world.clock import NoWait
from tests.world.waiting import until
from tests.world.world import PASSWORD, World

WRONG = "Wrong-Horse-7"


class _Slow:
    """A hasher that takes time, and more of it each time."""

    def __init__(self, real: PasswordHasher, patience: NoWait) -> None:
        self._real, self._patience = real, patience
        self._takes = 0.0

    async def hash(self, password: str) -> str:
        return await self._real.hash(password)

    async def verify(self, password_hash: str, password: str) -> bool:
        self._takes += 0.01
        self._patience.passed += self._takes
        return await self._real.verify(password_hash, password)

    async def verify_nobody(self, password: str) -> None:
        await self._real.verify_nobody(password)


def _slow_desk(world: World) -> tuple[Desk, NoWait]:
    patience = NoWait()
    return replace(world.desk, passwords=_Slow(world.desk.passwords, patience), patience=patience), patience


async def _people(world: World) -> list[tuple[str, str]]:
    """Make accounts that stand differently; give what is typed at the door."""
    for name in ("KNOWN", "LOCKED", "SUSPENDED", "DISABLED", "DELETED"):
        await world.user(Role.AUDITOR, user_id=name)
        if name in AccountState.__members__:
            await User.filter(user_id=name).update(state=AccountState[name])
    for _ in range(4):
        with pytest.raises(Unauthenticated):
            await sign_in(world.desk, "LOCKED", WRONG, device="", request_id="r")
    return [
        ("KNOWN", WRONG),
        ("NOBODY", PASSWORD),
        ("no id", PASSWORD),
        ("LOCKED", PASSWORD),
        ("LOCKED", WRONG),
        ("SUSPENDED", PASSWORD),
        ("DISABLED", PASSWORD),
        ("DELETED", PASSWORD),
    ]


@pytest.mark.requirement("ACC-16")
@pytest.mark.requirement("POL-13")
async def test_every_refusal_at_the_door_leaves_after_the_same_time(world: World) -> None:
    typed = await _people(world)
    desk, patience = _slow_desk(world)
    waits = []
    for user_id, password in typed:
        arrived = patience.passed
        with pytest.raises(Unauthenticated):
            await sign_in(desk, user_id, password, device="", request_id="r")
        waits.append(patience.left_at[-1] - arrived)

    assert len(patience.left_at) == len(typed)
    assert waits == pytest.approx([STEP] * len(typed))


async def test_a_right_password_opens_the_session_without_waiting(world: World) -> None:
    await world.user(Role.AUDITOR, user_id="KNOWN")
    desk, patience = _slow_desk(world)
    await sign_in(desk, "KNOWN", PASSWORD, device="", request_id="r")
    assert patience.left_at == []


@pytest.mark.requirement("ACC-16")
async def test_every_answer_to_a_wish_for_a_reset_leaves_after_the_same_time(world: World) -> None:
    typed = [user_id for user_id, _ in await _people(world)]
    desk, patience = _slow_desk(world)
    for user_id in typed:
        patience.passed += 1.0
        await ask_for_reset(desk, user_id, "r")
        assert patience.left_at[-1] - patience.passed == pytest.approx(STEP), user_id
    assert len(patience.left_at) == len(typed)


@pytest.mark.parametrize(
    ("took", "leaves"), [(0.0, STEP), (STEP / 2, STEP), (STEP, STEP), (STEP * 1.01, 2 * STEP), (STEP * 2.5, 3 * STEP)]
)
def test_work_that_takes_longer_waits_for_the_next_full_step(took: float, leaves: float) -> None:
    assert leaves_at(0.0, took) == pytest.approx(leaves)


async def test_a_process_is_patient_by_the_clock_of_its_loop() -> None:
    patience = RealPatience()
    before = patience.now()
    await patience.until(before)
    await patience.until(before + 0.001)
    assert patience.now() >= before + 0.001


class _Held(NoWait):
    """Patience that holds everybody until told otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()
        self.full = asyncio.Event()

    async def until(self, instant: float) -> None:
        await super().until(instant)
        if len(self.left_at) == WISHES_AT_ONCE:
            self.full.set()
        await self.go_on.wait()


async def test_of_many_wishes_at_once_the_rest_hear_the_same_and_somebody_signs_in_all_the_while(world: World) -> None:
    await world.user(Role.AUDITOR, user_id="KNOWN")
    patience = _Held()
    desk = replace(world.desk, patience=patience)
    inside = [asyncio.create_task(ask_for_reset(desk, "NOBODY", "r")) for _ in range(WISHES_AT_ONCE)]
    await patience.full.wait()

    told = []
    for user_id in ("KNOWN", "NOBODY", "no id"):
        with pytest.raises(TooMany) as refused:
            async with asyncio.timeout(10):
                await ask_for_reset(desk, user_id, "r")
        told.append((refused.value.code, refused.value.message))
    await sign_in(desk, "KNOWN", PASSWORD, device="", request_id="r")

    assert len(set(told)) == 1
    assert not await Ticket.exists()
    patience.go_on.set()
    await asyncio.gather(*inside)
    await ask_for_reset(desk, "KNOWN", "r")
    assert await Ticket.all().count() == 1


class _HeldUp:
    """Hashes nothing until told otherwise, and then finds that nothing fits but the right password."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def hash(self, password: str) -> str:
        return password

    def verify(self, _: str, password: str) -> bool:
        assert self.go_on.wait(30)
        return password == PASSWORD


@pytest.fixture
async def held_up() -> AsyncIterator[tuple[Argon2Pool, threading.Event]]:
    """A place for hashing as large as that of the house, and what lets it begin."""
    hasher = _HeldUp()
    pool = Argon2Pool(cast("argon2.PasswordHasher", hasher))
    yield pool, hasher.go_on
    hasher.go_on.set()
    pool.close()


async def test_strangers_by_the_hundred_keep_nobody_out_who_signed_in_on_the_device_before(
    world: World, held_up: tuple[Argon2Pool, threading.Event]
) -> None:
    pool, go_on = held_up

    async def enter(user_id: str, password: str, device: str | None = None) -> SignedIn:
        desk = replace(world.desk, passwords=pool)
        return await sign_in(desk, user_id, password, device="", request_id="r", device_token=device)

    await world.user(Role.AUDITOR, user_id="KNOWN")
    device = (await sign_in(world.desk, "KNOWN", PASSWORD, device="", request_id="r")).device_token
    strangers = [asyncio.create_task(enter(user_id, WRONG)) for user_id in ("KNOWN", "NOBODY") * 50]
    await until(lambda: pool._taken + sum(it.done() for it in strangers) == len(strangers))
    waiting = pool._taken

    owner = asyncio.create_task(enter("KNOWN", PASSWORD, device))
    await until(lambda: owner.done() or pool._taken > waiting)
    go_on.set()

    assert (await owner).token
    heard = await asyncio.gather(*strangers, return_exceptions=True)
    assert {type(it) for it in heard} == {TooMany, Unauthenticated}
    assert len({str(it) for it in heard if isinstance(it, TooMany)}) == 1, "whether there is such a user ID or not"
