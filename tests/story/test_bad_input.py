"""Wrong input over the wire: the right refusal with a stable code, written down where it concerns a record, and
nothing changed."""

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
from orm.models import AuditEntry, Letter, Notification, Outcome, Referral, ReferralVersion, Response, Session
from resolvers.callers import Caller, Desk
from resolvers.referrals import close_referral
from resolvers.responses import Answer, respond_to_referral
from rules.referrals import CloseOutcome, ResponseKind
from rules.roles import Role
from tests.story.serving import served
from tests.world.clock import Clock
from tests.world.house import the_app
from tests.world.world import PASSWORD, STATEMENT, ProviderHome, World

CREATE = """mutation($i: CreateReferralInput!) {
  createReferral(input: $i) { referral { number } userErrors { code field } }
}"""
RESPOND = "mutation($i: RespondToReferralInput!) { respondToReferral(input: $i) { userErrors { code field message } } }"
PUBLISH = "mutation($n: Int!) { publishReferral(input: {number: $n}) { userErrors { code field } } }"


class Client:
    """A program with a bearer token."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self.http = http
        self.token = token

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send one operation; give the whole answer."""
        answer = await self.http.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {self.token}"},
        )
        answer.raise_for_status()
        result: dict[str, Any] = answer.json()
        return result

    async def refused(self, query: str, **variables: Any) -> tuple[str, str | None]:
        """Send a mutation; give code and field of its one refusal."""
        answer = await self.ask(query, **variables)
        ((payload),) = answer["data"].values()
        (error,) = payload["userErrors"]
        return error["code"], error["field"]


@pytest.fixture
def clock() -> Clock:
    """A clock that moves only when told: everything here runs in this process."""
    return Clock()


@pytest.fixture
async def http(world: World, desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The whole web application in this process."""
    assert isinstance(desk.doorbell, LocalDoorbell)
    app = the_app(House(Settings(var=tmp_path), desk, desk.doorbell))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.fixture
async def coordinator(world: World) -> Caller:
    """A coordinator of Boone county."""
    await world.facility()
    return await world.user(Role.PLACEMENT_COORDINATOR, user_id="COORD", counties=["Boone"])


@pytest.fixture
async def home(world: World) -> ProviderHome:
    """A provider that serves Boone county."""
    return await world.provider("Boone")


async def signed_in(http: httpx.AsyncClient, caller: Caller) -> Client:
    """Sign in as a person of the world."""
    answer = await http.post(
        "/auth/sign-in", json={"userId": caller.actor.label, "password": PASSWORD, "acceptStatement": STATEMENT}
    )
    return Client(http, answer.json()["token"])


@asynccontextmanager
async def nothing_changes() -> AsyncIterator[None]:
    """Promise that the block leaves no trace but the trail."""
    tables = (Referral, ReferralVersion, Response, Notification, Letter)
    before = [await table.all().count() for table in tables]
    yield
    assert [await table.all().count() for table in tables] == before


async def written_down(act: str, code: str) -> AuditEntry:
    """Find the refused attempt in the trail."""
    entry = await AuditEntry.filter(act=act, outcome=Outcome.REFUSED).order_by("-id").first()
    assert entry is not None
    assert entry.code == code
    return entry


def referral_input(**changes: Any) -> dict[str, Any]:
    """Describe a good referral, with changes."""
    consumer = {
        "dmhId": "D-1",
        "firstName": "Fern",
        "lastName": "Hollow",
        "birthDate": "1990-05-17",
        "gender": "FEMALE",
    }
    consumer |= {key: changes.pop(key) for key in list(changes) if key in {*consumer, "address"}}
    return {"facilityCode": "101", "type": "COUNTY", "preferredCounties": ["29019"], "consumer": consumer, **changes}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"preferredCounties": ["29999"]}, "UNKNOWN_COUNTY", "preferredCounties"),
        ({"birthDate": "2026-03-03"}, "BIRTH_DATE_IN_FUTURE", "birthDate"),
        ({"facilityCode": "10"}, "FACILITY_CODE_MALFORMED", "facilityCode"),
        ({"facilityCode": "999"}, "UNKNOWN_FACILITY", "facilityCode"),
        ({"type": "STATEWIDE"}, "STATEWIDE_HAS_NO_COUNTIES", "preferredCounties"),
        ({"primaryCoordinatorId": "nonsense"}, "ID_MALFORMED", "primaryCoordinatorId"),
        ({"lastName": "x" * 101}, "TEXT_TOO_LONG", "lastName"),
        ({"lastName": "a\x00b"}, "TEXT_MALFORMED", "lastName"),
        ({"lastName": "  "}, "TEXT_REQUIRED", "lastName"),
    ],
)
async def test_a_referral_with_wrong_input_is_not_created(
    http: httpx.AsyncClient, coordinator: Caller, changes: dict[str, Any], code: str, field: str
) -> None:
    client = await signed_in(http, coordinator)
    async with nothing_changes():
        assert await client.refused(CREATE, i=referral_input(**changes)) == (code, field)
    if code != "ID_MALFORMED":  # that one never reached a use case
        await written_down("referral.create", code)


async def test_a_birth_date_of_today_is_good(http: httpx.AsyncClient, coordinator: Caller) -> None:
    client = await signed_in(http, coordinator)
    answer = await client.ask(CREATE, i=referral_input(birthDate="2026-03-02"))
    assert answer["data"]["createReferral"]["userErrors"] == []


async def test_publishing_without_a_primary_coordinator_is_refused(
    http: httpx.AsyncClient, coordinator: Caller
) -> None:
    client = await signed_in(http, coordinator)
    created = await client.ask(CREATE, i=referral_input(primaryCoordinatorId=None))
    number = created["data"]["createReferral"]["referral"]["number"]
    async with nothing_changes():
        assert await client.refused(PUBLISH, n=number) == ("PRIMARY_COORDINATOR_REQUIRED", "primaryCoordinatorId")
    entry = await written_down("referral.publish", "PRIMARY_COORDINATOR_REQUIRED")
    assert entry.about_id == (await Referral.get(number=number)).id


async def test_a_provider_cannot_publish(
    http: httpx.AsyncClient, world: World, coordinator: Caller, home: ProviderHome
) -> None:
    number = await world.draft(coordinator, "Boone")
    client = await signed_in(http, home.staff)
    async with nothing_changes():
        assert await client.refused(PUBLISH, n=number) == ("DENIED", None)
    await written_down("referral.publish", "DENIED")


async def test_an_answer_to_a_closed_referral_comes_too_late(
    http: httpx.AsyncClient, world: World, coordinator: Caller, home: ProviderHome
) -> None:
    number = await world.published(coordinator, "Boone")
    await close_referral(coordinator, number, CloseOutcome.WITHDRAWN, None)
    client = await signed_in(http, home.staff)
    async with nothing_changes():
        assert await client.refused(RESPOND, i={"number": number, "kind": "ACCEPT"}) == ("REFERRAL_CLOSED", None)
    assert (await written_down("referral.respond", "REFERRAL_CLOSED")).facts == {"number": number}


async def test_an_answer_to_a_referral_that_does_not_exist_for_the_provider_finds_nothing(
    http: httpx.AsyncClient, world: World, coordinator: Caller
) -> None:
    far = await world.provider("Adair")
    number = await world.published(coordinator, "Boone")
    client = await signed_in(http, far.staff)
    async with nothing_changes():
        for wrong in (number, number + 1000):
            answer = await client.ask(RESPOND, i={"number": wrong, "kind": "ACCEPT"})
            (error,) = answer["data"]["respondToReferral"]["userErrors"]
            assert error == {"code": "REFERRAL_NOT_FOUND", "field": None, "message": "There is no such referral."}
    await written_down("referral.respond", "REFERRAL_NOT_FOUND")


@pytest.mark.parametrize(
    ("answer", "code", "field"),
    [
        ({"kind": "TENTATIVE"}, "PROVISION_REQUIRED", "provision"),
        ({"kind": "ACCEPT", "provision": "STAFFING"}, "PROVISION_NOT_ALLOWED", "provision"),
        ({"kind": "DECLINE"}, "DECLINE_REASON_REQUIRED", "declineReason"),
        ({"kind": "DECLINE", "declineReason": "OTHER"}, "COMMENT_REQUIRED", "comments"),
        ({"kind": "ACCEPT", "comments": "x" * 4001}, "TEXT_TOO_LONG", "comments"),
    ],
)
async def test_a_wrong_answer_is_refused_at_its_field(
    http: httpx.AsyncClient,
    world: World,
    coordinator: Caller,
    home: ProviderHome,
    answer: dict[str, Any],
    code: str,
    field: str,
) -> None:
    number = await world.published(coordinator, "Boone")
    client = await signed_in(http, home.staff)
    async with nothing_changes():
        assert await client.refused(RESPOND, i={"number": number, **answer}) == (code, field)
    await written_down("referral.respond", code)


async def test_an_earlier_answer_stays_as_it_was_when_a_later_one_is_refused(
    http: httpx.AsyncClient, world: World, coordinator: Caller, home: ProviderHome
) -> None:
    number = await world.published(coordinator, "Boone")
    await respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT))
    client = await signed_in(http, home.staff)
    await client.refused(RESPOND, i={"number": number, "kind": "TENTATIVE"})
    response = await Response.get(provider_id=home.id)
    assert (response.kind, response.version) == (ResponseKind.ACCEPT, 1)


async def test_a_comment_of_a_megabyte_is_refused_before_it_is_read(
    http: httpx.AsyncClient, world: World, coordinator: Caller, home: ProviderHome
) -> None:
    number = await world.published(coordinator, "Boone")
    client = await signed_in(http, home.staff)
    async with nothing_changes():
        answer = await http.post(
            "/graphql",
            json={"query": RESPOND, "variables": {"i": {"number": number, "kind": "ACCEPT", "comments": "x" * 10**6}}},
            headers={"authorization": f"Bearer {client.token}"},
        )
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_MANY"


@pytest.mark.parametrize(
    "cursor",
    ["", "zzz", "QUdFX0RFU0M6", "QUdFX0RFU0M6MQ==!", "Tk9QRTox", "é", "QUdFX0RFU0M6OTk5OTk5OTk5OTk5OTk5OTk5OTk"],
)
async def test_a_malformed_cursor_is_refused(http: httpx.AsyncClient, coordinator: Caller, cursor: str) -> None:
    client = await signed_in(http, coordinator)
    answer = await client.ask("query($a: String) { referrals(after: $a) { nodes { id } } }", a=cursor)
    assert answer["errors"][0]["extensions"] == {"code": "CURSOR_MALFORMED", "field": "after"}
    await written_down("referral.list", "CURSOR_MALFORMED")


async def test_a_wrong_password_an_unknown_user_and_a_malformed_one_get_the_same_answer(
    http: httpx.AsyncClient, coordinator: Caller
) -> None:
    answers = [
        await http.post("/auth/sign-in", json={"userId": user, "password": "wrong"})
        for user in ("COORD", "NOBODY", "no such\nuser", "EXTLCL\\COORD")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["error"]["code"] == "INVALID_CREDENTIALS"
    assert await Session.all().count() == 0
    assert await AuditEntry.filter(act="account.sign_in", outcome=Outcome.REFUSED).count() == 4


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 400),
        (b"null", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b'{"userId": 1, "password": 2}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"userId=COORD&password=x", "application/x-www-form-urlencoded", 415),
        (b'{"userId": "' + b"x" * 20_000 + b'"}', "application/json", 413),
    ],
)
async def test_a_malformed_sign_in_is_told_so(
    http: httpx.AsyncClient, body: bytes, content_type: str, status: int
) -> None:
    answer = await http.post("/auth/sign-in", content=body, headers={"content-type": content_type})
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message"}


async def test_an_expired_token_is_refused_and_the_session_stays_ended(
    http: httpx.AsyncClient, world: World, coordinator: Caller
) -> None:
    client = await signed_in(http, coordinator)
    world.clock.forward(minutes=16)
    answer = await http.post(
        "/graphql", json={"query": "{ viewer { name } }"}, headers={"authorization": f"Bearer {client.token}"}
    )
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_signed_out_token_opens_nothing(http: httpx.AsyncClient, coordinator: Caller) -> None:
    client = await signed_in(http, coordinator)
    headers = {"authorization": f"Bearer {client.token}"}
    assert (await http.post("/auth/sign-out", headers=headers)).status_code == 204
    assert (await http.post("/graphql", json={"query": "{ viewer { name } }"}, headers=headers)).status_code == 401
    assert (await http.post("/auth/sign-out", headers=headers)).status_code == 401


async def test_a_stranger_is_told_nothing_about_the_schema(http: httpx.AsyncClient) -> None:
    answer = await http.post("/graphql", json={"query": "{ __schema { types { name } } nonsense"})
    assert answer.status_code == 401
    assert answer.json() == {"errors": [{"message": "Sign in first.", "extensions": {"code": "UNAUTHENTICATED"}}]}


async def test_a_person_with_a_first_password_can_do_nothing_but_change_it(
    http: httpx.AsyncClient, world: World
) -> None:
    caller = await world.user(Role.PLACEMENT_COORDINATOR, user_id="NEWCOMER", counties=["Boone"], must_change=True)
    credentials = {"userId": caller.actor.label, "password": PASSWORD, "acceptStatement": STATEMENT}
    answer = await http.post("/auth/sign-in", json=credentials)
    assert answer.json()["mustChangePassword"] is True
    client = Client(http, answer.json()["token"])
    refused = await client.ask("{ referrals { nodes { id } } }")
    assert refused["errors"][0]["extensions"]["code"] == "PASSWORD_CHANGE_REQUIRED"
    changed = await client.ask(
        "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { viewer { name } userErrors { code } } }",
        i={"currentPassword": PASSWORD, "newPassword": "Another-Horse-8"},
    )
    assert changed["data"]["changePassword"]["userErrors"] == []
    assert (await client.ask("{ referrals { totalCount } viewer { mustChangePassword } }"))["data"] == {
        "referrals": {"totalCount": 0},
        "viewer": {"mustChangePassword": False},
    }


async def test_a_websocket_without_a_token_or_with_an_ended_one_is_closed(
    world: World, desk: Desk, coordinator: Caller, tmp_path: Path
) -> None:
    async with served(desk, tmp_path) as address:
        for payload in ({}, {"authorization": "Bearer nonsense"}):
            async with websockets.connect(
                f"{address.replace('http', 'ws')}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]
            ) as socket:
                await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
                async with asyncio.timeout(10):
                    await socket.wait_closed()
                assert socket.close_code == 4403


async def test_the_last_seen_of_a_session_is_kept_while_the_person_works(
    http: httpx.AsyncClient, world: World, coordinator: Caller
) -> None:
    client = await signed_in(http, coordinator)
    for _ in range(4):
        world.clock.forward(minutes=14)
        await client.ask("{ viewer { name } }")
    assert (await Session.get(user_id=coordinator.actor.id)).last_seen_at >= world.clock() - timedelta(minutes=1)
