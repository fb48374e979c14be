"""What the answers tell: trends, demand, days to a home, and nothing that points at a person (RSP-06, RSP-07)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime

import pytest

from orm.models import County, Outcome, Provider, RegionalOffice
from resolvers.callers import Caller
from resolvers.insight_views import DemandView, InsightQuestion, InsightsView
from resolvers.insights import view_insights
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.responses import Answer, respond_to_referral
from rules.calendar import CHICAGO
from rules.errors import Invalid
from rules.referrals import CloseOutcome, DeclineReason, Provision, ResponseKind
from rules.roles import Role
from tests.world.world import ProviderHome, World

EVERYTHING = ["declineReasons", "demandByCounty", "daysToPlacement", "withoutAcceptance"]
NO_VACANCY = Answer(ResponseKind.DECLINE, decline_reason=DeclineReason.NO_VACANCY)
STAFFING = Answer(ResponseKind.DECLINE, decline_reason=DeclineReason.STAFFING)
ACCEPT = Answer(ResponseKind.ACCEPT)
TENTATIVE = Answer(ResponseKind.TENTATIVE, provision=Provision.STAFFING)

Trend = tuple[str | None, int, str, int | None]


def chicago(month: int, day: int, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=CHICAGO).astimezone(UTC)


async def ask(
    caller: Caller, wanted: Collection[str] = EVERYTHING, question: InsightQuestion | None = None, **asked: object
) -> InsightsView:
    return await view_insights(caller, question or InsightQuestion(**asked), wanted=wanted)  # type: ignore[arg-type]


def trends(view: InsightsView) -> list[Trend]:
    return [
        (row.county.name if row.county else None, row.month.month, str(row.reason), row.count)
        for row in view.decline_reasons
    ]


def demand(view: InsightsView, county: str | None) -> DemandView:
    return next(row for row in view.demand_by_county if (row.county.name if row.county else None) == county)


def numbers(row: DemandView) -> tuple[int | None, ...]:
    counts = (row.open_referrals, row.published_in_period, row.accepts, row.tentative, row.declines)
    return tuple(count.count for count in counts)


@pytest.mark.requirement("RSP-06")
async def test_reasons_for_declining_are_counted_by_county_and_chicago_month(world: World) -> None:
    world.clock.now = chicago(1, 5)
    coordinator, central = await world.coordinator("Boone"), await world.user(Role.CENTRAL_STAFF)
    homes = [await world.provider("Boone", "Adair") for _ in range(3)]
    both = await world.published(coordinator, "Boone", "Adair")
    anywhere = await world.published(coordinator)

    world.clock.now = chicago(1, 31, 23, 59, 59)
    await respond_to_referral(homes[0].staff, both, NO_VACANCY)
    await respond_to_referral(homes[1].staff, both, NO_VACANCY)
    await respond_to_referral(homes[2].staff, anywhere, STAFFING)
    world.clock.now = chicago(2, 1, 0, 0, 0)
    await respond_to_referral(homes[2].staff, both, NO_VACANCY)
    await respond_to_referral(homes[0].staff, both, STAFFING)  # edited: it counts as it stands now
    await respond_to_referral(homes[1].staff, anywhere, ACCEPT)

    assert trends(await ask(central)) == [
        (None, 1, "STAFFING", 1),
        ("Adair", 1, "NO_VACANCY", 1),
        ("Adair", 2, "NO_VACANCY", 1),
        ("Adair", 2, "STAFFING", 1),
        ("Boone", 1, "NO_VACANCY", 1),
        ("Boone", 2, "NO_VACANCY", 1),
        ("Boone", 2, "STAFFING", 1),
    ]
    totals = (await ask(central, ["declineTotals"])).decline_totals
    assert [(row.month.month, str(row.reason), row.count) for row in totals] == [
        (1, "NO_VACANCY", 1),
        (1, "STAFFING", 1),
        (2, "NO_VACANCY", 1),
        (2, "STAFFING", 1),
    ], "each answer once, although its referral is for two counties"
    only_january = await ask(central, ends=date(2026, 1, 15), begins=date(2026, 1, 15))
    assert {month for _, month, _, _ in trends(only_january)} == {1}
    assert (only_january.begins, only_january.ends) == (date(2026, 1, 1), date(2026, 1, 31))
    assert trends(await ask(central, county=await world.county("Adair"))) == [
        ("Adair", 1, "NO_VACANCY", 1),
        ("Adair", 2, "NO_VACANCY", 1),
        ("Adair", 2, "STAFFING", 1),
    ]
    await delete_referral(coordinator, both, "A double.")
    assert trends(await ask(central)) == [(None, 1, "STAFFING", 1)]


@pytest.mark.requirement("RSP-07")
async def test_demand_stands_against_answers_by_county(world: World) -> None:
    world.clock.now = chicago(1, 5)
    coordinator, central = await world.coordinator("Boone"), await world.user(Role.CENTRAL_STAFF)
    boone, adair = await world.provider("Boone"), await world.provider("Adair", "Boone")
    suspended, left = await world.provider("Boone"), await world.provider("Boone")
    await world.contact(boone.id, "Adair", active=False)
    first, second = await world.published(coordinator, "Boone"), await world.published(coordinator, "Boone")
    await world.draft(coordinator, "Boone")
    anywhere = await world.published(coordinator)
    await respond_to_referral(boone.staff, first, ACCEPT)
    await respond_to_referral(adair.staff, first, NO_VACANCY)
    await respond_to_referral(adair.staff, second, TENTATIVE)
    await respond_to_referral(boone.staff, anywhere, NO_VACANCY)
    await close_referral(coordinator, second, CloseOutcome.WITHDRAWN, None)
    await world.suspend(suspended.id)
    await Provider.filter(id=left.id).update(active=False)
    world.clock.now = chicago(2, 2)
    await publish_referral(coordinator, first)  # published again: it is no new demand

    january = await ask(central, begins=date(2026, 1, 1), ends=date(2026, 1, 31))
    assert numbers(demand(january, "Boone")) == (1, 2, 1, 1, 1)
    assert demand(january, "Boone").providers_serving == 2
    assert demand(january, "Adair").providers_serving == 1
    assert numbers(demand(january, "Adair")) == (0, 0, 0, 0, 0)
    assert numbers(demand(january, None)) == (1, 1, 0, 0, 1)
    assert demand(january, None).providers_serving == 2
    february = await ask(central, begins=date(2026, 2, 1), ends=date(2026, 2, 28))
    assert numbers(demand(february, "Boone")) == (1, 0, 0, 0, 0)
    assert len(january.demand_by_county) == 1 + 115
    only_boone = await ask(central, county=await world.county("Boone"))
    assert [row.county.name for row in only_boone.demand_by_county if row.county] == ["Boone"]
    assert len(only_boone.demand_by_county) == 1


async def test_a_coordinator_is_told_of_the_own_counties_and_of_statewide_referrals(world: World) -> None:
    world.clock.now = chicago(1, 5)
    coordinator, elsewhere = await world.coordinator("Boone"), await world.coordinator("Adair")
    home = await world.provider("Boone", "Adair")
    for counties in (["Boone"], ["Adair"], []):
        number = await world.published(coordinator, *counties)
        await respond_to_referral(home.staff, number, NO_VACANCY)
        await close_referral(coordinator, number, CloseOutcome.PLACED, home.id)

    view = await ask(elsewhere)

    assert [(county, count) for county, _, _, count in trends(view)] == [(None, 1), ("Adair", 1)]
    assert [row.county.name if row.county else None for row in view.demand_by_county] == [None, "Adair"]
    assert view.days_to_placement is not None
    assert view.days_to_placement.count == 2
    assert not view.suppressed


async def test_days_to_placement_are_chicago_days_from_the_first_publishing_to_a_home(world: World) -> None:
    coordinator, central = await world.coordinator("Boone"), await world.user(Role.CENTRAL_STAFF)
    home = await world.provider("Boone")
    # (published, closed, outcome): 0, 1, 30 and 31 days over a clock change, and one that was withdrawn.
    stories = [
        (chicago(3, 2, 1), chicago(3, 2, 23, 59), CloseOutcome.PLACED),
        (chicago(3, 2, 23, 59), chicago(3, 3, 0, 0), CloseOutcome.PLACED),
        (chicago(3, 2, 1), chicago(4, 1, 0, 0), CloseOutcome.PLACED_ELSEWHERE),
        (chicago(3, 2, 1), chicago(4, 2, 0, 0), CloseOutcome.PLACED),
        (chicago(3, 2, 1), chicago(4, 2, 0, 0), CloseOutcome.WITHDRAWN),
    ]
    for published, closed, outcome in stories:
        world.clock.now = published
        number = await world.published(coordinator, "Boone")
        world.clock.now = min(closed, published.replace(hour=23))
        await publish_referral(coordinator, number)  # again: the age goes on
        world.clock.now = closed
        await close_referral(coordinator, number, outcome, home.id if outcome is CloseOutcome.PLACED else None)

    world.clock.now = chicago(4, 2)
    days = (await ask(central, begins=date(2026, 3, 1), ends=date(2026, 4, 30))).days_to_placement
    assert days is not None
    assert (days.count, days.median, days.p90, days.suppressed) == (4, 1, 31, False)
    assert [(row.month.month, row.count, row.median) for row in days.by_month] == [(3, 2, 0), (4, 2, 30)]
    none = (await ask(central, begins=date(2026, 2, 1), ends=date(2026, 2, 1))).days_to_placement
    assert none is not None
    assert (none.count, none.median, none.p90) == (0, None, None)


async def test_a_referral_counts_as_one_that_nobody_accepts_after_sixty_days(world: World) -> None:
    world.clock.now = chicago(1, 5, 23, 59, 59)
    coordinator, elsewhere = await world.coordinator("Boone"), await world.coordinator("Adair")
    home = await world.provider("Boone")
    waiting, accepted, tentative, declined, closed = [await world.published(coordinator, "Boone") for _ in range(5)]
    await world.draft(coordinator, "Boone")
    for number, answer in ((accepted, ACCEPT), (tentative, TENTATIVE), (declined, NO_VACANCY)):
        await respond_to_referral(home.staff, number, answer)
    await close_referral(coordinator, closed, CloseOutcome.WITHDRAWN, None)
    world.clock.now = chicago(1, 6, 0, 0, 0)
    younger = await world.published(coordinator, "Boone")

    world.clock.now = chicago(3, 6, 23, 59, 59)  # 60 days
    view = (await ask(coordinator)).without_acceptance
    assert view is not None
    assert (view.older_than_days, view.count, view.numbers) == (60, 0, [])
    world.clock.now = chicago(3, 7, 0, 0, 0)  # 61 days, and 60
    view = (await ask(coordinator)).without_acceptance
    assert view is not None
    assert (view.count, view.numbers) == (2, [waiting, declined])
    view = (await ask(coordinator, older_than_days=59)).without_acceptance
    assert view is not None
    assert (view.count, view.numbers) == (3, [waiting, declined, younger])

    beyond = (await ask(elsewhere)).without_acceptance
    assert beyond is not None
    assert (beyond.count, beyond.numbers) == (0, [])
    for days in (-1, 3651):
        with pytest.raises(Invalid):
            await ask(coordinator, older_than_days=days)


async def _declined(world: World, coordinator: Caller, homes: list[ProviderHome], answer: Answer) -> None:
    """Let so many providers decline one referral for Boone."""
    number = await world.published(coordinator, "Boone")
    for home in homes:
        await respond_to_referral(home.staff, number, answer)


@pytest.mark.requirement("RSP-06")
async def test_in_an_export_ten_answers_are_kept_back_eleven_are_shown_and_the_total_does_not_tell(
    world: World,
) -> None:
    world.clock.now = chicago(1, 5)
    coordinator = await world.coordinator("Boone")
    homes = [await world.provider("Boone") for _ in range(11)]
    await _declined(world, coordinator, homes, NO_VACANCY)
    world.clock.now = chicago(4, 1)

    eleven = await ask(coordinator, exported=True)
    assert trends(eleven) == [("Boone", 1, "NO_VACANCY", 11)]
    assert demand(eleven, "Boone").declines.count == 11
    assert numbers(demand(eleven, "Boone"))[:2] == (None, None)  # one referral

    world.clock.now = chicago(1, 6)
    await _declined(world, coordinator, homes[:10], STAFFING)
    world.clock.now = chicago(4, 1)
    view = await ask(coordinator, [*EVERYTHING, "declineTotals"], exported=True)
    assert [row.count for row in view.decline_totals] == [None, None]
    assert trends(view) == [("Boone", 1, "NO_VACANCY", None), ("Boone", 1, "STAFFING", None)]
    assert all(row.suppressed for row in view.decline_reasons)
    assert demand(view, "Boone").declines.count == 21
    exact = await ask(coordinator, begins=date(2026, 1, 1))
    assert [count for _, _, _, count in trends(exact)] == [11, 10]
    assert not exact.suppressed


@pytest.mark.requirement("RSP-06")
async def test_who_may_not_see_referrals_never_gets_a_small_count_nor_a_number(world: World) -> None:
    world.clock.now = chicago(1, 5)
    coordinator = await world.coordinator("Boone")
    liaison = await world.user(Role.PROVIDER_RELATIONS)
    both = await world.user(Role.PROVIDER_RELATIONS, Role.PLACEMENT_COORDINATOR, counties=["Adair"])
    central = await world.user(Role.CENTRAL_STAFF, Role.PROVIDER_RELATIONS)
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await respond_to_referral(home.staff, number, NO_VACANCY)
    placed = await world.published(coordinator, "Boone")
    await close_referral(coordinator, placed, CloseOutcome.PLACED, home.id)
    world.clock.now = chicago(4, 1)

    for person in (liaison, both):
        view = await ask(person)
        assert view.suppressed
        assert (view.begins, view.ends) == (date(2025, 4, 1), date(2026, 3, 31))
        assert trends(view) == [("Boone", 1, "NO_VACANCY", None)]
        assert numbers(demand(view, "Boone")) == (None, None, 0, 0, None)
        assert demand(view, "Boone").providers_serving == 1
        assert view.days_to_placement is not None
        assert (view.days_to_placement.count, view.days_to_placement.median, view.days_to_placement.p90) == (None,) * 3
        assert [row.count for row in view.days_to_placement.by_month][-3:] == [None, 0, 0]
        assert {row.median for row in view.days_to_placement.by_month} == {None}
        assert view.without_acceptance is not None
        assert (view.without_acceptance.count, view.without_acceptance.numbers) == (None, [])
    assert not (await ask(central)).suppressed


@pytest.mark.requirement("RSP-06")
async def test_two_exported_answers_cannot_be_subtracted_from_each_other(world: World) -> None:
    world.clock.now = chicago(1, 5)
    coordinator, liaison = await world.coordinator("Boone"), await world.user(Role.PROVIDER_RELATIONS)
    homes = [await world.provider("Boone") for _ in range(12)]
    await _declined(world, coordinator, homes[:11], NO_VACANCY)
    world.clock.now = chicago(3, 31, 23, 59, 59)
    await _declined(world, coordinator, homes[11:], NO_VACANCY)
    world.clock.now = chicago(4, 1)

    # Asked for January alone or for all of the quarter, the answer is the same one: of the quarter.
    asked = [(date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 1, 1), date(2026, 3, 31)), (date(2026, 3, 31), None)]
    for begins, ends in asked:
        view = await ask(liaison, begins=begins, ends=ends)
        assert trends(view) == [("Boone", 1, "NO_VACANCY", None), ("Boone", 3, "NO_VACANCY", None)]
        assert demand(view, "Boone").declines.count == 12
    with pytest.raises(Invalid) as running:
        await ask(liaison, begins=date(2026, 4, 1))
    assert running.value.code == "PERIOD_NOT_ENDED"
    with pytest.raises(Invalid) as other_days:
        await ask(liaison, older_than_days=61)
    assert other_days.value.code == "DAYS_ARE_FIXED"
    assert (await ask(liaison, older_than_days=60)).without_acceptance is not None


async def test_what_was_told_is_written_down_with_the_referrals_that_were_named(world: World) -> None:
    coordinator, liaison = await world.coordinator("Boone"), await world.user(Role.PROVIDER_RELATIONS)
    number = await world.published(coordinator, "Boone")
    world.clock.forward(days=61)
    referral = await world.referral(number)

    await ask(coordinator, ["withoutAcceptance", "withoutAcceptance.numbers"])
    await ask(liaison, ["withoutAcceptance"])

    named, told = await world.entries("insights.view")
    assert (named.outcome, named.subjects, named.shown) == (
        Outcome.DONE,
        {"referral": [str(referral.id)]},
        ["number"],
    )
    assert named.facts["asked"] == ["withoutAcceptance"]
    assert (told.subjects, told.facts["exact"]) == ({}, False)


async def test_what_was_not_asked_for_is_not_looked_up(world: World) -> None:
    central = await world.user(Role.CENTRAL_STAFF)
    view = await ask(central, ["from", "to"])
    assert (view.decline_reasons, view.demand_by_county, view.days_to_placement, view.without_acceptance) == (
        [],
        [],
        None,
        None,
    )


@pytest.mark.requirement("RSP-07")
async def test_open_referrals_are_counted_by_age_and_all_is_narrowed_by_county_and_office_where_counts_are_exact(
    world: World,
) -> None:
    coordinator, central = await world.coordinator("Boone"), await world.user(Role.CENTRAL_STAFF)
    liaison, home = await world.user(Role.PROVIDER_RELATIONS), await world.provider("Boone")
    office = await RegionalOffice.create(code="NORTH", name="Northern office", kind="REGIONAL", city="Sampleton")
    await County.filter(name="Adair").update(regional_office_id=office.code)
    adair = await world.coordinator("Adair")
    # 0, 60 and 61 days old, and one of Adair that is placed after 3 days.
    world.clock.now = chicago(1, 5, 23, 59, 59)
    await world.published(coordinator, "Boone")
    world.clock.now = chicago(1, 6, 0, 0, 0)
    await world.published(coordinator)
    world.clock.now = chicago(3, 4)
    placed = await world.published(adair, "Adair")
    world.clock.now = chicago(3, 7)
    await close_referral(adair, placed, CloseOutcome.PLACED, home.id)
    await world.published(adair, "Adair")

    def ages(view: InsightsView) -> list[tuple[int, int | None, bool, int | None]]:
        return [(band.least, band.most, band.overdue, band.count) for band in view.ages_of_open]

    wanted = [*EVERYTHING, "agesOfOpen", "places"]
    view = await ask(central, wanted)
    assert ages(view)[:3] == [(0, 30, False, 1), (31, 60, False, 1), (61, 90, True, 1)]
    assert ages(view)[-1] == (361, None, True, 0)
    assert sum(count or 0 for *_, count in ages(view)) == 3
    assert (demand(view, "Adair").placements.count, demand(view, "Adair").median_days) == (1, 3)
    assert view.places is not None
    assert office.name in [one.name for one in view.places.offices]
    for narrowed in ({"county": await world.county("Adair")}, {"office": office.code}):
        only = await ask(central, wanted, **narrowed)
        assert [row.county.name for row in only.demand_by_county if row.county] == ["Adair"]
        assert [count for *_, count in ages(only)] == [1, 0, 0, 0, 0, 0]
        assert only.days_to_placement is not None
        assert only.days_to_placement.count == 1
        assert only.without_acceptance is not None
        assert only.without_acceptance.count == 0
        hidden = await ask(liaison, wanted, **narrowed)
        assert [row.county.name for row in hidden.demand_by_county if row.county] == ["Adair"]
        assert [count for *_, count in ages(hidden)] == [None, None, None, 0, 0, 0], "of the whole state"
        assert (demand(hidden, "Adair").placements.count, demand(hidden, "Adair").median_days) == (None, None)
    assert (await ask(coordinator, wanted, county=await world.county("Adair"))).demand_by_county == []
    own = (await ask(coordinator, wanted)).places
    assert own is not None
    assert [county.name for county in own.counties] == ["Boone"]
    for unknown in ({"county": "00000"}, {"office": "none"}):
        with pytest.raises(Invalid):
            await ask(central, **unknown)
