"""Asking for roles: a draft, its review, one submission, and what becomes of it (000:134-206)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from orm.models import (
    AccessRequest,
    AccessRequestRole,
    AccessRequestStep,
    CatalogueRole,
    Contract,
    ProviderKind,
    RegionalOffice,
    RoleGrant,
    StatementText,
    User,
)
from resolvers.access_request_drafts import (
    NewAccessRequest,
    WantedRole,
    create_access_request,
    resubmit_access_request,
    set_requested_roles,
)
from resolvers.access_request_review import validate_access_request
from resolvers.access_request_views import (
    Inbox,
    list_access_requests,
    list_my_requests,
    view_access_request,
    view_terms,
)
from resolvers.access_requests import submit_access_request, withdraw_access_request
from resolvers.callers import Caller
from resolvers.officers import Organization
from rules.approvals import RequestState, StandsInAs
from rules.eligibility import Ineligibility, ReviewWarning
from rules.errors import Conflict, Invalid, NotFound
from rules.notices import NotificationKind
from rules.organizations import Division, Under
from rules.roles import Role
from rules.segregation import PairVerdict
from rules.statements import StatementKind
from tests.world.office import Office, at_facility, designated, told
from tests.world.refusals import refused
from tests.world.requests import (
    REGIONAL_OFFICE_USER,
    TERMS,
    draft,
    grants_of,
    request_of,
    state_of,
    submitted,
)
from tests.world.world import World


@pytest.fixture
async def office(world: World) -> Office:
    """A TCM provider with its officers."""
    return await Office.of(world)


def _new(**changes: object) -> NewAccessRequest:
    return NewAccessRequest(**{"email": "", "division": Division.MRDD, **changes})  # type: ignore[arg-type]


async def _address(who: Caller) -> str:
    return (await User.get(id=who.actor.person())).email or ""


@pytest.mark.requirement("ARA-02")
@pytest.mark.requirement("ARA-05")
@pytest.mark.requirement("ARA-06")
async def test_a_new_request_is_a_draft_that_nobody_else_sees(world: World, office: Office) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER)

    view = await view_access_request(office.employee, number, wanted={"review"})
    assert (view.state, view.division, view.under) == (RequestState.DRAFT, Division.MRDD, Under.REGIONAL_OFFICE)
    assert (view.employer, view.regional_office) == (office.provider_name, f"Office {office.regional_office}")
    assert [role.role.code for role in view.roles] == [REGIONAL_OFFICE_USER]
    for other in (office.lso, office.cso, office.provisioning, office.supervisor, office.director):
        with pytest.raises(NotFound):
            await view_access_request(other, number)
        assert (await list_access_requests(other)).nodes == []
    assert [one.number for one in (await list_my_requests(office.employee, count=True)).nodes] == [number]


@pytest.mark.requirement("ARA-03")
@pytest.mark.parametrize("stated", ["", "else@example.org"])
async def test_the_stated_address_must_be_the_one_on_file(world: World, office: Office, stated: str) -> None:
    refusal = await refused(
        create_access_request(office.employee, _new(email=stated)),
        Invalid,
        "EMAIL_NOT_ON_FILE",
        "access_request.create",
    )
    assert "profile" in refusal.message


@pytest.mark.requirement("ARA-03")
async def test_capitals_in_the_address_do_not_matter_and_no_address_on_file_is_told(
    world: World, office: Office
) -> None:
    stated = (await _address(office.employee)).upper()
    number = await create_access_request(office.employee, _new(email=stated))
    assert (await request_of(number)).email == await _address(office.employee)
    nobody = await world.user(provider_id=office.provider_id, email=None)
    await refused(create_access_request(nobody, _new()), Invalid, "EMAIL_NOT_ON_FILE", "access_request.create")


@pytest.mark.requirement("ARA-07")
async def test_another_employer_than_ones_own_is_refused(world: World, office: Office) -> None:
    other = await Office.of(world)
    email = await _address(office.employee)
    await refused(
        create_access_request(office.employee, _new(email=email, employer=other.provider_id)),
        Invalid,
        "EMPLOYER_NOT_YOURS",
        "access_request.create",
    )
    assert await create_access_request(office.employee, _new(email=email, employer=office.provider_id))


@pytest.mark.requirement("ARA-06")
async def test_roles_are_asked_for_under_the_local_regional_office(world: World, office: Office) -> None:
    email = await _address(office.employee)
    await RegionalOffice.create(code="ELSE", name="Elsewhere", kind="OFFICE", city="Sampleton")
    for named, code in (("ELSE", "REGIONAL_OFFICE_NOT_YOURS"), ("NONE", "UNKNOWN_REGIONAL_OFFICE")):
        await refused(
            create_access_request(office.employee, _new(email=email, regional_office=named)),
            Invalid,
            code,
            "access_request.create",
        )
    without = await world.provider(kind=ProviderKind.TARGETED_CASE_MANAGEMENT)
    email = await _address(without.staff)
    await refused(
        create_access_request(without.staff, _new(email=email)),
        Invalid,
        "REGIONAL_OFFICE_REQUIRED",
        "access_request.create",
    )
    number = await create_access_request(without.staff, _new(email=email, regional_office="ELSE"))
    assert (await request_of(number)).regional_office_id == "ELSE"


@pytest.mark.requirement("ARA-19")
async def test_tcm_staff_ask_under_their_own_organization_in_a_second_request_and_others_cannot(
    world: World, office: Office
) -> None:
    await submitted(office.employee, REGIONAL_OFFICE_USER)
    second = await submitted(office.employee, "MRDD_TCM_CONSUMER_AND_SERVICES", under=Under.OWN)
    assert await state_of(second) is RequestState.WITH_LSO
    assert (await request_of(second)).regional_office_id is None

    residential = await Office.of(world, ProviderKind.RESIDENTIAL)
    email = await _address(residential.employee)
    await refused(
        create_access_request(residential.employee, _new(email=email, under=Under.OWN)),
        Invalid,
        "OWN_ORGANIZATION_NOT_POSSIBLE",
        "access_request.create",
    )


@pytest.mark.parametrize(("days", "over"), [(0, False), (1, True)])
async def test_nobody_asks_for_roles_after_the_last_day_of_the_contract(
    world: World, office: Office, days: int, over: bool
) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER)
    await Contract.filter(provider_id=office.provider_id).update(ends_on=date(2026, 3, 2))
    world.clock.forward(days=days)
    email = await _address(office.employee)
    if not over:
        await create_access_request(office.employee, _new(email=email))
        await submit_access_request(office.employee, number, "key", TERMS)
        return
    for act, name in (
        (create_access_request(office.employee, _new(email=email)), "access_request.create"),
        (submit_access_request(office.employee, number, "key", TERMS), "access_request.submit"),
    ):
        await refused(act, Conflict, "NO_CONTRACT", name)
    assert "contract" in (await validate_access_request(office.employee, number)).missing[0]


@pytest.mark.requirement("ARA-08")
@pytest.mark.requirement("ROL-03")
async def test_the_roles_of_a_draft_are_written_as_a_whole_until_it_is_submitted(world: World, office: Office) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER)
    await set_requested_roles(office.employee, number, [WantedRole(" billing ", " For billing. ")])
    lines = await AccessRequestRole.filter(request__number=number)
    assert [(line.role_id, line.reason) for line in lines] == [("BILLING", "For billing.")]

    for wanted, code in (
        ([WantedRole("NO_SUCH_ROLE")], "UNKNOWN_ROLE"),
        ([WantedRole("BILLING"), WantedRole("billing")], "ROLE_TWICE"),
        ([WantedRole("BILLING", "x" * 301)], "TEXT_TOO_LONG"),
        ([WantedRole("\ud800")], "TEXT_MALFORMED"),
    ):
        await refused(set_requested_roles(office.employee, number, wanted), Invalid, code, "access_request.set_roles")
    await submit_access_request(office.employee, number, "key", TERMS)
    await refused(
        set_requested_roles(office.employee, number, []), Conflict, "ALREADY_SUBMITTED", "access_request.set_roles"
    )


async def test_nobody_touches_a_request_of_another_person(world: World, office: Office) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER)
    for who in (office.lso, office.supervisor, office.cso):
        for act, name in (
            (set_requested_roles(who, number, []), "access_request.set_roles"),
            (submit_access_request(who, number, "key", TERMS), "access_request.submit"),
            (withdraw_access_request(who, number), "access_request.withdraw"),
            (resubmit_access_request(who, number), "access_request.resubmit"),
            (validate_access_request(who, number), "access_request.validate"),
        ):
            await refused(act, NotFound, "ACCESS_REQUEST_NOT_FOUND", name)
    for impossible in (0, -1, 2**31, 10**30):
        with pytest.raises(NotFound):
            await withdraw_access_request(office.employee, impossible)
        with pytest.raises(NotFound):
            await view_access_request(office.employee, impossible)
    await submit_access_request(office.employee, number, "key", TERMS)
    with pytest.raises(NotFound):
        await validate_access_request(office.lso, number)


@pytest.mark.requirement("ARA-10")
@pytest.mark.requirement("ARA-11")
@pytest.mark.requirement("ARA-12")
@pytest.mark.requirement("LSO-08")
async def test_a_submitted_request_goes_to_the_lso_and_both_are_told(world: World, office: Office) -> None:
    number = await submitted(office.employee, REGIONAL_OFFICE_USER)

    request = await request_of(number)
    assert (request.state, request.addressee_id) == (RequestState.WITH_LSO, office.lso.actor.id)
    assert request.addressed_as is StandsInAs.LSO
    assert (request.terms_version, request.submitted_at) == (TERMS, world.clock())
    assert await told(office.employee) == [(NotificationKind.ACCESS_REQUEST_SUBMITTED, number)]
    assert await told(office.lso) == [(NotificationKind.ACCESS_REQUEST_TO_DECIDE, number)]
    assert await told(office.deputy) == [], "the deputy stands in next week only"
    letters = await world.letters(kind=NotificationKind.ACCESS_REQUEST_TO_DECIDE)
    assert [letter.user_id for letter in letters] == [office.lso.actor.id]
    view = await view_access_request(office.employee, number)
    assert view.holder is not None
    assert (view.held_by, view.holder.id) == ("Local Security Officer", office.lso.actor.id)
    inbox = await list_access_requests(office.lso, Inbox.TO_DECIDE)
    assert [one.number for one in inbox.nodes] == [number]


async def test_the_deputy_of_the_day_is_told_and_sees_the_request(world: World, office: Office) -> None:
    world.clock.forward(days=7)
    number = await submitted(office.employee, REGIONAL_OFFICE_USER)
    assert await told(office.deputy) == [(NotificationKind.ACCESS_REQUEST_TO_DECIDE, number)]
    assert [one.number for one in (await list_access_requests(office.deputy, Inbox.TO_DECIDE)).nodes] == [number]
    world.clock.forward(days=5)
    assert (await list_access_requests(office.deputy)).nodes == []
    with pytest.raises(NotFound):
        await view_access_request(office.deputy, number)


@pytest.mark.requirement("LSO-12")
async def test_without_an_lso_a_request_is_held_and_the_requester_is_told_why(world: World, office: Office) -> None:
    await office.lose_lso()
    number = await draft(office.employee, REGIONAL_OFFICE_USER)
    assert ReviewWarning.NO_LSO in (await validate_access_request(office.employee, number)).warnings

    await submit_access_request(office.employee, number, "key", TERMS)

    assert await state_of(number) is RequestState.AWAITING_LSO
    assert await told(office.employee) == [(NotificationKind.ACCESS_REQUEST_HELD, number)]
    view = await view_access_request(office.employee, number)
    assert "waits" in view.held_by
    assert view.holder is None


@pytest.mark.requirement("ARA-22")
@pytest.mark.requirement("POL-21")
async def test_the_lsos_own_request_goes_to_the_director_and_without_one_to_the_cso(
    world: World, office: Office
) -> None:
    first = await submitted(office.lso, REGIONAL_OFFICE_USER)
    request = await request_of(first)
    assert (request.addressee_id, request.addressed_as) == (
        office.director.actor.id,
        StandsInAs.EXECUTIVE_DIRECTOR,
    )
    assert (await view_access_request(office.director, first)).held_by == "Executive Director"
    assert (await list_access_requests(office.lso, Inbox.TO_DECIDE)).nodes == []
    await RoleGrant.filter(user_id=office.director.actor.id).update(ended_at=world.clock())
    second = await submitted(office.lso, "PROVIDER_PROFILE_UPDATE")
    request = await request_of(second)
    assert (request.addressee_id, request.addressed_as) == (office.cso.actor.id, StandsInAs.CSO)
    assert (await view_access_request(office.cso, second)).held_by == "Chief Security Officer"


async def test_people_of_an_office_are_approved_by_the_cso_and_the_only_csos_request_waits(
    world: World, office: Office
) -> None:
    number = await submitted(office.provisioning, "AUDITOR", division=Division.MRDD)
    assert (await request_of(number)).addressee_id == office.cso.actor.id
    own = await submitted(office.cso, "AUDITOR")
    assert await state_of(own) is RequestState.AWAITING_LSO


async def test_people_of_a_facility_are_approved_by_the_facilitys_lso(world: World, office: Office) -> None:
    person, officer = await at_facility(world, "101"), await at_facility(world, "101", Role.LSO)
    held = await submitted(person, "ACCOUNTS_RECV_FACILITY_VIEW")
    assert await state_of(held) is RequestState.AWAITING_LSO
    await designated(world, Organization(facility_id="101"), officer)
    number = await submitted(person, "ACCOUNTS_RECV_FACILITY_UPDATE")
    assert (await request_of(number)).addressee_id == officer.actor.id
    assert (await view_access_request(officer, number)).employer == "Facility 101"


@pytest.mark.requirement("ARA-10")
async def test_the_same_key_answers_the_same_request_whatever_has_become_of_it(world: World, office: Office) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER)
    assert await submit_access_request(office.employee, number, "key", TERMS) == number
    lines = await told(office.employee)
    steps = await AccessRequestStep.filter(request__number=number).count()

    shown = (await request_of(number)).content_hash
    assert await submit_access_request(office.employee, number, " key ", TERMS, shown) == number
    await withdraw_access_request(office.employee, number)
    assert await submit_access_request(office.employee, number, "key", TERMS) == number

    assert await state_of(number) is RequestState.WITHDRAWN
    assert await told(office.employee) == lines
    assert await AccessRequestStep.filter(request__number=number).count() == steps + 1
    assert [entry.facts.get("replayed") for entry in await world.entries("access_request.submit")] == [None, True, True]


@pytest.mark.requirement("ARA-10")
async def test_a_key_that_was_used_for_something_else_is_refused(world: World, office: Office) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER)
    other = await draft(office.employee, "PROVIDER_PROFILE_UPDATE")
    await submit_access_request(office.employee, number, "key", TERMS)
    for act in (
        submit_access_request(office.employee, other, "key", TERMS),
        submit_access_request(office.employee, number, "key", "other"),
        submit_access_request(office.employee, number, "key", TERMS, "0" * 64),
    ):
        await refused(act, Conflict, "IDEMPOTENCY_MISMATCH", "access_request.submit")
    await refused(
        submit_access_request(office.employee, number, "another", TERMS),
        Conflict,
        "ALREADY_SUBMITTED",
        "access_request.submit",
    )
    # Somebody else's key of the same name is another key.
    theirs = await draft(office.supervisor, REGIONAL_OFFICE_USER)
    assert await submit_access_request(office.supervisor, theirs, "key", TERMS) == theirs


@pytest.mark.requirement("ARA-04")
async def test_only_the_terms_in_force_can_be_agreed_to(world: World, office: Office) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER)
    tomorrow = date(2026, 3, 3)
    await StatementText.create(
        id=uuid4(), kind=StatementKind.TERMS, version="2026-2", text="New.", effective_from=tomorrow
    )
    for version in ("2026-2", "", "\ud800"):
        await refused(
            submit_access_request(office.employee, number, "key", version),
            Invalid,
            "TERMS_OUTDATED",
            "access_request.submit",
        )
    assert (await view_terms(office.employee)).version == TERMS
    world.clock.forward(days=1)
    assert (await view_terms(office.employee)).version == "2026-2"
    await refused(
        submit_access_request(office.employee, number, "key", TERMS), Invalid, "TERMS_OUTDATED", "access_request.submit"
    )
    await submit_access_request(office.employee, number, "key", "2026-2")
    assert (await request_of(number)).terms_version == "2026-2"


@pytest.mark.requirement("ARA-09")
async def test_what_is_submitted_is_what_was_reviewed(world: World, office: Office) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER)
    review = await validate_access_request(office.employee, number)
    assert review.ready
    await set_requested_roles(office.employee, number, [WantedRole("PROVIDER_PROFILE_UPDATE")])
    await refused(
        submit_access_request(office.employee, number, "key", TERMS, review.content_hash),
        Conflict,
        "REQUEST_CHANGED",
        "access_request.submit",
    )
    again = await validate_access_request(office.employee, number)
    assert again.content_hash == (await view_access_request(office.employee, number)).content_hash
    await submit_access_request(office.employee, number, "key", TERMS, again.content_hash)
    assert (await request_of(number)).content_hash == again.content_hash


async def test_a_request_needs_a_role_a_key_and_the_address_still_on_file(world: World, office: Office) -> None:
    number = await draft(office.employee)
    assert (await validate_access_request(office.employee, number)).missing == ["Choose at least one role."]
    for key, code in (("key", "ROLES_REQUIRED"), ("  ", "TEXT_REQUIRED"), ("k" * 81, "TEXT_TOO_LONG")):
        await refused(
            submit_access_request(office.employee, number, key, TERMS), Invalid, code, "access_request.submit"
        )
    await User.filter(id=office.employee.actor.person()).update(email="new@example.org")
    assert "e-mail" in (await validate_access_request(office.employee, number)).missing[1]
    await refused(
        submit_access_request(office.employee, number, "key", TERMS),
        Invalid,
        "EMAIL_NOT_ON_FILE",
        "access_request.submit",
    )


@pytest.mark.requirement("ARA-16")
@pytest.mark.requirement("ARA-17")
@pytest.mark.requirement("POL-09")
@pytest.mark.requirement("ROL-02")
async def test_one_role_not_for_providers_denies_the_whole_request_and_both_hear_why(
    world: World, office: Office
) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER, "CSO", "HEALTH_INVENTORIES")
    problems = (await validate_access_request(office.employee, number)).problems
    assert {one.role.code: one.because for one in problems} == {
        "CSO": Ineligibility.NOT_AVAILABLE_TO_PROVIDERS,
        "HEALTH_INVENTORIES": Ineligibility.NOT_FOR_THIS_ORGANIZATION,
    }

    await submit_access_request(office.employee, number, "key", TERMS)

    assert await state_of(number) is RequestState.DENIED
    view = await view_access_request(office.employee, number)
    assert {role.role.code: role.denied_because for role in view.roles} == {
        REGIONAL_OFFICE_USER: None,
        "CSO": Ineligibility.NOT_AVAILABLE_TO_PROVIDERS,
        "HEALTH_INVENTORIES": Ineligibility.NOT_FOR_THIS_ORGANIZATION,
    }
    assert [step.why for step in view.timeline] == ["CREATED", "ROLES_NOT_AVAILABLE"]
    denied = (NotificationKind.ACCESS_REQUEST_DENIED, number)
    assert (await told(office.employee), await told(office.lso)) == ([denied], [denied])
    letters = await world.letters(kind=NotificationKind.ACCESS_REQUEST_DENIED)
    assert {letter.user_id for letter in letters} == {office.employee.actor.id, office.lso.actor.id}
    for letter in letters:
        assert letter.facts["role_reasons"] == [
            ["Chief Security Officer", "NOT_AVAILABLE_TO_PROVIDERS"],
            ["Health Inventories (HI)", "NOT_FOR_THIS_ORGANIZATION"],
        ]
    assert await grants_of(office.employee) == []
    assert (await list_access_requests(office.lso, Inbox.TO_DECIDE)).nodes == []


@pytest.mark.requirement("ARA-18")
async def test_a_denied_request_is_corrected_in_a_new_one_and_stays_closed(world: World, office: Office) -> None:
    denied = await submitted(office.employee, REGIONAL_OFFICE_USER, "CSO")

    number = await resubmit_access_request(office.employee, denied)

    view = await view_access_request(office.employee, number, wanted={"review"})
    assert (view.state, view.follows, view.decisions) == (RequestState.DRAFT, denied, [])
    assert [role.role.code for role in view.roles] == [REGIONAL_OFFICE_USER]
    assert view.review is not None
    assert view.review.ready
    assert await state_of(denied) is RequestState.DENIED
    await refused(
        resubmit_access_request(office.employee, denied), Conflict, "ALREADY_RESUBMITTED", "access_request.resubmit"
    )
    await refused(resubmit_access_request(office.employee, number), Conflict, "NOT_DENIED", "access_request.resubmit")
    await withdraw_access_request(office.employee, number)
    third = await resubmit_access_request(office.employee, denied)
    await submit_access_request(office.employee, third, "again", TERMS)
    assert await state_of(third) is RequestState.WITH_LSO


async def test_who_works_elsewhere_now_begins_anew(world: World, office: Office) -> None:
    denied = await submitted(office.employee, "CSO")
    other = await Office.of(world)
    await User.filter(id=office.employee.actor.person()).update(provider_id=other.provider_id)
    await refused(
        resubmit_access_request(office.employee, denied), Conflict, "EMPLOYER_CHANGED", "access_request.resubmit"
    )


@pytest.mark.requirement("ARA-23")
@pytest.mark.requirement("POL-20")
async def test_data_entry_and_reviewer_go_together_with_a_reason_only(world: World, office: Office) -> None:
    number = await draft(office.supervisor, "DATA_ENTRY", "REVIEWER")
    review = await validate_access_request(office.supervisor, number)
    assert not review.ready
    assert [(pair.verdict, pair.reason_given) for pair in review.pairs] == [(PairVerdict.ALLOWED_WITH_REASON, False)]
    await refused(
        submit_access_request(office.supervisor, number, "key", TERMS),
        Invalid,
        "REASON_REQUIRED",
        "access_request.submit",
    )
    wanted = [WantedRole("DATA_ENTRY"), WantedRole("REVIEWER", "TCM supervisor.")]
    await set_requested_roles(office.supervisor, number, wanted)
    assert (await validate_access_request(office.supervisor, number)).ready
    await submit_access_request(office.supervisor, number, "key", TERMS)
    assert await state_of(number) is RequestState.WITH_LSO


@pytest.mark.requirement("ARA-23")
async def test_a_role_that_does_not_go_with_one_that_is_held_is_caught_too(world: World, office: Office) -> None:
    await RoleGrant.create(user_id=office.employee.actor.person(), role="REVIEWER", granted_at=world.clock())
    number = await draft(office.employee, "DATA_ENTRY")
    await refused(
        submit_access_request(office.employee, number, "key", TERMS),
        Invalid,
        "REASON_REQUIRED",
        "access_request.submit",
    )


@pytest.mark.requirement("TRK-02")
async def test_my_requests_are_all_my_own_the_latest_first_a_page_at_a_time(world: World, office: Office) -> None:
    numbers = [await draft(office.employee, REGIONAL_OFFICE_USER) for _ in range(3)]
    await draft(office.supervisor, REGIONAL_OFFICE_USER)
    await submit_access_request(office.employee, numbers[1], "key", TERMS)

    first = await list_my_requests(office.employee, first=2, count=True)
    rest = await list_my_requests(office.employee, first=2, after=first.cursors[-1])

    assert [one.number for one in [*first.nodes, *rest.nodes]] == numbers[::-1]
    assert (first.total_count, first.has_next_page, rest.has_next_page) == (3, True, False)
    waiting = await list_my_requests(office.employee, state=RequestState.WITH_LSO)
    assert [one.number for one in waiting.nodes] == [numbers[1]]


@pytest.mark.requirement("TRK-01")
async def test_the_timeline_says_where_it_was_who_had_it_and_since_when(world: World, office: Office) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER)
    begun = world.clock()
    world.clock.forward(hours=1)
    await submit_access_request(office.employee, number, "key", TERMS)
    world.clock.forward(hours=1)
    await withdraw_access_request(office.employee, number)

    steps = (await view_access_request(office.employee, number)).timeline

    assert [(step.line, step.state, step.why) for step in steps] == [
        (1, RequestState.DRAFT, "CREATED"),
        (2, RequestState.WITH_LSO, "SUBMITTED"),
        (3, RequestState.WITHDRAWN, "WITHDRAWN_BY_REQUESTER"),
    ]
    assert [step.since - begun for step in steps] == [timedelta(), timedelta(hours=1), timedelta(hours=2)]
    assert [step.until for step in steps] == [steps[1].since, steps[2].since, None]
    assert [step.holder.id if step.holder else None for step in steps] == [
        office.employee.actor.id, office.lso.actor.id, None,
    ]  # fmt: skip
    await refused(
        withdraw_access_request(office.employee, number), Conflict, "ALREADY_DECIDED", "access_request.withdraw"
    )


@pytest.mark.requirement("ROL-04")
async def test_a_residential_provider_without_health_inventories_is_warned(world: World) -> None:
    office = await Office.of(world, ProviderKind.RESIDENTIAL)
    number = await draft(office.employee, "CONSUMER_REFERRAL_DB")
    warning = ReviewWarning.HEALTH_INVENTORIES_WITHOUT_HOLDER
    assert (await validate_access_request(office.employee, number)).warnings == [warning]
    asking = await draft(office.employee, "HEALTH_INVENTORIES")
    assert (await validate_access_request(office.employee, asking)).warnings == []
    await RoleGrant.create(
        user_id=office.supervisor.actor.person(), role="HEALTH_INVENTORIES", granted_at=world.clock()
    )
    assert (await validate_access_request(office.employee, number)).warnings == []


async def test_csos_auditors_and_administrators_read_what_was_submitted_and_outsiders_nothing(
    world: World, office: Office
) -> None:
    number = await submitted(office.employee, REGIONAL_OFFICE_USER)
    for role in (Role.CSO, Role.AUDITOR, Role.ADMINISTRATOR):
        reader = await world.user(role)
        assert (await view_access_request(reader, number)).number == number
    other = await Office.of(world)
    for who in (other.lso, other.employee, office.supervisor, office.provisioning, office.director, office.liaison):
        assert (await list_access_requests(who)).nodes == []
        with pytest.raises(NotFound):
            await view_access_request(who, number)
    for who in (office.provisioning, office.employee):
        assert (await list_access_requests(who, Inbox.PROVISIONING)).nodes == []


async def test_a_role_withdrawn_before_the_submission_denies_the_request(world: World, office: Office) -> None:
    number = await draft(office.employee, REGIONAL_OFFICE_USER)
    await CatalogueRole.filter(code=REGIONAL_OFFICE_USER).update(withdrawn_on=date(2026, 3, 2))
    await submit_access_request(office.employee, number, "key", TERMS)
    assert await state_of(number) is RequestState.DENIED
    assert (await AccessRequest.get(number=number)).decided_at == world.clock()
