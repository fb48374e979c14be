"""Systems of other agencies: which roles open them, and whom to tell when somebody leaves (002:278-285)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from orm.models import CatalogueRole, OutsideSystem
from resolvers.desk import Reading, Work, access, operation
from rules.errors import Conflict, Invalid, NotFound
from rules.roles import Role
from rules.text import clean_text
from rules.tickets import QUEUES

_CODE_LIMIT = 20
_ROLE_LIMIT = 40


@dataclass(slots=True)
class OutsideSystemView:
    """A system of another agency, and the catalogue roles that open it."""

    code: str
    name: str
    agency: str
    mainframe: bool
    active: bool
    roles: list[str]


@dataclass(frozen=True, slots=True)
class OutsideSystemData:
    """The whole record of an outside system, with all catalogue roles that open it."""

    code: str
    name: str
    agency: str
    mainframe: bool = False
    active: bool = True
    roles: frozenset[str] = frozenset()
    is_new: bool = False
    """Whether it must not be there yet."""


@operation("outside_system.upsert", by={Role.ITSD_ACCOUNT_MGMT}, cites="002:278-285; 002:303-305")
async def upsert_outside_system(work: Work, data: OutsideSystemData) -> str:
    """Enter a system of another agency, or write it anew; a leaver who holds one of its roles is told to the agency.

    Raises:
        Invalid: a text is missing or too long, ``ROLE_UNKNOWN``, ``ROLE_OF_OTHER_SYSTEM``.
        Conflict: ``SYSTEM_EXISTS``.
    """
    code = clean_text(data.code, field="code", limit=_CODE_LIMIT, required=True).upper()
    record = {
        "name": clean_text(data.name, field="name", limit=100, required=True),
        "agency": clean_text(data.agency, field="agency", limit=100, required=True),
        "mainframe": data.mainframe,
        "active": data.active,
    }
    wanted = {clean_text(one, field="roles", limit=_ROLE_LIMIT) for one in data.roles}
    roles = await CatalogueRole.filter(code__in=sorted(wanted)).order_by("code").select_for_update(no_key=True)
    if len(roles) != len(wanted):
        raise Invalid("One of these roles is not in the catalogue.", code="ROLE_UNKNOWN", field="roles")
    if any(role.system_id not in (None, code) for role in roles):
        raise Invalid("One of these roles opens another system.", code="ROLE_OF_OTHER_SYSTEM", field="roles")
    if data.is_new and await OutsideSystem.exists(code=code):
        raise Conflict("There is a system of this code already.", code="SYSTEM_EXISTS", field="code")
    await OutsideSystem.update_or_create(code=code, defaults=record)
    await CatalogueRole.filter(system_id=code).exclude(code__in=sorted(wanted)).update(system_id=None)
    await CatalogueRole.filter(code__in=sorted(wanted)).update(system_id=code)
    work.touches("outside_system", [code])
    work.note(roles=sorted(wanted), active=data.active)
    return code


@access("outside_system.list", by=QUEUES.keys(), cites="002:278-285")
async def list_outside_systems(reading: Reading) -> list[OutsideSystemView]:
    """List the outside systems, by code."""
    systems = await OutsideSystem.all().order_by("code")
    reading.touches("outside_system", [system.code for system in systems])
    return [await _system(system) for system in systems]


@access("outside_system.view", by=QUEUES.keys(), cites="002:278-285")
async def view_outside_system(reading: Reading, code: str) -> OutsideSystemView:
    """Show an outside system by its code.

    Raises:
        NotFound: there is no such system.
    """
    system = await OutsideSystem.filter(code=code).first()
    if system is None:
        raise NotFound("There is no such system.", code="SYSTEM_NOT_FOUND", field="code")
    reading.touches("outside_system", [code])
    return await _system(system)


async def systems_by_code(codes: Collection[str]) -> dict[str, OutsideSystemView]:
    """Load some systems for whatever names them."""
    return {one.code: await _system(one) for one in await OutsideSystem.filter(code__in=list(codes))}


async def _system(system: OutsideSystem) -> OutsideSystemView:
    roles = await CatalogueRole.filter(system_id=system.code).order_by("code").values_list("code", flat=True)
    return OutsideSystemView(
        code=system.code,
        name=system.name,
        agency=system.agency,
        mainframe=system.mainframe,
        active=system.active,
        roles=[str(role) for role in roles],
    )
