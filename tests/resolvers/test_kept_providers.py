"""Whoever publishes sees every provider as it is, though most of them were read long before (001:139-174)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from contextvars import copy_context
from datetime import date, timedelta
from random import Random
from typing import Final
from uuid import UUID

import asyncpg
import pytest
from tortoise.transactions import in_transaction

from orm.models import (
    Contact,
    ContactCounty,
    Contract,
    Mailbox,
    NoReferralStatus,
    Provider,
    ProviderKind,
    Publication,
)
from orm.sql import dialect
from resolvers import kept_providers
from resolvers.audience_facts import Providers, load_providers, referral_facts
from resolvers.audience_lock import read_audience
from resolvers.callers import Caller
from resolvers.contacts import deactivate_contact
from resolvers.frozen_audiences import audiences_of
from resolvers.kept_providers import all_providers
from resolvers.previews import preview_publish
from resolvers.referrals import publish_referral
from rules.audience import Verdict, audience
from rules.calendar import local_date
from rules.roles import Role
from tests.conftest import ENGINE
from tests.world.counting import counting
from tests.world.waiting import until_somebody_waits
from tests.world.world import ProviderHome, World

PATIENCE = 30.0
"""Seconds that nothing here may take; a guard, not a measure."""

postgres_only = pytest.mark.skipif(ENGINE != "postgres", reason="SQLite lets one transaction write at a time")


async def _joins(world: World, home: ProviderHome) -> None:
    await world.contact(home.id, "Boone")


async def _leaves(_: World, home: ProviderHome) -> None:
    await Contact.filter(provider_id=home.id).update(active=False)


async def _deletes_one_who_never_heard_of_anything(world: World, home: ProviderHome) -> None:
    contact = await world.contact(home.id, "Boone")
    await all_providers(local_date(world.clock()), ())
    await ContactCounty.filter(contact_id=contact.id).delete()
    await contact.delete()


async def _loses_its_address(_: World, home: ProviderHome) -> None:
    await Contact.filter(id=home.contact_id).update(email=None)


async def _bounces(world: World, home: ProviderHome) -> None:
    await Contact.filter(id=home.contact_id).update(email_bounced_at=world.clock())


async def _gets_another_mailbox(_: World, home: ProviderHome) -> None:
    await Contact.filter(id=home.contact_id).update(mailbox_id=(await Mailbox.create()).id)


async def _serves_one_county_more(world: World, home: ProviderHome) -> None:
    county = await world.county("Cole")
    await ContactCounty.create(contact_id=home.contact_id, county_id=county, since=world.clock())


async def _serves_no_county(_: World, home: ProviderHome) -> None:
    await ContactCounty.filter(contact_id=home.contact_id).delete()


async def _contract_ends(world: World, home: ProviderHome) -> None:
    await Contract.filter(provider_id=home.id).update(ends_on=local_date(world.clock()) - timedelta(days=1))


async def _contract_begins(world: World, home: ProviderHome) -> None:
    await _contract_ends(world, home)
    await Contract.create(provider_id=home.id, number=f"N{home.name}", begins_on=local_date(world.clock()))


async def _is_suspended(world: World, home: ProviderHome) -> None:
    if not await NoReferralStatus.exists(provider_id=home.id, lifted_at=None):
        await world.suspend(home.id)


async def _is_let_in_again(world: World, home: ProviderHome) -> None:
    await _is_suspended(world, home)
    await all_providers(local_date(world.clock()), ())
    await NoReferralStatus.filter(provider_id=home.id).update(lifted_at=world.clock())


async def _takes_part_no_more(_: World, home: ProviderHome) -> None:
    await Provider.filter(id=home.id).update(active=False)


async def _is_of_another_kind(_: World, home: ProviderHome) -> None:
    await Provider.filter(id=home.id).update(kind=ProviderKind.OTHER)


async def _has_another_name(_: World, home: ProviderHome) -> None:
    await Provider.filter(id=home.id).update(name="Zuletzt & Co.")


async def _has_a_new_neighbour(world: World, _: ProviderHome) -> None:
    await world.provider("Boone", name="Aaron's")


Change = Callable[[World, ProviderHome], Awaitable[None]]
CHANGES: Final[list[Change]] = [
    _joins,
    _leaves,
    _deletes_one_who_never_heard_of_anything,
    _loses_its_address,
    _bounces,
    _gets_another_mailbox,
    _serves_one_county_more,
    _serves_no_county,
    _contract_ends,
    _contract_begins,
    _is_suspended,
    _is_let_in_again,
    _takes_part_no_more,
    _is_of_another_kind,
    _has_another_name,
    _has_a_new_neighbour,
]


def _same(one: Providers, other: Providers) -> bool:
    """Compare facts, names and readers; of the first two also the order, in which lists go on."""
    return (one.facts, list(one.names.items()), one.readers) == (
        other.facts,
        list(other.names.items()),
        other.readers,
    )


async def _are_as_read_anew(world: World) -> bool:
    today = local_date(world.clock())
    return _same(await all_providers(today, ()), await load_providers(today))


async def _frozen_by(world: World, who: Caller, number: int) -> tuple[dict[UUID, tuple[bool, str]], list[UUID]]:
    """Publish; give the verdicts as they were frozen, and the contacts who got a letter."""
    before = {letter.id for letter in await world.letters()}
    await publish_referral(who, number)
    referral = await world.referral(number)
    publication = await Publication.filter(referral_id=referral.id).order_by("-number").first()
    assert publication
    frozen = await audiences_of([publication.id])
    told = [letter.contact_id for letter in await world.letters() if letter.contact_id and letter.id not in before]
    return {key: (reason.eligible, reason) for key, reason in frozen[publication.id].items()}, told


async def _verdicts(world: World, number: int) -> tuple[dict[UUID, Verdict], Providers]:
    """Judge by facts that are read anew."""
    today = local_date(world.clock())
    facts = await referral_facts(await world.referral(number))
    providers = await load_providers(today)
    return {one.provider_id: audience(facts, one, today) for one in providers.facts}, providers


@pytest.mark.parametrize("change", CHANGES, ids=lambda it: it.__name__.strip("_"))
async def test_a_publishing_reaches_whom_it_should_after_a_change_of_a_provider(world: World, change: Change) -> None:
    coordinator = await world.coordinator("Boone")
    homes = [await world.provider("Boone", "Adair") for _ in range(3)]
    number = await world.published(coordinator, "Boone")
    assert await _are_as_read_anew(world)

    await change(world, homes[1])

    frozen, told = await _frozen_by(world, coordinator, number)
    verdicts, providers = await _verdicts(world, number)
    assert frozen == {key: (verdict.eligible, verdict.reason) for key, verdict in verdicts.items()}
    assert sorted(told, key=str) == sorted(
        (one for verdict in verdicts.values() for one in verdict.contacts if providers.readers[one].has_address),
        key=str,
    )
    assert await _are_as_read_anew(world)
    preview = await preview_publish(coordinator, number)
    assert [(one.provider.id, one.reason) for one in preview.verdicts] == [
        (key, verdict.reason) for key, verdict in verdicts.items()
    ]


async def test_after_whatever_changes_in_whatever_order_the_facts_are_as_if_read_anew(world: World) -> None:
    chance = Random(20260302)
    homes = [await world.provider("Boone", "Adair") for _ in range(4)]
    repeatable = [one for one in CHANGES if one not in {_has_a_new_neighbour, _contract_begins}]
    for _ in range(60):
        change, home = chance.choice(repeatable), chance.choice(homes)
        if change is _serves_one_county_more:
            await _serves_no_county(world, home)
        elif change is _has_another_name:
            await Provider.filter(id=home.id).update(name=f"{chance.choice('aÄBzé')}{chance.random()}")
            change = _joins
        await change(world, home)
        if chance.random() < 0.7:  # or several changes are found at once
            assert await _are_as_read_anew(world), change.__name__
    assert await _are_as_read_anew(world)


async def test_a_day_later_the_facts_are_those_of_that_day(world: World) -> None:
    today = local_date(world.clock())
    await world.provider("Boone", contract_ends=today)
    await all_providers(today, ())
    tomorrow = today + timedelta(days=1)
    await Contract.create(
        provider_id=(await world.provider("Boone", contract_ends=today)).id, number="NEXT", begins_on=tomorrow
    )
    for day in (tomorrow, today, date(2019, 1, 1)):
        assert _same(await all_providers(day, ()), await load_providers(day)), day


async def test_what_another_program_has_committed_between_two_publishings_is_seen(
    world: World, database_url: str
) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await _from_outside(database_url, "UPDATE provider SET active = false")
    frozen, told = await _frozen_by(world, coordinator, number)
    assert (frozen, told) == ({home.id: (False, "NOT_ACTIVE")}, [])


async def _from_outside(url: str, sql: str) -> None:
    if dialect() == "postgres":
        connection = await asyncpg.connect(url)
        await connection.execute(sql)
        await connection.close()
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
        other.execute(sql)
        other.commit()


async def test_what_a_transaction_has_changed_itself_it_sees_and_nobody_else_does_until_it_is_kept(
    world: World,
) -> None:
    home, today = await world.provider("Boone"), local_date(world.clock())
    kept = await all_providers(today, ())

    async def change_in_vain() -> None:
        async with in_transaction():
            await Provider.filter(id=home.id).update(active=False)
            assert not (await all_providers(today, ())).facts[0].active
            assert not (await all_providers(today, ())).facts[0].active
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_in_vain()
    assert _same(await all_providers(today, ()), kept)
    assert await _are_as_read_anew(world)


async def test_a_provider_that_was_changed_in_vain_is_told_by_the_next_publishing(world: World) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")

    async def change_in_vain() -> None:
        async with in_transaction():
            await Provider.filter(id=home.id).update(active=False)
            await all_providers(local_date(world.clock()), ())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_in_vain()
    _, told = await _frozen_by(world, coordinator, number)
    assert told == [home.contact_id]


@postgres_only
async def test_a_change_that_waits_for_a_publishing_is_seen_by_the_one_that_waits_for_the_change(
    world: World,
) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    office = await world.user(Role.CENTRAL_STAFF)
    number = await world.published(coordinator, "Boone")
    is_reading, end = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        async with in_transaction():
            await read_audience()
            assert (await all_providers(local_date(world.clock()), ())).facts[0].contacts[0].active
            is_reading.set()
            await end.wait()

    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        tasks.create_task(read(), context=copy_context())
        await is_reading.wait()
        changing = tasks.create_task(deactivate_contact(office, home.contact_id))
        await until_somebody_waits()
        publishing = tasks.create_task(_frozen_by(world, coordinator, number))
        end.set()
        await changing
        frozen, told = await publishing
    assert (frozen, told) == ({home.id: (False, "NO_ACTIVE_CONTACT")}, [])


async def test_those_who_look_while_others_change_and_are_cancelled_leave_nothing_half_known(world: World) -> None:
    homes, today = [await world.provider("Boone") for _ in range(6)], local_date(world.clock())
    await all_providers(today, ())
    async with asyncio.timeout(PATIENCE):
        for turn in range(12):
            await _loses_its_address(world, homes[turn % 6])
            looking = [asyncio.create_task(all_providers(today, ())) for _ in range(4)]
            changing = asyncio.create_task(_joins(world, homes[turn // 2]))
            for _ in range(turn):  # so that each has come a little further
                await asyncio.sleep(0)
            looking[0].cancel()
            await asyncio.gather(*looking, changing, return_exceptions=True)
            assert not any(one.exception() for one in [*looking, changing] if not one.cancelled())
            assert await _are_as_read_anew(world)


async def test_a_load_that_fails_leaves_what_is_kept_as_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    home, today = await world.provider("Boone"), local_date(world.clock())
    await all_providers(today, ())
    await _leaves(world, home)

    async def fail(*_: object, **__: object) -> Providers:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(kept_providers, "load_providers", fail)
        with pytest.raises(ConnectionError):
            await all_providers(today, ())
    assert await _are_as_read_anew(world)


async def test_if_very_many_have_changed_all_are_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_providers, "MOST_READ_AGAIN", 1)
    homes, today = [await world.provider("Boone") for _ in range(3)], local_date(world.clock())
    await all_providers(today, ())
    for home in homes[:2]:
        await _leaves(world, home)
    assert await _are_as_read_anew(world)


@postgres_only
async def test_a_publishing_reads_only_the_providers_that_have_changed(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    homes = [await world.provider("Boone") for _ in range(3)]
    number = await world.published(coordinator, "Boone")
    reading = "FROM contact c"
    with counting() as heard:
        await publish_referral(coordinator, number)
    assert not [text for text in heard if reading in text]
    await _loses_its_address(world, homes[0])
    with counting() as heard:
        await publish_referral(coordinator, number)
    assert ["WHERE c.provider_id = ANY(" in text for text in heard if reading in text] == [True]
