"""Whoever gains sight of open referrals is told of them once, in one list; whoever knew them is not (001:161-168)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from orm.models import Contact, Contract, Notification, ProviderKind, ReferralReach
from resolvers.callers import Caller
from resolvers.contacts import (
    ContactChange,
    NewContact,
    activate_contact,
    add_contact,
    deactivate_contact,
    set_contact_counties,
    update_contact,
)
from resolvers.contract_starts import CONTRACT_STARTS
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.no_referral_status import lift_no_referral_status, set_no_referral_status
from resolvers.providers import (
    ContractData,
    ProviderData,
    activate_provider,
    deactivate_provider,
    upsert_contract,
    upsert_provider,
)
from resolvers.referral_entry import ReferralChange, update_referral
from resolvers.referral_views import list_referrals
from resolvers.referrals import close_referral, publish_referral
from resolvers.sweeps import run_due
from rules.errors import Refusal
from rules.notices import NotificationKind
from rules.profiles import DeactivationReason
from rules.referrals import CloseOutcome
from rules.roles import Role
from tests.world.world import ProviderHome, World

PUBLISHED = NotificationKind.REFERRAL_PUBLISHED
JOINED = NotificationKind.REFERRALS_JOINED
UNREACHABLE = NotificationKind.PROVIDER_UNREACHABLE


async def relations(world: World) -> Caller:
    return await world.user(Role.PROVIDER_RELATIONS)


async def lists(world: World, mailbox_id: UUID | None) -> list[list[int]]:
    """Read the lists of numbers of a mailbox: what a contact has joined."""
    rows = await Notification.filter(mailbox_id=mailbox_id, kind=JOINED).order_by("line")
    return [row.numbers for row in rows]


async def at_once(*attempts: Coroutine[Any, Any, Any]) -> list[Any]:
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*attempts, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, Refusal):
            raise answer
    return answers


@pytest.mark.requirement("NOT-14")
@pytest.mark.requirement("PRF-15")
async def test_a_new_provider_is_told_of_every_matching_open_referral_in_one_letter(world: World) -> None:
    coordinator, office = await world.coordinator("Boone", "Adair"), await relations(world)
    adair = await world.published(coordinator, "Adair")
    world.clock.forward(days=1)
    boone, statewide = await world.published(coordinator, "Boone"), await world.published(coordinator)
    await world.draft(coordinator, "Boone")
    closed = await world.published(coordinator, "Boone")
    await close_referral(coordinator, closed, CloseOutcome.OTHER, None)
    world.clock.forward(days=1)

    key = await upsert_provider(office, None, ProviderData("Harbor Light", ProviderKind.RESIDENTIAL))
    await upsert_contract(office, key, None, ContractData("C-77", date(2026, 1, 1)))
    counties = frozenset([await world.county("Boone"), await world.county("Pike")])
    person = await add_contact(office, key, NewContact("Ann", "Example", "ann@example.org", counties=counties))
    contact = await Contact.get(id=person)
    assert await lists(world, contact.mailbox_id) == [], "a provider that does not take part yet hears nothing"
    await activate_provider(office, key)

    assert await lists(world, contact.mailbox_id) == [[boone, statewide]]
    [letter] = await world.letters(kind=JOINED)
    assert (letter.contact_id, letter.facts["numbers"]) == (person, [boone, statewide])
    reached = await ReferralReach.filter(provider_id=key).values_list("referral__number", flat=True)
    assert sorted(str(number) for number in reached) == sorted([str(boone), str(statewide)])
    assert adair not in letter.facts["numbers"]


@pytest.mark.requirement("NOT-22")
@pytest.mark.requirement("POL-26")
async def test_a_contact_that_gains_a_county_is_told_of_its_referrals_only_and_once(world: World) -> None:
    coordinator = await world.coordinator("Boone", "Adair")
    home = await world.provider("Boone")
    known, statewide = await world.published(coordinator, "Boone"), await world.published(coordinator)
    new = await world.published(coordinator, "Adair")
    both = [await world.county("Boone"), await world.county("Adair")]

    await set_contact_counties(home.staff, home.contact_id, both)
    await set_contact_counties(home.staff, home.contact_id, both)

    assert await lists(world, home.mailbox_id) == [[new]]
    assert len(await world.letters(kind=JOINED)) == 1
    assert {view.number for view in (await list_referrals(home.staff)).nodes} == {known, statewide, new}


async def test_a_county_that_was_lost_and_came_back_is_told_of_what_happened_meanwhile_only(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")

    await set_contact_counties(home.staff, home.contact_id, [])
    missed = await world.published(coordinator, "Boone")
    for counties in ([await world.county("Boone")], [], [await world.county("Boone")]):
        await set_contact_counties(home.staff, home.contact_id, counties)

    assert await lists(world, home.mailbox_id) == [[missed]]


async def test_a_change_of_a_referral_waits_for_its_publishing_whatever_else_changes_in_a_profile(world: World) -> None:
    coordinator, home = await world.coordinator("Boone", "Adair"), await world.provider("Adair")
    number = await world.published(coordinator, "Boone")
    adair, pike = await world.county("Adair"), await world.county("Pike")
    await update_referral(coordinator, number, ReferralChange(preferred_counties=frozenset([adair])))

    await set_contact_counties(home.staff, home.contact_id, [adair, pike])

    assert await world.lines(home.mailbox_id) == []


@pytest.mark.requirement("PRF-12")
async def test_contacts_of_one_provider_join_what_their_own_counties_bring(world: World) -> None:
    coordinator = await world.coordinator("Boone", "Adair")
    home = await world.provider("Boone")
    other = await world.contact(home.id)
    boone, adair = await world.published(coordinator, "Boone"), await world.published(coordinator, "Adair")

    await set_contact_counties(home.staff, other.id, [await world.county("Adair"), await world.county("Boone")])

    assert await lists(world, other.mailbox_id) == [[boone, adair]]
    assert await lists(world, home.mailbox_id) == [], "the colleague's counties did not change"
    assert {view.number for view in (await list_referrals(home.staff)).nodes} == {boone, adair}


@pytest.mark.requirement("PRF-14")
@pytest.mark.requirement("REF-17")
async def test_an_inactive_contact_hears_nothing_and_catches_up_when_it_is_active_again(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    other = await world.contact(home.id, "Boone")
    heard = await world.published(coordinator, "Boone")
    await deactivate_contact(home.staff, other.id)

    missed = await world.published(coordinator, "Boone")
    assert await world.lines(other.mailbox_id) == [(PUBLISHED, heard)]
    await activate_contact(home.staff, other.id)

    assert await lists(world, other.mailbox_id) == [[missed]]
    assert await lists(world, home.mailbox_id) == []


async def test_a_provider_that_comes_back_is_told_of_what_it_missed(world: World) -> None:
    coordinator, office = await world.coordinator("Boone"), await relations(world)
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")

    await deactivate_provider(office, home.id, DeactivationReason.NO_HOMES)
    assert list((await list_referrals(home.staff)).nodes) == []
    missed = await world.published(coordinator, "Boone")
    await activate_provider(office, home.id)

    assert await lists(world, home.mailbox_id) == [[missed]]


@pytest.mark.requirement("PRF-17")
async def test_a_provider_that_becomes_residential_or_gets_a_contract_joins(world: World) -> None:
    coordinator, office = await world.coordinator("Boone"), await relations(world)
    tcm = await world.provider("Boone", kind=ProviderKind.TARGETED_CASE_MANAGEMENT)
    ended = await world.provider("Boone", contract_ends=date(2026, 3, 1))
    number = await world.published(coordinator, "Boone")

    await upsert_provider(office, tcm.id, ProviderData("Runs Homes Now", ProviderKind.RESIDENTIAL))
    await upsert_contract(office, ended.id, None, ContractData("C-NEXT", date(2026, 3, 2)))

    for home in (tcm, ended):
        assert await lists(world, home.mailbox_id) == [[number]]


@pytest.mark.requirement("NOT-14")
async def test_a_provider_whose_contract_begins_later_joins_on_its_first_day_and_once(world: World) -> None:
    coordinator, office = await world.coordinator("Boone"), await relations(world)
    home, renewed = await world.provider("Boone"), await world.provider("Boone", contract_ends=date(2026, 3, 4))
    await Contract.filter(provider_id=home.id).delete()
    await upsert_contract(office, home.id, None, ContractData("C-SOON", date(2026, 3, 5)))
    await upsert_contract(office, renewed.id, None, ContractData("C-RENEWED", date(2026, 3, 5)))
    number = await world.published(coordinator, "Boone")
    duty = {CONTRACT_STARTS.name: CONTRACT_STARTS}

    await run_due(world.desk, duty)
    assert await world.lines(home.mailbox_id) == []
    world.clock.forward(days=4)
    later = await world.published(coordinator, "Boone")
    for _ in range(3):
        world.clock.forward(days=1)
        await run_due(world.desk, duty)

    assert await lists(world, home.mailbox_id) == [[number]]
    assert (PUBLISHED, later) in await world.lines(home.mailbox_id)
    assert await lists(world, renewed.mailbox_id) == []


@pytest.mark.requirement("NOT-13")
async def test_an_included_provider_hears_at_the_next_publishing_not_by_a_change_of_its_profile(world: World) -> None:
    coordinator, office = await world.coordinator("Boone"), await relations(world)
    home = await world.provider("Boone")
    number = await world.draft(coordinator, "Boone")
    await exclude_provider(coordinator, number, home.id, "Too near.")
    await publish_referral(coordinator, number)
    world.clock.forward(minutes=1)
    await include_provider(coordinator, number, home.id)

    await deactivate_contact(office, home.contact_id)
    await activate_contact(office, home.contact_id)
    await set_no_referral_status(office, home.id, "Full.")
    await lift_no_referral_status(office, home.id)
    added = await Contact.get(
        id=await add_contact(
            office, home.id, NewContact("Ann", "E", "a@b.example", counties=frozenset([await world.county("Boone")]))
        )
    )

    lines = await Notification.filter(mailbox_id__in=[home.mailbox_id, added.mailbox_id])
    assert {line.kind for line in lines} == {NotificationKind.CONFIRM_ADDRESS}
    assert not await ReferralReach.exists(provider_id=home.id)
    world.clock.forward(minutes=1)
    await publish_referral(coordinator, number)
    for mailbox_id in (home.mailbox_id, added.mailbox_id):
        assert (NotificationKind.REFERRAL_REPUBLISHED, number) in await world.lines(mailbox_id)


@pytest.mark.requirement("NOT-04")
async def test_who_joined_a_referral_hears_of_its_end_even_after_losing_the_county(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Adair")
    number = await world.published(coordinator, "Boone")
    await set_contact_counties(home.staff, home.contact_id, [await world.county("Boone")])
    await set_contact_counties(home.staff, home.contact_id, [await world.county("Adair")])

    await close_referral(coordinator, number, CloseOutcome.OTHER, None)

    assert (NotificationKind.REFERRAL_CLOSED, number) in await world.lines(home.mailbox_id)


@pytest.mark.requirement("NOT-09")
async def test_losing_the_last_reachable_contact_alerts_the_primary_coordinators_of_what_it_had(world: World) -> None:
    primary, other = await world.coordinator("Boone"), await world.coordinator("Boone")
    home = await world.provider("Boone")
    second = await world.contact(home.id, "Boone")
    had = await world.published(primary, "Boone")
    closed, excluded = await world.published(primary, "Boone"), await world.published(other, "Boone")
    await close_referral(primary, closed, CloseOutcome.OTHER, None)
    await exclude_provider(other, excluded, home.id, "Too near.")

    await deactivate_contact(home.staff, second.id)
    assert (UNREACHABLE, had) not in await world.lines(primary.actor.mailbox_id), "one can still be reached"
    await update_contact(home.staff, home.contact_id, ContactChange(email=""))

    told = [line for line in await world.lines(primary.actor.mailbox_id) if line[0] is UNREACHABLE]
    assert told == [(UNREACHABLE, had)]
    assert not [line for line in await world.lines(other.actor.mailbox_id) if line[0] is UNREACHABLE]
    await deactivate_contact(home.staff, home.contact_id)
    assert len(await world.letters(kind=UNREACHABLE)) == 1, "it was unreachable before that"


async def test_the_last_two_contacts_who_leave_at_once_are_noticed(world: World) -> None:
    primary, office = await world.coordinator("Boone"), await relations(world)
    home = await world.provider("Boone")
    second = await world.contact(home.id, "Boone")
    await world.published(primary, "Boone")

    await at_once(deactivate_contact(office, home.contact_id), deactivate_contact(home.staff, second.id))

    assert len(await world.letters(kind=UNREACHABLE)) == 1


@pytest.mark.requirement("NOT-22")
async def test_a_profile_that_changes_while_referrals_are_published_misses_none_and_doubles_none(world: World) -> None:
    coordinator, office = await world.coordinator("Boone"), await relations(world)
    homes = [await world.provider("Adair") for _ in range(4)]
    boone = await world.county("Boone")
    numbers = [await world.draft(coordinator, "Boone") for _ in range(6)]

    await at_once(
        *(publish_referral(coordinator, number) for number in numbers[:3]),
        *(set_contact_counties(home.staff, home.contact_id, [boone]) for home in homes[:2]),
        *(publish_referral(coordinator, number) for number in numbers[3:]),
        *(set_contact_counties(office, home.contact_id, [boone]) for home in homes[2:]),
    )

    for home in homes:
        assert sorted(await _told(world, home)) == numbers


async def _told(world: World, home: ProviderHome) -> list[int]:
    published = [number for kind, number in await world.lines(home.mailbox_id) if kind is PUBLISHED and number]
    return published + [number for joined in await lists(world, home.mailbox_id) for number in joined]


async def test_counties_set_twice_at_once_end_as_one_of_the_two_and_are_told_once(world: World) -> None:
    coordinator, office = await world.coordinator("Boone", "Adair"), await relations(world)
    home = await world.provider()
    boone, adair = await world.county("Boone"), await world.county("Adair")
    numbers = [await world.published(coordinator, "Boone"), await world.published(coordinator, "Adair")]

    answers = await at_once(
        set_contact_counties(home.staff, home.contact_id, [boone, adair]),
        set_contact_counties(office, home.contact_id, [adair, boone]),
    )

    assert answers == [None, None]
    assert await lists(world, home.mailbox_id) == [numbers]
