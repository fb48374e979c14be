"""Unused provider accounts are warned, disabled with their roles, and their LSO is told (ACC-07, POL-01)."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from orm.models import (
    AccessForm,
    Incident,
    LsoDesignation,
    Outcome,
    PolicyVersion,
    RoleGrant,
    Session,
    SweepRun,
    SweepState,
    User,
)
from resolvers.callers import Caller, house
from resolvers.inactivity_sweep import INACTIVITY, treat_inactivity
from resolvers.numbers import next_number
from resolvers.sweep_register import SWEEPS
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import run_due, run_now
from rules.access_forms import Channel, FormKind, FormState
from rules.accounts import AccountState
from rules.approvals import RequestState
from rules.errors import Unauthenticated
from rules.incidents import IncidentKind
from rules.leaving import DisabledReason
from rules.notices import NotificationKind
from rules.roles import Role
from tests.world.duties import account_of, heard, planned, request_of, signs_in, steps
from tests.world.office import Office
from tests.world.world import World

ONLY = {INACTIVITY.name: INACTIVITY}
WARNED = NotificationKind.ACCOUNT_INACTIVE
TOLD = NotificationKind.ACCOUNTS_DISABLED


async def state_of(who: Caller) -> AccountState:
    return (await account_of(who)).state


async def roles_of(who: Caller) -> list[str]:
    return [grant.role for grant in await RoleGrant.filter(user_id=who.actor.person(), ended_at=None)]


@pytest.mark.requirement("ACC-07")
@pytest.mark.requirement("POL-01")
@pytest.mark.requirement("SWP-02")
async def test_an_account_that_was_never_used_is_disabled_on_the_ninetieth_day_and_its_roles_end(world: World) -> None:
    home = await world.provider("Boone")
    world.clock.forward(days=89)
    await run_now(world.desk, INACTIVITY)
    assert (await state_of(home.staff), await roles_of(home.staff)) == (
        AccountState.ACTIVE,
        [Role.CONSUMER_REFERRAL_DB],
    )

    world.clock.forward(days=1)
    assert (await run_now(world.desk, INACTIVITY)).hit == 1

    user = await account_of(home.staff)
    assert (user.state, user.disabled_reason, user.disabled_at) == (
        AccountState.DISABLED,
        DisabledReason.INACTIVITY,
        world.clock(),
    )
    assert user.disabled_note is not None
    assert "03/02/2026" in user.disabled_note
    assert await roles_of(home.staff) == []
    entry = (await world.entries("account.sweep_inactivity"))[-1]
    assert (entry.actor, entry.outcome, entry.facts["step"]) == ("system:sweep inactivity", Outcome.DONE, "DISABLE")
    assert entry.policy_version == "defaults"


@pytest.mark.requirement("ACC-08")
async def test_signing_in_keeps_the_account_for_ninety_more_days(world: World) -> None:
    home = await world.provider("Boone")
    world.clock.forward(days=59)  # the password is good for one more day
    await signs_in(world, home.staff)
    world.clock.forward(days=89)
    assert await steps(world, INACTIVITY) == {home.staff.actor.label: "WARN"}
    world.clock.forward(days=1)
    assert await steps(world, INACTIVITY) == {home.staff.actor.label: "DISABLE"}


async def test_every_session_ends_with_the_account_and_nobody_signs_in_again(world: World) -> None:
    home = await world.provider("Boone")
    await signs_in(world, home.staff)
    world.clock.forward(days=90)
    await run_now(world.desk, INACTIVITY)
    assert [session.ended_at for session in await Session.all()] == [world.clock()]
    with pytest.raises(Unauthenticated):
        await signs_in(world, home.staff)


async def test_the_owner_is_warned_fourteen_and_three_days_before_once_each(world: World) -> None:
    home = await world.provider("Boone")
    warned = []
    for day in range(1, 90):
        world.clock.forward(days=1)
        before = await heard(world, home.staff, WARNED)
        await run_now(world.desk, INACTIVITY)
        await run_now(world.desk, INACTIVITY)
        if await heard(world, home.staff, WARNED) > before:
            warned.append(day)
    assert warned == [76, 87]
    assert [letter.kind for letter in await world.letters(kind=WARNED)] == [WARNED] * 2


@pytest.mark.requirement("POL-04", "ROL-06")
async def test_a_mortality_reviewer_keeps_account_and_roles_until_a_termination_is_recorded(world: World) -> None:
    home = await world.provider("Boone")
    who = home.staff.actor.person()
    await RoleGrant.create(user_id=who, role="MORTALITY_REVIEW", granted_at=world.clock())
    world.clock.forward(days=200)
    assert (await run_now(world.desk, INACTIVITY)).hit == 0
    assert (await state_of(home.staff), len(await roles_of(home.staff))) == (AccountState.ACTIVE, 2)
    (subject,) = await planned(world, INACTIVITY)
    assert (subject.hit, "POL-04" in subject.why) == (False, True)

    await User.filter(id=who).update(terminated_on=date(2026, 9, 18))
    assert (await run_now(world.desk, INACTIVITY)).hit == 1
    assert (await state_of(home.staff), await roles_of(home.staff)) == (AccountState.DISABLED, [])


async def test_a_role_that_was_exempt_and_has_ended_exempts_no_more(world: World) -> None:
    home = await world.provider("Boone")
    await RoleGrant.create(
        user_id=home.staff.actor.person(), role="MORTALITY_REVIEW", granted_at=world.clock(), ended_at=world.clock()
    )
    world.clock.forward(days=90)
    assert await steps(world, INACTIVITY) == {home.staff.actor.label: "DISABLE"}


@pytest.mark.requirement("POL-03")
async def test_employees_are_listed_and_left_alone(world: World) -> None:
    employee = await world.user(Role.PLACEMENT_COORDINATOR)
    world.clock.forward(days=59)
    assert await planned(world, INACTIVITY) == []
    world.clock.forward(days=300)
    (listed,) = await planned(world, INACTIVITY)
    assert (listed.label, listed.hit) == (f"DMH\\{employee.actor.label}", False)
    assert (await run_now(world.desk, INACTIVITY)).hit == 0
    assert await state_of(employee) is AccountState.ACTIVE


@pytest.mark.requirement("POL-01")
async def test_the_rule_of_ninety_days_can_be_switched_off_from_a_day_on(world: World) -> None:
    home = await world.provider("Boone")
    await PolicyVersion.create(
        number=1,
        key="inactivity.provider_90",
        value=False,
        effective_from=date(2026, 3, 2),
        decided_at=world.clock(),
    )
    world.clock.forward(days=179)
    assert (await run_now(world.desk, INACTIVITY)).hit == 0
    assert await state_of(home.staff) is AccountState.ACTIVE
    (subject,) = await planned(world, INACTIVITY)
    assert "switched off" in subject.why


@pytest.mark.requirement("ACC-19")
async def test_an_account_that_was_enabled_again_counts_from_that_day(world: World) -> None:
    home = await world.provider("Boone")
    world.clock.forward(days=120)
    await AccessForm.create(
        number=await next_number("access_form"),
        kind=FormKind.ENABLE,
        state=FormState.DONE,
        state_since=world.clock(),
        user_id=home.staff.actor.person(),
        provider_id=home.id,
        channel=Channel.PORTAL,
        submitted_at=world.clock(),
        issued_at=world.clock(),
    )
    assert await planned(world, INACTIVITY) == []
    world.clock.forward(days=90)
    assert await steps(world, INACTIVITY) == {home.staff.actor.label: "DISABLE"}


async def test_a_suspended_account_is_held_and_counts_anew_when_its_owner_is_let_in_again(world: World) -> None:
    home = await world.provider("Boone")
    who = home.staff.actor.person()
    await User.filter(id=who).update(state=AccountState.SUSPENDED)
    world.clock.forward(days=100)
    (held,) = await planned(world, INACTIVITY)
    assert (held.hit, "suspended" in held.why) == (False, True)
    await Incident.create(
        number=await next_number("incident"),
        kind=IncidentKind.SHARED_ACCOUNT,
        user_id=who,
        suspended=True,
        opened_at=world.clock(),
        closed_at=world.clock(),
    )
    await User.filter(id=who).update(state=AccountState.ACTIVE)
    assert await planned(world, INACTIVITY) == []
    world.clock.forward(days=90)
    assert await steps(world, INACTIVITY) == {home.staff.actor.label: "DISABLE"}


@pytest.mark.requirement("POL-01", "NOT-21")
async def test_the_lso_is_told_once_a_day_however_many_accounts_were_disabled(world: World) -> None:
    office = await Office.of(world)
    await User.filter(id=office.lso.actor.person()).update(last_sign_in_at=world.clock() + timedelta(days=60))
    world.clock.forward(days=90)

    assert (await run_now(world.desk, INACTIVITY)).hit == 5, "employee, supervisor, deputy, director, and a contact"
    assert await heard(world, office.lso, TOLD) == 1
    assert await state_of(office.lso) is AccountState.ACTIVE
    await world.user(provider_id=office.provider_id)
    world.clock.forward(days=90)
    await User.filter(id=office.lso.actor.person()).update(last_sign_in_at=world.clock())
    await run_now(world.desk, INACTIVITY)
    assert await heard(world, office.lso, TOLD) == 2


@pytest.mark.requirement("LSO-12")
async def test_an_unused_lso_loses_the_office_too_and_the_offices_hear_of_the_vacancy(world: World) -> None:
    office = await Office.of(world)
    world.clock.forward(days=90)
    await run_now(world.desk, INACTIVITY)
    assert await state_of(office.lso) is AccountState.DISABLED
    designation = await LsoDesignation.get(id=office.designation.id)
    assert designation.ended_at == world.clock()
    assert await heard(world, office.cso, NotificationKind.LSO_VACANT) == 1


async def test_what_an_unused_account_had_asked_for_is_withdrawn(world: World) -> None:
    office = await Office.of(world)
    request = await request_of(office.employee, world, RequestState.AWAITING_PROVISIONING)
    world.clock.forward(days=90)
    await run_now(world.desk, INACTIVITY)
    await request.refresh_from_db()
    assert request.state is RequestState.WITHDRAWN


@pytest.mark.requirement("SWP-02")
async def test_after_a_week_without_a_worker_each_missed_day_runs_and_everything_happens_once(world: World) -> None:
    home = await world.provider("Boone")
    await run_due(world.desk, ONLY)
    world.clock.forward(days=85)
    await run_due(world.desk, ONLY)
    assert await heard(world, home.staff, WARNED) == 1
    world.clock.forward(days=7)

    assert await run_due(world.desk, ONLY) == 7
    assert await run_due(world.desk, ONLY) == 0

    assert await SweepRun.filter(state=SweepState.DONE).count() == 93
    assert await state_of(home.staff) is AccountState.DISABLED
    assert await heard(world, home.staff, WARNED) == 1, "nobody is warned of what has happened"
    disabled = [one for one in await world.entries("account.sweep_inactivity") if one.facts["step"] == "DISABLE"]
    assert len(disabled) == 1


@pytest.mark.requirement("SWP-02")
async def test_two_workers_at_once_disable_and_tell_once(world: World) -> None:
    office = await Office.of(world)
    await User.filter(id=office.lso.actor.person()).update(last_sign_in_at=world.clock() + timedelta(days=60))
    world.clock.forward(days=90)
    caller = house(world.desk, "sweep inactivity")
    key = office.employee.actor.person()
    async with asyncio.timeout(60):
        answers = await asyncio.gather(treat_inactivity(caller, key), treat_inactivity(caller, key))
        await asyncio.gather(run_due(world.desk, ONLY), run_due(world.desk, ONLY))
    assert sorted(answers) == [False, True]
    assert await heard(world, office.lso, TOLD) == 1


async def test_who_signs_in_between_plan_and_treatment_keeps_the_account(world: World) -> None:
    home = await world.provider("Boone")
    world.clock.forward(days=59)
    await signs_in(world, home.staff)
    world.clock.forward(days=90)
    (subject,) = await planned(world, INACTIVITY)
    await User.filter(id=subject.id).update(last_sign_in_at=world.clock())
    assert await treat_inactivity(house(world.desk, "sweep inactivity"), subject.id) is False
    assert await state_of(home.staff) is AccountState.ACTIVE
    assert (await world.entries("account.sweep_inactivity"))[-1].facts == {"step": "NOTHING"}
    assert await treat_inactivity(house(world.desk, "sweep inactivity"), uuid4()) is False


async def test_a_dry_run_says_who_and_why_and_who_is_exempt_and_touches_nobody(world: World) -> None:
    gone, used = await world.provider("Boone"), await world.provider("Boone")
    exempt = await world.user(provider_id=used.id)
    await RoleGrant.create(user_id=exempt.actor.person(), role="MORTALITY_REVIEW", granted_at=world.clock())
    await User.filter(id=used.staff.actor.person()).update(last_sign_in_at=world.clock() + timedelta(days=70))

    report = await simulate_sweep(world.house, INACTIVITY, world.clock() + timedelta(days=90))

    assert [(one.label, one.hit) for one in report.subjects] == [
        (f"EXTLCL\\{gone.staff.actor.label}", True),
        (f"EXTLCL\\{exempt.actor.label}", False),
    ]
    assert report.hits[0].why == "Never used; counted from 03/02/2026: 90 or more days ago."
    assert await state_of(gone.staff) is AccountState.ACTIVE
    assert await world.entries("account.sweep_inactivity") == []


async def test_the_day_begins_at_midnight_in_chicago_on_both_engines(world: World) -> None:
    world.clock.now = datetime(2026, 6, 1, 4, 59, tzinfo=UTC)  # 31 May, a minute before midnight
    home = await world.provider("Boone")
    world.clock.now = datetime(2026, 8, 29, 4, 59, tzinfo=UTC)
    assert await steps(world, INACTIVITY) == {home.staff.actor.label: "WARN"}
    world.clock.now = datetime(2026, 8, 29, 5, 0, tzinfo=UTC)
    assert await steps(world, INACTIVITY) == {home.staff.actor.label: "DISABLE"}


async def test_a_suspension_that_comes_meanwhile_leaves_the_account_to_the_incident(world: World) -> None:
    home = await world.provider("Boone")
    world.clock.forward(days=90)
    (subject,) = await planned(world, INACTIVITY)
    await User.filter(id=subject.id).update(state=AccountState.SUSPENDED)
    assert await treat_inactivity(house(world.desk, "sweep inactivity"), subject.id) is False
    assert await state_of(home.staff) is AccountState.SUSPENDED


def test_it_is_among_the_timed_duties() -> None:
    assert SWEEPS["inactivity"] is INACTIVITY
