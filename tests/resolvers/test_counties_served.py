"""How many look for a home in a county is told as it is to whom may open each referral, and else not below 11."""

from __future__ import annotations

import pytest

from orm.models import County
from resolvers.callers import Caller
from resolvers.coverage import list_coverage
from resolvers.insight_views import InsightQuestion
from resolvers.insights import view_insights
from resolvers.referral_search import ReferralFilter
from resolvers.referral_views import list_referrals
from rules.insights import KEPT_BACK, Count, is_small
from rules.referrals import ReferralStatus
from rules.roles import Role
from tests.world.world import World

SEEKING = {"Boone": 11, "Adair": 10, "Cole": 1}


async def _told(who: Caller) -> dict[str, Count]:
    return {one.name: one.open_referrals for one in await list_coverage(who)}


@pytest.mark.requirement("PRF-11")
@pytest.mark.requirement("RSP-07")
async def test_a_small_count_of_a_county_is_told_to_whom_may_open_each_referral_and_kept_back_from_others(
    world: World,
) -> None:
    central, office = await world.user(Role.CENTRAL_STAFF), await world.coordinator(*SEEKING)
    for name, many in SEEKING.items():
        for _ in range(many):
            await world.published(office, name)
    await world.published(office)  # statewide: of no county
    liaison = await world.user(Role.PROVIDER_RELATIONS)
    adair = await world.coordinator("Adair")
    both = await world.user(Role.PROVIDER_RELATIONS, Role.PLACEMENT_COORDINATOR, counties=["Cole"])
    people = [central, await world.user(Role.ADMINISTRATOR), liaison, adair, both]
    counties = {str(one.name): str(one.fips) for one in await County.all()}

    for who in people:
        told = await _told(who)
        assert set(told) == set(counties)
        for name, count in told.items():
            there = SEEKING.get(name, 0)
            opened = 0
            if who is not liaison and there:
                only = ReferralFilter(statuses=frozenset({ReferralStatus.OPEN}), counties=frozenset({counties[name]}))
                opened = (await list_referrals(who, where=only, count=True)).total_count or 0
            assert count == (Count(there) if opened == there or not is_small(there) else KEPT_BACK)

    assert [(await _told(liaison))[name] for name in SEEKING] == [Count(11), KEPT_BACK, KEPT_BACK]
    assert [(await _told(adair))[name] for name in SEEKING] == [Count(11), Count(10), KEPT_BACK]
    assert [(await _told(both))[name] for name in SEEKING] == [Count(11), KEPT_BACK, Count(1)]
    assert {one.name for one in await list_coverage(liaison) if one.lacking} == set(SEEKING), (
        "that there are some is told"
    )


@pytest.mark.requirement("RSP-07")
async def test_the_counties_served_tell_of_referrals_what_the_insights_tell(world: World) -> None:
    central, office = await world.user(Role.CENTRAL_STAFF), await world.coordinator(*SEEKING)
    for name, many in SEEKING.items():
        for _ in range(many):
            await world.published(office, name)
    for who in (central, await world.user(Role.PROVIDER_RELATIONS), await world.coordinator("Adair", "Boone")):
        view = await view_insights(who, InsightQuestion(), wanted={"demandByCounty"})
        told = await _told(who)
        demand = {row.county.name: row.open_referrals for row in view.demand_by_county if row.county}
        assert demand
        assert demand == {name: told[name] for name in demand}
