"""What the benchmarks count is right, and a missing or doubled one is found."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from websockets.frames import Frame, Opcode

from benchmarks import _grid_strawberry, embedded_grid, grid, grid_floor, grid_world, letters, publish_wide
from benchmarks._live_listeners import Listener, Listeners
from benchmarks.grid_peers import MERCURIUS
from orm.models import Letter, Notification
from orm.sql import fetch
from resolvers.callers import Desk
from resolvers.referrals import publish_referral
from rules.notices import DeliveryState
from tests.world.world import World

HERE = "http://grid.test"


async def test_every_letter_of_the_benchmark_comes_once_and_is_marked(database: str, desk: Desk) -> None:
    assert database
    assert desk
    await letters.promise(await letters.people(), 30)
    _, _, faults = await letters.timed(letters.house, 30)
    assert faults == []
    assert await Letter.exclude(state=DeliveryState.SENT).count() == 0
    _, _, faults = await letters.timed(lambda sink, count: letters.no_ledger(sink, count - 1), 5)
    assert faults == ["4 letters came, 4 different"]


async def test_the_check_of_a_wide_publishing_finds_a_missing_line_and_a_missing_letter(
    database: str, desk: Desk
) -> None:
    assert database
    (one, two), county = await publish_wide.open_exchange(desk, 6)
    numbers = [await publish_wide.draft(who, county, serial) for serial, who in enumerate((one, two))]
    await asyncio.gather(publish_referral(one, numbers[0]), publish_referral(two, numbers[1]))
    assert await publish_wide.broken_promises(6, 2, 0) == []
    await Letter.filter(id=(await Letter.all().first()).id).delete()  # type: ignore[union-attr]
    await Notification.filter(id=(await Notification.all().first()).id).delete()  # type: ignore[union-attr]
    assert len(await publish_wide.broken_promises(6, 2, 0)) == 2


async def test_a_world_on_postgresql_is_carried_over_to_the_embedded_engine_row_by_row(
    world: World, database_url: str, engine: str, tmp_path: Path
) -> None:
    if engine == "sqlite":
        pytest.skip("it is carried over from PostgreSQL")
    await world.published(await world.coordinator("Boone"), "Boone")
    path = tmp_path / "embedded.db"

    await embedded_grid.carry_over(database_url, path)

    with closing(sqlite3.connect(path)) as file:
        for table in ("county", "user_account", "role_grant", "referral", "notification", "audit_entry"):
            [here] = await fetch(f"SELECT COUNT(*) AS n FROM {table}")
            assert file.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (here["n"],), table


async def test_a_listener_of_the_benchmark_is_not_given_up_by_the_server_that_asks_whether_it_is_there() -> None:
    class Wire(asyncio.Transport):
        written = b""

        def write(self, data: bytes | bytearray | memoryview) -> None:
            self.written += data

    wire, listener = Wire(), Listener(Listeners(1, "kind"), b"", None)
    listener.connection_made(wire)
    listener.data_received(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
    listener.data_received(Frame(Opcode.PING, b"1234").serialize(mask=False))
    opcode, size, mask, payload = wire.written[0] & 15, wire.written[1], wire.written[2:6], wire.written[6:]
    assert (opcode, size, mask, payload) == (Opcode.PONG, 128 | 4, b"\0" * 4, b"1234")


async def test_strawberry_shows_the_rows_of_the_floor_in_either_way(database_url: str, engine: str) -> None:
    if engine == "sqlite":
        pytest.skip("the statement of the floor is for PostgreSQL")
    await grid_world.fill(database_url, 600)
    providers = [str(person.provider_id) for person in await grid_world.people(database_url, 12)]
    questions = [{"query": MERCURIUS, "variables": {"provider": provider}} for provider in providers]

    async def shown(app: Starlette, asked: Iterable[httpx.Request]) -> list[list[dict[str, Any]]]:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app))
        async with app.router.lifespan_context(app), client:
            answers = [await client.send(request) for request in asked]
        return [[grid._plain(row) for row in grid._nodes(answer.content)] for answer in answers]

    due = await shown(
        grid_floor.build_app(database_url), [httpx.Request("GET", HERE, params={"provider": one}) for one in providers]
    )
    assert {len(rows) for rows in due} == {50}
    for optional in ("pendingPlacement", "ownResponse"):
        assert {row[optional] is None for rows in due for row in rows} == {True, False}
    for build in (_grid_strawberry.flat, _grid_strawberry.usual):
        posted = [httpx.Request("POST", f"{HERE}/graphql", json=question) for question in questions]
        assert await shown(build(database_url), posted) == due
