"""Systems, regulations, plans, breaches, sanctions and the threat level: what opens an obligation, and who sees it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from orm.models import DatedObligation, Incident, RiskSystem, SystemChangeNote
from resolvers.house_state import HouseWarning, house_warnings, record_threat_level, view_house
from resolvers.incidents import close_incident, report_incident
from resolvers.obligations import Completion, complete_obligation
from resolvers.risk_register import (
    NewPlan,
    NewSystem,
    approve_plan,
    record_plan,
    record_system_change,
    register_system,
    retire_system,
    upsert_regulation,
    view_registers,
)
from resolvers.risk_sweep import RISK_CALENDAR
from resolvers.sanctions import list_sanctions, record_sanction
from resolvers.sweeps import run_now
from rules.breach import BreachAnswers
from rules.errors import Denied, Refusal
from rules.incidents import Finding
from rules.obligations import ObligationState, PlanKind, SystemChange
from rules.roles import Role
from rules.sanctions import SanctionKind
from rules.threat import ThreatLevel
from tests.world.world import World

TODAY = date(2026, 3, 2)
MONTH = TODAY + timedelta(days=30)
HASH = "0" * 64
BREACH = BreachAnswers(unauthorized=True, protected=True, compromised=True, retainable=True)


async def open_about(subject: str) -> list[tuple[str, date, str]]:
    rows = await DatedObligation.filter(subject=subject, state=ObligationState.OPEN).order_by("code")
    return [(row.code, row.due_on, row.moved_by) for row in rows]


@pytest.mark.requirement("RSK-05")
@pytest.mark.requirement("RSK-06")
async def test_a_new_system_is_assessed_at_its_beginning_and_then_on_a_change_or_in_three_years(world: World) -> None:
    cso = await world.user(Role.CSO)
    assert await register_system(cso, NewSystem("cimor", "Invented information system")) == "CIMOR"
    assert await open_about("CIMOR") == [("RSK-NEW", MONTH, "INITIATION")]
    await run_now(world.desk, RISK_CALENDAR)
    assert await open_about("CIMOR") == [("RSK-NEW", MONTH, "INITIATION")], "its first assessment comes first"
    first = await record_system_change(cso, "cimor", SystemChange.NEW_CODE_SETS, "Codes of 2026.")
    assert first == (await DatedObligation.get(subject="CIMOR")).number

    await complete_obligation(cso, Completion(first, "Assessed."))
    await run_now(world.desk, RISK_CALENDAR)
    assert await open_about("CIMOR") == [("RSK-SYS", date(2029, 3, 2), "")]
    world.clock.forward(days=365)
    for kind in SystemChange:
        await record_system_change(cso, "CIMOR", kind, "Something new.")
    due = TODAY + timedelta(days=365 + 30)
    assert await open_about("CIMOR") == [("RSK-SYS", due, "SECURITY_COMPONENTS")], "whichever is first"
    assert await SystemChangeNote.all().count() == 6
    number = (await DatedObligation.get(subject="CIMOR", state=ObligationState.OPEN)).number
    await complete_obligation(cso, Completion(number, "Assessed."))
    await run_now(world.desk, RISK_CALENDAR)
    assert await open_about("CIMOR") == [("RSK-SYS", date(2030, 3, 2), "")], "three years after the last"


@pytest.mark.requirement("RSK-05")
async def test_a_system_in_use_counts_from_its_last_assessment_until_it_is_retired(world: World) -> None:
    cso = await world.user(Role.CSO)
    await register_system(cso, NewSystem("OLD.1", "An old one", in_use=True, last_assessed_on=date(2023, 6, 1)))
    await run_now(world.desk, RISK_CALENDAR)
    assert await open_about("OLD.1") == [("RSK-SYS", date(2026, 6, 1), "")]
    number = (await DatedObligation.get(subject="OLD.1")).number
    await complete_obligation(cso, Completion(number, "Assessed."))
    await retire_system(cso, "old.1")
    await run_now(world.desk, RISK_CALENDAR)
    assert await open_about("OLD.1") == []

    tomorrow = TODAY + timedelta(days=1)
    for attempt, code in (
        (register_system(cso, NewSystem("OLD.1", "Again")), "SYSTEM_EXISTS"),
        (register_system(cso, NewSystem("a/b", "Bad")), "CODE_MALFORMED"),
        (register_system(cso, NewSystem("B", "Bad", in_use=True, last_assessed_on=tomorrow)), "DATE_IN_FUTURE"),
        (register_system(cso, NewSystem("B", "Bad", last_assessed_on=TODAY)), "NOT_ASSESSED"),
        (record_system_change(cso, "NONE", SystemChange.NEW_TECHNOLOGY, "New."), "SYSTEM_NOT_FOUND"),
        (retire_system(cso, "OLD.1"), "SYSTEM_RETIRED"),
    ):
        with pytest.raises(Refusal) as no:
            await attempt
        assert no.value.code == code
    assert await RiskSystem.all().count() == 1


@pytest.mark.requirement("RSK-08")
@pytest.mark.requirement("RSK-12")
@pytest.mark.requirement("RSK-13")
async def test_regulations_are_reviewed_in_three_years_and_plans_approved_attested_and_not_past_their_end(
    world: World,
) -> None:
    cso, other = await world.user(Role.CSO), await world.user(Role.CSO)
    code = await upsert_regulation(
        cso, "DOR 8.370", "Security", date(2013, 5, 17), last_reviewed_on=date(2024, 5, 1), active=True
    )
    await upsert_regulation(
        cso, code, "Security maintenance", date(2013, 5, 17), last_reviewed_on=date(2024, 5, 1), active=True
    )
    plan = NewPlan(PlanKind.BUSINESS_CONTINUITY, "2026", "The department", TODAY, HASH)
    await record_plan(cso, plan)
    kind = PlanKind.BUSINESS_CONTINUITY
    for attempt, no_code in (
        (record_plan(cso, plan), "PLAN_EXISTS"),
        (record_plan(cso, NewPlan(kind, "2", "Us", TODAY, "xyz")), "HASH_MALFORMED"),
        (approve_plan(cso, kind, "2026", date(2026, 9, 1)), "OWN_PLAN"),
        (approve_plan(other, kind, "2027", date(2026, 9, 1)), "PLAN_NOT_FOUND"),
        (approve_plan(other, kind, "2026", TODAY), "PLAN_EXPIRY"),
        (approve_plan(other, kind, "2026", date(2027, 3, 3)), "PLAN_EXPIRY"),
    ):
        with pytest.raises(Refusal) as no:
            await attempt
        assert no.value.code == no_code
    await run_now(world.desk, RISK_CALENDAR)
    assert await open_about("DOR 8.370") == [("RSK-DOR", date(2027, 5, 1), "")]
    assert await open_about(kind) == [("RSK-BCP", MONTH, "")]

    await approve_plan(other, kind, "2026", date(2026, 9, 1))
    number = (await DatedObligation.get(subject=kind)).number
    await complete_obligation(cso, Completion(number, "The approved plan holds."))
    await run_now(world.desk, RISK_CALENDAR)
    assert await open_about(kind) == [("RSK-BCP", date(2026, 9, 1), "")], "a plan is attested before it ends"
    registers = await view_registers(await world.user(Role.AUDITOR))
    [shown] = registers.plans
    assert (shown.in_force, shown.expires_on, shown.approved_by[:5]) == (True, date(2026, 9, 1), "First")
    assert [one.title for one in registers.regulations] == ["Security maintenance"]
    world.clock.forward(days=184)
    assert [one.in_force for one in (await view_registers(cso)).plans] == [False]
    number = (await DatedObligation.get(subject=kind, state=ObligationState.OPEN)).number
    with pytest.raises(Refusal) as no:
        await complete_obligation(cso, Completion(number, "It holds."))
    assert no.value.code == "PLAN_NOT_APPROVED"


@pytest.mark.requirement("RSK-11")
@pytest.mark.requirement("RSK-20")
async def test_an_incident_that_was_a_breach_opens_a_review_and_the_answers_decide_whether_it_was(world: World) -> None:
    cso, person = await world.user(Role.CSO), await world.user(Role.CENTRAL_STAFF)
    number = await report_incident(person, "A list was left in a train.")
    with pytest.raises(Refusal) as no:
        await close_incident(cso, number, Finding.UNFOUNDED, reinstate=False, answers=BREACH)
    assert no.value.code == "BREACH_BY_DEFINITION"
    assert await DatedObligation.all().count() == 0

    await close_incident(cso, number, Finding.BREACH, reinstate=False, answers=BREACH)
    assert await open_about(str(number)) == [("RSK-INC", MONTH, "BREACH")]
    incident = await Incident.get(number=number)
    assert incident.facts["breach"] == BREACH.facts()
    for finding in (Finding.VIOLATION, Finding.UNFOUNDED):
        await close_incident(cso, await report_incident(person, "Again."), finding, reinstate=False)
    assert await DatedObligation.filter(code="RSK-INC").count() == 1


@pytest.mark.requirement("RSK-18")
async def test_a_sanction_is_recorded_by_the_cso_and_read_by_two_offices_only(world: World) -> None:
    cso, privacy = await world.user(Role.CSO), await world.user(Role.PRIVACY_OFFICER)
    person = await world.user(Role.CENTRAL_STAFF)
    number = await report_incident(person, "Somebody lent a password.", privacy.actor.label)
    with pytest.raises(Refusal) as no:
        await record_sanction(cso, number, SanctionKind.WRITTEN_WARNING, TODAY)
    assert no.value.code == "INCIDENT_OPEN"
    await close_incident(cso, number, Finding.VIOLATION, reinstate=False)
    await record_sanction(cso, number, SanctionKind.WRITTEN_WARNING, TODAY, "A talk was had.")
    with pytest.raises(Refusal) as no:
        await record_sanction(cso, number, SanctionKind.DISMISSAL, TODAY + timedelta(days=1))
    assert no.value.code == "DATE_IN_FUTURE"

    other = await world.user(Role.PRIVACY_OFFICER)
    for reader in (cso, other):
        assert [one.note for one in await list_sanctions(reader, number)] == ["A talk was had."]
    for reader in (privacy, await world.user(Role.AUDITOR), await world.user(Role.ADMINISTRATOR)):
        with pytest.raises(Denied):
            await list_sanctions(reader, number)
    assert not any("talk" in str(entry.facts) for entry in await world.entries("incident.record_sanction"))


@pytest.mark.requirement("RSK-01")
@pytest.mark.requirement("RSK-21")
async def test_the_threat_level_is_seen_by_everybody_and_a_missing_officer_by_the_offices(world: World) -> None:
    staff, cso = await world.user(Role.CONSUMER_REFERRAL_DB), await world.user(Role.CSO)
    assert (await view_house(staff)).threat is None
    await record_threat_level(cso, ThreatLevel.GUARDED)
    world.clock.forward(hours=1)
    await record_threat_level(cso, ThreatLevel.HIGH, "Do not open attachments from outside.")

    seen = await view_house(staff)
    assert seen.threat is not None
    assert (seen.threat.level, seen.threat.note, seen.warnings) == (
        ThreatLevel.HIGH,
        "Do not open attachments from outside.",
        None,
    )
    assert (await view_house(cso)).warnings == [HouseWarning.NO_PRIVACY_OFFICER]
    await world.user(Role.PRIVACY_OFFICER)
    assert await house_warnings(world.clock()) == []
    with pytest.raises(Denied):
        await record_threat_level(staff, ThreatLevel.LOW)
