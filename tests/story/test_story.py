"""The main job through the real server, worker, broker and SMTP: what the README promises, on this run's engine."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from homeward.demo.size import SMALL
from homeward.demo.world import build
from homeward.demo_postbox import DemoPostbox
from orm.models import Contact, Letter, Notification, Referral, ReferralCounty, User
from resolvers.audience_facts import load_coordinators, load_providers, referral_facts
from resolvers.callers import Desk
from rules.audience import coordinator_hears
from rules.notices import DeliveryState, NotificationKind
from rules.referrals import ReferralStatus
from tests.story.running import running_house
from tests.story.scripts import run_script, try_script

SCRIPT = Path(__file__).parents[2] / "examples" / "first_five_minutes.py"


@pytest.mark.requirement("NOT-15", "NOT-16", "NOT-18", "RSP-04", "RSP-05", "REF-10", "SUB-01", "SUB-02")
async def test_the_first_five_minutes_run_as_the_readme_tells_them(
    database: str, desk: Desk, broker: str, postbox: DemoPostbox, tmp_path: Path
) -> None:
    accounts = tmp_path / "demo-accounts.json"
    await build(desk, datetime.now(UTC), accounts, size=SMALL)
    before = await Letter.all().count()

    async with running_house(database, broker, tmp_path, postbox) as house:
        told = await run_script(SCRIPT, house.address, accounts)
        number = int(told.split("created referral ")[1].split()[0])
        assert told.strip().splitlines()[-1].startswith("7. Closed.")

        await exactly_whom_the_manual_names_were_told(number)
        await every_letter_was_sent_once(postbox, number)
        await the_administrator_sees_all_of_it(house.address, accounts, number)
        assert await Letter.all().count() > before


async def exactly_whom_the_manual_names_were_told(number: int) -> None:
    """Compare the mailboxes with a plain reading of the manual (001:141-172)."""
    referral = await Referral.get(number=number)
    assert referral.status is ReferralStatus.CLOSED
    counties = {row.county_id for row in await ReferralCounty.filter(referral_id=referral.id)}
    today = datetime.now(UTC).date()
    expected: set[str] = set()
    for provider in (await load_providers(today)).facts:
        suspended = provider.no_referral_status or not provider.active or not provider.residential
        if suspended or provider.contract_begins is None:
            continue
        if provider.contract_ends is not None and provider.contract_ends < today:
            continue
        expected |= {str(one.contact_id) for one in provider.contacts if one.active and one.counties & counties}
    mailboxes = {str(one.mailbox_id): str(one.id) for one in await Contact.all()}
    coordinators = await load_coordinators()
    facts = await referral_facts(referral)
    hearing = {one.user_id for one in coordinators.facts if coordinator_hears(facts, one)}
    hearing_mailboxes = {str(one.mailbox_id) for one in await User.filter(id__in=hearing)}

    published = await Notification.filter(referral_id=referral.id, kind=NotificationKind.REFERRAL_PUBLISHED)
    told = Counter(str(line.mailbox_id) for line in published)
    assert set(told.values()) == {1}
    assert {mailboxes[box] for box in told if box in mailboxes} == expected
    assert {box for box in told if box not in mailboxes} == hearing_mailboxes
    closed = await Notification.filter(referral_id=referral.id, kind=NotificationKind.REFERRAL_CLOSED)
    assert {str(line.mailbox_id) for line in closed} == set(told)


async def every_letter_was_sent_once(postbox: DemoPostbox, number: int) -> None:
    """Wait for the relay, then compare the outbox with what the mail server took."""
    referral = await Referral.get(number=number)
    lines = await Notification.filter(referral_id=referral.id).count()
    async with asyncio.timeout(30):
        while await Letter.filter(referral_id=referral.id, state=DeliveryState.SENT).count() < lines:
            await asyncio.sleep(0.1)  # the rows are written by another process
    received = [letter for letter in postbox.letters(1000) if f"referral {number}" in letter.subject.lower()]
    assert len(received) == lines
    assert len({letter.message_id for letter in received}) == lines
    assert all(len(letter.recipients) == 1 for letter in received)
    for letter in received:
        assert "Wren" not in letter.text + letter.html + letter.subject
        assert "Applegarth" not in letter.text + letter.html + letter.subject


async def the_administrator_sees_all_of_it(address: str, accounts: Path, number: int) -> None:
    """Open the pages of the story as the administrator does."""
    account = next(one for one in json.loads(accounts.read_text()) if one["user_id"] == "ADMIN")
    async with httpx.AsyncClient(base_url=address, follow_redirects=True, timeout=30) as browser:
        token = await browser.post(
            "/auth/sign-in", json={"userId": account["user_id"], "password": account["password"]}
        )
        browser.cookies.set("homeward", token.json()["token"])
        for page, shows in {
            f"/referrals?status=CLOSED&number={number}": str(number),
            f"/referrals/{number}": "answer edited",
            "/outbox": "SENT",
            "/trail": "referral.close",
            "/notifications": "",
        }.items():
            answer = await browser.get(page)
            assert answer.status_code == 200, page
            assert shows.lower() in answer.text.lower(), page


@pytest.mark.parametrize("script", sorted(SCRIPT.parent.glob("*.py")), ids=lambda script: script.stem)
async def test_an_example_says_what_to_do_where_nothing_runs_yet(script: Path, tmp_path: Path) -> None:
    accounts = tmp_path / "demo-accounts.json"
    nobody = "http://127.0.0.1:9"

    code, _, missing = await try_script(script, nobody, accounts)
    assert code == 2
    assert f"there is no {accounts}: start Homeward first (make run)" in missing
    people = ("COORD.BOONE", "STAFF.MARIGOLD", "STAFF.LANTERN", "LSO.MARIGOLD", "ITSD.PROVISIONING")
    accounts.write_text(json.dumps([{"user_id": one, "password": "", "name": one} for one in people]))
    code, _, unanswered = await try_script(script, nobody, accounts)
    assert code == 2
    assert f"{nobody}: [Errno" in unanswered
    assert "Traceback" not in missing + unanswered
