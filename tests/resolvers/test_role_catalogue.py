"""The role catalogue: what is offered, what does not go together, what is withdrawn (000:176-189, 002:244-245)."""

from __future__ import annotations

from datetime import date

import pytest

from orm.models import IncompatiblePair, Outcome, ProviderKind, RoleGrant
from resolvers.access_requests import submit_access_request
from resolvers.role_catalogue import (
    list_available_roles,
    list_current_roles,
    list_incompatible_roles,
    list_roles,
    set_incompatible_roles,
    withdraw_role,
)
from rules.approvals import RequestState
from rules.errors import Invalid, NotFound
from rules.organizations import Division, OrganizationKind, Under
from rules.roles import Role
from rules.segregation import PairVerdict
from tests.world.office import Office
from tests.world.requests import TERMS, draft, state_of, untouched
from tests.world.world import World

TCM_UNDER_THE_OFFICE = {
    "DD_PRIVATE_TCM_REGIONAL_OFFICE_USER",
    "PROVIDER_PROFILE_UPDATE",
    "DATA_ENTRY",
    "REVIEWER",
    "CONSUMER_REFERRAL_DB",
    "BILLING",
    "MORTALITY_REVIEW",
    "EXECUTIVE_DIRECTOR",
}
TCM_UNDER_ITSELF = {"MRDD_TCM_CONSUMER_AND_SERVICES", "MRDD_TCM_FINANCIAL"}


@pytest.mark.requirement("ROL-01")
@pytest.mark.requirement("ROL-08")
@pytest.mark.requirement("ROL-09")
@pytest.mark.requirement("DAT-03")
async def test_the_catalogue_says_what_each_role_is_for_and_asks(world: World) -> None:
    roles = {role.code: role for role in await list_roles(await world.user())}
    assert roles["BILLING"].division is None
    financial = roles["MRDD_TCM_FINANCIAL"]
    assert (financial.optional, financial.administrative, financial.under) == (True, True, Under.OWN)
    assert roles["HI_REPRESENTATIVE"].is_duty
    assert roles["MORTALITY_REVIEW"].inactivity_exempt
    update = roles["ACCOUNTS_RECV_CO_UPDATE"]
    assert (update.training, update.limits, update.active_from) == (
        "Financial",
        "DMH Central Office",
        date(2006, 8, 21),
    )
    assert update.available_to == [OrganizationKind.OFFICE]
    assert [role.name for role in roles.values()] == sorted(role.name for role in roles.values())


@pytest.mark.requirement("ARA-07")
@pytest.mark.requirement("ARA-20")
@pytest.mark.requirement("ARA-21")
async def test_the_picker_offers_what_would_not_deny_the_request_and_nothing_else(world: World) -> None:
    office = await Office.of(world)
    offered = await list_available_roles(office.employee, Division.MRDD, Under.REGIONAL_OFFICE, office.provider_id)
    assert {role.code for role in offered} == TCM_UNDER_THE_OFFICE
    own = await list_available_roles(office.employee, Division.MRDD, Under.OWN)
    assert {role.code for role in own} == TCM_UNDER_ITSELF
    other = await list_available_roles(office.employee, Division.ADA, Under.REGIONAL_OFFICE)
    assert {role.code for role in other} == {"BILLING", "MORTALITY_REVIEW", "EXECUTIVE_DIRECTOR"}

    number = await draft(office.employee, *sorted(TCM_UNDER_THE_OFFICE), reason="TCM supervisor.")
    await submit_access_request(office.employee, number, "key", TERMS)
    assert await state_of(number) is RequestState.WITH_LSO

    await RoleGrant.create(user_id=office.employee.actor.person(), role="BILLING", granted_at=world.clock())
    held = await list_available_roles(office.employee, Division.ADA, Under.REGIONAL_OFFICE)
    assert {role.code for role in held} == {"MORTALITY_REVIEW", "EXECUTIVE_DIRECTOR"}


async def test_the_picker_refuses_what_a_request_would_refuse(world: World) -> None:
    office = await Office.of(world, ProviderKind.RESIDENTIAL)
    other = await Office.of(world)
    for act, code in (
        (list_available_roles(office.employee, Division.MRDD, Under.OWN), "OWN_ORGANIZATION_NOT_POSSIBLE"),
        (
            list_available_roles(office.employee, Division.MRDD, Under.REGIONAL_OFFICE, other.provider_id),
            "EMPLOYER_NOT_YOURS",
        ),
    ):
        with pytest.raises(Invalid) as refused:
            await act
        assert refused.value.code == code
        assert (await world.entries("role.available"))[-1].outcome is Outcome.REFUSED


@pytest.mark.requirement("TRK-03")
async def test_the_roles_that_came_with_the_account_are_listed_too(world: World) -> None:
    who = await world.user(Role.CSO)
    await RoleGrant.create(user_id=who.actor.person(), role="OF_OLD", granted_at=world.clock())
    held = {one.role.code: one for one in await list_current_roles(who)}
    assert held["CSO"].role.name == "Chief Security Officer"
    assert (held["CSO"].granted_by, held["CSO"].request_number) == ("", None)
    assert held["OF_OLD"].role.name == "OF_OLD"


@pytest.mark.requirement("ROL-07")
@pytest.mark.requirement("POL-20")
async def test_the_cso_says_which_roles_do_not_go_together_and_that_they_do_again(world: World) -> None:
    cso = await world.user(Role.CSO)
    [shipped] = await list_incompatible_roles(cso)
    assert (shipped.first.code, shipped.second.code, shipped.verdict) == (
        "DATA_ENTRY", "REVIEWER", PairVerdict.ALLOWED_WITH_REASON,
    )  # fmt: skip
    pair = await set_incompatible_roles(cso, "reviewer", "DATA_ENTRY", PairVerdict.FORBIDDEN, "Not any more.")
    assert pair is not None
    [now] = await list_incompatible_roles(cso)
    assert (now.first.code, now.verdict, now.why) == ("DATA_ENTRY", PairVerdict.FORBIDDEN, "Not any more.")
    assert await set_incompatible_roles(cso, "DATA_ENTRY", "REVIEWER", None, "Reviewed elsewhere.") is None
    assert await list_incompatible_roles(cso) == []
    assert await IncompatiblePair.all().count() == 2, "what was in force is kept"
    assert await IncompatiblePair.filter(ended_at=None).count() == 0


async def test_a_pair_needs_two_roles_of_the_catalogue_and_a_reason(world: World) -> None:
    cso = await world.user(Role.CSO)
    before = await untouched()
    for first, second, why, code in (
        ("BILLING", "BILLING", "Why.", "SAME_ROLE"),
        ("BILLING", "NO_SUCH", "Why.", "UNKNOWN_ROLE"),
        ("BILLING", "AUDITOR", " ", "TEXT_REQUIRED"),
        ("BILLING", "\ud800", "Why.", "TEXT_MALFORMED"),
    ):
        with pytest.raises(Invalid) as refused:
            await set_incompatible_roles(cso, first, second, PairVerdict.FORBIDDEN, why)
        assert refused.value.code == code
        assert (await world.entries("role.set_incompatible"))[-1].code == code
    assert await untouched() == before


async def test_a_role_is_withdrawn_from_a_day_on_and_taken_in_again(world: World) -> None:
    cso = await world.user(Role.CSO)
    shown = await withdraw_role(cso, "billing", date(2026, 3, 3))
    assert shown.withdrawn_on == date(2026, 3, 3)
    assert "BILLING" in {role.code for role in await list_roles(cso)}
    world.clock.forward(days=1)
    assert "BILLING" not in {role.code for role in await list_roles(cso)}
    assert "BILLING" in {role.code for role in await list_roles(cso, withdrawn=True)}
    before = await untouched()
    with pytest.raises(Invalid) as refused:
        await withdraw_role(cso, "BILLING", date(2026, 3, 2))
    assert (refused.value.code, refused.value.field) == ("DATE_PAST", "on")
    with pytest.raises(NotFound):
        await withdraw_role(cso, "NO_SUCH", None)
    assert await untouched() == before
    await withdraw_role(cso, "BILLING", None)
    assert "BILLING" in {role.code for role in await list_roles(cso)}
