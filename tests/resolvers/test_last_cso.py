"""One Chief Security Officer always stays, and whoever asks a CSO is never left waiting for one who came or went."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orm.models import AccessForm, AccessRequest, Incident, LsoDesignation, RoleGrant, User
from resolvers.access_forms import submit_access_form
from resolvers.access_request_drafts import WantedRole, set_requested_roles
from resolvers.access_requests import submit_access_request
from resolvers.callers import Caller
from resolvers.incidents import close_incident, reinstate_account, report_incident, suspend_account
from resolvers.lso_sweep import treat_lso_signin
from resolvers.revocation import Revocation, revoke_access
from resolvers.sessions import sign_in
from rules.access_forms import Channel, FormKind, FormState
from rules.accounts import AccountState
from rules.approvals import RequestState, StandsInAs
from rules.errors import Conflict, Denied, NotFound, Refusal
from rules.incidents import Finding, IncidentKind, IncidentState
from rules.leaving import RevocationReason
from rules.roles import Role
from tests.world.at_once import at_once
from tests.world.forms import newcomer
from tests.world.office import Office, told
from tests.world.refusals import refused
from tests.world.requests import TERMS, decide, draft, request_of, state_of, submitted
from tests.world.world import PASSWORD, World

WHY = "Seen on two screens at once."


@pytest.fixture
async def office(world: World) -> Office:
    """A TCM provider with its officers, in the week in which the deputy stands in."""
    office = await Office.of(world)
    world.clock.forward(days=7)
    return office


async def _in_use(*people: Caller) -> int:
    return await User.filter(id__in=[one.actor.id for one in people], state=AccountState.ACTIVE).count()


async def test_of_the_last_two_csos_one_stays_when_both_are_suspended_at_once(world: World, office: Office) -> None:
    other = await world.user(Role.CSO)
    manager = await world.user(Role.ITSD_ACCOUNT_MGMT)

    answers = await at_once(
        suspend_account(office.account_mgmt, other.actor.label, WHY),
        suspend_account(manager, office.cso.actor.label, WHY),
    )

    assert [one.code for one in answers if isinstance(one, Refusal)] == ["LAST_CSO"]
    assert await _in_use(office.cso, other) == 1


async def test_of_two_csos_who_suspend_each_other_one_stays(world: World, office: Office) -> None:
    other = await world.user(Role.CSO)
    await at_once(
        suspend_account(office.cso, other.actor.label, WHY), suspend_account(other, office.cso.actor.label, WHY)
    )
    assert await _in_use(office.cso, other) == 1


async def test_of_the_last_two_csos_one_stays_when_one_is_revoked_and_one_suspended_at_once(
    world: World, office: Office
) -> None:
    other = await world.user(Role.CSO)
    manager = await world.user(Role.ITSD_ACCOUNT_MGMT)
    await at_once(
        revoke_access(office.account_mgmt, Revocation(other.actor.label, RevocationReason.LEFT)),
        suspend_account(manager, office.cso.actor.label, WHY),
    )
    assert await _in_use(office.cso, other) == 1


async def test_the_last_cso_is_not_revoked_and_one_of_two_is(world: World, office: Office) -> None:
    told_of = Revocation(office.cso.actor.label, RevocationReason.LEFT)
    await refused(revoke_access(office.account_mgmt, told_of), Conflict, "LAST_CSO", "account.revoke")
    other = await world.user(Role.CSO)
    await revoke_access(office.account_mgmt, told_of)
    assert await _in_use(office.cso, other) == 1


@pytest.mark.requirement("POL-08")
async def test_the_last_cso_who_answers_for_an_lso_opens_an_incident_and_goes_on_working(
    world: World, office: Office
) -> None:
    number = await submitted(office.employee, "BILLING")
    with pytest.raises(Denied) as denied:
        await decide(office.cso, number)
    assert denied.value.code == "NOT_ADDRESSED_TO_YOU"
    assert "suspended" not in denied.value.message
    incident = await Incident.get()
    assert (incident.kind, incident.suspended) == (IncidentKind.ANSWERED_FOR_LSO, False)
    assert await _in_use(office.cso) == 1

    other = await world.user(Role.CSO)
    with pytest.raises(Denied) as denied:
        await decide(office.cso, number)
    assert "Your account is suspended" in denied.value.message
    assert await _in_use(office.cso, other) == 1
    assert await state_of(number) is RequestState.WITH_LSO


@pytest.mark.requirement("POL-08")
async def test_nobody_is_suspended_over_a_request_whose_address_is_out_of_date(world: World, office: Office) -> None:
    number = await submitted(office.employee, "BILLING")
    # The office went to the deputy, and the request was not addressed anew in the same moment.
    await LsoDesignation.filter(id=office.designation.id).update(user_id=office.deputy.actor.id)
    with pytest.raises(Conflict) as conflict:
        await decide(office.deputy, number)
    assert conflict.value.code == "READDRESSED"
    assert await Incident.all().count() == 0
    assert await _in_use(office.deputy) == 1
    assert (await request_of(number)).addressee_id == office.deputy.actor.id
    await decide(office.deputy, number)


async def _disabled_and_enabled(office: Office, who: Caller) -> int:
    """Report about a person, revoke the access, and enable it again a day later; give the report's number."""
    reported = await report_incident(office.lso, WHY, who.actor.label)
    await revoke_access(office.lso, Revocation(who.actor.label, RevocationReason.SECURITY))
    office.world.clock.forward(days=1)
    now = office.world.clock()
    await AccessForm.create(
        number=900,
        kind=FormKind.ENABLE,
        state=FormState.DONE,
        state_since=now,
        user_id=who.actor.id,
        channel=Channel.PORTAL,
        submitted_at=now,
        issued_at=now,
    )
    await User.filter(id=who.actor.id).update(state=AccountState.ACTIVE)
    office.world.clock.forward(days=1)
    return reported


@pytest.mark.requirement("POL-08")
async def test_an_incident_from_before_an_account_was_enabled_lets_nobody_back_in_without_a_finding(
    world: World, office: Office
) -> None:
    reported = await _disabled_and_enabled(office, office.employee)
    label = office.employee.actor.label

    number = await suspend_account(office.cso, label, WHY)

    assert number != reported
    old = await Incident.get(number=reported)
    assert (old.state, old.suspended) == (IncidentState.OPEN, False)
    await refused(reinstate_account(office.cso, label), Conflict, "INCIDENT_OPEN", "account.reinstate")
    await close_incident(office.cso, number, Finding.BREACH, reinstate=False)
    await refused(reinstate_account(office.cso, label), Conflict, "BREACH_FOUND", "account.reinstate")


@pytest.mark.requirement("LSO-12")
async def test_nothing_that_is_submitted_while_the_lso_is_reinstated_stays_held(world: World, office: Office) -> None:
    number = await suspend_account(office.cso, office.lso.actor.label, WHY)
    await close_incident(office.cso, number, Finding.UNFOUNDED, reinstate=False)
    drafts = {person: await draft(person, "BILLING") for person in [await office.hire() for _ in range(8)]}
    submits = [submit_access_request(person, number, "key", TERMS) for person, number in drafts.items()]
    forms = [submit_access_form(office.supervisor, newcomer(email=f"n{i}@example.org")) for i in range(4)]

    back = reinstate_account(office.cso, office.lso.actor.label)
    await at_once(*submits[:4], *forms[:2], back, *submits[4:], *forms[2:])

    assert {await state_of(number) for number in drafts.values()} == {RequestState.WITH_LSO}
    assert {form.state for form in await AccessForm.all()} == {FormState.AWAITING_SIGNATURES}


@pytest.mark.requirement("POL-02", "LSO-12")
async def test_nothing_that_is_submitted_while_the_lso_signs_in_again_stays_held(world: World, office: Office) -> None:
    await LsoDesignation.filter(id=office.designation.id).update(unreachable_at=world.clock(), warned_for_days=1)
    forms = [submit_access_form(office.supervisor, newcomer(email=f"n{i}@example.org")) for i in range(6)]

    back = sign_in(world.desk, office.lso.actor.label, PASSWORD, device="test", request_id="test")
    await at_once(*forms[:3], back, *forms[3:])

    assert {form.state for form in await AccessForm.all()} == {FormState.AWAITING_SIGNATURES}


@pytest.mark.requirement("POL-02", "LSO-12")
async def test_nothing_that_is_submitted_while_the_lso_goes_out_of_reach_waits_for_that_lso(
    world: World, office: Office
) -> None:
    long_ago = world.clock() - timedelta(days=200)
    await LsoDesignation.filter(id=office.designation.id).update(begins_at=long_ago)
    await User.filter(id=office.lso.actor.id).update(last_sign_in_at=long_ago)
    forms = [submit_access_form(office.supervisor, newcomer(email=f"n{i}@example.org")) for i in range(6)]

    await at_once(*forms[:3], treat_lso_signin(world.house, office.designation.id), *forms[3:])

    assert {form.state for form in await AccessForm.all()} == {FormState.AWAITING_LSO}


@pytest.mark.requirement("POL-02")
async def test_an_lso_who_signs_in_while_the_house_looks_is_in_reach(world: World, office: Office) -> None:
    long_ago = world.clock() - timedelta(days=200)
    await LsoDesignation.filter(id=office.designation.id).update(begins_at=long_ago)
    await User.filter(id=office.lso.actor.id).update(last_sign_in_at=long_ago)
    await at_once(
        treat_lso_signin(world.house, office.designation.id),
        sign_in(world.desk, office.lso.actor.label, PASSWORD, device="test", request_id="test"),
    )
    designation = await LsoDesignation.get(id=office.designation.id)
    assert (designation.unreachable_at, designation.warned_for_days) == (None, None)


@pytest.mark.requirement("POL-21")
async def test_nothing_that_a_cso_asks_for_while_the_other_comes_back_stays_held(world: World, office: Office) -> None:
    other = await world.user(Role.CSO)
    incident = await suspend_account(other, office.cso.actor.label, WHY)
    await close_incident(other, incident, Finding.UNFOUNDED, reinstate=False)
    numbers = [await draft(other) for _ in range(6)]
    for number in numbers:
        await set_requested_roles(other, number, [WantedRole("MORTALITY_REVIEW")])
    submits = [submit_access_request(other, number, f"key {number}", TERMS) for number in numbers]

    await at_once(*submits[:3], reinstate_account(other, office.cso.actor.label), *submits[3:])

    assert {await state_of(number) for number in numbers} == {RequestState.WITH_LSO}


@pytest.mark.requirement("POL-21")
async def test_what_people_of_the_offices_ask_for_while_a_cso_goes_is_with_the_other(
    world: World, office: Office
) -> None:
    other = await world.user(Role.CSO)
    people = [await world.user() for _ in range(6)]
    numbers = [await draft(person) for person in people]
    for person, number in zip(people, numbers, strict=True):
        await set_requested_roles(person, number, [WantedRole("MORTALITY_REVIEW")])
    submits = [
        submit_access_request(person, number, "key", TERMS) for person, number in zip(people, numbers, strict=True)
    ]
    first = min((office.cso, other), key=lambda cso: cso.actor.label)

    await at_once(*submits[:3], suspend_account(office.account_mgmt, first.actor.label, WHY), *submits[3:])

    assert {await state_of(number) for number in numbers} == {RequestState.WITH_LSO}
    assert await AccessRequest.filter(addressee_id=first.actor.id).count() == 0


@pytest.mark.requirement("POL-21")
async def test_what_an_lso_asked_for_while_nobody_could_be_asked_goes_on_with_the_next_cso(
    world: World, office: Office
) -> None:
    await RoleGrant.filter(user_id=office.director.actor.id).update(ended_at=world.clock())
    other = await world.user(Role.CSO)
    incident = await suspend_account(office.cso, other.actor.label, WHY)
    await User.filter(id=office.cso.actor.id).update(state=AccountState.SUSPENDED)
    number = await submitted(office.lso, "BILLING")
    assert await state_of(number) is RequestState.AWAITING_LSO
    await User.filter(id=office.cso.actor.id).update(state=AccountState.ACTIVE)

    await close_incident(office.cso, incident, Finding.UNFOUNDED, reinstate=True)

    request = await request_of(number)
    assert (request.state, request.addressed_as) == (RequestState.WITH_LSO, StandsInAs.CSO)


@pytest.mark.requirement("LSO-12")
async def test_an_lso_whose_office_ended_meanwhile_neither_revokes_nor_suspends_anybody(
    world: World, office: Office
) -> None:
    former = office.lso
    await office.lose_lso()
    label = office.employee.actor.label
    revoked = revoke_access(former, Revocation(label, RevocationReason.LEFT))
    await refused(revoked, NotFound, "ACCOUNT_NOT_FOUND", "account.revoke")
    await refused(suspend_account(former, label, WHY), NotFound, "ACCOUNT_NOT_FOUND", "account.suspend")
    assert await told(office.cso) == []
