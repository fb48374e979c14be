"""What the obligations are about: the registers of systems, regulations and plans, and what is entered in them."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import coded
from admin_ui.forms import Fields
from admin_ui.registers import look_of
from admin_ui.rendering import words
from admin_ui.tables import Column, table_of
from resolvers.risk_register import (
    REGISTRARS,
    NewPlan,
    NewSystem,
    PlanView,
    RegulationView,
    RiskSystemView,
    approve_plan,
    record_plan,
    record_system_change,
    register_system,
    retire_system,
    upsert_regulation,
    view_registers,
)
from rules.errors import Invalid, NotFound
from rules.obligations import PlanKind, SystemChange

_SYSTEMS: tuple[Column[RiskSystemView], ...] = (
    Column("System", lambda one: f"{one.name} ({one.code})", "risk/cells.html:system"),
    Column("Last assessed before it was registered", lambda one: one.last_assessed_on),
    Column("Registered", lambda one: one.registered_at),
    Column("Changes", lambda one: [change.kind for change in one.changes], "risk/cells.html:changes"),
    Column("Retired", lambda one: one.retired_at),
)
_REGULATIONS: tuple[Column[RegulationView], ...] = (
    Column("Regulation", lambda one: one.code),
    Column("About", lambda one: one.title),
    Column("In force since", lambda one: one.effective_on),
    Column("Reviewed before it was registered", lambda one: one.last_reviewed_on),
    Column("State", lambda one: "In force" if one.active else "Not in force", "risk/cells.html:in_force"),
)
_PLANS: tuple[Column[PlanView], ...] = (
    Column("Plan", lambda one: words(one.kind)),
    Column("Version", lambda one: one.version),
    Column("Prepared", lambda one: [one.prepared_by, one.prepared_on], "risk/cells.html:prepared"),
    Column("SHA-256 of the document", lambda one: one.document_sha256, "risk/cells.html:hash"),
    Column("State", lambda one: one.in_force, "risk/cells.html:plan_state"),
    Column("Holds until", lambda one: one.expires_on),
)


async def risk_page(visit: Visit) -> Response:
    """Show all registers; whoever keeps them finds what can be entered."""
    found, look = await view_registers(visit.caller), look_of(visit)
    return visit.show(
        "risk/registers.html",
        systems=table_of(_SYSTEMS, found.systems, look, caption="Registered systems"),
        regulations=table_of(_REGULATIONS, found.regulations, look, caption="Regulations in force, and former ones"),
        plans=table_of(_PLANS, found.plans, look, caption="Versions of the plans"),
        keeps=visit.caller.actor.has_any(REGISTRARS),
    )


async def _new_system(visit: Visit, given: Fields) -> str:
    new = NewSystem(given.raw("code"), given.raw("name"), bool(given.raw("inUse")), given.day("lastAssessedOn"))
    await register_system(visit.caller, new)
    return "/risk"


NEW_SYSTEM = Action(
    path="/risk/systems/new",
    title="Register a system",
    button="Register it",
    about="A new system is assessed while its project begins; one in use three years after the last time.",
    back="/risk",
    do=_new_system,
    of=register_system,
    done="The system was registered; its assessment is on the calendar.",
    fields=(
        Field("code", "Code", required=True, limit=20, hint="Letters, digits, dots and hyphens."),
        Field("name", "Name", required=True),
        Field("inUse", "It is in use already", Ask.BOX),
        Field("lastAssessedOn", "Last assessed on", Ask.DAY, hint="If it is in use and was assessed."),
    ),
)


async def _one_system(visit: Visit) -> Loaded:
    code = visit.request.path_params["code"]
    found = next((one for one in (await view_registers(visit.caller)).systems if one.code == code), None)
    if found is None:
        raise NotFound("There is no such system.", code="SYSTEM_NOT_FOUND", field="code")
    return Loaded(about=f"{found.name} ({found.code})", back="/risk")


async def _change_system(visit: Visit, given: Fields) -> str:
    kind = given.choice("kind", SystemChange)
    if kind is None:
        raise Invalid("Choose what has changed.", code="FIELD_REQUIRED", field="kind")
    number = await record_system_change(visit.caller, visit.request.path_params["code"], kind, given.raw("note"))
    return f"/obligations/{number}"


CHANGE_SYSTEM = Action(
    path="/risk/systems/{code}/change",
    title="Record a change of a system",
    button="Record it",
    load=_one_system,
    do=_change_system,
    of=record_system_change,
    done="The change was recorded. This assessment is due because of it.",
    fields=(
        Field("kind", "What changes", Ask.RADIO, choices=coded(SystemChange), required=True),
        Field("note", "In words", Ask.AREA, limit=500, required=True),
    ),
)


async def _retire(visit: Visit, _: Fields) -> str:
    await retire_system(visit.caller, visit.request.path_params["code"])
    return "/risk"


RETIRE_SYSTEM = Action(
    path="/risk/systems/{code}/retire",
    title="Retire a system",
    button="Retire it",
    load=_one_system,
    do=_retire,
    of=retire_system,
    confirm="No further assessment is opened for a retired system, and it does not come back.",
    done="The system is retired.",
)


async def _keep_regulation(visit: Visit, given: Fields, code: str, *, active: bool, is_new: bool = False) -> str:
    effective = given.day("effectiveOn")
    if effective is None:
        raise Invalid("Since when it is in force: this is needed.", code="FIELD_REQUIRED", field="effectiveOn")
    await upsert_regulation(
        visit.caller,
        code,
        given.raw("title"),
        effective,
        last_reviewed_on=given.day("lastReviewedOn"),
        active=active,
        is_new=is_new,
    )
    return "/risk"


async def _new_regulation(visit: Visit, given: Fields) -> str:
    return await _keep_regulation(visit, given, given.raw("code"), active=True, is_new=True)


async def _change_regulation(visit: Visit, given: Fields) -> str:
    code = visit.request.path_params["code"]
    return await _keep_regulation(visit, given, code, active=bool(given.raw("active")))


async def _one_regulation(visit: Visit) -> Loaded:
    code = visit.request.path_params["code"]
    found = next((one for one in (await view_registers(visit.caller)).regulations if one.code == code), None)
    if found is None:
        raise NotFound("There is no such regulation.", code="REGULATION_NOT_FOUND", field="code")
    values = {
        "title": found.title,
        "effectiveOn": found.effective_on.isoformat(),
        "lastReviewedOn": found.last_reviewed_on.isoformat() if found.last_reviewed_on else "",
        "active": "yes" if found.active else "",
    }
    return Loaded(values, title=f"Change {found.code}", back="/risk")


_OF_REGULATION = (
    Field("title", "What it is about", required=True),
    Field("effectiveOn", "In force since", Ask.DAY, required=True),
    Field("lastReviewedOn", "Reviewed last on", Ask.DAY, hint="Before it was registered here, if it was."),
)

NEW_REGULATION = Action(
    path="/risk/regulations/new",
    title="Enter a regulation",
    button="Enter it",
    about="Each regulation in force is reviewed at least every three years.",
    back="/risk",
    do=_new_regulation,
    of=upsert_regulation,
    done="The regulation was entered.",
    fields=(Field("code", "Number", required=True, limit=20, hint="Such as DOR 8.370."), *_OF_REGULATION),
)
CHANGE_REGULATION = Action(
    path="/risk/regulations/{code}",
    title="Change a regulation",
    button="Save",
    load=_one_regulation,
    do=_change_regulation,
    of=upsert_regulation,
    rewrites=True,
    done="The regulation was changed.",
    fields=(*_OF_REGULATION, Field("active", "It is in force", Ask.BOX)),
)


async def _new_plan(visit: Visit, given: Fields) -> str:
    kind, prepared = given.choice("kind", PlanKind), given.day("preparedOn")
    if kind is None or prepared is None:
        missing = "kind" if kind is None else "preparedOn"
        raise Invalid("This is needed.", code="FIELD_REQUIRED", field=missing)
    new = NewPlan(kind, given.raw("version"), given.raw("preparedBy"), prepared, given.raw("documentSha256").strip())
    await record_plan(visit.caller, new)
    return "/risk"


NEW_PLAN = Action(
    path="/risk/plans/new",
    title="Enter a version of a plan",
    button="Enter it",
    about="The document stays where it is kept; here its SHA-256 says which one was approved.",
    back="/risk",
    do=_new_plan,
    of=record_plan,
    done="The version was entered; somebody else approves it.",
    fields=(
        Field("kind", "Plan", Ask.RADIO, choices=coded(PlanKind), required=True),
        Field("version", "Version", required=True, limit=20),
        Field("preparedBy", "Prepared by", required=True),
        Field("preparedOn", "Prepared on", Ask.DAY, required=True),
        Field("documentSha256", "SHA-256 of the document", required=True, limit=64, hint="64 hexadecimal digits."),
    ),
)


async def _one_plan(visit: Visit) -> Loaded:
    kind, version = visit.request.path_params["kind"], visit.request.path_params["version"]
    plans = (await view_registers(visit.caller)).plans
    found = next((one for one in plans if one.kind == kind and one.version == version), None)
    if found is None:
        raise NotFound("There is no such version.", code="PLAN_NOT_FOUND", field="version")
    return Loaded(
        about=f"{words(found.kind)}, version {found.version}, prepared by {found.prepared_by}. "
        f"SHA-256 {found.document_sha256}",
        back="/risk",
    )


async def _approve(visit: Visit, given: Fields) -> str:
    parts, expires = visit.request.path_params, given.day("expiresOn")
    if expires is None:
        raise Invalid("Until when it holds: this is needed.", code="FIELD_REQUIRED", field="expiresOn")
    if parts["kind"] not in PlanKind.__members__:
        raise NotFound("There is no such version.", code="PLAN_NOT_FOUND", field="version")
    await approve_plan(visit.caller, PlanKind(parts["kind"]), parts["version"], expires)
    return "/risk"


APPROVE_PLAN = Action(
    path="/risk/plans/{kind}/approve/{version:path}",
    title="Approve a version of a plan",
    button="Approve it",
    load=_one_plan,
    do=_approve,
    of=approve_plan,
    confirm="You approve this document for the department until the day that you have chosen.",
    done="The version is approved.",
    fields=(Field("expiresOn", "Holds until", Ask.DAY, required=True, hint="A plan is attested anew each year."),),
)

RISK_ACTIONS = (
    NEW_SYSTEM,
    CHANGE_SYSTEM,
    RETIRE_SYSTEM,
    NEW_REGULATION,
    CHANGE_REGULATION,
    NEW_PLAN,
    APPROVE_PLAN,
)
