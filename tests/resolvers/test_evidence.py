"""Each procedure ends in a kept report that is the same in two years, and says by hashes what it was made from."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader
from tortoise.exceptions import IntegrityError

from orm.models import Evidence
from resolvers.evidence import PrintForm, list_evidence, open_evidence
from resolvers.report_prints import print_report
from rules.errors import Denied, NotFound
from rules.reports import Procedure, Table, sha256, source
from rules.roles import Role
from tests.world.evidence import ROWS, plant_evidence, report_of
from tests.world.world import World


@pytest.mark.requirement("RSK-24")
async def test_a_kept_report_is_opened_as_it_was_printed_and_nobody_changes_it(world: World) -> None:
    number = await plant_evidence(world)
    cso = await world.user(Role.CSO)

    page = await list_evidence(cso, count=True)
    kept = page.nodes[0]
    assert (page.total_count, kept.number, kept.made_by) == (1, number, "system:test")
    assert kept.sources == [source("numbered list of users", ROWS)]
    assert kept.content_hash == sha256(report_of().content().encode())

    html = await open_evidence(cso, number, PrintForm.HTML)
    pdf = await open_evidence(cso, number, PrintForm.PDF)
    assert (sha256(html.body), sha256(pdf.body)) == (kept.html_hash, kept.pdf_hash)
    assert "A &lt;b&gt;name&lt;/b&gt; &amp; more" in html.body.decode()
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(pdf.body)).pages)
    for said in ("Two user IDs were drawn.", "USER0002", "A <b>name</b> & more", kept.content_hash[:20], "None."):
        assert said in text
    assert [entry.about_id for entry in await world.entries("evidence.open")] == [kept.id, kept.id]

    for change in (Evidence.filter(number=number).update(title="Other"), Evidence.filter(number=number).delete()):
        with pytest.raises(IntegrityError):
            await change
    assert (await Evidence.get(number=number)).title == report_of().title


async def test_the_same_report_has_the_same_bytes_whenever_it_is_printed(world: World) -> None:
    at = world.clock()
    assert await print_report(report_of(), at, "ADMIN") == await print_report(report_of(), at, "ADMIN")


async def test_account_management_reads_the_evidence_of_its_own_procedures_only(world: World) -> None:
    review = await plant_evidence(world)
    audit = await plant_evidence(world, Procedure.PROVIDER_ACCOUNT_AUDIT)
    account_mgmt = await world.user(Role.ITSD_ACCOUNT_MGMT)

    assert [one.number for one in (await list_evidence(account_mgmt)).nodes] == [audit]
    assert (await list_evidence(account_mgmt, procedure=Procedure.SYSTEM_ACTIVITY_REVIEW)).nodes == []
    for number in (review, 0, 2**40):
        with pytest.raises(NotFound):
            await open_evidence(account_mgmt, number, PrintForm.PDF)
    with pytest.raises(Denied):
        await list_evidence(await world.user(Role.LSO))


async def test_a_page_of_reports_goes_on_where_it_ended(world: World) -> None:
    numbers = [await plant_evidence(world, Procedure.OBLIGATION) for _ in range(3)]
    auditor = await world.user(Role.AUDITOR)

    first = await list_evidence(auditor, first=2)
    second = await list_evidence(auditor, first=2, after=first.cursors[-1])

    assert [one.number for one in (*first.nodes, *second.nodes)] == sorted(numbers, reverse=True)
    assert (first.has_next_page, second.has_next_page) == (True, False)


def test_a_table_has_a_cell_for_each_heading() -> None:
    with pytest.raises(ValueError, match="a cell for each heading"):
        Table("Wrong", ("One", "Two"), (("only one",),))
