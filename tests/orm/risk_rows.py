"""Rows in every guarded table of the risk programme, each just as a use case would leave it."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from orm.models import (
    CalendarFeed,
    DatedObligation,
    Evidence,
    Incident,
    LsoCollection,
    Plan,
    RiskSystem,
    Sanction,
    StageNotice,
    SystemChangeNote,
    ThreatNotice,
)
from resolvers.callers import Caller
from resolvers.numbers import next_number
from rules.obligations import ObligationState, PlanKind, SystemChange
from rules.sanctions import SanctionKind
from rules.threat import ThreatLevel
from tests.world.world import World

DAY = date(2026, 3, 2)


async def plant_risk_rows(world: World, person: Caller) -> None:
    """Plant an obligation that is open and one that is done, and what the registers hold."""
    now, who = world.clock(), person.actor.person()
    kept = (await Evidence.all().first()).id  # type: ignore[union-attr]
    done = {"state": ObligationState.DONE, "done_at": now, "evidence_id": kept}
    for code, subject, columns in (("RSK-SITE", "101", {}), ("RSK-SEC", "", done)):
        await DatedObligation.create(
            id=uuid4(),
            number=await next_number("obligation"),
            code=code,
            subject=subject,
            title="To be done",
            opens_on=DAY,
            due_on=DAY,
            opened_at=now,
            **columns,
        )
    await RiskSystem.create(code="CIMOR", name="CIMOR", registered_at=now, registered_by_id=who)
    recorded = {"recorded_at": now, "recorded_by_id": who}
    await SystemChangeNote.create(system_id="CIMOR", kind=SystemChange.NEW_CODE_SETS, note="New.", **recorded)
    await Plan.create(
        kind=PlanKind.DISASTER_RECOVERY,
        version="1",
        prepared_by="The provider of IT services",
        prepared_on=DAY,
        document_sha256="0" * 64,
        approved_at=now,
        approved_by_id=who,
        expires_on=DAY,
        **recorded,
    )
    await ThreatNotice.create(level=ThreatLevel.LOW, **recorded)
    incident = await Incident.all().first()
    assert incident is not None
    await Sanction.create(incident_id=incident.id, kind=SanctionKind.COUNSELLING, decided_on=DAY, **recorded)
    await LsoCollection.create(year=2025, opened_at=now, closed_at=now, evidence_id=kept)
    await CalendarFeed.create(user_id=who, token_hash="0" * 64, made_at=now)
    await StageNotice.create(subject_id=uuid4(), since=now, told_at=now)
