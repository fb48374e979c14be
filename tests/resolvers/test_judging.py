"""Entries of the trail are judged by what was true when they were written (SAR-04)."""

from __future__ import annotations

import pytest

from orm.models import AuditEntry, CoordinatorCounty, Outcome, RoleGrant
from resolvers.callers import Caller
from resolvers.desk import Reading
from resolvers.exclusions import exclude_provider
from resolvers.judging import judge_entries
from resolvers.mailboxes import read_mailbox
from resolvers.people import view_viewer
from resolvers.referral_entry import ReferralChange, update_referral
from resolvers.referral_views import list_referrals, view_referral
from resolvers.register import current_policy
from resolvers.responses import Answer, respond_to_referral
from resolvers.trail import write_entry
from rules.errors import Refusal
from rules.judgement import Ground
from rules.referrals import ResponseKind
from rules.roles import Role
from tests.world.counting import counting
from tests.world.world import World

pytestmark = pytest.mark.requirement("SAR-04")


async def judged(world: World, **where: object) -> list[tuple[str, Ground]]:
    """Judge all entries, or some, in their order."""
    reading = Reading(world.house, "test", world.clock(), await current_policy(world.clock()))
    entries = await AuditEntry.filter(**where).order_by("id")
    return [(one.entry.act, one.judgement.ground) for one in await judge_entries(reading, entries)]


async def planted(world: World, who: Caller, number: int, act: str = "referral.view") -> None:
    """Write an entry as if a door had been left open."""
    keys = {"referral": {str((await world.referral(number)).id)}}
    await write_entry(who, act, Outcome.DONE, at=world.clock(), subjects=keys)


async def test_a_day_of_honest_work_is_explained_each_by_its_own_rule(world: World) -> None:
    boone, central = await world.coordinator("Boone"), await world.user(Role.CENTRAL_STAFF)
    neighbour, far = await world.coordinator("Boone"), await world.coordinator("Adair")
    home = await world.provider("Boone")
    number, everywhere = await world.published(boone, "Boone"), await world.published(boone)
    begin = (await AuditEntry.all().order_by("-id").first()).id  # type: ignore[union-attr]

    await view_referral(boone, number=number)
    await view_referral(neighbour, number=number)
    await view_referral(far, number=everywhere)
    await view_referral(central, number=number)
    await list_referrals(home.staff)
    await respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT))
    await read_mailbox(home.staff, wanted={"referral.consumer"})
    await read_mailbox(far)
    await view_viewer(far)

    assert await judged(world, id__gt=begin) == [
        ("referral.view", Ground.PRIMARY_COORDINATOR),
        ("referral.view", Ground.COUNTY),
        ("referral.view", Ground.STATEWIDE),
        ("referral.view", Ground.CENTRAL_OFFICE),
        ("referral.list", Ground.AUDIENCE),
        ("referral.respond", Ground.AUDIENCE),
        ("mailbox.read", Ground.AUDIENCE),
        ("mailbox.read", Ground.OWN),
        ("account.viewer", Ground.OWN),
    ]
    assert {ground for _, ground in await judged(world, actor_id=None)} == {Ground.HOUSE}


async def test_what_no_rule_covers_is_unexplained(world: World) -> None:
    boone, far, home = await world.coordinator("Boone"), await world.coordinator("Adair"), await world.provider("Adair")
    number = await world.published(boone, "Boone")
    for who in (far, home.staff, await world.user(Role.LSO)):
        await planted(world, who, number)
    await planted(world, boone, number, act="referral.whisper")
    assert [ground for _, ground in (await judged(world))[-4:]] == [
        Ground.NO_SCOPE,
        Ground.NO_SCOPE,
        Ground.NO_ROLE,
        Ground.UNKNOWN_ACT,
    ]


async def test_judged_is_by_the_roles_the_counties_and_the_exclusions_of_that_time(world: World) -> None:
    boone, neighbour, home = (
        await world.coordinator("Boone"),
        await world.coordinator("Cole"),
        await world.provider("Cole"),
    )
    number = await world.published(boone, "Cole")
    await view_referral(neighbour, number=number)
    await view_referral(home.staff, number=number)
    world.clock.forward(hours=1)
    await update_referral(boone, number, ReferralChange(preferred_counties=frozenset([await world.county("Boone")])))
    await exclude_provider(boone, number, home.id, "Too near.")
    await RoleGrant.filter(user_id=neighbour.actor.id).update(ended_at=world.clock())
    world.clock.forward(hours=1)
    for who in (neighbour, home.staff):
        await planted(world, who, number)
    assert [ground for act, ground in await judged(world, act="referral.view")] == [
        Ground.COUNTY,
        Ground.AUDIENCE,
        Ground.NO_ROLE,
        Ground.NO_SCOPE,
    ]
    world.clock.forward(hours=1)
    # Given back, the role explains nothing backwards; and the referral has left the county since.
    await RoleGrant.create(user_id=neighbour.actor.id, role=Role.PLACEMENT_COORDINATOR, granted_at=world.clock())
    await planted(world, neighbour, number)
    assert [ground for act, ground in await judged(world, act="referral.view")][2:] == [
        Ground.NO_ROLE,
        Ground.NO_SCOPE,
        Ground.NO_SCOPE,
    ]
    await CoordinatorCounty.filter(user_id=neighbour.actor.id).update(county_id=await world.county("Boone"))
    assert [ground for act, ground in await judged(world, act="referral.view")][-1] is Ground.COUNTY


async def test_the_fifth_refused_access_of_a_day_is_a_pattern_and_the_next_day_begins_anew(world: World) -> None:
    boone, far = await world.coordinator("Boone"), await world.coordinator("Adair")
    number = await world.published(boone, "Boone")

    async def knock(who: Caller) -> None:
        with pytest.raises(Refusal):
            await view_referral(who, number=number)

    for _ in range(5):
        await knock(far)
        await knock(await world.coordinator("Adair"))  # others' refusals are their own
    world.clock.forward(days=1)
    await knock(far)
    grounds = [ground for _, ground in await judged(world, act="referral.view", actor_id=far.actor.id)]
    assert grounds == [Ground.STOPPED] * 4 + [Ground.REFUSED_OFTEN, Ground.STOPPED]
    others = await judged(world, act="referral.view", id__gt=0)
    assert [ground for _, ground in others].count(Ground.REFUSED_OFTEN) == 1


async def test_an_entry_with_what_the_house_never_writes_is_judged_all_the_same(world: World) -> None:
    boone = await world.coordinator("Boone")
    await write_entry(
        boone, "referral.view", Outcome.DONE, at=world.clock(), subjects={"referral": {"'; --"}, "user": {"x"}}
    )
    assert (await judged(world))[-1] == ("referral.view", Ground.ROLE)


async def test_a_page_costs_the_same_few_statements_however_many_entries_it_has(world: World) -> None:
    boone, home = await world.coordinator("Boone"), await world.provider("Boone")
    for number in [await world.published(boone, "Boone") for _ in range(3)]:
        await view_referral(home.staff, number=number)
    first = (await world.entries("referral.view"))[0].id
    with counting() as of_one:
        await judged(world, id=first)
    with counting() as of_all:
        await judged(world, act="referral.view")
    assert len(of_all) == len(of_one) > 5
