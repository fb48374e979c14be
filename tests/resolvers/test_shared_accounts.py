"""A user ID on more devices than one person has is told to the Chief Security Officer (000:38-39, ACC-13)."""

from __future__ import annotations

import asyncio

import pytest

from orm.models import Incident, PolicyVersion, User
from resolvers.callers import Caller
from resolvers.incidents import close_incident
from resolvers.sessions import SignedIn, authenticate, sign_in, sign_out
from rules.accounts import AccountState
from rules.incidents import Finding, IncidentKind
from rules.notices import NotificationKind
from rules.roles import Role
from tests.world.office import told
from tests.world.world import PASSWORD, World


async def on_device(world: World, who: Caller, token: str | None = None) -> SignedIn:
    return await sign_in(world.desk, who.actor.label, PASSWORD, device="Browser", request_id="test", device_token=token)


@pytest.mark.requirement("ACC-13")
async def test_three_devices_are_one_person_and_a_fourth_is_a_sign_of_sharing(world: World) -> None:
    cso, person = await world.user(Role.CSO), await world.user()
    for _ in range(3):
        await on_device(world, person)
    assert await Incident.all().count() == 0

    await on_device(world, person)

    incident = await Incident.get()
    assert (incident.kind, incident.user_id, incident.facts) == (
        IncidentKind.SHARED_ACCOUNT,
        person.actor.id,
        {"devices": 4},
    )
    assert await told(cso) == [(NotificationKind.INCIDENT_OPENED, incident.number)]
    assert not incident.suspended
    assert (await User.get(id=person.actor.id)).state is AccountState.ACTIVE


async def test_while_one_is_open_there_is_no_second_and_after_it_was_closed_there_is(world: World) -> None:
    cso, person = await world.user(Role.CSO), await world.user()
    for _ in range(5):
        await on_device(world, person)
    assert await Incident.all().count() == 1
    await close_incident(cso, (await Incident.get()).number, Finding.VIOLATION, reinstate=False)
    await on_device(world, person)
    assert await Incident.all().count() == 2


async def test_two_sign_ons_at_the_same_moment_open_one_incident_and_both_succeed(world: World) -> None:
    person = await world.user()
    for _ in range(3):
        await on_device(world, person)
    answers = await asyncio.gather(*(on_device(world, person) for _ in range(2)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [SignedIn, SignedIn]
    assert await Incident.all().count() == 1


async def test_the_same_device_again_and_again_is_one_device(world: World) -> None:
    person = await world.user()
    first = await on_device(world, person)
    for _ in range(5):
        world.clock.forward(minutes=1)
        await on_device(world, person, first.device_token)
    assert await Incident.all().count() == 0


async def test_devices_that_were_left_or_idle_do_not_count(world: World) -> None:
    person = await world.user()
    for _ in range(3):
        await on_device(world, person)
    world.clock.forward(minutes=15)
    sessions = [await on_device(world, person) for _ in range(3)]
    await sign_out(await authenticate(world.desk, sessions[0].token, "test"))
    await on_device(world, person)
    assert await Incident.all().count() == 0


async def test_how_many_devices_one_person_has_is_policy(world: World) -> None:
    person = await world.user()
    await PolicyVersion.create(
        number=1,
        key="session.devices_at_once",
        value=1,
        effective_from=world.clock().date(),
        decided_at=world.clock(),
    )
    await on_device(world, person)
    assert await Incident.all().count() == 0
    await on_device(world, person)
    assert await Incident.all().count() == 1
