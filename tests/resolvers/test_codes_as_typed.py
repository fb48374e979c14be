"""A code that nothing can have is answered like one that nothing has: a refusal, never a fault."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from orm.sql import fetch
from resolvers.access_form_queue import FormFilter, list_access_forms
from resolvers.access_forms import submit_access_form
from resolvers.lso import designate_lso, end_lso
from resolvers.lso_deputies import appoint_deputy
from resolvers.lso_views import view_lso_designation
from resolvers.officers import Organization
from resolvers.outside_systems import OutsideSystemData, upsert_outside_system
from rules.access_forms import Channel
from rules.errors import Invalid, NotFound, Refusal
from rules.lso import LsoEnd
from tests.world.forms import LETTER_ON_PAPER, newcomer
from tests.world.office import Office
from tests.world.world import World

CODES = ["1234", "12", "", "12\0", "\0", "\ud800", "1\ud80023", "\u0661\u0662\u0663", "12\n", "x" * 300]
DAY = date(2026, 3, 10)

BY_FACILITY: dict[str, Callable[[Office, str], Awaitable[object]]] = {
    "lso.view": lambda office, code: view_lso_designation(office.cso, Organization(facility_id=code)),
    "lso.designate": lambda office, code: designate_lso(
        office.cso, Organization(facility_id=code), LETTER_ON_PAPER, None
    ),
    "lso.end": lambda office, code: end_lso(office.cso, Organization(facility_id=code), LsoEnd.LEFT),
    "lso.appoint_deputy": lambda office, code: appoint_deputy(
        office.cso, Organization(facility_id=code), office.deputy.actor.label, DAY, DAY
    ),
    "access_form.submit": lambda office, code: submit_access_form(
        office.liaison, newcomer(facility_code=code, channel=Channel.FAX)
    ),
}


TABLES = ("access_form", "lso_designation", "lso_deputy", "outside_system", "catalogue_role", "notification", "outbox")


async def _rows() -> list[object]:
    return [sorted(map(str, await fetch(f"SELECT * FROM {table}"))) for table in TABLES]


async def _refused(world: World, act: str, attempt: Callable[[], Awaitable[object]]) -> Refusal:
    before = await _rows()
    with pytest.raises(Refusal) as refused:
        await attempt()
    assert await _rows() == before, "a refusal changes nothing and promises nothing"
    assert (await world.entries(act))[-1].code == refused.value.code, "it was written down"
    return refused.value


@pytest.mark.parametrize("code", CODES, ids=ascii)
@pytest.mark.parametrize("act", BY_FACILITY)
async def test_a_code_that_no_facility_can_have_names_no_organization(world: World, act: str, code: str) -> None:
    office = await Office.of(world)
    refusal = await _refused(world, act, lambda: BY_FACILITY[act](office, code))
    assert (type(refusal), refusal.code) == (NotFound, "ORGANIZATION_NOT_FOUND")


@pytest.mark.parametrize(
    ("role", "why"),
    [
        ("\0", "TEXT_MALFORMED"),
        ("BILL\0ING", "TEXT_MALFORMED"),
        ("\ud800", "TEXT_MALFORMED"),
        ("X" * 41, "TEXT_TOO_LONG"),
        ("X" * 40, "ROLE_UNKNOWN"),
        ("", "ROLE_UNKNOWN"),
    ],
    ids=ascii,
)
async def test_a_code_that_no_role_can_have_opens_no_outside_system(world: World, role: str, why: str) -> None:
    office = await Office.of(world)
    data = OutsideSystemData("SYS", "System", "Agency", roles=frozenset({role}))
    refusal = await _refused(world, "outside_system.upsert", lambda: upsert_outside_system(office.account_mgmt, data))
    assert (type(refusal), refusal.code) == (Invalid, why)


@pytest.mark.parametrize("office_code", ["\0", "R\0O", "\ud800", "x" * 9], ids=ascii)
async def test_forms_of_a_regional_office_that_cannot_be_are_not_looked_for(world: World, office_code: str) -> None:
    office = await Office.of(world)
    where = FormFilter(regional_office=office_code)
    refusal = await _refused(world, "access_form.list", lambda: list_access_forms(office.liaison, where=where))
    assert (type(refusal), refusal.field) == (Invalid, "regionalOffice")


async def test_forms_of_a_regional_office_that_nobody_has_are_none(world: World) -> None:
    office = await Office.of(world)
    await submit_access_form(office.supervisor, newcomer())
    assert (await list_access_forms(office.liaison, where=FormFilter(regional_office="x" * 8))).nodes == []
    assert len((await list_access_forms(office.liaison, where=FormFilter(regional_office=""))).nodes) == 1
