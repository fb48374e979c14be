"""Incidents: reported, answered and closed; an account suspended and reinstated, never an organization (000:34-39)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest

from orm.models import AccessForm, AccessRequest, AuditEntry, Incident, Letter, Notification, Outcome, RoleGrant, User
from resolvers.callers import Caller
from resolvers.incident_views import list_incidents, view_incident
from resolvers.incidents import (
    answer_incident,
    close_incident,
    reinstate_account,
    report_incident,
    suspend_account,
)
from resolvers.revocation import Revocation, revoke_access
from resolvers.sessions import authenticate, sign_in
from rules.access_forms import Channel, FormKind, FormState
from rules.accounts import AccountState
from rules.approvals import RequestState, StandsInAs
from rules.errors import Denied, NotFound, Refusal, Unauthenticated
from rules.incidents import Finding, IncidentKind, IncidentState, LsoAnswer
from rules.leaving import RevocationReason
from rules.notices import NotificationKind
from rules.roles import Role
from tests.world.office import NEXT_WEEK, Office, at_facility, told
from tests.world.world import PASSWORD, World

WHY = "Seen on two screens at once."


async def state_of(who: Caller) -> AccountState:
    return (await User.get(id=who.actor.id)).state


async def refused(act: str, attempt: Awaitable[Any], code: str) -> Refusal:
    """Be refused: no account and no incident changes, nothing is promised, and it is written down."""
    before = await _everything()
    with pytest.raises(Refusal) as refusal:
        await attempt
    assert refusal.value.code == code
    assert await _everything() == before
    entry = await AuditEntry.all().order_by("-id").first()
    assert entry is not None
    assert (entry.act, entry.outcome, entry.code) == (act, Outcome.REFUSED, code)
    return refusal.value


async def _everything() -> list[object]:
    return [
        await User.all().order_by("id").values_list("state", "epoch"),
        await Incident.all().order_by("id").values_list("state", "finding", "lso_answer", "suspended"),
        await Notification.all().count(),
        await Letter.all().count(),
    ]


async def test_anybody_reports_and_the_words_stay_in_the_house(world: World) -> None:
    office = await Office.of(world)

    number = await report_incident(office.employee, WHY, office.supervisor.actor.label)

    incident = await Incident.get(number=number)
    assert (incident.kind, incident.state, incident.report) == (IncidentKind.REPORTED, IncidentState.OPEN, WHY)
    assert (incident.user_id, incident.provider_id) == (office.supervisor.actor.id, office.provider_id)
    assert await told(office.cso) == [(NotificationKind.INCIDENT_OPENED, number)]
    assert await told(office.lso) == []
    assert await state_of(office.supervisor) is AccountState.ACTIVE
    written = [str(letter.facts) for letter in await Letter.all()]
    written += [f"{entry.facts}" for entry in await AuditEntry.filter(act="incident.report")]
    assert not any("screens" in text for text in written)


async def test_a_report_about_a_user_id_that_nobody_has_is_taken_like_any_other(world: World) -> None:
    office = await Office.of(world)
    for user_id in ("NOBODY", "", "  "):
        incident = await Incident.get(number=await report_incident(office.employee, WHY, user_id))
        assert (incident.user_id, incident.provider_id) == (None, None)


async def test_a_report_without_words_or_with_too_many_is_not_taken(world: World) -> None:
    office = await Office.of(world)
    act = "incident.report"
    await refused(act, report_incident(office.employee, " "), "TEXT_REQUIRED")
    await refused(act, report_incident(office.employee, "x" * 1001), "TEXT_TOO_LONG")
    await refused(act, report_incident(office.employee, WHY, "a b"), "USER_ID_MALFORMED")
    await report_incident(office.employee, "x" * 1000)


@pytest.mark.requirement("ACC-13", "POL-08")
async def test_a_suspended_person_loses_every_session_keeps_the_roles_and_the_organization_goes_on(
    world: World,
) -> None:
    office = await Office.of(world)
    person = await office.hire(Role.CONSUMER_REFERRAL_DB)
    token = (await sign_in(world.desk, person.actor.label, PASSWORD, device="test", request_id="test")).token

    number = await suspend_account(office.cso, person.actor.label, WHY)

    assert await state_of(person) is AccountState.SUSPENDED
    assert await RoleGrant.exists(user_id=person.actor.id, role=Role.CONSUMER_REFERRAL_DB, ended_at=None)
    with pytest.raises(Unauthenticated):
        await authenticate(world.desk, token, "test")
    with pytest.raises(Unauthenticated):
        await sign_in(world.desk, person.actor.label, PASSWORD, device="test", request_id="test")
    assert await state_of(office.employee) is await state_of(office.lso) is AccountState.ACTIVE
    incident = await Incident.get(number=number)
    assert (incident.suspended, incident.report, incident.opened_by_id) == (True, WHY, office.cso.actor.id)
    assert await told(office.lso) == [(NotificationKind.INCIDENT_TO_CONFIRM, number)]


async def test_a_suspension_joins_the_incident_that_is_open_about_the_person(world: World) -> None:
    office = await Office.of(world)
    number = await report_incident(office.supervisor, WHY, office.employee.actor.label)
    assert await suspend_account(office.account_mgmt, office.employee.actor.label, "Again.") == number
    incident = await Incident.get()
    assert (incident.suspended, incident.report) == (True, WHY)
    assert await state_of(office.employee) is AccountState.SUSPENDED


async def test_the_lso_and_the_deputy_of_today_suspend_their_own_people_and_nobody_elses(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    act = "account.suspend"
    for stranger in (office.deputy, office.director, office.liaison, office.supervisor, other.lso):
        await refused(act, suspend_account(stranger, office.employee.actor.label, WHY), "ACCOUNT_NOT_FOUND")
    await refused(act, suspend_account(office.lso, office.cso.actor.label, WHY), "ACCOUNT_NOT_FOUND")
    await suspend_account(office.lso, office.employee.actor.label, WHY)
    world.clock.now += timedelta(days=7)
    assert NEXT_WEEK[0] <= world.clock.now.date() <= NEXT_WEEK[1]
    await suspend_account(office.deputy, office.supervisor.actor.label, WHY)
    assert await state_of(office.supervisor) is AccountState.SUSPENDED


async def test_what_cannot_be_suspended_stays_as_it_is(world: World) -> None:
    office = await Office.of(world)
    act, label = "account.suspend", office.employee.actor.label
    assert isinstance(
        await refused(act, suspend_account(office.cso, office.cso.actor.label, WHY), "SELF_SUSPENSION"), Denied
    )
    await refused(act, suspend_account(office.cso, label, " "), "TEXT_REQUIRED")
    await refused(act, suspend_account(office.account_mgmt, office.cso.actor.label, WHY), "LAST_CSO")
    second = await world.user(Role.CSO)
    await suspend_account(office.account_mgmt, office.cso.actor.label, WHY)
    await refused(act, suspend_account(office.account_mgmt, second.actor.label, WHY), "LAST_CSO")
    for state, code in (
        (AccountState.SUSPENDED, "ALREADY_SUSPENDED"),
        (AccountState.DISABLED, "ALREADY_DISABLED"),
        (AccountState.DELETED, "ALREADY_DELETED"),
    ):
        await User.filter(id=office.employee.actor.id).update(state=state)
        await refused(act, suspend_account(second, label, WHY), code)


async def test_what_waits_for_a_suspended_lso_is_held_and_goes_on_when_the_lso_is_back(world: World) -> None:
    office = await Office.of(world)
    request = await AccessRequest.create(
        number=900,
        requester_id=office.employee.actor.person(),
        state=RequestState.WITH_LSO,
        provider_id=office.provider_id,
        created_at=world.clock(),
        submitted_at=world.clock(),
        state_since=world.clock(),
        addressee_id=office.lso.actor.id,
        addressed_as=StandsInAs.LSO,
    )
    number = await suspend_account(office.cso, office.lso.actor.label, WHY)
    assert (await AccessRequest.get(id=request.id)).state is RequestState.AWAITING_LSO

    await close_incident(office.cso, number, Finding.UNFOUNDED, reinstate=True)

    assert await state_of(office.lso) is AccountState.ACTIVE
    again = await AccessRequest.get(id=request.id)
    assert (again.state, again.addressee_id) == (RequestState.WITH_LSO, office.lso.actor.id)


@pytest.mark.requirement("LSO-10")
@pytest.mark.requirement("POL-08")
@pytest.mark.parametrize("answer", list(LsoAnswer))
async def test_the_lso_answers_about_a_suspended_person_once(world: World, answer: LsoAnswer) -> None:
    office, other = await Office.of(world), await Office.of(world)
    number = await suspend_account(office.cso, office.employee.actor.label, WHY)
    act = "incident.answer"
    for stranger in (other.lso, office.director, office.deputy, office.cso):
        assert isinstance(await refused(act, answer_incident(stranger, number, answer), "INCIDENT_NOT_FOUND"), NotFound)

    assert await answer_incident(office.lso, number, answer) == number

    incident = await Incident.get(number=number)
    assert (incident.lso_answer, incident.lso_answered_by_id) == (answer, office.lso.actor.id)
    assert await state_of(office.employee) is AccountState.SUSPENDED
    await refused(act, answer_incident(office.lso, number, answer), "ALREADY_ANSWERED")


async def test_nobody_answers_about_themselves_nor_after_it_was_closed(world: World) -> None:
    office = await Office.of(world)
    about_lso = await report_incident(office.employee, WHY, office.lso.actor.label)
    act = "incident.answer"
    await refused(act, answer_incident(office.lso, about_lso, LsoAnswer.EXPLAINED), "OWN_INCIDENT")
    closed = await report_incident(office.employee, WHY, office.supervisor.actor.label)
    await close_incident(office.cso, closed, Finding.UNFOUNDED, reinstate=False)
    await refused(act, answer_incident(office.lso, closed, LsoAnswer.EXPLAINED), "INCIDENT_CLOSED")
    for number in (0, -1, 2**31, 999_999):
        await refused(act, answer_incident(office.lso, number, LsoAnswer.EXPLAINED), "INCIDENT_NOT_FOUND")


async def test_the_lso_of_a_facility_answers_about_its_people(world: World) -> None:
    office = await Office.of(world)
    lso, person = await at_facility(world, "101", Role.LSO), await at_facility(world, "101")
    elsewhere = await at_facility(world, "102", Role.LSO)
    number = await suspend_account(office.cso, person.actor.label, WHY)
    await refused("incident.answer", answer_incident(elsewhere, number, LsoAnswer.EXPLAINED), "INCIDENT_NOT_FOUND")
    await answer_incident(lso, number, LsoAnswer.EXPLAINED)
    assert [one.number for one in (await list_incidents(lso)).nodes] == [number]
    assert (await list_incidents(elsewhere)).nodes == []


@pytest.mark.requirement("POL-08")
@pytest.mark.parametrize("finding", [Finding.UNFOUNDED, Finding.VIOLATION])
async def test_after_anything_but_a_breach_the_person_comes_back_with_the_roles_and_without_sessions(
    world: World, finding: Finding
) -> None:
    office = await Office.of(world)
    person = await office.hire(Role.CONSUMER_REFERRAL_DB)
    number = await suspend_account(office.cso, person.actor.label, WHY)

    await close_incident(office.cso, number, finding, reinstate=True, note="Looked at.")

    incident = await Incident.get(number=number)
    assert (incident.state, incident.finding, incident.note) == (IncidentState.CLOSED, finding, "Looked at.")
    assert incident.suspended
    assert await state_of(person) is AccountState.ACTIVE
    assert (await sign_in(world.desk, person.actor.label, PASSWORD, device="test", request_id="test")).token
    await refused("incident.close", close_incident(office.cso, number, finding, reinstate=False), "INCIDENT_CLOSED")


async def test_after_a_breach_nobody_comes_back_but_by_a_new_form(world: World) -> None:
    office = await Office.of(world)
    person, cso = office.employee, office.cso
    number = await suspend_account(cso, person.actor.label, WHY)
    await refused("incident.close", close_incident(cso, number, Finding.BREACH, reinstate=True), "BREACH_FOUND")
    await close_incident(cso, number, Finding.BREACH, reinstate=False)
    await refused("account.reinstate", reinstate_account(cso, person.actor.label), "BREACH_FOUND")
    await revoke_access(cso, Revocation(person.actor.label, RevocationReason.SECURITY))
    assert (
        await refused("account.reinstate", reinstate_account(cso, person.actor.label), "FORM_NEEDED")
    ).message.startswith("A disabled account is enabled only by a new access form")

    # Enabled by a form, and suspended anew: what was found before does not count any more.
    world.clock.forward(days=30)
    await AccessForm.create(
        number=900,
        kind=FormKind.ENABLE,
        state=FormState.DONE,
        state_since=world.clock(),
        user_id=person.actor.id,
        channel=Channel.PORTAL,
        submitted_at=world.clock(),
        issued_at=world.clock(),
    )
    await User.filter(id=person.actor.id).update(state=AccountState.ACTIVE)
    again = await suspend_account(cso, person.actor.label, WHY)
    await close_incident(cso, again, Finding.UNFOUNDED, reinstate=True)
    assert await state_of(person) is AccountState.ACTIVE


async def test_a_person_with_two_incidents_comes_back_only_after_both(world: World) -> None:
    office = await Office.of(world)
    label, cso = office.employee.actor.label, office.cso
    first = await suspend_account(cso, label, WHY)
    second = await report_incident(office.supervisor, WHY, label)
    await Incident.filter(number=second).update(suspended=True)
    await refused("incident.close", close_incident(cso, first, Finding.UNFOUNDED, reinstate=True), "INCIDENT_OPEN")
    await close_incident(cso, first, Finding.UNFOUNDED, reinstate=False)
    await refused("account.reinstate", reinstate_account(cso, label), "INCIDENT_OPEN")
    await close_incident(cso, second, Finding.VIOLATION, reinstate=False)
    await reinstate_account(cso, label)
    assert await state_of(office.employee) is AccountState.ACTIVE


async def test_an_incident_about_nobody_or_about_somebody_in_use_reinstates_nobody(world: World) -> None:
    office = await Office.of(world)
    nobody = await report_incident(office.employee, WHY)
    somebody = await report_incident(office.employee, WHY, office.supervisor.actor.label)
    act = "incident.close"
    await refused(act, close_incident(office.cso, nobody, Finding.UNFOUNDED, reinstate=True), "NO_ACCOUNT")
    await refused(act, close_incident(office.cso, somebody, Finding.UNFOUNDED, reinstate=True), "NOT_SUSPENDED")
    await close_incident(office.cso, nobody, Finding.UNFOUNDED, reinstate=False)


async def test_nobody_decides_about_the_own_incident_or_reinstates_themselves(world: World) -> None:
    office = await Office.of(world)
    number = await report_incident(office.employee, WHY, office.cso.actor.label)
    act = "incident.close"
    await refused(act, close_incident(office.cso, number, Finding.UNFOUNDED, reinstate=False), "OWN_INCIDENT")
    await refused("account.reinstate", reinstate_account(office.cso, office.cso.actor.label), "SELF_SUSPENSION")
    for number in (0, 2**31):
        await refused(act, close_incident(office.cso, number, Finding.UNFOUNDED, reinstate=False), "INCIDENT_NOT_FOUND")
    await refused(act, close_incident(office.lso, number, Finding.UNFOUNDED, reinstate=False), "DENIED")


@pytest.mark.requirement("ACC-19")
async def test_a_disabled_account_is_never_enabled_directly(world: World) -> None:
    office = await Office.of(world)
    await revoke_access(office.lso, Revocation(office.employee.actor.label, RevocationReason.LEFT))
    act = "account.reinstate"
    await refused(act, reinstate_account(office.cso, office.employee.actor.label), "FORM_NEEDED")
    await refused(act, reinstate_account(office.cso, office.supervisor.actor.label), "NOT_SUSPENDED")
    await refused(act, reinstate_account(office.cso, "NOBODY"), "ACCOUNT_NOT_FOUND")
    await User.filter(id=office.employee.actor.id).update(state=AccountState.DELETED)
    await refused(act, reinstate_account(office.cso, office.employee.actor.label), "ALREADY_DELETED")


async def test_of_two_who_close_at_the_same_moment_one_is_told_that_it_is_closed(world: World) -> None:
    office = await Office.of(world)
    second = await world.user(Role.CSO)
    number = await suspend_account(office.cso, office.employee.actor.label, WHY)
    answers = await asyncio.gather(
        close_incident(office.cso, number, Finding.UNFOUNDED, reinstate=True),
        close_incident(second, number, Finding.BREACH, reinstate=False),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "int"]


async def test_the_security_offices_see_everything_and_an_lso_neither_the_words_nor_the_reporter(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    about_employee = await report_incident(office.supervisor, WHY, office.employee.actor.label)
    about_lso = await report_incident(office.supervisor, WHY, office.lso.actor.label)
    elsewhere = await report_incident(other.employee, WHY, other.supervisor.actor.label)
    everything = [elsewhere, about_lso, about_employee]
    reporter = (await User.get(id=office.supervisor.actor.id)).name

    for role in (Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR):
        page = await list_incidents(await world.user(role), count=True)
        assert ([one.number for one in page.nodes], page.total_count) == (everything, 3)
        assert (page.nodes[1].report, page.nodes[1].reported_by) == (WHY, reporter)

    page = await list_incidents(office.lso, count=True)
    assert ([one.number for one in page.nodes], page.total_count) == ([about_employee], 1)
    assert (page.nodes[0].report, page.nodes[0].reported_by, page.nodes[0].note) == (None, None, None)
    assert (await view_incident(office.lso, about_employee)).report is None
    assert (await view_incident(office.cso, about_lso)).report == WHY
    for stranger, number in (
        (office.lso, about_lso),
        (office.lso, elsewhere),
        (office.director, about_employee),
        (office.supervisor, about_employee),
        (office.cso, 0),
        (office.cso, 2**31),
    ):
        with pytest.raises(NotFound):
            await view_incident(stranger, number)
    for stranger in (office.employee, office.deputy, office.director):
        assert (await list_incidents(stranger)).nodes == []


async def test_incidents_come_a_page_at_a_time_and_by_state_and_kind(world: World) -> None:
    office = await Office.of(world)
    numbers = [await report_incident(office.employee, WHY) for _ in range(3)]
    await close_incident(office.cso, numbers[0], Finding.UNFOUNDED, reinstate=False)
    first = await list_incidents(office.cso, first=2)
    assert ([one.number for one in first.nodes], first.has_next_page) == (numbers[:0:-1], True)
    rest = await list_incidents(office.cso, first=2, after=first.cursors[-1])
    assert ([one.number for one in rest.nodes], rest.has_next_page) == ([numbers[0]], False)
    open_ones = await list_incidents(office.cso, state=IncidentState.OPEN, kind=IncidentKind.REPORTED)
    assert [one.number for one in open_ones.nodes] == numbers[:0:-1]
    assert (await list_incidents(office.cso, kind=IncidentKind.SHARED_ACCOUNT)).nodes == []


async def test_nobody_buries_the_security_officers_under_reports(world: World) -> None:
    office = await Office.of(world)
    numbers = [await report_incident(office.employee, WHY) for _ in range(10)]

    await refused("incident.report", report_incident(office.employee, WHY), "TOO_MANY_REPORTS")

    await report_incident(office.supervisor, WHY)
    await close_incident(office.cso, numbers[0], Finding.UNFOUNDED, reinstate=False)
    await report_incident(office.employee, WHY)
