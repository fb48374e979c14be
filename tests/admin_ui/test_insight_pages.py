"""Insight: the same numbers drawn and as a table, asked in the address, and small ones kept back when they go out."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

import pytest

from admin_ui.charts import Point, bars, columns, line
from orm.models import County, RegionalOffice
from resolvers.referrals import close_referral
from resolvers.responses import Answer, respond_to_referral
from rules.referrals import CloseOutcome, DeclineReason, ResponseKind
from rules.roles import Role
from tests.admin_ui.browser import SignsIn
from tests.world.world import World

NO_VACANCY = Answer(ResponseKind.DECLINE, decline_reason=DeclineReason.NO_VACANCY)


@pytest.mark.requirement("RSP-06")
@pytest.mark.requirement("RSP-07")
async def test_the_pages_tell_the_same_on_the_map_in_the_charts_and_in_the_tables(
    world: World, signed_in: SignsIn
) -> None:
    world.clock.now = datetime(2026, 1, 5, 18, tzinfo=UTC)
    coordinator, boone = await world.coordinator("Boone"), await world.provider("Boone")
    waiting, placed = [await world.published(coordinator, "Boone") for _ in range(2)]
    await respond_to_referral(boone.staff, waiting, NO_VACANCY)
    world.clock.now = datetime(2026, 3, 10, 18, tzinfo=UTC)
    await close_referral(coordinator, placed, CloseOutcome.PLACED, boone.id)
    office = await RegionalOffice.create(code="MID", name="Middle office", kind="REGIONAL", city="Sampleton")
    await County.filter(name="Boone").update(regional_office_id=office.code)
    page = await signed_in(await world.user(Role.CENTRAL_STAFF))

    await page.get("/insights/counties?show=declines&office=MID&periodFrom=2026-01-01")
    assert page.rows() == ["Boone 1 2 0 0 1 1 1 64"]
    assert "<title>Boone: 1</title>" in page.page, "the map says in words what it shows"
    assert re.search(r'<option value="MID" selected>', page.page)
    assert 'name="show" value="declines"' in page.page, "the next search keeps what the map shows"
    await page.get("/insights/counties")
    assert len(page.rows()) == 1 + 115
    answer = await page.post("/insights/counties", {"county": "29019", "office": "", "periodFrom": "", "show": "days"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/insights/counties?county=29019&show=days")

    await page.get("/insights/declines?periodFrom=2026-01-01&periodTo=2026-03-31")
    assert page.rows() == ["No vacancy 1 1 0 0"]
    assert "<title>No vacancy: 1</title>" in page.page
    await page.get("/insights/declines?county=29001")
    assert "Nobody has declined in this period." in page.text
    await page.get("/insights/time")
    assert "Homes found 1 Half of them within 64 days" in page.text
    assert "Mar 2026 1 64" in page.rows()
    await page.get("/insights/waiting")
    assert page.rows()[:3] == ["0 to 30 0 no", "31 to 60 0 no", "61 to 90 1 overdue"]
    assert f'<a href="/referrals/{waiting}">' in page.page
    assert "<title>61 to 90: 1</title>" in page.page


async def test_what_cannot_be_asked_is_said_at_its_field_and_what_was_typed_stays(
    world: World, signed_in: SignsIn
) -> None:
    page = await signed_in(await world.user(Role.CENTRAL_STAFF))

    for query, field in (
        ("periodFrom=2026-03-01&periodTo=2026-01-01", "periodTo"),
        ("periodFrom=soon", "periodFrom"),
        ("county=00000", "county"),
    ):
        assert (await page.get(f"/insights/counties?{query}")).status_code == 422
        assert f'id="{field}-wrong"' in page.page
    assert (await page.get("/insights/waiting?olderThan=9999")).status_code == 422
    assert 'id="olderThan-wrong"' in page.page
    assert 'value="9999"' in page.page
    stranger = await signed_in(await world.user(Role.CONSUMER_REFERRAL_DB))
    assert (await stranger.get("/insights/counties")).status_code == 403


@pytest.mark.requirement("RSP-06")
async def test_small_counts_stay_in_the_house_whoever_takes_them_out_and_that_it_was_is_written_down(
    world: World, signed_in: SignsIn
) -> None:
    world.clock.now = datetime(2026, 2, 5, 18, tzinfo=UTC)
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    await respond_to_referral(home.staff, await world.published(coordinator, "Boone"), NO_VACANCY)
    world.clock.now = datetime(2026, 4, 1, 18, tzinfo=UTC)
    page = await signed_in(coordinator)
    await page.get("/insights/counties")
    assert "Boone 1 1 0 0 1 1 0 –" in page.rows()

    taken = await page.post("/insights/counties/export", {"as": "csv"})
    assert taken.headers["content-disposition"] == 'attachment; filename="insights-counties.csv"'
    rows = list(csv.reader(io.StringIO(taken.content.decode("utf-8-sig"))))
    boone = next(row for row in rows if row[0] == "Boone")
    assert boone == ["Boone", "kept back", "kept back", "0", "0", "kept back", "1", "kept back", ""]
    await page.get("/insights/declines")
    taken = await page.post("/insights/declines/export", {"as": "csv", "periodFrom": "2026-01-01"})
    assert "Boone,Feb 2026,No vacancy,kept back" in taken.text
    await page.get("/insights/declines")
    refused = await page.post("/insights/declines/export", {"as": "xlsx", "periodFrom": "2026-04-01"})
    assert refused.status_code == 422
    assert "whole quarters that have ended" in page.text
    written = [(entry.facts["list"], entry.facts["narrowed"]) for entry in await world.entries("list.export")]
    assert written == [("insights-counties", False), ("insights-declines", True)]

    liaison = await signed_in(await world.user(Role.PROVIDER_RELATIONS))
    await liaison.get("/insights/declines")
    assert "Counts of 1 to 10 are kept back" in liaison.text
    assert liaison.rows()[0].startswith("No vacancy kept back 0")
    assert "<title>No vacancy: kept back</title>" in liaison.page
    await liaison.get("/insights/waiting")
    assert "Open now kept back" in liaison.text
    assert "/referrals/1" not in liaison.page


def test_a_chart_draws_lengths_in_proportion_and_neither_hides_nor_tells_what_is_kept_back() -> None:
    points = [Point("a", 10), Point("b", 5), Point("c", 0), Point("d", None, kept_back=True), Point("e", None)]

    lengths = [mark.wide for mark in bars(points).marks]
    assert lengths[0] == 2 * lengths[1] > 0 == lengths[2]
    assert 0 < lengths[3] < lengths[1] / 5
    tall = columns(points)
    assert [mark.y + mark.high == pytest.approx(tall.floor, abs=0.2) for mark in tall.marks] == [True] * 5
    drawn = line(points)
    assert [path.count("L") for path in drawn.lines] == [2], "the line ends where there is no number"
    assert [point.said for point in points] == ["10", "5", "0", "kept back", "none"]
    assert columns([]).marks == bars([]).marks == line([]).marks == []
