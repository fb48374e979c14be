"""Contracts that end: told of before, and all user IDs of the provider disabled from the day after (POL-27, ACC-21)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from orm.models import Contract, PolicyVersion, User
from resolvers.callers import Caller, house
from resolvers.contacts import NewContact, add_contact
from resolvers.contract_end_sweep import CONTRACT_END, disable_after_contract
from resolvers.ending_contracts import list_ending_contracts
from resolvers.sessions import authenticate, sign_in
from resolvers.sweep_register import SWEEPS
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import run_due, run_now
from rules.accounts import AccountState
from rules.calendar import local_date
from rules.errors import Invalid, Unauthenticated
from rules.leaving import DisabledReason
from rules.notices import NotificationKind
from rules.roles import Role
from tests.world.duties import account_of, heard, planned
from tests.world.office import Office
from tests.world.world import PASSWORD, World

ENDS = NotificationKind.CONTRACT_ENDS
ONLY = {CONTRACT_END.name: CONTRACT_END}


async def ending(world: World, office: Office, in_days: int) -> date:
    last_day = local_date(world.clock()) + timedelta(days=in_days)
    await Contract.filter(provider_id=office.provider_id).update(ends_on=last_day)
    return last_day


async def states(*people: Caller) -> set[AccountState]:
    return {(await account_of(who)).state for who in people}


@pytest.mark.requirement("SWP-15")
@pytest.mark.requirement("POL-27")
async def test_liaisons_and_lso_are_told_sixty_thirty_and_seven_days_before_once_each(world: World) -> None:
    office = await Office.of(world)
    await ending(world, office, 70)
    told = []
    for day in range(1, 71):
        world.clock.forward(days=1)
        before = await heard(world, office.liaison, ENDS)
        await run_now(world.desk, CONTRACT_END)
        await run_now(world.desk, CONTRACT_END)
        told += [70 - day] * (await heard(world, office.liaison, ENDS) - before)
    assert told == [60, 30, 7]
    assert await heard(world, office.lso, ENDS) == 3
    assert await heard(world, office.cso, ENDS) == 0
    assert await states(office.lso, office.employee, office.director) == {AccountState.ACTIVE}, "the last day counts"


@pytest.mark.requirement("ACC-21")
@pytest.mark.requirement("POL-27")
async def test_on_the_day_after_the_last_every_account_of_the_provider_is_disabled(world: World) -> None:
    office, neighbour = await Office.of(world), await Office.of(world)
    last_day = await ending(world, office, 3)
    await User.filter(id=office.deputy.actor.person()).update(state=AccountState.SUSPENDED)
    world.clock.forward(days=3)
    await run_now(world.desk, CONTRACT_END)
    assert await states(office.employee, office.lso, office.director) == {AccountState.ACTIVE}
    open_session = await sign_in(world.desk, office.employee.actor.label, PASSWORD, device="test", request_id="r")

    world.clock.forward(days=1)
    result = await run_now(world.desk, CONTRACT_END)

    assert (result.hit, result.failures) == (1, {})
    of_provider = await User.filter(provider_id=office.provider_id)
    assert {(one.state, one.disabled_reason) for one in of_provider} == {
        (AccountState.DISABLED, DisabledReason.CONTRACT_ENDED)
    }
    assert of_provider[0].disabled_note == f"The last day of the contract was {last_day:%m/%d/%Y}."
    with pytest.raises(Unauthenticated):
        await authenticate(world.desk, open_session.token, "r")
    assert await states(neighbour.employee, neighbour.lso) == {AccountState.ACTIVE}
    assert (await heard(world, office.cso, ENDS), await heard(world, office.liaison, ENDS)) == (1, 2)
    entry = (await world.entries("provider.disable_after_contract"))[-1]
    assert (entry.about_id, entry.facts["accounts"]) == (office.provider_id, len(of_provider))
    assert (await run_now(world.desk, CONTRACT_END)).hit == 0


async def test_another_contract_in_force_keeps_the_accounts_and_nobody_is_told(world: World) -> None:
    office = await Office.of(world)
    last_day = await ending(world, office, 20)
    await Contract.create(provider_id=office.provider_id, number="NEXT", begins_on=last_day + timedelta(days=1))
    for _ in range(30):
        world.clock.forward(days=1)
        assert await planned(world, CONTRACT_END) == []
    assert await states(office.employee) == {AccountState.ACTIVE}


async def test_a_contract_that_begins_only_later_does_not_keep_them(world: World) -> None:
    office = await Office.of(world)
    last_day = await ending(world, office, 0)
    await Contract.create(provider_id=office.provider_id, number="NEXT", begins_on=last_day + timedelta(days=2))
    world.clock.forward(days=1)
    assert (await run_now(world.desk, CONTRACT_END)).hit == 1
    assert await states(office.employee) == {AccountState.DISABLED}


async def test_a_renewal_that_comes_between_plan_and_treatment_keeps_the_accounts(world: World) -> None:
    office = await Office.of(world)
    await ending(world, office, -1)
    (subject,) = await planned(world, CONTRACT_END)
    assert subject.facts["step"] == "DISABLE"
    await Contract.filter(provider_id=office.provider_id).update(ends_on=None)
    assert await CONTRACT_END.treat(house(world.desk, "sweep contract_end"), subject.id) is False
    assert await states(office.employee) == {AccountState.ACTIVE}
    assert [one.facts for one in await world.entries("provider.disable_after_contract")] == [{"due": False}]
    assert [one.facts for one in await world.entries("provider.warn_of_contract_end")] == [{"due": False}]
    assert await world.letters(kind=ENDS) == []


async def test_a_contract_that_is_shortened_is_warned_of_anew(world: World) -> None:
    office = await Office.of(world)
    await ending(world, office, 60)
    await run_now(world.desk, CONTRACT_END)
    world.clock.forward(days=1)
    await ending(world, office, 30)
    await run_now(world.desk, CONTRACT_END)
    assert await heard(world, office.liaison, ENDS) == 2


async def test_with_other_warning_days_others_hold(world: World) -> None:
    office = await Office.of(world)
    await PolicyVersion.create(
        number=1, key="contract.warn_days", value=[2], effective_from=date(2026, 3, 2), decided_at=world.clock()
    )
    await ending(world, office, 3)
    assert await planned(world, CONTRACT_END) == []
    world.clock.forward(days=1)
    (subject,) = await planned(world, CONTRACT_END)
    assert subject.facts == {"step": "WARN", "days before": 2}


@pytest.mark.requirement("SWP-15")
async def test_after_a_week_without_a_worker_and_with_two_of_them_everything_is_told_once(world: World) -> None:
    office = await Office.of(world)
    await ending(world, office, 33)
    await run_due(world.desk, ONLY)
    assert await heard(world, office.liaison, ENDS) == 1
    world.clock.forward(days=7)
    async with asyncio.timeout(60):
        await asyncio.gather(run_due(world.desk, ONLY), run_due(world.desk, ONLY))
    assert await heard(world, office.liaison, ENDS) == 2
    world.clock.forward(days=27)
    caller = house(world.desk, "sweep contract_end")
    async with asyncio.timeout(60):
        answers = await asyncio.gather(
            *(disable_after_contract(caller, office.provider_id) for _ in range(2)), return_exceptions=True
        )
    assert sorted(map(str, answers)) == ["False", "True"]
    assert await heard(world, office.cso, ENDS) == 1


async def test_a_dry_run_shows_how_many_accounts_would_be_disabled_and_touches_nobody(world: World) -> None:
    office = await Office.of(world)
    last_day = await ending(world, office, 5)
    report = await simulate_sweep(world.house, CONTRACT_END, world.clock() + timedelta(days=6))
    (subject,) = report.hits
    assert (subject.label, subject.why) == (
        office.provider_name,
        f"The contract ended; its last day was {last_day:%m/%d/%Y}.",
    )
    assert subject.facts["accounts"] == await User.filter(provider_id=office.provider_id).count()
    assert await states(office.employee) == {AccountState.ACTIVE}


def test_it_is_among_the_timed_duties() -> None:
    assert SWEEPS["contract_end"] is CONTRACT_END


async def test_the_end_of_a_contract_and_a_change_of_its_contacts_wait_for_one_another_and_never_begin_anew(
    world: World,
) -> None:
    office = await Office.of(world)
    await ending(world, office, -1)
    begun: list[datetime] = []

    def clock() -> datetime:
        begun.append(world.clock())
        return begun[-1]

    desk = replace(world.desk, clock=clock)
    liaisons = [await world.user(Role.PROVIDER_RELATIONS) for _ in range(4)]
    contacts = [NewContact("Ann", "Example", f"contact{at}@example.org") for at in range(4)]
    async with asyncio.timeout(60):
        disabled, *added = await asyncio.gather(
            disable_after_contract(house(desk, "sweep contract_end"), office.provider_id),
            *(
                add_contact(replace(liaison, desk=desk), office.provider_id, contact)
                for liaison, contact in zip(liaisons, contacts, strict=True)
            ),
        )
    assert (disabled, len(set(added))) == (True, 4)
    assert await states(office.employee, office.lso, office.director) == {AccountState.DISABLED}
    assert len(begun) == 5, "each was done the first time"


@pytest.mark.requirement("POL-27")
async def test_whoever_hears_of_an_end_sees_which_contract_it_is_until_when_and_what_hangs_on_it(world: World) -> None:
    office, other, lasting = [await Office.of(world) for _ in range(3)]
    world.clock.forward(days=7)  # the deputy stands in
    last_day = await ending(world, office, 60)
    await ending(world, other, 61)
    readers = {role: await world.user(role) for role in (Role.CSO, Role.PROVIDER_RELATIONS, Role.CENTRAL_STAFF)}

    for who in (*readers.values(), office.lso, office.deputy, office.director):
        (one,) = (await list_ending_contracts(who, count=True)).nodes
        assert (one.provider.id, one.last_day, one.ended) == (office.provider_id, last_day, False)
        assert one.disabled_from == last_day + timedelta(days=1)
        assert one.accounts == await User.filter(provider_id=office.provider_id).count()
    for who in (office.employee, lasting.lso, await world.user(Role.AUDITOR)):
        assert (await list_ending_contracts(who, count=True)).total_count == 0, "nothing that this person looks after"

    world.clock.forward(days=61)
    await run_now(world.desk, CONTRACT_END)
    cso = await world.user(Role.CSO)
    first, second = (await list_ending_contracts(cso)).nodes
    assert (first.provider.id, first.ended, first.accounts) == (office.provider_id, True, 0)
    assert (second.provider.id, second.ended) == (other.provider_id, False), "its last day counts"
    page = await list_ending_contracts(cso, first=1)
    assert page.has_next_page
    assert (await list_ending_contracts(cso, first=1, after=page.cursors[-1])).nodes == [second]
    with pytest.raises(Invalid):
        await list_ending_contracts(cso, after="nonsense")


@pytest.mark.requirement("POL-27")
async def test_a_renewed_contract_is_not_among_those_that_end_and_an_old_end_is_not_shown_for_ever(
    world: World,
) -> None:
    office, gone = await Office.of(world), await Office.of(world)
    last_day = await ending(world, office, 10)
    await ending(world, gone, -90)
    cso = await world.user(Role.CSO)
    assert {one.provider.id for one in (await list_ending_contracts(cso)).nodes} == {
        office.provider_id,
        gone.provider_id,
    }

    await Contract.create(
        provider_id=office.provider_id, number="DD-NEXT", begins_on=last_day + timedelta(days=1), ends_on=None
    )
    world.clock.forward(days=1)

    assert (await list_ending_contracts(await world.user(Role.CSO))).nodes == []
