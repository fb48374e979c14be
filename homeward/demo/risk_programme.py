"""The risk-management programme of the story: registers, obligations done with evidence, one late, some due soon.

Everything comes about through the use cases and the daily tick, which runs here on a few days only: each day costs
building time. No die is cast, so that the rest of the story stays what it is.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from homeward.demo import cast
from homeward.demo.stage import Stage
from orm.models import DatedObligation
from resolvers.house_state import record_threat_level
from resolvers.obligations import Completion, complete_obligation
from resolvers.risk_register import (
    NewPlan,
    NewSystem,
    approve_plan,
    record_plan,
    record_system_change,
    register_system,
    upsert_regulation,
)
from resolvers.risk_sweep import RISK_CALENDAR
from resolvers.sweeps import run_now
from rules.calendar import local_instant, months_after
from rules.obligations import ObligationState, PlanKind, SystemChange
from rules.threat import ThreatLevel

_TICKS = (148, 100, 50, 20, 6, 1)
"""Days before the end on which the daily tick runs."""

_DONE = (
    (130, "RSK-BCP", "The approved plan was read and holds; two telephone numbers were corrected."),
    (125, "RSK-NEW", "Assessed with the team of the project: no finding above low."),
    (75, "RSK-TRN", "The training programme was held twice and is kept up to date."),
    (60, "RSK-SEC", "Assessed against 45 CFR 164.308 to 164.316: three findings, each with an owner and a date."),
    (15, "RSK-SITE", "Visited: doors, screens and paper were in order."),
)


def plan_risk_programme(stage: Stage) -> None:
    """Enter the programme on the agenda."""
    at = stage.agenda.at
    at(_at(stage, 149, 9), _open_registers, stage)
    for days in _TICKS:
        at(_at(stage, days, 7), run_now, stage.desk, RISK_CALENDAR)
    for days, code, note in _DONE:
        at(_at(stage, days, 10), _complete, stage, code, note)
    cso = cast.CHIEF_SECURITY_OFFICER
    change = "The sign-on moves to another server."
    at(_at(stage, 8, 11), _change_system, stage, change)
    at(_at(stage, 40, 11), record_threat_level, stage.call(cso), ThreatLevel.LOW)
    guarded = "More false letters than usual: open no attachment that you did not expect."
    at(_at(stage, 3, 11), record_threat_level, stage.call(cso), ThreatLevel.GUARDED, guarded)


async def _open_registers(stage: Stage) -> None:
    """Register systems and regulations, and record two plans, of which one is approved."""
    admin, today = stage.call(cast.ADMINISTRATOR), stage.story_day
    await register_system(admin, NewSystem("SAMPLE-EHR", "Sample record system", True, today - timedelta(days=300)))
    await register_system(admin, NewSystem("EXCHANGE", "Referral exchange"))
    soon = months_after(stage.today, -36) + timedelta(days=18)
    for code, title, reviewed in (("DOR 8.370", "Security maintenance", soon), ("DOR 8.090", "Training", None)):
        effective_on = date(2013, 5, 17) if reviewed else today - timedelta(days=200)
        await upsert_regulation(admin, code, title, effective_on, last_reviewed_on=reviewed, active=True)
    for kind, prepared_by in (
        (PlanKind.BUSINESS_CONTINUITY, "The department"),
        (PlanKind.DISASTER_RECOVERY, "The provider of IT services"),
    ):
        await record_plan(admin, NewPlan(kind, "1", prepared_by, today, "0" * 64))
    by = stage.call(cast.CHIEF_SECURITY_OFFICER)
    await approve_plan(by, PlanKind.BUSINESS_CONTINUITY, "1", months_after(today, 12))


async def _complete(stage: Stage, code: str, note: str) -> None:
    """Complete the one of a code that is due first."""
    row = await DatedObligation.filter(code=code, state=ObligationState.OPEN).order_by("due_on", "number").first()
    if row is not None:
        await complete_obligation(stage.call(cast.CHIEF_SECURITY_OFFICER), Completion(row.number, note))


async def _change_system(stage: Stage, note: str) -> None:
    by = stage.call(cast.ADMINISTRATOR)
    await record_system_change(by, "SAMPLE-EHR", SystemChange.SECURITY_COMPONENTS, note)


def _at(stage: Stage, days_ago: int, hour: int) -> datetime:
    return local_instant(stage.today - timedelta(days=days_ago), time(hour))
