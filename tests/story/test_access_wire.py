"""Asking for roles over the wire: the whole way, live, with what goes wrong on it (000:134-240)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from orm.models import KnownDevice, RoleGrant, User
from resolvers.callers import Desk
from rules.roles import Role
from schema.ids import to_global
from tests.story.serving import served
from tests.story.test_live import Socket, connected
from tests.world.clock import Clock
from tests.world.office import Office
from tests.world.requests import REGIONAL_OFFICE_USER, TERMS, decide, provision, request_of, submitted
from tests.world.world import PASSWORD, World

CREATE = """mutation($i: CreateAccessRequestInput!) { createAccessRequest(input: $i) {
  accessRequest { number state employer nextStep } userErrors { code field message } } }"""
SET_ROLES = """mutation($i: SetRequestedRolesInput!) { setRequestedRoles(input: $i) {
  accessRequest { roles { role { code name } reason }
    review { ready missing contentHash termsVersion warnings problems { role { code } because sentence }
      pairs { first { code } second { code } verdict reasonGiven refused } } }
  userErrors { code field } } }"""
SUBMIT = """mutation($i: SubmitAccessRequestInput!) { submitAccessRequest(input: $i) {
  accessRequest { number state heldBy holder { name } nextStep roles { role { code } deniedBecause deniedSentence } }
  userErrors { code field } } }"""
DECIDE = """mutation($i: DecideAccessRequestInput!) { decideAccessRequest(input: $i) {
  accessRequest { number state dueAt decisions { stage approved decider { name } } } userErrors { code field } } }"""
FOLLOW = """subscription($n: Int!, $a: Int) { accessRequestEvents(number: $n, after: $a) {
  number line step { state heldBy holder { name } why dueAt } request { state decisions { reason } } } }"""
READ = """query($n: Int!) { accessRequest(number: $n) { state contentHash dueAt follows
  timeline { line state since until heldBy holder { name } dueAt why } } }"""
ROLES = "{ myCurrentRoles { role { code name } requestNumber grantedBy } }"


@pytest.fixture
def clock() -> Clock:
    """A clock that moves only when told: everything here runs in this process."""
    return Clock()


async def _do(socket: Socket, mutation: str, **given: Any) -> dict[str, Any]:
    """Do it; give the request."""
    answer = await socket.ask(mutation, i=given)
    assert "errors" not in answer, answer
    ((payload),) = answer["data"].values()
    assert payload["userErrors"] == [], payload
    request: dict[str, Any] = payload["accessRequest"]
    return request


async def _refused(socket: Socket, mutation: str, **given: Any) -> tuple[str, str | None]:
    """Do it; give code and field of the refusal."""
    ((payload),) = (await socket.ask(mutation, i=given))["data"].values()
    assert payload["accessRequest"] is None
    (error,) = payload["userErrors"]
    return error["code"], error["field"]


def _signed(number: int, stage: str, shown: str, user_id: str, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "stage": stage,
        "approve": True,
        "contentHash": shown,
        "userId": user_id,
        "password": PASSWORD,
        **more,
    }


@pytest.mark.requirement("ARA-02")
@pytest.mark.requirement("ARA-11")
@pytest.mark.requirement("TRK-01")
@pytest.mark.requirement("TRK-03")
@pytest.mark.requirement("TRK-04")
async def test_from_the_new_request_to_the_role_in_hand_everybody_follows_live(
    world: World, desk: Desk, tmp_path: Path
) -> None:
    office = await Office.of(world)
    me, lso, itsd = (who.actor.label for who in (office.employee, office.lso, office.provisioning))
    email = (await User.get(user_id=me)).email
    async with (
        served(desk, tmp_path) as address,
        connected(address, me) as (mine, _),
        connected(address, me) as (live, _),
        connected(address, lso) as (theirs, _),
        connected(address, itsd) as (last, _),
    ):
        employer = to_global("Provider", office.provider_id)
        draft = await _do(mine, CREATE, email=email, division="MRDD", employerId=employer)
        number = draft["number"]
        assert draft["employer"] == office.provider_name
        wanted = {"number": number, "roles": [{"code": REGIONAL_OFFICE_USER, "reason": "My work."}]}
        review = (await _do(mine, SET_ROLES, **wanted))["review"]
        assert (review["ready"], review["termsVersion"]) == (True, TERMS)
        following = await live.start(FOLLOW, n=number, a=0)
        assert (await live.next(following))["data"]["accessRequestEvents"]["step"]["why"] == "CREATED"

        submit = {"number": number, "idempotencyKey": "k", "agreedTermsVersion": TERMS}
        sent = await _do(mine, SUBMIT, **submit, contentHash=review["contentHash"])
        assert (sent["state"], sent["heldBy"]) == ("WITH_LSO", "Local Security Officer")
        assert await _do(mine, SUBMIT, **submit) == sent
        event = (await live.next(following))["data"]["accessRequestEvents"]
        assert (event["line"], event["step"]["state"], event["step"]["why"]) == (2, "WITH_LSO", "SUBMITTED")

        shown = (await theirs.ask(READ, n=number))["data"]["accessRequest"]["contentHash"]
        wrong = _signed(number, "LSO", shown, lso, password="wrong")
        assert await _refused(theirs, DECIDE, **wrong) == ("PASSWORD_WRONG", "password")
        assert (await KnownDevice.get(user_id=office.lso.actor.person())).failures == 1
        assert (await _refused(theirs, DECIDE, **_signed(number, "LSO", shown, me)))[0] == "SIGNER_IS_ANOTHER"
        approved = await _do(theirs, DECIDE, **_signed(number, "LSO", shown, f"extlcl\\{lso.lower()}"))
        assert approved["state"] == "AWAITING_PROVISIONING"
        assert (await _refused(theirs, DECIDE, **_signed(number, "LSO", shown, lso)))[0] == "ALREADY_DECIDED"
        event = (await live.next(following))["data"]["accessRequestEvents"]
        assert (event["step"]["heldBy"], event["step"]["dueAt"]) == ("ITSD Provisioning", approved["dueAt"])

        granted = await _do(last, DECIDE, **_signed(number, "PROVISIONING", shown, itsd))
        assert [one["approved"] for one in granted["decisions"]] == [True, True]
        event = (await live.next(following))["data"]["accessRequestEvents"]
        assert (event["line"], event["request"]["state"]) == (4, "GRANTED")
        held = (await mine.ask(ROLES))["data"]["myCurrentRoles"]
        assert [(one["role"]["code"], one["requestNumber"]) for one in held] == [(REGIONAL_OFFICE_USER, number)]

        # Whoever was cut off goes on from the last line seen.
        again = await live.start(FOLLOW, n=number, a=2)
        lines = [(await live.next(again))["data"]["accessRequestEvents"]["line"] for _ in range(2)]
        assert lines == [3, 4]
        timeline = (await mine.ask(READ, n=number))["data"]["accessRequest"]["timeline"]
        assert [step["state"] for step in timeline] == ["DRAFT", "WITH_LSO", "AWAITING_PROVISIONING", "GRANTED"]
        assert timeline[1]["holder"]["name"] == (await User.get(user_id=lso)).name


@pytest.mark.requirement("LSO-10")
@pytest.mark.requirement("SUB-03")
async def test_whoever_signs_for_the_lso_loses_the_connection_at_once_and_the_request_lives_on(
    world: World, desk: Desk, tmp_path: Path
) -> None:
    office = await Office.of(world)
    number = await submitted(office.employee, REGIONAL_OFFICE_USER)
    shown = (await request_of(number)).content_hash
    who = office.supervisor.actor.label
    async with served(desk, tmp_path) as address, connected(address, who) as (socket, _):
        await socket.start(DECIDE, i=_signed(number, "LSO", shown, who))
        async with asyncio.timeout(10):
            await socket.connection.wait_closed()
    assert socket.connection.close_code == 4403
    await decide(office.lso, number)
    await provision(office.provisioning, number)


@pytest.mark.requirement("SUB-03")
async def test_a_request_that_is_nobodys_business_cannot_be_followed_and_one_that_was_ends(
    world: World, desk: Desk, tmp_path: Path
) -> None:
    office = await Office.of(world)
    number = await submitted(office.employee, REGIONAL_OFFICE_USER)
    stranger, reader = office.supervisor.actor.label, await world.user(Role.AUDITOR)
    async with (
        served(desk, tmp_path) as address,
        connected(address, stranger) as (outside, _),
        connected(address, reader.actor.label) as (inside, _),
    ):
        refused = await outside.next(await outside.start(FOLLOW, n=number))
        assert refused["errors"][0]["extensions"]["code"] == "ACCESS_REQUEST_NOT_FOUND"
        malformed = await inside.next(await inside.start(FOLLOW, n=number, a=-1))
        assert malformed["errors"][0]["extensions"]["code"] == "LINE_MALFORMED"
        following = await inside.start(FOLLOW, n=number, a=1)
        assert (await inside.next(following))["data"]["accessRequestEvents"]["line"] == 2
        await RoleGrant.filter(user_id=reader.actor.id).update(ended_at=world.clock())
        await decide(office.lso, number)
        ended = await inside.next(following)
        assert ended["errors"][0]["extensions"]["code"] == "ACCESS_REQUEST_NOT_FOUND"
