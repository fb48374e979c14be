"""Changing a referral: the new wishes hold at once for who sees it, and are told at the next publishing (001:139)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from orm.models import Outcome, Referral, ReferralCounty, ReferralVersion
from resolvers.referral_entry import ReferralChange, update_referral
from resolvers.referral_views import view_referral
from resolvers.referrals import close_referral, delete_referral, publish_referral
from rules.errors import Conflict, Invalid, NotFound, Refusal
from rules.notices import NotificationKind
from rules.referrals import CloseOutcome
from tests.world.world import World

PUBLISHED, REPUBLISHED = NotificationKind.REFERRAL_PUBLISHED, NotificationKind.REFERRAL_REPUBLISHED


@pytest.mark.requirement("REF-02")
async def test_a_provider_of_the_new_county_sees_it_at_once_and_hears_of_it_at_the_next_publishing(
    world: World,
) -> None:
    coordinator = await world.coordinator("Boone", "Adair")
    before, after = await world.provider("Boone"), await world.provider("Adair")
    number = await world.published(coordinator, "Boone")

    await update_referral(
        coordinator, number, ReferralChange(preferred_counties=frozenset({await world.county("Adair")}))
    )

    assert (await view_referral(after.staff, number=number)).number == number
    with pytest.raises(NotFound):
        await view_referral(before.staff, number=number)
    assert await world.lines(after.mailbox_id) == []
    assert await world.lines(before.mailbox_id) == [(PUBLISHED, number)]

    await publish_referral(coordinator, number)
    assert await world.lines(after.mailbox_id) == [(REPUBLISHED, number)]
    assert await world.lines(before.mailbox_id) == [(PUBLISHED, number)]


@pytest.mark.requirement("REF-02")
async def test_statewide_has_no_counties_and_what_is_not_statewide_needs_one(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    boone = await world.county("Boone")

    for change, code in (
        (ReferralChange(statewide=True, preferred_counties=frozenset({boone})), "STATEWIDE_HAS_NO_COUNTIES"),
        (ReferralChange(preferred_counties=frozenset()), "COUNTIES_REQUIRED"),
        (ReferralChange(preferred_counties=frozenset({"29999"})), "UNKNOWN_COUNTY"),
        (ReferralChange(facility_code="999"), "UNKNOWN_FACILITY"),
        (ReferralChange(primary_coordinator_id=uuid4()), "NOT_A_COORDINATOR"),
    ):
        before = await Referral.filter(number=number).values()
        with pytest.raises(Invalid) as refused:
            await update_referral(coordinator, number, change)
        assert refused.value.code == code
        assert await Referral.filter(number=number).values() == before
        assert (await world.entries("referral.update"))[-1].code == code
    assert await _counties(number) == [boone]

    await update_referral(coordinator, number, ReferralChange(statewide=True))
    assert await _counties(number) == []
    with pytest.raises(Invalid) as refused:
        await update_referral(coordinator, number, ReferralChange(statewide=False))
    assert refused.value.code == "COUNTIES_REQUIRED"
    await update_referral(coordinator, number, ReferralChange(statewide=False, preferred_counties=frozenset({boone})))
    assert await _counties(number) == [boone]


async def test_what_is_left_out_stays(world: World) -> None:
    coordinator, colleague = await world.coordinator("Boone"), await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    await world.facility("205")

    await update_referral(coordinator, number, ReferralChange(facility_code="205"))
    await update_referral(coordinator, number, ReferralChange(primary_coordinator_id=colleague.actor.id))

    view = await view_referral(coordinator, number=number, wanted={"preferredCounties"})
    assert (view.facility.code, [county.name for county in view.preferred_counties]) == ("205", ["Boone"])
    assert view.primary_coordinator is not None
    assert view.primary_coordinator.id == colleague.actor.id
    versions = await ReferralVersion.filter(referral_id=view.id).order_by("version")
    assert [(one.version, one.act) for one in versions] == [
        (1, "created"),
        (2, "published"),
        (3, "updated"),
        (4, "updated"),
    ]
    assert [one.facts["facility"] for one in versions] == ["101", "101", "205", "205"]


async def test_a_draft_may_lose_its_counties(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.draft(coordinator, "Boone")
    await update_referral(coordinator, number, ReferralChange(preferred_counties=frozenset()))
    assert await _counties(number) == []


async def test_what_has_ended_cannot_be_changed(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    closed, deleted = await world.published(coordinator, "Boone"), await world.published(coordinator, "Boone")
    await close_referral(coordinator, closed, CloseOutcome.OTHER, None)
    await delete_referral(coordinator, deleted, "A double.")

    for number, kind, code in ((closed, Conflict, "REFERRAL_NOT_OPEN"), (deleted, NotFound, "REFERRAL_NOT_FOUND")):
        with pytest.raises(Refusal) as refused:
            await update_referral(coordinator, number, ReferralChange(statewide=True))
        assert (type(refused.value), refused.value.code) == (kind, code)
    assert [entry.outcome for entry in await world.entries("referral.update")] == [Outcome.REFUSED] * 2


async def test_whoever_moves_a_referral_out_of_their_counties_still_sees_what_they_created(world: World) -> None:
    coordinator, colleague = await world.coordinator("Boone"), await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    adair = frozenset({await world.county("Adair")})
    await update_referral(coordinator, number, ReferralChange(preferred_counties=adair))
    await view_referral(coordinator, number=number)
    with pytest.raises(NotFound):
        await view_referral(colleague, number=number)


async def _counties(number: int) -> list[str]:
    rows = await ReferralCounty.filter(referral__number=number).order_by("county_id")
    return [row.county_id for row in rows]
