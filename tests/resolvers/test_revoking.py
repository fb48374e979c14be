"""A person leaves: access is cut at the commit, the paperwork and the successors follow (000:41-42, 000:258-278)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import date, timedelta
from uuid import UUID

import pytest

from orm.models import (
    AccessForm,
    AccessRequest,
    AccessRequestStep,
    AuditEntry,
    CatalogueRole,
    Contact,
    Incident,
    Letter,
    LsoDeputy,
    LsoDesignation,
    Notification,
    Outcome,
    OutsideSystem,
    Provider,
    ProviderKind,
    Referral,
    ReferralVersion,
    RoleGrant,
    Session,
    Ticket,
    User,
)
from resolvers.access_requests import submit_access_request
from resolvers.callers import Caller
from resolvers.contacts import NewContact, add_contact
from resolvers.duties import HEALTH_INVENTORIES, HI_REPRESENTATIVE
from resolvers.incidents import suspend_account
from resolvers.leaving_views import preview_revocation
from resolvers.officers import Organization
from resolvers.open_duties import list_open_duties
from resolvers.revocation import Revocation, Revoked, revoke_access
from resolvers.sessions import sign_in
from rules.access_forms import Channel, FormKind, FormState
from rules.accounts import AccountState
from rules.approvals import RequestState, StandsInAs
from rules.errors import Conflict, Denied, Invalid, NotFound, Refusal, Unauthenticated
from rules.incidents import IncidentKind
from rules.leaving import DisabledReason, Duty, RevocationReason
from rules.notices import NotificationKind
from rules.roles import Role
from rules.tickets import TicketKind
from tests.world.office import NEXT_WEEK, Office, at_facility, deputized, designated, told
from tests.world.requests import REGIONAL_OFFICE_USER, TERMS, draft
from tests.world.world import PASSWORD, World

LEFT = RevocationReason.LEFT


async def revoke(
    by: Caller,
    who: Caller,
    reason: RevocationReason = LEFT,
    *,
    terminated_on: date | None = None,
    successors: tuple[tuple[Duty, str], ...] = (),
    note: str = "",
) -> Revoked:
    return await revoke_access(by, Revocation(who.actor.label, reason, terminated_on, successors, note))


async def row(who: Caller) -> User:
    return await User.get(id=who.actor.id)


async def grant(world: World, who: Caller, role: str) -> None:
    await RoleGrant.create(user_id=who.actor.person(), role=role, granted_at=world.clock(), why="test")


async def signed_in(world: World, who: Caller) -> str:
    done = await sign_in(world.desk, who.actor.label, PASSWORD, device="test", request_id="test")
    return done.token


async def request_of(
    world: World, who: Caller, state: RequestState, addressee: Caller | None = None, capacity: StandsInAs | None = None
) -> AccessRequest:
    number = await AccessRequest.all().count() + 1
    return await AccessRequest.create(
        number=number,
        requester_id=who.actor.person(),
        state=state,
        provider_id=who.actor.provider_id,
        created_at=world.clock(),
        submitted_at=None if state is RequestState.DRAFT else world.clock(),
        state_since=world.clock(),
        addressee_id=addressee.actor.id if addressee else None,
        addressed_as=capacity,
        due_at=world.clock() if state is RequestState.AWAITING_PROVISIONING else None,
    )


async def refused(by: Caller, who: Caller, code: str, told_of: Revocation | None = None) -> Refusal:
    """Try to revoke and be refused: nothing changes, nothing is promised, and it is written down."""
    before = (await row(who)).__dict__.copy()
    lines, letters = await Notification.all().count(), await Letter.all().count()
    forms, tickets = await AccessForm.all().count(), await Ticket.all().count()
    with pytest.raises(Refusal) as refusal:
        await revoke_access(by, told_of or Revocation(who.actor.label, LEFT))
    assert refusal.value.code == code
    after = (await row(who)).__dict__
    assert {key: value for key, value in before.items() if not key.startswith("_")} == {
        key: value for key, value in after.items() if not key.startswith("_")
    }
    assert (lines, letters) == (await Notification.all().count(), await Letter.all().count())
    assert (forms, tickets) == (await AccessForm.all().count(), await Ticket.all().count())
    entry = await AuditEntry.filter(act="account.revoke").order_by("-id").first()
    assert entry is not None
    assert (entry.outcome, entry.code, entry.actor_id) == (Outcome.REFUSED, code, by.actor.id)
    return refusal.value


@pytest.mark.requirement("REV-01", "REV-03")
@pytest.mark.requirement("POL-10")
@pytest.mark.requirement("LSO-17")
async def test_the_lso_revokes_a_leaver_and_every_session_and_role_ends_at_the_commit(world: World) -> None:
    office = await Office.of(world)
    leaver = await office.hire(Role.CONSUMER_REFERRAL_DB)
    tokens = [await signed_in(world, leaver) for _ in range(2)]
    epoch = (await row(leaver)).epoch

    done = await revoke(office.lso, leaver, note="Left for another job.")

    user = await row(leaver)
    assert (user.state, user.disabled_reason, user.disabled_note) == (
        AccountState.DISABLED,
        DisabledReason.LEFT,
        "Left for another job.",
    )
    assert (user.disabled_at, user.terminated_on, user.epoch) == (world.clock(), date(2026, 3, 2), epoch + 1)
    assert not await RoleGrant.exists(user_id=leaver.actor.id, ended_at=None)
    sessions = await Session.filter(user_id=leaver.actor.id)
    assert len(tokens) == len(sessions)
    assert {session.ended_why for session in sessions} == {"disabled"}
    with pytest.raises(Unauthenticated):
        await signed_in(world, leaver)
    form = await AccessForm.get(number=done.form_number)
    assert (form.kind, form.state, form.channel) == (FormKind.REVOKE, FormState.DONE, Channel.HOUSE)
    assert (form.user_id, form.submitted_by_id) == (leaver.actor.id, office.lso.actor.id)
    assert form.regional_office_id == office.regional_office


@pytest.mark.requirement("REV-02")
@pytest.mark.requirement("REV-09")
async def test_the_regional_office_the_lso_and_account_management_are_told_without_a_name(world: World) -> None:
    office = await Office.of(world)

    done = await revoke(office.director, office.employee)

    revoked = (NotificationKind.ACCESS_REVOKED, done.form_number)
    assert await told(office.liaison) == [revoked]
    assert await told(office.lso) == [revoked]
    assert await told(office.account_mgmt) == [(NotificationKind.TICKET_OPENED, done.tickets[0])]
    assert await told(office.cso) == []
    ticket = await Ticket.get(number=done.tickets[0])
    assert (ticket.kind, ticket.user_id) == (TicketKind.ACCOUNT_MANAGEMENT, office.employee.actor.id)
    user = await row(office.employee)
    for letter in await Letter.all():
        assert user.last_name not in str(letter.facts)
        assert user.user_id not in str(letter.facts)


@pytest.mark.requirement("REV-08")
async def test_one_notice_goes_to_each_agency_whose_system_a_held_role_opens(world: World) -> None:
    office = await Office.of(world)
    for code, roles in (
        ("SYS-A", ["BILLING", "DATA_ENTRY"]),
        ("SYS-B", ["REVIEWER"]),
        ("SYS-C", ["HEALTH_INVENTORIES"]),
    ):
        await OutsideSystem.create(code=code, name=f"System {code}", agency="An agency")
        await CatalogueRole.filter(code__in=roles).update(system_id=code)
    for role in ("BILLING", "DATA_ENTRY", "REVIEWER"):
        await grant(world, office.employee, role)

    done = await revoke(office.lso, office.employee)

    notices = await Ticket.filter(kind=TicketKind.AGENCY_NOTICE).order_by("number")
    assert [notice.system_id for notice in notices] == ["SYS-A", "SYS-B"]
    assert done.tickets[1:] == [notice.number for notice in notices]


@pytest.mark.parametrize("office_role", [Role.CSO, Role.ITSD_ACCOUNT_MGMT, Role.PROVIDER_RELATIONS])
async def test_the_offices_of_the_department_may_revoke_people_of_a_provider(world: World, office_role: Role) -> None:
    office = await Office.of(world)
    await revoke(await world.user(office_role), office.employee, RevocationReason.SECURITY)
    user = await row(office.employee)
    assert (user.state, user.disabled_reason) == (AccountState.DISABLED, DisabledReason.SECURITY)
    assert user.terminated_on is None


async def test_a_liaison_of_provider_relations_revokes_nobody_of_the_department(world: World) -> None:
    office = await Office.of(world)
    assert isinstance(await refused(office.liaison, office.oa, "ACCOUNT_NOT_FOUND"), NotFound)
    await revoke(office.account_mgmt, office.oa, RevocationReason.TERMINATED)
    assert (await row(office.oa)).terminated_on == date(2026, 3, 2)


async def test_the_deputy_revokes_on_the_days_of_standing_in_and_on_no_other(world: World) -> None:
    office = await Office.of(world)
    first, last = NEXT_WEEK
    await refused(office.deputy, office.employee, "ACCOUNT_NOT_FOUND")
    world.clock.now += timedelta(days=(last - date(2026, 3, 2)).days + 1)
    await refused(office.deputy, office.employee, "ACCOUNT_NOT_FOUND")
    world.clock.now -= timedelta(days=1)
    await revoke(office.deputy, office.employee)
    world.clock.now -= timedelta(days=(last - first).days)
    await revoke(office.deputy, office.supervisor)
    assert (await row(office.supervisor)).state is AccountState.DISABLED


async def test_the_lso_of_a_facility_revokes_its_people_and_nobody_elses(world: World) -> None:
    office = await Office.of(world)
    lso, leaver = await at_facility(world, "101", Role.LSO), await at_facility(world, "101")
    elsewhere = await at_facility(world, "102")
    for stranger in (elsewhere, office.employee, office.oa):
        await refused(lso, stranger, "ACCOUNT_NOT_FOUND")
    done = await revoke(lso, leaver)
    assert (await AccessForm.get(number=done.form_number)).facility_id == "101"


async def test_who_has_no_such_office_finds_no_such_account(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    for stranger in (
        other.lso,
        other.director,
        office.supervisor,
        office.provisioning,
        await world.user(Role.SUPPORT_DESK),
    ):
        await refused(stranger, office.employee, "ACCOUNT_NOT_FOUND")
    for lost in ("NOBODY", "EXTLCL\\NOBODY"):
        await refused(office.lso, office.employee, "ACCOUNT_NOT_FOUND", Revocation(lost, LEFT))
    assert isinstance(await refused(office.lso, office.employee, "USER_ID_MALFORMED", Revocation("a b", LEFT)), Invalid)


async def test_an_lso_without_an_organization_looks_after_nobody(world: World) -> None:
    lost = await world.user(Role.LSO)
    someone = await world.user()
    await refused(lost, someone, "ACCOUNT_NOT_FOUND")


@pytest.mark.parametrize("holder", ["lso", "director", "cso", "account_mgmt"])
async def test_nobody_revokes_the_own_access_in_whatever_office(world: World, holder: str) -> None:
    office = await Office.of(world)
    me: Caller = getattr(office, holder)
    assert isinstance(await refused(me, me, "SELF_REVOCATION"), Denied)


async def test_a_last_day_in_the_future_or_a_note_too_long_changes_nothing(world: World) -> None:
    office = await Office.of(world)
    label = office.employee.actor.label
    await refused(office.lso, office.employee, "TERMINATED_IN_FUTURE", Revocation(label, LEFT, date(2026, 3, 3)))
    await refused(office.lso, office.employee, "TEXT_TOO_LONG", Revocation(label, LEFT, note="x" * 301))
    await revoke(office.lso, office.employee, terminated_on=date(2026, 3, 2), note="x" * 300)


@pytest.mark.requirement("ACC-18")
async def test_a_disabled_account_is_not_revoked_again_but_a_last_day_told_only_now_is_kept(world: World) -> None:
    office = await Office.of(world)
    await revoke(office.cso, office.employee, RevocationReason.SECURITY)
    await refused(office.lso, office.employee, "ALREADY_DISABLED")
    assert (await row(office.employee)).terminated_on is None

    with pytest.raises(Conflict) as conflict:
        await revoke(office.lso, office.employee, terminated_on=date(2026, 3, 1))

    assert conflict.value.code == "ALREADY_DISABLED"
    user = await row(office.employee)
    assert (user.terminated_on, user.disabled_reason) == (date(2026, 3, 1), DisabledReason.SECURITY)
    entry = await AuditEntry.filter(act="account.revoke").order_by("-id").first()
    assert entry is not None
    assert (entry.outcome, entry.facts["last_day_kept"]) == (Outcome.REFUSED, True)
    same_day = Revocation(office.employee.actor.label, LEFT, date(2026, 3, 1))
    await refused(office.lso, office.employee, "ALREADY_DISABLED", same_day)


async def test_a_deleted_id_is_not_revoked(world: World) -> None:
    office = await Office.of(world)
    await User.filter(id=office.employee.actor.id).update(state=AccountState.DELETED)
    await refused(office.lso, office.employee, "ALREADY_DELETED")


@pytest.mark.requirement("REV-04")
async def test_use_after_the_last_day_opens_an_incident_and_use_on_it_does_not(world: World) -> None:
    office = await Office.of(world)
    for used_on, violation in ((date(2026, 2, 27), False), (date(2026, 2, 28), True)):
        person = await office.hire()
        world.clock.now = world.clock.now.replace(month=used_on.month, day=used_on.day)
        await signed_in(world, person)
        world.clock.now = world.clock.now.replace(month=3, day=2)

        done = await revoke(office.lso, person, terminated_on=date(2026, 2, 27))

        assert (done.incident_number is not None) is violation
    opened = await Incident.get()
    assert (opened.kind, opened.suspended) == (IncidentKind.USED_AFTER_LEAVING, False)
    assert await told(office.cso) == [(NotificationKind.INCIDENT_OPENED, opened.number)]


@pytest.mark.requirement("REV-04")
async def test_what_was_done_in_an_old_session_counts_as_use_and_one_incident_is_enough(world: World) -> None:
    office = await Office.of(world)
    await signed_in(world, office.employee)
    await User.filter(id=office.employee.actor.id).update(last_sign_in_at=None)
    await revoke(office.cso, office.employee, RevocationReason.SECURITY)
    for day in (27, 26):
        with pytest.raises(Conflict):
            await revoke(office.lso, office.employee, terminated_on=date(2026, 2, day))
    assert await Incident.all().count() == 1


@pytest.mark.requirement("REV-10")
async def test_a_leaver_who_is_a_contact_hears_of_no_referral_any_more_and_coordinators_are_told(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    director = await world.user(Role.EXECUTIVE_DIRECTOR, provider_id=home.id)
    lso = await world.user(Role.LSO, provider_id=home.id)
    await designated(world, Organization(provider_id=home.id), lso)
    number = await world.published(coordinator, "Boone")

    done = await revoke(director, home.staff)

    assert not (await Contact.get(id=home.contact_id)).active
    assert [held.duty for held in done.open_duties] == [Duty.SOLE_CONTACT]
    assert (NotificationKind.PROVIDER_UNREACHABLE, number) in await told(coordinator)
    assert (NotificationKind.SUCCESSOR_NEEDED, None) in await told(lso)
    assert (NotificationKind.SUCCESSOR_NEEDED, None) not in await told(director)
    before = len(await told(home.staff))
    await world.published(coordinator, "Boone")
    assert len(await told(home.staff)) == before


async def test_while_another_contact_is_active_nobody_needs_a_successor(world: World) -> None:
    home = await world.provider("Boone")
    await world.contact(home.id, "Boone")
    cso = await world.user(Role.CSO)
    assert (await revoke(cso, home.staff)).open_duties == []


@pytest.mark.requirement("REV-06", "LSO-11")
@pytest.mark.requirement("LSO-12")
async def test_when_the_lso_leaves_the_provider_is_vacant_and_what_waits_is_held(world: World) -> None:
    office = await Office.of(world)
    request = await request_of(world, office.employee, RequestState.WITH_LSO, office.lso, StandsInAs.LSO)

    done = await revoke(office.director, office.lso, successors=((Duty.LSO, office.supervisor.actor.label),))

    designation = await LsoDesignation.get(id=office.designation.id)
    assert designation.ended_at == world.clock()
    assert (await AccessRequest.get(id=request.id)).state is RequestState.AWAITING_LSO
    assert [held.duty for held in done.open_duties] == [Duty.LSO]
    assert not await LsoDesignation.exists(provider_id=office.provider_id, ended_at=None)
    assert not await RoleGrant.exists(user_id=office.supervisor.actor.id, role=Role.LSO)
    assert (NotificationKind.LSO_VACANT, None) in await told(office.cso)
    assert (NotificationKind.LSO_VACANT, None) in await told(office.liaison)
    assert set(await told(office.director)) == {
        (NotificationKind.SUCCESSOR_NEEDED, None),
        (NotificationKind.LSO_VACANT, None),
    }
    assert await told(office.supervisor) == [(NotificationKind.SUCCESSOR_NEEDED, None)]
    assert await told(office.employee) == [(NotificationKind.ACCESS_REQUEST_HELD, request.number)]


async def test_when_the_lso_of_a_facility_leaves_the_cso_hears_that_the_office_is_vacant(world: World) -> None:
    cso, lso = await world.user(Role.CSO), await at_facility(world, "101", Role.LSO)
    await designated(world, Organization(facility_id="101"), lso)
    done = await revoke(cso, lso)
    assert [held.duty for held in done.open_duties] == [Duty.LSO]
    assert await told(cso) == [(NotificationKind.LSO_VACANT, None)]
    assert not await LsoDesignation.exists(facility_id="101", ended_at=None)


@pytest.mark.requirement("ROL-04", "ROL-05")
@pytest.mark.requirement("REV-05")
async def test_the_health_inventory_duties_of_a_residential_provider_are_told_as_open(world: World) -> None:
    office = await Office.of(world, kind=ProviderKind.RESIDENTIAL)
    colleague = await office.hire()
    for role in (HEALTH_INVENTORIES, HI_REPRESENTATIVE):
        await grant(world, office.employee, role)
    await grant(world, colleague, HEALTH_INVENTORIES)

    done = await revoke(office.director, office.employee)
    assert [held.duty for held in done.open_duties] == [Duty.HI_REPRESENTATIVE]
    done = await revoke(office.director, colleague)
    assert [held.duty for held in done.open_duties] == [Duty.HEALTH_INVENTORIES]

    letters = await Letter.filter(user_id=office.lso.actor.id, kind=NotificationKind.SUCCESSOR_NEEDED)
    told_of = sorted(letter.facts["duties"] for letter in letters)
    assert told_of == [["HEALTH_INVENTORIES"], ["HI_REPRESENTATIVE"]]


async def test_other_providers_do_not_need_health_inventories(world: World) -> None:
    office = await Office.of(world)
    await grant(world, office.employee, HEALTH_INVENTORIES)
    assert (await revoke(office.lso, office.employee)).open_duties == []


async def test_without_an_lso_the_directors_and_the_liaisons_hear_of_open_duties(world: World) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    await grant(world, office.employee, HI_REPRESENTATIVE)
    await revoke(office.cso, office.employee)
    assert (NotificationKind.SUCCESSOR_NEEDED, None) in await told(office.director)
    assert (NotificationKind.SUCCESSOR_NEEDED, None) in await told(office.liaison)


@pytest.mark.requirement("REV-05")
async def test_the_referrals_of_a_leaving_coordinator_go_to_the_successor_as_a_new_version(world: World) -> None:
    leaver, successor = await world.coordinator("Boone"), await world.coordinator("Cole")
    itsd, central = await world.user(Role.ITSD_ACCOUNT_MGMT), await world.user(Role.CENTRAL_STAFF)
    numbers = [await world.draft(leaver, "Boone"), await world.published(leaver, "Boone")]
    other = await world.draft(successor, "Cole")
    versions = {one.number: one.version for one in await Referral.all()}

    done = await revoke(itsd, leaver, successors=((Duty.PRIMARY_COORDINATOR, successor.actor.label),))

    assert done.open_duties == []
    for number in numbers:
        referral = await world.referral(number)
        assert (referral.primary_coordinator_id, referral.version) == (successor.actor.id, versions[number] + 1)
        kept = await ReferralVersion.filter(referral_id=referral.id).order_by("-version").first()
        assert kept is not None
        assert (kept.facts["primary_coordinator"], kept.by_id) == (str(successor.actor.id), itsd.actor.id)
    assert (await world.referral(other)).version == versions[other]
    assert await told(central) == []


async def test_without_a_successor_the_referrals_stay_and_the_central_office_is_told(world: World) -> None:
    leaver = await world.coordinator("Boone")
    itsd, central = await world.user(Role.ITSD_ACCOUNT_MGMT), await world.user(Role.CENTRAL_STAFF)
    number = await world.published(leaver, "Boone")

    done = await revoke(itsd, leaver)

    assert [(held.duty, held.referrals) for held in done.open_duties] == [(Duty.PRIMARY_COORDINATOR, (number,))]
    assert (await world.referral(number)).primary_coordinator_id == leaver.actor.id
    assert (NotificationKind.SUCCESSOR_NEEDED, None) in await told(central)


async def test_a_successor_who_cannot_be_one_leaves_the_access_as_it_was(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    director, lso = office.director, office.lso
    label = lso.actor.label
    for named, code in (
        ("NOBODY", "SUCCESSOR_NOT_OF_ORGANIZATION"),
        (other.supervisor.actor.label, "SUCCESSOR_NOT_OF_ORGANIZATION"),
        ("a b", "USER_ID_MALFORMED"),
        (label, "SUCCESSOR_IS_LEAVER"),
    ):
        refusal = await refused(director, lso, code, Revocation(label, LEFT, None, ((Duty.LSO, named),)))
        assert refusal.field == "successors"
    not_held = ((Duty.SOLE_CONTACT, office.supervisor.actor.label),)
    await refused(director, lso, "DUTY_NOT_HELD", Revocation(label, LEFT, None, not_held))
    assert await LsoDesignation.exists(id=office.designation.id, ended_at=None)


async def test_the_leavers_own_requests_and_forms_are_withdrawn_and_those_waiting_for_them_go_on(world: World) -> None:
    office = await Office.of(world)
    states = [RequestState.DRAFT, RequestState.AWAITING_LSO, RequestState.WITH_LSO, RequestState.AWAITING_PROVISIONING]
    own = [
        await request_of(world, office.director, state, office.lso if state is RequestState.WITH_LSO else None)
        for state in states
    ]
    done_before = await request_of(world, office.director, RequestState.GRANTED)
    waiting = await request_of(world, office.lso, RequestState.WITH_LSO, office.director, StandsInAs.EXECUTIVE_DIRECTOR)
    form = await AccessForm.create(
        number=900,
        kind=FormKind.CHANGE,
        state=FormState.WITH_OA,
        state_since=world.clock(),
        user_id=office.director.actor.id,
        provider_id=office.provider_id,
        channel=Channel.PORTAL,
        submitted_at=world.clock(),
    )
    await deputized(world, office.designation, office.director, *NEXT_WEEK)

    await revoke(office.lso, office.director)

    assert {(await AccessRequest.get(id=one.id)).state for one in own} == {RequestState.WITHDRAWN}
    assert (await AccessRequest.get(id=done_before.id)).state is RequestState.GRANTED
    assert (await AccessForm.get(id=form.id)).state is FormState.WITHDRAWN
    assert not await LsoDeputy.exists(user_id=office.director.actor.id, ended_at=None)
    readdressed = await AccessRequest.get(id=waiting.id)
    assert (readdressed.state, readdressed.addressee_id) == (RequestState.WITH_LSO, office.cso.actor.id)
    steps = await AccessRequestStep.filter(request_id=own[0].id)
    assert [(step.state, step.why) for step in steps] == [(RequestState.WITHDRAWN, "ACCOUNT_ENDED")]


async def test_of_two_who_revoke_at_the_same_moment_one_is_told_that_it_is_done(world: World) -> None:
    office = await Office.of(world)
    answers = await asyncio.gather(
        revoke(office.lso, office.employee), revoke(office.director, office.employee), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Revoked"]
    assert await AccessForm.all().count() == await Ticket.all().count() == 1


async def test_a_contact_added_at_the_same_moment_is_not_left_active_for_a_leaver(world: World) -> None:
    office = await Office.of(world)
    leaver = office.employee.actor
    staff = await office.hire(Role.PROVIDER_PROFILE_UPDATE)
    new = NewContact("Ann", "Example", "ann@example.org", user_id=leaver.label)
    await asyncio.gather(
        add_contact(staff, office.provider_id, new), revoke(office.lso, office.employee), return_exceptions=True
    )
    assert (await row(office.employee)).state is AccountState.DISABLED
    assert not await Contact.exists(user_id=leaver.id, active=True)


@pytest.mark.requirement("LSO-12")
@pytest.mark.parametrize("suspended", [False, True])
async def test_a_request_submitted_as_the_lso_goes_never_waits_for_somebody_who_is_gone(
    world: World, suspended: bool
) -> None:
    office = await Office.of(world)
    people = [await office.hire() for _ in range(6)]
    numbers = [await draft(who, REGIONAL_OFFICE_USER) for who in people]
    submissions = [
        submit_access_request(who, number, f"key {number}", TERMS) for who, number in zip(people, numbers, strict=True)
    ]
    goes: Awaitable[object] = (
        suspend_account(office.cso, office.lso.actor.label, "Seen twice.")
        if suspended
        else revoke(office.director, office.lso)
    )
    await asyncio.gather(*submissions[:3], goes, *submissions[3:])
    assert (await row(office.lso)).state is not AccountState.ACTIVE
    states = {request.state for request in await AccessRequest.filter(number__in=numbers)}
    assert states == {RequestState.AWAITING_LSO}


async def test_the_preview_shows_what_will_be_cut_and_changes_nothing(world: World) -> None:
    office = await Office.of(world, kind=ProviderKind.RESIDENTIAL)
    await OutsideSystem.create(code="SYS-A", name="System A", agency="An agency")
    await CatalogueRole.filter(code="BILLING").update(system_id="SYS-A")
    for role in ("BILLING", HI_REPRESENTATIVE):
        await grant(world, office.employee, role)
    await signed_in(world, office.employee)
    await world.contact(office.provider_id, "Boone", user_id=office.employee.actor.id)
    request = await request_of(world, office.employee, RequestState.DRAFT)

    seen = await preview_revocation(office.lso, office.employee.actor.label)

    assert [held.duty for held in seen.duties] == [Duty.HI_REPRESENTATIVE]
    assert (seen.roles, seen.outside_systems) == (["BILLING", "HI_REPRESENTATIVE"], ["System A"])
    assert (seen.live_sessions, seen.contacts, seen.open_requests) == (1, 1, [request.number])
    assert (await row(office.employee)).state is AccountState.ACTIVE
    assert await world.entries("account.preview_revocation") != []
    with pytest.raises(NotFound):
        await preview_revocation(office.supervisor, office.employee.actor.label)
    with pytest.raises(Denied):
        await preview_revocation(office.lso, office.lso.actor.label)


async def duties_of(who: Caller) -> set[tuple[Duty, UUID | None, int | None]]:
    page = await list_open_duties(who, first=100)
    return {(one.duty, one.provider.id if one.provider else None, one.referral_number) for one in page.nodes}


@pytest.mark.requirement("ROL-04")
@pytest.mark.requirement("LSO-12")
async def test_open_duties_are_derived_and_disappear_as_soon_as_somebody_holds_them(world: World) -> None:
    office = await Office.of(world, kind=ProviderKind.RESIDENTIAL)
    own = office.provider_id
    assert await duties_of(office.lso) == {(Duty.HI_REPRESENTATIVE, own, None), (Duty.HEALTH_INVENTORIES, own, None)}
    for role in (HEALTH_INVENTORIES, HI_REPRESENTATIVE):
        await grant(world, office.employee, role)
    assert await duties_of(office.lso) == set()
    await revoke(office.lso, office.employee)
    assert {duty for duty, *_ in await duties_of(office.lso)} == {Duty.HI_REPRESENTATIVE, Duty.HEALTH_INVENTORIES}
    await Contact.filter(provider_id=own).update(active=False)
    await User.filter(id=office.lso.actor.id).update(state=AccountState.SUSPENDED)
    found = {duty for duty, *_ in await duties_of(office.director)}
    assert found == {Duty.LSO, Duty.SOLE_CONTACT, Duty.HI_REPRESENTATIVE, Duty.HEALTH_INVENTORIES}
    await Provider.filter(id=own).update(active=False)
    assert await duties_of(office.director) == set()


async def test_a_provider_whose_contract_has_ended_has_no_open_duties_from_the_next_day_on(world: World) -> None:
    home = await world.provider(contract_ends=date(2026, 3, 2))
    cso = await world.user(Role.CSO)
    assert {provider for _, provider, _ in await duties_of(cso)} == {home.id}
    world.clock.forward(days=1)
    assert await duties_of(cso) == set()


async def test_offices_see_the_open_duties_of_all_and_referrals_without_a_coordinator_in_office(world: World) -> None:
    office = await Office.of(world)
    leaver = await world.coordinator("Boone")
    number = await world.published(leaver, "Boone")
    await world.draft(leaver, "Boone")
    await revoke(office.account_mgmt, leaver)
    bare = await world.provider("Boone", kind=ProviderKind.TARGETED_CASE_MANAGEMENT)
    expected = {(Duty.LSO, bare.id, None), (Duty.PRIMARY_COORDINATOR, None, number)}
    for role in (Role.CSO, Role.PROVIDER_RELATIONS, Role.ADMINISTRATOR, Role.ITSD_ACCOUNT_MGMT):
        assert await duties_of(await world.user(role)) == expected
    assert await duties_of(office.lso) == set()
    assert (await list_open_duties(office.lso, duty=Duty.PRIMARY_COORDINATOR, count=True)).total_count == 0
    assert await duties_of(await world.user(Role.CENTRAL_STAFF)) == {(Duty.PRIMARY_COORDINATOR, None, number)}
    assert await duties_of(office.supervisor) == set(), "who is to care for none gets none"


async def test_who_stands_in_for_the_officer_sees_the_open_duties_of_which_the_letter_tells(world: World) -> None:
    office = await Office.of(world, kind=ProviderKind.RESIDENTIAL)
    world.clock.forward(days=7)
    await grant(world, office.employee, HI_REPRESENTATIVE)
    await revoke(office.director, office.employee)
    assert (NotificationKind.SUCCESSOR_NEEDED, None) in await told(office.deputy)
    assert (Duty.HI_REPRESENTATIVE, office.provider_id, None) in await duties_of(office.deputy)


async def test_open_duties_come_a_page_at_a_time_in_one_order(world: World) -> None:
    cso = await world.user(Role.CSO)
    leaver = await world.coordinator("Boone")
    for _ in range(2):
        await world.provider("Boone")
        await world.published(leaver, "Boone")
    await User.filter(id=leaver.actor.id).update(state=AccountState.DISABLED)
    whole = await list_open_duties(cso, count=True)
    assert whole.total_count == len(whole.nodes) == 2 * 3 + 2
    seen, after = [], None
    while True:
        page = await list_open_duties(cso, first=1, after=after)
        seen += list(page.nodes)
        after = page.cursors[-1]
        if not page.has_next_page:
            break
    assert seen == list(whole.nodes)
    only = await list_open_duties(cso, duty=Duty.LSO, count=True)
    assert only.total_count == 2
    with pytest.raises(Invalid) as malformed:
        await list_open_duties(cso, after="nonsense")
    assert malformed.value.code == "CURSOR_MALFORMED"
