"""Local Security Officers: one for each organization, by a letter; replaced, vacant, stood in for (000:51-106)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from orm.models import (
    AccessForm,
    AccessRequest,
    Contract,
    LsoDeputy,
    LsoDesignation,
    Provider,
    RoleGrant,
    Signature,
    User,
)
from resolvers.access_forms import submit_access_form
from resolvers.callers import Caller
from resolvers.form_signing import sign_access_form
from resolvers.lso import LetterEntry, NewLso, designate_lso, end_lso
from resolvers.lso_deputies import appoint_deputy, end_deputy
from resolvers.lso_health import LsoHealthView, list_lso_health
from resolvers.lso_views import view_lso_designation
from resolvers.officers import Organization
from resolvers.role_catalogue import set_incompatible_roles
from rules.access_forms import Channel, FormSigner, FormState
from rules.accounts import AccountState
from rules.approvals import RequestState
from rules.errors import Conflict, Denied, Invalid, NotFound
from rules.lso import LsoEnd, LsoProblem, LsoScope
from rules.notices import NotificationKind
from rules.roles import Role
from rules.segregation import PairVerdict
from rules.signatures import Meaning
from tests.world.forms import newcomer
from tests.world.office import Office, at_facility, designated, hand, told
from tests.world.refusals import refused
from tests.world.requests import REGIONAL_OFFICE_USER, submitted
from tests.world.world import World

DAY = date(2026, 3, 2)
DESIGNATE, END = "lso.designate", "lso.end"


def named(who: Caller, **changes: Any) -> NewLso:
    return replace(NewLso(LetterEntry(DAY), user_id=who.actor.label), **changes)


def on_paper(who: Caller, **changes: Any) -> NewLso:
    return named(who, channel=Channel.FAX, director_name="A Director", **changes)


async def lso_roles(who: Caller) -> int:
    return await RoleGrant.filter(user_id=who.actor.id, role=Role.LSO, ended_at=None).count()


async def in_force(office: Office) -> LsoDesignation | None:
    return await LsoDesignation.filter(provider_id=office.provider_id, ended_at=None).first()


@pytest.mark.requirement("LSO-01")
@pytest.mark.requirement("LSO-02")
@pytest.mark.requirement("POL-18")
async def test_the_director_designates_the_lso_with_a_signed_letter_that_has_all_parts_of_the_example(
    world: World,
) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    key = await designate_lso(office.director, office.organization, named(office.employee), await hand(office.director))

    designation = await LsoDesignation.get(id=key)
    signature = await Signature.get(id=designation.signature_id)
    assert (signature.meaning, signature.signer_id, signature.content_hash) == (
        Meaning.DESIGNATE_LSO,
        office.director.actor.id,
        designation.content_hash,
    )
    assert await lso_roles(office.employee) == 1
    assert await told(office.employee) == [(NotificationKind.LSO_DESIGNATED, None)]
    shown = await view_lso_designation(office.liaison, office.organization)
    assert shown is not None
    person, liaison = await User.get(id=office.employee.actor.id), await User.get(id=office.liaison.actor.id)
    director = await User.get(id=office.director.actor.id)
    assert shown.letter.splitlines() == [
        office.provider_name,
        "2 Invented Street",
        "Sampleton, MO 00000",
        "Phone: 555-0110",
        "Fax: 555-0111",
        "",
        "March 2, 2026",
        "",
        f"Attention: {liaison.name}, Office {office.regional_office}",
        "1 Office Square, Sampleton",
        "",
        f"{liaison.name}:",
        "",
        "RE: LSO and Provider Staff w/ Access to CIMOR",
        "",
        f"Our Local Security Officer (HIPAA) is: {person.name}, {person.email}",
        "",
        "Sincerely,",
        f"{director.name} (signed as {director.user_id} at Mar 2, 2026, 9:00 AM CST)",
    ]
    entry = (await world.entries(DESIGNATE))[-1]
    assert person.last_name not in str(entry.facts)


@pytest.mark.requirement("LSO-02")
async def test_the_regional_office_records_a_letter_on_paper(world: World) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    await designate_lso(office.liaison, office.organization, on_paper(office.employee), None)
    shown = await view_lso_designation(office.employee, office.organization)
    assert shown is not None
    assert (shown.user_id, shown.signed_by) == (office.employee.actor.label, "A Director (signed on paper)")
    assert not await Signature.exists()


@pytest.mark.requirement("LSO-01")
@pytest.mark.parametrize(("ends", "may"), [(DAY, True), (DAY - timedelta(days=1), False)])
async def test_an_lso_is_designated_once_the_contract_is_in_place(
    world: World,
    ends: date,
    may: bool,
) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    await Contract.filter(provider_id=office.provider_id).update(ends_on=ends)
    attempt = designate_lso(office.liaison, office.organization, on_paper(office.employee), None)
    if may:
        await attempt
    else:
        await refused(attempt, Conflict, "NO_CONTRACT", DESIGNATE)


@pytest.mark.requirement("LSO-02")
async def test_a_letter_that_lacks_something_designates_nobody(world: World) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    proof = await hand(office.director)

    async def tries(new: NewLso, code: str, field: str) -> None:
        attempt = designate_lso(office.director, office.organization, new, proof)
        no = await refused(attempt, Invalid, code, DESIGNATE)
        assert no.field == field

    full = LetterEntry(DAY)
    for part, field in (
        ("organization", "organization"),
        ("address", "address"),
        ("city_state_zip", "cityStateZip"),
        ("phone", "phone"),
        ("fax", "fax"),
        ("attention", "attention"),
        ("regional_office", "regionalOffice"),
        ("regional_office_address", "regionalOfficeAddress"),
        ("subject", "subject"),
        ("lso_name", "lsoName"),
    ):
        letter = replace(full, **{part: ""})  # type: ignore[arg-type]
        await tries(named(office.employee, letter=letter), "TEXT_REQUIRED", f"letter.{field}")
    future = replace(full, dated=DAY + timedelta(days=1))
    await tries(named(office.employee, letter=future), "LETTER_FROM_FUTURE", "letter.dated")
    await tries(named(office.employee, letter=replace(full, lso_email="?")), "EMAIL_MALFORMED", "letter.lsoEmail")
    other = replace(full, lso_email="other@example.org")
    await tries(named(office.employee, letter=other), "LETTER_NAMES_ANOTHER", "letter.lsoEmail")
    person = await User.get(id=office.employee.actor.id)
    known = replace(full, lso_name=person.name, lso_email=str(person.email).upper())
    await tries(NewLso(known), "HAS_USER_ID", "lsoUserId")
    await Provider.filter(id=office.provider_id).update(fax="")
    await tries(named(office.employee), "TEXT_REQUIRED", "letter.fax")


async def test_only_a_person_of_the_organization_with_an_account_in_use_becomes_lso(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    await office.lose_lso()
    proof = await hand(office.director)
    await User.filter(id=office.deputy.actor.id).update(state=AccountState.SUSPENDED)
    for who in (other.employee, office.oa, office.deputy):
        attempt = designate_lso(office.director, office.organization, named(who), proof)
        await refused(attempt, Invalid, "NOT_AT_THIS_ORGANIZATION", DESIGNATE)


@pytest.mark.requirement("ARA-23")
async def test_whose_role_never_goes_together_with_the_office_is_not_designated(world: World) -> None:
    office = await Office.of(world)
    accountant = await world.user(Role.PROVIDER_PROFILE_UPDATE, provider_id=office.provider_id)
    await set_incompatible_roles(
        office.cso, Role.LSO, Role.PROVIDER_PROFILE_UPDATE, PairVerdict.FORBIDDEN, "Two hands."
    )
    attempt = designate_lso(office.director, office.organization, named(accountant), await hand(office.director))
    await refused(attempt, Conflict, "INCOMPATIBLE_ROLES", DESIGNATE)
    assert (await in_force(office)).user_id == office.lso.actor.id, "the former officer stays"
    await set_incompatible_roles(
        office.cso, Role.LSO, Role.PROVIDER_PROFILE_UPDATE, PairVerdict.ALLOWED_WITH_REASON, "A small office."
    )
    await designate_lso(office.director, office.organization, named(accountant), await hand(office.director))
    assert await lso_roles(accountant) == 1


async def test_whoever_has_no_say_designates_nobody(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    new, papers = named(office.employee), on_paper(office.employee)

    async def tries(who: Caller, entry: NewLso, proof: Any, kind: Any, code: str) -> None:
        await refused(designate_lso(who, office.organization, entry, proof), kind, code, DESIGNATE)

    await tries(other.director, new, await hand(other.director), NotFound, "ORGANIZATION_NOT_FOUND")
    await tries(office.cso, new, await hand(office.cso), NotFound, "ORGANIZATION_NOT_FOUND")
    await tries(office.lso, new, await hand(office.lso), Denied, "DENIED")
    await tries(office.director, new, None, Invalid, "SIGNATURE_MISSING")
    await tries(office.director, new, await hand(office.lso), Denied, "SIGNER_IS_ANOTHER")
    await tries(office.director, papers, None, Invalid, "CHANNEL_NOT_YOURS")
    await tries(office.liaison, new, await hand(office.liaison), Invalid, "CHANNEL_NOT_YOURS")
    await tries(office.liaison, replace(papers, director_name=" "), None, Invalid, "SIGNATURE_MISSING")
    await refused(
        designate_lso(office.director, office.organization, named(office.lso), await hand(office.director)),
        Conflict,
        "ALREADY_LSO",
        DESIGNATE,
    )


@pytest.mark.requirement("LSO-13")
@pytest.mark.requirement("POL-16")
async def test_a_new_lso_replaces_the_old_one_at_once_and_nobody_hears_of_a_vacancy(world: World) -> None:
    office = await Office.of(world)
    request = await submitted(office.supervisor, REGIONAL_OFFICE_USER)
    form = await submit_access_form(office.supervisor, newcomer())
    assert (await AccessRequest.get(number=request)).addressee_id == office.lso.actor.id

    await designate_lso(office.director, office.organization, named(office.employee), await hand(office.director))

    assert (await lso_roles(office.lso), await lso_roles(office.employee)) == (0, 1)
    former = await LsoDesignation.get(id=office.designation.id)
    assert (former.ended_at, former.ended_why) == (world.clock(), "REPLACED")
    assert not await LsoDeputy.exists(designation_id=former.id, ended_at=None)
    moved = await AccessRequest.get(number=request)
    assert (moved.state, moved.addressee_id) == (RequestState.WITH_LSO, office.employee.actor.id)
    assert (await AccessForm.get(number=form)).state is FormState.AWAITING_SIGNATURES
    assert (NotificationKind.FORM_TO_SIGN, form) in await told(office.employee)
    assert (NotificationKind.ACCESS_REQUEST_TO_DECIDE, request) in await told(office.employee)
    everybody = [*await told(office.cso), *await told(office.liaison), *await told(office.supervisor)]
    assert NotificationKind.LSO_VACANT not in {kind for kind, _ in everybody}
    assert NotificationKind.ACCESS_REQUEST_HELD not in {kind for kind, _ in everybody}


@pytest.mark.requirement("LSO-11")
@pytest.mark.requirement("LSO-12")
async def test_without_a_successor_what_waits_is_held_and_the_offices_are_told(world: World) -> None:
    office = await Office.of(world)
    request = await submitted(office.employee, REGIONAL_OFFICE_USER)
    form = await submit_access_form(office.supervisor, newcomer())

    await end_lso(office.liaison, office.organization, LsoEnd.LEFT)

    assert await in_force(office) is None
    assert await lso_roles(office.lso) == 0
    assert (await AccessRequest.get(number=request)).state is RequestState.AWAITING_LSO
    assert (await AccessForm.get(number=form)).state is FormState.AWAITING_LSO
    assert (NotificationKind.LSO_VACANT, None) in await told(office.cso)
    assert (NotificationKind.LSO_VACANT, None) in await told(office.liaison)
    assert (NotificationKind.ACCESS_REQUEST_HELD, request) in await told(office.employee)
    assert await view_lso_designation(office.employee, office.organization) is None
    await refused(end_lso(office.liaison, office.organization, LsoEnd.LEFT), Conflict, "NO_LSO", END)

    await designate_lso(office.liaison, office.organization, on_paper(office.supervisor), None)
    released = await AccessRequest.get(number=request)
    assert (released.state, released.addressee_id) == (RequestState.WITH_LSO, office.supervisor.actor.id)
    assert (await AccessForm.get(number=form)).state is FormState.AWAITING_SIGNATURES


@pytest.mark.requirement("LSO-13")
async def test_the_end_and_the_successor_are_one_transaction_or_neither(world: World) -> None:
    office = await Office.of(world)
    proof = await hand(office.director)
    nobody = named(office.oa)
    attempt = end_lso(office.director, office.organization, LsoEnd.LEFT, nobody, proof)
    await refused(attempt, Invalid, "NOT_AT_THIS_ORGANIZATION", END)
    attempt = end_lso(office.director, office.organization, LsoEnd.LEFT, named(office.employee), None)
    await refused(attempt, Invalid, "SIGNATURE_MISSING", END)

    await end_lso(office.director, office.organization, LsoEnd.LEFT, named(office.employee), proof)
    assert (await LsoDesignation.get(id=office.designation.id)).ended_why == "LEFT"
    assert await lso_roles(office.employee) == 1
    await refused(
        end_lso((await Office.of(world)).director, office.organization, LsoEnd.LEFT),
        NotFound,
        "ORGANIZATION_NOT_FOUND",
        END,
    )


@pytest.mark.requirement("LSO-04")
async def test_a_successor_without_a_user_id_leaves_the_office_vacant_until_it_is_issued(world: World) -> None:
    office = await Office.of(world)
    form = await submit_access_form(office.supervisor, newcomer())
    letter = LetterEntry(DAY, lso_name="Olive Officer", lso_email="olive.officer@example.org")
    await designate_lso(office.liaison, office.organization, NewLso(letter, Channel.MAIL, None, "A Director"), None)

    designation = await in_force(office)
    assert designation is not None
    assert (designation.user_id, designation.letter["lso_name"]) == (None, "Olive Officer")
    assert (await AccessForm.get(number=form)).state is FormState.AWAITING_LSO
    assert (NotificationKind.LSO_VACANT, None) in await told(office.cso)
    shown = await view_lso_designation(office.director, office.organization)
    assert shown is not None
    assert (shown.name, shown.user_id, shown.email) == ("Olive Officer", None, "olive.officer@example.org")


@pytest.mark.requirement("LSO-16")
@pytest.mark.requirement("POL-15")
async def test_the_cso_designates_the_lso_of_a_facility(world: World) -> None:
    office = await Office.of(world)
    officer = await at_facility(world, "101")
    facility = Organization(facility_id="101")
    proof = await hand(office.cso)
    key = await designate_lso(office.cso, facility, named(officer), proof)

    designation = await LsoDesignation.get(id=key)
    assert (designation.facility_id, designation.provider_id, designation.user_id) == ("101", None, officer.actor.id)
    shown = await view_lso_designation(officer, facility)
    assert shown is not None
    assert (shown.scope, shown.facility_code) == (LsoScope.FACILITY, "101")
    assert "Fax" not in shown.letter
    await refused(
        designate_lso(office.liaison, facility, on_paper(officer), None), NotFound, "ORGANIZATION_NOT_FOUND", DESIGNATE
    )
    nowhere = Organization(facility_id="999")
    await refused(
        designate_lso(office.cso, nowhere, named(officer), proof), NotFound, "ORGANIZATION_NOT_FOUND", DESIGNATE
    )
    await end_lso(office.cso, facility, LsoEnd.NEW_DUTIES)
    assert (await LsoDesignation.get(id=key)).ended_why == "NEW_DUTIES"


async def test_the_designation_exists_for_its_organization_and_the_offices(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    for who in (office.employee, office.liaison, office.cso, office.oa, office.provisioning):
        assert await view_lso_designation(who, office.organization) is not None
    for who in (other.director, await world.coordinator("Boone"), await at_facility(world, "101")):
        with pytest.raises(NotFound):
            await view_lso_designation(who, office.organization)
    with pytest.raises(NotFound):
        await view_lso_designation(office.cso, Organization())
    with pytest.raises(NotFound):
        await view_lso_designation(office.cso, Organization(facility_id="999"))


@pytest.mark.requirement("LSO-12")
async def test_a_deputy_is_appointed_for_days_and_can_be_ended_before(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    begins, ends, act = date(2026, 3, 16), date(2026, 3, 20), "lso.appoint_deputy"

    async def tries(who: Caller, whom: str, days: tuple[date, date], kind: Any, code: str) -> None:
        await refused(appoint_deputy(who, office.organization, whom, *days), kind, code, act)

    name = office.employee.actor.label
    await appoint_deputy(office.lso, office.organization, name, begins, ends)
    await tries(office.lso, name, (ends, ends + timedelta(days=9)), Conflict, "ALREADY_DEPUTY")
    await tries(office.lso, name, (ends, begins), Invalid, "DEPUTY_ENDS_BEFORE_IT_BEGINS")
    await tries(office.lso, name, (DAY - timedelta(days=9), DAY - timedelta(days=1)), Invalid, "DEPUTY_IN_PAST")
    await tries(office.lso, office.lso.actor.label, (begins, ends), Conflict, "DEPUTY_IS_LSO")
    await tries(office.lso, other.employee.actor.label, (begins, ends), Invalid, "NOT_AT_THIS_ORGANIZATION")
    await tries(other.lso, name, (begins, ends), NotFound, "ORGANIZATION_NOT_FOUND")
    await tries(office.cso, name, (begins, ends), NotFound, "ORGANIZATION_NOT_FOUND")
    await tries(office.employee, name, (begins, ends), Denied, "DENIED")
    await appoint_deputy(office.director, office.organization, name, DAY, DAY)

    shown = await view_lso_designation(office.lso, office.organization)
    assert shown is not None
    assert [(one.user_id, one.stands_in_today) for one in shown.deputies] == [
        (name, True),
        (office.deputy.actor.label, False),
        (name, False),
    ]
    key = shown.deputies[-1].id
    await refused(end_deputy(other.lso, key), NotFound, "DEPUTY_NOT_FOUND", "lso.end_deputy")
    await end_deputy(office.lso, key)
    assert (await LsoDeputy.get(id=key)).ended_at == world.clock()
    await refused(end_deputy(office.lso, key), NotFound, "DEPUTY_NOT_FOUND", "lso.end_deputy")


@pytest.mark.requirement("LSO-12")
async def test_what_needs_the_lso_no_more_goes_on_through_a_vacancy(world: World) -> None:
    office = await Office.of(world)
    number = await submit_access_form(office.supervisor, newcomer())
    shown = (await AccessForm.get(number=number)).content_hash
    await sign_access_form(office.lso, number, FormSigner.LSO, await hand(office.lso), shown)
    of_new_lso = await submit_access_form(office.director, newcomer(email="next@example.org", for_lso=True))

    await end_lso(office.liaison, office.organization, LsoEnd.LEFT)

    for one in (number, of_new_lso):
        assert (await AccessForm.get(number=one)).state is FormState.AWAITING_SIGNATURES
    await sign_access_form(office.supervisor, number, FormSigner.SUPERVISOR, await hand(office.supervisor), shown)
    assert (await AccessForm.get(number=number)).state is FormState.WITH_REGIONAL_OFFICE


async def test_nobody_stands_in_for_nobody(world: World) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    attempt = appoint_deputy(office.director, office.organization, office.employee.actor.label, DAY, DAY)
    await refused(attempt, Conflict, "NO_LSO", "lso.appoint_deputy")


async def test_two_who_designate_at_once_leave_one_lso(world: World) -> None:
    office = await Office.of(world)
    proof = await hand(office.director)
    await asyncio.gather(
        designate_lso(office.director, office.organization, named(office.employee), proof),
        designate_lso(office.liaison, office.organization, on_paper(office.supervisor), None),
    )
    assert await LsoDesignation.filter(provider_id=office.provider_id, ended_at=None).count() == 1
    assert await RoleGrant.filter(role=Role.LSO, ended_at=None, user__provider_id=office.provider_id).count() == 1


async def test_a_form_submitted_while_the_lso_leaves_is_held_or_signed_but_never_lost(world: World) -> None:
    office = await Office.of(world)
    number, _ = await asyncio.gather(
        submit_access_form(office.supervisor, newcomer()), end_lso(office.liaison, office.organization, LsoEnd.LEFT)
    )
    assert (await AccessForm.get(number=number)).state is FormState.AWAITING_LSO
    await asyncio.gather(
        submit_access_form(office.supervisor, newcomer(email="next@example.org")),
        designate_lso(office.liaison, office.organization, on_paper(office.employee), None),
    )
    assert {form.state for form in await AccessForm.all()} == {FormState.AWAITING_SIGNATURES}


@pytest.mark.requirement("LSO-07")
@pytest.mark.requirement("LSO-12")
async def test_the_health_list_names_what_keeps_requests_from_an_lso(world: World) -> None:
    office, vacant, unnamed, ended = [await Office.of(world) for _ in range(4)]
    now = world.clock()
    await User.filter(id=office.lso.actor.id).update(email_confirmed_at=now, last_sign_in_at=now, email_bounced_at=None)
    await vacant.lose_lso()
    await unnamed.lose_lso()
    await designated(world, unnamed.organization, None)
    await Contract.filter(provider_id=ended.provider_id).update(ends_on=DAY - timedelta(days=1))

    async def health(**where: Any) -> dict[str, LsoHealthView]:
        page = await list_lso_health(office.cso, **where)
        return {view.organization: view for view in page.nodes}

    shown = await health()
    assert {name: view.problems for name, view in shown.items()} == {
        office.provider_name: [],
        vacant.provider_name: [LsoProblem.VACANT],
        unnamed.provider_name: [LsoProblem.NO_USER_ID],
    }
    assert set(await health(vacant=True)) == {vacant.provider_name, unnamed.provider_name}
    assert set(await health(vacant=False)) == {office.provider_name}
    for change, problem in (
        ({"email_bounced_at": now}, LsoProblem.EMAIL_BOUNCED),
        ({"email_bounced_at": None, "email_confirmed_at": None}, LsoProblem.EMAIL_UNCONFIRMED),
        ({"email": None}, LsoProblem.EMAIL_MISSING),
        ({"email": "a@example.org", "email_confirmed_at": now, "last_sign_in_at": None}, LsoProblem.NEVER_SIGNED_IN),
        ({"last_sign_in_at": now, "state": AccountState.SUSPENDED}, LsoProblem.ACCOUNT_NOT_ACTIVE),
    ):
        await User.filter(id=office.lso.actor.id).update(**change)
        assert (await health())[office.provider_name].problems == [problem]
    await User.filter(id=office.lso.actor.id).update(state=AccountState.ACTIVE)
    await LsoDesignation.filter(id=office.designation.id).update(unreachable_at=now)
    assert (await health())[office.provider_name].problems == [LsoProblem.UNREACHABLE]


@pytest.mark.requirement("POL-15")
async def test_the_health_list_goes_page_by_page_for_providers_and_for_facilities(world: World) -> None:
    office = await Office.of(world)
    names = sorted([office.provider_name, *[(await world.provider()).name for _ in range(4)]])
    seen: list[str] = []
    after = None
    for _ in names:
        page = await list_lso_health(office.liaison, first=2, after=after, count=True)
        assert page.total_count == len(names)
        seen += [view.organization for view in page.nodes]
        if not page.has_next_page:
            break
        after = page.cursors[-1]
    assert seen == names

    await at_facility(world, "101")
    officer = await at_facility(world, "102")
    await designated(world, Organization(facility_id="102"), officer)
    first = await list_lso_health(office.cso, LsoScope.FACILITY, first=1)
    rest = await list_lso_health(office.cso, LsoScope.FACILITY, first=5, after=first.cursors[-1])
    assert [view.facility_code for view in (*first.nodes, *rest.nodes)] == ["101", "102"]
    assert first.nodes[0].problems == [LsoProblem.VACANT]
    only = await list_lso_health(office.cso, LsoScope.FACILITY, vacant=False)
    assert [view.user_id for view in only.nodes] == [officer.actor.label]
    for scope in LsoScope:
        with pytest.raises(Invalid, match="cursor"):
            await list_lso_health(office.cso, scope, after="nonsense")
    gone = (await list_lso_health(office.cso, LsoScope.FACILITY, first=1)).cursors[0]
    with pytest.raises(Invalid, match="cursor"):
        await list_lso_health(office.cso, LsoScope.PROVIDER, after=gone)
