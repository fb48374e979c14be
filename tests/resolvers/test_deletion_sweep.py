"""Disabled IDs are deleted after the policy's days, and never come back (ACC-10, ACC-11, SWP-03)."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from orm.models import PolicyVersion, User
from resolvers.accounts import NewAccount, create_account
from resolvers.callers import Caller, house
from resolvers.deletion_sweep import DELETE_DISABLED
from resolvers.inactivity_sweep import INACTIVITY
from resolvers.sweep_register import SWEEPS
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import run_due, run_now
from rules.accounts import AccountState
from rules.errors import Conflict
from rules.leaving import DisabledReason
from tests.world.duties import account_of, planned
from tests.world.world import World

ONLY = {DELETE_DISABLED.name: DELETE_DISABLED}


async def disabled(world: World) -> Caller:
    who = await world.user()
    await User.filter(id=who.actor.person()).update(
        state=AccountState.DISABLED, disabled_at=world.clock(), disabled_reason=DisabledReason.LEFT
    )
    return who


async def state_of(who: Caller) -> AccountState:
    return (await account_of(who)).state


@pytest.mark.requirement("ACC-10")
@pytest.mark.requirement("SWP-03")
async def test_a_disabled_id_is_deleted_on_the_sixtieth_day_and_not_on_the_day_before(world: World) -> None:
    who = await disabled(world)
    world.clock.forward(days=59)
    assert (await run_now(world.desk, DELETE_DISABLED)).hit == 0
    assert await state_of(who) is AccountState.DISABLED

    world.clock.forward(days=1)
    assert (await run_now(world.desk, DELETE_DISABLED)).failures == {}

    account = await account_of(who)
    assert (account.state, account.deleted_at, account.user_id) == (
        AccountState.DELETED,
        world.clock(),
        who.actor.label,
    )
    assert (account.disabled_reason, account.email) == (DisabledReason.LEFT, None)
    assert await planned(world, DELETE_DISABLED) == []


@pytest.mark.requirement("ACC-11")
async def test_the_id_is_never_given_again_and_the_trail_still_says_who_it_was(world: World) -> None:
    who = await disabled(world)
    world.clock.forward(days=60)
    before = [entry.actor for entry in await world.entries("account.create")]
    await run_now(world.desk, DELETE_DISABLED)
    with pytest.raises(Conflict) as refused:
        await create_account(world.house, NewAccount(who.actor.label, "New", "Comer", frozenset()), "hash")
    assert refused.value.code == "USER_ID_TAKEN"
    assert [entry.actor for entry in await world.entries("account.create")][: len(before)] == before


@pytest.mark.requirement("POL-01")
async def test_with_no_days_between_it_is_deleted_with_the_next_run(world: World) -> None:
    home = await world.provider("Boone")
    await PolicyVersion.create(
        number=1, key="disabled.delete_days", value=0, effective_from=date(2026, 3, 2), decided_at=world.clock()
    )
    world.clock.forward(days=90)
    await run_now(world.desk, INACTIVITY)
    assert await state_of(home.staff) is AccountState.DISABLED
    await run_now(world.desk, DELETE_DISABLED)
    assert await state_of(home.staff) is AccountState.DELETED


async def test_the_days_begin_at_midnight_in_chicago(world: World) -> None:
    world.clock.now = datetime(2026, 6, 1, 4, 59, tzinfo=UTC)  # 31 May, a minute before midnight
    early = await disabled(world)
    world.clock.now = datetime(2026, 6, 1, 5, 0, tzinfo=UTC)
    await disabled(world)
    world.clock.now = datetime(2026, 7, 30, 5, 0, tzinfo=UTC)
    assert [one.id for one in await planned(world, DELETE_DISABLED)] == [early.actor.person()]


async def test_an_account_in_use_or_suspended_is_never_deleted(world: World) -> None:
    home = await world.provider("Boone")
    suspended = await world.user()
    await User.filter(id=suspended.actor.person()).update(state=AccountState.SUSPENDED)
    world.clock.forward(days=400)
    await run_now(world.desk, DELETE_DISABLED)
    assert (await state_of(home.staff), await state_of(suspended)) == (AccountState.ACTIVE, AccountState.SUSPENDED)


async def test_one_that_is_enabled_between_plan_and_treatment_stays(world: World) -> None:
    who, again = await disabled(world), await disabled(world)
    world.clock.forward(days=60)
    assert len(await planned(world, DELETE_DISABLED)) == 2
    await User.filter(id=who.actor.person()).update(state=AccountState.ACTIVE)
    await User.filter(id=again.actor.person()).update(disabled_at=world.clock())
    caller = house(world.desk, "sweep delete_disabled")
    assert await DELETE_DISABLED.treat(caller, who.actor.person()) is False
    assert await DELETE_DISABLED.treat(caller, again.actor.person()) is False
    assert (await state_of(who), await state_of(again)) == (AccountState.ACTIVE, AccountState.DISABLED)
    assert await world.entries("account.delete") == []


@pytest.mark.requirement("SWP-03")
async def test_after_a_week_without_a_worker_and_with_two_of_them_each_is_deleted_once(world: World) -> None:
    people = [await disabled(world) for _ in range(3)]
    await run_due(world.desk, ONLY)
    world.clock.forward(days=67)
    async with asyncio.timeout(60):
        await asyncio.gather(run_due(world.desk, ONLY), run_due(world.desk, ONLY))
    assert {await state_of(who) for who in people} == {AccountState.DELETED}
    deleted = [one for one in await world.entries("account.delete") if one.facts.get("deleted")]
    assert sorted(str(one.about_id) for one in deleted) == sorted(str(who.actor.id) for who in people)


async def test_a_dry_run_says_why_and_touches_nobody(world: World) -> None:
    who = await disabled(world)
    report = await simulate_sweep(world.house, DELETE_DISABLED, world.clock() + timedelta(days=60))
    (subject,) = report.hits
    assert (subject.label, subject.why, subject.facts) == (
        f"DMH\\{who.actor.label}",
        "Disabled on 2026-03-02.",
        {"reason": "LEFT"},
    )
    assert await state_of(who) is AccountState.DISABLED


def test_it_is_among_the_timed_duties() -> None:
    assert SWEEPS["delete_disabled"] is DELETE_DISABLED
