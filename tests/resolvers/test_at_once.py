"""Two at the same moment: one wins, the other is told, and nothing is half done (ARA-24, REF-01, REF-19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from orm.models import (
    Consumer,
    Letter,
    Mailbox,
    Notification,
    Outcome,
    PendingPlacement,
    Publication,
    Referral,
    ReferralExclusion,
    ReferralVersion,
    Response,
    ResponseVersion,
)
from resolvers.callers import house
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.pending_placements import set_pending_placement
from resolvers.referral_entry import ReferralChange, create_referral, update_referral
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.reminders import remind_contact
from resolvers.responses import Answer, respond_to_referral
from rules.errors import Conflict, NotFound, Refusal
from rules.notices import NotificationKind
from rules.referrals import CloseOutcome, ReferralStatus, ResponseKind
from tests.world.at_once import at_once, refusals
from tests.world.world import ProviderHome, World

MANY = 20


async def _accepted(world: World, homes: int) -> tuple[Any, int, list[ProviderHome]]:
    coordinator = await world.coordinator("Boone")
    providers = [await world.provider("Boone") for _ in range(homes)]
    number = await world.published(coordinator, "Boone")
    for home in providers:
        await respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT))
    return coordinator, number, providers


@pytest.mark.requirement("REF-06")
async def test_two_who_close_a_referral_at_once_close_it_once(world: World) -> None:
    coordinator, number, [home] = await _accepted(world, 1)
    colleague = await world.coordinator("Boone")

    answers = await at_once(
        close_referral(coordinator, number, CloseOutcome.OTHER, None),
        close_referral(colleague, number, CloseOutcome.PLACED, home.id),
    )

    [refused] = refusals(answers)
    assert isinstance(refused, Conflict)
    assert refused.code == "REFERRAL_NOT_OPEN"
    versions = await ReferralVersion.filter(referral__number=number, act="closed")
    assert len(versions) == 1
    assert (await world.lines(home.mailbox_id)).count((NotificationKind.REFERRAL_CLOSED, number)) == 1
    assert sorted(entry.outcome for entry in await world.entries("referral.close")) == [Outcome.DONE, Outcome.REFUSED]


@pytest.mark.requirement("REF-19")
async def test_two_who_choose_a_provider_at_once_choose_one(world: World) -> None:
    coordinator, number, homes = await _accepted(world, 2)
    colleague = await world.coordinator("Boone")

    answers = await at_once(
        set_pending_placement(coordinator, number, homes[0].id), set_pending_placement(colleague, number, homes[1].id)
    )

    [refused] = refusals(answers)
    assert (type(refused), refused.code) == (Conflict, "PENDING_PLACEMENT_SET")
    [pending] = await PendingPlacement.filter(referral__number=number, ended_at=None)
    assert pending.provider_id == (await world.referral(number)).pending_provider_id


@pytest.mark.requirement("RSP-04")
async def test_an_answer_and_the_closing_at_once_leave_no_answer_after_the_closing(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    homes = [await world.provider("Boone") for _ in range(6)]
    number = await world.published(coordinator, "Boone")

    answers = await at_once(
        *(respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT)) for home in homes[:3]),
        close_referral(coordinator, number, CloseOutcome.OTHER, None),
        *(respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT)) for home in homes[3:]),
    )

    assert {refusal.code for refusal in refusals(answers)} <= {"REFERRAL_CLOSED"}
    assert (await world.referral(number)).status is ReferralStatus.CLOSED
    kept = await Response.filter(referral__number=number).count()
    assert kept == len(homes) - len(refusals(answers))
    assert await ResponseVersion.filter(response__referral__number=number).count() == kept
    told = await world.lines(coordinator.actor.mailbox_id)
    assert told.count((NotificationKind.RESPONSE_RECEIVED, number)) == kept
    late = (NotificationKind.REFERRAL_CLOSED, number)
    assert told.index(late) == len(told) - 1, "an answer was told after the closing"


@pytest.mark.requirement("RSP-09")
async def test_two_of_one_provider_who_answer_at_once_give_one_answer_in_two_versions(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")

    await at_once(
        respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT, comments="One.")),
        respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT, comments="Two.")),
    )

    [response] = await Response.filter(referral__number=number)
    versions = await ResponseVersion.filter(response_id=response.id).order_by("version")
    assert [version.version for version in versions] == [1, 2]
    assert {version.comments for version in versions} == {"One.", "Two."}
    assert versions[-1].comments == response.comments
    assert [kind for kind, _ in (await world.lines(coordinator.actor.mailbox_id))[1:]] == [
        NotificationKind.RESPONSE_RECEIVED,
        NotificationKind.RESPONSE_EDITED,
    ]


@pytest.mark.requirement("REF-01")
async def test_referrals_created_at_once_get_consecutive_numbers(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    news = [await world.new_referral("Boone", primary=coordinator) for _ in range(MANY)]
    before = await create_referral(coordinator, await world.new_referral("Boone"))

    numbers = await at_once(*(create_referral(coordinator, new) for new in news))

    assert sorted(numbers) == list(range(before + 1, before + 1 + MANY))


async def test_a_refused_creation_leaves_no_hole_in_the_numbers(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    first = await world.draft(coordinator, "Boone")
    bad = await world.new_referral("Boone", last_name="\x07")

    with pytest.raises(Refusal):
        await create_referral(coordinator, bad)

    assert await world.draft(coordinator, "Boone") == first + 1
    assert await Consumer.all().count() == 2


async def test_the_same_person_entered_many_times_at_once_is_one_person(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    new = await world.new_referral("Boone", primary=coordinator)

    answers = await at_once(*(create_referral(coordinator, new) for _ in range(MANY)))

    assert all(isinstance(refusal, Conflict) for refusal in refusals(answers))
    assert await Consumer.all().count() == 1
    assert await Referral.all().count() == MANY - len(refusals(answers))


async def test_publishers_with_the_same_audience_do_not_lock_each_other_out(world: World) -> None:
    coordinator = await world.coordinator("Boone", "Adair")
    homes = [await world.provider("Boone", "Adair") for _ in range(6)]
    numbers = [await world.draft(coordinator, *(["Boone"] if turn % 2 else ["Adair"])) for turn in range(8)]

    answers = await at_once(*(publish_referral(coordinator, number) for number in numbers))

    assert refusals(answers) == []
    for mailbox_id in [*(home.mailbox_id for home in homes), coordinator.actor.mailbox_id]:
        lines = await Notification.filter(mailbox_id=mailbox_id).order_by("line")
        assert [line.line for line in lines] == list(range(1, len(numbers) + 1))
        assert {line.referral_number for line in lines} == set(numbers)
        assert (await Mailbox.get(id=mailbox_id)).last_line == len(numbers)
    assert await Letter.all().count() == len(numbers) * (len(homes) + 1)


async def test_one_referral_published_many_times_at_once_counts_every_publication(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.draft(coordinator, "Boone")

    await at_once(*(publish_referral(coordinator, number) for _ in range(5)))

    assert (await world.referral(number)).publications == 5
    assert [one.number for one in await Publication.all().order_by("number")] == [1, 2, 3, 4, 5]
    kinds = [kind for kind, _ in await world.lines(home.mailbox_id)]
    assert kinds == [NotificationKind.REFERRAL_PUBLISHED, *[NotificationKind.REFERRAL_REPUBLISHED] * 4]


async def test_every_change_at_once_gets_a_version_of_its_own(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    counties = [await world.county(name) for name in ("Boone", "Adair", "Cole", "Pike")]

    await at_once(
        *(
            update_referral(coordinator, number, ReferralChange(preferred_counties=frozenset({county})))
            for county in counties
        )
    )

    referral = await world.referral(number)
    versions = await ReferralVersion.filter(referral_id=referral.id).order_by("version")
    assert [version.version for version in versions] == list(range(1, referral.version + 1))
    assert len(versions[-1].facts["counties"]) == 1
    assert {version.facts["counties"][0] for version in versions[2:]} == set(counties)


async def test_excluding_including_and_choosing_one_provider_at_once_stays_consistent(world: World) -> None:
    coordinator, number, [home] = await _accepted(world, 1)

    answers = await at_once(
        exclude_provider(coordinator, number, home.id, "One."),
        exclude_provider(coordinator, number, home.id, "Two."),
        set_pending_placement(coordinator, number, home.id),
        include_provider(coordinator, number, home.id),
    )

    assert {type(refusal) for refusal in refusals(answers)} <= {Conflict, NotFound}
    pending = (await world.referral(number)).pending_provider_id
    excluded = await ReferralExclusion.filter(referral__number=number, included_at=None).count()
    assert excluded <= 1
    assert not (pending and excluded), "the family's no and the choice of the same provider stand side by side"


async def test_closing_and_deleting_at_once_ends_a_referral_one_way(world: World) -> None:
    coordinator, number, [home] = await _accepted(world, 1)

    answers = await at_once(
        close_referral(coordinator, number, CloseOutcome.OTHER, None), delete_referral(coordinator, number, "A double.")
    )

    assert len(refusals(answers)) == 1
    ends = {NotificationKind.REFERRAL_CLOSED, NotificationKind.REFERRAL_DELETED}
    assert len([kind for kind, _ in await world.lines(home.mailbox_id) if kind in ends]) == 1


async def test_publishing_answering_and_reminding_at_once_never_have_to_try_again(world: World) -> None:
    """On PostgreSQL a lock that is too strong made them lock each other out, seconds at a time."""
    coordinator = await world.coordinator("Boone")
    homes = [await world.provider("Boone") for _ in range(4)]
    open_ones = [await world.published(coordinator, "Boone") for _ in range(3)]
    drafts = [await world.draft(coordinator, "Boone") for _ in range(3)]
    world.clock.forward(days=31)
    reads = 0

    def clock() -> datetime:
        nonlocal reads
        reads += 1
        return world.clock()

    desk = replace(world.desk, clock=clock)
    work = [
        *(publish_referral(replace(coordinator, desk=desk), number) for number in drafts + open_ones),
        *(remind_contact(house(desk, "test"), home.contact_id) for home in homes),
        *(
            respond_to_referral(replace(home.staff, desk=desk), open_ones[0], Answer(ResponseKind.ACCEPT))
            for home in homes
        ),
    ]

    answers = await at_once(*work)

    assert refusals(answers) == []
    assert reads == len(work), "an operation reads the clock once, so some were tried again"
