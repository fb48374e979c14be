"""Who is revoked or suspended is cut off at once: a live connection closes within a second (000:41-42, 000:273-274)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from resolvers.callers import Desk
from resolvers.incidents import suspend_account
from resolvers.revocation import Revocation, revoke_access
from rules.leaving import RevocationReason
from schema.sockets import OpenSockets
from tests.story.serving import served
from tests.story.test_live import begun, connected
from tests.world.clock import Clock
from tests.world.office import Office
from tests.world.world import PASSWORD, World

Cut = Callable[[Office, str], Awaitable[object]]


@pytest.fixture
def clock() -> Clock:
    """A clock that moves only when told: everything here runs in this process."""
    return Clock()


async def revoked(office: Office, user_id: str) -> object:
    return await revoke_access(office.lso, Revocation(user_id, RevocationReason.LEFT))


async def suspended(office: Office, user_id: str) -> object:
    return await suspend_account(office.cso, user_id, "Seen twice.")


@pytest.mark.requirement("REV-01", "REV-03")
@pytest.mark.requirement("ACC-13")
@pytest.mark.parametrize("cut", [revoked, suspended])
async def test_the_live_connection_of_who_is_cut_off_closes_within_a_second_and_the_token_is_dead(
    world: World, desk: Desk, tmp_path: Path, cut: Cut
) -> None:
    office = await Office.of(world)
    leaver, colleague = office.employee.actor.label, office.supervisor.actor.label
    async with served(desk, tmp_path) as address, connected(address, leaver) as (socket, token):
        await begun(socket)
        async with connected(address, colleague) as (other, _):
            await cut(office, leaver)
            async with asyncio.timeout(1):
                await socket.connection.wait_closed()
            assert socket.connection.close_code == 4403
            assert "data" in await other.ask("{ viewer { userId } }"), "a colleague is not touched"
        async with httpx.AsyncClient() as http:
            asked = await http.post(
                f"{address}/graphql",
                json={"query": "{ viewer { userId } }"},
                headers={"authorization": f"Bearer {token}"},
            )
            again = await http.post(f"{address}/auth/sign-in", json={"userId": leaver, "password": PASSWORD})
    assert (asked.status_code, again.status_code) == (401, 401)
    assert json.loads(again.text)["error"]["code"] == "INVALID_CREDENTIALS"


@pytest.mark.requirement("REV-03")
async def test_a_slow_reader_in_one_session_does_not_hold_up_the_end_of_another(
    world: World, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_are_ending = asyncio.Barrier(2)
    close_session = OpenSockets.close_session

    async def slowly(self: OpenSockets, session_key: str, code: int = 4403, reason: str = "Forbidden") -> int:
        await all_are_ending.wait()
        return await close_session(self, session_key, code, reason)

    monkeypatch.setattr(OpenSockets, "close_session", slowly)
    office = await Office.of(world)
    leaver = office.employee.actor.label
    async with (
        served(desk, tmp_path) as address,
        connected(address, leaver) as (one, _),
        connected(address, leaver) as (other, _),
        asyncio.timeout(30),
    ):
        await revoked(office, leaver)
        for socket in (one, other):
            await socket.connection.wait_closed()
    assert [it.connection.close_code for it in (one, other)] == [4403, 4403]
