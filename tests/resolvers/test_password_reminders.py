"""Reminders before a password expires: once for each period and password (PWD-06, POL-06)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from orm.models import Credential, PolicyVersion, User
from resolvers.accounts import change_password, set_password
from resolvers.callers import Caller, house
from resolvers.password_sweep import PASSWORDS, remind_of_password
from resolvers.resets import open_reset, resolve_reset
from resolvers.sweep_register import SWEEPS
from resolvers.sweeps import run_due, run_now
from rules.accounts import AccountState
from rules.notices import NotificationKind
from rules.resets import Proof
from rules.roles import Role
from tests.world.duties import heard, planned
from tests.world.world import PASSWORD, World

EXPIRES = NotificationKind.PASSWORD_EXPIRES
ONLY = {PASSWORDS.name: PASSWORDS}


async def days_of_reminders(world: World, who: Caller, days: int) -> list[int]:
    found = []
    for day in range(1, days + 1):
        world.clock.forward(days=1)
        before = await heard(world, who, EXPIRES)
        await run_now(world.desk, PASSWORDS)
        await run_now(world.desk, PASSWORDS)
        found += [day] * (await heard(world, who, EXPIRES) - before)
    return found


@pytest.mark.requirement("PWD-06")
@pytest.mark.requirement("POL-06")
@pytest.mark.requirement("SWP-01")
async def test_a_person_is_reminded_fourteen_seven_and_one_day_before_once_each(world: World) -> None:
    who = await world.user()
    assert await days_of_reminders(world, who, 70) == [46, 53, 59]
    assert len(await world.letters(kind=EXPIRES)) == 3
    reminded = [one for one in await world.entries("account.remind_of_password") if one.facts["due"]]
    assert [one.facts["days_before"] for one in reminded] == [14, 7, 1]


async def test_a_new_password_starts_the_reminders_anew(world: World) -> None:
    who = await world.user()
    await days_of_reminders(world, who, 59)
    await change_password(who, PASSWORD, "Another-Horse-8")
    assert (await Credential.get(user_id=who.actor.person())).reminded_for_days is None
    assert await days_of_reminders(world, who, 60) == [46, 53, 59]


async def test_after_a_week_without_a_worker_only_the_nearest_reminder_comes(world: World) -> None:
    who = await world.user()
    await run_due(world.desk, ONLY)
    world.clock.forward(days=45)
    await run_due(world.desk, ONLY)
    assert await heard(world, who, EXPIRES) == 0
    world.clock.forward(days=9)
    await run_due(world.desk, ONLY)
    assert await heard(world, who, EXPIRES) == 1
    assert (await Credential.get(user_id=who.actor.person())).reminded_for_days == 7


@pytest.mark.requirement("POL-06")
async def test_the_literal_guide_sends_none(world: World) -> None:
    who = await world.user()
    await PolicyVersion.create(
        number=1, key="password.reminder_days", value=[], effective_from=date(2026, 3, 2), decided_at=world.clock()
    )
    assert await days_of_reminders(world, who, 61) == []


@pytest.mark.requirement("PWD-04")
async def test_who_has_an_expired_password_or_no_account_in_use_is_not_reminded(world: World) -> None:
    expired = await world.user()
    world.clock.forward(days=2)
    disabled = await world.user()
    world.clock.forward(days=58)
    assert [one.label for one in await planned(world, PASSWORDS)] == [f"DMH\\{disabled.actor.label}"]
    await User.filter(id=disabled.actor.person()).update(state=AccountState.DISABLED)
    assert await planned(world, PASSWORDS) == []
    caller = house(world.desk, "sweep passwords")
    for who in (expired, disabled):
        assert await remind_of_password(caller, who.actor.person()) is False
        assert await heard(world, who, EXPIRES) == 0
        assert (await world.entries("account.remind_of_password"))[-1].facts == {"due": False, "days_before": None}


async def test_who_changes_the_password_between_plan_and_treatment_is_not_reminded(world: World) -> None:
    who = await world.user()
    world.clock.forward(days=53)
    (subject,) = await planned(world, PASSWORDS)
    assert (subject.why, subject.facts) == ("The password expires on 2026-05-01.", {"days before": 7})
    await set_password(who, "hash", seen=0)
    assert await remind_of_password(house(world.desk, "sweep passwords"), subject.id) is False
    assert await heard(world, who, EXPIRES) == 0


async def test_the_plan_takes_in_every_account_that_is_due_and_no_other(world: World) -> None:
    people = []
    begin = world.clock()
    for day in range(0, 62, 3):
        world.clock.now = begin + timedelta(days=day)
        people.append((day, await world.user()))
    world.clock.now = begin + timedelta(days=61)
    due = {one.label for one in await planned(world, PASSWORDS)}
    assert due == {f"DMH\\{who.actor.label}" for day, who in people if 61 - 60 < day <= 61 - 46}


def test_it_is_among_the_timed_duties() -> None:
    assert SWEEPS["passwords"] is PASSWORDS


async def test_a_password_from_the_support_desk_starts_the_reminders_anew_too(world: World) -> None:
    who, support = await world.user(), await world.user(Role.SUPPORT_DESK)
    await days_of_reminders(world, who, 53)
    assert (await Credential.get(user_id=who.actor.person())).reminded_for_days == 7
    number = await open_reset(support, who.actor.label)
    await resolve_reset(support, number, Proof.CALL_BACK)
    assert (await Credential.get(user_id=who.actor.person())).reminded_for_days is None
