"""The view of one referral shows what the manual says, and who helps (001:236-254, 001:286-294)."""

from __future__ import annotations

import pytest

from orm.models import Guardian, Outcome
from resolvers.referral_views import view_referral
from rules.errors import NotFound
from tests.world.world import World

WANTED = frozenset({"preferredCounties", "consumer", "consumer.guardians", "facility", "primaryCoordinator"})


@pytest.mark.requirement("VUE-01", "VUE-02", "REF-16", "HLP-04")
async def test_the_view_shows_facility_coordinator_person_guardians_and_counties(world: World) -> None:
    coordinator = await world.coordinator("Boone", "Adair")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone", "Adair")
    referral = await world.referral(number)
    await Guardian.create(
        consumer_id=referral.consumer_id, name="Juniper Example", relationship="Sister", phone="555-0101"
    )

    view = await view_referral(home.staff, number=number, wanted=WANTED)

    assert (view.number, view.facility.code, view.facility.name) == (number, "101", "Facility 101")
    assert view.primary_coordinator is not None
    assert (view.primary_coordinator.id, view.primary_coordinator.phone) == (coordinator.actor.id, "555-0100")
    assert view.primary_coordinator.email is not None
    consumer = view.consumer
    assert (consumer.address, consumer.city, consumer.age) == ("12 Invented Street", "Sampleton", 35)
    assert [(guardian.name, guardian.relationship) for guardian in consumer.guardians] == [
        ("Juniper Example", "Sister")
    ]
    assert [county.name for county in view.preferred_counties] == ["Adair", "Boone"]


async def test_what_was_not_asked_for_is_neither_read_nor_written_down_as_shown(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")

    view = await view_referral(coordinator, number=number, wanted=frozenset({"number"}))

    assert view.preferred_counties == []
    assert (await world.entries("referral.view"))[-1].shown == ["number"]


async def test_a_referral_that_is_not_there_and_one_out_of_sight_are_the_same_and_both_are_written_down(
    world: World,
) -> None:
    coordinator = await world.coordinator("Boone")
    far = await world.provider("Adair")
    number = await world.published(coordinator, "Boone")

    sentences = set()
    for wrong in (number, number + 1):
        with pytest.raises(NotFound) as refused:
            await view_referral(far.staff, number=wrong)
        sentences.add((refused.value.code, refused.value.message))

    assert len(sentences) == 1
    entries = await world.entries("referral.view")
    assert [(entry.outcome, entry.facts) for entry in entries] == [
        (Outcome.REFUSED, {"number": number}),
        (Outcome.REFUSED, {"number": number + 1}),
    ]
