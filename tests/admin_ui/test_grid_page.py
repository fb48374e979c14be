"""The grid: searched, sorted, paged; and nothing of a person in an address."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from orm.models import Consumer, Referral
from resolvers.responses import Answer, respond_to_referral
from rules.referrals import Provision, ResponseKind
from rules.roles import Role
from tests.admin_ui.browser import Browser, SignsIn
from tests.world.world import World


async def named(number: int, last_name: str) -> None:
    """Give the consumer of a referral another last name."""
    referral = await Referral.get(number=number)
    await Consumer.filter(id=referral.consumer_id).update(last_name=last_name)


def numbers(page: Browser) -> list[int]:
    """The referral numbers of the grid, in its order."""
    return [int(found) for found in re.findall(r"View referral </span>(\d+)</a>", page.page)]


@pytest.mark.requirement("SRC-03")
@pytest.mark.requirement("SRC-05")
async def test_the_grid_begins_with_the_oldest_and_says_overdue_after_60_days(world: World, signed_in: SignsIn) -> None:
    coordinator = await world.coordinator("Boone")
    old = await world.published(coordinator, "Boone")
    world.clock.forward(days=1)
    young = await world.published(coordinator, "Boone")
    world.clock.forward(days=60)
    page = await signed_in(await world.user(Role.CENTRAL_STAFF))

    assert (await page.get("/referrals")).status_code == 200

    assert numbers(page) == [old, young]
    assert ["overdue" in row for row in page.rows()] == [True, False]
    assert "61 days" in page.rows()[0]
    assert "60 days" in page.rows()[1]
    assert page.page.count('class="late-row"') == 1


@pytest.mark.parametrize(
    "heading",
    [
        "Number",
        "Status",
        "Facility",
        "Consumer",
        "DMH ID",
        "Birth date",
        "Gender",
        "Pending placement",
        "Age",
        "Response",
    ],
)
async def test_every_heading_sorts_and_a_second_press_turns_it_round(
    world: World, signed_in: SignsIn, heading: str
) -> None:
    home = await world.provider("Boone")
    coordinator = await world.coordinator("Boone")
    made = [await world.published(coordinator, "Boone") for _ in range(2)]
    await respond_to_referral(home.staff, made[0], Answer(ResponseKind.TENTATIVE, Provision.STAFFING))
    page = await signed_in(home.staff)
    await page.get("/referrals")

    for turn in ("first", "second"):
        (href,) = re.findall(rf'<a href="([^"]+)">{heading}</a>', page.page)
        assert (await page.get(href.replace("&amp;", "&"))).status_code == 200, turn
        sorted_by = re.findall(r'aria-sort="(\w+)"><a[^>]*>([^<]+)</a>', page.page)
        assert sorted_by[0][1] == heading
        assert sorted(numbers(page)) == made
        if turn == "first":
            first = sorted_by[0][0]
        else:
            assert sorted_by[0][0] != first


@pytest.mark.requirement("SRC-02")
async def test_a_search_by_name_is_answered_to_the_post_and_leaves_nothing_in_any_address(
    world: World, signed_in: SignsIn
) -> None:
    coordinator = await world.coordinator("Boone")
    wanted, other = await world.published(coordinator, "Boone"), await world.published(coordinator, "Boone")
    await named(wanted, "Quillfeather")
    page = await signed_in(coordinator)
    await page.get("/referrals")

    answer = await page.post("/referrals", {"lastName": "quillf", "status": "OPEN", "order": "AGE_DESC"})

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "location" not in answer.headers
    assert numbers(page) == [wanted] != [other]
    assert str(answer.request.url) == "https://homeward.test/referrals"
    addresses = re.findall(r'(?:href|action|src)="([^"]+)"', page.page)
    assert addresses
    assert not any("quillf" in one.lower() for one in addresses)
    assert 'value="quillf"' in page.page
    assert '<button form="search" name="order" value="NAME_ASC">Consumer</button>' in page.page


async def test_a_name_put_into_an_address_is_not_looked_at(world: World, signed_in: SignsIn) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    page = await signed_in(coordinator)

    await page.get("/referrals?lastName=Nobody&dmhId=D9")

    assert numbers(page) == [number]
    assert "Nobody" not in page.page


async def test_a_search_without_a_person_goes_into_the_address_so_that_it_can_be_kept(
    world: World, signed_in: SignsIn
) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.draft(coordinator, "Boone")
    page = await signed_in(coordinator)
    await page.get("/referrals")

    answer = await page.post(
        "/referrals", {"lastName": " ", "number": str(number), "status": ["DRAFT", "CLOSED"], "order": "NUMBER_ASC"}
    )

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/referrals?number={number}&status=DRAFT&status=CLOSED&order=NUMBER_ASC"
    await page.get(answer.headers["location"])
    assert numbers(page) == [number]


async def test_what_was_typed_in_a_field_that_cannot_be_read_stays_on_the_page_and_out_of_the_address(
    world: World, signed_in: SignsIn
) -> None:
    page = await signed_in(await world.coordinator("Boone"))
    await page.get("/referrals")

    answer = await page.post("/referrals", {"number": "Quillfeather", "facility": "101"})

    assert answer.status_code == 422
    assert "location" not in answer.headers
    assert "A referral number is a number" in page.text
    assert 'id="number-wrong"' in page.page
    assert 'value="Quillfeather"' in page.page
    assert 'value="101"' in page.page


@pytest.mark.parametrize(
    "query",
    ["number=99999999999", "number=-1", "number=٣", "facility=1", "after=nonsense", "after=TlVNQkVSX0FTQzox"],
)
async def test_an_address_that_cannot_be_read_is_said_to_be_so(world: World, signed_in: SignsIn, query: str) -> None:
    page = await signed_in(await world.coordinator("Boone"))

    assert (await page.get(f"/referrals?{query}")).status_code == 422


async def test_a_name_with_a_character_that_no_name_has_is_refused_on_both_engines(
    world: World, signed_in: SignsIn
) -> None:
    page = await signed_in(await world.coordinator("Boone"))
    await page.get("/referrals")

    assert (await page.post("/referrals", {"lastName": "a\x00b"})).status_code == 422
    assert (await page.post("/referrals", {"lastName": "%_!"})).status_code == 200


async def test_the_pages_of_a_search_follow_each_other_by_address_and_by_post(world: World, signed_in: SignsIn) -> None:
    coordinator = await world.coordinator("Boone")
    made = []
    for _ in range(52):
        made.append(await world.published(coordinator, "Boone"))
        world.clock.now += timedelta(seconds=1)
    page = await signed_in(coordinator)

    await page.get("/referrals")
    assert numbers(page) == made[:50]
    assert "52 referrals, 50 on this page" in page.text
    (following,) = re.findall(r'href="([^"]+)" rel="next"', page.page)
    await page.get(following.replace("&amp;", "&"))
    assert numbers(page) == made[50:]

    await page.post("/referrals", {"lastName": "Family", "order": "AGE_DESC"})
    (cursor,) = re.findall(r'form="search" name="after" value="([^"]+)">Next page', page.page)
    await page.post("/referrals", {"lastName": "Family", "order": "AGE_DESC", "after": cursor})
    assert numbers(page) == made[50:]


async def test_a_name_with_marks_is_shown_and_not_obeyed(world: World, signed_in: SignsIn) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    await named(number, "<script>alert(1)</script>\"'&")
    page = await signed_in(coordinator)

    for path in ("/referrals", f"/referrals/{number}"):
        await page.get(path)
        assert "<script>" not in page.page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;" in page.page
    await page.post("/referrals", {"lastName": '"><script>x'})
    assert "<script>" not in page.page


async def test_a_provider_finds_its_own_answer_and_can_leave_answered_ones_out(
    world: World, signed_in: SignsIn
) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    answered, new = await world.published(coordinator, "Boone"), await world.published(coordinator, "Boone")
    await world.published(coordinator, "Adair")
    await respond_to_referral(home.staff, answered, Answer(ResponseKind.ACCEPT))
    page = await signed_in(home.staff)

    await page.get("/referrals")
    assert numbers(page) == [answered, new]
    assert "Accepts" in page.rows()[0]
    assert "None yet" in page.rows()[1]
    await page.get("/referrals?unanswered=yes")
    assert numbers(page) == [new]
