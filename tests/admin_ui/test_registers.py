"""Every list narrows, pages and goes out as a file in one way; what goes out is written down, and never a formula."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from starlette.requests import Request
from starlette.responses import StreamingResponse

from admin_ui import AdminOffice
from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind
from admin_ui.forms import Fields
from admin_ui.spreadsheets import Sheet, spreadsheet
from admin_ui.tables import Column
from admin_ui.taking_out import take_out
from orm.models import RoleGrant, Session
from resolvers.callers import Caller
from resolvers.paging import Page
from resolvers.spreadsheets import harmless
from rules.errors import Denied, Invalid, Refusal, Unauthenticated
from rules.roles import Role
from tests.admin_ui.browser import SignsIn
from tests.world.file_room import in_session
from tests.world.world import World


@pytest.mark.requirement("AUD-05")
async def test_a_list_goes_out_whole_as_csv_and_as_excel_and_that_it_did_is_written_down(
    world: World, signed_in: SignsIn
) -> None:
    coordinator = await world.coordinator("Boone")
    for _ in range(52):
        await world.draft(coordinator, "Boone")
    page = await signed_in(await world.user(Role.AUDITOR))
    await page.get("/trail")

    as_csv = await page.post("/trail/export", {"act": "referral.create", "as": "csv"})
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert as_csv.headers["content-disposition"] == 'attachment; filename="trail.csv"'
    headings, *rows = csv.reader(io.StringIO(as_csv.content.decode("utf-8-sig")))
    assert headings == ["When", "Who", "Act", "Outcome", "Records and facts", "Request"]
    assert len(rows) == 52, "all of it, not a page"
    assert {row[2] for row in rows} == {"referral.create"}
    await page.get("/trail")
    as_excel = await page.post("/trail/export", {"act": "referral.create", "as": "xlsx"})
    sheet = load_workbook(io.BytesIO(as_excel.content)).active
    assert sheet is not None
    assert [[cell.value or "" for cell in row] for row in sheet.iter_rows()][1:] == rows

    written = await world.entries("list.export")
    assert [entry.facts["kind"] for entry in written] == ["csv", "xlsx"]
    assert written[0].facts["narrowed"] is True


async def _end_session(caller: Caller) -> None:
    await Session.filter(id=caller.session_id).update(ended_at=caller.desk.clock())


async def _take_role(caller: Caller) -> None:
    await RoleGrant.filter(user_id=caller.actor.person(), ended_at=None).update(ended_at=caller.desk.clock())


@pytest.mark.requirement("SUB-03")
@pytest.mark.parametrize(("revoke", "refusal"), [(_end_session, Unauthenticated), (_take_role, Denied)])
@pytest.mark.parametrize("sheet", ["csv", "xlsx"])
async def test_whoever_is_revoked_while_a_list_goes_out_gets_no_further_page_of_it(
    world: World,
    office: AdminOffice,
    revoke: Callable[[Caller], Awaitable[None]],
    refusal: type[Refusal],
    sheet: str,
) -> None:
    caller = await in_session(await world.user(Role.AUDITOR))
    visit = Visit(office, Request({"type": "http"}), caller, "", Fields((("as", sheet),)))
    asked: list[str | None] = []

    async def rows(_: int, after: str | None) -> Page[str]:
        asked.append(after)
        if len(asked) == 3:
            await revoke(caller)
        return Page(["a row"], [str(len(asked))], has_next_page=len(asked) < 5, has_previous_page=False)

    sent = io.BytesIO()

    async def send() -> None:
        response = await take_out(visit, "rows", [Column("Row", str)], rows, narrowed=False)
        assert isinstance(response, StreamingResponse)
        async for piece in response.body_iterator:
            sent.write(bytes(piece))

    with pytest.raises(refusal):
        await send()
    assert asked == [None, "1", "2"]
    assert sent.getvalue().count(b"a row") == (3 if sheet == "csv" else 0)


async def test_an_excel_file_that_is_broken_off_leaves_none_of_its_rows_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    written: list[int] = []

    async def lines() -> AsyncIterator[list[str]]:
        for number in range(200):
            yield [f"Somebody {number}" * 200]
        written.append(sum(it.stat().st_size for it in tmp_path.rglob("*") if it.is_file()))
        raise Denied("Your roles have changed.")

    with pytest.raises(Denied):
        await spreadsheet(Sheet.XLSX, "rows", ["Who"], lines())
    assert written[0] > 0, "the rows were on the disk"
    assert [*tmp_path.rglob("*")] == []


async def test_who_may_not_see_a_list_cannot_take_it_out_and_a_get_takes_nothing_out(
    world: World, signed_in: SignsIn
) -> None:
    page = await signed_in(await world.user(Role.SUPPORT_DESK))
    await page.get("/outbox")

    assert (await page.post("/trail/export", {"as": "csv"})).status_code == 403
    assert (await page.get("/outbox/export")).status_code == 405
    assert (await page.post("/outbox/export", {"as": "csv"}, csrf="")).status_code == 403
    assert await world.entries("list.export") == []


async def test_a_search_goes_into_the_address_and_what_cannot_be_read_stays_at_its_field(
    world: World, signed_in: SignsIn
) -> None:
    page = await signed_in(await world.user(Role.AUDITOR))
    await page.get("/trail")

    answer = await page.post("/trail", {"act": "", "user": "ada", "outcome": "DONE"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/trail?user=ada&outcome=DONE")
    await page.get("/trail")
    answer = await page.post("/trail", {"referral": "many", "user": "ada"})
    assert answer.status_code == 422
    assert 'id="referral-wrong"' in page.page
    assert 'value="many"' in page.page
    assert 'value="ada"' in page.page


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d"])
def test_no_cell_is_a_formula(begin: str) -> None:
    assert harmless(f"{begin}1+1") == f"'{begin}1+1"
    assert harmless(f"1{begin}1") == f"1{begin}1"


def test_what_tells_of_a_person_is_read_from_a_post_only_and_never_kept_for_an_address() -> None:
    filters = (Filter("lastName", "Last name", personal=True), Filter("on", "Day", Kind.DAYS), Filter("late", "Late"))
    typed = Fields((("lastName", "Fern"), ("onFrom", "2026-03-31"), ("onTo", "soon"), ("order", "X"), ("else", "y")))

    posted = Asked.of(typed, filters, ["NAME_ASC"], posted=True)
    assert posted.personal
    assert posted.kept() == [("onFrom", "2026-03-31"), ("onTo", "soon")]
    assert (posted.order, posted.flag("late"), posted.text("else")) == ("", False, None)
    assert str(posted.day("onFrom")) == "2026-03-31"
    with pytest.raises(Invalid, match="written as"):
        posted.day("onTo")
    by_address = Asked.of(typed, filters, [], posted=False)
    assert not by_address.personal
    assert by_address.text("lastName") is None
