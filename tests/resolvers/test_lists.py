"""The list and the view as a person uses them: filters, pages, cursors, and what they never give away (001:183-227)."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from orm.models import Outcome
from resolvers.paging import to_cursor
from resolvers.pending_placements import clear_pending_placement, set_pending_placement
from resolvers.previews import preview_publish
from resolvers.referral_entry import create_referral
from resolvers.referral_search import ReferralFilter, ReferralOrder, TextFilter
from resolvers.referral_views import list_referrals, view_referral
from resolvers.referrals import close_referral, publish_referral
from resolvers.responses import Answer, respond_to_referral
from rules.errors import Invalid, NotFound
from rules.referrals import CloseOutcome, DeclineReason, ReferralStatus, ResponseKind
from rules.roles import Role
from tests.world.world import World

EVERY_STATUS = frozenset(ReferralStatus)


async def _named(world: World, last_name: str) -> int:
    coordinator = await world.user(Role.CENTRAL_STAFF)
    primary = await world.coordinator("Boone")
    number = await create_referral(coordinator, await world.new_referral("Boone", primary=primary, last_name=last_name))
    await publish_referral(coordinator, number)
    return number


async def _found(world: World, **filters: object) -> list[int]:
    everyone = await world.user(Role.CENTRAL_STAFF)
    page = await list_referrals(everyone, where=ReferralFilter(**filters), order=ReferralOrder.NUMBER_ASC)  # type: ignore[arg-type]
    return [view.number for view in page.nodes]


@pytest.mark.requirement("SRC-02")
async def test_a_name_is_found_as_it_is_written_whatever_its_letters(world: World) -> None:
    number = await _named(world, "Éberhard")
    await _named(world, "Other")

    for text in (
        TextFilter(eq="Éberhard"),
        TextFilter(in_=("Nobody", "Éberhard")),
        TextFilter(starts_with="Éber"),
        TextFilter(contains="BERHARD"),
    ):
        assert await _found(world, last_name=text) == [number], text
    assert await _found(world, last_name=TextFilter(in_=())) == []


@pytest.mark.requirement("SRC-02")
async def test_capitals_do_not_matter_and_signs_mean_themselves(world: World) -> None:
    number = await _named(world, "Half%_!way")
    await _named(world, "Halfway")

    for text in (TextFilter(eq="HALF%_!WAY"), TextFilter(starts_with="half%_!"), TextFilter(contains="f%_!w")):
        assert await _found(world, last_name=text) == [number], text
    assert await _found(world, last_name=TextFilter(contains="%")) == [number]


@pytest.mark.requirement("SRC-02")
async def test_filters_are_combined(world: World) -> None:
    first, second = await _named(world, "Miller"), await _named(world, "Miller")

    assert await _found(world, last_name=TextFilter(eq="miller"), numbers=frozenset({second})) == [second]
    assert await _found(world, last_name=TextFilter(eq="miller"), statuses=EVERY_STATUS) == [first, second]
    assert await _found(world, facility_codes=frozenset({"205"})) == []
    assert await _found(world, counties=frozenset({await world.county("Boone")})) == [first, second]
    assert await _found(world, counties=frozenset({await world.county("Adair")})) == []


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800"], ids=["NUL", "NUL within", "half a pair"])
async def test_a_text_that_no_column_can_hold_finds_nothing_and_breaks_nothing(world: World, text: str) -> None:
    await _named(world, "Miller")

    for sought in (TextFilter(eq=text), TextFilter(in_=("x", text)), TextFilter(starts_with=text)):
        assert await _found(world, last_name=sought) == []
    assert await _found(world, facility_codes=frozenset({text})) == []
    assert await _found(world, counties=frozenset({text})) == []


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63, 10**30])
async def test_a_number_that_no_referral_can_have_is_just_not_found(world: World, number: int) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")

    for attempt in (
        view_referral(coordinator, number=number),
        preview_publish(coordinator, number),
        publish_referral(coordinator, number),
        respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT)),
    ):
        with pytest.raises(NotFound) as missing:
            await attempt
        assert missing.value.code == "REFERRAL_NOT_FOUND"
    assert await _found(world, numbers=frozenset({number})) == []


@pytest.mark.requirement("SRC-05")
async def test_red_is_what_has_been_open_for_more_than_sixty_days(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    old = await world.published(coordinator, "Boone")
    closed = await world.published(coordinator, "Boone")
    world.clock.forward(days=1)
    young = await world.published(coordinator, "Boone")
    draft = await world.draft(coordinator, "Boone")
    world.clock.forward(days=60)
    await close_referral(coordinator, closed, CloseOutcome.OTHER, None)

    assert await _found(world, overdue=True) == [old]
    assert await _found(world, overdue=True, statuses=EVERY_STATUS) == [old]
    assert await _found(world, overdue=False, statuses=EVERY_STATUS) == [closed, young, draft]
    everything = await list_referrals(
        await world.user(Role.CENTRAL_STAFF), where=ReferralFilter(statuses=EVERY_STATUS), count=True
    )
    assert {view.number: view.overdue for view in everything.nodes} == {
        old: True,
        closed: False,
        young: False,
        draft: False,
    }


@pytest.mark.requirement("SRC-04")
async def test_the_oldest_comes_first_unless_said_otherwise(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    drafted_first = await world.draft(coordinator, "Boone")
    world.clock.forward(days=1)
    oldest = await world.published(coordinator, "Boone")
    world.clock.forward(days=1)
    await publish_referral(coordinator, drafted_first)
    await publish_referral(coordinator, oldest)

    page = await list_referrals(coordinator)

    assert [(view.number, view.age) for view in page.nodes] == [(oldest, 1), (drafted_first, 0)]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%%%",
        "é",
        "QUdFX0RFU0M",
        base64.urlsafe_b64encode(b"AGE_DESC:").decode(),
        base64.urlsafe_b64encode(b"AGE_DESC:-1").decode(),
        base64.urlsafe_b64encode(b"AGE_DESC:1e3").decode(),
        base64.urlsafe_b64encode("AGE_DESC:\u0661".encode()).decode(),
        base64.urlsafe_b64encode(b"AGE_DESC:\xff").decode(),
        to_cursor("NAME_ASC", 1001),
        to_cursor("AGE_DESC", 2**31),
        to_cursor("AGE_DESC", 10**17),
        to_cursor("AGE_DESC", 10**40),
        "A" * 100_000,
    ],
)
async def test_a_malformed_cursor_is_refused_and_the_refusal_is_written_down(world: World, cursor: str) -> None:
    coordinator = await world.coordinator("Boone")

    with pytest.raises(Invalid) as refused:
        await list_referrals(coordinator, after=cursor)

    assert (refused.value.code, refused.value.field) == ("CURSOR_MALFORMED", "after")
    assert [(entry.outcome, entry.code) for entry in await world.entries("referral.list")] == [
        (Outcome.REFUSED, "CURSOR_MALFORMED")
    ]


async def test_a_cursor_of_an_unseen_referral_tells_nothing_about_it(world: World) -> None:
    """A made-up cursor must not sort a hidden person's name among the visible ones."""
    boone, adair = await world.coordinator("Boone"), await world.coordinator("Adair")
    await world.published(boone, "Boone")
    hidden = await world.published(adair, "Adair")

    answers = []
    for number in (hidden, 987_654):
        with pytest.raises(Invalid) as refused:
            await list_referrals(boone, order=ReferralOrder.NAME_ASC, after=to_cursor("NAME_ASC", number))
        answers.append((refused.value.code, refused.value.message))

    assert answers[0] == answers[1]
    assert answers[0][0] == "CURSOR_STALE"


@pytest.mark.requirement("SRC-07")
@pytest.mark.parametrize("first", [0, -1, 101])
async def test_a_page_has_one_to_a_hundred_rows(world: World, first: int) -> None:
    coordinator = await world.coordinator("Boone")
    with pytest.raises(Invalid) as refused:
        await list_referrals(coordinator, first=first)
    assert refused.value.code == "PAGE_SIZE"
    for good in (1, 100):
        await list_referrals(coordinator, first=good)


async def test_a_page_stays_where_it_is_while_referrals_come_and_go(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    numbers = []
    for _ in range(4):
        numbers.append(await world.published(coordinator, "Boone"))
        world.clock.forward(hours=1)
    first = await list_referrals(coordinator, first=2)

    await close_referral(coordinator, numbers[1], CloseOutcome.OTHER, None)
    newest = await world.published(coordinator, "Boone")
    second = await list_referrals(coordinator, first=10, after=first.cursors[-1])

    assert [view.number for view in first.nodes] == numbers[:2]
    assert [view.number for view in second.nodes] == [*numbers[2:], newest]


@pytest.mark.requirement("RSP-10")
async def test_a_provider_sees_its_own_answer_and_nothing_of_the_others(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    own, other = await world.provider("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await respond_to_referral(own.staff, number, Answer(ResponseKind.ACCEPT, comments="Gladly."))
    await respond_to_referral(
        other.staff, number, Answer(ResponseKind.DECLINE, decline_reason=DeclineReason.RATE, comments="Other words.")
    )
    wanted = {"responses", "responses.versions", "exclusions", "publications", "publications.audience", "timeline"}

    mine = await view_referral(own.staff, number=number, wanted=wanted)
    staff = await view_referral(coordinator, number=number, wanted=wanted)

    assert mine.own_response is not None
    assert mine.own_response.comments == "Gladly."
    assert (mine.responses, mine.exclusions, mine.publications) == ([], [], [])
    assert other.name not in repr(mine)
    assert "Other words." not in repr(mine)
    assert {response.comments for response in staff.responses} == {"Gladly.", "Other words."}
    assert staff.own_response is None


@pytest.mark.requirement("REF-10")
async def test_others_learn_that_a_placement_is_pending_but_not_with_whom(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    chosen, other = await world.provider("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await respond_to_referral(chosen.staff, number, Answer(ResponseKind.ACCEPT))
    await set_pending_placement(coordinator, number, chosen.id)

    seen = {}
    for who, caller in (("chosen", chosen.staff), ("other", other.staff), ("coordinator", coordinator)):
        pending = (await view_referral(caller, number=number)).pending_placement
        assert pending is not None
        seen[who] = pending.provider.name if pending.provider else None
    assert seen == {"chosen": chosen.name, "other": None, "coordinator": chosen.name}

    await clear_pending_placement(coordinator, number)
    assert (await view_referral(other.staff, number=number)).pending_placement is None


@pytest.mark.requirement("REF-11")
@pytest.mark.requirement("POL-22")
async def test_age_counts_chicago_days_since_the_first_publishing_and_stops_at_the_closing(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    draft = await world.draft(coordinator, "Boone")
    world.clock.now += timedelta(days=3, hours=13)  # 22:00 in Chicago
    await publish_referral(coordinator, number)
    assert (await view_referral(coordinator, number=number)).age == 3
    world.clock.forward(hours=2)
    assert (await view_referral(coordinator, number=number)).age == 4
    await close_referral(coordinator, number, CloseOutcome.WITHDRAWN, None)
    world.clock.forward(days=30)
    assert (await view_referral(coordinator, number=number)).age == 4
    assert (await view_referral(coordinator, number=draft)).age is None
