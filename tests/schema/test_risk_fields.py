"""Policies, timed duties and the risk programme as a program asks for them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid4

import pytest

from orm.models import SweepRun, SweepState
from resolvers.callers import Caller
from resolvers.incidents import report_incident
from resolvers.lso_collection import LSO_COLLECTION
from resolvers.officers import Organization
from resolvers.risk_sweep import RISK_CALENDAR
from resolvers.sweep_register import SWEEPS
from resolvers.sweep_views import follow_sweeps, list_sweeps
from resolvers.sweeps import Subject, Sweep, fill_ledger, run_due, run_now
from rules.calendar import Daily
from rules.errors import Denied, NotFound
from rules.lso_collection import CollectionQuestion
from rules.policy import Policy
from rules.policy_register import REGISTER
from rules.roles import Role
from schema.ports import Context
from tests.world.file_room import in_session
from tests.world.house import the_schema
from tests.world.office import at_facility, designated
from tests.world.world import World

HOUSE = the_schema()


async def ask(who: Caller, document: str, **variables: Any) -> dict[str, Any]:
    result = await HOUSE.execute(document, variables, Context(who, "r-1"))
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def tell(who: Caller, mutation: str, answer: str, **given: Any) -> Any:
    """Send a mutation; give what it answered, or the code of the refusal."""
    name = mutation[0].upper() + mutation[1:]
    document = f"""mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{
      {answer} userErrors {{ code field }} }} }}"""
    payload = (await ask(who, document, input=given))[mutation]
    return payload["userErrors"][0]["code"] if payload["userErrors"] else payload


@pytest.mark.requirement("POL-35")
async def test_the_register_is_shown_with_its_sources_and_a_number_is_changed(world: World) -> None:
    cso = await world.user(Role.CSO)
    document = """query ($on: Date) { policies(asOf: $on) { version asOf conflicts { keys contradicts sentence cites }
      policies { key title why population value default unit source effectiveFrom precedence atLeast atMost regulated
        lastChange history { number value effectiveFrom decidedBy decidedAt reason } upcoming { value } } } }"""
    register = (await ask(cso, document))["policies"]
    assert {one["key"] for one in register["policies"]} == set(REGISTER)
    assert len(register["conflicts"]) == 5
    given = {"key": "lso.signin_days", "value": "58", "effectiveFrom": "2026-03-03", "reason": "Sooner.", "seen": 0}
    policy = "policy { key value lastChange upcoming { number value reason } }"
    changed = (await tell(cso, "changePolicy", policy, **given))["policy"]
    assert changed["upcoming"] == [{"number": 1, "value": "58", "reason": "Sooner."}]
    assert await tell(cso, "changePolicy", policy, **given) == "POLICY_CHANGED"
    later = (await ask(cso, document, on="2026-03-03"))["policies"]
    assert later["version"] == "defaults+1"
    [one] = [one for one in later["policies"] if one["key"] == "lso.signin_days"]
    assert (one["value"], one["history"][0]["decidedBy"][:5]) == ("58", "First")


@pytest.mark.requirement("SWP-01")
async def test_timed_duties_are_listed_simulated_and_given_a_new_start(world: World) -> None:
    cso = await world.user(Role.CSO)
    await run_due(world.desk, {RISK_CALENDAR.name: RISK_CALENDAR})
    document = """{ sweeps { name title cites cadence nextDueOn dueDates waiting parked }
      sweepRuns(first: 1, name: "risk-calendar-tick") { totalCount nodes { name dueOn state attempts startedAt
        finishedAt nextTryAt subjects hit policyVersion failures { code subjects } } } }"""
    answer = await ask(cso, document)
    sweeps = {one["name"]: one for one in answer["sweeps"]}
    assert sweeps.keys() == set(SWEEPS)
    assert sweeps["risk_calendar_tick"]["nextDueOn"] == "2026-03-03"
    assert sweeps["collect_lso"]["dueDates"][:2] == ["2026-04-01", "2026-04-08"]
    assert sweeps["collect_lso"]["cadence"].startswith("each year on 04-01, 04-08")
    [run] = answer["sweepRuns"]["nodes"]
    assert (answer["sweepRuns"]["totalCount"], run["state"], run["hit"]) == (1, "DONE", run["subjects"])

    simulate = """query ($on: Date) { simulateSweep(name: "risk-calendar-tick", asOf: $on) { name asOf policyVersion
      hitCount exemptCount subjects { label hit why facts } } }"""
    shown = (await ask(cso, simulate, on="2026-04-01"))["simulateSweep"]
    assert shown["asOf"] == "2026-04-01T12:00:00+00:00"
    assert any(one["label"] == "SAR-Q" and one["facts"] == ["step OPEN"] for one in shown["subjects"])
    assert shown["hitCount"] == len(shown["subjects"])
    refused = await HOUSE.execute(simulate, {"on": "2099-01-01"}, Context(cso, "r-1"))
    assert refused.errors is not None
    assert (refused.errors[0].extensions or {})["code"] == "DATE_TOO_FAR"

    retry = "sweepRun { name state }"
    given = {"name": "risk_calendar_tick", "dueOn": "2026-03-02"}
    assert await tell(cso, "retrySweepRun", retry, **given) == "SWEEP_RUN_NOT_PARKED"
    await SweepRun.filter(due_on=date(2026, 3, 2)).update(state=SweepState.PARKED)
    assert (await list_sweeps(cso, {RISK_CALENDAR.name: RISK_CALENDAR}))[0].parked == 1
    assert (await tell(cso, "retrySweepRun", retry, **given))["sweepRun"]["state"] == "PENDING"


@pytest.mark.requirement("SWP-01")
async def test_a_run_is_followed_while_it_goes_on(world: World) -> None:
    administrator = await in_session(await world.user(Role.ADMINISTRATOR))
    go_on = asyncio.Event()

    async def plan(_now: datetime, _policy: Policy) -> list[Subject]:
        return [Subject(uuid4(), "one", True, "because", {}) for _ in range(50)]

    async def treat(_caller: Caller, _key: UUID) -> bool:
        if (await SweepRun.get(name="slow")).hit == 25:
            await go_on.wait()
        return True

    slow = {"slow": Sweep("slow", "Slow", "test", Daily(time(6, 0)), plan, treat)}
    await fill_ledger(world.desk, slow)
    seen: list[tuple[str, int, int]] = []
    async with aclosing(follow_sweeps(administrator)) as events, asyncio.timeout(30):
        working: asyncio.Task[int] | None = None
        async for run in events:
            seen.append((run.state, run.hit, run.subjects))
            working = working or asyncio.create_task(run_due(world.desk, slow))
            if run.hit == 25:
                go_on.set()
            if run.state is SweepState.DONE:
                break
        assert working is not None
        assert await working == 1
    assert seen[0] == ("PENDING", 0, 0)
    assert ("RUNNING", 25, 50) in seen
    assert seen[-1] == ("DONE", 50, 50)
    with pytest.raises(NotFound):
        await anext(follow_sweeps(administrator, "none"))
    with pytest.raises(Denied):
        await anext(follow_sweeps(await in_session(await world.user(Role.LSO))))


OBLIGATION = """number code title subject subjectKind owners performedBy output cites opensOn dueOn state overdue
  movedBy openedAt remindedOn escalatedOn doneAt doneBy evidenceNumber mayComplete"""


@pytest.mark.requirement("RSK-01")
async def test_obligations_are_listed_and_completed_and_registers_kept(world: World) -> None:
    cso, other = await world.user(Role.CSO), await world.user(Role.CSO)
    await run_now(world.desk, RISK_CALENDAR)
    listed = await ask(
        cso,
        f"""{{ obligations(state: OPEN, first: 50) {{ totalCount nodes {{ {OBLIGATION} }} }}
          obligationRules {{ code title cadence owners performedBy output cites nextDueOn }} }}""",
    )
    assert listed["obligations"]["totalCount"] == len(listed["obligations"]["nodes"]) == 9
    assert len(listed["obligationRules"]) == 21
    number = next(one["number"] for one in listed["obligations"]["nodes"] if one["code"] == "RSK-TRN")
    done = await tell(cso, "completeObligation", f"obligation {{ {OBLIGATION} }}", number=number, note="Taught.")
    assert (done["obligation"]["state"], done["obligation"]["evidenceNumber"] > 1000) == ("DONE", True)
    shown = await ask(cso, f"query ($n: Int!) {{ obligation(number: $n) {{ {OBLIGATION} }} }}", n=number)
    assert shown["obligation"] == done["obligation"]

    registers = """registers {
      systems { code name registeredAt lastAssessedOn retiredAt changes { kind note recordedAt } }
      regulations { code title effectiveOn lastReviewedOn active }
      plans { kind version preparedBy preparedOn documentSha256 approvedAt approvedBy expiresOn inForce } }"""
    await tell(cso, "registerSystem", registers, code="CIMOR", name="An invented system")
    given = {"code": "CIMOR", "kind": "NEW_TECHNOLOGY", "note": "A new engine."}
    due = await tell(cso, "recordSystemChange", f"obligation {{ {OBLIGATION} }}", **given)
    assert (due["obligation"]["code"], due["obligation"]["movedBy"]) == ("RSK-NEW", "INITIATION")
    plan = {"kind": "DISASTER_RECOVERY", "version": "1"}
    more = {"preparedBy": "The provider of IT services", "preparedOn": "2026-03-01", "documentSha256": "0" * 64}
    await tell(cso, "recordPlan", registers, **plan, **more)
    approved = await tell(other, "approvePlan", registers, **plan, expiresOn="2027-03-02")
    assert approved["registers"]["plans"][0]["inForce"] is True
    regulation = {"code": "DOR 8.090", "title": "Training", "effectiveOn": "2013-05-17"}
    assert (await tell(cso, "upsertRegulation", registers, **regulation))["registers"]["regulations"][0]["active"]
    retired = await tell(cso, "retireSystem", registers, code="CIMOR")
    assert retired["registers"]["systems"][0]["retiredAt"] is not None
    assert (await ask(cso, f"{{ riskRegisters {registers.removeprefix('registers')} }}"))["riskRegisters"] == retired[
        "registers"
    ]


@pytest.mark.requirement("RSK-17")
@pytest.mark.requirement("RSK-18")
@pytest.mark.requirement("RSK-20")
@pytest.mark.requirement("RSK-21")
async def test_collection_threat_level_breach_and_sanctions_over_the_wire(world: World) -> None:
    cso, lso = await world.user(Role.CSO), await at_facility(world, "101", Role.LSO)
    await designated(world, Organization(facility_id="101"), lso)
    world.clock.forward(days=31)
    await run_now(world.desk, LSO_COLLECTION)
    answers = [{"question": str(one), "answer": "YES"} for one in CollectionQuestion]
    collection = """lsoCollection { year openedAt closedAt facilities { facility facilityName askedOn answeredAt
      answeredBy note answers { question sentence answer } } }"""
    given = await tell(lso, "answerLsoCollection", collection, year=2026, answers=answers)
    assert given["lsoCollection"]["facilities"][0]["answers"][0]["answer"] == "YES"
    query = collection.replace("lsoCollection", "lsoCollection(year: 2026)")
    assert (await ask(cso, f"{{ {query} }}"))["lsoCollection"] == given["lsoCollection"]

    house = "house { threat { level note recordedAt } warnings }"
    await tell(cso, "recordThreatLevel", house, level="ELEVATED", note="Look twice.")
    assert (await ask(lso, f"{{ {house} }}"))["house"]["threat"]["level"] == "ELEVATED"
    assert (await ask(cso, f"{{ {house} }}"))["house"]["warnings"] == ["NO_PRIVACY_OFFICER"]

    number = await report_incident(lso, "A list was lost.")
    incident = "incident { finding breachAnswers { question answer } }"
    breach = {"unauthorized": True, "protected": True, "compromised": True, "retainable": True}
    closing = {"number": number, "finding": "UNFOUNDED", "breach": breach}
    assert await tell(cso, "closeIncident", incident, **closing) == "BREACH_BY_DEFINITION"
    closed = await tell(cso, "closeIncident", incident, **(closing | {"finding": "BREACH"}))
    assert [one["answer"] for one in closed["incident"]["breachAnswers"]] == [True] * 4
    sanctions = "sanctions { kind decidedOn note recordedAt }"
    sanction = {"incidentNumber": number, "kind": "COUNSELLING", "decidedOn": "2026-04-01", "note": "A talk."}
    recorded = await tell(cso, "recordSanction", sanctions, **sanction)
    asked = sanctions.replace("sanctions", f"sanctions(incidentNumber: {number})")
    assert (await ask(cso, f"{{ {asked} }}"))["sanctions"] == recorded["sanctions"]

    made = await tell(cso, "createCalendarFeed", "path", replace=True)
    assert made["path"].startswith("/calendar/")
    assert (await tell(cso, "revokeCalendarFeed", "revokedAt"))["revokedAt"] is not None
    assert await tell(cso, "revokeCalendarFeed", "revokedAt", userId="") == "NO_CALENDAR_FEED"
