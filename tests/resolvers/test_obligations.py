"""The calendar of obligations: each opened once, reminded in time, told when late, done with its evidence (RSK)."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from orm.models import DatedObligation, Evidence
from resolvers.evidence import PrintForm, list_evidence, open_evidence
from resolvers.obligation_views import list_obligation_rules, list_obligations, view_obligation
from resolvers.obligations import Completion, complete_obligation
from resolvers.risk_sweep import RISK_CALENDAR
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import run_now
from rules.errors import Conflict, Denied, Invalid, NotFound, Refusal
from rules.notices import NotificationKind
from rules.obligations import OBLIGATIONS, ObligationState
from rules.reports import Procedure
from rules.roles import Role
from tests.world.evidence import plant_evidence
from tests.world.office import told
from tests.world.world import World

TODAY = date(2026, 3, 2)
DUE, OVERDUE = NotificationKind.OBLIGATION_DUE, NotificationKind.OBLIGATION_OVERDUE


async def the_one(code: str) -> DatedObligation:
    return await DatedObligation.get(code=code, state=ObligationState.OPEN)


async def until(world: World, on: date) -> None:
    """Let time pass to 09:00 of a day, with no worker in between, then let one tick."""
    world.clock.forward(days=(on - TODAY).days - (world.clock.now.date() - TODAY).days)
    await run_now(world.desk, RISK_CALENDAR)


@pytest.mark.requirement("SWP-12")
@pytest.mark.requirement("RSK-12")
@pytest.mark.requirement("RSK-13")
async def test_the_first_tick_opens_what_is_open_today_and_a_second_opens_nothing_more(world: World) -> None:
    await world.facility("101")
    report = await simulate_sweep(world.house, RISK_CALENDAR, world.clock())
    assert await DatedObligation.all().count() == 0

    assert (await run_now(world.desk, RISK_CALENDAR)).hit == len(report.hits)
    opened = {(row.code, row.subject): row.due_on for row in await DatedObligation.all()}
    year_end = date(2026, 12, 31)
    assert opened == {
        ("RSK-SEC", ""): year_end,
        ("RSK-PRIV", ""): year_end,
        ("RSK-INV", ""): year_end,
        ("RSK-TRN", ""): year_end,
        ("RSK-PHYS", ""): year_end,
        ("EMP-Y", ""): year_end,
        ("SAR-Q", ""): date(2026, 3, 31),
        ("RSK-SITE", "101"): date(2027, 3, 2),
        ("RSK-BCP", "BUSINESS_CONTINUITY"): date(2026, 4, 1),
        ("RSK-DR", "DISASTER_RECOVERY"): date(2026, 4, 1),
    }
    assert await simulate_sweep(world.house, RISK_CALENDAR, world.clock()) == await simulate_sweep(
        world.house, RISK_CALENDAR, world.clock()
    )
    await run_now(world.desk, RISK_CALENDAR)
    assert await DatedObligation.all().count() == len(opened)


@pytest.mark.requirement("RSK-01")
async def test_an_owner_is_reminded_and_the_late_is_told_to_the_cso_then_weekly_to_administrators(world: World) -> None:
    cso, privacy = await world.user(Role.CSO), await world.user(Role.PRIVACY_OFFICER)
    administrator = await world.user(Role.ADMINISTRATOR)
    await until(world, TODAY)
    number = (await the_one("RSK-PRIV")).number

    await until(world, date(2026, 11, 30))  # 31 days before
    assert (DUE, number) not in await told(privacy)
    await until(world, date(2026, 12, 1))
    assert (await told(privacy)).count((DUE, number)) == 1
    await until(world, date(2026, 12, 30))  # no worker for four weeks: the reminder of 7 days is not sent any more
    await until(world, date(2026, 12, 31))
    assert (await told(privacy)).count((DUE, number)) == 2
    assert (OVERDUE, number) not in await told(privacy)

    await until(world, date(2027, 1, 1))
    for person in (privacy, cso):
        assert (await told(person)).count((OVERDUE, number)) == 1
    assert (OVERDUE, number) not in await told(administrator)
    await until(world, date(2027, 1, 7))
    assert (OVERDUE, number) not in await told(administrator)
    await until(world, date(2027, 1, 8))
    await until(world, date(2027, 1, 15))
    assert (await told(administrator)).count((OVERDUE, number)) == 2
    late = await list_obligations(cso, overdue=True, code="RSK-PRIV", count=True)
    assert (late.total_count, late.nodes[0].overdue, late.nodes[0].escalated_on) == (1, True, date(2027, 1, 15))
    assert [row.due_on.year for row in await DatedObligation.filter(code="RSK-PRIV").order_by("due_on")] == [2026, 2027]


@pytest.mark.requirement("RSK-03")
@pytest.mark.requirement("RSK-24")
async def test_an_obligation_is_done_with_a_report_that_is_kept_as_its_evidence(world: World) -> None:
    cso, administrator = await world.user(Role.CSO), await world.user(Role.ADMINISTRATOR)
    await until(world, TODAY)
    row = await the_one("RSK-SEC")
    for who, done, code in (
        (administrator, Completion(row.number, "Done."), "NOT_THE_OWNER"),
        (cso, Completion(row.number, " "), "EVIDENCE_NEEDED"),
        (cso, Completion(row.number, "", 999), "EVIDENCE_NOT_FOUND"),
        (cso, Completion(9999, "Done."), "OBLIGATION_NOT_FOUND"),
        (cso, Completion((await the_one("SAR-Q")).number, "Done."), "EVIDENCE_NEEDED"),
        (cso, Completion((await the_one("RSK-BCP")).number, "Attested."), "PLAN_NOT_APPROVED"),
    ):
        with pytest.raises(Refusal) as no:
            await complete_obligation(who, done)
        assert no.value.code == code
    assert await Evidence.all().count() == 0

    answers = await asyncio.gather(
        *(complete_obligation(cso, Completion(row.number, f"Assessed, way {way}.")) for way in (1, 2)),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "int"]
    view = await view_obligation(cso, row.number)
    assert (view.state, view.overdue, view.may_complete, view.done_by[:5]) == (
        ObligationState.DONE,
        False,
        False,
        "First",
    )
    kept = (await list_evidence(cso)).nodes[0]
    assert (kept.number, kept.procedure, kept.cites) == (view.evidence_number, Procedure.RISK_ASSESSMENT, "002:64")
    html = (await open_evidence(cso, kept.number, PrintForm.HTML)).body.decode()
    assert "Assessed, way" in html
    with pytest.raises(Conflict):
        await complete_obligation(cso, Completion(row.number, "Again."))


@pytest.mark.requirement("RSK-24")
async def test_what_another_procedure_reports_is_done_by_its_report(world: World) -> None:
    cso = await world.user(Role.CSO)
    await plant_evidence(world)  # kept before the quarter's obligation is opened, but in its quarter
    await until(world, TODAY)
    assert (await DatedObligation.get(code="SAR-Q")).state is ObligationState.DONE
    await until(world, date(2026, 4, 1))
    open_now = await the_one("SAR-Q")
    assert open_now.due_on == date(2026, 6, 30)
    await plant_evidence(world, Procedure.PROVIDER_ACCOUNT_AUDIT)
    await until(world, date(2026, 4, 2))
    assert (await the_one("SAR-Q")).id == open_now.id
    number = await plant_evidence(world)
    await complete_obligation(cso, Completion(open_now.number, evidence_number=number))
    assert (await DatedObligation.get(id=open_now.id)).state is ObligationState.DONE


async def test_a_report_that_was_late_does_the_date_it_was_late_for_and_not_the_next_one(world: World) -> None:
    await until(world, date(2026, 6, 1))
    await until(world, date(2026, 10, 1))
    june, october = await DatedObligation.filter(code="PAA-3").order_by("due_on")
    await plant_evidence(world, Procedure.PROVIDER_ACCOUNT_AUDIT)
    at = world.clock()
    hits = (await simulate_sweep(world.house, RISK_CALENDAR, at)).hits
    assert [one.id for one in hits if one.facts["step"] == "DONE"] == [june.id]

    await until(world, date(2026, 10, 2))

    states = {row.id: row.state for row in await DatedObligation.filter(code="PAA-3")}
    assert states == {june.id: ObligationState.DONE, october.id: ObligationState.OPEN}


async def test_the_calendar_is_read_by_the_officers_and_by_whoever_answers_for_a_part(world: World) -> None:
    cso, account_mgmt = await world.user(Role.CSO), await world.user(Role.ITSD_ACCOUNT_MGMT)
    await until(world, date(2026, 3, 15))

    everything = await list_obligations(cso, state=ObligationState.OPEN, first=4)
    onward = await list_obligations(cso, state=ObligationState.OPEN, after=everything.cursors[-1])
    due = [one.due_on for one in (*everything.nodes, *onward.nodes)]
    assert due == sorted(due)
    assert len(due) == await DatedObligation.filter(state=ObligationState.OPEN).count()
    own = await list_obligations(account_mgmt)
    assert {one.code for one in own.nodes} == {"CON-6"}
    assert {one.code for one in await list_obligation_rules(account_mgmt)} == {"CON-6", "PAA-3"}
    rules = {one.code: one for one in await list_obligation_rules(cso)}
    assert rules.keys() == OBLIGATIONS.keys()
    assert (rules["LSO-APR"].next_due_on, rules["LSO-APR"].cadence) == (date(2026, 4, 30), "once a year")
    assert (rules["RSK-NEW"].next_due_on, rules["RSK-VULN"].cadence) == (None, "every 6 months")
    with pytest.raises(NotFound):
        await view_obligation(account_mgmt, (await the_one("RSK-SEC")).number)
    with pytest.raises(Denied):
        await list_obligations(await world.user(Role.LSO))
    with pytest.raises(Invalid):
        await list_obligations(cso, code="RSK-NONE")
    with pytest.raises(Invalid):
        await list_obligations(cso, after="T0JMSUdBVElPTjo5OTk5OTk5OTk5OTk5OTk5OTk")
