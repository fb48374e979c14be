"""The door for programs: what signing in answers, how a statement is accepted in the same step, and known devices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from websockets.typing import Subprotocol

from homeward.doorbell import LocalDoorbell
from homeward.settings import Settings
from homeward.wiring import House
from orm.models import KnownDevice, StatementAcceptance, Ticket
from resolvers.callers import Desk
from rules.roles import Role
from tests.story.serving import served
from tests.world.house import the_app
from tests.world.world import PASSWORD, STATEMENT, World

ACCEPT = """mutation($version: String!) {
  acknowledgeConfidentiality(input: {version: $version}) {
    viewer { userId mustAcceptStatement } userErrors { code message field }
  }
}"""
READ = "{ confidentialityStatement { version text } viewer { mustAcceptStatement } }"
RESET = """mutation($number: Int!) {
  resolvePasswordReset(input: {number: $number, proof: CALL_BACK}) {
    temporaryPassword { userId oneTimeSecret expiresAt } userErrors { code }
  }
}"""
QUEUE = """{ passwordResets { totalCount nodes {
  number state channel userId name phone phoneChangedAt locked onCall openedAt dueAt overdue proof note
} } }"""
PROFILE = """mutation($input: UpdateProfileInput!) {
  updateProfile(input: $input) {
    profile { userId name phone title email newEmail newEmailExpiresAt } userErrors { code field }
  }
}"""


@pytest.fixture
async def http(world: World, desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The whole web application in this process."""
    assert world
    assert isinstance(desk.doorbell, LocalDoorbell)
    app = the_app(House(Settings(var=tmp_path), desk, desk.doorbell))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        yield client


async def _sign_in(http: httpx.AsyncClient, user_id: str, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
    answer = await http.post("/auth/sign-in", json={"userId": user_id, "password": password, **more})
    return dict(answer.json())


async def _ask(http: httpx.AsyncClient, token: str, query: str, **variables: Any) -> dict[str, Any]:
    body = {"query": query, "variables": variables}
    return dict((await http.post("/graphql", json=body, headers={"authorization": f"Bearer {token}"})).json())


@pytest.mark.requirement("ACC-14")
async def test_a_session_opens_once_the_statement_is_accepted_over_graphql(
    http: httpx.AsyncClient, world: World
) -> None:
    await world.user(Role.CENTRAL_STAFF, user_id="MYTESTA")
    signed_in = await _sign_in(http, "MYTESTA")
    assert (signed_in["mustAcceptStatement"], signed_in["statementVersion"]) == (True, STATEMENT)
    assert set(signed_in) == {
        "token",
        "expiresAt",
        "mustChangePassword",
        "mustAcceptStatement",
        "statementVersion",
        "deviceToken",
    }
    token = signed_in["token"]
    refused = await _ask(http, token, "{ referrals { totalCount } }")
    assert refused["errors"][0]["extensions"]["code"] == "STATEMENT_NOT_ACCEPTED"
    shown = (await _ask(http, token, READ))["data"]
    assert shown["viewer"] == {"mustAcceptStatement": True}

    outdated = (await _ask(http, token, ACCEPT, version="2025-1"))["data"]["acknowledgeConfidentiality"]
    accepted = (await _ask(http, token, ACCEPT, version=shown["confidentialityStatement"]["version"]))["data"]

    assert (outdated["viewer"], outdated["userErrors"][0]["code"]) == (None, "STATEMENT_OUTDATED")
    assert accepted["acknowledgeConfidentiality"] == {
        "viewer": {"userId": "MYTESTA", "mustAcceptStatement": False},
        "userErrors": [],
    }
    assert (await _ask(http, token, "{ referrals { totalCount } }"))["data"] == {"referrals": {"totalCount": 0}}


@pytest.mark.requirement("ACC-14")
async def test_the_statement_is_accepted_in_the_same_step_when_its_version_is_named(
    http: httpx.AsyncClient, world: World
) -> None:
    await world.user(Role.CENTRAL_STAFF, user_id="MYTESTA")

    signed_in = await _sign_in(http, "MYTESTA", acceptStatement=STATEMENT)

    assert (signed_in["mustAcceptStatement"], signed_in["statementVersion"]) == (False, None)
    assert "errors" not in await _ask(http, signed_in["token"], "{ referrals { totalCount } }")
    older = await _sign_in(http, "MYTESTA", acceptStatement="2025-1")
    assert (older["mustAcceptStatement"], older["statementVersion"]) == (True, STATEMENT)
    assert await StatementAcceptance.all().count() == 1


@pytest.mark.requirement("PWD-08")
@pytest.mark.parametrize("how", ["body", "header"])
async def test_a_known_device_gets_in_while_strangers_are_kept_out(
    http: httpx.AsyncClient, world: World, how: str
) -> None:
    await world.user(Role.CENTRAL_STAFF, user_id="MYTESTA")
    device = (await _sign_in(http, "MYTESTA"))["deviceToken"]
    for _ in range(4):
        assert (await _sign_in(http, "MYTESTA", "Wrong-Horse-7"))["error"]["code"] == "INVALID_CREDENTIALS"
    world.clock.forward(minutes=1)

    stranger = await _sign_in(http, "MYTESTA")
    in_header = {"x-homeward-device": device} if how == "header" else {}
    in_body = {"deviceToken": device} if how == "body" else {}
    answer = await http.post(
        "/auth/sign-in", json={"userId": "MYTESTA", "password": PASSWORD, **in_body}, headers=in_header
    )

    assert stranger["error"]["code"] == "INVALID_CREDENTIALS"
    assert (answer.status_code, answer.json()["deviceToken"]) == (200, None)
    assert await KnownDevice.all().count() == 1


@pytest.mark.parametrize("wrong", [{"acceptStatement": 1}, {"deviceToken": ["x"]}, {"password": None}])
async def test_what_is_no_text_is_told_so_and_counts_for_nothing(
    http: httpx.AsyncClient, world: World, wrong: dict[str, Any]
) -> None:
    await world.user(user_id="MYTESTA")
    answer = await http.post("/auth/sign-in", json={"userId": "MYTESTA", "password": PASSWORD, **wrong})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")
    assert await world.entries("account.sign_in") == []


@pytest.mark.requirement("ACC-14")
async def test_on_a_websocket_nothing_is_answered_before_the_statement_is_accepted(
    world: World, desk: Desk, tmp_path: Path
) -> None:
    await world.user(Role.CENTRAL_STAFF, user_id="MYTESTA")
    async with served(desk, tmp_path) as address, httpx.AsyncClient(base_url=address) as http:
        token = (await _sign_in(http, "MYTESTA"))["token"]
        async with _connected(address, token) as socket:
            for query in ("{ referrals { totalCount } }", "subscription { notifications { cursor } }"):
                answer = await _over(socket, query)
                errors = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
                assert errors[0]["extensions"]["code"] == "STATEMENT_NOT_ACCEPTED", query
            await _ask(http, token, ACCEPT, version=STATEMENT)
            answer = await _over(socket, "{ referrals { totalCount } }")
            assert answer["payload"]["data"] == {"referrals": {"totalCount": 0}}


@asynccontextmanager
async def _connected(address: str, token: str) -> AsyncIterator[websockets.ClientConnection]:
    url = f"{address.replace('http', 'ws', 1)}/graphql"
    async with websockets.connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        init = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
        await socket.send(json.dumps(init))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        yield socket


async def _over(socket: websockets.ClientConnection, query: str) -> dict[str, Any]:
    """Send one operation; give its first answer."""
    key = f"{query}-{len(query)}"[:90]
    await socket.send(json.dumps({"id": key, "type": "subscribe", "payload": {"query": query}}))
    async with asyncio.timeout(30):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message.get("id") == key and message["type"] in {"next", "error"}:
                return message


@pytest.mark.requirement("ACC-16")
@pytest.mark.requirement("PWD-10")
async def test_asking_for_a_reset_answers_the_same_to_everybody(http: httpx.AsyncClient, world: World) -> None:
    await world.user(user_id="MYTESTA")

    answers = [
        await http.post("/auth/request-reset", json={"userId": user_id})
        for user_id in ("MYTESTA", "MYTESTA", "NOBODY", "no such\nid", "")
    ]

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert await Ticket.all().count() == 1
    for body in (b"{}", b"[]", b"null", b'{"userId": 7}', b"\xff"):
        answer = await http.post("/auth/request-reset", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST"), body
    assert (await http.post("/auth/request-reset", data={"userId": "MYTESTA"})).status_code == 415


@pytest.mark.requirement("PWD-10")
@pytest.mark.requirement("PWD-13")
async def test_the_desk_finds_the_reset_in_its_queue_and_gives_a_password_for_one_sign_on(
    http: httpx.AsyncClient, world: World
) -> None:
    await world.user(Role.SUPPORT_DESK, user_id="DESK")
    await world.user(Role.CENTRAL_STAFF, user_id="MYTESTA")
    await http.post("/auth/request-reset", json={"userId": "MYTESTA"})
    desk = (await _sign_in(http, "DESK", acceptStatement=STATEMENT))["token"]

    queue = (await _ask(http, desk, QUEUE))["data"]["passwordResets"]
    [reset] = queue["nodes"]
    assert (queue["totalCount"], reset["userId"], reset["channel"], reset["state"]) == (1, "MYTESTA", "WEB", "OPEN")
    given = (await _ask(http, desk, RESET, number=reset["number"]))["data"]["resolvePasswordReset"]
    again = (await _ask(http, desk, RESET, number=reset["number"]))["data"]["resolvePasswordReset"]

    secret = given["temporaryPassword"]["oneTimeSecret"]
    assert given["temporaryPassword"]["expiresAt"] == (world.clock() + timedelta(hours=24)).isoformat()
    assert again == {"temporaryPassword": None, "userErrors": [{"code": "TICKET_CLOSED"}]}
    first = await _sign_in(http, "MYTESTA", secret, acceptStatement=STATEMENT)
    assert first["mustChangePassword"]
    assert (await _sign_in(http, "MYTESTA", secret))["error"]["code"] == "RESET_REQUIRED"


async def test_a_call_is_written_down_and_refused_over_graphql_by_the_desk_only(
    http: httpx.AsyncClient, world: World
) -> None:
    await world.user(Role.SUPPORT_DESK, user_id="DESK")
    await world.user(Role.CENTRAL_STAFF, user_id="MYTESTA")
    open_one = """mutation { openPasswordReset(input: {userId: "MYTESTA"}) {
      passwordReset { number personId channel organization answeredAt } userErrors { code } } }"""
    refuse = """mutation($n: Int!) { refusePasswordReset(input: {number: $n, why: "Not proven."}) {
      passwordReset { state note } userErrors { code } } }"""
    someone = (await _sign_in(http, "MYTESTA", acceptStatement=STATEMENT))["token"]
    desk = (await _sign_in(http, "DESK", acceptStatement=STATEMENT))["token"]

    denied = (await _ask(http, someone, open_one))["data"]["openPasswordReset"]
    opened = (await _ask(http, desk, open_one))["data"]["openPasswordReset"]["passwordReset"]
    refused = (await _ask(http, desk, refuse, n=opened["number"]))["data"]["refusePasswordReset"]

    assert denied == {"passwordReset": None, "userErrors": [{"code": "DENIED"}]}
    assert (await _ask(http, someone, QUEUE))["errors"][0]["extensions"]["code"] == "DENIED"
    assert (opened["channel"], opened["answeredAt"]) == ("PHONE", None)
    assert refused == {"passwordReset": {"state": "REFUSED", "note": "Not proven."}, "userErrors": []}


@pytest.mark.requirement("ACC-12")
async def test_the_profile_is_changed_over_graphql_and_the_address_waits(http: httpx.AsyncClient, world: World) -> None:
    await world.user(Role.CENTRAL_STAFF, user_id="MYTESTA", email="old@example.org")
    token = (await _sign_in(http, "MYTESTA", acceptStatement=STATEMENT))["token"]

    without = await _ask(http, token, PROFILE, input={"phone": "555-0188"})
    proof = {"currentPassword": PASSWORD}
    changed = await _ask(http, token, PROFILE, input={"phone": "555-0188", "email": "new@example.org", **proof})
    taken_away = await _ask(http, token, PROFILE, input={"phone": None, **proof})
    nothing = await _ask(http, token, PROFILE, input={})

    assert without["data"]["updateProfile"]["userErrors"] == [{"code": "PASSWORD_REQUIRED", "field": "currentPassword"}]
    profile = changed["data"]["updateProfile"]["profile"]
    assert (profile["phone"], profile["email"], profile["newEmail"]) == (
        "555-0188",
        "old@example.org",
        "new@example.org",
    )
    assert taken_away["data"]["updateProfile"]["profile"]["phone"] == ""
    assert nothing["data"]["updateProfile"]["userErrors"] == [{"code": "NOTHING_TO_CHANGE", "field": None}]
    shown = await _ask(http, token, "{ profile { id email emailConfirmedAt emailBouncedAt } }")
    assert shown["data"]["profile"]["emailConfirmedAt"] is None
