"""The ends of a referral, and the family's no: closed, deleted, excluded, included again (001:137-165)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from orm.models import Contact, Outcome, ReferralExclusion
from resolvers.callers import Caller
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.referral_search import ReferralFilter
from resolvers.referral_views import list_referrals, view_referral
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.responses import Answer, respond_to_referral
from rules.errors import Conflict, Invalid, NotFound, Refusal
from rules.notices import NotificationKind
from rules.referrals import CloseOutcome, ReferralStatus, ResponseKind
from rules.roles import Role
from tests.world.world import ProviderHome, World

PUBLISHED, REPUBLISHED = NotificationKind.REFERRAL_PUBLISHED, NotificationKind.REFERRAL_REPUBLISHED
CLOSED, DELETED = NotificationKind.REFERRAL_CLOSED, NotificationKind.REFERRAL_DELETED
ENDED = ReferralFilter(statuses=frozenset({ReferralStatus.CLOSED, ReferralStatus.DELETED}))


async def _open(world: World) -> tuple[Caller, ProviderHome, int]:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    return coordinator, home, await world.published(coordinator, "Boone")


async def _sees(who: Caller, number: int) -> bool:
    try:
        await view_referral(who, number=number)
    except NotFound:
        return False
    return True


@pytest.mark.requirement("REF-06")
@pytest.mark.requirement("NOT-04")
@pytest.mark.requirement("NOT-15")
async def test_a_closing_is_told_to_who_had_received_the_referral_and_to_the_coordinators(world: World) -> None:
    coordinator, home, number = await _open(world)
    transition = await world.coordinator("Boone", role=Role.TRANSITION_COORDINATOR)
    newcomer, elsewhere = await world.provider("Boone"), await world.provider("Adair")

    await close_referral(coordinator, number, CloseOutcome.PLACED, home.id)

    referral = await world.referral(number)
    assert (referral.status, referral.closed_at) == (ReferralStatus.CLOSED, world.clock())
    assert (referral.close_outcome, referral.placed_with_id) == (CloseOutcome.PLACED, home.id)
    assert await world.lines(home.mailbox_id) == [(PUBLISHED, number), (CLOSED, number)]
    for told in (coordinator, transition):
        assert (await world.lines(told.actor.mailbox_id))[-1] == (CLOSED, number)
    for untold in (newcomer, elsewhere):
        assert await world.lines(untold.mailbox_id) == []


async def test_a_closed_referral_is_found_by_who_had_received_it_and_by_nobody_new(world: World) -> None:
    coordinator, home, number = await _open(world)
    newcomer = await world.provider("Boone")
    await close_referral(coordinator, number, CloseOutcome.WITHDRAWN, None)

    assert [view.number for view in (await list_referrals(home.staff, where=ENDED)).nodes] == [number]
    assert [view.number for view in (await list_referrals(home.staff)).nodes] == []
    assert not await _sees(newcomer.staff, number)


@pytest.mark.requirement("REF-06")
@pytest.mark.parametrize(
    ("outcome", "placed", "code"),
    [
        (CloseOutcome.PLACED, None, "PLACED_WITH_REQUIRED"),
        (CloseOutcome.PLACED, "nobody", "PROVIDER_NOT_FOUND"),
        (CloseOutcome.OTHER, "home", "PLACED_WITH_NOT_ALLOWED"),
        (CloseOutcome.PLACED_ELSEWHERE, "home", "PLACED_WITH_NOT_ALLOWED"),
    ],
)
async def test_a_placement_names_its_provider_and_no_other_end_does(
    world: World, outcome: CloseOutcome, placed: str | None, code: str
) -> None:
    coordinator, home, number = await _open(world)
    key = {None: None, "nobody": uuid4(), "home": home.id}[placed]

    with pytest.raises(Invalid) as refused:
        await close_referral(coordinator, number, outcome, key)

    assert (refused.value.code, refused.value.field) == (code, "placedWithId")
    assert (await world.referral(number)).status is ReferralStatus.OPEN
    assert await world.lines(home.mailbox_id) == [(PUBLISHED, number)]
    assert [(entry.outcome, entry.code) for entry in await world.entries("referral.close")] == [(Outcome.REFUSED, code)]


@pytest.mark.requirement("REF-06")
@pytest.mark.requirement("REF-07")
async def test_only_an_open_referral_is_closed_and_a_closed_one_is_not_deleted(world: World) -> None:
    coordinator, _, number = await _open(world)
    draft = await world.draft(coordinator, "Boone")
    with pytest.raises(Conflict):
        await close_referral(coordinator, draft, CloseOutcome.OTHER, None)
    await close_referral(coordinator, number, CloseOutcome.OTHER, None)
    for attempt in (
        close_referral(coordinator, number, CloseOutcome.OTHER, None),
        delete_referral(coordinator, number, "A double."),
        publish_referral(coordinator, number),
    ):
        with pytest.raises(Conflict) as refused:
            await attempt
        assert refused.value.code == "REFERRAL_NOT_OPEN"


@pytest.mark.requirement("REF-05")
@pytest.mark.requirement("NOT-03")
async def test_a_deletion_is_told_to_who_had_received_the_referral_and_then_it_exists_for_the_office_only(
    world: World,
) -> None:
    coordinator, home, number = await _open(world)
    newcomer = await world.provider("Boone")
    await respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT))

    await delete_referral(coordinator, number, " Entered twice. ")

    referral = await world.referral(number)
    assert (referral.status, referral.delete_reason) == (ReferralStatus.DELETED, "Entered twice.")
    assert await world.lines(home.mailbox_id) == [(PUBLISHED, number), (DELETED, number)]
    assert (await world.lines(coordinator.actor.mailbox_id))[-1] == (DELETED, number)
    assert await world.lines(newcomer.mailbox_id) == []
    for who in (coordinator, home.staff):
        assert not await _sees(who, number)
    assert await _sees(await world.user(Role.CENTRAL_STAFF), number)


@pytest.mark.requirement("NOT-03")
async def test_a_draft_is_deleted_without_a_word_to_anybody(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.draft(coordinator, "Boone")
    await delete_referral(coordinator, number, "A mistake.")
    assert await world.letters() == []
    assert await world.lines(home.mailbox_id) == await world.lines(coordinator.actor.mailbox_id) == []


@pytest.mark.requirement("REF-05")
@pytest.mark.parametrize(
    ("reason", "code"), [("", "TEXT_REQUIRED"), ("x" * 501, "TEXT_TOO_LONG"), ("a\0", "TEXT_MALFORMED")]
)
async def test_a_deletion_and_an_exclusion_need_a_reason_that_can_be_read(world: World, reason: str, code: str) -> None:
    coordinator, home, number = await _open(world)
    for attempt in (
        delete_referral(coordinator, number, reason),
        exclude_provider(coordinator, number, home.id, reason),
    ):
        with pytest.raises(Invalid) as refused:
            await attempt
        assert (refused.value.code, refused.value.field) == (code, "reason")
    assert (await world.referral(number)).status is ReferralStatus.OPEN
    assert not await ReferralExclusion.all().exists()


@pytest.mark.requirement("NOT-03")
@pytest.mark.requirement("NOT-04")
@pytest.mark.requirement("NOT-07")
@pytest.mark.requirement("NOT-08")
@pytest.mark.requirement("NOT-09")
@pytest.mark.parametrize("end", ["close", "delete"])
async def test_who_may_not_hear_of_referrals_does_not_hear_of_their_end(world: World, end: str) -> None:
    coordinator = await world.coordinator("Boone")
    suspended, excluded, silent = [await world.provider("Boone") for _ in range(3)]
    number = await world.published(coordinator, "Boone")
    await world.suspend(suspended.id)
    await exclude_provider(coordinator, number, excluded.id, "Too near.")
    await _deactivate(silent)

    if end == "close":
        await close_referral(coordinator, number, CloseOutcome.OTHER, None)
    else:
        await delete_referral(coordinator, number, "A double.")

    for home in (suspended, excluded, silent):
        assert await world.lines(home.mailbox_id) == [(PUBLISHED, number)]


@pytest.mark.requirement("REF-12")
@pytest.mark.requirement("NOT-08")
async def test_for_an_excluded_provider_the_referral_does_not_exist_from_that_moment(world: World) -> None:
    coordinator, home, number = await _open(world)
    await exclude_provider(coordinator, number, home.id, "Too near.")
    assert not await _sees(home.staff, number)
    assert (await list_referrals(home.staff, count=True)).total_count == 0
    await publish_referral(coordinator, number)
    assert await world.lines(home.mailbox_id) == [(PUBLISHED, number)]
    await close_referral(coordinator, number, CloseOutcome.OTHER, None)
    assert not await _sees(home.staff, number)


@pytest.mark.requirement("REF-13")
@pytest.mark.requirement("NOT-13")
async def test_a_provider_that_is_included_again_sees_it_at_once_and_hears_at_the_next_publishing(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.draft(coordinator, "Boone")
    await exclude_provider(coordinator, number, home.id, "Too near.")
    await publish_referral(coordinator, number)

    await include_provider(coordinator, number, home.id)

    assert await world.lines(home.mailbox_id) == []
    assert await world.letters(contact_id=home.contact_id) == []
    assert await _sees(home.staff, number)

    await publish_referral(coordinator, number)
    assert await world.lines(home.mailbox_id) == [(REPUBLISHED, number)]


@pytest.mark.requirement("NOT-13")
async def test_a_provider_that_had_received_it_and_is_included_again_hears_nothing_before_the_next_publishing(
    world: World,
) -> None:
    coordinator, home, number = await _open(world)
    await exclude_provider(coordinator, number, home.id, "Too near.")
    await publish_referral(coordinator, number)
    told, letters = await world.lines(home.mailbox_id), await world.letters()

    await include_provider(coordinator, number, home.id)

    assert await world.lines(home.mailbox_id) == told == [(PUBLISHED, number)]
    assert await world.letters() == letters
    await publish_referral(coordinator, number)
    assert await world.lines(home.mailbox_id) == [*told, (REPUBLISHED, number)]


@pytest.mark.requirement("REF-12")
@pytest.mark.requirement("REF-13")
async def test_a_provider_is_excluded_once_and_included_once_and_each_time_is_kept(world: World) -> None:
    coordinator, home, number = await _open(world)

    async def refused(attempt: object) -> str:
        with pytest.raises(Refusal) as refusal:
            await attempt  # type: ignore[misc]
        return refusal.value.code

    assert await refused(include_provider(coordinator, number, home.id)) == "NOT_EXCLUDED"
    assert await refused(exclude_provider(coordinator, number, uuid4(), "Who?")) == "PROVIDER_NOT_FOUND"
    await exclude_provider(coordinator, number, home.id, "First.")
    assert await refused(exclude_provider(coordinator, number, home.id, "Again.")) == "ALREADY_EXCLUDED"
    await include_provider(coordinator, number, home.id)
    assert await refused(include_provider(coordinator, number, home.id)) == "NOT_EXCLUDED"
    world.clock.forward(hours=1)
    await exclude_provider(coordinator, number, home.id, "Second.")

    history = await ReferralExclusion.all().order_by("excluded_at")
    assert [(one.reason, one.included_at is None) for one in history] == [("First.", False), ("Second.", True)]
    view = await view_referral(coordinator, number=number, wanted={"exclusions"})
    assert [(one.provider.id, one.reason) for one in view.exclusions] == [(home.id, "Second.")]


@pytest.mark.requirement("REF-20")
async def test_a_coordinator_of_another_county_ends_nothing(world: World) -> None:
    _, home, number = await _open(world)
    stranger = await world.coordinator("Adair")
    for attempt in (
        close_referral(stranger, number, CloseOutcome.OTHER, None),
        delete_referral(stranger, number, "A double."),
        exclude_provider(stranger, number, home.id, "Too near."),
        include_provider(stranger, number, home.id),
    ):
        with pytest.raises(NotFound) as refused:
            await attempt
        assert refused.value.code == "REFERRAL_NOT_FOUND"
    assert (await world.referral(number)).version == 2


async def _deactivate(home: ProviderHome) -> None:
    await Contact.filter(provider_id=home.id).update(active=False)
