"""Whoever has a referral and does not answer is named to its coordinator: once, after the policy's days (001:271)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from orm.models import Contact, ContactCounty, Contract, PolicyVersion, Provider, ProviderKind, SilenceAlert, User
from resolvers.callers import Caller, house
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.referral_views import view_referral
from resolvers.referrals import close_referral, publish_referral
from resolvers.register import current_policy
from resolvers.responses import Answer, respond_to_referral
from resolvers.silence import SILENT_PROVIDERS, tell_silence
from resolvers.silent_list import list_silent_providers
from resolvers.sweep_register import SWEEPS
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import Subject, run_due, run_now
from rules.accounts import AccountState
from rules.audience import Reason
from rules.calendar import local_date
from rules.errors import Denied, Invalid
from rules.notices import NotificationKind
from rules.referrals import CloseOutcome, ResponseKind
from rules.roles import Role
from tests.world.world import World

SILENT = NotificationKind.PROVIDERS_SILENT


async def plan(world: World) -> list[Subject]:
    return await SILENT_PROVIDERS.plan(world.clock(), await current_policy(world.clock()))


async def hits(world: World) -> list[object]:
    return [name for subject in await plan(world) if subject.hit for name in subject.facts["providers"]]


async def exempt(world: World) -> dict[str, str]:
    return {subject.label: subject.why for subject in await plan(world) if not subject.hit}


async def listed(who: Caller, **options: int) -> list[str]:
    page = await list_silent_providers(who, **options)  # type: ignore[arg-type]
    return [view.provider.name for view in page.nodes]


async def notices(world: World, coordinator: Caller) -> list[int | None]:
    return [number for kind, number in await world.lines(coordinator.actor.mailbox_id) if kind is SILENT]


@pytest.mark.requirement("RSP-08")
async def test_after_more_than_seven_days_the_coordinator_is_told_once_a_referral(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    first, second = await world.provider("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")

    world.clock.forward(days=7)
    assert (await run_now(world.desk, SILENT_PROVIDERS)).hit == 0
    assert (await notices(world, coordinator), await listed(coordinator)) == ([], [])

    world.clock.forward(days=1)
    assert await listed(coordinator) == [first.name, second.name]
    result = await run_now(world.desk, SILENT_PROVIDERS)

    assert (result.hit, result.failures) == (1, {})
    assert await notices(world, coordinator) == [number]
    assert len(await world.letters(kind=SILENT)) == 1
    assert {alert.provider_id for alert in await SilenceAlert.all()} == {first.id, second.id}
    entry = (await world.entries("referral.tell_silence"))[-1]
    assert (entry.actor, entry.facts["providers"]) == ("system:sweep silent_providers", 2)


async def test_the_eighth_day_begins_at_midnight_in_chicago(world: World) -> None:
    world.clock.now = datetime(2026, 6, 1, 4, 30, tzinfo=UTC)  # 31 May, half past eleven in the evening
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")

    world.clock.now = datetime(2026, 6, 8, 4, 59, tzinfo=UTC)
    assert (await hits(world), await listed(coordinator)) == ([], [])
    world.clock.now = datetime(2026, 6, 8, 5, 0, tzinfo=UTC)
    assert (await hits(world), await listed(coordinator)) == ([home.name], [home.name])


async def test_nobody_is_named_twice_however_often_it_runs_and_newcomers_are_named_alone(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    world.clock.forward(days=8)
    await run_now(world.desk, SILENT_PROVIDERS)
    late = await world.provider("Boone")
    await publish_referral(coordinator, number)

    for _ in range(3):
        await run_now(world.desk, SILENT_PROVIDERS)
        world.clock.forward(days=1)
    assert await notices(world, coordinator) == [number]

    world.clock.forward(days=5)  # the eighth day of the newcomer
    await run_now(world.desk, SILENT_PROVIDERS)

    assert await notices(world, coordinator) == [number, number]
    assert [alert.provider_id for alert in await SilenceAlert.all().order_by("id")][-1] == late.id


async def test_publishing_again_does_not_start_the_days_anew(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    world.clock.forward(days=6)
    await publish_referral(coordinator, number)
    world.clock.forward(days=2)

    assert await hits(world) == [home.name]


async def test_treating_a_referral_twice_promises_nothing_the_second_time(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    world.clock.forward(days=8)
    key = (await world.referral(number)).id
    caller = house(world.desk, "sweep silent_providers")

    assert [await tell_silence(caller, key), await tell_silence(caller, key)] == [True, False]
    assert await notices(world, coordinator) == [number]


@pytest.mark.parametrize("statewide", [False, True])
async def test_who_is_exempt_is_neither_told_of_nor_listed_and_the_dry_run_says_why(
    world: World, statewide: bool
) -> None:
    coordinator = await world.coordinator("Boone")
    reasons = {
        "Answered": "It has answered.",
        "Excluded": Reason.EXCLUDED.sentence,
        "Suspended": Reason.NO_REFERRAL_STATUS.sentence,
        "Contract ended": Reason.NO_CONTRACT.sentence,
        "Nobody there": Reason.NO_ACTIVE_CONTACT.sentence,
        "Not active": Reason.NOT_ACTIVE.sentence,
        "No homes": Reason.NOT_RESIDENTIAL.sentence,
    }
    homes = {name: await world.provider("Boone", name=name) for name in [*reasons, "Moved away", "Silent"]}
    number = await world.published(coordinator, *([] if statewide else ["Boone"]))
    await respond_to_referral(homes["Answered"].staff, number, Answer(ResponseKind.ACCEPT))
    await exclude_provider(coordinator, number, homes["Excluded"].id, "Too far.")
    await world.suspend(homes["Suspended"].id)
    yesterday = local_date(world.clock()) + timedelta(days=7)
    await Contract.filter(provider_id=homes["Contract ended"].id).update(ends_on=yesterday)
    await Contact.filter(id=homes["Nobody there"].contact_id).update(active=False)
    await Provider.filter(id=homes["Not active"].id).update(active=False)
    await Provider.filter(id=homes["No homes"].id).update(kind=ProviderKind.TARGETED_CASE_MANAGEMENT)
    await ContactCounty.filter(contact_id=homes["Moved away"].contact_id).update(county_id=await world.county("Adair"))
    if not statewide:
        reasons["Moved away"] = Reason.OTHER_COUNTIES.sentence
    world.clock.forward(days=8)

    said = await exempt(world)

    assert said == {f"Referral {number}: {name}": why for name, why in reasons.items()}
    silent = sorted(set(homes) - set(reasons))
    assert await hits(world) == silent
    assert sorted(await listed(coordinator)) == silent
    await run_now(world.desk, SILENT_PROVIDERS)
    assert {alert.provider_id for alert in await SilenceAlert.all()} == {homes[name].id for name in silent}


async def test_the_last_day_of_a_contract_still_counts(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    await Contract.filter(provider_id=home.id).update(ends_on=local_date(world.clock()) + timedelta(days=8))
    world.clock.forward(days=8)

    assert (await hits(world), await listed(coordinator)) == ([home.name], [home.name])


async def test_a_provider_that_is_included_again_is_silent_again(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await exclude_provider(coordinator, number, home.id, "Too far.")
    world.clock.forward(days=8)
    assert (await hits(world), await listed(coordinator)) == ([], [])

    await include_provider(coordinator, number, home.id)

    assert (await hits(world), await listed(coordinator)) == ([home.name], [home.name])


async def test_a_closed_referral_waits_for_nobody(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    world.clock.forward(days=8)
    await close_referral(coordinator, number, CloseOutcome.WITHDRAWN, None)

    assert (await plan(world), await listed(coordinator)) == ([], [])
    key = (await world.referral(number)).id
    assert not await tell_silence(house(world.desk, "sweep silent_providers"), key)
    assert await notices(world, coordinator) == []


async def test_without_an_active_coordinator_nobody_is_told_and_the_next_one_will_be(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    world.clock.forward(days=8)
    await User.filter(id=coordinator.actor.id).update(state=AccountState.DISABLED)

    assert await exempt(world) == {
        f"Referral {number}: {home.name}": "The primary coordinator's account is not active."
    }
    assert not await tell_silence(house(world.desk, "sweep"), (await world.referral(number)).id)
    assert await SilenceAlert.all().count() == 0

    await User.filter(id=coordinator.actor.id).update(state=AccountState.ACTIVE)
    await run_now(world.desk, SILENT_PROVIDERS)
    assert await notices(world, coordinator) == [number]


async def test_a_dry_run_touches_nobody_and_hits_whom_the_run_then_hits(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    world.clock.forward(days=2)
    report = await simulate_sweep(house(world.desk, "test"), SILENT_PROVIDERS, world.clock() + timedelta(days=6))

    assert [(one.label, one.facts["providers"]) for one in report.hits] == [(f"Referral {number}", [home.name])]
    assert (await SilenceAlert.all().count(), await notices(world, coordinator)) == (0, [])
    world.clock.forward(days=6)
    assert (await run_now(world.desk, SILENT_PROVIDERS)).hit == 1


async def test_the_sweep_runs_each_day_at_seven_in_chicago(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    sweeps = {SILENT_PROVIDERS.name: SWEEPS["silent_providers"]}
    world.clock.now = datetime(2026, 3, 10, 11, 59, tzinfo=UTC)
    await run_due(world.desk, sweeps)
    assert await notices(world, coordinator) == []

    world.clock.now = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
    await run_due(world.desk, sweeps)
    assert await notices(world, coordinator) == [number]


async def test_a_shorter_policy_names_providers_earlier(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    await PolicyVersion.create(
        number=1, key="referral.silent_days", value=2, effective_from=date(2026, 3, 1), decided_at=world.clock()
    )
    world.clock.forward(days=3)

    assert (await hits(world), await listed(coordinator)) == ([home.name], [home.name])


async def test_the_list_shows_only_referrals_in_the_callers_scope(world: World) -> None:
    coordinator, stranger = await world.coordinator("Boone"), await world.coordinator("Adair")
    central = await world.user(Role.CENTRAL_STAFF)
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    world.clock.forward(days=8)

    assert await listed(coordinator) == await listed(central) == [home.name]
    assert await listed(stranger) == []
    with pytest.raises(Denied):
        await list_silent_providers(home.staff)


async def test_the_list_says_since_when_whether_it_was_read_and_whether_the_coordinator_knows(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    reached = world.clock()
    world.clock.forward(days=1)
    opened = world.clock()
    await view_referral(home.staff, number=number)
    world.clock.forward(days=8)
    await run_now(world.desk, SILENT_PROVIDERS)

    (view,) = (await list_silent_providers(coordinator)).nodes

    assert (view.referral_number, view.reached_at, view.silent_days) == (number, reached, 9)
    assert (view.viewed_at, view.told_at) == (opened, world.clock())


async def test_the_list_goes_on_after_a_cursor_and_misses_and_doubles_nothing(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    homes = [await world.provider("Boone") for _ in range(3)]
    numbers = []
    for _ in range(2):
        numbers.append(await world.published(coordinator, "Boone"))
        world.clock.forward(hours=1)
    world.clock.forward(days=8)

    page = await list_silent_providers(coordinator, first=2, count=True)
    assert page.total_count == 6
    seen = list(page.nodes)
    # Who answers meanwhile is gone from the list, and the place in it stays.
    await respond_to_referral(homes[1].staff, numbers[0], Answer(ResponseKind.ACCEPT))
    while page.has_next_page:
        page = await list_silent_providers(coordinator, first=2, after=page.cursors[-1], count=True)
        assert page.total_count == 5
        seen += page.nodes

    assert [(view.referral_number, view.provider.id) for view in seen] == [
        (number, home.id) for number in numbers for home in homes
    ]


@pytest.mark.parametrize(("days", "seen"), [(0, 1), (3, 1), (4, 0)])
async def test_the_list_may_be_asked_for_other_days(world: World, days: int, seen: int) -> None:
    coordinator = await world.coordinator("Boone")
    await world.provider("Boone")
    await world.published(coordinator, "Boone")
    world.clock.forward(days=4)
    assert len(await listed(coordinator, older_than_days=days)) == seen


async def test_days_that_cannot_be_and_a_cursor_of_another_list_are_refused(world: World) -> None:
    coordinator, stranger = await world.coordinator("Boone"), await world.coordinator("Adair")
    await world.provider("Boone")
    await world.published(coordinator, "Boone")
    world.clock.forward(days=8)
    cursor = (await list_silent_providers(coordinator)).cursors[0]
    codes = []
    for who, options in (
        (coordinator, {"older_than_days": -1}),
        (coordinator, {"older_than_days": 3651}),
        (coordinator, {"after": "bm90aGluZw"}),
        (stranger, {"after": cursor}),
    ):
        with pytest.raises(Invalid) as refused:
            await list_silent_providers(who, **options)
        codes.append(refused.value.code)
    assert codes == ["DAYS_OUT_OF_RANGE", "DAYS_OUT_OF_RANGE", "CURSOR_MALFORMED", "CURSOR_STALE"]
