"""Kept reports over the wire: listed, read, opened as page and as file, by whoever may and by nobody else."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from admin_ui.page_session import cookie_name
from homeward.doorbell import LocalDoorbell
from homeward.settings import Settings
from homeward.wiring import House
from orm.models import Evidence
from resolvers.callers import Caller, Desk
from rules.roles import Role
from tests.world.evidence import plant_evidence, report_of
from tests.world.house import the_app
from tests.world.world import PASSWORD, STATEMENT, World

HERE = "http://127.0.0.1:8000"
LIST = """{ evidence(first: 1) { totalCount pageInfo { hasNextPage } nodes {
  number procedure title periodFrom madeBy contentHash pdfUrl htmlUrl sources { name count sha256 } } } }"""
ONE = "query($n: Int!) { evidenceReport(number: $n) { content evidence { contentHash } } }"


@pytest.fixture
async def http(world: World, desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole web application in this process."""
    assert isinstance(desk.doorbell, LocalDoorbell)
    app = the_app(House(Settings(var=tmp_path), desk, desk.doorbell))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
        yield client


async def _token(http: httpx.AsyncClient, caller: Caller) -> str:
    answer = await http.post(
        "/auth/sign-in", json={"userId": caller.actor.label, "password": PASSWORD, "acceptStatement": STATEMENT}
    )
    return str(answer.json()["token"])


@pytest.mark.requirement("SAR-10", "RSK-24")
async def test_a_kept_report_is_listed_and_opened_by_token_and_by_cookie(http: httpx.AsyncClient, world: World) -> None:
    number = await plant_evidence(world)
    kept = await Evidence.get(number=number)
    token = await _token(http, await world.user(Role.CSO))
    bearer = {"authorization": f"Bearer {token}"}

    listed = (await http.post("/graphql", json={"query": LIST}, headers=bearer)).json()["data"]["evidence"]
    [node] = listed["nodes"]
    assert (listed["totalCount"], node["number"], node["procedure"]) == (1, number, "SYSTEM_ACTIVITY_REVIEW")
    assert node["sources"][0]["name"] == "numbered list of users"
    asked = {"query": ONE, "variables": {"n": number}}
    one = (await http.post("/graphql", json=asked, headers=bearer)).json()["data"]["evidenceReport"]
    assert one["content"] == report_of().content()
    assert hashlib.sha256(one["content"].encode()).hexdigest() == node["contentHash"]
    assert one["evidence"] == {"contentHash": node["contentHash"]}

    pdf = await http.get(node["pdfUrl"], headers=bearer)
    assert (pdf.status_code, pdf.headers["content-type"], pdf.content) == (200, "application/pdf", kept.pdf)
    name = f"homeward-system-activity-review-{number}.pdf"
    assert pdf.headers["content-disposition"] == f'attachment; filename="{name}"'
    html = await http.get(node["htmlUrl"], headers={"cookie": f"{cookie_name(secure=False)}={token}"})
    assert (html.status_code, html.content) == (200, kept.html)
    policy = html.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script" not in policy
    for answer in (pdf, html):
        assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")

    other = {"authorization": f"Bearer {await _token(http, await world.user(Role.LSO))}"}
    for url, headers, status, code in (
        (node["pdfUrl"], {}, 401, "UNAUTHENTICATED"),
        (node["pdfUrl"], other, 403, "DENIED"),
        (f"/evidence/{number + 1}.html", bearer, 404, "EVIDENCE_NOT_FOUND"),
        (f"/evidence/{10**30}.pdf", bearer, 404, "EVIDENCE_NOT_FOUND"),
    ):
        refused = await http.get(url, headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert (await http.get(f"/evidence/{number}.exe", headers=bearer)).status_code == 404
    assert [entry.outcome for entry in await world.entries("evidence.open")] == ["DONE", "DONE", *["REFUSED"] * 3]
