"""Help is there for anybody; people are named to people who are known (HLP-01, HLP-02, ACC-01)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orm.models import AuditEntry, RegionalOffice
from resolvers.help import HelpKind, NewHelper, assign_offices, replace_help
from rules.roles import Role
from rules.support_hours import SupportWindow
from tests.admin_ui.browser import Opens, SignsIn
from tests.world.world import World

SINCE = date(2020, 1, 1)
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def helped(world: World) -> World:
    """One office with a liaison, and a desk that is open on Mondays."""
    await RegionalOffice.create(code="CMO", name="Central Regional Office", kind="OFFICE", city="Columbia")
    await assign_offices(world.house, {await world.county("Boone"): "CMO"})
    await replace_help(
        world.house,
        [
            NewHelper(HelpKind.PROVIDER_RELATIONS, "CMO", "<Liaison>", "555-0110", "liaison@example.org", SINCE),
            NewHelper(HelpKind.PROVIDER_RELATIONS, None, "Central liaison", "555-0111", "", SINCE),
        ],
        [SupportWindow("Support desk", "555-0103", False, 0, 420, 1050, SINCE)],
    )
    return world


@pytest.mark.requirement("HLP-02")
@pytest.mark.requirement("PWD-11")
async def test_who_cannot_sign_in_finds_the_manual_and_the_number_and_no_person(browser: Opens, helped: World) -> None:
    before = await AuditEntry.all().count()
    page = browser()
    answer = await page.get("/help")

    assert answer.status_code == 200
    assert "Support desk , 555-0103 The desk is open." in page.text
    assert "Manual for providers" in page.text
    for person in ("Liaison", "liaison@example.org", "555-0110", "555-0111"):
        assert person not in page.page
    assert await AuditEntry.all().count() == before

    await page.get("/sign-in")
    assert '<a href="/help">Help and manual</a>' in page.page


async def test_outside_the_hours_the_next_opening_is_told(browser: Opens, helped: World) -> None:
    helped.clock.now = datetime(2026, 3, 3, 15, tzinfo=UTC)
    page = browser()
    await page.get("/help")
    assert "Nobody answers at this moment. The next opening is Mar 9, 2026, 7:00 AM CDT" in page.text
    await replace_help(helped.house, [], [])
    await page.get("/help")
    assert "No support hours are on file." in page.text


@pytest.mark.requirement("HLP-03")
async def test_who_has_signed_in_is_told_whom_to_ask_by_county(signed_in: SignsIn, helped: World) -> None:
    page = await signed_in(await helped.user(Role.AUDITOR))
    await page.get("/help")
    assert "Central liaison" in page.text
    await page.get(f"/help?county={await helped.county('Boone')}")
    assert '<select class="usa-select" id="county"' in page.page, "it looks like every other choice"
    assert "<Liaison> (Central Regional Office) 555-0110" in page.text
    assert "<Liaison>" not in page.page
    assert "Central liaison" not in page.text
    answer = await page.get("/help?county=99999")
    assert answer.status_code == 404
    assert "There is no such county." in page.text
    assert "Central liaison" in page.text


async def test_before_the_first_password_change_help_is_there(browser: Opens, helped: World) -> None:
    newcomer = await helped.user(Role.CONSUMER_REFERRAL_DB, must_change=True, user_id="NEWCOMER")
    assert newcomer.actor.id
    page = browser()
    await page.sign_in("NEWCOMER")
    answer = await page.get("/help")
    assert answer.status_code == 200
    assert "Central liaison" in page.text


@pytest.mark.requirement("HLP-02")
def test_the_manual_has_every_chapter_of_the_department_s_one_on_the_page_and_in_the_documents() -> None:
    chapters = [
        "Security clearance",
        "Getting started",
        "Provider Profile",
        "Notifications",
        "Search for a referral",
        "View a referral",
        "Responding to a referral",
        "Obtaining help",
    ]
    page = (ROOT / "admin_ui" / "templates" / "help" / "manual.html").read_text(encoding="utf-8")
    document = (ROOT / "docs" / "manual.md").read_text(encoding="utf-8")
    assert re.findall(r"<h3 [^>]*>([^<]+)</h3>", page) == chapters
    assert re.findall(r"^## (?:\d+\. )?(.+)$", document, re.MULTILINE)[: len(chapters)] == chapters
