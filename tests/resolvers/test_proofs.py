"""Callers who are proven together are proven as each would be alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from orm.models import Contract, Credential, RoleGrant, Session, StatementText, User
from resolvers.callers import Caller
from resolvers.proofs import prove_together
from resolvers.sessions import authenticate, sign_in, still_there
from resolvers.statements import KIND
from rules.accounts import AccountState
from rules.errors import Refusal
from rules.roles import Role
from tests.world.counting import counting
from tests.world.world import PASSWORD, STATEMENT, World

Meanwhile = Callable[[World, Caller], Awaitable[object]]


async def signed_on(world: World, who: Caller) -> Caller:
    signed_in = await sign_in(world.desk, who.actor.label, PASSWORD, device="test", request_id="r1", accepts=STATEMENT)
    return await authenticate(world.desk, signed_in.token, "r1")


async def people(world: World) -> list[Caller]:
    office = [await world.coordinator("Boone", "Adair"), await world.user(Role.ADMINISTRATOR)]
    staff = (await world.provider("Boone")).staff
    return [await signed_on(world, who) for who in [*office, staff]]


async def verdict(proving: Awaitable[Caller]) -> object:
    try:
        return (await proving).actor
    except Refusal as no:
        return (no.code, no.message)


async def _nothing(_world: World, _caller: Caller) -> None: ...


async def _end_session(world: World, caller: Caller) -> None:
    await Session.filter(id=caller.session_id).update(ended_at=world.clock())


async def _disable(_world: World, caller: Caller) -> None:
    await User.filter(id=caller.actor.id).update(state=AccountState.DISABLED)


async def _raise_epoch(_world: World, caller: Caller) -> None:
    await User.filter(id=caller.actor.id).update(epoch=7)


async def _end_roles(world: World, caller: Caller) -> None:
    await RoleGrant.filter(user_id=caller.actor.id).update(ended_at=world.clock())


async def _grant_role_elsewhere(world: World, caller: Caller) -> None:
    await RoleGrant.create(user_id=caller.actor.id, role="ELSEWHERE", granted_at=world.clock())


async def _end_contract(_world: World, caller: Caller) -> None:
    if caller.actor.provider_id:
        await Contract.filter(provider_id=caller.actor.provider_id).update(ends_on=date(2021, 1, 1))


async def _must_change(_world: World, caller: Caller) -> None:
    await Credential.filter(user_id=caller.actor.id).update(must_change=True)


async def _another_statement(world: World, _caller: Caller) -> None:
    if not await StatementText.exists(version="another"):
        today = world.clock().date()
        await StatementText.create(kind=KIND, version="another", text="Read this.", effective_from=today)


async def _idle_long(world: World, caller: Caller) -> None:
    await Session.filter(id=caller.session_id).update(last_seen_at=world.clock() - timedelta(hours=3))


async def _stay_for_days(world: World, caller: Caller) -> None:
    await Session.filter(id=caller.session_id).update(created_at=world.clock() - timedelta(days=30))


@pytest.mark.requirement("SUB-03")
@pytest.mark.parametrize(
    "meanwhile",
    [
        _nothing,
        _end_session,
        _disable,
        _raise_epoch,
        _end_roles,
        _grant_role_elsewhere,
        _end_contract,
        _must_change,
        _another_statement,
        _idle_long,
        _stay_for_days,
    ],
    ids=lambda it: it.__name__.strip("_"),
)
async def test_whoever_is_proven_together_gets_the_answer_that_each_would_get_alone(
    world: World, meanwhile: Meanwhile
) -> None:
    callers = await people(world)
    for caller in callers[1:]:  # the first one stays as it is: what befalls others is nothing to it
        await meanwhile(world, caller)
    alone = [await verdict(still_there(caller)) for caller in callers]
    together = await asyncio.gather(*(verdict(prove_together(caller)) for caller in callers))
    assert list(together) == alone


async def test_a_caller_without_a_session_is_not_proven(world: World) -> None:
    callers = await people(world)
    stranger = replace(callers[0], session_id=None)
    assert await verdict(prove_together(stranger)) == await verdict(still_there(stranger))


async def test_proving_many_takes_as_many_statements_as_proving_one(world: World) -> None:
    callers = await people(world)
    with counting() as one:
        await prove_together(callers[0])
    with counting() as many:
        await asyncio.gather(*(prove_together(caller) for caller in callers * 20))
    assert len(many) == len(one) <= 8


async def test_an_answer_is_never_older_than_its_question(world: World) -> None:
    caller = (await people(world))[0]
    first = asyncio.create_task(prove_together(caller))
    for _ in range(6):  # somewhere in the middle of the load
        await asyncio.sleep(0)
    await _disable(world, caller)
    assert await verdict(prove_together(caller)) == await verdict(still_there(caller))
    await asyncio.gather(first, return_exceptions=True)
