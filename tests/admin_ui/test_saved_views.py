"""Views of a list: kept under a name, seen by whoever kept them, and never a word of a person in them."""

from __future__ import annotations

import re
from html import unescape

from orm.models import SavedView
from resolvers.saved_views import MOST, save_view
from tests.admin_ui.browser import SignsIn
from tests.world.world import World


async def test_a_view_is_kept_found_over_the_list_and_removed_again_by_nobody_else(
    world: World, signed_in: SignsIn
) -> None:
    coordinator = await world.coordinator("Boone")
    draft = await world.draft(coordinator, "Boone")
    mine, other = await signed_in(coordinator), await signed_in(await world.coordinator("Boone"))
    await mine.get("/referrals?status=DRAFT&order=NUMBER_DESC")
    query = unescape(re.findall(r'name="query" value="([^"]*)"', mine.page)[0])

    answer = await mine.post("/referrals/views", {"viewName": "My drafts", "query": f"{query}&lastName=Quillfeather"})

    assert answer.headers["location"] == "/referrals?status=DRAFT&order=NUMBER_DESC"
    (view,) = await SavedView.all()
    assert (view.name, view.query) == ("My drafts", "status=DRAFT&order=NUMBER_DESC")
    await mine.get("/referrals")
    assert '<a href="/referrals?status=DRAFT&amp;order=NUMBER_DESC">My drafts</a>' in mine.page
    await mine.get("/referrals?status=DRAFT&order=NUMBER_DESC")
    assert 'aria-current="page">My drafts</a>' in mine.page
    assert str(draft) in mine.rows()[0]

    await other.get("/referrals")
    assert "My drafts" not in other.page
    assert (await other.post(f"/referrals/views/{view.id}/remove", {})).status_code == 404
    assert await SavedView.all().count() == 1

    await mine.post(f"/referrals/views/{view.id}/remove", {})
    assert await SavedView.all().count() == 0
    assert [entry.outcome for entry in await world.entries("view.remove")] == ["REFUSED", "DONE"]


async def test_a_view_without_a_name_or_one_too_many_is_refused_and_one_of_the_same_name_is_written_anew(
    world: World, signed_in: SignsIn
) -> None:
    coordinator = await world.coordinator("Boone")
    page = await signed_in(coordinator)
    await page.get("/referrals?overdue=yes")

    refused = await page.post("/referrals/views", {"viewName": " ", "query": "overdue=yes"})

    assert refused.status_code == 422
    assert 'id="viewName-wrong"' in page.page
    for number in range(MOST):
        await save_view(coordinator, "/referrals", f"View {number}", "overdue=yes")
    full = await page.post("/referrals/views", {"viewName": "One more", "query": "overdue=yes"})
    assert (full.status_code, "Remove one first" in page.text) == (409, True)
    assert 'value="One more"' in page.page, "what was typed is kept"
    await save_view(coordinator, "/referrals", "View 0", "pending=yes")
    assert {one.query for one in await SavedView.filter(name="View 0")} == {"pending=yes"}
    assert await SavedView.all().count() == MOST
