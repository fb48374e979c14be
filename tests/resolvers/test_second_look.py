"""What a second click, a family's wish and a flood of filters may not do."""

from __future__ import annotations

import pytest

from resolvers.exclusions import exclude_provider
from resolvers.referral_search import ReferralFilter, TextFilter
from resolvers.referral_views import list_referrals
from resolvers.referrals import close_referral, publish_referral
from rules.errors import Conflict, Invalid
from rules.referrals import CloseOutcome, ReferralStatus
from tests.world.world import World


async def test_a_second_click_on_publish_tells_nobody_twice(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.draft(coordinator, "Boone")
    seen = (await world.referral(number)).version

    await publish_referral(coordinator, number, version=seen)
    with pytest.raises(Conflict) as refused:
        await publish_referral(coordinator, number, version=seen)

    assert refused.value.code == "REFERRAL_CHANGED"
    assert len(await world.lines(home.mailbox_id)) == 1


async def test_a_referral_is_not_closed_with_a_provider_that_the_family_does_not_want(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await exclude_provider(coordinator, number, home.id, "The family knows them.")

    with pytest.raises(Conflict) as refused:
        await close_referral(coordinator, number, CloseOutcome.PLACED, home.id)

    assert (refused.value.code, refused.value.field) == ("PROVIDER_EXCLUDED", "placedWithId")
    assert (await world.referral(number)).status is ReferralStatus.OPEN


@pytest.mark.parametrize("text", [TextFilter(contains="a" * 101), TextFilter(in_=("a",) * 101)])
async def test_a_filter_that_is_too_large_is_refused(world: World, text: TextFilter) -> None:
    coordinator = await world.coordinator("Boone")
    with pytest.raises(Invalid) as refused:
        await list_referrals(coordinator, where=ReferralFilter(last_name=text))
    assert refused.value.code == "FILTER_TOO_LARGE"
