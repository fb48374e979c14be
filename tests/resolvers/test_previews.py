"""The preview says exactly what publishing then does, for every provider, and tells nobody (001:139-172)."""

from __future__ import annotations

from datetime import date

import pytest

from orm.models import Contact, Provider, ProviderKind, Publication
from resolvers.exclusions import exclude_provider
from resolvers.frozen_audiences import audiences_of
from resolvers.previews import preview_publish
from resolvers.referrals import delete_referral, publish_referral
from rules.audience import Reason
from rules.errors import Denied, NotFound
from rules.roles import Role
from tests.world.world import World


async def _one_of_each(world: World, number: int, coordinator: object) -> dict[str, Reason]:
    """Make a provider for every reason there is; give the reason that is expected of each by name."""
    expected: dict[str, Reason] = {}
    for reason, make in (
        (Reason.COUNTY, {}),
        (Reason.OTHER_COUNTIES, {}),
        (Reason.NOT_RESIDENTIAL, {"kind": ProviderKind.TARGETED_CASE_MANAGEMENT}),
        (Reason.NOT_ACTIVE, {}),
        (Reason.NO_CONTRACT, {"contract_ends": date(2026, 3, 1)}),
        (Reason.NO_REFERRAL_STATUS, {}),
        (Reason.EXCLUDED, {}),
        (Reason.NO_ACTIVE_CONTACT, {}),
    ):
        home = await world.provider(
            "Adair" if reason is Reason.OTHER_COUNTIES else "Boone", name=f"The {reason}", **make
        )
        expected[home.name] = reason
        match reason:
            case Reason.NOT_ACTIVE:
                await Provider.filter(id=home.id).update(active=False)
            case Reason.NO_REFERRAL_STATUS:
                await world.suspend(home.id)
            case Reason.EXCLUDED:
                await exclude_provider(coordinator, number, home.id, "Too near.")  # type: ignore[arg-type]
            case Reason.NO_ACTIVE_CONTACT:
                await Contact.filter(provider_id=home.id).update(active=False)
    return expected


@pytest.mark.requirement("REF-17")
@pytest.mark.requirement("REF-03")
async def test_every_provider_has_the_verdict_that_publishing_then_freezes(world: World) -> None:
    coordinator = await world.coordinator("Boone", "Cole")
    number = await world.draft(coordinator, "Boone", "Cole")
    expected = await _one_of_each(world, number, coordinator)

    preview = await preview_publish(coordinator, number)
    assert await world.letters() == []
    await publish_referral(coordinator, number)

    assert {one.provider.name: one.reason for one in preview.verdicts} == expected
    [audience] = (await audiences_of([one.id for one in await Publication.all()])).values()
    frozen = {provider: (reason.eligible, reason) for provider, reason in audience.items()}
    assert {one.provider.id: (one.eligible, one.reason) for one in preview.verdicts} == frozen
    assert preview.eligible_count == sum(eligible for eligible, _ in frozen.values()) == 1
    for verdict in preview.verdicts:
        assert verdict.sentence == verdict.reason.sentence
        assert verdict.cites == verdict.reason.cites
        assert (verdict.contact_count == 1) is verdict.eligible
        assert [county.name for county in verdict.counties] == (["Boone"] if verdict.eligible else [])
    assert [county.name for county in preview.unreachable_counties] == ["Cole"]


@pytest.mark.requirement("NOT-05")
async def test_a_statewide_preview_names_no_counties(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.draft(coordinator)
    expected = await _one_of_each(world, number, coordinator)
    preview = await preview_publish(coordinator, number)
    reached = {one.provider.name for one in preview.verdicts if one.eligible}
    assert reached == {name for name, reason in expected.items() if reason in {Reason.COUNTY, Reason.OTHER_COUNTIES}}
    assert {one.reason for one in preview.verdicts if one.eligible} == {Reason.STATEWIDE}
    assert preview.unreachable_counties == []


@pytest.mark.requirement("NOT-09")
@pytest.mark.requirement("PRF-01")
async def test_a_county_in_which_no_letter_would_arrive_is_pointed_out(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await Contact.filter(id=home.contact_id).update(email=None)
    number = await world.draft(coordinator, "Boone")
    preview = await preview_publish(coordinator, number)
    [verdict] = preview.verdicts
    assert (verdict.eligible, verdict.contact_count, verdict.reachable_contact_count) == (True, 1, 0)
    assert [county.name for county in preview.unreachable_counties] == ["Boone"]


@pytest.mark.requirement("NOT-16")
@pytest.mark.requirement("NOT-17")
async def test_the_coordinators_who_would_hear_are_those_who_then_do(world: World) -> None:
    placement = await world.coordinator("Boone")
    transition = await world.coordinator("Boone", role=Role.TRANSITION_COORDINATOR)
    elsewhere = await world.coordinator("Adair")
    for counties, hearing in ((["Boone"], [placement, transition]), ([], [placement, transition, elsewhere])):
        number = await world.draft(placement, *counties)
        preview = await preview_publish(placement, number)
        await publish_referral(placement, number)
        told = [
            caller
            for caller in (placement, transition, elsewhere)
            if number in [line for _, line in await world.lines(caller.actor.mailbox_id)]
        ]
        assert told == hearing
        assert len(preview.coordinator_names) == len(hearing)


async def test_a_preview_is_for_those_who_may_publish_it(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    with pytest.raises(Denied):
        await preview_publish(home.staff, number)
    with pytest.raises(NotFound):
        await preview_publish(await world.coordinator("Adair"), number)
    await delete_referral(coordinator, number, "A double.")
    with pytest.raises(NotFound):
        await preview_publish(coordinator, number)
