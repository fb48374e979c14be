"""Counts that are kept are those of this moment: whoever has just looked sees each change at the next look."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import timedelta
from typing import NamedTuple

import pytest

from orm.eras import Kept
from orm.models import Contact, ContactCounty, NoReferralStatus, Provider
from resolvers import referral_views
from resolvers.callers import Caller
from resolvers.coverage import count_exchange, list_coverage
from resolvers.exclusions import exclude_provider
from resolvers.office_reads import view_overview
from resolvers.pending_placements import set_pending_placement
from resolvers.referral_search import ReferralFilter
from resolvers.referral_views import list_referrals
from resolvers.referrals import close_referral
from resolvers.responses import Answer, respond_to_referral
from resolvers.silent_list import list_silent_providers
from rules.referrals import CloseOutcome, ResponseKind
from rules.roles import Role
from tests.world.counting import counting
from tests.world.world import World


class _Look(NamedTuple):
    """What a person's home page counts of the exchange."""

    open: int | None
    overdue: int | None
    drafts: int | None
    unaccepted: int | None
    unplaced: int | None
    silent: int | None


async def _look(who: Caller) -> _Look:
    overview, exchange = await view_overview(who), await count_exchange(who)
    silent = await list_silent_providers(who, first=1, count=True)
    return _Look(
        overview.open_referrals,
        overview.overdue_referrals,
        overview.drafts,
        exchange.overdue_unaccepted,
        exchange.accepted_unplaced,
        silent.total_count,
    )


async def _served(who: Caller, name: str) -> tuple[int, int | None, int]:
    """Give the providers and the open referrals of a county, and how many counties lack a provider."""
    county = next(one for one in await list_coverage(who) if one.name == name)
    return county.providers, county.open_referrals.count, (await count_exchange(who)).lacking_counties


async def test_each_step_of_a_referral_is_counted_at_the_next_look(world: World) -> None:
    coordinator, elsewhere = await world.coordinator("Boone"), await world.coordinator("Adair")
    home = await world.provider("Boone")
    other = await world.provider("Boone")
    for who in (coordinator, elsewhere):
        assert await _look(who) == (0, 0, 0, 0, 0, 0)

    number = await world.published(coordinator, "Boone")
    await world.draft(coordinator, "Boone")
    assert await _look(coordinator) == (1, 0, 1, 0, 0, 0)
    assert (await view_overview(home.staff)).unanswered == 1
    world.clock.forward(days=61)
    assert await _look(coordinator) == (1, 1, 1, 1, 0, 2)

    await exclude_provider(coordinator, number, other.id, "the family's wish")
    assert (await _look(coordinator)).silent == 1
    assert (await view_overview(other.staff)).open_referrals == 0
    await respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT))
    assert await _look(coordinator) == (1, 1, 1, 0, 1, 0)
    assert (await view_overview(home.staff)).unanswered == 0
    await set_pending_placement(coordinator, number, home.id)
    assert await _look(coordinator) == (1, 1, 1, 0, 0, 0)
    await close_referral(coordinator, number, CloseOutcome.PLACED, home.id)
    assert await _look(coordinator) == (0, 0, 1, 0, 0, 0)
    assert await _look(elsewhere) == (0, 0, 0, 0, 0, 0), "and nothing of it is counted for whom it does not exist"


async def test_each_change_of_a_provider_is_seen_in_the_counties_served_at_the_next_look(world: World) -> None:
    office = await world.user(Role.CENTRAL_STAFF)
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    assert await _served(office, "Boone") == (1, 0, 0)
    await world.published(coordinator, "Boone")
    assert await _served(office, "Boone") == (1, 1, 0)

    await Contact.filter(id=home.contact_id).update(email_bounced_at=world.clock())
    assert await _served(office, "Boone") == (0, 1, 1)
    await Contact.filter(id=home.contact_id).update(email_bounced_at=None)
    assert await _served(office, "Boone") == (1, 1, 0)
    await world.suspend(home.id)
    assert await _served(office, "Boone") == (0, 1, 1)
    await NoReferralStatus.all().delete()
    await Provider.filter(id=home.id).update(active=False)
    assert await _served(office, "Boone") == (0, 1, 1)
    await Provider.filter(id=home.id).update(active=True)
    assert await _served(office, "Boone") == (1, 1, 0)
    await ContactCounty.filter(contact_id=home.contact_id).delete()
    assert await _served(office, "Boone") == (0, 1, 1)


async def test_a_contract_that_has_ended_serves_no_county_from_the_next_day_on(world: World) -> None:
    office = await world.user(Role.CENTRAL_STAFF)
    last_day = world.clock().date() + timedelta(days=1)
    await world.provider("Boone", contract_ends=last_day)
    for providers in (1, 1, 0):
        assert (await _served(office, "Boone"))[0] == providers
        world.clock.forward(days=1)


async def test_what_has_not_changed_is_not_counted_again(world: World) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    await world.published(coordinator, "Boone")
    await _look(coordinator)
    await _served(coordinator, "Boone")

    with counting() as heard:
        await _look(coordinator)
        await _served(coordinator, "Boone")
    assert [text for text in heard if "COUNT(" in text or "SUM(" in text] == []

    await Provider.filter(id=home.id).update(city="Elsewhere")
    with counting() as heard:
        await _look(coordinator)
    assert [text for text in heard if "COUNT(" in text or "SUM(" in text] != []


async def test_a_filter_of_thousands_of_numbers_takes_no_room_among_what_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: Kept[Hashable, int] = Kept(500)
    monkeypatch.setattr(referral_views, "_TOTALS", kept)
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    others = range(number + 1, number + 10_000)
    for numbers, found in ((frozenset({number, *others}), 1), (frozenset(others), 0)) * 2:
        page = await list_referrals(coordinator, where=ReferralFilter(numbers=numbers), count=True)
        assert page.total_count == found
    assert len(kept) == 2
    assert all(len(repr(key)) < 3_000 for key in kept._kept)
