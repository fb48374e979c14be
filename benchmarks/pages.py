"""The pages over many referrals: milliseconds (median) and kilobytes over the wire of each main page.

``python -m benchmarks pages [--referrals 100000]``, on PostgreSQL, in the world of the grid benchmark with declines,
homes found, and what a house has beside that: as many letters, lines in mailboxes and entries of the trail as answers.
One process serves and asks, so the times are of a server that does nothing else; beside the time by the clock stands
the processor time of this process, which a busy machine does not blow up. A room adds its pages to ``PAGES``: a role
and a path.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
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
from admin_ui.rooms import PROVIDER_KEEPERS
from benchmarks._goals import Goal, at_most
from benchmarks.grid_world import fill, run_uncounted
from homeward.doorbell import LocalDoorbell
from homeward.hashing import Argon2Pool
from orm.database import close_database, open_database
from orm.models import Provider
from orm.sql import execute
from resolvers.callers import Caller, Desk
from resolvers.sessions import sign_in
from rules.roles import COORDINATORS, Role
from tests.servers import postgres_server
from tests.world.clock import Clock, NoWait, Tokens
from tests.world.world import PASSWORD, STATEMENT, World

PAGES: tuple[tuple[Role, str], ...] = (
    (Role.ADMINISTRATOR, "/"),
    (Role.CENTRAL_STAFF, "/"),
    (Role.CSO, "/"),
    (Role.PLACEMENT_COORDINATOR, "/"),
    (Role.PROVIDER_RELATIONS, "/"),
    (Role.CONSUMER_REFERRAL_DB, "/"),
    (Role.CENTRAL_STAFF, "/referrals"),
    (Role.PLACEMENT_COORDINATOR, "/referrals"),
    (Role.CONSUMER_REFERRAL_DB, "/referrals"),
    (Role.CENTRAL_STAFF, "/referrals/1005"),
    (Role.ADMINISTRATOR, "/referrals/1005"),
    (Role.ADMINISTRATOR, "/referrals/1005/house"),
    (Role.CENTRAL_STAFF, "/referrals/1005/receipts"),
    (Role.CENTRAL_STAFF, "/referrals/1005/publications"),
    (Role.CENTRAL_STAFF, "/referrals/1005/publish"),
    (Role.CENTRAL_STAFF, "/referrals/1010/publish"),
    (Role.CENTRAL_STAFF, "/referrals/1005/change"),
    (Role.CENTRAL_STAFF, "/referrals/new"),
    (Role.CENTRAL_STAFF, "/silent-providers"),
    (Role.CONSUMER_REFERRAL_DB, "/provider"),
    (Role.PROVIDER_RELATIONS, "/providers"),
    (Role.PROVIDER_RELATIONS, "/coverage"),
    (Role.ADMINISTRATOR, "/access-requests"),
    (Role.ADMINISTRATOR, "/access-requests/new"),
    (Role.ADMINISTRATOR, "/my-roles"),
    (Role.ITSD_PROVISIONING, "/provisioning"),
    (Role.ADMINISTRATOR, "/forms"),
    (Role.ADMINISTRATOR, "/forms/new"),
    (Role.CONSUMER_REFERRAL_DB, "/lso"),
    (Role.ADMINISTRATOR, "/lso/health"),
    (Role.ADMINISTRATOR, "/roles"),
    (Role.CSO, "/roles/incompatible"),
    (Role.ADMINISTRATOR, "/tickets"),
    (Role.ADMINISTRATOR, "/outside-systems"),
    (Role.ADMINISTRATOR, "/open-duties"),
    (Role.PROVIDER_RELATIONS, "/ending-contracts"),
    (Role.ADMINISTRATOR, "/your-account"),
    (Role.CSO, "/accounts"),
    (Role.SUPPORT_DESK, "/accounts"),
    (Role.CSO, "/incidents"),
    (Role.CSO, "/incidents/report"),
    (Role.SUPPORT_DESK, "/resets"),
    (Role.CSO, "/obligations"),
    (Role.CSO, "/obligations/year"),
    (Role.CSO, "/risk"),
    (Role.CSO, "/lso-collection"),
    (Role.CSO, "/threat"),
    (Role.CSO, "/audits"),
    (Role.HR_CONTACT, "/reviews/employees"),
    (Role.ITSD_ACCOUNT_MGMT, "/user-lists"),
    (Role.ITSD_ACCOUNT_MGMT, "/user-lists/deletions"),
    (Role.CSO, "/ssa"),
    (Role.CSO, "/ssa/recipients"),
    (Role.PRIVACY_OFFICER, "/reviews/activity"),
    (Role.PRIVACY_OFFICER, "/reviews/activity/findings"),
    (Role.PRIVACY_OFFICER, "/reviews/activity/patterns"),
    (Role.ADMINISTRATOR, "/sweeps"),
    (Role.ADMINISTRATOR, "/sweeps/runs"),
    (Role.ADMINISTRATOR, "/sweeps/dry-run"),
    (Role.ADMINISTRATOR, "/policies"),
    (Role.ADMINISTRATOR, "/policies/conflicts"),
    (Role.ADMINISTRATOR, "/trail"),
    (Role.AUDITOR, "/access-logs/person"),
    (Role.AUDITOR, "/access-logs/referral"),
    (Role.ADMINISTRATOR, "/access-logs/mine"),
    (Role.CSO, "/break-glass"),
    (Role.AUDITOR, "/seals"),
    (Role.AUDITOR, "/evidence"),
    (Role.ADMINISTRATOR, "/supervisor-questions"),
    (Role.ADMINISTRATOR, "/notifications"),
    (Role.ADMINISTRATOR, "/outbox"),
    (Role.ADMINISTRATOR, "/profile"),
    (Role.ADMINISTRATOR, "/help"),
    (Role.CENTRAL_STAFF, "/insights/counties"),
    (Role.CENTRAL_STAFF, "/insights/declines"),
    (Role.CENTRAL_STAFF, "/insights/time"),
    (Role.CENTRAL_STAFF, "/insights/waiting"),
)

MOST_MS = 30.0
MOST_KB = 50.0
_TIMES = 15
_COUNTIES = ("Boone", "Callaway", "Cole")

_ANSWERS_AND_HOMES = """
UPDATE response SET kind = 'DECLINE',
    decline_reason = (ARRAY['NO_VACANCY', 'STAFFING', 'LOCATION', 'RATE'])[1 + r.number % 4]
    FROM referral r WHERE r.id = response.referral_id AND r.number % 3 > 0;
UPDATE referral SET closed_at = least(first_published_at + interval '1 day' * (10 + number % 80), now()),
    close_outcome = 'PLACED_ELSEWHERE' WHERE status = 'CLOSED' AND number % 2 = 1;
"""

# What a house has beside that: who has received what, a letter and a line for each, and what was looked at.
_RECEIVED = """
INSERT INTO referral_reach (referral_id, provider_id, at)
    SELECT o.referral_id, o.provider_id, r.first_published_at FROM response o JOIN referral r ON r.id = o.referral_id;
INSERT INTO outbox (id, kind, contact_id, referral_id, facts, state, attempts, created_at, due_at, sent_at,
        sent_to, last_error)
    SELECT gen_random_uuid(), 'REFERRAL_PUBLISHED', c.id, x.referral_id,
        '{"numbers": []}', CASE row_number() OVER () % 1000 WHEN 0 THEN 'PARKED' ELSE 'SENT' END, 1, x.at, x.at, x.at,
        c.email, ''
    FROM referral_reach x JOIN contact c ON c.provider_id = x.provider_id;
INSERT INTO notification (id, mailbox_id, line, kind, referral_id, referral_number, numbers, at)
    SELECT gen_random_uuid(), c.mailbox_id, row_number() OVER (PARTITION BY c.mailbox_id ORDER BY x.at),
        'REFERRAL_PUBLISHED', r.id, r.number, '[]', x.at
    FROM referral_reach x JOIN contact c ON c.provider_id = x.provider_id JOIN referral r ON r.id = x.referral_id;
UPDATE mailbox SET last_line = n.lines FROM (SELECT mailbox_id, count(*) AS lines FROM notification GROUP BY 1) n
    WHERE n.mailbox_id = mailbox.id;
INSERT INTO audit_entry (at, actor_id, actor, session_id, request_id, act, outcome, code, about_id, subjects, shown,
        facts, policy_version, leaf)
    SELECT now() - interval '1 minute' * (400000 - row_number() OVER ()), u.id, u.user_id, NULL, md5(r.number::text),
        'referral.view', 'DONE', '', r.id, jsonb_build_object('referral', jsonb_build_array(r.id)), '["number"]', '{}',
        '', encode(sha256(convert_to(r.id::text || o.id::text, 'UTF8')), 'hex')
    FROM response o JOIN referral r ON r.id = o.referral_id
    JOIN LATERAL (SELECT id, user_id FROM user_account v WHERE v.provider_id = o.provider_id ORDER BY user_id LIMIT 1) u
        ON true;
INSERT INTO seal (number, at, count, first_entry, last_entry, root, previous, key_id, signature)
    SELECT 1, now(), count(*), min(id), max(id), '', '', '', '' FROM audit_entry;
"""


def main(arguments: Sequence[str]) -> list[Goal]:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks pages")
    parser.add_argument("--referrals", type=int, default=100_000)
    parser.add_argument("--only", metavar="PART", default="", help="only the pages with this in their address")
    parser.add_argument("--changing", action="store_true", help="let something change before each look")
    chosen = parser.parse_args(arguments)
    return asyncio.run(measure(chosen.referrals, chosen.only, changing=chosen.changing))


async def measure(referrals: int, only: str = "", *, changing: bool = False) -> list[Goal]:
    """Print a line for each page with this part in its address."""
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
            return await _measure(World(desk, clock), only, changing=changing)
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
    """Let some providers decline, some people have found a home, and all of it have left its traces."""
    connection = await asyncpg.connect(url)
    try:
        await run_uncounted(connection, [_ANSWERS_AND_HOMES])
        await connection.execute(_RECEIVED)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _measure(world: World, only: str, *, changing: bool) -> list[Goal]:
    office = AdminOffice(desk=world.desk, secure_cookies=False)
    app = Starlette(routes=admin_routes(office))
    slowest = largest = 0.0
    print(f"{'role':<24}{'page':<28}{'ms':>8}{'cpu ms':>8}{'KB':>8}")
    for role, path in PAGES:
        if only not in path:
            continue
        person = await _person(world, role)
        signed = await sign_in(world.desk, person.actor.label, PASSWORD, device="", request_id="b", accepts=STATEMENT)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://127.0.0.1",
            cookies={cookie_name(secure=False): signed.token},
            follow_redirects=True,
        ) as client:
            ms, cpu, kb = await _times(client, path, changing=changing)
        slowest, largest = max(slowest, ms), max(largest, kb)
        is_over = ms > MOST_MS or kb > MOST_KB
        print(f"{role:<24}{path:<28}{ms:>8.1f}{cpu:>8.1f}{kb:>8.1f}{'  over' if is_over else ''}", flush=True)
    return [
        at_most("milliseconds of the slowest page", slowest, MOST_MS),
        at_most("KB over the wire of the largest page", largest, MOST_KB),
    ]


async def _person(world: World, role: Role) -> Caller:
    """Make a person of this role: at a provider, a coordinator of three counties, or of the house."""
    if role in PROVIDER_KEEPERS:
        return await world.user(role, provider_id=(await Provider.get(name="Provider 0007")).id)
    return await world.user(role, counties=_COUNTIES if role in COORDINATORS else ())


async def _times(client: httpx.AsyncClient, path: str, *, changing: bool) -> tuple[float, float, float]:
    """Open a page again and again: the median by the clock and by the processor, in ms, and its size in KB.

    With ``changing`` a change is committed before each look, so that nothing that was kept is used.
    """
    took, cpu, size = [], [], 0
    for _ in range(_TIMES):
        if changing:
            await execute("UPDATE county SET name = name WHERE fips = '29001'")
        begun, used = time.perf_counter(), time.process_time()
        async with client.stream("GET", path) as answer:
            await answer.aread()
        took.append((time.perf_counter() - begun) * 1000)
        cpu.append((time.process_time() - used) * 1000)
        if answer.status_code != httpx.codes.OK:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        size = answer.num_bytes_downloaded
    return statistics.median(took), statistics.median(cpu), size / 1024
