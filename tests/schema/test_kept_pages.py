"""A page that was kept is never shown to somebody who may not see it, nor after anything in it has changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from random import Random

import pytest
from door import Door

from orm.eras import Kept
from orm.models import Contact, ContactCounty, Outcome, PolicyVersion, Referral, User
from orm.sql import execute
from resolvers import referral_pages
from resolvers.callers import Caller
from resolvers.exclusions import exclude_provider
from resolvers.pending_placements import clear_pending_placement, set_pending_placement
from resolvers.referral_pages import Written
from resolvers.referrals import close_referral
from resolvers.responses import Answer, respond_to_referral
from rules.referrals import CloseOutcome, DeclineReason, ResponseKind
from rules.roles import Role
from tests.world.counting import counting
from tests.world.world import ProviderHome, World

DOCUMENT = """{ referrals(first: 20) {
  nodes {
    number status age overdue version facility { name } consumer { lastName dmhId }
    preferredCounties { name } primaryCoordinator { name phone }
    pendingPlacement { since provider { name } } ownResponse { kind comments provider { name } answeredBy }
  }
  totalCount
} }"""
PAGE = "{ referrals { nodes { number consumer { lastName } } } }"


class _Exchange:
    """A world in which anything may happen next."""

    def __init__(self, world: World, random: Random) -> None:
        self.world, self.random = world, random
        self.homes: list[ProviderHome] = []
        self.callers: list[Caller] = []
        self.open: list[int] = []

    async def begin(self) -> None:
        self.coordinator = await self.world.coordinator("Boone", "Clay")
        self.homes = [await self.world.provider("Boone"), await self.world.provider("Clay", "Boone")]
        central = await self.world.user(Role.CENTRAL_STAFF)
        self.callers = [self.coordinator, central, *(home.staff for home in self.homes)]
        for _ in range(3):
            await self.publish()

    async def publish(self) -> None:
        self.open.append(await self.world.published(self.coordinator, self.random.choice(["Boone", "Clay"])))

    async def close(self) -> None:
        if len(self.open) > 2:
            await close_referral(self.coordinator, self.open.pop(0), CloseOutcome.OTHER, None)

    async def answer(self) -> None:
        decline = Answer(ResponseKind.DECLINE, None, DeclineReason.STAFFING, f"No {self.random.random()}.")
        accept = Answer(ResponseKind.ACCEPT, None, None, "Yes.")
        number = self.open[-1]
        if any(row.number == number for row in await Referral.filter(preferred_counties__county__name="Boone")):
            await respond_to_referral(self.homes[1].staff, number, self.random.choice([accept, decline]))

    async def exclude(self) -> None:
        await exclude_provider(self.coordinator, self.open[-1], self.homes[0].id, "family's wish")

    async def set_pending(self) -> None:
        number = self.open[-1]
        await respond_to_referral(self.homes[1].staff, number, Answer(ResponseKind.ACCEPT, None, None, "Yes."))
        await set_pending_placement(self.coordinator, number, self.homes[1].id)
        if self.random.randrange(2):
            await clear_pending_placement(self.coordinator, number)

    async def serve_elsewhere(self) -> None:
        [contact] = await Contact.filter(provider_id=self.homes[0].id)
        county = self.random.choice(["29019", "29047"])
        if not await ContactCounty.exists(contact_id=contact.id, county_id=county):
            await ContactCounty.filter(contact_id=contact.id).delete()
            await ContactCounty.create(contact_id=contact.id, county_id=county, since=self.world.clock())

    async def call_elsewhere(self) -> None:
        phone = f"573555{self.random.randrange(1000, 9999)}"
        await User.filter(id=self.coordinator.actor.id).update(phone=phone)

    async def rename(self) -> None:
        name = f"Name{self.random.randrange(99)}"
        await execute("UPDATE consumer SET last_name = :name", name=name)
        await execute("UPDATE provider SET name = 'Home ' || name WHERE id = :id", id=self.homes[1].id)

    async def decide_policy(self) -> None:
        number = await PolicyVersion.all().count() + 1
        await PolicyVersion.create(
            number=number, key="referral.red_days", value=self.random.randrange(2, 30), reason="sooner",
            effective_from=self.world.clock().date(), decided_at=self.world.clock(),
        )  # fmt: skip

    async def a_day_passes(self) -> None:
        self.world.clock.forward(days=1)

    async def something_happens(self) -> str:
        happens: list[Callable[[], Awaitable[None]]] = [
            self.publish, self.close, self.answer, self.serve_elsewhere, self.call_elsewhere, self.rename,
            self.decide_policy, self.a_day_passes,
        ]  # fmt: skip
        event = self.random.choice(happens)
        await event()
        return event.__name__


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_the_next_page_of_everybody_is_as_if_nothing_were_kept(world: World, seed: int) -> None:
    exchange, door = _Exchange(world, Random(seed)), Door()
    await exchange.begin()
    for _ in range(25):
        happened = await exchange.something_happens()
        for caller in exchange.callers:
            due = await door.ordinary(caller, DOCUMENT)
            for _ in range(2):
                assert await door.fast(caller, DOCUMENT) == due, happened
    await exchange.exclude()
    await exchange.set_pending()
    for caller in exchange.callers:
        assert await door.fast(caller, DOCUMENT) == await door.ordinary(caller, DOCUMENT)
    assert len(door.operations) == 1


async def test_a_page_that_nothing_has_changed_is_not_read_again_and_is_written_down_each_time(world: World) -> None:
    door = Door()
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    for _ in range(3):
        await door.fast(home.staff, PAGE)
    noted = len(await world.entries("referral.list"))
    with counting() as heard:
        assert f'"number":{number},'.encode() in await door.fast(home.staff, PAGE)
    assert not [text for text in heard if " consumer " in text or " referral " in text]
    entries = await world.entries("referral.list")
    assert len(entries) == noted + 1
    assert entries[-1].subjects == entries[-2].subjects
    assert entries[-1].outcome is Outcome.DONE


async def test_a_kept_page_is_that_of_those_who_see_the_same_and_of_nobody_else(world: World) -> None:
    door = Door()
    coordinator = await world.coordinator("Boone")
    here, also_here, elsewhere = [await world.provider(name) for name in ("Boone", "Boone", "Adair")]
    number = await world.published(coordinator, "Boone")
    await respond_to_referral(here.staff, number, Answer(ResponseKind.ACCEPT, None, None, "We have a room."))
    document = "{ referrals { nodes { number ownResponse { comments } } } }"
    for _ in range(3):
        assert b"We have a room." in await door.fast(here.staff, document)
        told = await door.fast(also_here.staff, document)
        assert b'"ownResponse":null' in told
        assert b"We have a room." not in told
        assert b'"nodes":[]' in await door.fast(elsewhere.staff, document)


async def test_who_asks_in_ever_new_words_fills_no_more_room_with_pages_than_anybody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: Kept[Hashable, Written] = Kept(3)
    monkeypatch.setattr(referral_pages, "_PAGES", kept)
    door, home = Door(), await world.provider("Boone")
    number = await world.published(await world.coordinator("Boone"), "Boone")
    for words in range(5):
        document = f"{{ page{words}: referrals {{ nodes {{ number }} }} }}"
        for _ in range(3):
            assert f'"page{words}":{{"nodes":[{{"number":{number}}}]'.encode() in await door.fast(home.staff, document)
    assert len(door.operations) == 5
    assert len(kept) == 3
