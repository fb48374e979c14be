"""The outbox: a letter is one worker's at a time, tried with patience, parked or cancelled, never lost (NOT-24)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from orm.models import Contact, Letter, Outcome, User
from resolvers.callers import Caller
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.outbox import (
    FIRST_WAIT,
    LEASE,
    LONGEST_WAIT,
    TRIES,
    ClaimedLetter,
    claim_letters,
    give_back,
    mark_failed,
    mark_sent,
    next_due,
    patience,
    retry_letter,
)
from rules.accounts import AccountState
from rules.errors import Conflict
from rules.notices import DeliveryState
from rules.roles import Role
from tests.world.world import ProviderHome, World

QUEUED, SENT, PARKED, CANCELLED = (
    DeliveryState.QUEUED,
    DeliveryState.SENT,
    DeliveryState.PARKED,
    DeliveryState.CANCELLED,
)
SECOND = timedelta(seconds=1)


async def _promised(world: World, homes: int = 1) -> tuple[Caller, list[ProviderHome], int]:
    """Publish a referral, and keep only the letters to the providers."""
    coordinator = await world.user(Role.PLACEMENT_COORDINATOR, counties=["Boone"], email=None)
    providers = [await world.provider("Boone") for _ in range(homes)]
    return coordinator, providers, await world.published(coordinator, "Boone")


async def _only(world: World) -> ClaimedLetter:
    [letter] = await claim_letters(world.desk, 10)
    return letter


async def test_a_letter_goes_to_the_address_of_the_moment_and_carries_a_number_and_no_name(world: World) -> None:
    _, [home], number = await _promised(world)
    await Contact.filter(id=home.contact_id).update(email="new@example.org", first_name="Ada", last_name="Novel")

    letter = await _only(world)

    assert (letter.address, letter.name, letter.attempts, letter.to_provider) == (
        "new@example.org",
        "Ada Novel",
        1,
        True,
    )
    assert letter.facts["number"] == number
    assert "Person" not in str(letter.facts)
    assert "Family" not in str(letter.facts)


@pytest.mark.requirement("PRF-01")
async def test_a_reader_without_an_address_gets_a_line_and_no_letter(world: World) -> None:
    coordinator, _, number = await _promised(world, 0)
    assert [told for _, told in await world.lines(coordinator.actor.mailbox_id)] == [number]
    assert await claim_letters(world.desk, 10) == []
    assert await next_due() is None


async def test_two_workers_never_hold_the_same_letter(world: World) -> None:
    await _promised(world, 9)
    async with asyncio.timeout(30):
        hands = await asyncio.gather(*(claim_letters(world.desk, 4) for _ in range(4)))
    held = [letter.id for hand in hands for letter in hand]
    assert len(held) == len(set(held))
    assert all(len(hand) <= 4 for hand in hands)
    rest = await claim_letters(world.desk, 10)
    assert len(held) + len(rest) == 9
    assert {letter.attempts for letter in rest} <= {1}


async def test_the_longest_waiting_letters_go_first(world: World) -> None:
    coordinator, _, first = await _promised(world)
    world.clock.forward(minutes=1)
    await world.published(coordinator, "Boone")
    [letter] = await claim_letters(world.desk, 1)
    assert letter.facts["number"] == first


async def test_a_letter_of_a_worker_that_died_is_free_again_when_its_lease_ends(world: World) -> None:
    await _promised(world)
    lost = await _only(world)

    world.clock.now += LEASE - SECOND
    assert await claim_letters(world.desk, 10) == []
    assert await next_due() == world.clock() + SECOND
    world.clock.now += SECOND
    again = await _only(world)

    assert (again.id, again.attempts) == (lost.id, 2)
    assert again.claim != lost.claim


async def test_a_letter_that_was_taken_on_is_never_claimed_again(world: World) -> None:
    await _promised(world)
    letter = await _only(world)
    await mark_sent(world.desk, letter)
    world.clock.forward(days=30)
    assert await claim_letters(world.desk, 10) == []
    row = await Letter.get(id=letter.id)
    assert (row.state, row.sent_to) == (SENT, letter.address)


async def test_what_a_slow_worker_sent_counts_and_its_failure_does_not(world: World) -> None:
    await _promised(world)
    slow = await _only(world)
    world.clock.now += LEASE
    quick = await _only(world)

    await mark_failed(world.desk, slow, "too late", for_good=True)
    assert (await Letter.get(id=slow.id)).state is QUEUED, "its claim was lost"
    await mark_sent(world.desk, slow)
    await mark_failed(world.desk, quick, "refused", for_good=True)
    assert (await Letter.get(id=slow.id)).state is SENT


async def test_a_letter_that_was_never_handed_over_is_given_back_without_a_try(world: World) -> None:
    await _promised(world, 2)
    letters = await claim_letters(world.desk, 10)
    world.clock.now += SECOND
    await give_back(world.desk, letters[:1])
    [again] = await claim_letters(world.desk, 10)
    assert (again.id, again.attempts) == (letters[0].id, 1)

    await give_back(world.desk, letters[:1])
    assert await claim_letters(world.desk, 10) == [], "an old claim gives nothing back"


async def test_patience_doubles_from_half_a_minute_to_six_hours(world: World) -> None:
    assert world
    waits = [patience(attempts) for attempts in range(1, 40)]
    assert waits[0] == FIRST_WAIT == patience(0) == timedelta(seconds=30)
    assert waits[-1] == LONGEST_WAIT == timedelta(hours=6)
    assert all(later == min(earlier * 2, LONGEST_WAIT) for earlier, later in pairwise(waits))


async def test_a_refused_letter_waits_longer_each_time_and_is_parked_after_the_last_try(world: World) -> None:
    await _promised(world)
    for attempt in range(1, TRIES + 1):
        letter = await _only(world)
        assert letter.attempts == attempt
        state = await mark_failed(world.desk, letter, "x" * 1000, for_good=False)
        row = await Letter.get(id=letter.id)
        assert row.state is state is (PARKED if attempt == TRIES else QUEUED)
        assert row.last_error == "x" * 300
        world.clock.now += patience(attempt) - SECOND
        assert await claim_letters(world.desk, 10) == []
        world.clock.now += SECOND
    assert await claim_letters(world.desk, 10) == []


async def test_a_letter_that_was_refused_for_good_is_parked_at_once(world: World) -> None:
    await _promised(world)
    assert await mark_failed(world.desk, await _only(world), "no", for_good=True) is PARKED
    world.clock.forward(days=30)
    assert await claim_letters(world.desk, 10) == []


async def test_an_administrator_gives_a_parked_letter_a_new_start(world: World) -> None:
    await _promised(world)
    letter = await _only(world)
    administrator = await world.user(Role.ADMINISTRATOR)
    for key in (letter.id, uuid4()):
        with pytest.raises(Conflict) as refused:
            await retry_letter(administrator, key)
        assert refused.value.code == "NOT_PARKED"
    await mark_failed(world.desk, letter, "no", for_good=True)

    await retry_letter(administrator, letter.id)

    assert (await _only(world)).attempts == 1
    entries = await world.entries("outbox.retry")
    assert [entry.outcome for entry in entries] == [Outcome.REFUSED, Outcome.REFUSED, Outcome.DONE]
    assert entries[-1].about_id == letter.id


async def _inactive(_world: World, home: ProviderHome, *_: object) -> None:
    await Contact.filter(id=home.contact_id).update(active=False)


async def _suspended(world: World, home: ProviderHome, *_: object) -> None:
    await world.suspend(home.id)


async def _excluded(_world: World, home: ProviderHome, number: int, coordinator: Caller) -> None:
    await exclude_provider(coordinator, number, home.id, "Too near.")


async def _without_address(_world: World, home: ProviderHome, *_: object) -> None:
    await Contact.filter(id=home.contact_id).update(email=None)


@pytest.mark.requirement("NOT-07")
@pytest.mark.requirement("NOT-08")
@pytest.mark.requirement("NOT-09")
@pytest.mark.parametrize("change", [_inactive, _suspended, _excluded, _without_address])
async def test_who_may_not_hear_any_more_when_the_turn_comes_gets_no_letter(
    world: World, change: Callable[[World, ProviderHome, int, Caller], Awaitable[None]]
) -> None:
    coordinator, [home, other], number = await _promised(world, 2)
    await change(world, home, number, coordinator)

    claimed = await claim_letters(world.desk, 10)

    assert [letter.address for letter in claimed] == [(await Contact.get(id=other.contact_id)).email]
    [cancelled] = await world.letters(contact_id=home.contact_id)
    assert cancelled.state is CANCELLED
    assert cancelled.last_error
    assert cancelled.attempts == 0


async def test_a_letter_to_an_account_that_is_closed_is_cancelled(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    await world.published(coordinator, "Boone")
    await User.filter(id=coordinator.actor.id).update(state=AccountState.DISABLED)
    assert await claim_letters(world.desk, 10) == []
    [letter] = await world.letters()
    assert letter.state is CANCELLED


@pytest.mark.requirement("REF-13")
async def test_a_provider_that_is_included_again_before_its_turn_still_gets_the_letter(world: World) -> None:
    coordinator, [home], number = await _promised(world)
    await exclude_provider(coordinator, number, home.id, "Too near.")
    await include_provider(coordinator, number, home.id)
    assert (await _only(world)).facts["number"] == number


async def test_cancelled_letters_hold_up_nobody(world: World) -> None:
    _, homes, _ = await _promised(world, 6)
    for home in homes[:5]:
        await world.suspend(home.id)
    claimed: list[ClaimedLetter] = []
    for _ in range(3):  # a worker comes again as long as something is due
        if (due := await next_due()) is not None and due <= world.clock():
            claimed += await claim_letters(world.desk, 2)
    assert len(claimed) == 1
    assert (await next_due()) == world.clock() + LEASE


async def test_a_claim_that_is_cut_short_loses_nothing(world: World) -> None:
    """A worker that is cancelled while it claims leaves the letters as they were, or leased; never gone."""
    await _promised(world, 3)
    for steps in range(12):
        claiming = asyncio.ensure_future(claim_letters(world.desk, 10))
        for _ in range(steps):
            await asyncio.sleep(0)
        claiming.cancel()
        await asyncio.gather(claiming, return_exceptions=True)
        world.clock.now += LEASE
    assert {letter.state for letter in await world.letters()} == {QUEUED}
    assert len(await claim_letters(world.desk, 10)) == 3


async def test_the_clock_of_the_desk_decides_what_is_due(world: World) -> None:
    await _promised(world)
    early = replace(world.desk, clock=lambda: world.clock() - SECOND)
    assert await claim_letters(early, 10) == []
    assert len(await claim_letters(world.desk, 10)) == 1
