"""Who may decide on a request, when, and over what; and what an answer that is not one's own leads to (000:31-206)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from orm.models import (
    AccessDecision,
    AccessRequestRole,
    CatalogueRole,
    Contract,
    Credential,
    Incident,
    IncompatiblePair,
    LsoDesignation,
    Outcome,
    RoleGrant,
    Signature,
    User,
)
from resolvers.access_request_decisions import Answer, decide_access_request, decide_as_lso, provision_access_request
from resolvers.access_request_views import Inbox, list_access_requests, view_access_request
from resolvers.access_requests import withdraw_access_request
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, USE_CASES, Work, operation
from resolvers.request_steps import readdress
from resolvers.role_catalogue import list_current_roles, set_incompatible_roles, withdraw_role
from resolvers.sessions import still_there
from rules.accounts import AccountState
from rules.approvals import RequestState, Stage, StandsInAs
from rules.errors import Conflict, Denied, Invalid, NotFound, Unauthenticated
from rules.incidents import IncidentKind, IncidentState
from rules.notices import NotificationKind
from rules.policy import DEFAULTS
from rules.roles import Role
from rules.segregation import PairVerdict
from rules.signatures import Meaning
from tests.world.file_room import in_session
from tests.world.office import Office, hand, told
from tests.world.refusals import refused
from tests.world.requests import (
    REGIONAL_OFFICE_USER,
    decide,
    draft,
    grants_of,
    provision,
    request_of,
    state_of,
    submitted,
    untouched,
)
from tests.world.world import PASSWORD, World

DECIDE, PROVISION = "access_request.decide_as_lso", "access_request.provision"


@pytest.fixture
async def office(world: World) -> Office:
    """A TCM provider with its officers."""
    return await Office.of(world)


@pytest.fixture
async def number(office: Office) -> int:
    """A request that is with the LSO."""
    return await submitted(office.employee, REGIONAL_OFFICE_USER)


@pytest.mark.requirement("ARA-01")
@pytest.mark.requirement("ARA-13")
@pytest.mark.requirement("ARA-14")
@pytest.mark.requirement("LSO-14")
@pytest.mark.requirement("TRK-03")
async def test_roles_are_held_after_the_lso_and_provisioning_have_signed_and_not_before(
    world: World, office: Office
) -> None:
    number = await submitted(office.employee, REGIONAL_OFFICE_USER, "BILLING")
    world.clock.forward(hours=3)
    await decide(office.lso, number, reason="For the new job.")
    assert await grants_of(office.employee) == []
    assert await state_of(number) is RequestState.AWAITING_PROVISIONING
    assert await told(office.provisioning) == [(NotificationKind.ACCESS_REQUEST_TO_PROVISION, number)]
    waiting = await list_access_requests(office.provisioning, Inbox.PROVISIONING)
    assert [one.number for one in waiting.nodes] == [number]

    world.clock.forward(hours=1)
    await provision(office.provisioning, number)

    assert await state_of(number) is RequestState.GRANTED
    assert await grants_of(office.employee) == ["BILLING", REGIONAL_OFFICE_USER]
    assert (await told(office.employee))[-1] == (NotificationKind.ACCESS_REQUEST_GRANTED, number)
    held = await list_current_roles(office.employee)
    assert [(one.request_number, one.granted_at) for one in held] == [(number, world.clock())] * 2
    assert {one.granted_by for one in held} == {(await User.get(id=office.provisioning.actor.person())).name}
    view = await view_access_request(office.employee, number)
    assert [(one.stage, one.approved, one.decider.id, one.reason) for one in view.decisions] == [
        (Stage.LSO, True, office.lso.actor.id, "For the new job."),
        (Stage.PROVISIONING, True, office.provisioning.actor.id, ""),
    ]
    assert [one.capacity for one in view.decisions] == [StandsInAs.LSO, None]
    signatures = await Signature.filter(about_id=view.id).order_by("at")
    assert [(one.meaning, one.signer_id, one.content_hash) for one in signatures] == [
        (Meaning.APPROVE_AS_LSO, office.lso.actor.id, view.content_hash),
        (Meaning.PROVISION, office.provisioning.actor.id, view.content_hash),
    ]
    grant = await RoleGrant.get(user_id=office.employee.actor.person(), role="BILLING")
    assert (grant.request_id, grant.granted_by_id) == (view.id, office.provisioning.actor.id)
    assert grant.why == f"access request {number}"


@pytest.mark.requirement("ARA-15")
async def test_provisioning_has_48_hours_from_the_last_approval_and_everybody_sees_until_when(
    world: World, office: Office, number: int
) -> None:
    world.clock.forward(days=1)
    await decide(office.lso, number)
    due = world.clock() + DEFAULTS.provisioning_sla
    assert due - world.clock() == timedelta(hours=48)
    for who in (office.employee, office.provisioning, office.lso):
        view = await view_access_request(who, number)
        assert (view.due_at, view.timeline[-1].due_at) == (due, due)
        assert view.held_by == "ITSD Provisioning"


@pytest.mark.requirement("ARA-17")
@pytest.mark.requirement("ARA-18")
async def test_a_denial_says_why_to_the_requester_and_grants_nothing(world: World, office: Office, number: int) -> None:
    await refused(decide(office.lso, number, approve=False), Invalid, "REASON_REQUIRED", DECIDE)
    await decide(office.lso, number, approve=False, reason="She works in billing, not\nin the field.")
    assert await state_of(number) is RequestState.DENIED
    view = await view_access_request(office.employee, number)
    assert [(one.approved, one.reason) for one in view.decisions] == [
        (False, "She works in billing, not\nin the field.")
    ]
    denied = (NotificationKind.ACCESS_REQUEST_DENIED, number)
    assert ((await told(office.employee))[-1], (await told(office.lso))[-1]) == (denied, denied)
    for letter in await world.letters(kind=NotificationKind.ACCESS_REQUEST_DENIED):
        assert "billing" not in str(letter.facts)
        assert letter.facts["role_reasons"] == [["DD Private TCM Provider Regional Office User", "DENIED_BY_LSO"]]
    assert (await Signature.get(about_id=view.id)).meaning is Meaning.DENY_AS_LSO
    await refused(decide(office.lso, number), Conflict, "ALREADY_DECIDED", DECIDE)
    await refused(provision(office.provisioning, number), NotFound, "ACCESS_REQUEST_NOT_FOUND", PROVISION)
    assert await grants_of(office.employee) == []


@pytest.mark.requirement("ARA-17")
async def test_provisioning_may_deny_what_the_lso_approved_and_both_hear_of_it(
    world: World, office: Office, number: int
) -> None:
    await decide(office.lso, number)
    await refused(provision(office.provisioning, number, approve=False), Invalid, "REASON_REQUIRED", PROVISION)
    await provision(office.provisioning, number, approve=False, reason="Not this one.")
    assert await state_of(number) is RequestState.DENIED
    denied = (NotificationKind.ACCESS_REQUEST_DENIED, number)
    assert ((await told(office.employee))[-1], (await told(office.lso))[-1]) == (denied, denied)
    assert (await view_access_request(office.provisioning, number)).decisions[-1].reason == "Not this one."
    await refused(provision(office.provisioning, number), Conflict, "ALREADY_DECIDED", PROVISION)
    assert await grants_of(office.employee) == []


@pytest.mark.requirement("LSO-09")
@pytest.mark.requirement("LSO-10")
@pytest.mark.requirement("POL-08")
@pytest.mark.parametrize("approve", [True, False])
@pytest.mark.parametrize(
    "who", ["supervisor", "deputy", "director", "cso", "provisioning", "employee", "other_lso", "administrator"]
)
async def test_whoever_answers_for_the_lso_is_suspended_and_the_request_stays_as_it_was(
    world: World, office: Office, number: int, who: str, approve: bool
) -> None:
    """The deputy stands in next week only; the requester's own answer is an answer by somebody else as well."""
    others = {"other_lso": (await Office.of(world)).lso, "administrator": await world.user(Role.ADMINISTRATOR)}
    stranger: Caller = others.get(who) or getattr(office, who)
    stranger = await in_session(stranger)
    before = await untouched("incident", "user_account", "session", "notification", "outbox")

    with pytest.raises(Denied) as denied:
        await decide(stranger, number, approve=approve, reason="Because.")

    assert denied.value.code == "NOT_ADDRESSED_TO_YOU"
    assert await untouched("incident", "user_account", "session", "notification", "outbox") == before
    assert (await User.get(id=stranger.actor.person())).state is AccountState.SUSPENDED
    assert await User.filter(state=AccountState.SUSPENDED).count() == 1, "only the one who answered is suspended"
    [incident] = await Incident.all()
    assert (incident.kind, incident.state, incident.suspended) == (
        IncidentKind.ANSWERED_FOR_LSO, IncidentState.OPEN, True,
    )  # fmt: skip
    assert (incident.user_id, incident.provider_id) == (stranger.actor.id, office.provider_id)
    assert incident.request_id == (await request_of(number)).id
    assert incident.facts == {"number": number, "stage": "LSO", "approve": approve}
    if who != "cso":
        assert (NotificationKind.INCIDENT_OPENED, incident.number) in await told(office.cso)
    assert (NotificationKind.INCIDENT_TO_CONFIRM, incident.number) in await told(office.lso)
    entry = (await world.entries(DECIDE))[-1]
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, "NOT_ADDRESSED_TO_YOU")
    assert str(incident.id) in entry.subjects["incident"]
    if who != "employee":
        await decide(office.lso, number)
        assert await state_of(number) is RequestState.AWAITING_PROVISIONING, "the organization works on"


@pytest.mark.requirement("LSO-10")
async def test_whoever_answers_for_the_lso_is_signed_out_at_once(world: World, office: Office, number: int) -> None:
    supervisor = await in_session(office.supervisor)
    assert (await still_there(supervisor)).actor.id == supervisor.actor.id
    with pytest.raises(Denied):
        await decide(supervisor, number)
    with pytest.raises(Unauthenticated):
        await still_there(supervisor)


@pytest.mark.requirement("ARA-22")
async def test_a_deputy_never_decides_on_the_own_request(world: World, office: Office) -> None:
    world.clock.forward(days=7)
    number = await submitted(office.deputy, REGIONAL_OFFICE_USER)
    assert (NotificationKind.ACCESS_REQUEST_TO_DECIDE, number) not in await told(office.deputy)
    assert (await list_access_requests(office.deputy, Inbox.TO_DECIDE)).nodes == []
    with pytest.raises(Denied) as denied:
        await decide(office.deputy, number)
    assert denied.value.code == "SELF_APPROVAL"
    assert (await User.get(id=office.deputy.actor.person())).state is AccountState.SUSPENDED
    assert await state_of(number) is RequestState.WITH_LSO


@pytest.mark.requirement("ARA-22")
@pytest.mark.requirement("POL-21")
async def test_the_lso_never_decides_on_the_own_request_and_the_director_does(world: World, office: Office) -> None:
    number = await submitted(office.lso, REGIONAL_OFFICE_USER)
    await decide(office.director, number)
    [decision] = await AccessDecision.all()
    assert (decision.capacity, decision.for_id) == (StandsInAs.EXECUTIVE_DIRECTOR, None)
    await provision(office.provisioning, number)
    assert REGIONAL_OFFICE_USER in await grants_of(office.lso)
    again = await submitted(office.lso, "BILLING")
    with pytest.raises(Denied):
        await decide(office.lso, again)
    assert (await User.get(id=office.lso.actor.person())).state is AccountState.SUSPENDED


@pytest.mark.requirement("LSO-09")
@pytest.mark.parametrize(("days", "stands_in"), [(6, False), (7, True), (11, True), (12, False)])
async def test_a_deputy_answers_from_the_first_day_to_the_last(
    world: World, office: Office, number: int, days: int, stands_in: bool
) -> None:
    world.clock.forward(days=days)
    if not stands_in:
        with pytest.raises(Denied):
            await decide(office.deputy, number)
        assert await state_of(number) is RequestState.WITH_LSO
        return
    await decide(office.deputy, number)
    [decision] = await AccessDecision.all()
    assert (decision.decider_id, decision.for_id) == (office.deputy.actor.id, office.lso.actor.id)
    [shown] = (await view_access_request(office.employee, number)).decisions
    assert shown.on_behalf_of is not None
    assert shown.on_behalf_of.id == office.lso.actor.id


async def test_a_deputy_does_not_answer_what_is_addressed_to_the_director(world: World, office: Office) -> None:
    world.clock.forward(days=7)
    number = await submitted(office.lso, REGIONAL_OFFICE_USER)
    with pytest.raises(Denied):
        await decide(office.deputy, number)
    assert await state_of(number) is RequestState.WITH_LSO


@pytest.mark.requirement("ARA-22")
async def test_nobody_gives_the_final_approval_to_the_own_request_or_to_one_they_approved_first(
    world: World, office: Office
) -> None:
    own = await submitted(office.provisioning, "AUDITOR")
    await decide(office.cso, own)
    assert (await list_access_requests(office.provisioning, Inbox.PROVISIONING)).nodes != []
    await refused(provision(office.provisioning, own), Denied, "SELF_APPROVAL", PROVISION)
    await RoleGrant.create(user_id=office.cso.actor.person(), role=Role.ITSD_PROVISIONING, granted_at=world.clock())
    both = await world.call_as(office.cso.actor.person())
    await refused(provision(both, own), Denied, "SAME_DECIDER", PROVISION)
    another = await world.user(Role.ITSD_PROVISIONING)
    await provision(another, own)
    assert await grants_of(office.provisioning) == ["AUDITOR", "ITSD_PROVISIONING"]


async def test_provisioning_sees_and_decides_nothing_that_no_lso_has_approved(
    world: World, office: Office, number: int
) -> None:
    await refused(provision(office.provisioning, number), NotFound, "ACCESS_REQUEST_NOT_FOUND", PROVISION)
    for who in (office.lso, office.cso, office.director):
        await refused(provision(who, number), Denied, "DENIED", PROVISION)
    cso = await world.user(Role.CSO, Role.ITSD_PROVISIONING)
    await refused(provision(cso, number), Conflict, "NOT_AT_THIS_STAGE", PROVISION)


async def test_a_draft_and_a_number_that_nobody_has_cannot_be_decided(world: World, office: Office) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER)
    for one in (number, 1, 0, -5, 2**31, 10**20):
        await refused(decide(office.lso, one, shown="0" * 64), NotFound, "ACCESS_REQUEST_NOT_FOUND", DECIDE)


async def test_a_held_request_cannot_be_decided_and_nobody_is_suspended_for_trying(
    world: World, office: Office
) -> None:
    await office.lose_lso()
    number = await submitted(office.employee, REGIONAL_OFFICE_USER)
    await refused(decide(office.cso, number), Conflict, "NOT_AT_THIS_STAGE", DECIDE)
    await refused(decide(office.supervisor, number), NotFound, "ACCESS_REQUEST_NOT_FOUND", DECIDE)
    await refused(decide(office.employee, number), Conflict, "NOT_AT_THIS_STAGE", DECIDE)


@pytest.mark.requirement("LSO-14")
async def test_a_wrong_password_signs_nothing_and_is_counted_and_a_foreign_user_id_is_refused(
    world: World, office: Office, number: int
) -> None:
    answer = Answer(True, (await request_of(number)).content_hash)
    before = await untouched("credential")
    with pytest.raises(Invalid) as wrong:
        await decide_access_request(
            office.lso, number, Stage.LSO, answer, user_id=office.lso.actor.label, password="wrong"
        )
    assert (wrong.value.code, wrong.value.field) == ("PASSWORD_WRONG", "password")
    assert (await Credential.get(user_id=office.lso.actor.person())).failures == 1
    for foreign in (office.supervisor.actor.label, "", "no such id"):
        with pytest.raises(Invalid) as refused:
            await decide_access_request(office.lso, number, Stage.LSO, answer, user_id=foreign, password=PASSWORD)
        assert refused.value.code == "SIGNER_IS_ANOTHER"
    assert await untouched("credential") == before
    assert await Incident.all().count() == 0


@pytest.mark.requirement("LSO-14")
async def test_a_signature_is_good_for_one_request_as_it_was_shown_and_once(
    world: World, office: Office, number: int
) -> None:
    other = await submitted(office.supervisor, REGIONAL_OFFICE_USER)
    shown = (await request_of(other)).content_hash
    await refused(decide(office.lso, number, shown=shown), Conflict, "REQUEST_CHANGED", DECIDE)
    await refused(
        decide(office.lso, number, approve=False, reason="No.", shown=shown), Conflict, "REQUEST_CHANGED", DECIDE
    )
    await decide(office.lso, number)
    await refused(decide(office.lso, number), Conflict, "ALREADY_DECIDED", DECIDE)
    theirs = await hand(office.supervisor)
    answer = Answer(True, shown)
    await refused(decide_as_lso(office.lso, other, answer, theirs), Denied, "SIGNER_IS_ANOTHER", DECIDE)
    entered = await hand(office.lso)
    await Credential.filter(user_id=office.lso.actor.person()).update(version=7)
    await refused(decide_as_lso(office.lso, other, answer, entered), Conflict, "SIGNATURE_VOID", DECIDE)


async def test_a_request_whose_rows_were_changed_behind_the_house_cannot_be_signed(
    world: World, office: Office, number: int
) -> None:
    await AccessRequestRole.filter(request__number=number).update(role_id="CSO")
    await refused(decide(office.lso, number), Conflict, "REQUEST_CHANGED", DECIDE)


@pytest.mark.requirement("ARA-16")
@pytest.mark.requirement("POL-09")
@pytest.mark.parametrize("stage", list(Stage))
async def test_a_role_withdrawn_meanwhile_denies_the_whole_request_at_the_next_decision(
    world: World, office: Office, stage: Stage
) -> None:
    number = await submitted(office.employee, REGIONAL_OFFICE_USER, "BILLING")
    if stage is Stage.PROVISIONING:
        await decide(office.lso, number)
    await withdraw_role(office.cso, "BILLING", date(2026, 3, 2))
    decisions = await AccessDecision.all().count()

    decider = office.lso if stage is Stage.LSO else office.provisioning
    await decide(decider, number, stage)

    view = await view_access_request(decider, number)
    assert view.state is RequestState.DENIED
    assert {role.role.code: role.denied_because for role in view.roles if role.denied_because} == {
        "BILLING": "WITHDRAWN"
    }
    assert view.timeline[-1].why == "ROLES_NOT_AVAILABLE"
    assert await AccessDecision.all().count() == decisions
    assert await grants_of(office.employee) == []
    denied = (NotificationKind.ACCESS_REQUEST_DENIED, number)
    assert ((await told(office.employee))[-1], (await told(office.lso))[-1]) == (denied, denied)


async def test_the_director_whose_approval_came_too_late_still_sees_why(world: World, office: Office) -> None:
    number = await submitted(office.lso, "BILLING")
    await withdraw_role(office.cso, "BILLING", date(2026, 3, 2))
    await decide(office.director, number)
    assert (await view_access_request(office.director, number)).state is RequestState.DENIED
    assert (NotificationKind.ACCESS_REQUEST_DENIED, number) in await told(office.director)


@pytest.mark.requirement("ARA-24")
async def test_a_role_that_was_granted_meanwhile_is_not_granted_twice(world: World, office: Office) -> None:
    first, second = [await submitted(office.employee, "BILLING") for _ in range(2)]
    await decide(office.lso, first)
    await decide(office.lso, second)
    await provision(office.provisioning, first)
    await provision(office.provisioning, second)
    assert (await state_of(first), await state_of(second)) == (RequestState.GRANTED, RequestState.DENIED)
    assert await grants_of(office.employee) == ["BILLING"]
    assert (await AccessRequestRole.get(request__number=second)).denied_because == "ALREADY_HELD"


@pytest.mark.requirement("ARA-23")
@pytest.mark.requirement("ROL-07")
async def test_roles_that_became_incompatible_meanwhile_deny_the_request(world: World, office: Office) -> None:
    number = await submitted(office.employee, REGIONAL_OFFICE_USER, "BILLING", "PROVIDER_PROFILE_UPDATE")
    await set_incompatible_roles(office.cso, "BILLING", REGIONAL_OFFICE_USER, PairVerdict.FORBIDDEN, "Money.")
    await decide(office.lso, number)
    roles = await AccessRequestRole.filter(request__number=number).order_by("role_id")
    assert [(role.role_id, role.denied_because) for role in roles] == [
        ("BILLING", "INCOMPATIBLE_ROLES"),
        (REGIONAL_OFFICE_USER, "INCOMPATIBLE_ROLES"),
        ("PROVIDER_PROFILE_UPDATE", ""),
    ]


@pytest.mark.requirement("POL-20")
async def test_a_pair_that_needs_a_reason_meanwhile_needs_it_from_the_approver_once(
    world: World, office: Office
) -> None:
    number = await submitted(office.employee, REGIONAL_OFFICE_USER, "BILLING")
    await set_incompatible_roles(office.cso, "BILLING", REGIONAL_OFFICE_USER, PairVerdict.ALLOWED_WITH_REASON, "Money.")
    await refused(decide(office.lso, number), Invalid, "REASON_REQUIRED", DECIDE)
    await decide(office.lso, number, reason="A small office.")
    await provision(office.provisioning, number)
    assert await state_of(number) is RequestState.GRANTED
    pairs = (await world.entries(PROVISION))[-1].facts["pairs"]
    assert pairs == [["BILLING", REGIONAL_OFFICE_USER, "ALLOWED_WITH_REASON"]]


async def test_nothing_is_granted_to_an_account_that_is_not_in_use_or_without_a_contract(
    world: World, office: Office, number: int
) -> None:
    account = User.filter(id=office.employee.actor.person())
    for state in (AccountState.SUSPENDED, AccountState.DISABLED):
        await account.update(state=state)
        await refused(decide(office.lso, number), Conflict, "REQUESTER_NOT_IN_USE", DECIDE)
    await account.update(state=AccountState.ACTIVE)
    await Contract.filter(provider_id=office.provider_id).update(ends_on=date(2026, 3, 1))
    await refused(decide(office.lso, number), Conflict, "NO_CONTRACT", DECIDE)
    await Contract.filter(provider_id=office.provider_id).update(ends_on=date(2026, 3, 2))
    await decide(office.lso, number)
    await account.update(state=AccountState.SUSPENDED)
    await refused(provision(office.provisioning, number), Conflict, "REQUESTER_NOT_IN_USE", PROVISION)
    await provision(office.provisioning, number, approve=False, reason="Gone.")
    assert await state_of(number) is RequestState.DENIED


async def test_whose_account_or_office_was_ended_a_moment_ago_decides_nothing(
    world: World, office: Office, number: int
) -> None:
    await User.filter(id=office.lso.actor.person()).update(state=AccountState.DISABLED)
    await refused(decide(office.lso, number), Denied, "ACCOUNT_NOT_IN_USE", DECIDE)
    await User.filter(id=office.lso.actor.person()).update(state=AccountState.ACTIVE)
    await decide(office.lso, number)
    await RoleGrant.filter(user_id=office.provisioning.actor.id).update(ended_at=world.clock())
    await refused(provision(office.provisioning, number), Denied, "DENIED", PROVISION)


@pytest.mark.requirement("LSO-12")
async def test_a_director_who_holds_the_office_no_more_answers_nothing_and_the_request_goes_on(
    world: World, office: Office
) -> None:
    number = await submitted(office.lso, REGIONAL_OFFICE_USER)
    await RoleGrant.filter(user_id=office.director.actor.id).update(ended_at=world.clock())
    with pytest.raises(Conflict) as refused:
        await decide(office.director, number)
    assert refused.value.code == "READDRESSED"
    request = await request_of(number)
    assert (request.state, request.addressee_id) == (RequestState.WITH_LSO, office.cso.actor.id)
    assert (NotificationKind.ACCESS_REQUEST_TO_DECIDE, number) in await told(office.cso)
    assert await Incident.all().count() == 0
    await decide(office.cso, number)
    assert await state_of(number) is RequestState.AWAITING_PROVISIONING


async def test_an_lso_whose_designation_was_ended_answers_nothing_and_the_request_is_held(
    world: World, office: Office, number: int
) -> None:
    await LsoDesignation.filter(id=office.designation.id).update(ended_at=world.clock())
    with pytest.raises(Conflict, match="changed hands"):
        await decide(office.lso, number)
    assert await state_of(number) is RequestState.AWAITING_LSO
    assert (NotificationKind.ACCESS_REQUEST_HELD, number) in await told(office.employee)


@operation("test.readdress", by=THE_HOUSE, cites="000:105-106")
async def _readdress(work: Work, who: Caller) -> None:
    """Address anew what waits for a person."""
    await readdress(work, who.actor.person())


USE_CASES.pop(_readdress.act)  # it is no use case of the house


async def test_what_waits_for_somebody_who_leaves_an_office_is_addressed_anew_and_the_rest_stays(
    world: World, office: Office, number: int
) -> None:
    own = await submitted(office.lso, REGIONAL_OFFICE_USER)
    await _readdress(world.house, office.director)
    assert (await request_of(own)).addressee_id == office.director.actor.id, "the director is in office"
    await RoleGrant.filter(user_id=office.director.actor.id).update(ended_at=world.clock())
    await _readdress(world.house, office.director)
    assert (await request_of(own)).addressee_id == office.cso.actor.id
    assert (await request_of(number)).addressee_id == office.lso.actor.id


async def test_when_a_second_cso_is_named_the_first_ones_own_request_goes_on(world: World, office: Office) -> None:
    own = await submitted(office.cso, "AUDITOR")
    assert await state_of(own) is RequestState.AWAITING_LSO
    central = await world.user()
    number = await submitted(central, "CSO")
    await decide(office.cso, number)
    await provision(office.provisioning, number)
    assert await grants_of(central) == ["CSO"]
    request = await request_of(own)
    assert (request.state, request.addressee_id) == (RequestState.WITH_LSO, central.actor.id)
    assert (NotificationKind.ACCESS_REQUEST_TO_DECIDE, own) in await told(central)


async def test_what_was_taken_back_is_not_decided(world: World, office: Office, number: int) -> None:
    await decide(office.lso, number)
    await withdraw_access_request(office.employee, number)
    await refused(provision(office.provisioning, number), Conflict, "ALREADY_DECIDED", PROVISION)
    answer = Answer(True, (await request_of(number)).content_hash)
    await refused(
        provision_access_request(office.provisioning, number, answer, await hand(office.provisioning)),
        Conflict,
        "ALREADY_DECIDED",
        PROVISION,
    )


async def test_the_trail_of_a_decision_names_codes_and_never_the_reason(
    world: World, office: Office, number: int
) -> None:
    await decide(office.lso, number, approve=False, reason="Secret words.")
    entry = (await world.entries(DECIDE))[-1]
    assert entry.outcome is Outcome.DONE
    assert "Secret" not in str(entry.facts)
    assert (entry.facts["number"], entry.facts["signed"], entry.facts["state"]) == (number, "DENY_AS_LSO", "DENIED")
    assert await CatalogueRole.all().count() > 30
    assert await IncompatiblePair.all().count() == 1


@pytest.mark.requirement("ARA-17")
async def test_the_deputy_of_the_day_hears_of_a_denial_as_the_lso_does(world: World, office: Office) -> None:
    world.clock.forward(days=7)
    number = await submitted(office.employee, REGIONAL_OFFICE_USER)
    await decide(office.deputy, number, approve=False, reason="No.")
    denied = (NotificationKind.ACCESS_REQUEST_DENIED, number)
    for who in (office.employee, office.lso, office.deputy):
        assert (await told(who))[-1] == denied
    assert denied not in [*await told(office.director), *await told(office.cso), *await told(office.provisioning)]


@pytest.mark.requirement("POL-08")
async def test_what_waited_for_an_lso_who_answered_elsewhere_is_held_until_the_lso_is_back(
    world: World, office: Office, number: int
) -> None:
    other = await Office.of(world)
    theirs = await submitted(other.employee, REGIONAL_OFFICE_USER)
    with pytest.raises(Denied):
        await decide(office.lso, theirs)
    assert await state_of(theirs) is RequestState.WITH_LSO
    assert await state_of(number) is RequestState.AWAITING_LSO
    assert (await told(office.employee))[-1] == (NotificationKind.ACCESS_REQUEST_HELD, number)
