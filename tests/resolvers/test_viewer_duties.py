"""What the viewer shows as due and as next, and that the sweeps act on those very days (POL-34, CPF-14, PRF-02)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import pytest

from orm.models import AccessRequest, AddressChange, Contact, Contract, LsoDesignation, RoleGrant, User
from resolvers.callers import Caller
from resolvers.contract_end_sweep import CONTRACT_END
from resolvers.deletion_sweep import DELETE_DISABLED
from resolvers.inactivity_sweep import INACTIVITY
from resolvers.lso_sweep import LSO_SIGNIN
from resolvers.people import ViewerView, view_viewer
from resolvers.register import current_policy
from resolvers.sessions import authenticate, sign_in
from resolvers.sweeps import Sweep
from resolvers.viewer_duties import deadlines_of
from rules.accounts import AccountState
from rules.approvals import RequestState, StandsInAs
from rules.calendar import local_instant
from rules.deadlines import DeadlineKind
from rules.errors import Unauthenticated
from rules.next_step import NextStep
from rules.roles import Role
from tests.world.duties import account_of, planned, request_of, signs_in
from tests.world.office import NEXT_WEEK, Office
from tests.world.world import PASSWORD, World


async def due(who: Caller) -> dict[DeadlineKind, date]:
    return {one.kind: one.due_on for one in (await view_viewer(who)).deadlines}


async def following(who: Caller) -> NextStep | None:
    return (await view_viewer(who)).next_step


async def first_hit(world: World, sweep: Sweep, days: Iterable[int], step: str | None) -> date | None:
    """Give the first of the days, at the hour of the sweep, on which it would hit somebody."""
    begin = world.clock()
    for day in days:
        on = begin.date() + timedelta(days=day)
        world.clock.now = local_instant(on, time(6))
        subjects = await planned(world, sweep)
        if any(one.hit and one.facts.get("step", step) == step for one in subjects):
            world.clock.now = begin
            return on
    world.clock.now = begin
    return None


@pytest.mark.requirement("POL-34")
@pytest.mark.requirement("ACC-08")
async def test_the_viewer_shows_the_days_on_which_the_sweeps_would_hit(world: World) -> None:
    office = await Office.of(world)
    await Contract.filter(provider_id=office.provider_id).update(ends_on=date(2026, 4, 11))
    shown = await due(office.lso)
    assert shown == {
        DeadlineKind.CONTRACT_ENDED: date(2026, 4, 12),
        DeadlineKind.PASSWORD_EXPIRES: date(2026, 5, 1),
        DeadlineKind.LSO_UNREACHABLE: date(2026, 5, 1),
        DeadlineKind.ACCOUNT_DISABLED: date(2026, 5, 31),
    }
    days = range(30, 95)
    assert await first_hit(world, CONTRACT_END, days, "DISABLE") == shown[DeadlineKind.CONTRACT_ENDED]
    assert await first_hit(world, LSO_SIGNIN, days, "UNREACHABLE") == shown[DeadlineKind.LSO_UNREACHABLE]
    assert await first_hit(world, INACTIVITY, days, "DISABLE") == shown[DeadlineKind.ACCOUNT_DISABLED]


async def test_on_the_day_of_the_expiry_the_password_opens_until_the_instant_that_is_shown(world: World) -> None:
    who = await world.user()
    (deadline,) = (await view_viewer(who)).deadlines
    assert deadline.due_at is not None
    world.clock.now = deadline.due_at - timedelta(seconds=1)
    await signs_in(world, who)
    world.clock.now = deadline.due_at
    with pytest.raises(Unauthenticated) as refused:
        await signs_in(world, who)
    assert refused.value.code == "PASSWORD_EXPIRED"


@pytest.mark.requirement("POL-34")
async def test_an_expired_password_does_not_move_the_day_of_disabling_and_a_sign_on_does(world: World) -> None:
    home = await world.provider("Boone")
    world.clock.forward(days=30)
    before = await due(home.staff)
    await signs_in(world, home.staff)
    after = await due(home.staff)
    assert before[DeadlineKind.PASSWORD_EXPIRES] == after[DeadlineKind.PASSWORD_EXPIRES]
    assert after[DeadlineKind.ACCOUNT_DISABLED] - before[DeadlineKind.ACCOUNT_DISABLED] == timedelta(days=30)


@pytest.mark.requirement("POL-04")
async def test_who_is_exempt_is_shown_no_day_of_disabling(world: World) -> None:
    home = await world.provider("Boone")
    await RoleGrant.create(user_id=home.staff.actor.person(), role="MORTALITY_REVIEW", granted_at=world.clock())
    assert DeadlineKind.ACCOUNT_DISABLED not in await due(home.staff)


async def test_the_end_of_the_session_is_shown_to_whoever_has_one(world: World) -> None:
    who = await world.user()
    signed_in = await sign_in(world.desk, who.actor.label, PASSWORD, device="test", request_id="r")
    caller = await authenticate(world.desk, signed_in.token, "r")
    ends = next(one for one in (await view_viewer(caller)).deadlines if one.kind is DeadlineKind.SESSION_ENDS)
    assert ends.due_at == signed_in.expires_at


@pytest.mark.requirement("ACC-10")
async def test_a_disabled_account_shows_the_day_of_its_deletion_to_whoever_looks_at_it(world: World) -> None:
    who = await world.user()
    await User.filter(id=who.actor.person()).update(state=AccountState.DISABLED, disabled_at=world.clock())
    now: datetime = world.clock()
    policy = await current_policy(now)
    (deadline,) = await deadlines_of(await account_of(who), now, policy, password_changed_at=now, session_began=None)
    assert (deadline.kind, deadline.due_on) == (DeadlineKind.ACCOUNT_DELETED, date(2026, 5, 1))
    assert await first_hit(world, DELETE_DISABLED, range(55, 65), None) == deadline.due_on


async def test_only_what_is_asked_for_is_read(world: World) -> None:
    who = await world.user()
    shown: ViewerView = await view_viewer(who, wanted=["name"])
    assert (shown.deadlines, shown.next_step) == ([], None)
    assert len((await view_viewer(who, wanted=["deadlines"])).deadlines) == 1
    assert (await view_viewer(who, wanted=["nextStep"])).next_step is NextStep.REQUEST_ROLES


@pytest.mark.requirement("CPF-14")
async def test_a_new_person_asks_for_roles_then_waits_then_works(world: World) -> None:
    office = await Office.of(world)
    who = office.employee
    assert await following(who) is NextStep.REQUEST_ROLES
    request = await request_of(who, world, RequestState.DRAFT)
    assert await following(who) is NextStep.REQUEST_ROLES, "a draft was not asked for yet"
    for state, step in (
        (RequestState.AWAITING_LSO, NextStep.AWAIT_LSO),
        (RequestState.WITH_LSO, NextStep.AWAIT_LSO),
        (RequestState.AWAITING_PROVISIONING, NextStep.AWAIT_PROVISIONING),
    ):
        await AccessRequest.filter(id=request.id).update(
            state=state, addressee_id=office.lso.actor.id, submitted_at=world.clock(), due_at=world.clock()
        )
        assert await following(who) is step
    await AccessRequest.filter(id=request.id).update(state=RequestState.GRANTED, decided_at=world.clock())
    await RoleGrant.create(user_id=who.actor.person(), role="BILLING", granted_at=world.clock())
    assert await following(who) is NextStep.NOTHING


@pytest.mark.requirement("PRF-02")
async def test_who_keeps_the_profile_verifies_its_contacts_first(world: World) -> None:
    home = await world.provider("Boone")
    assert await following(home.staff) is NextStep.VERIFY_CONTACTS
    await Contact.filter(id=home.contact_id).update(verified_at=world.clock())
    assert await following(home.staff) is NextStep.NOTHING
    await world.contact(home.id, active=False)
    assert await following(home.staff) is NextStep.NOTHING
    await Contact.filter(provider_id=home.id).update(active=False)
    assert await following(home.staff) is NextStep.VERIFY_CONTACTS, "nobody is told of referrals"


async def test_an_lso_decides_and_a_deputy_only_on_the_days_of_the_deputyship(world: World) -> None:
    office = await Office.of(world)
    asked = {"addressee_id": office.lso.actor.person(), "addressed_as": StandsInAs.LSO}
    await request_of(office.employee, world, RequestState.WITH_LSO, **asked)
    assert await following(office.lso) is NextStep.DECIDE_REQUESTS
    assert await following(office.deputy) is NextStep.REQUEST_ROLES
    world.clock.now = local_instant(NEXT_WEEK[1], time(9))
    assert await following(office.deputy) is NextStep.DECIDE_REQUESTS
    await LsoDesignation.filter(id=office.designation.id).update(ended_at=world.clock())
    assert await following(office.deputy) is NextStep.REQUEST_ROLES
    world.clock.now = local_instant(NEXT_WEEK[1] + timedelta(days=1), time(9))
    assert await following(office.deputy) is NextStep.REQUEST_ROLES


async def test_provisioning_decides_what_was_approved_but_never_the_own_request(world: World) -> None:
    office = await Office.of(world)
    own = await request_of(office.provisioning, world, RequestState.AWAITING_PROVISIONING)
    assert await following(office.provisioning) is NextStep.AWAIT_PROVISIONING
    await AccessRequest.filter(id=own.id).update(requester_id=office.employee.actor.id)
    assert await following(office.provisioning) is NextStep.DECIDE_REQUESTS
    assert await following(office.cso) is NextStep.NOTHING


@pytest.mark.requirement("LSO-07")
async def test_whoever_letters_do_not_reach_enters_an_address_first(world: World) -> None:
    nobody = await world.user(Role.CSO, email=None)
    assert await following(nobody) is NextStep.CONFIRM_EMAIL
    who = await world.user(Role.CSO)
    assert await following(who) is NextStep.NOTHING
    await User.filter(id=who.actor.person()).update(email_bounced_at=world.clock())
    assert await following(who) is NextStep.CONFIRM_EMAIL
    await User.filter(id=who.actor.person()).update(email_bounced_at=None)
    await AddressChange.create(
        user_id=who.actor.person(),
        email="new@example.org",
        token_hash="hash",
        asked_at=world.clock(),
        expires_at=world.clock() + timedelta(days=7),
    )
    assert await following(who) is NextStep.CONFIRM_EMAIL
    world.clock.forward(days=7)
    assert await following(who) is NextStep.NOTHING


async def test_a_first_session_does_nothing_but_change_the_password(world: World) -> None:
    who = await world.user(Role.CSO, must_change=True)
    signed_in = await sign_in(world.desk, who.actor.label, PASSWORD, device="test", request_id="r")
    caller = await authenticate(world.desk, signed_in.token, "r")
    assert await following(caller) is NextStep.CHANGE_PASSWORD
