"""The outbox says how many letters stand where without counting them, and is right whatever happens to them."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from random import Random

import pytest
from tortoise.transactions import in_transaction

from orm.models import Letter
from orm.sql import fetch
from resolvers import letter_counts as kept
from resolvers.letter_counts import add_up_letter_counts, letter_counts
from rules.notices import DeliveryState
from tests.conftest import ENGINE
from tests.world.world import World


async def _counted() -> dict[DeliveryState, int]:
    states = Counter(await Letter.all().values_list("state", flat=True))
    return {state: states.get(state, 0) for state in DeliveryState}  # type: ignore[call-overload]


async def _something_happens(random: Random) -> None:
    letters = await Letter.all()
    some = [letter.id for letter in random.sample(letters, random.randrange(len(letters)))]
    match random.randrange(4):
        case 0:
            await Letter.filter(id__in=some).delete()
        case 1:
            await Letter.filter(id__in=some).update(attempts=3)
        case _:
            await Letter.filter(id__in=some).update(state=random.choice([*DeliveryState]))


@pytest.mark.parametrize("seed", range(3))
async def test_the_counts_are_those_of_the_letters_whatever_happens_to_them(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MANY", 3)
    random = Random(seed)
    coordinator = await world.coordinator("Boone")
    for _ in range(3):
        await world.provider("Boone")
    for _ in range(10):
        await world.published(coordinator, "Boone")
        await _something_happens(random)
        assert await letter_counts() == await _counted()
        if random.randrange(2):
            await add_up_letter_counts()
            assert await letter_counts() == await _counted()


async def test_what_is_rolled_back_was_not_counted(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    await world.published(coordinator, "Boone")
    before = await letter_counts()
    with suppress(ZeroDivisionError):
        async with in_transaction():
            await Letter.all().update(state=DeliveryState.PARKED)
            raise ZeroDivisionError
    assert await letter_counts() == before == await _counted()


@pytest.mark.skipif(ENGINE != "postgres", reason="SQLite keeps one row for each state")
async def test_many_rows_become_one_for_each_state(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    coordinator = await world.coordinator("Boone")
    for _ in range(4):
        await world.published(coordinator, "Boone")
    assert await add_up_letter_counts() == 0  # they are few
    monkeypatch.setattr(kept, "MANY", 2)
    assert await add_up_letter_counts() == 4
    assert [dict(row) for row in await fetch("SELECT state, n FROM letter_count")] == [{"state": "QUEUED", "n": 4}]
