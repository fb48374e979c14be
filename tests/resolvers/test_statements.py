"""The confidentiality statement: nothing is seen before it is accepted, in each session (000:253)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from orm.models import Outcome, PolicyVersion, StatementAcceptance, StatementText
from resolvers.accounts import change_password
from resolvers.callers import Caller
from resolvers.mailboxes import read_mailbox
from resolvers.people import view_viewer
from resolvers.sessions import SignedIn, authenticate, sign_in, still_there
from resolvers.statements import accept_statement, view_statement
from rules.errors import Conflict, Denied, NotFound
from rules.roles import Role
from rules.statements import StatementKind
from tests.world.world import PASSWORD, STATEMENT, World


async def _on(world: World, user_id: str = "MYTESTA", accepts: str | None = None) -> SignedIn:
    return await sign_in(world.desk, user_id, PASSWORD, device="a browser", request_id="r", accepts=accepts)


async def _caller(world: World, signed_in: SignedIn) -> Caller:
    return await authenticate(world.desk, signed_in.token, "r")


async def _newer_text(world: World, since: date) -> None:
    assert world
    await StatementText.create(
        kind=StatementKind.CONFIDENTIALITY, version="2026-2", text="Another text.", effective_from=since
    )


async def _once_for_each_version(world: World) -> None:
    await PolicyVersion.create(
        number=1,
        key="confidentiality.each_session",
        value=False,
        effective_from=date(2026, 1, 1),
        decided_at=world.clock(),
    )


@pytest.mark.requirement("ACC-14")
async def test_before_the_statement_is_accepted_nothing_is_shown_and_the_attempt_is_written_down(world: World) -> None:
    await world.user(Role.CENTRAL_STAFF, user_id="MYTESTA")
    signed_in = await _on(world)
    caller = await _caller(world, signed_in)
    assert (signed_in.statement_version, caller.actor.must_accept_statement) == (STATEMENT, True)

    with pytest.raises(Denied) as denied:
        await read_mailbox(caller)

    assert denied.value.code == "STATEMENT_NOT_ACCEPTED"
    [entry] = await world.entries("mailbox.read")
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, "STATEMENT_NOT_ACCEPTED")
    assert (await view_viewer(caller)).must_accept_statement
    assert not await StatementAcceptance.exists()


@pytest.mark.requirement("ACC-14")
@pytest.mark.requirement("DAT-08")
async def test_an_accepted_statement_opens_this_session_and_is_written_down_with_its_version(world: World) -> None:
    person = await world.user(Role.CENTRAL_STAFF, user_id="MYTESTA")
    signed_in = await _on(world)
    caller = await _caller(world, signed_in)
    shown = await view_statement(caller)
    assert (shown.version, shown.text[:11]) == (STATEMENT, "The records")

    await accept_statement(caller, shown.version)

    assert not (await view_viewer(caller)).must_accept_statement
    await read_mailbox(await _caller(world, signed_in))
    assert not (await still_there(caller)).actor.must_accept_statement
    acceptance = await StatementAcceptance.get()
    assert (acceptance.user_id, acceptance.session_id) == (person.actor.id, signed_in.session_id)
    assert (acceptance.version, acceptance.at) == (STATEMENT, world.clock())
    [entry] = await world.entries("account.accept_statement")
    assert (entry.outcome, entry.facts["version"], entry.about_id) == (Outcome.DONE, STATEMENT, person.actor.id)


@pytest.mark.requirement("ACC-14")
async def test_each_session_asks_anew(world: World) -> None:
    await world.user(user_id="MYTESTA")
    first = await _on(world, accepts=STATEMENT)
    second = await _on(world)

    assert (first.statement_version, second.statement_version) == (None, STATEMENT)
    assert not (await _caller(world, first)).actor.must_accept_statement
    assert (await _caller(world, second)).actor.must_accept_statement


@pytest.mark.parametrize("version", ["2025-9", "", "\0", "x" * 1000])
async def test_another_version_than_that_in_force_accepts_nothing(world: World, version: str) -> None:
    await world.user(user_id="MYTESTA")
    signed_in = await _on(world, accepts=version)
    assert signed_in.statement_version == STATEMENT, "the session is open, and nothing is accepted in it"

    with pytest.raises(Conflict) as outdated:
        await accept_statement(await _caller(world, signed_in), version)

    assert outdated.value.code == "STATEMENT_OUTDATED"
    assert not await StatementAcceptance.exists()
    entries = await world.entries("account.accept_statement")
    assert [(entry.outcome, entry.code) for entry in entries] == [(Outcome.REFUSED, "STATEMENT_OUTDATED")] * 2


async def test_a_newer_text_is_asked_for_from_its_day_on_even_in_an_open_session(world: World) -> None:
    await world.user(user_id="MYTESTA")
    await _newer_text(world, date(2026, 3, 3))
    signed_in = await _on(world, accepts=STATEMENT)
    world.clock.forward(minutes=10)
    assert not (await _caller(world, signed_in)).actor.must_accept_statement

    world.clock.now = world.clock.now.replace(hour=5, minute=50)
    await world.user(user_id="NIGHT")
    world.clock.forward(days=1)  # 23:50 in Chicago
    night = await _on(world, "NIGHT", accepts=STATEMENT)
    assert night.statement_version is None
    world.clock.forward(minutes=10)

    caller = await _caller(world, night)
    assert caller.actor.must_accept_statement
    with pytest.raises(Conflict):
        await accept_statement(caller, STATEMENT)
    await accept_statement(caller, "2026-2")
    assert not (await _caller(world, night)).actor.must_accept_statement


async def test_accepted_twice_at_once_it_is_accepted_once(world: World) -> None:
    await world.user(user_id="MYTESTA")
    caller = await _caller(world, await _on(world))

    await asyncio.gather(*(accept_statement(caller, STATEMENT) for _ in range(3)))

    assert await StatementAcceptance.all().count() == 1
    assert len(await world.entries("account.accept_statement")) == 3


async def test_the_policy_may_ask_once_for_each_person_and_version(world: World) -> None:
    await world.user(user_id="MYTESTA")
    await world.user(user_id="OTHER")
    await _once_for_each_version(world)

    assert (await _on(world)).statement_version == STATEMENT
    assert (await _on(world, accepts=STATEMENT)).statement_version is None
    assert (await _on(world)).statement_version is None
    assert (await _on(world, "OTHER")).statement_version == STATEMENT
    await _newer_text(world, date(2026, 3, 2))
    assert (await _on(world)).statement_version == "2026-2"


async def test_an_installation_without_a_statement_asks_for_none(world: World) -> None:
    await world.user(user_id="MYTESTA")
    world.clock.now = world.clock.now.replace(year=1999)
    signed_in = await _on(world)

    assert signed_in.statement_version is None
    with pytest.raises(NotFound) as missing:
        await view_statement(await _caller(world, signed_in))
    assert missing.value.code == "STATEMENT_NOT_FOUND"


@pytest.mark.requirement("ACC-05")
async def test_the_password_comes_before_the_statement(world: World) -> None:
    await world.user(user_id="MYTESTA", must_change=True)
    signed_in = await _on(world)
    caller = await _caller(world, signed_in)
    with pytest.raises(Denied) as denied:
        await read_mailbox(caller)
    assert denied.value.code == "PASSWORD_CHANGE_REQUIRED"

    await change_password(caller, PASSWORD, "Another-Horse-8")

    with pytest.raises(Denied) as denied:
        await read_mailbox(await _caller(world, signed_in))
    assert denied.value.code == "STATEMENT_NOT_ACCEPTED"
    assert not (await view_viewer(caller)).must_change_password


async def test_without_a_session_of_the_house_acceptance_is_kept_for_the_person(world: World) -> None:
    person = await world.user(user_id="MYTESTA")
    await accept_statement(person, STATEMENT)
    assert (await StatementAcceptance.get()).session_id is None
    waiting = replace(person, actor=replace(person.actor, must_accept_statement=True))
    assert (await view_viewer(waiting)).must_accept_statement
