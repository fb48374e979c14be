"""A live connection: what comes over it, and that it knows at each moment who is listening."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
import websockets
from strawberry.http.exceptions import WebSocketDisconnected
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from homeward.doorbell import LocalDoorbell
from homeward.socket_protocol import SocketProtocol, SocketWire, frame
from orm.models import AuditEntry, RoleGrant
from resolvers.callers import Desk
from resolvers.exclusions import exclude_provider
from resolvers.referrals import publish_referral
from rules.notices import NotificationKind
from schema.way_out import SocketWayOut
from tests.story.serving import served
from tests.world.clock import Clock
from tests.world.world import PASSWORD, STATEMENT, World

FOLLOW = """subscription($a: String) {
  notifications(after: $a) { cursor kind referralNumber referral { consumer { name } } }
}"""


@pytest.fixture
def clock() -> Clock:
    """A clock that moves only when told: everything here runs in this process."""
    return Clock()


class Socket:
    """A graphql-transport-ws connection with its handshake done."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._ids = 0

    async def start(self, query: str, **variables: Any) -> str:
        """Begin an operation; give its id."""
        self._ids += 1
        payload = {"query": query, "variables": variables}
        await self.connection.send(json.dumps({"id": str(self._ids), "type": "subscribe", "payload": payload}))
        return str(self._ids)

    async def next(self, operation: str) -> dict[str, Any]:
        """Wait for the next result of an operation."""
        async with asyncio.timeout(10):
            while True:
                message = json.loads(await self.connection.recv())
                if message.get("id") == operation and message["type"] in {"next", "error"}:
                    payload: Any = message["payload"]
                    return payload if isinstance(payload, dict) else {"errors": payload}

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send a query and wait for its answer."""
        return await self.next(await self.start(query, **variables))


@asynccontextmanager
async def connected(address: str, user_id: str) -> AsyncIterator[tuple[Socket, str]]:
    """Sign in and connect; give the socket and the token."""
    async with httpx.AsyncClient() as http:
        answer = await http.post(
            f"{address}/auth/sign-in", json={"userId": user_id, "password": PASSWORD, "acceptStatement": STATEMENT}
        )
    token = answer.json()["token"]
    url = f"{address.replace('http', 'ws', 1)}/graphql"
    async with websockets.connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as connection:
        init = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
        await connection.send(json.dumps(init))
        assert json.loads(await connection.recv())["type"] == "connection_ack"
        yield Socket(connection), token


async def begun(socket: Socket) -> str:
    """Follow the mailbox from its end, so that nothing falls between."""
    end = (await socket.ask("{ viewer { mailboxCursor } }"))["data"]["viewer"]["mailboxCursor"]
    return await socket.start(FOLLOW, a=end)


@pytest.mark.requirement("SUB-01", "VUE-04")
async def test_a_provider_hears_of_a_referral_as_it_is_published_and_each_line_shown_is_written_down(
    world: World, desk: Desk, tmp_path: Path
) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    async with served(desk, tmp_path) as address, connected(address, home.staff.actor.label) as (socket, _):
        following = await begun(socket)
        number = await world.published(coordinator, "Boone")
        event = (await socket.next(following))["data"]["notifications"]
    assert (event["kind"], event["referralNumber"]) == (NotificationKind.REFERRAL_PUBLISHED, number)
    assert event["referral"]["consumer"]["name"].startswith("Person")
    entry = await AuditEntry.filter(act="mailbox.deliver", actor_id=home.staff.actor.id).first()
    assert entry is not None
    assert entry.subjects["referral"] == [str((await world.referral(number)).id)]


SHARED = "subscription { notifications { id cursor kind title at referralNumber referral { number } } }"
ALONE = SHARED.replace("title", "title @include(if: true)")
"""The same with a decision in it: each is shown this by the ordinary executor."""


@pytest.mark.requirement("SUB-01")
async def test_what_is_written_once_for_many_is_what_is_shown_to_each_alone(
    world: World, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    sent: list[bytes] = []
    send = SocketWayOut.send
    monkeypatch.setattr(SocketWayOut, "send", lambda self, payload: bool(sent.append(payload)) or send(self, payload))
    async with served(desk, tmp_path) as address, connected(address, home.staff.actor.label) as (socket, _):
        ids = {await socket.start(SHARED), await socket.start(ALONE)}
        assert "errors" not in await socket.ask("{ viewer { name } }")
        await until_two_follow(desk)
        await world.published(coordinator, "Boone")
        async with asyncio.timeout(10):
            frames = [await socket.connection.recv() for _ in range(2 + 1)]  # with the end of the query
    texts = [it for it in frames if isinstance(it, str) and '"next"' in it]
    assert {json.loads(text)["id"] for text in texts} == ids
    assert (
        len({text.replace(f'"id":"{number}"', "", 1) for text, number in zip(sorted(texts), sorted(ids), strict=True)})
        == 1
    )
    assert len(sent) == 1, "one of them left by the way out, the other was shown alone"
    assert await AuditEntry.filter(act="mailbox.deliver").count() == 2


@pytest.mark.requirement("SUB-04")
async def test_a_socket_without_room_gets_the_event_when_it_has(
    world: World, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    monkeypatch.setattr(SocketProtocol, "_tell_wire", lambda _: None)
    async with served(desk, tmp_path) as address, connected(address, home.staff.actor.label) as (socket, _):
        following = await begun(socket)
        numbers = [await world.published(coordinator, "Boone") for _ in range(3)]
        events = [(await socket.next(following))["data"]["notifications"] for _ in numbers]
    assert [event["referralNumber"] for event in events] == numbers
    assert await AuditEntry.filter(act="mailbox.deliver").count() == 3


async def test_nothing_is_sent_for_an_operation_that_is_over_and_a_socket_that_has_gone_is_no_fault() -> None:
    sent: list[bytes] = []

    async def gone(_: str) -> None:
        raise WebSocketDisconnected

    wire = SocketWire()
    way = SocketWayOut(cast("Any", SimpleNamespace(send_text=gone)), wire, "1")
    waiting = asyncio.create_task(way.send_patiently(b"{}"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert not way.send(b"{}")
    wire.write = sent.append
    assert way.send(b"{}")
    wire.write = None
    assert not way.send(b"{}")
    wire.write = sent.append
    way.end()
    assert not way.send(b"{}")
    assert sent == [frame(b'{"id":"1","type":"next","payload":{}}')]


async def test_a_subscription_that_is_ended_hears_nothing_more_though_another_one_takes_its_id(
    world: World, desk: Desk, tmp_path: Path
) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    async with served(desk, tmp_path) as address, connected(address, home.staff.actor.label) as (socket, _):
        following = await begun(socket)
        over = {"id": following, "type": "complete"}
        await socket.connection.send(json.dumps(over))
        end = (await socket.ask("{ viewer { mailboxCursor } }"))["data"]["viewer"]["mailboxCursor"]
        again = {"query": FOLLOW, "variables": {"a": end}}
        await socket.connection.send(json.dumps({"id": following, "type": "subscribe", "payload": again}))
        number = await world.published(coordinator, "Boone")
        assert (await socket.next(following))["data"]["notifications"]["referralNumber"] == number
        await socket.connection.send(json.dumps(over))
        asked = await socket.start("{ viewer { name } }")
        await socket.next(asked)
        await world.published(coordinator, "Boone")
        asked = await socket.start("{ viewer { name } }")
        async with asyncio.timeout(10):
            while (message := json.loads(await socket.connection.recv()))["id"] != asked:
                assert message["type"] == "complete"
    assert await AuditEntry.filter(act="mailbox.deliver").count() == 1


async def until_two_follow(desk: Desk) -> None:
    """Wait until one is in the room of followers and another one waits alone."""
    bell = desk.doorbell
    assert isinstance(bell, LocalDoorbell)
    async with asyncio.timeout(10):
        while not (len(desk.followers) == 1 and len(bell._bells) == 1):
            await asyncio.sleep(0.002)


@pytest.mark.requirement("SUB-03")
async def test_an_excluded_provider_hears_nothing_more_of_the_referral_and_old_lines_show_nothing(
    world: World, desk: Desk, tmp_path: Path
) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    async with served(desk, tmp_path) as address, connected(address, home.staff.actor.label) as (socket, _):
        following = await begun(socket)
        number = await world.published(coordinator, "Boone")
        assert (await socket.next(following))["data"]["notifications"]["referral"] is not None

        await exclude_provider(coordinator, number, home.id, "The family knows them.")
        await publish_referral(coordinator, number)
        other = await world.published(coordinator, "Boone")

        event = (await socket.next(following))["data"]["notifications"]
        assert (event["kind"], event["referralNumber"]) == (NotificationKind.REFERRAL_PUBLISHED, other)
        old = await socket.ask("{ notifications(newestFirst: false) { nodes { referralNumber referral { number } } } }")
    assert old["data"]["notifications"]["nodes"][0] == {"referralNumber": number, "referral": None}


@pytest.mark.requirement("SUB-03")
async def test_a_role_that_ends_is_gone_on_a_connection_that_was_open_before(
    world: World, desk: Desk, tmp_path: Path
) -> None:
    home = await world.provider("Boone")
    async with served(desk, tmp_path) as address, connected(address, home.staff.actor.label) as (socket, _):
        assert "errors" not in await socket.ask("{ referrals { totalCount } }")
        await RoleGrant.filter(user_id=home.staff.actor.id).update(ended_at=world.clock())
        answer = await socket.ask("{ referrals { totalCount } }")
    assert answer["errors"][0]["extensions"]["code"] == "DENIED"


async def test_signing_out_closes_the_live_connection_at_once(world: World, desk: Desk, tmp_path: Path) -> None:
    home = await world.provider("Boone")
    async with served(desk, tmp_path) as address, connected(address, home.staff.actor.label) as (socket, token):
        await begun(socket)
        async with httpx.AsyncClient() as http, asyncio.timeout(10):
            await http.post(f"{address}/auth/sign-out", headers={"authorization": f"Bearer {token}"})
            await socket.connection.wait_closed()
    assert socket.connection.close_code == 4403


async def test_a_session_that_idles_is_not_kept_by_an_open_connection(world: World, desk: Desk, tmp_path: Path) -> None:
    home = await world.provider("Boone")
    async with served(desk, tmp_path) as address, connected(address, home.staff.actor.label) as (socket, _):
        assert "errors" not in await socket.ask("{ viewer { name } }")
        world.clock.forward(minutes=16)
        await socket.start("{ viewer { name } }")
        async with asyncio.timeout(10):
            await socket.connection.wait_closed()
    assert socket.connection.close_code == 4403
