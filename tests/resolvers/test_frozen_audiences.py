"""The audience of a publication stays as it was decided, whatever becomes of it later (001:139; REF-03)."""

from __future__ import annotations

import pytest
from tortoise.exceptions import IntegrityError

from orm.models import Provider, ProviderKind, Publication
from orm.sql import dialect, execute
from resolvers.callers import Caller
from resolvers.frozen_audiences import audiences_of
from resolvers.referral_views import view_referral
from resolvers.referrals import publish_referral
from rules.audience import Reason
from tests.world.world import World

pytestmark = pytest.mark.requirement("REF-03")


async def _shown(who: Caller, number: int) -> list[list[tuple[str, bool, Reason]]]:
    """Give the audience of each publication as it is shown."""
    view = await view_referral(who, number=number, wanted={"publications", "publications.audience"})
    return [[(it.provider.name, it.eligible, it.reason) for it in one.audience] for one in view.publications]


async def test_publishing_again_has_an_audience_of_its_own_and_leaves_the_first_as_it_was(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    for county, name in (("Boone", "Zinnia"), ("Adair", "Mint"), ("Boone", "Aster")):
        await world.provider(county, name=name)
    number = await world.published(coordinator, "Boone")
    first = await Publication.get()
    await Provider.filter(name="Zinnia").update(active=False)
    await world.provider("Boone", name="Cedar")

    await publish_referral(coordinator, number)

    aster, mint = ("Aster", True, Reason.COUNTY), ("Mint", False, Reason.OTHER_COUNTIES)
    assert await _shown(coordinator, number) == [
        [aster, mint, ("Zinnia", True, Reason.COUNTY)],
        [aster, ("Cedar", True, Reason.COUNTY), mint, ("Zinnia", False, Reason.NOT_ACTIVE)],
    ]
    assert (await Publication.get(number=1)).audience == first.audience


async def test_the_audience_is_shown_in_the_order_in_which_providers_are_listed(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    for name in ("de Soto", "Élan", "Zinnia", "aster", "Aster & Co.", "a-z", "Elan"):
        await world.provider("Boone", name=name)
    number = await world.published(coordinator, "Boone")

    [shown] = await _shown(coordinator, number)

    assert [name for name, _, _ in shown] == [one.name for one in await Provider.all().order_by("name")]


async def test_nobody_changes_an_audience_or_takes_it_away(world: World) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    await world.published(coordinator, "Boone")
    attempts = ["UPDATE publication SET audience = '{}'", "DELETE FROM publication"]
    if dialect() == "postgres":
        attempts.append("TRUNCATE publication CASCADE")

    for attempt in attempts:
        with pytest.raises(IntegrityError, match="publication is written once"):
            await execute(attempt)

    publication = await Publication.get()
    assert await audiences_of([publication.id]) == {publication.id: {home.id: Reason.COUNTY}}


async def test_a_provider_that_is_not_in_the_exchange_any_more_is_left_out(world: World) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    gone = await Provider.create(name="Gone", kind=ProviderKind.RESIDENTIAL, created_at=world.clock())
    number = await world.published(coordinator, "Boone")
    assert await _shown(coordinator, number) == [
        sorted([("Gone", False, Reason.NO_CONTRACT), (home.name, True, Reason.COUNTY)])
    ]

    await gone.delete()

    assert await _shown(coordinator, number) == [[(home.name, True, Reason.COUNTY)]]


async def test_a_publication_to_nobody_has_an_empty_audience(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")

    assert await _shown(coordinator, number) == [[]]
