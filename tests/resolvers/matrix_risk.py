"""Who may do what with policies, timed duties and the risk programme, and how each is called, written by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from orm.models import SweepRun
from resolvers.callers import Caller
from resolvers.desk import USE_CASES
from resolvers.obligations import Completion, Draft
from resolvers.reminders import REMINDERS
from resolvers.report_prints import PrintedReport
from resolvers.risk_register import NewPlan, NewSystem
from rules.lso_collection import CollectionAnswer, CollectionQuestion
from rules.obligations import PlanKind, SystemChange
from rules.roles import GRANTABLE, Role
from rules.sanctions import SanctionKind
from rules.threat import ThreatLevel
from tests.world.evidence import report_of

HOUSE = frozenset({Role.SYSTEM})
CSO = frozenset({Role.CSO})
REGISTRARS = frozenset({Role.CSO, Role.ADMINISTRATOR})
OFFICERS = frozenset({Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR})
OWNERS = frozenset({Role.CSO, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR, Role.ITSD_ACCOUNT_MGMT})
CALENDAR_READERS = OWNERS | {Role.AUDITOR}
SIMULATORS = REGISTRARS | {Role.ITSD_ACCOUNT_MGMT}
DUTY_READERS = SIMULATORS | {Role.AUDITOR}
OFFICES = CALENDAR_READERS | {
    Role.ITSD_PROVISIONING,
    Role.SUPPORT_DESK,
    Role.PROVIDER_RELATIONS,
    Role.CENTRAL_STAFF,
}

MAY: dict[str, frozenset[Role]] = {
    "access_form.tell_waiting": HOUSE,
    "access_request.tell_waiting": HOUSE,
    "calendar_feed.make": CALENDAR_READERS,
    "calendar_feed.own": CALENDAR_READERS,
    "calendar_feed.read": HOUSE,
    "calendar_feed.revoke": CALENDAR_READERS,
    "house.view": GRANTABLE,
    "incident.record_sanction": CSO,
    "incident.sanctions": frozenset({Role.CSO, Role.PRIVACY_OFFICER}),
    "lso_collection.answer": frozenset({Role.LSO}),
    "lso_collection.ask": HOUSE,
    "lso_collection.close": HOUSE,
    "lso_collection.draw_up": HOUSE,
    "lso_collection.view": OFFICERS | {Role.LSO},
    "obligation.complete": OWNERS,
    "obligation.draft": OWNERS,
    "obligation.list": CALENDAR_READERS,
    "obligation.rules": CALENDAR_READERS,
    "obligation.tick": HOUSE,
    "obligation.view": CALENDAR_READERS,
    "obligation.year": CALENDAR_READERS,
    "policy.change": CSO,
    "policy.list": OFFICES | HOUSE,
    "policy.preview": CSO,
    "risk.approve_plan": CSO,
    "risk.record_plan": REGISTRARS,
    "risk.record_system_change": REGISTRARS,
    "risk.register_system": REGISTRARS,
    "risk.registers": REGISTRARS | OFFICERS,
    "risk.retire_system": REGISTRARS,
    "risk.upsert_regulation": REGISTRARS,
    "sweep.deliver": DUTY_READERS,
    "sweep.describe": DUTY_READERS,
    "sweep.follow": DUTY_READERS,
    "sweep.list": DUTY_READERS,
    "sweep.park": HOUSE,
    "sweep.retry": REGISTRARS,
    "sweep.simulate": SIMULATORS | HOUSE,
    "sweep.view_run": DUTY_READERS,
    "threat.record": REGISTRARS,
}

DAY = date(2026, 3, 3)
DRAFT = Draft(report_of(), ())
PRINTED = PrintedReport(report_of(), b"", b"")


async def _record_sanction(_: Any, who: Caller) -> object:
    return await USE_CASES["incident.record_sanction"](who, 1, SanctionKind.COUNSELLING, DAY)


async def _simulate(_: Any, who: Caller) -> object:
    return await USE_CASES["sweep.simulate"](who, REMINDERS, datetime.fromisoformat("2026-03-03T12:00:00+00:00"))


async def _answer(_: Any, who: Caller) -> object:
    answers = dict.fromkeys(CollectionQuestion, CollectionAnswer.YES)
    return await USE_CASES["lso_collection.answer"](who, 2026, answers)


def _with(act: str, *given: object, **named: object) -> Callable[[Any, Caller], Awaitable[Any]]:
    return lambda _, who: USE_CASES[act](who, *given, **named)


CALLS: dict[str, Callable[[Any, Caller], Awaitable[Any]]] = {
    "incident.record_sanction": _record_sanction,
    "lso_collection.answer": _answer,
    "sweep.simulate": _simulate,
} | {
    act: _with(act, *given)
    for act, given in {
        "access_form.tell_waiting": (uuid4(),),
        "access_request.tell_waiting": (uuid4(),),
        "calendar_feed.make": (),
        "calendar_feed.own": (),
        "calendar_feed.read": ("token",),
        "calendar_feed.revoke": (),
        "house.view": (),
        "incident.sanctions": (1,),
        "lso_collection.ask": (uuid4(),),
        "lso_collection.close": (2026, report_of(), PRINTED),
        "lso_collection.draw_up": (2026,),
        "lso_collection.view": (2026,),
        "obligation.complete": (1, DRAFT, PRINTED),
        "obligation.draft": (Completion(1, "Done."),),
        "obligation.list": (),
        "obligation.rules": (),
        "obligation.tick": (uuid4(),),
        "obligation.view": (1,),
        "obligation.year": (),
        "policy.list": (),
        "policy.preview": ("sar.sample_size", "6", DAY),
        "risk.approve_plan": (PlanKind.DISASTER_RECOVERY, "1", DAY),
        "risk.record_plan": (NewPlan(PlanKind.DISASTER_RECOVERY, "1", "Somebody", date(2026, 3, 1), "0" * 64),),
        "risk.record_system_change": ("CIMOR", SystemChange.NEW_CODE_SETS, "New."),
        "risk.register_system": (NewSystem("CIMOR", "CIMOR"),),
        "risk.registers": (),
        "risk.retire_system": ("CIMOR",),
        "sweep.deliver": (SweepRun(id=uuid4(), name="duty", due_on=DAY),),
        "sweep.describe": (),
        "sweep.follow": (None,),
        "sweep.list": (),
        "sweep.park": (uuid4(),),
        "sweep.retry": ("duty", DAY),
        "sweep.view_run": ("duty", DAY),
        "threat.record": (ThreatLevel.LOW,),
    }.items()
}
CALLS["policy.change"] = _with("policy.change", "sar.sample_size", "6", DAY, "More.", seen=0)
CALLS["risk.upsert_regulation"] = _with(
    "risk.upsert_regulation", "DOR 1", "One", DAY, last_reviewed_on=None, active=True
)
