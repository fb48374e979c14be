"""The registers of the risk programme: systems that are assessed, regulations that are reviewed, plans (002:63-99)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from orm.models import Plan, Regulation, RiskSystem, SystemChangeNote, User
from resolvers.desk import Reading, Work, access, operation
from resolvers.obligation_opening import open_on_trigger, open_one
from rules.calendar import months_after
from rules.errors import Conflict, Denied, Invalid, NotFound
from rules.obligations import PlanKind, SystemChange
from rules.roles import Role
from rules.text import clean_text

REGISTRARS = frozenset({Role.CSO, Role.ADMINISTRATOR})
"""Who keeps the registers; a plan is approved by the CSO."""

REGISTER_READERS = REGISTRARS | {Role.PRIVACY_OFFICER, Role.AUDITOR}

_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9 .-]{0,18}[A-Z0-9])?")
_HASH = re.compile(r"[0-9a-f]{64}")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NewSystem:
    """A system to be registered: at the initiation of its project, or in use with its last assessment, if any."""

    code: str
    name: str
    in_use: bool = False
    last_assessed_on: date | None = None


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A version of a plan, who prepared it and when, and the hash of its document."""

    kind: PlanKind
    version: str
    prepared_by: str
    prepared_on: date
    document_sha256: str


@dataclass(frozen=True, slots=True)
class RiskSystemView:
    """A registered system, with its changes, the newest first."""

    code: str
    name: str
    registered_at: datetime
    last_assessed_on: date | None
    retired_at: datetime | None
    changes: list[SystemChangeView]


@dataclass(frozen=True, slots=True)
class SystemChangeView:
    """A change that made an assessment due."""

    kind: SystemChange
    note: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class RegulationView:
    """A registered regulation."""

    code: str
    title: str
    effective_on: date
    last_reviewed_on: date | None
    active: bool


@dataclass(frozen=True, slots=True)
class PlanView:
    """A version of a plan; ``in_force`` says whether its approval holds today."""

    kind: PlanKind
    version: str
    prepared_by: str
    prepared_on: date
    document_sha256: str
    approved_at: datetime | None
    approved_by: str
    expires_on: date | None
    in_force: bool


@dataclass(frozen=True, slots=True)
class RiskRegisterView:
    """All registers as they are today."""

    systems: list[RiskSystemView]
    regulations: list[RegulationView]
    plans: list[PlanView]


@access("risk.registers", by=REGISTER_READERS, cites="002:63-99")
async def view_registers(reading: Reading) -> RiskRegisterView:
    """Show the systems, regulations and plans."""
    notes: dict[str, list[SystemChangeView]] = {}
    for note in await SystemChangeNote.all().order_by("-recorded_at"):
        notes.setdefault(note.system_id, []).append(SystemChangeView(note.kind, note.note, note.recorded_at))
    plans = await Plan.all().order_by("kind", "-recorded_at")
    names = {user.id: user.name for user in await User.filter(id__in=[one.approved_by_id for one in plans])}
    systems = await RiskSystem.all().order_by("code")
    regulations = await Regulation.all().order_by("code")
    reading.note(systems=len(systems), regulations=len(regulations), plans=len(plans))
    return RiskRegisterView(
        [
            RiskSystemView(
                one.code, one.name, one.registered_at, one.last_assessed_on, one.retired_at, notes.get(one.code, [])
            )
            for one in systems
        ],
        [
            RegulationView(one.code, one.title, one.effective_on, one.last_reviewed_on, one.active)
            for one in regulations
        ],
        [_plan_view(one, names, reading.today) for one in plans],
    )


@operation("risk.register_system", by=REGISTRARS, cites="002:68-80")
async def register_system(work: Work, new: NewSystem) -> str:
    """Register a system; a new one is assessed while its project begins, one in use three years after the last time.

    Raises:
        Invalid: a code, name or date that cannot be.
        Conflict: ``SYSTEM_EXISTS``.
    """
    code = _code(new.code, "code")
    name = clean_text(new.name, field="name", limit=100, required=True)
    _check_past(new.last_assessed_on, work.today, "lastAssessedOn")
    if not new.in_use and new.last_assessed_on is not None:
        raise Invalid("A new system was not assessed yet.", code="NOT_ASSESSED", field="lastAssessedOn")
    if await RiskSystem.exists(code=code):
        raise Conflict("There is a system of this code already.", code="SYSTEM_EXISTS")
    await RiskSystem.create(
        code=code,
        name=name,
        registered_at=work.now,
        registered_by_id=work.actor.person(),
        last_assessed_on=new.last_assessed_on,
    )
    work.touches("system", [code])
    if not new.in_use:
        await open_on_trigger(work, "RSK-NEW", code, name, moved_by="INITIATION")
    return code


@operation("risk.record_system_change", by=REGISTRARS, cites="002:68-76")
async def record_system_change(work: Work, code: str, kind: SystemChange, note: str) -> int:
    """Record a change of a system; its assessment is due a month later, or when it was anyway. Give the obligation.

    Raises:
        NotFound: there is no such system.
        Invalid: the note is missing or too long.
    """
    words = clean_text(note, field="note", limit=500, multiline=True, required=True)
    system = await _system(code)
    await SystemChangeNote.create(
        system_id=system.code, kind=kind, note=words, recorded_at=work.now, recorded_by_id=work.actor.person()
    )
    work.touches("system", [system.code])
    work.note(change=str(kind))
    # While a new system's first assessment is open, it takes the change in.
    first = await open_one("RSK-NEW", system.code)
    row = await open_on_trigger(work, "RSK-NEW" if first else "RSK-SYS", system.code, system.name, moved_by=str(kind))
    return row.number


@operation("risk.retire_system", by=REGISTRARS, cites="002:68-80")
async def retire_system(work: Work, code: str) -> str:
    """Say that a system is not in use any more: no further assessment is opened.

    Raises:
        NotFound: there is no such system.
        Conflict: ``SYSTEM_RETIRED``.
    """
    system = await _system(code)
    if system.retired_at is not None:
        raise Conflict("This system is retired already.", code="SYSTEM_RETIRED")
    system.retired_at = work.now
    await system.save(update_fields=["retired_at"])
    work.touches("system", [system.code])
    return system.code


@operation("risk.upsert_regulation", by=REGISTRARS, cites="002:83; 002:133")
async def upsert_regulation(
    work: Work,
    code: str,
    title: str,
    effective_on: date,
    *,
    last_reviewed_on: date | None,
    active: bool,
    is_new: bool = False,
) -> str:
    """Enter a regulation, or change its title, dates and whether it is in force; one that ``is_new`` changes none.

    Raises:
        Invalid: a code, title or date that cannot be.
        Conflict: ``REGULATION_EXISTS``.
    """
    key = _code(code, "code")
    _check_past(last_reviewed_on, work.today, "lastReviewedOn")
    known = await Regulation.filter(code=key).select_for_update(no_key=True).first()
    if known is not None and is_new:
        raise Conflict("There is a regulation of this number already.", code="REGULATION_EXISTS", field="code")
    row = known or Regulation(code=key)
    row.title = clean_text(title, field="title", limit=100, required=True)
    row.effective_on = effective_on
    row.last_reviewed_on = last_reviewed_on
    row.active = active
    await row.save(force_create=known is None)
    work.touches("regulation", [key])
    work.note(active=active, effective_on=effective_on.isoformat())
    return key


@operation("risk.record_plan", by=REGISTRARS, cites="002:93-99")
async def record_plan(work: Work, new: NewPlan) -> UUID:
    """Enter a version of a plan, to be approved.

    Raises:
        Invalid: a version, name, date or hash that cannot be.
        Conflict: ``PLAN_EXISTS``.
    """
    version = clean_text(new.version, field="version", limit=20, required=True)
    prepared_by = clean_text(new.prepared_by, field="preparedBy", limit=100, required=True)
    _check_past(new.prepared_on, work.today, "preparedOn")
    if not _HASH.fullmatch(new.document_sha256):
        raise Invalid("A SHA-256 has 64 hexadecimal digits.", code="HASH_MALFORMED", field="documentSha256")
    if await Plan.exists(kind=new.kind, version=version):
        raise Conflict("There is this version of the plan already.", code="PLAN_EXISTS")
    plan = await Plan.create(
        kind=new.kind,
        version=version,
        prepared_by=prepared_by,
        prepared_on=new.prepared_on,
        document_sha256=new.document_sha256,
        recorded_at=work.now,
        recorded_by_id=work.actor.person(),
    )
    work.about("plan", plan.id)
    return plan.id


@operation("risk.approve_plan", by={Role.CSO}, cites="002:93-99")
async def approve_plan(work: Work, kind: PlanKind, version: str, expires_on: date) -> UUID:
    """Approve a version of a plan until a day; whoever entered it may not approve it.

    Raises:
        NotFound: there is no such version.
        Denied: ``OWN_PLAN``.
        Conflict: ``PLAN_APPROVED``.
        Invalid: ``PLAN_EXPIRY``: not after today, or longer than the policy lets a plan live.
    """
    plan = await Plan.filter(kind=kind, version=version.strip()).select_for_update(no_key=True).first()
    if plan is None:
        raise NotFound("There is no such version.", code="PLAN_NOT_FOUND", field="version")
    work.about("plan", plan.id)
    if plan.approved_at is not None:
        raise Conflict("This version is approved already.", code="PLAN_APPROVED")
    if plan.recorded_by_id == work.actor.person():
        raise Denied("Somebody else approves what you entered.", code="OWN_PLAN")
    longest = months_after(work.today, work.policy.risk_plan_months)
    if not work.today + _DAY <= expires_on <= longest:
        raise Invalid(f"Choose a day from tomorrow to {longest}.", code="PLAN_EXPIRY", field="expiresOn")
    plan.approved_at = work.now
    plan.approved_by_id = work.actor.person()
    plan.expires_on = expires_on
    await plan.save(update_fields=["approved_at", "approved_by_id", "expires_on"])
    work.note(kind=str(kind), version=plan.version, expires_on=expires_on.isoformat())
    return plan.id


async def _system(code: str) -> RiskSystem:
    system = await RiskSystem.filter(code=code.strip().upper()).select_for_update(no_key=True).first()
    if system is None:
        raise NotFound("There is no such system.", code="SYSTEM_NOT_FOUND", field="code")
    return system


def _code(value: str, field: str) -> str:
    code = value.strip().upper()
    if not _CODE.fullmatch(code):
        raise Invalid("A code has up to 20 letters, digits, dots and hyphens.", code="CODE_MALFORMED", field=field)
    return code


def _check_past(on: date | None, today: date, field: str) -> None:
    if on is not None and on > today:
        raise Invalid("This day is still to come.", code="DATE_IN_FUTURE", field=field)


def _plan_view(plan: Plan, names: dict[UUID, str], today: date) -> PlanView:
    approved = plan.approved_at is not None and plan.expires_on is not None and plan.expires_on >= today
    return PlanView(
        plan.kind,
        plan.version,
        plan.prepared_by,
        plan.prepared_on,
        plan.document_sha256,
        plan.approved_at,
        names.get(plan.approved_by_id, "") if plan.approved_by_id else "",
        plan.expires_on,
        approved,
    )
