"""A private link shows its owner's obligations to the calendar on the desk, and nothing of any person (RSK-01)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import httpx
import pytest
import structlog
from icalendar import Calendar
from starlette.applications import Starlette

from homeward.doorbell import LocalDoorbell
from homeward.settings import Settings
from homeward.wiring import House
from orm.models import CalendarFeed, RoleGrant, User
from resolvers.calendar_feeds import make_feed, revoke_feed
from resolvers.callers import Desk
from resolvers.obligations import Completion, complete_obligation
from resolvers.revocation import Revocation, revoke_access
from resolvers.risk_sweep import RISK_CALENDAR
from resolvers.sweeps import run_now
from resolvers.tokens import hash_token
from rules.accounts import AccountState
from rules.errors import Conflict, Denied
from rules.leaving import RevocationReason
from rules.roles import Role
from schema.calendar_routes import MISSES
from tests.world.house import the_app
from tests.world.world import World

HERE = "http://127.0.0.1:8000"


@pytest.fixture
def app(world: World, desk: Desk, tmp_path: Path) -> Starlette:
    """The whole web application in this process."""
    assert isinstance(desk.doorbell, LocalDoorbell)
    return the_app(House(Settings(var=tmp_path), desk, desk.doorbell))


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A program with no session at all."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
        yield client


@pytest.mark.requirement("RSK-01")
async def test_a_private_link_is_a_calendar_of_what_its_owner_may_see_until_it_is_ended(
    world: World, http: httpx.AsyncClient
) -> None:
    cso, privacy = await world.user(Role.CSO), await world.user(Role.PRIVACY_OFFICER)
    account_mgmt = await world.user(Role.ITSD_ACCOUNT_MGMT)
    await run_now(world.desk, RISK_CALENDAR)
    path = await make_feed(privacy)
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    [kept] = await CalendarFeed.all()
    assert (kept.token_hash, token in str(kept.__dict__)) == (hash_token(token), False)
    assert not any(
        token in str(entry.facts) + str(entry.subjects) for entry in await world.entries("calendar_feed.make")
    )

    with structlog.testing.capture_logs() as logs:
        answer = await http.get(path)
    assert token not in str(logs)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["cache-control"] == "private, no-store"
    events = {str(event["summary"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}
    due = next(event for summary, event in events.items() if "privacy compliance" in summary)
    assert due["dtstart"].dt == date(2026, 12, 31)
    assert len({str(event["uid"]) for event in events.values()}) == len(events) > 5
    assert not any(word in answer.text for word in ("First", "Last", "USER0", "@example.org"))

    number = int(str(due["summary"]).rpartition("(")[2].rstrip(")"))
    await complete_obligation(privacy, Completion(number, "Assessed. Ada Example was asked."))
    assert f"Done: HIPAA privacy compliance assessment ({number})" in (await http.get(path)).text.replace("\r\n ", "")
    few = Calendar.from_ical((await http.get(await make_feed(account_mgmt))).content).walk("VEVENT")
    assert few == [], "account management answers for nothing that is open yet"

    with pytest.raises(Conflict):
        await make_feed(privacy)
    renewed = await make_feed(privacy, replace=True)
    assert (await http.get(path)).status_code == 404, "the old link ended"
    await revoke_feed(privacy)
    assert (await http.get(renewed)).status_code == 404
    with pytest.raises(Conflict):
        await revoke_feed(privacy)

    lost = await make_feed(privacy)
    with pytest.raises(Denied):
        await revoke_feed(account_mgmt, privacy.actor.label)
    await revoke_feed(cso, privacy.actor.label)
    assert (await http.get(lost)).status_code == 404
    with pytest.raises(Conflict):
        await revoke_feed(cso, "NOBODY")

    of_cso = await make_feed(cso)
    await RoleGrant.filter(user_id=cso.actor.id).update(ended_at=world.clock())
    assert (await http.get(of_cso)).status_code == 404, "who answers for nothing sees nothing"
    await RoleGrant.filter(user_id=cso.actor.id).update(ended_at=None)
    assert (await http.get(of_cso)).status_code == 200
    await User.filter(id=cso.actor.id).update(state=AccountState.SUSPENDED)
    assert (await http.get(of_cso)).status_code == 404
    with pytest.raises(Denied):
        await make_feed(await world.user(Role.LSO))


@pytest.mark.requirement("RSK-01")
async def test_a_private_link_ends_with_the_access_of_its_owner_and_does_not_come_back_with_it(
    world: World, http: httpx.AsyncClient
) -> None:
    cso, privacy = await world.user(Role.CSO), await world.user(Role.PRIVACY_OFFICER)
    path = await make_feed(privacy)
    assert (await http.get(path)).status_code == 200

    await revoke_access(cso, Revocation(privacy.actor.label, RevocationReason.SECURITY))

    await User.filter(id=privacy.actor.id).update(state=AccountState.ACTIVE)
    await RoleGrant.filter(user_id=privacy.actor.id).update(ended_at=None)
    assert (await http.get(path)).status_code == 404
    assert (await http.get(await make_feed(privacy))).status_code == 200, "a new one is made"


async def test_wrong_links_are_answered_only_so_often(world: World, http: httpx.AsyncClient) -> None:
    cso = await world.user(Role.CSO)
    path = await make_feed(cso)
    assert (await http.get(f"/calendar/{'x' * 200}.ics")).status_code == 404
    for _ in range(MISSES - 1):
        assert (await http.get("/calendar/wrong.ics")).status_code == 404
    refused = await http.get("/calendar/wrong.ics")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert len(await world.entries("calendar_feed.read")) == MISSES, "and only so often written down"
    assert (await http.get(path)).status_code == 200, "whoever has a right one is not kept out by strangers"
