"""The pages over many referrals: milliseconds (median) and kilobytes over the wire of each main page.

``python -m benchmarks pages [--referrals 100000]``, on PostgreSQL, in the world of the grid benchmark with declines and
homes found. One process serves and asks, so the times are of a server that does nothing else; beside the time by the
clock stands the processor time of this process, which a busy machine does not blow up. Answers 1 if a page is over a
goal. A room adds its pages to ``PAGES``: a role and a path.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

os.environ.setdefault("HOMEWARD_TEST_ENGINE", "postgres")

import asyncpg
import httpx
from argon2 import PasswordHasher
from starlette.applications import Starlette

from admin_ui import AdminOffice, admin_routes, cookie_name
from benchmarks.grid_world import fill
from homeward.doorbell import LocalDoorbell
from homeward.hashing import Argon2Pool
from orm.database import close_database, open_database
from resolvers.callers import Desk
from resolvers.sessions import sign_in
from rules.roles import Role
from tests.servers import postgres_server
from tests.world.clock import Clock, NoWait, Tokens
from tests.world.world import PASSWORD, STATEMENT, World

PAGES: tuple[tuple[Role, str], ...] = (
    (Role.ADMINISTRATOR, "/"),
    (Role.CENTRAL_STAFF, "/"),
    (Role.CENTRAL_STAFF, "/referrals"),
    (Role.CENTRAL_STAFF, "/referrals/1005"),
    (Role.ADMINISTRATOR, "/referrals/1005"),
    (Role.ADMINISTRATOR, "/referrals/1005/house"),
    (Role.CENTRAL_STAFF, "/referrals/1005/receipts"),
    (Role.CENTRAL_STAFF, "/referrals/1005/publish"),
    (Role.CENTRAL_STAFF, "/referrals/new"),
    (Role.CENTRAL_STAFF, "/silent-providers"),
    (Role.PROVIDER_RELATIONS, "/providers"),
    (Role.PROVIDER_RELATIONS, "/coverage"),
    (Role.ADMINISTRATOR, "/access-requests"),
    (Role.ADMINISTRATOR, "/access-requests/new"),
    (Role.ADMINISTRATOR, "/forms"),
    (Role.ADMINISTRATOR, "/forms/new"),
    (Role.ADMINISTRATOR, "/lso/health"),
    (Role.ADMINISTRATOR, "/roles"),
    (Role.ADMINISTRATOR, "/tickets"),
    (Role.ADMINISTRATOR, "/open-duties"),
    (Role.ADMINISTRATOR, "/your-account"),
    (Role.CSO, "/accounts"),
    (Role.CSO, "/incidents"),
    (Role.CSO, "/roles/incompatible"),
    (Role.SUPPORT_DESK, "/resets"),
    (Role.ADMINISTRATOR, "/notifications"),
    (Role.ADMINISTRATOR, "/outbox"),
    (Role.ADMINISTRATOR, "/sweeps"),
    (Role.ADMINISTRATOR, "/trail"),
    (Role.ADMINISTRATOR, "/profile"),
    (Role.CENTRAL_STAFF, "/insights/counties"),
    (Role.CENTRAL_STAFF, "/insights/declines"),
    (Role.CENTRAL_STAFF, "/insights/time"),
    (Role.CENTRAL_STAFF, "/insights/waiting"),
)

MOST_MS = 30.0
MOST_KB = 50.0
_TIMES = 15

_ANSWERS_AND_HOMES = """
UPDATE response SET kind = 'DECLINE',
    decline_reason = (ARRAY['NO_VACANCY', 'STAFFING', 'LOCATION', 'RATE'])[1 + r.number % 4]
    FROM referral r WHERE r.id = response.referral_id AND r.number % 3 > 0;
UPDATE referral SET closed_at = least(first_published_at + interval '1 day' * (10 + number % 80), now()),
    close_outcome = 'PLACED_ELSEWHERE' WHERE status = 'CLOSED' AND number % 2 = 1;
"""


def main(arguments: Sequence[str]) -> int:
    """Measure; answer the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks pages")
    parser.add_argument("--referrals", type=int, default=100_000)
    return 1 if asyncio.run(measure(parser.parse_args(arguments).referrals)) else 0


async def measure(referrals: int) -> int:
    """Print a line for each page; give how many are over a goal."""
    passwords = Argon2Pool(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with postgres_server(is_durable=True) as server:
        url = await _database(server, f"pages_{os.getpid()}")
        await fill(url, referrals)
        await _answer(url)
        await open_database(url)
        clock = Clock()
        clock.now = datetime.now(UTC)
        desk = Desk(clock=clock, doorbell=LocalDoorbell(), passwords=passwords, secrets=Tokens(), patience=NoWait())
        try:
            return await _measure(World(desk, clock))
        finally:
            await desk.trail.drain()
            await close_database()
            passwords.close()


async def _database(server: str, name: str) -> str:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


async def _answer(url: str) -> None:
    """Let some providers decline, and some people have found a home."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_ANSWERS_AND_HOMES)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _measure(world: World) -> int:
    office = AdminOffice(desk=world.desk, secure_cookies=False)
    app = Starlette(routes=admin_routes(office))
    over = 0
    print(f"{'role':<24}{'page':<28}{'ms':>8}{'cpu ms':>8}{'KB':>8}")
    for role, path in PAGES:
        person = await world.user(role)
        signed = await sign_in(world.desk, person.actor.label, PASSWORD, device="", request_id="b", accepts=STATEMENT)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://127.0.0.1",
            cookies={cookie_name(secure=False): signed.token},
        ) as client:
            ms, cpu, kb = await _times(client, path)
        is_over = ms > MOST_MS or kb > MOST_KB
        over += is_over
        print(f"{role:<24}{path:<28}{ms:>8.1f}{cpu:>8.1f}{kb:>8.1f}{'  over' if is_over else ''}", flush=True)
    return over


async def _times(client: httpx.AsyncClient, path: str) -> tuple[float, float, float]:
    """Open a page again and again: the median by the clock and by the processor, in ms, and its size in KB."""
    took, cpu, size = [], [], 0
    for _ in range(_TIMES):
        begun, used = time.perf_counter(), time.process_time()
        async with client.stream("GET", path) as answer:
            await answer.aread()
        took.append((time.perf_counter() - begun) * 1000)
        cpu.append((time.process_time() - used) * 1000)
        if answer.status_code != httpx.codes.OK:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        size = answer.num_bytes_downloaded
    return statistics.median(took), statistics.median(cpu), size / 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
