"""The log and break-glass as a program asks for them, and the report as a sheet over the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from homeward.doorbell import LocalDoorbell
from homeward.settings import Settings
from homeward.wiring import House
from resolvers.callers import Desk
from resolvers.referral_views import view_referral
from rules.roles import Role
from tests.schema.test_attachment_routes import HERE, signed_in
from tests.schema.test_leaving_fields import ask, refusal
from tests.world.house import the_app
from tests.world.world import World

ENTRY = """nodes { number at userId name provider act outcome code purpose records { kind keys } shown requestId
  policyVersion judgement { explained ground sentence cites } } pageInfo { hasNextPage endCursor }"""
REPORT = f"query ($userId: String!, $from: Date) {{ accessReport(userId: $userId, from: $from) {{ {ENTRY} }} }}"
LOG = f"query ($number: Int!) {{ referralAccessLog(number: $number, first: 100) {{ {ENTRY} }} }}"
MINE = f"{{ myAccessLog {{ {ENTRY} }} }}"

GLASS = """number referralNumber openedBy openedByName reason openedAt expiresAt endedAt endedBy isOpen own finding
  reviewedAt reviewedBy reviewNote"""
OPEN = f"""mutation ($input: BreakGlassInput!) {{ breakGlass(input: $input) {{
  breakGlass {{ {GLASS} }} userErrors {{ code field message }} }} }}"""
END = "mutation ($n: Int!) { endBreakGlass(input: {number: $n}) { breakGlass { isOpen } userErrors { code } } }"
REVIEW = """mutation ($input: ReviewBreakGlassInput!) { reviewBreakGlass(input: $input) {
  breakGlass { finding reviewedBy reviewNote } userErrors { code } } }"""
LIST = f"{{ breakGlasses(reviewed: false) {{ totalCount nodes {{ {GLASS} }} }} }}"
ONE = "query ($n: Int!) { breakGlass(number: $n) { referralNumber } }"
READ = """query ($n: Int!) { referralUnderBreakGlass(number: $n) {
  number consumer { lastName guardians { name } } responses { comments } } }"""


@pytest.mark.requirement("AUD-02")
@pytest.mark.requirement("AUD-06")
async def test_reports_logs_and_the_own_entries_are_asked_for_by_their_fields(world: World) -> None:
    boone, home, cso = await world.coordinator("Boone"), await world.provider("Boone"), await world.user(Role.CSO)
    number = await world.published(boone, "Boone")
    await view_referral(home.staff, number=number, wanted={"consumer"})

    [entry] = (await ask(cso, REPORT, userId=home.staff.actor.label))["accessReport"]["nodes"]
    key = str((await world.referral(number)).id)
    assert (entry["act"], entry["outcome"], entry["purpose"]) == ("referral.view", "DONE", "DUTY")
    assert (entry["userId"], entry["provider"]) == (home.staff.actor.label, home.name)
    assert {"kind": "referral", "keys": [key]} in entry["records"]
    assert entry["judgement"]["explained"] is True
    assert (entry["judgement"]["ground"], entry["judgement"]["cites"]) == ("AUDIENCE", "001:139-154")
    logged = (await ask(cso, LOG, number=number))["referralAccessLog"]["nodes"]
    assert [one["act"] for one in logged] == ["referral.view", "referral.publish", "referral.create"]
    [own] = (await ask(home.staff, MINE))["myAccessLog"]["nodes"]
    assert (own["number"], own["judgement"]) == (entry["number"], None)
    assert await refusal(home.staff, REPORT, userId=boone.actor.label) == "DENIED"
    assert await refusal(cso, REPORT, userId="NOBODY") == "ACCOUNT_NOT_FOUND"


async def test_break_glass_is_opened_read_ended_and_reviewed_by_its_fields(world: World) -> None:
    number = await world.published(await world.coordinator("Boone"), "Boone")
    cso, officer = await world.user(Role.CSO), await world.user(Role.PRIVACY_OFFICER)
    no = (await ask(cso, OPEN, input={"referralNumber": number, "reason": ""}))["breakGlass"]
    assert (no["breakGlass"], no["userErrors"][0]["code"]) == (None, "TEXT_REQUIRED")

    given = {"referralNumber": number, "reason": "An emergency."}
    opened = (await ask(cso, OPEN, input=given))["breakGlass"]["breakGlass"]
    assert (opened["referralNumber"], opened["isOpen"], opened["own"]) == (number, True, True)
    assert (await ask(cso, READ, n=number))["referralUnderBreakGlass"]["consumer"]["lastName"].startswith("Family")
    assert await refusal(officer, READ, n=number) == "BREAK_GLASS_NOT_FOUND"
    waiting = (await ask(officer, LIST))["breakGlasses"]
    assert (waiting["totalCount"], waiting["nodes"][0]["reason"]) == (1, "An emergency.")
    assert (await ask(officer, ONE, n=opened["number"]))["breakGlass"] == {"referralNumber": number}
    ended = (await ask(cso, END, n=opened["number"]))["endBreakGlass"]
    assert ended == {"breakGlass": {"isOpen": False}, "userErrors": []}
    finding = {"number": opened["number"], "finding": "JUSTIFIED", "note": "She was found."}
    refused = (await ask(cso, REVIEW, input=finding))["reviewBreakGlass"]
    assert refused["userErrors"] == [{"code": "OWN_BREAK_GLASS"}]
    closed = (await ask(officer, REVIEW, input=finding))["reviewBreakGlass"]["breakGlass"]
    assert closed == {"finding": "JUSTIFIED", "reviewedBy": officer.actor.label, "reviewNote": "She was found."}
    assert (await ask(officer, LIST))["breakGlasses"]["nodes"] == []


@pytest.fixture
async def http(desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application."""
    app = the_app(House(Settings(var=tmp_path), desk, LocalDoorbell()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
        yield client


@pytest.mark.requirement("AUD-05")
async def test_the_report_goes_out_as_a_sheet_to_whoever_may_read_it_and_to_nobody_else(
    world: World, http: httpx.AsyncClient
) -> None:
    boone = await world.coordinator("Boone")
    await world.published(boone, "Boone")
    auditor, reader = await signed_in(http, await world.user(Role.AUDITOR)), await signed_in(http, boone)
    url = f"/reports/access.csv?userId={boone.actor.label}&from=2026-03-01&to=2026-03-02"

    answer = await auditor.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    name = f"access-{boone.actor.label}-2026-03-01-2026-03-02.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert [line.split(",")[5] for line in lines][:1] == ["Act"]
    assert "referral.publish" in answer.text
    assert len(await world.entries("trail.export_report")) == 1

    for status, asked in (
        (403, reader.get(url)),
        (401, http.get(url)),
        (404, auditor.get("/reports/access.csv?userId=NOBODY")),
        (422, auditor.get("/reports/access.csv?userId=")),
        (422, auditor.get(f"{url}&from=31.3.2026")),
        (422, auditor.get(f"/reports/access.csv?userId={boone.actor.label}&from=2026-03-02&to=2026-03-01")),
        (405, http.head(url, headers=auditor.bearer)),
    ):
        assert (await asked).status_code == status
