"""A pending placement: one provider that accepted, the others told that it is pending (001:213-217)."""

from __future__ import annotations

import pytest

from orm.models import Outcome, PendingPlacement, Referral, ReferralVersion
from resolvers.callers import Caller
from resolvers.exclusions import exclude_provider
from resolvers.pending_placements import clear_pending_placement, set_pending_placement
from resolvers.referral_views import list_referrals
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.responses import Answer, respond_to_referral
from rules.errors import Conflict, NotFound, Refusal
from rules.notices import NotificationKind
from rules.referrals import CloseOutcome, DeclineReason, Provision, ReferralStatus, ResponseKind
from tests.world.world import ProviderHome, World

SET, CLEARED = NotificationKind.PENDING_PLACEMENT_SET, NotificationKind.PENDING_PLACEMENT_CLEARED


async def _accepted(world: World, homes: int = 1) -> tuple[Caller, int, list[ProviderHome]]:
    coordinator = await world.coordinator("Boone")
    providers = [await world.provider("Boone") for _ in range(homes)]
    number = await world.published(coordinator, "Boone")
    for home in providers:
        await respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT))
    return coordinator, number, providers


async def _refused(world: World, coordinator: Caller, number: int, home: ProviderHome) -> Refusal:
    before = await Referral.filter(number=number).values()
    with pytest.raises(Refusal) as refused:
        await set_pending_placement(coordinator, number, home.id)
    assert await Referral.filter(number=number).values() == before
    entry = (await world.entries("referral.set_pending_placement"))[-1]
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, refused.value.code)
    return refused.value


@pytest.mark.requirement("REF-10")
@pytest.mark.requirement("REF-19")
async def test_a_pending_placement_keeps_the_referral_open_and_tells_who_had_received_it(world: World) -> None:
    coordinator, number, homes = await _accepted(world, 2)
    newcomer = await world.provider("Boone")

    await set_pending_placement(coordinator, number, homes[0].id)

    referral = await world.referral(number)
    assert (referral.status, referral.pending_provider_id) == (ReferralStatus.OPEN, homes[0].id)
    for home in homes:
        assert (await world.lines(home.mailbox_id))[-1] == (SET, number)
    assert await world.lines(newcomer.mailbox_id) == []
    [pending] = await PendingPlacement.all()
    assert (pending.set_at, pending.set_by_id, pending.ended_at) == (world.clock(), coordinator.actor.id, None)
    assert len((await list_referrals(newcomer.staff)).nodes) == 1


@pytest.mark.requirement("REF-19")
async def test_a_tentative_acceptance_is_one(world: World) -> None:
    coordinator, number, [home] = await _accepted(world)
    await respond_to_referral(home.staff, number, Answer(ResponseKind.TENTATIVE, Provision.BUDGET))
    await set_pending_placement(coordinator, number, home.id)
    assert (await Referral.get(number=number)).pending_provider_id == home.id


@pytest.mark.requirement("REF-19")
async def test_only_a_provider_that_accepts_is_chosen(world: World) -> None:
    coordinator, number, [home] = await _accepted(world)
    silent = await world.provider("Boone")
    decline = Answer(ResponseKind.DECLINE, decline_reason=DeclineReason.RATE)
    await respond_to_referral(home.staff, number, decline)
    for other in (home, silent):
        refused = await _refused(world, coordinator, number, other)
        assert (type(refused), refused.code) == (Conflict, "PROVIDER_HAS_NOT_ACCEPTED")


@pytest.mark.requirement("REF-12")
@pytest.mark.requirement("REF-19")
async def test_a_provider_that_the_family_does_not_want_is_not_chosen(world: World) -> None:
    coordinator, number, [home] = await _accepted(world)
    await exclude_provider(coordinator, number, home.id, "The family has visited.")
    refused = await _refused(world, coordinator, number, home)
    assert (type(refused), refused.code) == (Conflict, "PROVIDER_EXCLUDED")


@pytest.mark.requirement("REF-12")
async def test_a_chosen_provider_is_excluded_only_after_the_choice_is_cleared(world: World) -> None:
    coordinator, number, [home] = await _accepted(world)
    await set_pending_placement(coordinator, number, home.id)
    with pytest.raises(Conflict) as refused:
        await exclude_provider(coordinator, number, home.id, "The family has visited.")
    assert refused.value.code == "PENDING_PLACEMENT_SET"
    await clear_pending_placement(coordinator, number)
    await exclude_provider(coordinator, number, home.id, "The family has visited.")


@pytest.mark.requirement("REF-19")
async def test_one_placement_is_pending_at_a_time_and_another_after_it_is_cleared(world: World) -> None:
    coordinator, number, homes = await _accepted(world, 2)
    await set_pending_placement(coordinator, number, homes[0].id)
    for home in homes:
        refused = await _refused(world, coordinator, number, home)
        assert (type(refused), refused.code) == (Conflict, "PENDING_PLACEMENT_SET")

    world.clock.forward(days=1)
    await clear_pending_placement(coordinator, number)
    await set_pending_placement(coordinator, number, homes[1].id)

    assert [kind for kind, _ in (await world.lines(homes[0].mailbox_id))[1:]] == [SET, CLEARED, SET]
    history = await PendingPlacement.all().order_by("set_at")
    assert [(one.provider_id, one.ended_why) for one in history] == [(homes[0].id, "cleared"), (homes[1].id, "")]
    acts = await ReferralVersion.filter(referral__number=number).order_by("version").values_list("act", flat=True)
    assert [str(act) for act in acts][2:] == [
        "pending placement set",
        "pending placement cleared",
        "pending placement set",
    ]


@pytest.mark.requirement("REF-10")
async def test_there_must_be_a_pending_placement_to_clear(world: World) -> None:
    coordinator, number, [home] = await _accepted(world)
    for _ in range(2):
        with pytest.raises(Conflict) as refused:
            await clear_pending_placement(coordinator, number)
        assert refused.value.code == "NO_PENDING_PLACEMENT"
        await set_pending_placement(coordinator, number, home.id)
        await clear_pending_placement(coordinator, number)


@pytest.mark.requirement("REF-10")
@pytest.mark.parametrize("end", ["closed", "deleted"])
async def test_the_end_of_a_referral_ends_its_pending_placement(world: World, end: str) -> None:
    coordinator, number, [home] = await _accepted(world)
    await set_pending_placement(coordinator, number, home.id)
    if end == "closed":
        await close_referral(coordinator, number, CloseOutcome.PLACED, home.id)
    else:
        await delete_referral(coordinator, number, "A double.")

    [pending] = await PendingPlacement.all()
    assert (pending.ended_at, pending.ended_by_id, pending.ended_why) == (world.clock(), coordinator.actor.id, end)
    assert (await world.referral(number)).pending_provider_id is None
    with pytest.raises((Conflict, NotFound)):
        await clear_pending_placement(coordinator, number)


@pytest.mark.requirement("REF-10")
async def test_publishing_again_keeps_the_pending_placement(world: World) -> None:
    coordinator, number, [home] = await _accepted(world)
    await set_pending_placement(coordinator, number, home.id)
    await publish_referral(coordinator, number)
    assert (await world.referral(number)).pending_provider_id == home.id


@pytest.mark.requirement("REF-20")
async def test_only_who_sees_a_referral_sets_or_clears_its_pending_placement(world: World) -> None:
    coordinator, number, [home] = await _accepted(world)
    stranger = await world.coordinator("Adair")
    assert isinstance(await _refused(world, stranger, number, home), NotFound)
    await set_pending_placement(coordinator, number, home.id)
    with pytest.raises(NotFound):
        await clear_pending_placement(stranger, number)
