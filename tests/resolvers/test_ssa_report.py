"""The report of providers to SSA with the audit of contracts: taken, checked, approved, delivered (002:322-367)."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook
from tortoise.exceptions import IntegrityError

from orm.models import Contract, Evidence, SsaPerson, SsaProvider, SsaReport, User
from resolvers.callers import Caller
from resolvers.report_recipients import NewRecipient, list_report_recipients, set_report_recipients
from resolvers.spreadsheets import SpreadsheetForm
from resolvers.ssa_checks import AUDIT_CONTRACTS, check_off_line, check_ssa_line
from resolvers.ssa_delivery import approve_ssa_report, correct_ssa_line, record_ssa_delivery
from resolvers.ssa_report import REPORT_SSA
from resolvers.ssa_views import (
    export_ssa_report,
    list_ssa_lines,
    list_ssa_persons,
    list_ssa_reports,
    view_ssa_report,
)
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import run_now
from rules.accounts import AccountState
from rules.errors import Conflict, Denied, Invalid, NotFound
from rules.leaving import DisabledReason
from rules.notices import NotificationKind
from rules.roles import Role
from rules.ssa import ContractStanding, DeliveryStep, RecipientPurpose, SsaState
from tests.world.at_once import at_once
from tests.world.audits import decided, due_now
from tests.world.duties import account_of, heard
from tests.world.office import Office
from tests.world.refusals import refused
from tests.world.world import ProviderHome, World

READY = NotificationKind.SSA_REPORT_READY
KEPT = NotificationKind.REPORT_KEPT
CHECK, APPROVE, DELIVER = "ssa.check_line", "ssa.approve", "ssa.record_delivery"


async def reported(world: World) -> tuple[Office, ProviderHome, ProviderHome, Caller]:
    """Take the report of March over a provider that goes on, one that has ended, and one that will end."""
    world.clock.now = datetime(2026, 3, 15, 15, tzinfo=UTC)
    office = await Office.of(world)
    ended = await world.provider(contract_ends=date(2026, 3, 14), name="=Ended Homes")
    ending = await world.provider(contract_ends=date(2026, 3, 15), name="Ending Homes")
    programmer = await world.user()
    programmers = [NewRecipient(user_id=programmer.actor.label)]
    await set_report_recipients(office.cso, RecipientPurpose.PROGRAMMER, programmers)
    await due_now(world, REPORT_SSA)
    return office, ended, ending, programmer


@pytest.mark.requirement(
    "CON-01", "CON-02", "CON-03", "CON-04", "SSA-01", "SSA-02", "SSA-03", "SSA-04", "SSA-05", "SWP-10", "POL-27",
    "POL-28", "POL-32",
)  # fmt: skip
async def test_the_snapshot_stays_as_it_was_and_each_line_is_checked_off_against_the_contract_of_the_day(
    world: World,
) -> None:
    office, ended, ending, programmer = await reported(world)
    report = await SsaReport.get()
    number = report.number
    assert (report.period_from, report.state, report.providers) == (date(2026, 3, 15), SsaState.OPEN, 3)
    assert [await heard(world, who, READY) for who in (office.cso, office.account_mgmt, programmer)] == [1, 1, 1]
    assert all(letter.facts == {"number": number, "numbers": []} for letter in await world.letters(kind=READY))

    lines = {line.name: line for line in (await list_ssa_lines(programmer, number)).nodes}
    assert {name: (line.standing, line.ends_on) for name, line in lines.items()} == {
        office.provider_name: (ContractStanding.CURRENT, None),
        "=Ended Homes": (ContractStanding.ENDED, date(2026, 3, 14)),
        "Ending Homes": (ContractStanding.ENDS_LATER, date(2026, 3, 15)),
    }
    persons = {one.user_id: one.roles for one in (await list_ssa_persons(office.cso, number)).nodes}
    assert persons[ended.staff.actor.label] == [Role.CONSUMER_REFERRAL_DB]
    assert office.employee.actor.label not in persons, "who holds no role has no access"
    assert persons[office.cso.actor.label] == [Role.CSO]
    for change in (SsaProvider.all().update(name="Other"), SsaPerson.all().delete()):
        with pytest.raises(IntegrityError):
            await change

    keys = {"going on": office.provider_id, "ended": ended.id, "ending": ending.id}
    await refused(check_ssa_line(office.cso, number, ended.id), Denied, "DENIED", CHECK)
    await refused(check_ssa_line(office.account_mgmt, number + 1, ended.id), NotFound, "SSA_REPORT_NOT_FOUND", CHECK)
    late = (await world.provider()).id
    await refused(check_ssa_line(office.account_mgmt, number, late), NotFound, "SSA_LINE_NOT_FOUND", CHECK)
    await refused(approve_ssa_report(office.cso, number), Conflict, "SSA_LINES_UNCHECKED", APPROVE)

    disabled = {name: await check_off_line(office.account_mgmt, number, key, "Seen.") for name, key in keys.items()}
    assert disabled == {"going on": 0, "ended": 1, "ending": 0}
    gone = await account_of(ended.staff)
    assert (gone.state, gone.disabled_reason) == (AccountState.DISABLED, DisabledReason.CONTRACT_ENDED)
    assert (await account_of(ending.staff)).state is AccountState.ACTIVE, "its last day is today"
    await refused(check_ssa_line(office.account_mgmt, number, ended.id), Conflict, "SSA_LINE_CHECKED", CHECK)

    changes = await Evidence.get(procedure="CONTRACT_AUDIT")
    assert (await SsaReport.get()).changes_evidence == changes.number
    assert "Accounts were disabled at 1 of them, 1 in all." in changes.content
    assert await heard(world, office.cso, KEPT) == 1
    for sweep in (REPORT_SSA, AUDIT_CONTRACTS):
        assert (await run_now(world.desk, sweep)).hit == 0
    page = await list_ssa_lines(office.account_mgmt, number, first=2, count=True)
    rest = await list_ssa_lines(office.account_mgmt, number, first=2, after=page.cursors[1])
    assert (page.total_count, [one.name for one in [*page.nodes, *rest.nodes]]) == (3, sorted(lines))
    assert (await list_ssa_lines(office.cso, number, unchecked=True)).nodes == []


@pytest.mark.requirement("SSA-05", "SSA-06", "SSA-07", "POL-28")
async def test_the_cso_corrects_approves_and_records_each_step_of_the_delivery_in_order(world: World) -> None:
    office, ended, ending, programmer = await reported(world)
    number = (await SsaReport.get()).number
    for key in (office.provider_id, ended.id, ending.id):
        await check_off_line(office.account_mgmt, number, key)
    await correct_ssa_line(office.cso, number, ended.id, "Ended a day earlier.")
    await correct_ssa_line(office.cso, number, ended.id, "+Ended two days earlier.")
    sent, forwarded, letter = DeliveryStep
    today = date(2026, 3, 15)
    early = record_ssa_delivery(office.cso, number, sent, today, "definitions.pdf")
    await refused(early, Conflict, "SSA_REPORT_NOT_APPROVED", DELIVER)
    await refused(approve_ssa_report(office.account_mgmt, number), Denied, "DENIED", APPROVE)

    await approve_ssa_report(office.cso, number)
    report = await SsaReport.get()
    kept = await Evidence.get(number=report.evidence_number)
    assert (report.state, kept.procedure) == (SsaState.APPROVED, "SSA_REPORT")
    assert "Ended two days earlier." in kept.content
    assert programmer.actor.label not in kept.content, "no person leaves by default"
    await refused(approve_ssa_report(office.cso, number), Conflict, "SSA_REPORT_NOT_OPEN", APPROVE)
    again = correct_ssa_line(office.cso, number, ended.id, "Too late.")
    await refused(again, Conflict, "SSA_REPORT_NOT_OPEN", "ssa.correct_line")

    await refused(record_ssa_delivery(office.cso, number, sent, today, "d"), Conflict, "RECIPIENT_MISSING", DELIVER)
    for purpose in list(RecipientPurpose)[1:]:
        await set_report_recipients(
            office.cso, purpose, [NewRecipient("Recipient Example", f"{purpose.lower()}@example.org")]
        )
    await refused(record_ssa_delivery(office.cso, number, sent, today), Invalid, "TEXT_REQUIRED", DELIVER)
    tomorrow = record_ssa_delivery(office.cso, number, sent, date(2026, 3, 16), "definitions.pdf")
    await refused(tomorrow, Invalid, "DELIVERY_DATE", DELIVER)
    skipped = record_ssa_delivery(office.cso, number, letter, today)
    await refused(skipped, Conflict, "SSA_STEP_OUT_OF_ORDER", DELIVER)
    for step in DeliveryStep:
        assert (await SsaReport.get()).state is SsaState.APPROVED
        await record_ssa_delivery(office.cso, number, step, today, "definitions.pdf" if step is sent else "")
    await refused(record_ssa_delivery(office.cso, number, sent, today, "d"), Conflict, "SSA_STEP_RECORDED", DELIVER)
    seen = await view_ssa_report(office.account_mgmt, number)
    assert (seen.state, [one.step for one in seen.deliveries]) == (SsaState.DELIVERED, [sent, forwarded, letter])
    assert seen.deliveries[2].recipients == [
        "Recipient Example <letter@example.org>",
        "Recipient Example <letter_copy@example.org>",
    ]
    # Other recipients from now on; what was delivered stays what it was.
    await set_report_recipients(office.cso, RecipientPurpose.LETTER, [])
    assert (await view_ssa_report(office.cso, number)).deliveries == seen.deliveries
    assert [one.purpose for one in await list_report_recipients(office.cso)].count(RecipientPurpose.LETTER) == 0


@pytest.mark.requirement("SSA-05")
async def test_of_two_who_set_recipients_at_once_only_the_ones_of_the_later_get_the_report(world: World) -> None:
    office = await Office.of(world)
    others = [await world.user(Role.CSO) for _ in range(3)]

    await at_once(
        *(
            set_report_recipients(
                cso, RecipientPurpose.LETTER, [NewRecipient(f"Chosen {place}", f"{place}@example.org")]
            )
            for place, cso in enumerate([office.cso, *others])
        )
    )

    assert len(await list_report_recipients(office.cso)) == 1


@pytest.mark.requirement("SSA-05", "POL-28")
async def test_a_report_is_exported_without_formulas_the_same_each_time_and_persons_only_where_they_are_asked_for(
    world: World,
) -> None:
    office, _, _, programmer = await reported(world)
    number = (await SsaReport.get()).number
    table = await export_ssa_report(programmer, number, SpreadsheetForm.CSV)
    rows = list(csv.reader(StringIO(table.body.decode("utf-8-sig"), newline="")))
    assert [row[1] for row in rows] == ["Provider", "'=Ended Homes", "Ending Homes", office.provider_name]
    assert table.name == f"homeward-ssa-{number}.csv"
    book = await export_ssa_report(office.cso, number, SpreadsheetForm.XLSX)
    assert load_workbook(BytesIO(book.body)).sheetnames == ["Providers"]
    both = await export_ssa_report(office.cso, number, SpreadsheetForm.XLSX, persons=True)
    assert load_workbook(BytesIO(both.body)).sheetnames == ["Providers", "Persons"]
    world.clock.forward(days=3)
    assert await export_ssa_report(office.cso, number, SpreadsheetForm.XLSX, persons=True) == both
    entry = (await world.entries("ssa.export"))[-1]
    assert (entry.facts["sha256"], entry.facts["file"]) == (both.sha256, f"homeward-ssa-{number}-persons.xlsx")

    persons = export_ssa_report(programmer, number, SpreadsheetForm.CSV, persons=True)
    await refused(persons, Denied, "DENIED", "ssa.export")
    stranger = export_ssa_report(office.lso, number, SpreadsheetForm.CSV)
    await refused(stranger, NotFound, "SSA_REPORT_NOT_FOUND", "ssa.export")
    assert (await list_ssa_reports(office.lso)).nodes == []
    assert (await list_ssa_reports(programmer, count=True)).total_count == 1


@pytest.mark.requirement("SSA-02", "POL-27")
async def test_a_missed_report_is_taken_late_of_that_day_and_literally_a_noted_end_is_enough(world: World) -> None:
    office, _, ending, _ = await reported(world)
    before = await simulate_sweep(world.house, REPORT_SSA, datetime(2026, 5, 14, 15, tzinfo=UTC))
    assert [one.hit for one in before.subjects] == [False]
    await Contract.filter(provider_id=ending.id).update(ends_on=date(2026, 12, 31))
    await decided("contract.literal_end", "true")

    world.clock.now = datetime(2026, 8, 2, 15, tzinfo=UTC)  # nobody was up in May and July
    assert await due_now(world, REPORT_SSA) == 2
    march, july = await SsaReport.all().order_by("number")
    assert (july.period_from, july.state, july.policy_version) == (date(2026, 7, 15), SsaState.OPEN, "defaults+1")
    assert july.snapshot_hash != march.snapshot_hash
    assert await check_off_line(office.account_mgmt, july.number, ending.id) == 1
    note = (await User.get(id=ending.staff.actor.id)).disabled_note
    assert note == "The last day of the contract is 12/31/2026."
