"""Two at the same moment about one access request: one decision, one grant, and the other is told (ARA-24)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from orm.models import (
    AccessDecision,
    AccessRequest,
    AccessRequestStep,
    Incident,
    LsoDesignation,
    Outcome,
    Provider,
    RoleGrant,
    Signature,
    User,
)
from resolvers.access_requests import submit_access_request, withdraw_access_request
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, USE_CASES, Work, operation
from resolvers.endings import disable
from resolvers.role_catalogue import set_incompatible_roles
from resolvers.vacancies import end_designation
from rules.accounts import AccountState
from rules.approvals import RequestState, Stage
from rules.errors import Conflict, Denied
from rules.leaving import DisabledReason
from rules.notices import NotificationKind
from rules.roles import Role
from rules.segregation import PairVerdict
from tests.world.at_once import at_once, refusals
from tests.world.office import NEXT_WEEK, Office, deputized, told
from tests.world.requests import (
    REGIONAL_OFFICE_USER,
    TERMS,
    decide,
    draft,
    grants_of,
    provision,
    request_of,
    state_of,
    submitted,
)
from tests.world.world import World

MANY = 8


@pytest.fixture
async def office(world: World) -> Office:
    """A TCM provider with its officers, in the week in which the deputy stands in."""
    office = await Office.of(world)
    world.clock.forward(days=7)
    return office


async def _steps_are_whole(number: int) -> None:
    """Hold that the lines of a timeline follow each other and end where the request is."""
    steps = await AccessRequestStep.filter(request__number=number).order_by("line")
    assert [step.line for step in steps] == list(range(1, len(steps) + 1))
    assert steps[-1].state is await state_of(number)


@pytest.mark.requirement("ARA-24")
@pytest.mark.parametrize("second_approves", [True, False])
async def test_the_lso_and_the_deputy_who_decide_at_once_decide_once(
    world: World, office: Office, second_approves: bool
) -> None:
    number = await submitted(office.employee, REGIONAL_OFFICE_USER)
    third = await office.hire()
    await deputized(world, office.designation, third, *NEXT_WEEK)

    answers = await at_once(
        decide(office.lso, number),
        decide(office.deputy, number, approve=second_approves, reason="Because."),
        decide(third, number),
    )

    refused = refusals(answers)
    assert [(type(one), one.code) for one in refused] == [(Conflict, "ALREADY_DECIDED")] * 2
    [decision] = await AccessDecision.all()
    assert await Signature.all().count() == 1
    after = RequestState.AWAITING_PROVISIONING if decision.approved else RequestState.DENIED
    assert await state_of(number) is after
    assert await Incident.all().count() == 0
    await _steps_are_whole(number)
    outcomes = [entry.outcome for entry in await world.entries("access_request.decide_as_lso")]
    assert sorted(outcomes) == [Outcome.DONE, Outcome.REFUSED, Outcome.REFUSED]


@pytest.mark.requirement("ARA-24")
async def test_many_who_provision_at_once_grant_once(world: World, office: Office) -> None:
    number = await submitted(office.employee, REGIONAL_OFFICE_USER, "BILLING")
    await decide(office.lso, number)
    people = [office.provisioning, *[await world.user(Role.ITSD_PROVISIONING) for _ in range(MANY - 1)]]

    answers = await at_once(*(provision(who, number) for who in people))

    assert [(type(one), one.code) for one in refusals(answers)] == [(Conflict, "ALREADY_DECIDED")] * (MANY - 1)
    assert await grants_of(office.employee) == ["BILLING", REGIONAL_OFFICE_USER]
    assert await RoleGrant.filter(user_id=office.employee.actor.id).count() == 2
    assert await AccessDecision.filter(stage=Stage.PROVISIONING).count() == 1
    assert (await told(office.employee)).count((NotificationKind.ACCESS_REQUEST_GRANTED, number)) == 1
    await _steps_are_whole(number)


@pytest.mark.requirement("ARA-24")
async def test_two_requests_for_one_role_provisioned_at_once_grant_it_once(world: World, office: Office) -> None:
    numbers = [await submitted(office.employee, "BILLING") for _ in range(3)]
    for number in numbers:
        await decide(office.lso, number)
    people = [await world.user(Role.ITSD_PROVISIONING) for _ in numbers]

    answers = await at_once(*(provision(who, number) for who, number in zip(people, numbers, strict=True)))

    assert refusals(answers) == []
    states = sorted([await state_of(number) for number in numbers])
    assert states == [RequestState.DENIED, RequestState.DENIED, RequestState.GRANTED]
    assert await grants_of(office.employee) == ["BILLING"]


@pytest.mark.requirement("ARA-23")
async def test_two_roles_that_never_go_together_are_not_granted_through_two_requests_at_once(
    world: World, office: Office
) -> None:
    numbers = [await submitted(office.employee, code) for code in ("BILLING", REGIONAL_OFFICE_USER)]
    for number in numbers:
        await decide(office.lso, number)
    await set_incompatible_roles(office.cso, "BILLING", REGIONAL_OFFICE_USER, PairVerdict.FORBIDDEN, "Money.")
    people = [await world.user(Role.ITSD_PROVISIONING) for _ in numbers]

    await at_once(*(provision(who, number) for who, number in zip(people, numbers, strict=True)))

    assert len(await grants_of(office.employee)) == 1
    assert sorted([await state_of(number) for number in numbers]) == [RequestState.DENIED, RequestState.GRANTED]


@pytest.mark.requirement("ARA-10")
async def test_a_request_submitted_many_times_at_once_is_submitted_once(world: World, office: Office) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER)

    answers = await at_once(*(submit_access_request(office.employee, number, "key", TERMS) for _ in range(MANY)))

    assert answers == [number] * MANY
    assert (await told(office.employee)).count((NotificationKind.ACCESS_REQUEST_SUBMITTED, number)) == 1
    assert (await told(office.lso)).count((NotificationKind.ACCESS_REQUEST_TO_DECIDE, number)) == 1
    await _steps_are_whole(number)


@pytest.mark.requirement("ARA-10")
async def test_one_key_used_for_two_drafts_at_once_submits_one_of_them(world: World, office: Office) -> None:
    numbers = [await draft(office.employee, code) for code in ("BILLING", REGIONAL_OFFICE_USER)]

    answers = await at_once(*(submit_access_request(office.employee, number, "key", TERMS) for number in numbers))

    [refused] = refusals(answers)
    assert (type(refused), refused.code) == (Conflict, "IDEMPOTENCY_MISMATCH")
    assert sorted([await state_of(number) for number in numbers]) == [RequestState.DRAFT, RequestState.WITH_LSO]


async def test_a_request_that_is_decided_and_taken_back_at_once_ends_one_way(world: World, office: Office) -> None:
    numbers = [await submitted(await office.hire(), "BILLING") for _ in range(4)]
    requesters = {number: await world.call_as((await request_of(number)).requester_id) for number in numbers}

    await at_once(
        *(decide(office.lso, number, approve=False, reason="No.") for number in numbers),
        *(withdraw_access_request(requesters[number], number) for number in numbers),
    )

    for number in numbers:
        state = await state_of(number)
        denied = await AccessDecision.filter(request__number=number).count()
        assert (state, denied) in {(RequestState.DENIED, 1), (RequestState.WITHDRAWN, 0)}
        await _steps_are_whole(number)


@pytest.mark.requirement("LSO-10")
async def test_the_lso_and_those_who_answer_in_the_lsos_place_at_once_leave_one_decision_and_incidents(
    world: World, office: Office
) -> None:
    number = await submitted(office.employee, REGIONAL_OFFICE_USER)
    strangers = [office.supervisor, office.director, office.account_mgmt]

    answers = await at_once(
        *(decide(who, number) for who in strangers[:2]), decide(office.lso, number), decide(strangers[2], number)
    )

    assert await AccessDecision.all().count() == 1
    assert await state_of(number) is RequestState.AWAITING_PROVISIONING
    refused = refusals(answers)
    assert len(refused) == len(strangers)
    # Whoever came after the decision found no request of theirs: no incident then.
    suspended = [one for one in refused if isinstance(one, Denied)]
    assert await Incident.all().count() == len(suspended)
    assert await User.filter(state=AccountState.SUSPENDED).count() == len(suspended)


@operation("test.end_lso", by=THE_HOUSE, cites="000:105-106")
async def _end_lso(work: Work, key: Any) -> None:
    """End a designation, holding the organization first, as the use case of the house does."""
    provider_id = (await LsoDesignation.get(id=key)).provider_id
    await Provider.filter(id=provider_id).select_for_update(no_key=True).get()
    designation = await LsoDesignation.filter(id=key).select_for_update(no_key=True).get()
    await end_designation(work, designation, "TEST")


@operation("test.disable", by=THE_HOUSE, cites="000:261-263")
async def _disable(work: Work, who: Caller) -> None:
    """Disable an account."""
    user = await User.filter(id=who.actor.person()).select_for_update(no_key=True).get()
    await disable(work, user, DisabledReason.LEFT)


USE_CASES.pop(_end_lso.act)  # these are no use cases of the house
USE_CASES.pop(_disable.act)


@pytest.mark.requirement("LSO-12")
async def test_no_request_stays_with_an_lso_who_left_while_it_was_submitted(world: World, office: Office) -> None:
    drafts = {person: await draft(person, "BILLING") for person in [await office.hire() for _ in range(MANY)]}
    submits = [submit_access_request(person, number, "key", TERMS) for person, number in drafts.items()]

    await at_once(*submits[: MANY // 2], _end_lso(world.house, office.designation.id), *submits[MANY // 2 :])

    states = {await state_of(number) for number in drafts.values()}
    assert states == {RequestState.AWAITING_LSO}
    assert await AccessRequest.filter(addressee_id=office.lso.actor.id).count() == 0


async def test_no_role_is_granted_to_an_account_that_was_ended_at_the_same_moment(world: World, office: Office) -> None:
    people = [await office.hire() for _ in range(4)]
    numbers = [await submitted(person, "BILLING") for person in people]
    for number in numbers:
        await decide(office.lso, number)

    await at_once(
        *(provision(office.provisioning, number) for number in numbers),
        *(_disable(world.house, person) for person in people),
    )

    for person in people:
        assert (await User.get(id=person.actor.person())).state is AccountState.DISABLED
        assert await grants_of(person) == []


async def test_days_are_counted_in_chicago_for_a_deputy_too(world: World, office: Office) -> None:
    """The last minute of the last day there is a day later in UTC."""
    number = await submitted(office.employee, "BILLING")
    world.clock.now = world.clock.now.replace(year=2026, month=3, day=14, hour=4, minute=59)
    assert NEXT_WEEK[1] == date(2026, 3, 13)
    await decide(office.deputy, number)
    other = await submitted(office.supervisor, "BILLING")
    world.clock.forward(minutes=1)
    with pytest.raises(Denied):
        await decide(office.deputy, other)


@pytest.mark.requirement("LSO-12")
async def test_a_request_that_is_decided_while_its_lso_goes_is_decided_or_held(world: World, office: Office) -> None:
    numbers = [await submitted(await office.hire(), "BILLING") for _ in range(MANY)]
    decisions = [decide(office.lso, number) for number in numbers]

    answers = await at_once(
        *decisions[: MANY // 2], _end_lso(world.house, office.designation.id), *decisions[MANY // 2 :]
    )

    assert not {refusal.code for refusal in refusals(answers)} & {"NOT_ADDRESSED_TO_YOU", "SELF_APPROVAL"}
    assert await Incident.all().count() == 0
    for number in numbers:
        signed = await AccessDecision.filter(request__number=number).count()
        held = RequestState.AWAITING_PROVISIONING if signed else RequestState.AWAITING_LSO
        assert await state_of(number) is held
        await _steps_are_whole(number)
