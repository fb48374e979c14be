"""Each reach says whether its referral waits for the provider's answer, and is right whatever happens to either."""

from __future__ import annotations

import asyncio
import importlib
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from orm.models import Referral, ReferralReach, Response
from orm.sql import execute
from resolvers.callers import Caller
from resolvers.joining import insert_reach
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.register import current_policy
from resolvers.responses import Answer, respond_to_referral
from resolvers.silence import plan_silence
from resolvers.silent_list import list_silent_providers
from rules.errors import Refusal
from rules.referrals import CloseOutcome, ReferralStatus, ResponseKind
from rules.roles import Role
from tests.world.waiting import until_somebody_waits
from tests.world.world import ProviderHome, World

ACCEPT = Answer(ResponseKind.ACCEPT)


async def _kept() -> dict[tuple[Any, Any], bool]:
    return {(one.referral_id, one.provider_id): one.waits for one in await ReferralReach.all()}


async def _asked_anew() -> dict[tuple[Any, Any], bool]:
    is_open = {one.id for one in await Referral.filter(status=ReferralStatus.OPEN)}
    answered = {(one.referral_id, one.provider_id) for one in await Response.all()}
    pairs = [(one.referral_id, one.provider_id) for one in await ReferralReach.all()]
    return {pair: pair[0] in is_open and pair not in answered for pair in pairs}


class _Exchange:
    """Referrals and answers that come and go, by the use cases and by hand."""

    def __init__(self, world: World, random: Random, central: Caller, homes: list[ProviderHome]) -> None:
        self.world, self.random, self.central, self.homes = world, random, central, homes
        self.coordinator = central

    @classmethod
    async def begin(cls, world: World, seed: int) -> _Exchange:
        homes = [await world.provider("Boone", *(["Adair"] if place % 2 else [])) for place in range(4)]
        one = cls(world, Random(seed), await world.user(Role.CENTRAL_STAFF), homes)
        one.coordinator = await world.coordinator("Boone", "Adair")
        return one

    async def something_happens(self) -> str:
        acts: list[Callable[[], Awaitable[Any]]] = [
            self.publish,
            self.publish_again,
            self.answer,
            self.answer,
            self.answer,
            self.close,
            self.delete,
            self.reopen_by_hand,
            self.answer_by_hand,
            self.answer_by_hand,
            self.withdraw_by_hand,
            self.withdraw_by_hand,
            self.hand_over_by_hand,
            self.join,
        ]
        act = self.random.choice(acts)
        try:
            await act()
        except (Refusal, LookupError):
            return ""
        return act.__name__

    async def one(self, *statuses: ReferralStatus) -> Referral:
        return self.random.choice(await Referral.filter(status__in=statuses).order_by("number"))

    async def publish(self) -> None:
        await self.world.published(self.coordinator, *self.random.choice([["Boone"], ["Adair"], []]))

    async def publish_again(self) -> None:
        await publish_referral(self.central, (await self.one(ReferralStatus.OPEN)).number)

    async def answer(self) -> None:
        home = self.random.choice(self.homes)
        await respond_to_referral(home.staff, (await self.one(ReferralStatus.OPEN)).number, ACCEPT)

    async def close(self) -> None:
        await close_referral(self.central, (await self.one(ReferralStatus.OPEN)).number, CloseOutcome.WITHDRAWN, None)

    async def delete(self) -> None:
        await delete_referral(self.central, (await self.one(ReferralStatus.OPEN)).number, "A double.")

    async def reopen_by_hand(self) -> None:
        row = await self.one(ReferralStatus.CLOSED)
        await Referral.filter(id=row.id).update(status=ReferralStatus.OPEN, closed_at=None, close_outcome=None)

    async def answer_by_hand(self) -> None:
        """Bring in answers of several providers by one statement."""
        row = await self.one(*ReferralStatus)
        known = {one.provider_id for one in await Response.filter(referral_id=row.id)}
        now = self.world.clock()
        await Response.bulk_create(
            Response(
                referral_id=row.id,
                provider_id=home.id,
                kind=ResponseKind.ACCEPT,
                answered_by_id=home.staff.actor.person(),
                first_answered_at=now,
                answered_at=now,
            )
            for home in self.random.sample(self.homes, 2)
            if home.id not in known
        )

    async def withdraw_by_hand(self) -> None:
        """Erase the answers of a referral that were brought in; what was answered in the house is written once."""
        row = await self.one(*ReferralStatus)
        await execute(
            "DELETE FROM response WHERE referral_id = :id AND id NOT IN (SELECT response_id FROM response_version)",
            id=row.id,
        )

    async def hand_over_by_hand(self) -> None:
        """Give an answer to another referral, to another provider, or to both."""
        answer = self.random.choice(await Response.all().order_by("answered_at", "id"))
        referral = self.random.choice([answer.referral_id, (await self.one(*ReferralStatus)).id])
        provider = self.random.choice([answer.provider_id, self.random.choice(self.homes).id])
        if not await Response.exists(referral_id=referral, provider_id=provider):
            await Response.filter(id=answer.id).update(referral_id=referral, provider_id=provider)

    async def join(self) -> None:
        """Let referrals of every kind reach providers, some of which have answered already."""
        rows = await Referral.exclude(status=ReferralStatus.DRAFT)
        await insert_reach(((row.id, home.id) for row in rows for home in self.homes), self.world.clock())


@pytest.mark.requirement("RSP-08")
@pytest.mark.parametrize("seed", range(4))
async def test_a_reach_waits_as_long_as_its_referral_is_open_and_unanswered_whatever_happens(
    world: World, seed: int
) -> None:
    exchange = await _Exchange.begin(world, seed)
    happened, seen = set(), set()
    for _ in range(60):
        happened.add(await exchange.something_happens())
        kept = await _kept()
        assert kept == await _asked_anew(), happened
        seen |= set(kept.values())
    assert len(happened) > 8
    assert seen == {True, False}


async def test_the_list_shows_whom_the_timed_duty_finds_silent_in_a_world_that_changes(world: World) -> None:
    exchange = await _Exchange.begin(world, 5)
    shown = 0
    for _ in range(8):
        for _ in range(5):
            await exchange.something_happens()
        world.clock.forward(days=8)
        policy = await current_policy(world.clock())
        silent = Counter(
            name for subject in await plan_silence(world.clock(), policy) for name in subject.facts.get("providers", [])
        )
        page = await list_silent_providers(exchange.central, first=100, count=True)
        assert Counter(view.provider.name for view in page.nodes) == silent
        assert page.total_count == silent.total()
        shown += silent.total()
    assert shown


async def test_what_is_rolled_back_still_waits(world: World) -> None:
    exchange = await _Exchange.begin(world, 6)
    await exchange.publish()
    before = await _kept()
    with suppress(ZeroDivisionError):
        async with in_transaction():
            await exchange.answer_by_hand()
            assert await _kept() != before
            raise ZeroDivisionError
    assert await _kept() == before == await _asked_anew()


async def test_reaches_from_before_they_were_kept_are_set_right(world: World) -> None:
    exchange = await _Exchange.begin(world, 7)
    for _ in range(40):
        await exchange.something_happens()
    right = await _kept()
    assert set(right.values()) == {True, False}
    set_right = importlib.import_module("orm.migrations.0021_waiting_reaches").set_right()
    for wrong in ("true", "false", "NOT waits"):
        await execute(f"UPDATE referral_reach SET waits = {wrong}")
        await get_connection("default").execute_script(set_right)
        assert await _kept() == right


async def test_a_provider_that_answers_while_a_change_of_its_profile_brings_it_the_referral_does_not_wait(
    world: World,
) -> None:
    exchange = await _Exchange.begin(world, 8)
    number = await world.published(exchange.coordinator, "Boone")
    referral, home = await world.referral(number), exchange.homes[0]
    await ReferralReach.filter(referral_id=referral.id).delete()
    begun = asyncio.Event()

    async def joins() -> None:
        async with in_transaction():
            await insert_reach([(referral.id, home.id)], world.clock())
            begun.set()
            await until_somebody_waits()

    async def answers() -> None:
        await begun.wait()
        await respond_to_referral(home.staff, number, ACCEPT)

    async with asyncio.timeout(30):
        await asyncio.gather(joins(), answers())
    assert await _kept() == await _asked_anew() == {(referral.id, home.id): False}
