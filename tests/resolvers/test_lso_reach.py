"""An LSO signs in at least once in 60 days: warned, then out of reach, and back with one sign-on (LSO-06, POL-02)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from orm.models import AccessRequest, LsoDesignation, User
from resolvers.accounts import change_password
from resolvers.callers import house
from resolvers.lso_sweep import LSO_SIGNIN, treat_lso_signin
from resolvers.officers import lso_of
from resolvers.sessions import sign_in
from resolvers.sweep_register import SWEEPS
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import run_due, run_now
from rules.accounts import AccountState
from rules.approvals import RequestState, StandsInAs
from rules.notices import NotificationKind
from tests.world.duties import heard, planned, request_of, signs_in, steps
from tests.world.office import Office
from tests.world.world import PASSWORD, World

DUE = NotificationKind.LSO_SIGN_IN_DUE
GONE = NotificationKind.LSO_UNREACHABLE
ONLY = {LSO_SIGNIN.name: LSO_SIGNIN}


async def designation_of(office: Office) -> LsoDesignation:
    return await LsoDesignation.get(id=office.designation.id)


async def state_of(request: AccessRequest) -> RequestState:
    return (await AccessRequest.get(id=request.id)).state


async def waiting_at(office: Office) -> AccessRequest:
    return await request_of(
        office.employee,
        office.world,
        RequestState.WITH_LSO,
        addressee_id=office.lso.actor.person(),
        addressed_as=StandsInAs.LSO,
    )


@pytest.mark.requirement("LSO-06")
@pytest.mark.requirement("SWP-04")
async def test_the_officer_is_warned_after_45_and_55_days_and_out_of_reach_after_60(world: World) -> None:
    office = await Office.of(world)
    warned, gone = [], []
    for day in range(1, 75):
        world.clock.forward(days=1)
        before = await heard(world, office.lso, DUE), await heard(world, office.cso, GONE)
        await run_now(world.desk, LSO_SIGNIN)
        await run_now(world.desk, LSO_SIGNIN)
        warned += [day] * (await heard(world, office.lso, DUE) - before[0])
        gone += [day] * (await heard(world, office.cso, GONE) - before[1])
    assert (warned, gone) == ([45, 55], [60])
    assert await heard(world, office.liaison, GONE) == 1
    assert await heard(world, office.lso, GONE) == 0
    assert (await User.get(id=office.lso.actor.person())).state is AccountState.ACTIVE, "the account follows POL-01"


@pytest.mark.requirement("POL-02")
async def test_what_waits_for_an_officer_out_of_reach_is_held_and_the_requester_is_told(world: World) -> None:
    office = await Office.of(world)
    request = await waiting_at(office)
    world.clock.forward(days=59)
    await run_now(world.desk, LSO_SIGNIN)
    assert await state_of(request) is RequestState.WITH_LSO

    world.clock.forward(days=1)
    await run_now(world.desk, LSO_SIGNIN)

    assert await state_of(request) is RequestState.AWAITING_LSO
    assert await heard(world, office.employee, NotificationKind.ACCESS_REQUEST_HELD) == 1
    assert await lso_of(office.organization) is None
    assert (await designation_of(office)).unreachable_at == world.clock()


@pytest.mark.requirement("POL-02")
async def test_one_sign_on_makes_the_officer_reachable_and_what_was_held_goes_on(world: World) -> None:
    office = await Office.of(world)
    request = await waiting_at(office)
    world.clock.forward(days=40)
    await change_password(office.lso, PASSWORD, "Another-Horse-8")
    await change_password(office.lso, "Another-Horse-8", "Another-Horse-9")
    world.clock.forward(days=20)
    await run_now(world.desk, LSO_SIGNIN)
    assert await state_of(request) is RequestState.AWAITING_LSO, "a password is no sign-on"

    await signs_in_with(world, office, "Another-Horse-9")

    designation = await designation_of(office)
    assert (designation.unreachable_at, designation.warned_for_days) == (None, None)
    await request.refresh_from_db()
    assert (request.state, request.addressee_id) == (RequestState.WITH_LSO, office.lso.actor.person())
    assert await heard(world, office.lso, NotificationKind.ACCESS_REQUEST_TO_DECIDE) == 1
    assert await heard(world, office.cso, NotificationKind.LSO_VACANT) == 0
    assert await planned(world, LSO_SIGNIN) == []
    world.clock.forward(days=45)
    assert list((await steps(world, LSO_SIGNIN)).values()) == ["WARN"]


async def signs_in_with(world: World, office: Office, password: str) -> None:
    await sign_in(world.desk, office.lso.actor.label, password, device="test", request_id="r")


async def test_a_warned_officer_who_signs_in_is_warned_anew_after_45_more_days(world: World) -> None:
    office = await Office.of(world)
    world.clock.forward(days=46)
    await run_now(world.desk, LSO_SIGNIN)
    assert (await designation_of(office)).warned_for_days == 45
    await signs_in(world, office.lso)
    assert (await designation_of(office)).warned_for_days is None
    world.clock.forward(days=44)
    assert await planned(world, LSO_SIGNIN) == []
    world.clock.forward(days=1)
    await run_now(world.desk, LSO_SIGNIN)
    assert await heard(world, office.lso, DUE) == 2


async def test_a_sign_on_of_somebody_else_changes_nothing(world: World) -> None:
    office = await Office.of(world)
    world.clock.forward(days=46)
    await run_now(world.desk, LSO_SIGNIN)
    await signs_in(world, office.employee)
    assert (await designation_of(office)).warned_for_days == 45


async def test_an_ended_designation_and_an_account_out_of_use_are_no_concern(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    await LsoDesignation.filter(id=office.designation.id).update(ended_at=world.clock())
    await User.filter(id=other.lso.actor.person()).update(state=AccountState.SUSPENDED)
    world.clock.forward(days=61)
    assert await planned(world, LSO_SIGNIN) == []
    caller = house(world.desk, "sweep lso_signin")
    for designation in (office.designation, other.designation):
        assert await treat_lso_signin(caller, designation.id) is False
        assert (await world.entries("lso.sweep_signin"))[-1].facts == {"step": "NOTHING"}
    assert await heard(world, office.cso, GONE) == 0


async def test_a_newly_designated_officer_has_sixty_days_from_the_designation(world: World) -> None:
    office = await Office.of(world)
    world.clock.forward(days=50)
    await LsoDesignation.filter(id=office.designation.id).update(begins_at=world.clock())
    assert await planned(world, LSO_SIGNIN) == []
    world.clock.forward(days=45)
    assert len(await planned(world, LSO_SIGNIN)) == 1


@pytest.mark.requirement("SWP-04")
async def test_after_weeks_without_a_worker_and_with_two_of_them_everything_is_told_once(world: World) -> None:
    office = await Office.of(world)
    await waiting_at(office)
    await run_due(world.desk, ONLY)
    world.clock.forward(days=63)
    async with asyncio.timeout(60):
        runs = await asyncio.gather(run_due(world.desk, ONLY), run_due(world.desk, ONLY))
    assert sum(runs) == 63
    assert await heard(world, office.lso, DUE) == 0, "nobody is warned of what has happened"
    assert await heard(world, office.cso, GONE) == 1
    assert await heard(world, office.employee, NotificationKind.ACCESS_REQUEST_HELD) == 1


async def test_a_dry_run_names_the_organization_and_touches_nobody(world: World) -> None:
    office = await Office.of(world)
    report = await simulate_sweep(world.house, LSO_SIGNIN, world.clock() + timedelta(days=60))
    (subject,) = report.hits
    assert subject.label == f"EXTLCL\\{office.lso.actor.label} ({office.provider_name})"
    assert subject.why == "No sign-on since 03/02/2026."
    assert (await designation_of(office)).unreachable_at is None


def test_it_is_among_the_timed_duties() -> None:
    assert SWEEPS["lso_signin"] is LSO_SIGNIN
