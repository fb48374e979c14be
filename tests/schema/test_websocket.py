"""Live GraphQL: graphql-transport-ws against a real server on loopback."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import structlog
import toy
from toy_house import HANGING, hear, house, tell
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close
from websockets.typing import Data, Origin, Subprotocol

from schema.transport import TransportLimits
from tests.world.waiting import until

ADA = {"authorization": "Bearer ada-1"}


async def ask(ws: ClientConnection, query: str, id: str = "1", **variables: object) -> None:  # noqa: A002
    await tell(ws, id=id, type="subscribe", payload={"query": query, "variables": variables})


async def rest(ws: ClientConnection) -> tuple[list[dict[str, Any]], Close]:
    """Hear what is still delivered before the server closes the socket, and how it closes it."""
    async with asyncio.timeout(HANGING):
        heard = [json.loads(frame) async for frame in _until_closed(ws)]
    assert ws.protocol.close_rcvd is not None
    return heard, ws.protocol.close_rcvd


async def _until_closed(ws: ClientConnection) -> AsyncIterator[Data]:
    with suppress(ConnectionClosed):
        while True:
            yield await ws.recv()


async def closed(ws: ClientConnection) -> tuple[int, str]:
    """Wait for the server to close the socket and say how it did."""
    _, close = await rest(ws)
    return close.code, close.reason


@pytest.fixture(autouse=True)
def faults(caplog: pytest.LogCaptureFixture) -> Iterator[list[Any]]:
    """Collect the faults that are logged; a test that leaves any, or a traceback, fails."""
    with structlog.testing.capture_logs() as logs:
        yield logs
    assert logs == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info] == []


async def test_events_queries_and_mutations_travel_on_one_socket() -> None:
    async with house() as home, home.signed_in() as ws:
        await ask(ws, "subscription{barks(upTo:2)}")
        assert await hear(ws) == {"id": "1", "type": "next", "payload": {"data": {"barks": "0"}}}
        assert await hear(ws) == {"id": "1", "type": "next", "payload": {"data": {"barks": "1"}}}
        assert await hear(ws) == {"id": "1", "type": "complete"}

        await ask(ws, "query($n:String!){dog(name:$n){name}}", n="rex")
        assert (await hear(ws))["payload"] == {"data": {"dog": {"name": "rex"}}}
        assert (await hear(ws))["type"] == "complete"

        await ask(ws, 'mutation{renameDog(input:{name:"empty",newName:""}){userErrors{code}}}')
        assert (await hear(ws))["payload"]["data"] == {"renameDog": {"userErrors": [{"code": "INVALID"}]}}

    assert toy.kennel.closed == 1


async def test_each_operation_on_a_socket_has_a_context_of_its_own() -> None:
    async with house() as home, home.signed_in() as ws:
        for _ in range(2):
            await ask(ws, "{whoami}")
            assert (await hear(ws))["payload"] == {"data": {"whoami": "ada by ada-1"}}
            await hear(ws)

    first, second = toy.kennel.seen
    assert first.loaders is not second.loaders  # type: ignore[attr-defined]
    assert first.request_id != second.request_id  # type: ignore[attr-defined]


async def test_loaders_are_emptied_after_each_event() -> None:
    async with house() as home, home.signed_in() as ws:
        await ask(ws, "subscription{silence}")
        await until(lambda: toy.kennel.seen)
        (context,) = toy.kennel.seen
        context.loaders["dog"] = "stale"  # type: ignore[attr-defined]
        toy.kennel.open.set()
        await hear(ws)
        await hear(ws)

        assert context.loaders == {}  # type: ignore[attr-defined]


# Who may talk


@pytest.mark.parametrize(
    "payload",
    [None, {}, {"authorization": "Bearer nobody"}, {"authorization": "ada-1"}, {"authorization": ["Bearer ada-1"]}],
)
async def test_nobody_proven_is_closed_with_4403(payload: object) -> None:
    async with house() as home, home.connected() as ws:
        await tell(ws, type="connection_init", **({"payload": payload} if payload is not None else {}))

        assert await closed(ws) == (4403, "Forbidden")


async def test_a_page_of_our_own_talks_with_its_cookie() -> None:
    async with (
        house() as home,
        home.connected(additional_headers={"cookie": "session=ada-2"}, origin=home.origin) as ws,
    ):
        await tell(ws, type="connection_init")
        assert await hear(ws) == {"type": "connection_ack"}
        await ask(ws, "{whoami}")
        assert (await hear(ws))["payload"]["data"] == {"whoami": "ada by ada-2"}


async def test_a_cookie_without_an_origin_is_not_a_page_of_our_own() -> None:
    async with house() as home, home.connected(additional_headers={"cookie": "session=ada-2"}) as ws:
        await tell(ws, type="connection_init")

        assert await closed(ws) == (4403, "Forbidden")


@pytest.mark.parametrize("origin", ["http://evil.test", "http://127.0.0.1:1", "null"])
async def test_a_page_of_another_origin_is_not_even_connected(origin: str) -> None:
    async with house() as home:
        with pytest.raises(InvalidStatus) as refused:
            async with home.connected(origin=Origin(origin)):
                pass
    assert refused.value.response.status_code == 403


async def test_the_old_protocol_is_refused() -> None:
    async with house() as home, home.connected(Subprotocol("graphql-ws")) as ws:
        assert (await closed(ws))[0] == 4406


async def test_an_operation_before_the_handshake_is_closed_with_4401() -> None:
    async with house() as home, home.connected() as ws:
        await ask(ws, "{hello}")

        assert await closed(ws) == (4401, "Unauthorized")


async def test_a_socket_without_a_handshake_is_closed_with_4408() -> None:
    async with house(TransportLimits(init_patience=timedelta(milliseconds=20))) as home, home.connected() as ws:
        assert (await closed(ws))[0] == 4408


async def test_a_second_handshake_is_closed_with_4429() -> None:
    async with house() as home, home.signed_in() as ws:
        await tell(ws, type="connection_init", payload=ADA)

        assert (await closed(ws))[0] == 4429


# Nonsense


@pytest.mark.parametrize(
    "frame",
    [
        "[]",
        "null",
        "7",
        '"x"',
        "not json",
        "",
        "{}",
        b"{}",
        '{"type":7}',
        '{"type":"' + "x" * 500 + '"}',
        '{"type":"subscribe"}',
        '{"type":"subscribe","id":"","payload":{"query":"{hello}"}}',
        '{"type":"subscribe","id":7,"payload":{"query":"{hello}"}}',
        '{"type":"subscribe","id":["1"],"payload":{"query":"{hello}"}}',
        '{"type":"subscribe","id":"' + "x" * 101 + '","payload":{"query":"{hello}"}}',
        '{"type":"subscribe","id":"1","payload":"{hello}"}',
        '{"type":"subscribe","id":"1","payload":{"query":7}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{hello}","variables":[]}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{hello}","operationName":7}}',
        '{"type":"complete","id":[]}',
        '{"type":"ping","payload":7}',
        '{"type":"connection_init","payload":"Bearer ada-1"}',
        "[" * 5_000,
        "9" * 5_000,
    ],
    ids=lambda frame: str(frame)[:70],
)
async def test_a_malformed_frame_closes_the_socket_politely(frame: str | bytes) -> None:
    async with house() as home, home.signed_in() as ws:
        await ws.send(frame)

        assert (await closed(ws))[0] == 4400


@pytest.mark.parametrize(("size", "answered"), [(65_536, True), (65_537, False)])
async def test_a_frame_holds_64_kib(size: int, answered: bool) -> None:
    async with house() as home, home.signed_in() as ws:
        await ws.send('{"type":"ping"}'.ljust(size))

        if answered:
            assert await hear(ws) == {"type": "pong"}
        else:
            assert (await closed(ws))[0] == 1009


@pytest.mark.parametrize("document", ["{", "", "{nothing}", "subscription{nothing}", "query A{hello} query B{hello}"])
async def test_a_document_that_cannot_run_is_an_error_and_the_socket_stays(document: str) -> None:
    async with house() as home, home.signed_in() as ws:
        await ask(ws, document)
        answer = await hear(ws)
        await ask(ws, "{hello}", id="2")

        assert (answer["id"], answer["type"]) == ("1", "error")
        assert [error["extensions"]["code"] for error in answer["payload"]] == ["BAD_REQUEST"]
        assert (await hear(ws))["payload"] == {"data": {"hello": "hello"}}


# How much


async def test_a_socket_carries_ten_operations_at_a_time() -> None:
    async with house() as home, home.signed_in() as ws:
        for number in range(10):
            await ask(ws, "subscription{silence}", id=f"{number}")
        await ask(ws, "{hello}", id="eleventh")
        refused = await hear(ws)
        await tell(ws, id="3", type="complete")
        await ask(ws, "{hello}", id="twelfth")

        assert (refused["id"], refused["type"]) == ("eleventh", "error")
        assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY"
        assert (await hear(ws))["id"] == "twelfth"


async def test_a_person_has_five_sockets_and_gets_the_place_of_a_closed_one() -> None:
    async with house() as home:
        async with home.signed_in("ada-1"), home.signed_in("ada-2"), home.signed_in("ada-3"), home.signed_in("ada-4"):
            async with home.signed_in("ada-5"), home.signed_in("bob-1"), home.connected() as sixth:
                await tell(sixth, type="connection_init", payload={"authorization": "Bearer ada-6"})
                assert (await closed(sixth))[0] == 4429
            await until(lambda: home.endpoint.sockets_by_person["ada"] == 4)
            async with home.signed_in("ada-6"):
                pass
        await until(lambda: not home.sockets)
        assert not home.endpoint.sockets_by_person


async def test_a_reader_who_is_too_slow_is_closed_with_4410_and_costs_no_more() -> None:
    limits = TransportLimits(send_patience=timedelta(milliseconds=50))
    async with house(limits) as home, home.signed_in(max_queue=1) as ws:
        await ask(ws, "subscription{barks(upTo:1000, size:100000)}")
        (end,) = home.sockets._closing["ada-1"]
        await until(lambda: end.__self__.websocket.closing)  # type: ignore[attr-defined]

        assert (await closed(ws))[0] == 4410
        assert toy.kennel.closed == 1
        assert toy.kennel.barked < 100


async def test_a_subscriber_who_vanishes_leaves_nothing_behind() -> None:
    async with house() as home, home.signed_in() as ws:
        await ask(ws, "subscription{silence}")
        await ask(ws, "{hello}", id="2")
        await hear(ws)
        ws.transport.abort()
        await until(lambda: toy.kennel.closed == 1)

        await until(lambda: not home.sockets)


# The end of a session


async def test_an_ended_session_closes_its_sockets_at_once_and_no_others() -> None:
    async with house() as home, home.signed_in("ada-1") as ended, home.signed_in("ada-2") as other:
        await ask(ended, "subscription{silence}")
        await ask(ended, "{hello}", id="2")
        await hear(ended)

        async with asyncio.timeout(5):
            assert await home.sockets.close_session("ada-1") == 1
            assert await closed(ended) == (4403, "Forbidden")
            await until(lambda: toy.kennel.closed == 1)
        await ask(other, "{hello}")
        assert (await hear(other))["payload"] == {"data": {"hello": "hello"}}


async def test_nothing_is_delivered_to_a_session_that_ended_elsewhere() -> None:
    async with house() as home, home.signed_in() as ws:
        await ask(ws, "subscription{silence}")
        await ask(ws, "{hello}", id="2")
        await hear(ws)
        await hear(ws)
        home.callers.ended.add("ada-1")
        toy.kennel.open.set()

        heard, close = await rest(ws)
        assert (heard, close.code) == ([], 4403)


async def test_nothing_is_begun_for_a_session_that_ended_elsewhere() -> None:
    async with house() as home, home.signed_in() as ws:
        home.callers.ended.add("ada-1")
        await ask(ws, "{whoami}")

        heard, close = await rest(ws)
        assert (heard, close.code) == ([], 4403)
        assert toy.kennel.seen == []


async def test_a_mutation_that_ends_its_own_session_is_let_finish() -> None:
    async with house() as home, home.signed_in() as ws:
        toy.kennel.sign_out = home.sockets.close_session
        await ask(ws, 'mutation{signOut(session:"ada-1")}')

        heard, close = await rest(ws)
        assert (heard, close.code) == ([], 4403)
        await until(lambda: toy.kennel.signed_out == ["ada-1"])


async def test_a_slow_reader_does_not_hold_up_the_end_of_its_session() -> None:
    async with house() as home, home.signed_in(max_queue=1) as ws:
        await ask(ws, "subscription{barks(upTo:1000, size:100000)}")
        await until_it_rests(lambda: toy.kennel.barked)
        async with asyncio.timeout(10):
            await home.sockets.close_session("ada-1")
            await until(lambda: toy.kennel.closed == 1)
        ws.transport.abort()


async def test_a_long_reason_is_cut_to_what_a_close_frame_holds() -> None:
    async with house() as home, home.signed_in() as ws:
        await home.sockets.close_session("ada-1", 4403, "ä" * 100)

        assert await closed(ws) == (4403, "ä" * 60)


async def until_it_rests(count: Callable[[], int]) -> None:
    """Wait until a count has grown and then stood still for a while."""
    same, last = 0, 0
    async with asyncio.timeout(HANGING):
        while same < 20:
            await asyncio.sleep(0.002)
            same, last = (same + 1 if 0 < last == count() else 0), count()


# What becomes of a no, and of a bug


async def test_a_refusal_in_the_midst_of_events_is_told_with_its_code() -> None:
    async with house() as home, home.signed_in() as ws:
        await ask(ws, "subscription{broken(refused:true)}")
        await hear(ws)
        (error,) = (await hear(ws))["payload"]["errors"]

    assert (error["message"], error["extensions"]) == ("Sign in again.", {"code": "UNAUTHENTICATED"})


async def test_a_bug_is_masked_and_logged(faults: list[Any]) -> None:
    async with house() as home, home.signed_in() as ws:
        await ask(ws, "subscription{broken}")
        await hear(ws)
        payload = (await hear(ws))["payload"]

    assert payload["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "secret" not in json.dumps(payload) + str(faults)
    assert [fault["error"] for fault in faults] == ["KeyError"]
    faults.clear()


async def test_a_bug_in_proving_who_calls_closes_the_socket_and_is_masked(faults: list[Any]) -> None:
    async with house() as home, home.connected() as ws:
        await tell(ws, type="connection_init", payload={"authorization": "Bearer bug"})

        assert (await closed(ws))[0] == 1011
    assert "secret" not in str(faults)
    assert [fault["error"] for fault in faults] == ["KeyError"]
    faults.clear()
