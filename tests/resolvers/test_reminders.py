"""The 30-day reminder: one letter with the list, to who can still do something about it (NOT-10, NOT-11, POL-25)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from orm.models import Contact, Contract, NoReferralStatus, Notification, PolicyVersion, SweepRun
from resolvers.callers import Caller
from resolvers.exclusions import exclude_provider
from resolvers.pending_placements import set_pending_placement
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.reminders import REMINDERS, plan_reminders, remind_contact
from resolvers.responses import Answer, respond_to_referral
from resolvers.sweeps import run_due
from rules.notices import NotificationKind
from rules.policy import DEFAULTS
from rules.referrals import CloseOutcome, DeclineReason, Provision, ResponseKind
from tests.world.world import ProviderHome, World

SWEEPS = {REMINDERS.name: REMINDERS}
REMINDER = NotificationKind.REMINDER
DECLINE = Answer(ResponseKind.DECLINE, decline_reason=DeclineReason.RATE)


async def _open(world: World, referrals: int = 1) -> tuple[Caller, ProviderHome, list[int]]:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    numbers = [await world.published(coordinator, "Boone") for _ in range(referrals)]
    return coordinator, home, numbers


async def _reminded(home: ProviderHome) -> list[list[int]]:
    lines = await Notification.filter(mailbox_id=home.mailbox_id, kind=REMINDER).order_by("line")
    return [line.numbers for line in lines]


@pytest.mark.requirement("NOT-10")
async def test_a_reminder_comes_after_thirty_days_and_then_every_thirty_days(world: World) -> None:
    _, home, [number] = await _open(world)

    for days, expected in ((29, 0), (1, 1), (1, 1), (28, 1), (1, 2), (30, 3)):
        world.clock.forward(days=days)
        await run_due(world.desk, SWEEPS)
        assert await _reminded(home) == [[number]] * expected


@pytest.mark.requirement("NOT-10")
async def test_days_are_those_of_chicago(world: World) -> None:
    world.clock.now += timedelta(hours=14, minutes=59)  # 23:59 in Chicago, already the next day in UTC
    _, home, [number] = await _open(world)
    world.clock.now += timedelta(days=29, hours=-1)  # 23:59 again, in daylight time by now
    assert not await remind_contact(world.house, home.contact_id)
    world.clock.forward(minutes=1)
    assert await remind_contact(world.house, home.contact_id)
    assert await _reminded(home) == [[number]]


@pytest.mark.requirement("NOT-11")
async def test_one_reminder_lists_all_open_referrals_the_oldest_first_and_marks_the_overdue(world: World) -> None:
    coordinator, home, [oldest] = await _open(world)
    world.clock.forward(days=31)
    younger = await world.published(coordinator, "Boone")
    world.clock.forward(days=29)
    newest = await world.published(coordinator, "Boone")
    world.clock.forward(days=1)

    await run_due(world.desk, SWEEPS)

    assert await _reminded(home) == [[oldest, younger, newest]]
    [letter] = await world.letters(kind=REMINDER)
    assert (letter.contact_id, letter.referral_id) == (home.contact_id, None)
    assert letter.facts["numbers"] == [oldest, younger, newest]
    assert letter.facts["overdue"] == [oldest], "61 days old; the other one is 30"
    [entry] = [entry for entry in await world.entries("referral.remind") if entry.facts.get("due")]
    assert (entry.actor, entry.about_id) == ("system:sweep referral_reminders", home.contact_id)
    assert entry.facts["referrals"] == [oldest, younger, newest]


@pytest.mark.requirement("NOT-11")
@pytest.mark.requirement("PRF-12")
async def test_each_contact_is_reminded_once_of_its_own_counties(world: World) -> None:
    coordinator, home, [number] = await _open(world)
    adair = await world.coordinator("Adair")
    second = await world.contact(home.id, "Adair")
    inactive = await world.contact(home.id, "Boone", active=False)
    elsewhere = await world.published(adair, "Adair")
    statewide = await world.published(coordinator)
    world.clock.forward(days=30)

    await run_due(world.desk, SWEEPS)
    await run_due(world.desk, SWEEPS)

    letters = {letter.contact_id: letter.facts["numbers"] for letter in await world.letters(kind=REMINDER)}
    assert letters == {home.contact_id: [number, statewide], second.id: [elsewhere, statewide]}
    assert inactive.id not in letters


@pytest.mark.requirement("NOT-10")
async def test_the_reminder_is_due_once_however_often_it_is_asked(world: World) -> None:
    _, home, [number] = await _open(world)
    world.clock.forward(days=30)
    answers = await asyncio.gather(*(remind_contact(world.house, home.contact_id) for _ in range(4)))
    assert sorted(answers) == [False, False, False, True]
    world.clock.forward(hours=5)
    assert not await remind_contact(world.house, home.contact_id)
    assert await _reminded(home) == [[number]]
    assert len(await world.letters(kind=REMINDER)) == 1


@pytest.mark.requirement("POL-25")
async def test_who_declined_is_left_out_and_who_accepted_or_waits_is_not(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    declined, accepted, tentative, silent = [await world.provider("Boone") for _ in range(4)]
    number = await world.published(coordinator, "Boone")
    await respond_to_referral(declined.staff, number, DECLINE)
    await respond_to_referral(accepted.staff, number, Answer(ResponseKind.ACCEPT))
    await respond_to_referral(tentative.staff, number, Answer(ResponseKind.TENTATIVE, Provision.BUDGET))
    world.clock.forward(days=30)

    await run_due(world.desk, SWEEPS)

    assert await _reminded(declined) == []
    for home in (accepted, tentative, silent):
        assert await _reminded(home) == [[number]]


@pytest.mark.requirement("POL-35")
async def test_the_security_officer_may_change_the_days_and_the_entry_names_the_policy(world: World) -> None:
    _, home, [number] = await _open(world)
    await respond_to_referral(home.staff, number, DECLINE)
    for key, value in (("referral.reminder_days", 10), ("reminder.include_declined", True)):
        await PolicyVersion.create(key=key, value=value, effective_from=date(2026, 3, 3), decided_at=world.clock())
    world.clock.forward(days=10)

    await run_due(world.desk, SWEEPS)

    assert await _reminded(home) == [[number]]
    [run] = await SweepRun.all()
    entry = (await world.entries("referral.remind"))[-1]
    assert run.policy_version == entry.policy_version == "defaults+2"


async def _suspended(world: World, home: ProviderHome, _number: int, _who: Caller) -> None:
    if not await NoReferralStatus.exists(provider_id=home.id):
        await world.suspend(home.id)


async def _excluded(_world: World, home: ProviderHome, number: int, who: Caller) -> None:
    await exclude_provider(who, number, home.id, "Too near.")


async def _inactive(_world: World, home: ProviderHome, _number: int, _who: Caller) -> None:
    await Contact.filter(id=home.contact_id).update(active=False)


async def _out_of_contract(_world: World, home: ProviderHome, _number: int, _who: Caller) -> None:
    await Contract.filter(provider_id=home.id).update(ends_on=date(2026, 3, 31))


async def _closed(_world: World, _home: ProviderHome, number: int, who: Caller) -> None:
    await close_referral(who, number, CloseOutcome.OTHER, None)


async def _deleted(_world: World, _home: ProviderHome, number: int, who: Caller) -> None:
    await delete_referral(who, number, "A double.")


@pytest.mark.requirement("NOT-07")
@pytest.mark.requirement("NOT-08")
@pytest.mark.requirement("NOT-09")
@pytest.mark.requirement("NOT-10")
@pytest.mark.parametrize("change", [_suspended, _excluded, _inactive, _out_of_contract, _closed, _deleted])
@pytest.mark.parametrize("when", ["before the plan", "between plan and act"])
async def test_nobody_is_reminded_of_what_they_would_not_be_told(
    world: World, change: Callable[[World, ProviderHome, int, Caller], Awaitable[None]], when: str
) -> None:
    coordinator, home, [number] = await _open(world)
    statewide = await world.published(coordinator)
    world.clock.forward(days=30)
    if when == "before the plan":
        for one in (number, statewide):
            await change(world, home, one, coordinator)
        planned = {subject.id for subject in await plan_reminders(world.clock(), DEFAULTS) if subject.hit}
        assert home.contact_id not in planned
        await run_due(world.desk, SWEEPS)
    else:
        assert [subject.hit for subject in await plan_reminders(world.clock(), DEFAULTS)] == [True]
        for one in (number, statewide):
            await change(world, home, one, coordinator)
        assert not await remind_contact(world.house, home.contact_id)
    assert await _reminded(home) == []
    assert await world.letters(kind=REMINDER) == []


@pytest.mark.requirement("REF-10")
async def test_a_pending_placement_does_not_stop_the_reminders(world: World) -> None:
    coordinator, home, [number] = await _open(world)
    await respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT))
    await set_pending_placement(coordinator, number, home.id)
    world.clock.forward(days=30)
    await run_due(world.desk, SWEEPS)
    assert await _reminded(home) == [[number]]


@pytest.mark.requirement("NOT-10")
async def test_a_provider_is_reminded_thirty_days_after_the_referral_reached_it_not_after_its_first_publishing(
    world: World,
) -> None:
    coordinator, home, [number] = await _open(world)
    world.clock.forward(days=20)
    newcomer = await world.provider("Boone")
    await publish_referral(coordinator, number)
    world.clock.forward(days=10)
    await run_due(world.desk, SWEEPS)
    assert (await _reminded(home), await _reminded(newcomer)) == ([[number]], [])
    world.clock.forward(days=20)
    await run_due(world.desk, SWEEPS)
    assert await _reminded(newcomer) == [[number]]


async def test_the_plan_names_who_is_exempt_and_why(world: World) -> None:
    _, home, [number] = await _open(world)
    world.clock.forward(days=29)
    [subject] = await plan_reminders(world.clock(), DEFAULTS)
    assert (subject.id, subject.hit, subject.facts["referrals"]) == (home.contact_id, False, [])
    assert "30 days" in subject.why
    assert number
