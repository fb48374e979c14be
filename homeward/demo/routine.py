"""What happens in the house day by day: sweeps, sign-ons, new passwords, and the turns that providers take."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from homeward.demo import cast
from homeward.demo.rows import (
    begin_no_referral_status,
    disable_account,
    let_contact_go,
    let_provider_go,
    lift_no_referral_status,
)
from homeward.demo.staff import AccountPlan
from homeward.demo.stage import Home, Person, Stage
from orm.models import Credential, User
from resolvers.accounts import NewAccount, create_account, set_password
from resolvers.reminders import REMINDERS
from resolvers.sessions import actor_of, conclude_sign_in, sign_out
from resolvers.sweeps import run_due
from rules.errors import Refusal
from rules.roles import PRIVILEGED

REMINDED_DAYS = 65
"""For how long the daily sweep of reminders has run: two rounds of 30 days, since each day costs building time."""

_DEVICE = "Demonstration browser"


async def open_account(stage: Stage, plan: AccountPlan, password_hash: str, *, must_change: bool = False) -> Person:
    """Create a user ID as the house does."""
    provider = next((home.key for home in stage.homes.values() if home.plan.name == plan.provider), None)
    key = await create_account(
        stage.house("demo"),
        NewAccount(
            user_id=plan.user_id,
            first_name=plan.first_name,
            last_name=plan.last_name,
            roles=plan.roles,
            email=plan.email,
            phone=plan.phone,
            title=plan.title,
            provider_id=provider,
            facility_id=plan.facility,
            regional_office_id=plan.office,
            coordinator_counties=frozenset(stage.fips[county] for county in plan.counties),
        ),
        password_hash,
        must_change=must_change,
    )
    person = Person(plan, await actor_of(await User.get(id=key), plan.roles))
    stage.people[plan.user_id] = person
    return person


def plan_routine(stage: Stage, password_hash: str) -> None:
    """Enter on the agenda what does not belong to a single search."""
    for day in range(REMINDED_DAYS, -1, -1):
        on = stage.today - timedelta(days=day)
        stage.agenda.at(REMINDERS.cadence.instant(on), _sweep, stage)
    for home in stage.homes.values():
        _plan_turns(stage, home)
    for person in stage.people.values():
        _plan_account(stage, person, password_hash)


def _plan_turns(stage: Stage, home: Home) -> None:
    liaison = stage.people[cast.PROVIDER_RELATIONS].key
    plan = home.plan
    for time in plan.suspensions:
        stage.agenda.at(
            stage.moment(time.begins, 9, 15),
            begin_no_referral_status,
            stage,
            home,
            time.reason,
            liaison,
        )
        if time.lifted is not None:
            stage.agenda.at(stage.moment(time.lifted, 9, 15), lift_no_referral_status, stage, home, liaison)
    for place, contact in enumerate(plan.contacts):
        if contact.left is not None:
            stage.agenda.at(stage.moment(contact.left, 9, 15), let_contact_go, stage, home, place)
    if plan.left is not None:
        stage.agenda.at(stage.moment(plan.left, 9, 15), let_provider_go, stage, home)


def _plan_account(stage: Stage, person: Person, password_hash: str) -> None:
    user_id = person.plan.user_id
    if user_id == cast.EXPIRED:
        stage.agenda.at(stage.moment(130, 8, 16), _sign_in, stage, person)
        return
    if user_id in (cast.SUSPENDED, cast.LEFT, cast.UNUSED, cast.RESIGNED):
        return
    renewed = stage.rng.randint(3, 9)
    stage.agenda.at(stage.moment(renewed, 8, 11), _renew_password, stage, person, password_hash)
    if user_id == cast.DISABLED:
        stage.agenda.at(stage.moment(2, 8, 16), disable_account, stage, person)
        return
    stage.agenda.at(stage.moment(stage.rng.randint(1, renewed), 12, 15), _sign_in, stage, person)
    if user_id == cast.LOCKED:
        stage.agenda.at(stage.moment(1, 16, 16), _lock_out, stage, person)


async def _sweep(stage: Stage) -> None:
    await run_due(stage.desk, {REMINDERS.name: REMINDERS})


async def _renew_password(stage: Stage, person: Person, password_hash: str) -> None:
    """Keep the same password once more: the story has only one, and checks of the old ones come before this step."""
    version = (await Credential.get(user_id=person.key)).version
    await set_password(stage.call(person.plan.user_id), password_hash, seen=version)


async def _sign_in(stage: Stage, person: Person) -> None:
    """Sign on and out again; people of a provider without a contract are turned away."""
    version = (await Credential.get(user_id=person.key)).version
    with suppress(Refusal):
        signed_in = await conclude_sign_in(stage.house("sign-in"), person.key, fits=True, seen=version, device=_DEVICE)
        await sign_out(replace(stage.call(person.plan.user_id), session_id=signed_in.session_id))


async def _lock_out(stage: Stage, person: Person) -> None:
    """Enter wrong passwords until the account is locked."""
    tries = 3 if person.plan.roles & PRIVILEGED else 4
    for _ in range(tries):
        with suppress(Refusal):
            await conclude_sign_in(stage.house("sign-in"), person.key, fits=False, seen=0, device=_DEVICE)
